/** What every engine must do, whatever it builds: right answers to a stated share, filters, deletes, ties, and errors. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../base/errors.js';
import type { Matrix, Row, Space } from '../base/types.js';
import { bitsOf, clusteredMatrix, integerMatrix, matrixOf, randomMatrix } from '../core/fixtures/matrices.js';
import { rankExactly, rowsUpTo, vectorOf } from '../core/fixtures/matrices.js';
import type { SearchHits, VectorIndex } from './vector-index.js';

export interface VectorIndexContract {
  create: (options: { space: Space; dimensions: number }) => Promise<VectorIndex>;
  /** Mean share of the true 10 nearest that 50 searches must find, without and with a filter. Exact engines: 1. */
  recallFloor: number;
}

const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];

export function describeVectorIndex(name: string, { create, recallFloor }: VectorIndexContract): void {
  const exact = recallFloor === 1;

  describe(`vector index ${name}`, () => {
    const opened: VectorIndex[] = [];
    afterEach(() => {
      for (const index of opened.splice(0)) index.dispose();
    });

    const open = async (space: Space, dimensions: number): Promise<VectorIndex> => {
      const index = await create({ space, dimensions });
      opened.push(index);
      return index;
    };

    describe.each(SPACES)('in %s', (space) => {
      test('reports space, dimensions and size', async () => {
        const index = await open(space, 7);
        expect(index).toMatchObject({ space, dimensions: 7, size: 0 });
        index.reserve(100);
        expect(index.size).toBe(0);
        index.add(Uint32Array.of(4, 9), randomMatrix(2, 7, 1));
        expect(index.size).toBe(2);
      });

      test(`finds at least ${recallFloor} of the true neighbors, at their distances`, async () => {
        const { index, matrix } = await openFilled(space, 2000, 64);
        expect(recall(index, space, matrix, () => true)).toBeGreaterThanOrEqual(recallFloor);
      });

      test.each([
        ['half of the rows', (row: Row) => row % 2 === 1],
        ['one row in fifty', (row: Row) => row % 50 === 7],
        ['a run of rows', (row: Row) => row >= 300 && row < 700],
      ])(
        `finds at least ${recallFloor} of the true neighbors among %s, and no others`,
        async (_what, allows) => {
          const { index, matrix } = await openFilled(space, 2000, 64);
          expect(recall(index, space, matrix, allows)).toBeGreaterThanOrEqual(recallFloor);
        },
      );

      test('never finds removed rows, and finds them again once they are back', async () => {
        const { index, matrix } = await openFilled(space, 600, 16);
        const odd = rowsUpTo(600).filter((row) => row % 2 === 1);
        index.remove(odd);
        expect(index.size).toBe(300);
        const { rows } = index.search(vectorOf(matrix, 1), 600);
        expect(rows.every((row) => row % 2 === 0)).toBe(true);
        expect(rows.length).toBeGreaterThanOrEqual(300 * recallFloor);

        index.add(odd, matrixOf(...Array.from(odd, (row) => [...vectorOf(matrix, row)])));
        expect(index.size).toBe(600);
        expect(recall(index, space, matrix, () => true)).toBeGreaterThanOrEqual(recallFloor);
      });

      test('agrees with a Map and brute force over any sequence of calls', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.integer({ min: 1, max: 20 }),
            fc.array(step(), { maxLength: 12 }),
            async (dimensions, steps) => {
              const index = await create({ space, dimensions });
              const model = new Map<Row, Float32Array>();
              for (const { rows, remove, seed, allowed } of steps) {
                if (remove) {
                  index.remove(Uint32Array.from(rows));
                  for (const row of rows) model.delete(row);
                } else {
                  const matrix = integerMatrix(rows.length, dimensions, seed);
                  index.add(Uint32Array.from(rows), matrix);
                  rows.forEach((row, i) => model.set(row, vectorOf(matrix, i)));
                }
                expect(index.size).toBe(model.size);
                const query = vectorOf(integerMatrix(1, dimensions, seed + 1), 0);
                const options = allowed ? { allow: bitsOf(allowed) } : {};
                const candidates = [...model].filter(([row]) => !allowed || allowed.includes(row));
                // Asked for all of so few rows, any engine must find them all.
                const hits = index.search(query, 100, options);
                expect(hits.rows).toHaveLength(candidates.length);
                expectOwnDistances(rankExactly(space, candidates, query), hits);
                expect(index.read(Uint32Array.from(model.keys())).data).toEqual(
                  Float32Array.from([...model.values()].flatMap((vector) => [...vector])),
                );
              }
              index.dispose();
            },
          ),
          { numRuns: 40 },
        );
      });
    });

    test.each(['l2', 'cosine'] as const)(
      'finds a stored vector first when asked for it, in %s',
      async (space) => {
        const { index, matrix } = await openFilled(space, 500, 32);
        let found = 0;
        for (let row = 0; row < 500; row++) {
          if (index.search(vectorOf(matrix, row), 1).rows[0] === row) found++;
        }
        expect(found / 500).toBeGreaterThanOrEqual(recallFloor);
      },
    );

    test('gives nothing from an empty index, for k = 0, and when nothing is allowed', async () => {
      const index = await open('l2', 2);
      const nothing = { rows: new Uint32Array(0), distances: new Float32Array(0), visited: 0 };
      expect(index.search(Float32Array.of(1, 2), 3)).toEqual(nothing);
      index.add(Uint32Array.of(1), matrixOf([1, 2]));
      expect(index.search(Float32Array.of(1, 2), 0)).toEqual(nothing);
      expect(index.search(Float32Array.of(1, 2), 3, { allow: new Uint32Array(0) }).rows).toHaveLength(0);
      expect(index.search(Float32Array.of(1, 2), 3, { allow: Uint32Array.of(0b1101) }).rows).toHaveLength(0);
      index.remove(Uint32Array.of(1));
      expect(index.search(Float32Array.of(1, 2), 3)).toEqual(nothing);
    });

    test('finds all of a thousand identical vectors, each once', async () => {
      const index = await open('cosine', 8);
      index.add(rowsUpTo(1000), { data: new Float32Array(8000).fill(0.25), rows: 1000, dimensions: 8 });
      const { rows, distances } = index.search(new Float32Array(8).fill(1), 1000);
      expect(new Set(rows).size).toBe(rows.length);
      expect(rows.length).toBeGreaterThanOrEqual(1000 * recallFloor);
      expect(distances.every((distance) => Math.abs(distance) < 1e-6)).toBe(true);
    });

    if (exact) {
      test('gives ties in ascending row order and counts the distances computed', async () => {
        const index = await open('l2', 2);
        index.add(Uint32Array.of(50, 7, 300, 2), matrixOf([1, 0], [0, 1], [-1, 0], [0, 5]));
        const query = new Float32Array(2);
        expect(index.search(query, 3)).toMatchObject({ rows: Uint32Array.of(7, 50, 300), visited: 4 });
        expect(index.search(query, 1, { allow: bitsOf([50, 300]) })).toMatchObject({
          rows: Uint32Array.of(50),
          visited: 2,
        });
      });
    }

    test('replaces a vector wholly: the old place is empty', async () => {
      const { index } = await openFilled('l2', 300, 8);
      index.add(Uint32Array.of(5), { data: new Float32Array(8).fill(50), rows: 1, dimensions: 8 });
      expect(index.size).toBe(300);
      expect(index.search(new Float32Array(8).fill(49), 1)).toMatchObject({
        rows: Uint32Array.of(5),
        distances: Float32Array.of(8),
      });
      const { rows } = index.search(new Float32Array(8), 299);
      expect(rows.includes(5)).toBe(false);
    });

    test('refuses what it cannot hold or compare, and changes nothing', async () => {
      const index = await open('cosine', 2);
      index.add(Uint32Array.of(3), matrixOf([3, 4]));
      expect(() => index.add(Uint32Array.of(3), matrixOf([1, 2, 3]))).toThrow(coded('VALUE_DIMENSION'));
      expect(() => index.add(Uint32Array.of(3, 4), matrixOf([1, 2]))).toThrow(coded('VALUE_ARGUMENT'));
      expect(() => index.add(Uint32Array.of(3, 4), matrixOf([1, 2], [1, NaN]))).toThrow(
        coded('VALUE_NOT_FINITE'),
      );
      expect(() => index.search(new Float32Array(3), 1)).toThrow(coded('VALUE_DIMENSION'));
      expect(() => index.search(Float32Array.of(NaN, 1), 1)).toThrow(coded('VALUE_NOT_FINITE'));
      expect(() => index.search(Float32Array.of(1, 1), -1)).toThrow(coded('VALUE_ARGUMENT'));
      expect(() => index.read(Uint32Array.of(3, 4))).toThrow(coded('VALUE_ARGUMENT'));
      expect([index.size, index.read(Uint32Array.of(3))]).toEqual([1, matrixOf([3, 4])]);
      await expect(create({ space: 'l2', dimensions: 0 })).rejects.toMatchObject({ code: 'VALUE_DIMENSION' });
    });

    test('throws CLOSED after dispose, which may be called twice', async () => {
      const index = await open('ip', 2);
      index.add(Uint32Array.of(1), matrixOf([1, 2]));
      index.dispose();
      index.dispose();
      expect(() => index.add(Uint32Array.of(1), matrixOf([1, 2]))).toThrow(coded('CLOSED'));
      expect(() => index.reserve(1)).toThrow(coded('CLOSED'));
      expect(() => index.remove(Uint32Array.of(1))).toThrow(coded('CLOSED'));
      expect(() => index.read(Uint32Array.of(1))).toThrow(coded('CLOSED'));
      expect(() => index.search(Float32Array.of(1, 2), 1)).toThrow(coded('CLOSED'));
    });

    async function openFilled(
      space: Space,
      rows: number,
      dimensions: number,
    ): Promise<{ index: VectorIndex; matrix: Matrix }> {
      const index = await open(space, dimensions);
      const matrix = clusteredMatrix(rows, dimensions, rows + dimensions);
      index.add(rowsUpTo(rows), matrix);
      return { index, matrix };
    }
  });
}

/** Mean share of the true 10 nearest of the allowed rows that 50 searches find; fails on a row that is not allowed or a wrong distance. */
function recall(index: VectorIndex, space: Space, matrix: Matrix, allows: (row: Row) => boolean): number {
  const allowed = rowsUpTo(matrix.rows).filter(allows);
  const candidates = Array.from(allowed, (row) => [row, vectorOf(matrix, row)] as const);
  const queries = clusteredMatrix(50, matrix.dimensions, matrix.rows + matrix.dimensions);
  let found = 0;
  for (let i = 0; i < queries.rows; i++) {
    const query = vectorOf(queries, i);
    const ranking = rankExactly(space, candidates, query);
    const options = allowed.length === matrix.rows ? {} : { allow: bitsOf(allowed) };
    const hits = index.search(query, 10, options);
    expect(hits.rows).toHaveLength(10);
    expectOwnDistances(ranking, hits);
    // By distance, so that it does not matter which of two equal vectors is found.
    const farthest = ranking[9]!;
    found += hits.distances.filter((distance) => distance <= farthest.distance + farthest.tolerance).length;
  }
  return found / (10 * queries.rows);
}

type Ranking = ReturnType<typeof rankExactly>;

/** Every hit is a candidate, once, at its own distance; nearest first. */
function expectOwnDistances(ranking: Ranking, { rows, distances }: SearchHits): void {
  const exact = new Map(ranking.map((candidate) => [candidate.row, candidate]));
  expect(new Set(rows).size).toBe(rows.length);
  expect(distances.toSorted()).toEqual(distances);
  rows.forEach((row, i) => {
    const candidate = exact.get(row);
    expect(candidate, `row ${row} is live and allowed`).toBeDefined();
    expect(Math.abs(distances[i]! - candidate!.distance)).toBeLessThanOrEqual(candidate!.tolerance);
  });
}

interface Step {
  rows: Row[];
  remove: boolean;
  seed: number;
  allowed: Row[] | null;
}

/** Few different rows, so that replacing, removing and coming back happen. */
function step(): fc.Arbitrary<Step> {
  return fc.record({
    rows: fc.array(fc.nat(50), { maxLength: 30 }),
    remove: fc.boolean(),
    seed: fc.nat(1000),
    allowed: fc.option(fc.array(fc.nat(60), { maxLength: 30 })),
  });
}

/** Matches a thrown error of ours by its code. */
function coded(code: ErrorCode): unknown {
  return expect.objectContaining({ code });
}
