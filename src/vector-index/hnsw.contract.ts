/** What the graph engine adds to a `VectorIndex`: the choice of the way a search takes, building in slices, and stored graphs. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../base/errors.js';
import type { Row } from '../base/types.js';
import type { Core } from '../core/core.js';
import { graphBytes } from '../core/fixtures/graph-bytes.js';
import { bitsOf, clusteredMatrix, rowsUpTo, vectorOf } from '../core/fixtures/matrices.js';
import { rescore } from '../core/rescore.js';
import { createHnswIndex, type HnswIndex, type HnswIndexOptions } from './hnsw.js';

export function describeHnswIndex(name: string, load: () => Promise<Core>): void {
  describe(`hnsw engine on ${name}`, () => {
    const opened: HnswIndex[] = [];
    afterEach(() => {
      for (const index of opened.splice(0)) index.dispose();
    });

    const create = async (options: Partial<HnswIndexOptions> = {}): Promise<HnswIndex> => {
      const index = createHnswIndex(await load(), {
        space: 'cosine',
        dimensions: 16,
        efSearch: 50,
        ...options,
      });
      opened.push(index);
      return index;
    };

    test('has no graph for few rows, and says that all of them are indexed', async () => {
      const index = await create();
      index.add(rowsUpTo(4999), clusteredMatrix(4999, 16, 1));
      expect(index.indexed).toBe(4999);
      expect(index.build(1)).toBe(true);
      expect(index.linked).toBe(0);
      expect(index.search(new Float32Array(16), 5).visited).toBe(4999);
    });

    test('builds behind the writes, tells how far it is, and answers all the while', async () => {
      const index = await create();
      const matrix = clusteredMatrix(6000, 16, 2);
      index.add(rowsUpTo(6000), matrix);
      expect(index.indexed).toBe(0);
      let last = 0;
      for (let done = false; !done;) {
        done = index.build(200_000);
        expect(index.indexed).toBeGreaterThan(last);
        last = index.indexed;
        expect(index.search(vectorOf(matrix, 5999), 1).rows).toEqual(Uint32Array.of(5999));
      }
      expect(last).toBe(6000);
      expect(index.search(vectorOf(matrix, 17), 10).visited).toBeLessThan(3000);
      index.add(Uint32Array.of(6000), clusteredMatrix(1, 16, 3));
      expect([index.size, index.indexed]).toEqual([6001, 6000]);
    });

    test('finds the same over codes alone, once the best are measured anew', async () => {
      const matrix = clusteredMatrix(600, 16, 8);
      const [whole, codes] = [
        await create({ graphFromRows: 1 }),
        await create({ graphFromRows: 1, codesFrom: matrix }),
      ];
      for (const index of [whole, codes]) {
        index.add(rowsUpTo(600), matrix);
        while (!index.build(1_000_000));
      }
      for (let i = 0; i < 20; i++) {
        const query = vectorOf(matrix, i * 29);
        const { rows } = codes.search(query, 13, { ef: 200 });
        const best = rescore(query, 5, { space: 'cosine', rows, vectors: whole.read(rows) });
        expect(best.rows).toEqual(whole.search(query, 5, { ef: 200 }).rows);
      }
    });

    test('answers the same after renumbering', async () => {
      const index = await create({ graphFromRows: 1 });
      const matrix = clusteredMatrix(600, 16, 8);
      index.add(rowsUpTo(600), matrix);
      while (!index.build(1_000_000));
      const answers = (): unknown[] =>
        Array.from({ length: 20 }, (_, i) => index.search(vectorOf(matrix, i * 29), 5, { ef: 200 }));
      const before = answers();
      index.renumber();
      expect(answers()).toEqual(before);
      expect(index.linked).toBe(600);
    });

    test('gives k rows for every filter that k rows match', async () => {
      const rows = 24_000;
      const index = await create({ dimensions: 4, space: 'l2', efConstruction: 40 });
      const matrix = clusteredMatrix(rows, 4, 4);
      index.add(rowsUpTo(rows), matrix);
      while (!index.build(10_000_000));
      index.remove(rowsUpTo(rows).filter((row) => row % 7 === 3));
      const filters: ((row: Row) => boolean)[] = [
        () => true,
        (row) => row % 2 === 0,
        (row) => row % 20 > 8,
        (row) => row % 10 === 0,
        (row) => row % 100 === 1,
        (row) => row % 1000 === 2,
        (row) => row < 12,
      ];
      for (const passes of filters) {
        const allow = bitsOf(rowsUpTo(rows).filter(passes));
        let found = 0;
        for (let i = 0; i < 20; i++) {
          const query = vectorOf(matrix, i * 37);
          const exact = index.search(query, 10, { allow, exact: true });
          const hits = index.search(query, 10, { allow });
          expect(hits.rows).toHaveLength(exact.rows.length);
          expect(hits.rows.every((row) => passes(row) && row % 7 !== 3)).toBe(true);
          found +=
            hits.distances.filter((distance) => distance <= exact.distances.at(-1)!).length /
            exact.rows.length;
        }
        expect(found / 20).toBeGreaterThanOrEqual(0.95);
      }
    });

    test('widens the search by ef, and compares all rows when told to be exact', async () => {
      const index = await create();
      const matrix = clusteredMatrix(8000, 16, 5);
      index.add(rowsUpTo(8000), matrix);
      while (!index.build(10_000_000));
      const query = vectorOf(matrix, 3);
      const visited = (options: { ef?: number; exact?: boolean }): number =>
        index.search(query, 10, options).visited;
      expect(visited({ ef: 10 })).toBeLessThan(visited({}));
      expect(visited({})).toBeLessThan(visited({ ef: 200 }));
      expect(visited({ ef: 4000 })).toBe(8000);
      expect(visited({ exact: true })).toBe(8000);
      index.efSearch = 200;
      expect(visited({})).toBe(visited({ ef: 200 }));
      expect(() => (index.efSearch = 0)).toThrow(coded('VALUE_ARGUMENT'));
      expect(index.efSearch).toBe(200);
    });

    test('takes up a stored graph, and goes on with rows it does not know', async () => {
      const matrix = clusteredMatrix(6000, 16, 6);
      const index = await create();
      index.add(rowsUpTo(6000), matrix);
      while (!index.build(10_000_000));
      const bytes = graphBytes(index);
      const reopened = await create();
      reopened.add(rowsUpTo(6000), matrix);
      reopened.add(Uint32Array.of(9000), clusteredMatrix(1, 16, 7));
      expect(() => reopened.load(bytes.subarray(1))).toThrow(coded('FORMAT_CORRUPT'));
      expect(reopened.indexed).toBe(0);
      reopened.load(bytes);
      expect(reopened.indexed).toBe(6000);
      for (const row of [0, 1234, 5999]) {
        expect(reopened.search(vectorOf(matrix, row), 10).rows).toEqual(
          index.search(vectorOf(matrix, row), 10).rows,
        );
      }
      expect(reopened.build(10_000_000)).toBe(true);
      expect(reopened.indexed).toBe(6001);
    });

    test('refuses parameters and budgets out of range', async () => {
      for (const wrong of [{ maxNeighbors: 1 }, { efConstruction: 0 }, { efSearch: 0 }, { efSearch: 1.5 }]) {
        await expect(create(wrong)).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
      }
      const index = await create();
      expect(() => index.build(0)).toThrow(coded('VALUE_ARGUMENT'));
      expect(() => index.search(new Float32Array(16), 1, { ef: 0 })).toThrow(coded('VALUE_ARGUMENT'));
    });
  });
}

function coded(code: ErrorCode): unknown {
  return expect.objectContaining({ code });
}
