/** What every core must share: the same vectors are stored as the same codes, so that what one has written another reads alike. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Matrix, Space } from '../base/types.js';
import type { CodedVectors, CodeTables, Core, GraphVectors } from './core.js';
import { clusteredMatrix, randomMatrix, rowsUpTo, vectorOf } from './fixtures/matrices.js';

const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];
const DIMENSIONS: readonly number[] = [
  1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 129, 300, 384, 767, 1000, 1536, 4095,
  4096,
];

/** As some embedding models make them: one dimension in thirty reaches twenty times as far. */
function widened(matrix: Matrix): Matrix {
  const { dimensions } = matrix;
  return { ...matrix, data: matrix.data.map((x, i) => ((i % dimensions) % 30 === 0 ? 20 * x : x)) };
}

/** Each core by its name; the first is what the others are compared with. */
export function describeCodeBytes(cores: Record<string, () => Promise<Core>>): void {
  const [first, ...others] = Object.entries(cores);

  describe(`codes of ${Object.keys(cores).join(', ')}`, () => {
    const opened: GraphVectors[] = [];
    afterEach(() => {
      for (const vectors of opened.splice(0)) vectors.dispose();
    });

    const create = async (
      load: () => Promise<Core>,
      options: { space: Space; matrix: Matrix; codesFrom?: Matrix | CodeTables },
    ): Promise<GraphVectors> => {
      const { space, matrix, codesFrom } = options;
      const vectors = (await load()).createGraphVectors({
        space,
        dimensions: matrix.dimensions,
        maxNeighbors: 4,
        efConstruction: 8,
        seed: 1,
        quantized: true,
        ...(codesFrom ? { codesFrom } : {}),
      });
      opened.push(vectors);
      vectors.set(rowsUpTo(matrix.rows), matrix);
      // Codes are fitted when linking begins.
      vectors.link(1);
      return vectors;
    };

    const stored = (vectors: GraphVectors, rows: number): { tables: CodeTables; coded: CodedVectors } => ({
      tables: vectors.codeTables!,
      coded: vectors.readCodes(rowsUpTo(rows)),
    });

    describe.each(SPACES)('in %s', (space) => {
      test.each(
        DIMENSIONS.flatMap((dimensions) => [
          { dimensions, kind: 'ordinary', matrix: clusteredMatrix(70, dimensions, dimensions) },
          { dimensions, kind: 'uneven', matrix: widened(randomMatrix(70, dimensions, dimensions + 1)) },
        ]),
      )('are the same bytes, $dimensions dimensions, $kind', async ({ matrix }) => {
        const wanted = stored(await create(first![1], { space, matrix }), 70);
        expect(new Set(wanted.coded.codes).size).toBeGreaterThan(1);
        for (const [name, load] of others) {
          const found = stored(await create(load, { space, matrix }), 70);
          expect(found.tables, name).toEqual(wanted.tables);
          expect(differences(found.coded.inverseLengths, wanted.coded.inverseLengths), name).toBe(0);
          expect(differences(found.coded.codes, wanted.coded.codes), name).toBe(0);
          expect(found, name).toEqual(wanted);
        }
      });

      test('are fitted to the same sample of many rows', async () => {
        const matrix = widened(randomMatrix(2_500, 6, 3));
        // What is left out of the sample reaches farthest, what is in it next.
        matrix.data.set([90, 90, 90], 6 * 5);
        const wanted = stored(await create(first![1], { space, matrix }), 2_500);
        for (const [name, load] of others)
          expect(stored(await create(load, { space, matrix }), 2_500), name).toEqual(wanted);
      });

      test.each(DIMENSIONS)(
        'alone give the same vectors and distances, in %i dimensions',
        async (dimensions) => {
          const matrix = clusteredMatrix(40, dimensions, dimensions);
          const query = vectorOf(randomMatrix(1, dimensions, dimensions + 2), 0);
          const indexes = [];
          for (const load of Object.values(cores))
            indexes.push(await create(load, { space, matrix, codesFrom: matrix }));
          const [scalar, ...wasm] = indexes;
          const wanted = scalar!.search(query, 40);
          const kept = scalar!.read(rowsUpTo(40));
          const reach = roundingOf(query, scalar!.codeTables!);
          for (const index of wasm) {
            expect(stored(index, 40)).toEqual(stored(scalar!, 40));
            expect(differences(index.read(rowsUpTo(40)).data, kept.data)).toBe(0);
            const found = index.search(query, 40);
            expect(found).toEqual(wasm[0]!.search(query, 40));
            const byRow = new Map(Array.from(found.rows, (row, i) => [row, found.distances[i]!]));
            wanted.rows.forEach((row, i) => {
              const limit = farthest(space, { vector: vectorOf(kept, row), query, reach });
              expect(Math.abs(byRow.get(row)! - wanted.distances[i]!)).toBeLessThanOrEqual(limit);
            });
          }
        },
      );
    });
  });
}

function differences(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) count++;
  return count;
}

/** How far each component of a query may be from what is compared in its place: half a step of 127 or more. */
function roundingOf(query: Float32Array, { queryFactors, weights }: CodeTables): Float32Array {
  const padded = Math.ceil(query.length / 16) * 16;
  const isNarrow = weights.every((weight) => weight === 1);
  const steps = isNarrow ? 127 : Math.min(32_639, Math.floor((2 ** 31 - 1) / (63 * padded)));
  const largest = query.reduce((most, x, d) => Math.max(most, Math.abs(x * queryFactors[d]!)), 0);
  return queryFactors.map((factor) => largest / steps / 2 / factor);
}

/** How far a distance may be from that of the query as it is; and a step of f32 for each of a few sums. */
function farthest(
  space: Space,
  { vector, query, reach }: { vector: Float32Array; query: Float32Array; reach: Float32Array },
): number {
  const product = vector.reduce((sum, x, d) => sum + Math.abs(x) * reach[d]!, 0);
  const [own, asked] = [vector, query].map((each) => each.reduce((sum, x) => sum + x * x, 0));
  if (space === 'l2') return 2 * product + 4e-6 * (own! + asked!);
  if (space === 'ip') return product + 4e-6 * (1 + Math.sqrt(own! * asked!));
  return product / Math.sqrt(own! * asked! || 1) + 4e-6;
}
