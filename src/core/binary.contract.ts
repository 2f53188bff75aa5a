/** What a `BinaryVectors` must do: estimates by their definition, the same bits on every core, and enough of the true neighbors. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../base/errors.js';
import type { Matrix, Row, Space } from '../base/types.js';
import type { BinaryVectors } from './binary.js';
import type { Core } from './core.js';
import {
  bitsOf,
  clusteredMatrix,
  matrixOf,
  randomMatrix,
  rankExactly,
  rowsUpTo,
  vectorOf,
} from './fixtures/matrices.js';

const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];

/** Every tail of a block of 128 bits that there is near its ends, and sizes in use with both sides of them. */
const DIMENSIONS: readonly number[] = Array.from({ length: 40 }, (_, i) => i + 1).concat([
  63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 300, 383, 384, 385, 511, 512, 513, 768, 1000, 1024, 1536,
  2049, 3072, 4095, 4096,
]);

export function describeBinary(name: string, load: () => Promise<Core>): void {
  describe(`bits of vectors on ${name}`, () => {
    const opened: BinaryVectors[] = [];
    afterEach(() => {
      for (const vectors of opened.splice(0)) vectors.dispose();
    });

    const create = async (space: Space, sample: Matrix): Promise<BinaryVectors> => {
      const make = await (await load()).loadBinary();
      const vectors = make({ space, dimensions: sample.dimensions, sample });
      opened.push(vectors);
      return vectors;
    };

    const createFilled = async (space: Space, matrix: Matrix): Promise<BinaryVectors> => {
      const vectors = await create(space, matrix);
      vectors.set(rowsUpTo(matrix.rows), matrix);
      return vectors;
    };

    describe.each(SPACES)('in %s', (space) => {
      test('hold nine of ten true neighbors among ten times as many rows', async () => {
        const matrix = clusteredMatrix(1500, 96, 1);
        const vectors = await createFilled(space, matrix);
        expect(share(space, vectors, matrix, clusteredMatrix(15, 96, 1))).toBeGreaterThanOrEqual(0.9);
      });

      test('hold as many where three dimensions are twenty times as wide, and the mean is far from zero', async () => {
        const widened = ({ data, ...rest }: Matrix): Matrix => ({
          ...rest,
          data: data.map((x, i) => ([3, 17, 40].includes(i % 96) ? 20 * x : x + 2)),
        });
        const matrix = widened(randomMatrix(1500, 96, 8));
        const vectors = await createFilled(space, matrix);
        expect(share(space, vectors, matrix, widened(randomMatrix(15, 96, 9)))).toBeGreaterThanOrEqual(0.9);
      });

      test('estimate distances that are right on average', async () => {
        const matrix = randomMatrix(400, 256, 3);
        const vectors = await createFilled(space, matrix);
        const query = vectorOf(matrix, 0);
        const { rows, distances } = vectors.search(query, 400);
        const exact = new Map(
          rankExactly(
            space,
            Array.from(rows, (row) => [row, vectorOf(matrix, row)] as const),
            query,
          ).map(({ row, distance }) => [row, distance]),
        );
        const others = Array.from(rows, (row, i) => [row, distances[i]! / exact.get(row)!] as const).filter(
          ([row]) => row !== 0,
        );
        const mean = others.reduce((sum, [, ratio]) => sum + ratio, 0) / others.length;
        expect(others).toHaveLength(399);
        expect(rows[0]).toBe(0);
        if (space !== 'ip') expect(Math.abs(mean - 1)).toBeLessThan(0.05);
      });
    });

    test('give all rows, each once, whatever k and filter', async () => {
      const vectors = await createFilled('l2', randomMatrix(100, 20, 2));
      const query = new Float32Array(20);
      expect(vectors.search(query, 1000).rows.toSorted()).toEqual(rowsUpTo(100));
      const allow = bitsOf([3, 50, 99, 100, 4000]);
      expect(vectors.search(query, 2, allow)).toMatchObject({ visited: 3 });
      expect(vectors.search(query, 10, allow).rows.toSorted()).toEqual(Uint32Array.of(3, 50, 99));
      expect(vectors.search(query, 0).rows).toHaveLength(0);
      expect(vectors.search(query, 3, new Uint32Array(0)).rows).toHaveLength(0);
    });

    test('agree with a Map on which rows there are, over any sequence of calls', async () => {
      const make = await (await load()).loadBinary();
      const step = fc.record({
        rows: fc.array(fc.oneof(fc.nat(40), fc.constantFrom(1000, 70_000)), { maxLength: 30 }),
        remove: fc.boolean(),
        seed: fc.nat(1000),
        allowed: fc.option(fc.array(fc.nat(50), { maxLength: 30 })),
      });
      fc.assert(
        fc.property(fc.constantFrom(...SPACES), fc.array(step, { maxLength: 12 }), (space, steps) => {
          const vectors = make({ space, dimensions: 5, sample: randomMatrix(4, 5, 1) });
          const model = new Map<Row, Float32Array>();
          for (const { rows, remove, seed, allowed } of steps) {
            const matrix = randomMatrix(rows.length, 5, seed);
            if (remove) vectors.remove(Uint32Array.from(rows));
            else vectors.set(Uint32Array.from(rows), matrix);
            rows.forEach((row, i) => (remove ? model.delete(row) : model.set(row, vectorOf(matrix, i))));
            const candidates = [...model.keys()].filter((row) => !allowed || allowed.includes(row));
            const found = vectors.search(new Float32Array(5), 1000, allowed ? bitsOf(allowed) : undefined);
            expect(found.rows.toSorted()).toEqual(Uint32Array.from(candidates).toSorted());
            expect(vectors.size).toBe(model.size);
            // What a row gives does not depend on how it came to lie where it lies.
            const fresh = make({ space, dimensions: 5, sample: randomMatrix(4, 5, 1) });
            fresh.set(
              Uint32Array.from(model.keys()),
              model.size === 0
                ? randomMatrix(0, 5, 1)
                : matrixOf(...Array.from(model.values(), (v) => [...v])),
            );
            expect(fresh.search(new Float32Array(5), 1000)).toEqual(
              vectors.search(new Float32Array(5), 1000),
            );
            fresh.dispose();
          }
          vectors.dispose();
        }),
        { numRuns: 40 },
      );
    });

    test('hold zero vectors, the longest and the shortest, and no estimate is NaN', async () => {
      for (const space of SPACES) {
        const data = Float32Array.from([
          ...Array(8).fill(0),
          ...Array(8).fill(6e18),
          ...Array(8).fill(-6e18),
          ...Array(8).fill(1e-30),
        ]);
        const matrix = { data, rows: 4, dimensions: 8 };
        const vectors = await createFilled(space, matrix);
        for (let row = 0; row < 4; row++) {
          const { rows, distances } = vectors.search(vectorOf(matrix, row), 4);
          expect(rows.toSorted()).toEqual(rowsUpTo(4));
          expect(distances.some(Number.isNaN)).toBe(false);
        }
      }
    });

    test('hold a thousand identical vectors and vectors of the most dimensions there may be', async () => {
      const same = await createFilled('cosine', {
        data: new Float32Array(4000).fill(0.5),
        rows: 1000,
        dimensions: 4,
      });
      expect(same.search(new Float32Array(4).fill(1), 1000).rows).toEqual(rowsUpTo(1000));
      const long = await createFilled('l2', randomMatrix(2, 65_536, 4));
      expect(long.search(vectorOf(randomMatrix(2, 65_536, 4), 1), 2).rows).toEqual(Uint32Array.of(1, 0));
    });

    test('keep every row while the memory grows past powers of two', async () => {
      const matrix = randomMatrix(5000, 33, 5);
      const vectors = await create('l2', matrix);
      let stored = 0;
      for (const until of [1, 2, 3, 255, 256, 257, 1023, 1024, 1025, 2048, 4096, 4097, 5000]) {
        vectors.set(rowsUpTo(until).subarray(stored), {
          data: matrix.data.slice(stored * 33, until * 33),
          rows: until - stored,
          dimensions: 33,
        });
        stored = until;
        expect(vectors.search(vectorOf(matrix, until - 1), until).rows.toSorted()).toEqual(rowsUpTo(until));
      }
    });

    test('refuse what cannot be stored or compared, and change nothing', async () => {
      const vectors = await createFilled('l2', matrixOf([1, 2, 3]));
      const before = vectors.search(Float32Array.of(3, 2, 1), 5);
      for (const value of [NaN, Infinity, -Infinity, 1e30]) {
        expect(() => vectors.set(Uint32Array.of(0, 1), matrixOf([9, 9, 9], [7, value, 0]))).toThrow(
          coded('VALUE_NOT_FINITE'),
        );
        expect(() => vectors.search(Float32Array.of(0, value, 0), 1)).toThrow(coded('VALUE_NOT_FINITE'));
      }
      expect(() => vectors.set(Uint32Array.of(0), matrixOf([1, 2]))).toThrow(coded('VALUE_DIMENSION'));
      expect(() => vectors.set(Uint32Array.of(0, 1), matrixOf([1, 2, 3]))).toThrow(coded('VALUE_ARGUMENT'));
      expect(() => vectors.search(new Float32Array(4), 1)).toThrow(coded('VALUE_DIMENSION'));
      expect(() => vectors.search(new Float32Array(3), -1)).toThrow(coded('VALUE_ARGUMENT'));
      expect(vectors.search(Float32Array.of(3, 2, 1), 5)).toEqual(before);
      const make = await (await load()).loadBinary();
      for (const dimensions of [0, 1.5, 65_537]) {
        const sample = { data: new Float32Array(0), rows: 0, dimensions };
        expect(() => make({ space: 'l2', dimensions, sample })).toThrow(coded('VALUE_DIMENSION'));
      }
      const sample = matrixOf([1, 2]);
      expect(() => make({ space: 'l2', dimensions: 3, sample })).toThrow(coded('VALUE_DIMENSION'));
    });

    test('throw CLOSED after dispose, which may be called twice', async () => {
      const vectors = await createFilled('ip', matrixOf([1, 2]));
      expect(vectors.bytes).toBeGreaterThan(0);
      vectors.dispose();
      vectors.dispose();
      expect([vectors.size, vectors.bytes]).toEqual([0, 0]);
      expect(() => vectors.set(Uint32Array.of(1), matrixOf([1, 2]))).toThrow(coded('CLOSED'));
      expect(() => vectors.reserve(1)).toThrow(coded('CLOSED'));
      expect(() => vectors.remove(Uint32Array.of(1))).toThrow(coded('CLOSED'));
      expect(() => vectors.search(Float32Array.of(1, 2), 1)).toThrow(coded('CLOSED'));
    });
  });
}

/** Estimates of two cores, whatever they run on: the same bits. */
export function describeBinaryAgreement(
  name: string,
  load: () => Promise<Core>,
  reference: () => Promise<Core>,
): void {
  describe(`bits of vectors on ${name} and on the scalar core`, () => {
    test.each(SPACES.flatMap((space) => DIMENSIONS.map((dimensions) => ({ space, dimensions }))))(
      'give the same estimates bit for bit in $space, $dimensions dimensions',
      async ({ space, dimensions }) => {
        const matrix = clusteredMatrix(dimensions > 500 ? 12 : 60, dimensions, dimensions);
        const found = [];
        for (const core of [await load(), await reference()]) {
          const vectors = (await core.loadBinary())({ space, dimensions, sample: matrix });
          vectors.set(rowsUpTo(matrix.rows), matrix);
          const queries = [randomMatrix(1, dimensions, 7), { ...matrix, rows: 1 }];
          found.push(queries.map((query) => vectors.search(vectorOf(query, 0), 30)));
          vectors.dispose();
        }
        expect(found[0]).toEqual(found[1]);
        expect(found[0]![0]!.rows.length).toBeGreaterThanOrEqual(12);
      },
    );
  });
}

/** Share of the true 10 nearest that are among the 100 that seem nearest. */
function share(space: Space, vectors: BinaryVectors, matrix: Matrix, queries: Matrix): number {
  let hits = 0;
  for (let i = 0; i < queries.rows; i++) {
    const query = vectorOf(queries, i);
    const candidates = Array.from(rowsUpTo(matrix.rows), (row) => [row, vectorOf(matrix, row)] as const);
    const seeming = new Set(vectors.search(query, 100).rows);
    hits += rankExactly(space, candidates, query)
      .slice(0, 10)
      .filter(({ row }) => seeming.has(row)).length;
  }
  return hits / (10 * queries.rows);
}

/** Matches a thrown error of ours by its code. */
function coded(code: ErrorCode): unknown {
  return expect.objectContaining({ code });
}
