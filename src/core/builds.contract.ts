/** What the two wasm builds must share: over int8 the same graph, the same results, bit for bit. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Space } from '../base/types.js';
import type { Core, GraphVectors } from './core.js';
import { graphBytes } from './fixtures/graph-bytes.js';
import { clusteredMatrix, rowsUpTo, vectorOf } from './fixtures/matrices.js';

const ROWS = 700;
const DIMENSIONS: readonly number[] = [1, 2, 3, 4, 15, 16, 17, 33, 100, 384, 1000, 4096];

export function describeBuilds(plain: () => Promise<Core>, relaxed: () => Promise<Core>): void {
  describe('the builds with plain and with relaxed SIMD', () => {
    const opened: GraphVectors[] = [];
    afterEach(() => {
      for (const vectors of opened.splice(0)) vectors.dispose();
    });

    const createLinked = async (
      core: Core,
      space: Space,
      matrix: ReturnType<typeof clusteredMatrix>,
    ): Promise<GraphVectors> => {
      const vectors = core.createGraphVectors({
        space,
        dimensions: matrix.dimensions,
        maxNeighbors: 8,
        efConstruction: 40,
        seed: 3,
        quantized: true,
      });
      opened.push(vectors);
      vectors.set(rowsUpTo(matrix.rows), matrix);
      while (!vectors.link(1_000_000).done);
      return vectors;
    };

    test('are what they say', async () => {
      expect([(await plain()).kind, (await relaxed()).kind]).toEqual(['wasm-simd', 'wasm-relaxed']);
    });

    // With a dimension that reaches farther, codes weigh differently, and what is compared no longer fits one byte.
    test.each(
      (['l2', 'ip', 'cosine'] as const).flatMap((space) =>
        [1, 20].flatMap((reach) => DIMENSIONS.map((dimensions) => ({ space, reach, dimensions }))),
      ),
    )(
      'link and find the same in $space, $dimensions dimensions, the first one × $reach',
      async ({ space, reach, dimensions }) => {
        const matrix = clusteredMatrix(dimensions > 1000 ? 150 : ROWS, dimensions, 5);
        for (let i = 0; i < matrix.data.length; i += dimensions) matrix.data[i]! *= reach;
        const one = await createLinked(await plain(), space, matrix);
        const two = await createLinked(await relaxed(), space, matrix);
        const links = graphBytes(one);
        expect(graphBytes(two)).toEqual(links);
        for (let q = 0; q < 20; q++) {
          const query = vectorOf(matrix, (q * 31) % matrix.rows).map((x, i) => x + Math.sin(i + q) * 0.1);
          const found = one.searchGraph(query, 10, { ef: 12 });
          expect(two.searchGraph(query, 10, { ef: 12 }), `query ${q}`).toEqual(found);
          expect(found.rows.length).toBe(10);
        }
      },
    );
  });
}
