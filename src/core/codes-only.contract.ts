/** What a graph that keeps codes alone must do: a quarter of the bytes, the neighbors of codes, the true ones once measured anew. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Matrix, Row, Space } from '../base/types.js';
import type { Core, GraphOptions, GraphVectors } from './core.js';
import { graphBytes } from './fixtures/graph-bytes.js';
import {
  bitsOf,
  clusteredMatrix,
  exactDistance,
  randomMatrix,
  rowsUpTo,
  vectorOf,
} from './fixtures/matrices.js';
import { rescore } from './rescore.js';

const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];

export function describeCodesOnly(name: string, load: () => Promise<Core>): void {
  describe(`codes alone on ${name}`, () => {
    const opened: GraphVectors[] = [];
    afterEach(() => {
      for (const vectors of opened.splice(0)) vectors.dispose();
    });

    const create = async (sample: Matrix, own: Partial<GraphOptions> = {}): Promise<GraphVectors> => {
      const vectors = (await load()).createGraphVectors({
        space: 'l2',
        dimensions: sample.dimensions,
        maxNeighbors: 16,
        efConstruction: 100,
        seed: 7,
        quantized: true,
        codesFrom: sample,
        ...own,
      });
      opened.push(vectors);
      return vectors;
    };

    describe.each(SPACES)('in %s', (space) => {
      test.each([1, 2, 3, 4, 17, 48, 384])(
        'gives distances near the true ones, in %i dimensions',
        async (dimensions) => {
          const matrix = randomMatrix(200, dimensions, dimensions);
          const vectors = await create(matrix, { space });
          vectors.set(rowsUpTo(200), matrix);
          while (!vectors.link(1_000_000).done);
          const query = vectorOf(randomMatrix(1, dimensions, dimensions + 1), 0);
          const scale = space === 'cosine' ? 1 : dimensions;
          for (const { rows, distances } of [
            vectors.search(query, 200),
            vectors.searchGraph(query, 20, { ef: 60 }),
          ]) {
            expect(rows.length).toBeGreaterThanOrEqual(20);
            rows.forEach((row, i) => {
              const truth = exactDistance(space, vectorOf(matrix, row), query).distance;
              expect(Math.abs(distances[i]! - truth)).toBeLessThan(0.05 * scale);
            });
          }
        },
      );

      test('finds 95 of 100 true neighbors once the best are measured anew, through removals and filters', async () => {
        const matrix = clusteredMatrix(2000, 48, 1);
        const vectors = await create(matrix, { space });
        vectors.set(rowsUpTo(2000), matrix);
        while (!vectors.link(1_000_000).done);
        vectors.remove(rowsUpTo(2000).filter((row) => row % 10 === 3));
        const filters: [(row: Row) => boolean, boolean][] = [
          [(row) => row % 10 !== 3, false],
          [(row) => row % 10 !== 3 && row % 3 === 0, true],
        ];
        for (const [allowed, isFilter] of filters) {
          const rows = rowsUpTo(2000).filter(allowed);
          const allow = bitsOf(rows);
          let found = 0;
          for (let q = 0; q < 40; q++) {
            const query = vectorOf(clusteredMatrix(40, 48, 1), q);
            const hits = vectors.searchGraph(query, 20, isFilter ? { ef: 60, allow } : { ef: 60 });
            const read = {
              rows: hits.rows.length,
              dimensions: 48,
              data: new Float32Array(hits.rows.length * 48),
            };
            hits.rows.forEach((row, i) => read.data.set(vectorOf(matrix, row), i * 48));
            const best = rescore(query, 10, { space, rows: hits.rows, vectors: read });
            const truth = Array.from(
              rows,
              (row) => exactDistance(space, vectorOf(matrix, row), query).distance,
            );
            const limit = truth.toSorted((a, b) => a - b)[9]! + 1e-6;
            found += best.distances.filter((distance) => distance <= limit).length;
          }
          expect(found / 400).toBeGreaterThanOrEqual(0.95);
        }
      });
    });

    test('takes its links from a graph that keeps vectors, and gives vectors back by their codes', async () => {
      const matrix = clusteredMatrix(600, 32, 3);
      const whole = (await load()).createGraphVectors({
        space: 'cosine',
        dimensions: 32,
        maxNeighbors: 16,
        efConstruction: 100,
        seed: 7,
        quantized: true,
      });
      opened.push(whole);
      whole.set(rowsUpTo(600), matrix);
      while (!whole.link(1_000_000).done);
      const vectors = await create(matrix, { space: 'cosine' });
      vectors.set(rowsUpTo(600), matrix);
      vectors.restore(graphBytes(whole));
      vectors.renumber();
      expect(vectors.linked).toBe(600);
      const { data } = vectors.read(rowsUpTo(600));
      const reach = matrix.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      data.forEach((x, i) => expect(Math.abs(x - matrix.data[i]!)).toBeLessThan(reach / 20));
      expect(vectors.searchGraph(vectorOf(matrix, 77), 1, { ef: 40 }).rows).toEqual(Uint32Array.of(77));
    });

    test.each(SPACES)(
      'takes over stored codes, and answers by them as the index that made them: %s',
      async (space) => {
        const matrix = clusteredMatrix(400, 20, 5);
        const first = await create(matrix, { space });
        first.set(rowsUpTo(400), matrix);
        while (!first.link(1_000_000).done);
        const second = await create(matrix, { space, codesFrom: first.codeTables! });
        const half = (from: number): Uint32Array<ArrayBuffer> =>
          rowsUpTo(400).filter((row) => row % 2 === from);
        for (const rows of [half(1), half(0)]) second.setCodes(rows, first.readCodes(rows));
        second.restore(graphBytes(first));
        expect([second.size, second.linked, second.absent]).toEqual([400, 400, 0]);
        expect(second.readCodes(half(1))).toEqual(first.readCodes(half(1)));
        for (let i = 0; i < 20; i++) {
          const query = vectorOf(clusteredMatrix(20, 20, 6), i);
          const [now, then] = [second.search(query, 9), first.search(query, 9)];
          expect(now.rows).toEqual(then.rows);
          now.distances.forEach((distance, at) => expect(distance).toBeCloseTo(then.distances[at]!, 5));
          expect(second.searchGraph(query, 9, { ef: 400 }).rows).toEqual(
            first.searchGraph(query, 9, { ef: 400 }).rows,
          );
        }
      },
    );

    test.each(SPACES)(
      'tells which absent vectors a search would measure, and answers the same once these alone are there: %s',
      async (space) => {
        const matrix = clusteredMatrix(500, 20, 7);
        const options = {
          space,
          dimensions: 20,
          maxNeighbors: 8,
          efConstruction: 60,
          seed: 3,
          quantized: true,
        };
        const whole = (await load()).createGraphVectors(options);
        opened.push(whole);
        whole.set(rowsUpTo(500), matrix);
        while (!whole.link(1_000_000).done);
        whole.remove(rowsUpTo(500).filter((row) => row % 9 === 0));
        const live = rowsUpTo(500).filter((row) => row % 9 !== 0);
        const allow = bitsOf(live.filter((row) => row % 2 === 0));
        for (const search of [{ ef: 40 }, { ef: 40, allow }, { ef: 3 }]) {
          const lazy = (await load()).createGraphVectors(options);
          opened.push(lazy);
          lazy.useTables(whole.codeTables!);
          lazy.setCodes(live, whole.readCodes(live));
          lazy.restore(graphBytes(whole));
          expect(lazy.absent).toBe(live.length);
          expect(() => lazy.read(live)).toThrow(expect.objectContaining({ code: 'VALUE_ARGUMENT' }));
          expect(() => lazy.search(vectorOf(matrix, 1), 3)).toThrow(
            expect.objectContaining({ code: 'VALUE_ARGUMENT' }),
          );
          // What changes meanwhile is there, and not asked for.
          for (const index of [whole, lazy])
            index.set(Uint32Array.of(1), { data: vectorOf(matrix, 2).slice(), rows: 1, dimensions: 20 });
          expect(lazy.isAbsent(1)).toBe(false);
          for (let i = 0; i < 10; i++) {
            const query = vectorOf(clusteredMatrix(10, 20, 8), i);
            const missing = lazy.missing(query, 6, search);
            expect(missing.every((row) => lazy.isAbsent(row))).toBe(true);
            lazy.fill(missing, whole.read(missing));
            expect(lazy.missing(query, 6, search)).toHaveLength(0);
            const hits = lazy.searchGraph(query, 6, search);
            expect(hits.rows).toHaveLength(6);
            const exact = Array.from(
              hits.rows,
              (row) => exactDistance(space, whole.read(Uint32Array.of(row)).data, query).distance,
            );
            hits.distances.forEach((distance, at) => expect(distance).toBeCloseTo(exact[at]!, 3));
          }
          whole.set(Uint32Array.of(1), { data: vectorOf(matrix, 1).slice(), rows: 1, dimensions: 20 });
          while (!whole.link(1_000_000).done);
        }
      },
    );

    test('refuses codes out of range, of rows that are there, and tables of another index', async () => {
      const matrix = clusteredMatrix(50, 8, 9);
      const first = await create(matrix);
      first.set(rowsUpTo(50), matrix);
      const coded = first.readCodes(Uint32Array.of(3));
      const refused = (work: () => unknown): void =>
        expect(work).toThrow(expect.objectContaining({ code: 'VALUE_ARGUMENT' }));
      refused(() => first.setCodes(Uint32Array.of(3), coded));
      refused(() => first.setCodes(Uint32Array.of(90), { ...coded, codes: coded.codes.with(2, 0) }));
      refused(() => first.setCodes(Uint32Array.of(90, 91), coded));
      refused(() => first.useTables(first.codeTables!));
      const other = await create(matrix, { codesFrom: first.codeTables! });
      refused(() => other.useTables({ ...first.codeTables!, weights: new Int16Array(8) }));
      other.setCodes(Uint32Array.of(90), coded);
      expect(other.read(Uint32Array.of(90))).toEqual(first.read(Uint32Array.of(3)));
    });

    test('refuses a sample of other dimensions, of none, with components that are not finite, and comparing over f32', async () => {
      const sample = randomMatrix(5, 8, 1);
      const coded = (code: string): unknown => expect.objectContaining({ code });
      await expect(create(sample, { dimensions: 9 })).rejects.toEqual(coded('VALUE_DIMENSION'));
      await expect(create(randomMatrix(0, 8, 1))).rejects.toEqual(coded('VALUE_ARGUMENT'));
      await expect(create(sample, { quantized: false })).rejects.toEqual(coded('VALUE_ARGUMENT'));
      sample.data[3] = Number.NaN;
      await expect(create(sample)).rejects.toEqual(coded('VALUE_NOT_FINITE'));
    });
  });
}
