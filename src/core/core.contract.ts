/** What every `Core` must do, run for wasm and scalar in Node and, the same body, in browsers. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../base/errors.js';
import type { Row, Space } from '../base/types.js';
import type { Core, FlatVectors, ScanResult } from './core.js';
import { bitsOf, dot, exactDistance, integerMatrix, matrixOf, randomMatrix } from './fixtures/matrices.js';
import { firstDifference, rankExactly, rowsUpTo, sumError, vectorOf } from './fixtures/matrices.js';

const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];

/** Every tail of a 64-byte step several times over, then sizes in use and both sides of them. */
const DIMENSIONS: readonly number[] = Array.from({ length: 70 }, (_, i) => i + 1).concat([
  100, 127, 128, 129, 255, 257, 300, 383, 384, 385, 511, 512, 768, 1000, 1024, 1536, 2049, 3072, 4095, 4096,
]);

export function describeCore(name: string, load: () => Promise<Core>): void {
  describe(`core ${name}`, () => {
    const opened: FlatVectors[] = [];
    afterEach(() => {
      for (const vectors of opened.splice(0)) vectors.dispose();
    });

    const create = async (space: Space, dimensions: number): Promise<FlatVectors> => {
      const vectors = (await load()).createFlatVectors({ space, dimensions });
      opened.push(vectors);
      return vectors;
    };

    describe('crc32c', () => {
      // RFC 3720 B.4, with the bytes of each CRC read as a little-endian number.
      const known: readonly [what: string, bytes: number[], crc: number][] = [
        ['nothing', [], 0],
        ['the digits 1 to 9', Array.from('123456789', (c) => c.charCodeAt(0)), 0xe3069283],
        ['32 zeros', Array(32).fill(0), 0x8a9136aa],
        ['32 bytes of 255', Array(32).fill(255), 0x62a8ab43],
        ['0 to 31', Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
        ['31 to 0', Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
      ];
      test.each(known)('gives the published checksum of %s', async (_what, bytes, crc) => {
        expect((await load()).crc32c(Uint8Array.from(bytes))).toBe(crc);
      });

      test('equals the bit by bit definition for any bytes at any place in a buffer', async () => {
        const core = await load();
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, offset) => {
            expect(core.crc32c(bytes.subarray(offset))).toBe(crcByBits(bytes.subarray(offset)));
          }),
        );
      });

      test('continued from a former result equals the checksum of the whole', async () => {
        const core = await load();
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
            const first = core.crc32c(bytes.subarray(0, cut));
            expect(core.crc32c(bytes.subarray(cut), first)).toBe(core.crc32c(bytes));
          }),
        );
      });

      test('sees every bit of an input longer than its inner buffer', async () => {
        const core = await load();
        const bytes = Uint8Array.from({ length: 300_001 }, (_, i) => (i * 2_654_435_761) >>> 24);
        const whole = core.crc32c(bytes);
        expect(core.crc32c(bytes.subarray(65_537), core.crc32c(bytes.subarray(0, 65_537)))).toBe(whole);
        for (const at of [0, 65_535, 65_536, 262_144, 300_000]) {
          bytes[at]! ^= 1;
          expect(core.crc32c(bytes), `byte ${at} changed`).not.toBe(whole);
          bytes[at]! ^= 1;
        }
      });
    });

    describe('squaredNorms', () => {
      test.each(DIMENSIONS)('sums the squares of %i components within rounding', async (dimensions) => {
        const matrix = randomMatrix(3, dimensions, dimensions);
        const norms = (await load()).squaredNorms(matrix);
        expect(norms).toHaveLength(3);
        norms.forEach((norm, i) => {
          const exact = dot(vectorOf(matrix, i), vectorOf(matrix, i));
          expect(Math.abs(norm - exact)).toBeLessThanOrEqual(sumError(dimensions) * exact);
        });
      });

      test('measures more vectors than its inner buffer holds, each one', async () => {
        const rows = 70_000;
        const data = Float32Array.from({ length: rows }, (_, i) => i % 1000);
        const norms = (await load()).squaredNorms({ data, rows, dimensions: 1 });
        expect(
          firstDifference(
            norms,
            data.map((x) => x * x),
          ),
        ).toBe(-1);
      });

      test('tells by a number that is not finite where a component is not finite or the sum does not fit', async () => {
        const data = Float32Array.from([1, 2, NaN, 0, Infinity, 1, -Infinity, Infinity, 1e30, 0, 3, 4]);
        const norms = (await load()).squaredNorms({ data, rows: 6, dimensions: 2 });
        expect(Array.from(norms, Number.isFinite)).toEqual([true, false, false, false, false, true]);
        expect([norms[0], norms[5]]).toEqual([5, 25]);
      });

      test('refuses a matrix whose numbers are not rows times dimensions', async () => {
        const core = await load();
        const data = new Float32Array(5);
        expect(() => core.squaredNorms({ data, rows: 2, dimensions: 3 })).toThrow(coded('VALUE_ARGUMENT'));
        expect(() => core.squaredNorms({ data, rows: 0, dimensions: 0 })).toThrow(coded('VALUE_DIMENSION'));
      });

      test('of no vectors is empty', async () => {
        const none = { data: new Float32Array(0), rows: 0, dimensions: 8 };
        expect((await load()).squaredNorms(none)).toEqual(new Float32Array(0));
      });
    });

    describe('distances', () => {
      describe.each(SPACES)('in %s', (space) => {
        test.each(DIMENSIONS)(
          'of %i dimensions are those of the formula, within rounding',
          async (dimensions) => {
            const vectors = await create(space, dimensions);
            const matrix = randomMatrix(9, dimensions, dimensions + 1000);
            const query = vectorOf(randomMatrix(1, dimensions, dimensions + 2000), 0);
            vectors.set(rowsUpTo(9), matrix);
            const { rows, distances } = vectors.search(query, 9);
            expect(rows.toSorted()).toEqual(rowsUpTo(9));
            rows.forEach((row, i) => {
              const { distance, tolerance } = exactDistance(space, vectorOf(matrix, row), query);
              expect(Math.abs(distances[i]! - distance)).toBeLessThanOrEqual(tolerance);
              if (i > 0) expect(distances[i]!).toBeGreaterThanOrEqual(distances[i - 1]!);
            });
          },
        );

        test('of small integers are exact', async () => {
          const vectors = await create(space, 3);
          vectors.set(rowsUpTo(3), matrixOf([3, 0, 0], [0, 0, 4], [-3, 0, 0]));
          const { rows, distances } = vectors.search(Float32Array.of(1, 0, 0), 3);
          const wanted = { l2: [4, 17, 16], ip: [-2, 1, 4], cosine: [0, 1, 2] }[space];
          expect(Array.from(rows, (row) => wanted[row])).toEqual(Array.from(distances));
        });

        test('of very long and very short vectors stay numbers in order', async () => {
          const vectors = await create(space, 2);
          vectors.set(rowsUpTo(5), matrixOf([1e19, 1e18], [-1e19, 0], [1e-30, 0], [0, 0], [1, 1]));
          for (const query of [Float32Array.of(1e19, 0), Float32Array.of(-1e-30, 0), Float32Array.of(1, 2)]) {
            const { distances } = vectors.search(query, 5);
            expect(Array.from(distances, Number.isNaN)).toEqual(Array(5).fill(false));
            expect(distances.toSorted()).toEqual(distances);
          }
        });
      });

      test('under cosine are 1 where the vector or the query is zero', async () => {
        const vectors = await create('cosine', 5);
        vectors.set(rowsUpTo(3), matrixOf([0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [-1, -1, -1, -1, -1]));
        const ones = vectors.search(new Float32Array(5).fill(1), 3);
        expect(Array.from(ones.rows)).toEqual([1, 0, 2]);
        expect(ones.distances[1]).toBe(1);
        const zero = vectors.search(new Float32Array(5), 3);
        expect(zero).toMatchObject({ rows: Uint32Array.of(0, 1, 2), distances: Float32Array.of(1, 1, 1) });
      });

      test('under cosine do not depend on lengths, and vectors are kept as given', async () => {
        const vectors = await create('cosine', 2);
        const matrix = matrixOf([3e-9, 4e-9], [3e9, 4e9], [-3, 4]);
        vectors.set(rowsUpTo(3), matrix);
        const { distances } = vectors.search(Float32Array.of(300, 400), 3);
        expect(distances[0]).toBeCloseTo(0, 6);
        expect(distances[1]).toBeCloseTo(0, 6);
        expect(distances[2]).toBeCloseTo(1 - 7 / 25, 6);
        expect(vectors.read(rowsUpTo(3))).toEqual(matrix);
      });
    });

    describe('search', () => {
      test('orders equal distances by row, whatever the order of storing', async () => {
        const vectors = await create('l2', 4);
        const rows = Uint32Array.from({ length: 1000 }, (_, i) => (i * 617) % 1000);
        vectors.set(rows, { data: new Float32Array(4000).fill(0.5), rows: 1000, dimensions: 4 });
        const query = Float32Array.of(1, 2, 3, 4);
        expect(vectors.search(query, 1000).rows).toEqual(rowsUpTo(1000));
        expect(vectors.search(query, 7).rows).toEqual(rowsUpTo(7));
        vectors.remove(Uint32Array.of(0, 3, 999));
        expect(vectors.search(query, 4).rows).toEqual(Uint32Array.of(1, 2, 4, 5));
      });

      test('gives none for k = 0, the nearest for 1, all for more than there are', async () => {
        const vectors = await create('l2', 1);
        vectors.set(Uint32Array.of(10, 20, 30), matrixOf([1], [2], [3]));
        const query = Float32Array.of(2.25);
        expect(vectors.search(query, 0)).toMatchObject({
          rows: new Uint32Array(0),
          distances: new Float32Array(0),
        });
        expect(vectors.search(query, 1)).toMatchObject({ rows: Uint32Array.of(20), visited: 3 });
        expect(vectors.search(query, 4).rows).toEqual(Uint32Array.of(20, 30, 10));
        expect(vectors.search(query, 2 ** 31).rows).toEqual(Uint32Array.of(20, 30, 10));
      });

      test('of an empty index is empty', async () => {
        const vectors = await create('cosine', 3);
        const nothing = { rows: new Uint32Array(0), distances: new Float32Array(0), visited: 0 };
        expect(vectors.search(Float32Array.of(1, 2, 3), 10)).toEqual(nothing);
        expect(vectors.search(Float32Array.of(1, 2, 3), 10, Uint32Array.of(7))).toEqual(nothing);
      });

      test('keeps to the allowed rows, rows beyond the bits included', async () => {
        const vectors = await create('l2', 2);
        const rows = Uint32Array.of(0, 1, 31, 32, 33, 64, 100);
        vectors.set(rows, matrixOf(...Array.from(rows, (row) => [row, 0])));
        const query = new Float32Array(2);
        const allow = bitsOf([1, 32, 64, 77]);
        expect(vectors.search(query, 10, allow)).toMatchObject({
          rows: Uint32Array.of(1, 32, 64),
          visited: 3,
        });
        expect(vectors.search(query, 2, allow).rows).toEqual(Uint32Array.of(1, 32));
        expect(vectors.search(query, 10, allow.subarray(0, 1)).rows).toEqual(Uint32Array.of(1));
        expect(vectors.search(query, 10, new Uint32Array(0)).rows).toEqual(new Uint32Array(0));
        expect(vectors.search(query, 10, new Uint32Array(5000).fill(0xffffffff)).rows).toEqual(rows);
      });

      test('returns copies that later calls leave alone', async () => {
        const vectors = await create('l2', 1);
        vectors.set(rowsUpTo(3), matrixOf([1], [2], [3]));
        const first = vectors.search(Float32Array.of(0), 3);
        vectors.search(Float32Array.of(9), 3);
        vectors.set(rowsUpTo(3), matrixOf([7], [8], [9]));
        expect(first).toMatchObject({ rows: Uint32Array.of(0, 1, 2), distances: Float32Array.of(1, 4, 9) });
      });

      test('refuses a query of another length or with a component that is not finite', async () => {
        const vectors = await create('ip', 3);
        expect(() => vectors.search(new Float32Array(4), 1)).toThrow(
          coded('VALUE_DIMENSION', { got: 4, wanted: 3 }),
        );
        for (const value of [NaN, Infinity, -Infinity]) {
          const details = { component: 1, value: String(value) };
          const query = Float32Array.of(0, value, NaN);
          expect(() => vectors.search(query, 1)).toThrow(coded('VALUE_NOT_FINITE', details));
        }
        expect(() => vectors.search(Float32Array.of(1e30, 0, 0), 1)).toThrow(coded('VALUE_NOT_FINITE'));
      });

      test.each([-1, 0.5, NaN, Infinity])('refuses k = %d', async (k) => {
        const vectors = await create('l2', 1);
        expect(() => vectors.search(new Float32Array(1), k)).toThrow(
          coded('VALUE_ARGUMENT', { k: String(k) }),
        );
      });
    });

    describe('set, remove and read', () => {
      test.each([0, -1, 1.5, NaN, 65_537])('refuse %d dimensions at creation', async (dimensions) => {
        const core = await load();
        expect(() => core.createFlatVectors({ space: 'l2', dimensions })).toThrow(coded('VALUE_DIMENSION'));
      });

      test('take the longest vectors there may be', async () => {
        const vectors = await create('l2', 65_536);
        const matrix = { data: new Float32Array(2 * 65_536).fill(1), rows: 2, dimensions: 65_536 };
        matrix.data[65_535] = 2;
        vectors.set(Uint32Array.of(5, 6), matrix);
        const { rows, distances } = vectors.search(new Float32Array(65_536).fill(1), 2);
        expect([rows, distances]).toEqual([Uint32Array.of(6, 5), Float32Array.of(0, 1)]);
        expect(firstDifference(vectors.read(Uint32Array.of(5, 6)).data, matrix.data)).toBe(-1);
      });

      test('take rows that lie far apart, up to the last u32', async () => {
        const vectors = await create('l2', 2);
        const rows = Uint32Array.of(4_294_967_295, 0, 3_000_000_000, 77_777);
        const matrix = matrixOf([1, 0], [2, 0], [3, 0], [4, 0]);
        vectors.set(rows, matrix);
        expect(vectors.bytes).toBeLessThan(2_000_000);
        expect(vectors.search(new Float32Array(2), 4).rows).toEqual(rows);
        expect(vectors.search(new Float32Array(2), 4, bitsOf([0, 77_777])).rows).toEqual(
          Uint32Array.of(0, 77_777),
        );
        expect(vectors.read(rows)).toEqual(matrix);

        vectors.set(Uint32Array.of(4_294_967_294), matrixOf([5, 0]));
        vectors.remove(Uint32Array.of(0));
        expect(vectors.size).toBe(4);
        vectors.remove(Uint32Array.of(4_294_967_294, 77_777));
        expect(vectors.search(new Float32Array(2), 9).rows).toEqual(
          Uint32Array.of(4_294_967_295, 3_000_000_000),
        );
      });

      test('replace what a row held, in a later call and within one', async () => {
        const vectors = await create('l2', 2);
        vectors.set(Uint32Array.of(1, 2, 1), matrixOf([1, 1], [2, 2], [3, 3]));
        expect(vectors.size).toBe(2);
        expect(vectors.read(Uint32Array.of(1, 2))).toEqual(matrixOf([3, 3], [2, 2]));
        vectors.set(Uint32Array.of(2, 3), matrixOf([9, 9], [4, 4]));
        expect(vectors.size).toBe(3);
        expect(vectors.read(Uint32Array.of(3, 2, 1, 2))).toEqual(matrixOf([4, 4], [9, 9], [3, 3], [9, 9]));
      });

      test('take rows out of every search and let them come back', async () => {
        const vectors = await create('l2', 1);
        vectors.set(rowsUpTo(5), matrixOf([0], [1], [2], [3], [4]));
        vectors.remove(Uint32Array.of(0, 4, 4, 99));
        expect(vectors.size).toBe(3);
        expect(vectors.search(Float32Array.of(0), 9).rows).toEqual(Uint32Array.of(1, 2, 3));
        expect(() => vectors.read(Uint32Array.of(1, 4))).toThrow(coded('VALUE_ARGUMENT', { row: 4 }));
        vectors.set(Uint32Array.of(4), matrixOf([-1]));
        expect(vectors.search(Float32Array.of(0), 9).rows).toEqual(Uint32Array.of(1, 4, 2, 3));
        vectors.remove(rowsUpTo(5));
        expect(vectors.size).toBe(0);
        expect(vectors.search(Float32Array.of(0), 9).rows).toEqual(new Uint32Array(0));
      });

      test('keep every vector while the memory grows past powers of two', async () => {
        const dimensions = 33;
        const vectors = await create('l2', dimensions);
        const all = randomMatrix(9000, dimensions, 5);
        let stored = 0;
        for (const until of [1, 2, 3, 255, 256, 257, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 9000]) {
          const data = all.data.slice(stored * dimensions, until * dimensions);
          const rows = Uint32Array.from({ length: until - stored }, (_, i) => stored + i);
          vectors.set(rows, { data, rows: rows.length, dimensions });
          stored = until;
          expect(vectors.size).toBe(until);
          // Asked for all, so that room for results is needed where the next vectors will lie.
          const first = vectors.search(vectorOf(all, 0), until);
          const last = vectors.search(vectorOf(all, until - 1), until);
          expect([first.rows[0], last.rows[0]]).toEqual([0, until - 1]);
          expect([first.distances[0], last.distances[0]]).toEqual([0, 0]);
        }
        expect(firstDifference(vectors.read(rowsUpTo(9000)).data, all.data)).toBe(-1);
      });

      test('go on as before after room was reserved', async () => {
        const vectors = await create('l2', 3);
        vectors.reserve(0);
        vectors.reserve(1000);
        expect(vectors.size).toBe(0);
        vectors.set(Uint32Array.of(7), matrixOf([1, 2, 3]));
        vectors.reserve(3000);
        expect(vectors.size).toBe(1);
        expect(vectors.search(new Float32Array(3), 5)).toMatchObject({ rows: Uint32Array.of(7), visited: 1 });
        expect(vectors.read(Uint32Array.of(7))).toEqual(matrixOf([1, 2, 3]));
      });

      test('refuse vectors with a component that is not finite, name it, and change nothing', async () => {
        const vectors = await create('cosine', 3);
        const before = matrixOf([1, 2, 3]);
        vectors.set(Uint32Array.of(8), before);
        for (const value of [NaN, Infinity, -Infinity]) {
          const matrix = matrixOf([4, 5, 6], [7, value, NaN]);
          const details = { row: 9, index: 1, component: 1, value: String(value) };
          expect(() => vectors.set(Uint32Array.of(8, 9), matrix)).toThrow(coded('VALUE_NOT_FINITE', details));
        }
        const long = matrixOf([4, 5, 6], [1e30, 0, 0]);
        expect(() => vectors.set(Uint32Array.of(8, 9), long)).toThrow(coded('VALUE_NOT_FINITE', { row: 9 }));
        expect(vectors.size).toBe(1);
        expect(vectors.read(Uint32Array.of(8))).toEqual(before);
      });

      test('refuse vectors of another length and counts that differ, and change nothing', async () => {
        const vectors = await create('l2', 3);
        expect(() => vectors.set(rowsUpTo(1), matrixOf([1, 2]))).toThrow(coded('VALUE_DIMENSION'));
        expect(() => vectors.set(rowsUpTo(2), matrixOf([1, 2, 3]))).toThrow(coded('VALUE_ARGUMENT'));
        const short = { data: new Float32Array(5), rows: 2, dimensions: 3 };
        expect(() => vectors.set(rowsUpTo(2), short)).toThrow(coded('VALUE_ARGUMENT'));
        expect(vectors.size).toBe(0);
      });

      test('leave the indexes of one core independent of each other', async () => {
        const core = await load();
        const [a, b] = [4, 4].map((dimensions) => core.createFlatVectors({ space: 'l2', dimensions }));
        opened.push(a!, b!);
        a!.set(Uint32Array.of(1), matrixOf([1, 1, 1, 1]));
        b!.set(Uint32Array.of(2), matrixOf([2, 2, 2, 2]));
        a!.dispose();
        expect(b!.search(new Float32Array(4), 5).rows).toEqual(Uint32Array.of(2));
      });

      test('agree with a Map over any sequence of calls', async () => {
        const core = await load();
        fc.assert(
          fc.property(
            fc.constantFrom(...SPACES),
            fc.integer({ min: 1, max: 9 }),
            steps(),
            (space, dimensions, todo) => {
              const vectors = core.createFlatVectors({ space, dimensions });
              const model = new Map<Row, Float32Array>();
              for (const { rows, remove, seed, k, allowed } of todo) {
                if (remove) {
                  vectors.remove(Uint32Array.from(rows));
                  for (const row of rows) model.delete(row);
                } else {
                  const matrix = integerMatrix(rows.length, dimensions, seed);
                  vectors.set(Uint32Array.from(rows), matrix);
                  rows.forEach((row, i) => model.set(row, vectorOf(matrix, i)));
                }
                expect(vectors.size).toBe(model.size);
                const query = vectorOf(integerMatrix(1, dimensions, seed + 1), 0);
                const candidates = [...model].filter(([row]) => !allowed || allowed.includes(row));
                const result = vectors.search(query, k, allowed ? bitsOf(allowed) : undefined);
                expect(result.visited).toBe(k === 0 || model.size === 0 ? 0 : candidates.length);
                expectNearest(space, candidates, query, k, result);
              }
              const rows = Uint32Array.from(model.keys());
              const data = [...model.values()].flatMap((vector) => [...vector]);
              expect(vectors.read(rows)).toEqual({
                data: Float32Array.from(data),
                rows: rows.length,
                dimensions,
              });
              vectors.dispose();
            },
          ),
          { numRuns: 60 },
        );
      });
    });

    describe('dispose', () => {
      test('frees the memory, may be called twice, and makes later calls throw CLOSED', async () => {
        const vectors = await create('l2', 2);
        vectors.set(Uint32Array.of(1), matrixOf([1, 2]));
        expect(vectors.bytes).toBeGreaterThanOrEqual(8);
        vectors.dispose();
        vectors.dispose();
        expect([vectors.size, vectors.bytes]).toEqual([0, 0]);
        expect(() => vectors.set(Uint32Array.of(1), matrixOf([1, 2]))).toThrow(coded('CLOSED'));
        expect(() => vectors.reserve(1)).toThrow(coded('CLOSED'));
        expect(() => vectors.remove(Uint32Array.of(1))).toThrow(coded('CLOSED'));
        expect(() => vectors.read(Uint32Array.of(1))).toThrow(coded('CLOSED'));
        expect(() => vectors.search(Float32Array.of(1, 2), 1)).toThrow(coded('CLOSED'));
      });
    });
  });
}

/**
 * What two cores find differs at most by the rounding of the one that sums in f32, rank by rank.
 * `reference` sums in double precision.
 */
export function describeAgreement(load: () => Promise<Core>, reference: () => Promise<Core>): void {
  describe.each(SPACES)('wasm and scalar in %s', (space) => {
    test.each([1, 3, 16, 50, 384, 1023])('find the same distances in %i dimensions', async (dimensions) => {
      const matrix = randomMatrix(600, dimensions, 11);
      const query = vectorOf(randomMatrix(1, dimensions, 12), 0);
      const allow = bitsOf(Array.from({ length: 300 }, (_, i) => i * 2));
      const results: ScanResult[][] = [];
      for (const core of [await load(), await reference()]) {
        const vectors = core.createFlatVectors({ space, dimensions });
        vectors.set(rowsUpTo(600), matrix);
        results.push([vectors.search(query, 40), vectors.search(query, 40, allow)]);
        vectors.dispose();
      }
      const tolerance = Math.max(
        ...Array.from({ length: 600 }, (_, i) => exactDistance(space, vectorOf(matrix, i), query).tolerance),
      );
      results[0]!.forEach(({ distances }, i) => {
        const wanted = results[1]![i]!.distances;
        expect(distances).toHaveLength(40);
        distances.forEach((distance, rank) => {
          expect(Math.abs(distance - wanted[rank]!)).toBeLessThanOrEqual(2 * tolerance);
        });
      });
    });
  });
}

/** Matches a thrown error of ours by its code and the details named. */
function coded(code: ErrorCode, details: Record<string, unknown> = {}): unknown {
  return expect.objectContaining({ code, details: expect.objectContaining(details) });
}

/** Candidates are small integers. Under cosine rounding may swap neighbours, so distances are compared rank by rank. */
function expectNearest(
  space: Space,
  candidates: readonly (readonly [Row, Float32Array])[],
  query: Float32Array,
  k: number,
  result: { rows: Uint32Array; distances: Float32Array },
): void {
  const sorted = rankExactly(space, candidates, query);
  const exact = new Map(sorted.map((candidate) => [candidate.row, candidate]));
  expect(result.rows).toHaveLength(Math.min(k, candidates.length));
  expect(new Set(result.rows).size).toBe(result.rows.length);
  // Small integers: without divisions the distances are exact, and so is the order of ties, also where k cuts through them.
  if (space !== 'cosine') expect(Array.from(result.rows)).toEqual(sorted.slice(0, k).map(({ row }) => row));
  result.rows.forEach((row, rank) => {
    const { distance, tolerance } = exact.get(row)!;
    expect(Math.abs(result.distances[rank]! - distance)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(result.distances[rank]! - sorted[rank]!.distance)).toBeLessThanOrEqual(tolerance);
    if (rank > 0 && result.distances[rank] === result.distances[rank - 1]) {
      expect(row).toBeGreaterThan(result.rows[rank - 1]!);
    }
  });
}

interface Step {
  rows: Row[];
  remove: boolean;
  seed: number;
  k: number;
  allowed: Row[] | null;
}

/** Few different rows, so that replacing, removing and coming back happen; small integers, so that ties do. */
function steps(): fc.Arbitrary<Step[]> {
  const row = fc.oneof(fc.nat(40), fc.constantFrom(1000, 70_000));
  const step = fc.record({
    rows: fc.array(row, { maxLength: 30 }),
    remove: fc.boolean(),
    seed: fc.nat(1000),
    k: fc.nat(50),
    allowed: fc.option(fc.array(row, { maxLength: 30 })),
  });
  return fc.array(step, { minLength: 1, maxLength: 12 });
}

function crcByBits(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
