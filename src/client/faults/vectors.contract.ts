/** F38: every kind of number that is none, or not one that can be stored, in every form vectors are handed in. */
import { describe, expect, test } from 'vitest';
import type { EmbeddingsInput } from '../check-records.js';
import { expectRefused, useStore, type FaultTarget, type Refusal } from './harness.contract.js';

const NOT_FINITE: Refusal = { code: 'VALUE_NOT_FINITE', name: 'ChromaClientError' };
const NO_NUMBER: Refusal = { code: 'VALUE_EMBEDDING', name: 'ChromaValueError' };
const at = (refusal: Refusal, path: string): Refusal => ({ ...refusal, path });
const holes = (): number[] => {
  const vector: number[] = [];
  vector[0] = 1;
  vector[2] = 3;
  return vector;
};

/** Two vectors of three dimensions each, the second of them faulty. */
const FAULTY: readonly (readonly [string, unknown, Refusal])[] = [
  ['NaN', [1, Number.NaN, 3], NOT_FINITE],
  ['Infinity', [1, 2, Infinity], NOT_FINITE],
  ['−Infinity', [-Infinity, 2, 3], NOT_FINITE],
  ['a float64 beyond float32', [1e300, 2, 3], NOT_FINITE],
  ['the first float64 that rounds to infinity', [3.4028235677973366e38, 2, 3], NOT_FINITE],
  ['NaN in a Float32Array', Float32Array.of(1, Number.NaN, 3), NOT_FINITE],
  ['Infinity in a Float64Array', Float64Array.of(1, 2, Infinity), NOT_FINITE],
  ['an overflow in a Float64Array', Float64Array.of(1, 2, -1e39), NOT_FINITE],
  ['a hole', holes(), at(NO_NUMBER, 'embeddings[1][1]')],
  ['undefined', [1, undefined, 3], at(NO_NUMBER, 'embeddings[1][1]')],
  ['null', [null, 2, 3], at(NO_NUMBER, 'embeddings[1][0]')],
  ['a text', [1, 2, '3'], at(NO_NUMBER, 'embeddings[1][2]')],
  ['a boolean', [true, 2, 3], at(NO_NUMBER, 'embeddings[1][0]')],
  ['a BigInt', [1n, 2n, 3n], at(NO_NUMBER, 'embeddings[1][0]')],
  ['a BigInt64Array', BigInt64Array.of(1n, 2n, 3n), at(NO_NUMBER, 'embeddings[1][0]')],
  ['an object', [1, {}, 3], at(NO_NUMBER, 'embeddings[1][1]')],
  ['a list', [1, [2], 3], at(NO_NUMBER, 'embeddings[1][1]')],
  ['no vector', null, at(NO_NUMBER, 'embeddings[1]')],
  ['a number in place of a vector', 7, at(NO_NUMBER, 'embeddings[1]')],
  ['a text in place of a vector', '123', at(NO_NUMBER, 'embeddings[1]')],
  ['an array-like object', { length: 3, 0: 1, 1: 2, 2: 3 }, at(NO_NUMBER, 'embeddings[1]')],
  ['a DataView', new DataView(new ArrayBuffer(12)), at(NO_NUMBER, 'embeddings[1]')],
  ['an empty vector', [], at(NO_NUMBER, 'embeddings[1]')],
  [
    'one component less',
    [1, 2],
    { code: 'VALUE_DIMENSION', name: 'ChromaClientError', path: 'embeddings[1]' },
  ],
  ['one component more', Float32Array.of(1, 2, 3, 4), { code: 'VALUE_DIMENSION', path: 'embeddings[1]' }],
];

/** Float32 numbers at the ends of what is stored: the sum of squares has to be a 32-bit float, too. */
const EXTREMES = [-0, 1.401298464324817e-45, 1e-40, 1.1754943508222875e-38, 1e19, -1.8e19];

export function describeVectorFaults(target: FaultTarget): void {
  describe(`F38 vectors over ${target.name}`, () => {
    const store = useStore(target);

    test.each(FAULTY)('F38 C4 %s is refused by add, update, upsert and query', async (_, vector, refusal) => {
      const embeddings = [[1, 2, 3], vector] as EmbeddingsInput;
      const collection = await store.filled();
      for (const mode of ['add', 'update', 'upsert'] as const) {
        await expectRefused(collection, () => collection[mode]({ ids: ['b', 'x'], embeddings }), refusal);
      }
      const { path, ...same } = refusal;
      await expectRefused(collection, () => collection.query({ queryEmbeddings: embeddings }), {
        ...same,
        ...(path && { path: path.replace('embeddings', 'queryEmbeddings') }),
      });
    });

    test.each([
      ['NaN', Number.NaN],
      ['Infinity', Infinity],
    ])('F38 C4 %s in a matrix is refused', async (_, bad) => {
      const collection = await store.filled();
      const matrix = { data: Float32Array.of(1, 2, 3, 4, bad, 6), rows: 2, dimensions: 3 };
      await expectRefused(
        collection,
        () => collection.add({ ids: ['x', 'y'], embeddings: matrix }),
        NOT_FINITE,
      );
      await expectRefused(collection, () => collection.query({ queryEmbeddings: matrix }), NOT_FINITE);
    });

    test.each([
      ['a length that is not rows × dimensions', { data: new Float32Array(5), rows: 2, dimensions: 3 }],
      ['a Float64Array', { data: new Float64Array(6), rows: 2, dimensions: 3 }],
      ['dimensions that are no number', { data: new Float32Array(6), rows: 2, dimensions: Number.NaN }],
      ['fractional dimensions', { data: new Float32Array(6), rows: 2, dimensions: 2.5 }],
      ['no data', { data: null, rows: 2, dimensions: 3 }],
      ['the data of another kind', { data: [1, 2, 3, 4, 5, 6], rows: 2, dimensions: 3 }],
    ])('F38 C4 a matrix with %s is refused', async (_, matrix) => {
      const collection = await store.filled();
      await expectRefused(
        collection,
        () => collection.add({ ids: ['x', 'y'], embeddings: matrix as never }),
        at(NO_NUMBER, 'embeddings'),
      );
    });

    test.each([
      ['add', 'VALUE_DIMENSION'],
      ['update', 'VALUE_DIMENSION'],
      ['upsert', 'VALUE_DIMENSION'],
    ] as const)(
      'F38 C4 another dimension than that of the collection is refused by %s',
      async (mode, code) => {
        const collection = await store.filled();
        for (const embeddings of [[[1, 2]], [Float32Array.of(1, 2, 3, 4)]]) {
          await expectRefused(collection, () => collection[mode]({ ids: ['a'], embeddings }), {
            code,
            name: 'ChromaClientError',
          });
        }
        await expectRefused(collection, () => collection.query({ queryEmbeddings: [[1, 2]] }), { code });
      },
    );

    test.each(['l2', 'ip'] as const)(
      'F38 C33 numbers at the ends of 32-bit floats come back bit by bit under %s',
      async (space) => {
        const collection = await store.filled(space);
        const vectors = EXTREMES.map((value) => [value, 1, -1]);
        const ids = vectors.map((_, i) => `extreme-${i}`);
        await collection.add({ ids, embeddings: vectors });
        const back = await collection.get({ ids, include: ['embeddings'] });
        back.embeddings.forEach((vector, i) => {
          expect(Object.is(vector[0], Math.fround(EXTREMES[i]!)), `${EXTREMES[i]}`).toBe(true);
          expect(vector.slice(1)).toEqual([1, -1]);
        });
        const { ids: found } = await collection.query({ queryEmbeddings: [[0, 1, -1]], nResults: 20 });
        expect(found[0]).toHaveLength(3 + EXTREMES.length);
      },
    );

    test('F38 C34 what has length zero in 32-bit floats is stored under l2 and ip, and refused under cosine', async () => {
      const zeros = [
        [0, 0, 0],
        [-0, 0, -0],
        [1e-46, -1e-46, 1e-60],
        // Not zero, but its square is.
        [1e-30, 0, 1e-30],
      ];
      for (const space of ['l2', 'ip'] as const) {
        const collection = await store.filled(space);
        await collection.add({ ids: ['w', 'x', 'y', 'z'], embeddings: zeros });
        expect(await collection.count()).toBe(7);
      }
      const collection = await store.filled('cosine');
      for (const zero of zeros) {
        const refusal: Refusal = { code: 'VALUE_ZERO_VECTOR', name: 'ChromaClientError' };
        const records = { ids: ['a'], embeddings: [zero] };
        await expectRefused(collection, () => collection.add({ ...records, ids: ['x'] }), refusal);
        await expectRefused(collection, () => collection.update(records), refusal);
        await expectRefused(collection, () => collection.upsert(records), refusal);
      }
    });

    test.each(['l2', 'ip', 'cosine'] as const)(
      'F38 C4 a vector too long for its square to be a 32-bit float is refused under %s',
      async (space) => {
        const collection = await store.filled(space);
        for (const long of [
          [3.4028234663852886e38, 0, 0],
          [1.9e19, 0, 0],
          Float32Array.of(1.2e19, 1.2e19, 1.2e19),
        ]) {
          const records = { ids: ['a'], embeddings: [long] };
          await expectRefused(collection, () => collection.add({ ...records, ids: ['x'] }), NOT_FINITE);
          await expectRefused(collection, () => collection.update(records), NOT_FINITE);
          await expectRefused(collection, () => collection.query({ queryEmbeddings: [long] }), NOT_FINITE);
        }
      },
    );

    test('F38 C23 under cosine short and long vectors have a direction and are found by it', async () => {
      const collection = await store.filled('cosine');
      const embeddings = [
        [1e-19, 1e-19, 0],
        [1e19, 1e19, 0],
      ];
      await collection.add({ ids: ['short', 'long'], embeddings });
      const { ids, distances } = await collection.query({ queryEmbeddings: [[1, 1, 0]], nResults: 2 });
      expect(ids[0]?.toSorted()).toEqual(['long', 'short']);
      for (const distance of distances[0] ?? []) expect(distance).toBeCloseTo(0, 5);
      const back = await collection.get({ ids: ['short', 'long'], include: ['embeddings'] });
      expect(back.embeddings).toEqual(embeddings.map((vector) => vector.map(Math.fround)));
    });
  });
}
