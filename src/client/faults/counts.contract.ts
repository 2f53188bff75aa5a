/** F39: how many, where the number is odd: results, limits, offsets, parameters of the index. */
import { describe, expect, test } from 'vitest';
import { expectRefused, useStore, type FaultTarget } from './harness.contract.js';

const NEAR = { queryEmbeddings: [[1, 0, 0]] };

export function describeCountFaults(target: FaultTarget): void {
  describe(`F39 counts over ${target.name}`, () => {
    const store = useStore(target);

    test.each<[unknown, string]>([
      [0, 'ChromaValueError'],
      [-0, 'ChromaValueError'],
      [-1, 'ChromaValueError'],
      [-1.5, 'ChromaValueError'],
      [-Infinity, 'ChromaValueError'],
      [1.5, 'ChromaClientError'],
      [2 ** 31, 'ChromaClientError'],
      [2 ** 53, 'ChromaClientError'],
      [Infinity, 'ChromaClientError'],
      [Number.NaN, 'ChromaValueError'],
      ['3', 'ChromaValueError'],
      [3n, 'ChromaValueError'],
      [true, 'ChromaValueError'],
      [{}, 'ChromaValueError'],
      [[2], 'ChromaValueError'],
    ])('F39 C4 nResults %s is refused as %s', async (nResults, name) => {
      const collection = await store.filled();
      await expectRefused(collection, () => collection.query({ ...NEAR, nResults: nResults as number }), {
        code: 'VALUE_N_RESULTS',
        name,
        path: 'nResults',
      });
    });

    test('F39 C22 nResults above the records gives all of them, null and undefined ten', async () => {
      const collection = await store.filled();
      for (const nResults of [3, 4, 1_000_000, 2 ** 31 - 1]) {
        expect((await collection.query({ ...NEAR, nResults })).ids[0]).toHaveLength(3);
      }
      expect((await collection.query({ ...NEAR, nResults: 1 })).ids).toEqual([['a']]);
      const ids = Array.from({ length: 20 }, (_, i) => `more-${i}`);
      await collection.add({ ids, embeddings: ids.map((_, i) => [i, 1, 1]) });
      expect((await collection.query({ ...NEAR })).ids[0]).toHaveLength(10);
      expect((await collection.query({ ...NEAR, nResults: null as never })).ids[0]).toHaveLength(10);
    });

    test('F39 C22 nResults counts what a filter leaves', async () => {
      const collection = await store.filled();
      const hits = await collection.query({ ...NEAR, nResults: 2 ** 31 - 1, where: { n: { $gte: 2 } } });
      expect(hits.ids).toEqual([['b', 'c']]);
    });

    test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 53, '1', 1n, {}, true])(
      'F39 C4 limit and offset %s are refused wherever there are any',
      async (value) => {
        const collection = await store.filled();
        const limit = value as number;
        const name = 'ChromaClientError';
        const acts: [string, () => Promise<unknown>][] = [
          ['limit', () => collection.get({ limit })],
          ['offset', () => collection.get({ offset: limit })],
          ['limit', () => collection.peek({ limit })],
          ['limit', () => collection.delete({ where: { n: 1 }, limit })],
          ['limit', () => store.client.listCollections({ limit })],
          ['offset', () => store.client.listCollections({ offset: limit })],
        ];
        for (const [path, act] of acts) {
          await expectRefused(collection, act, { code: 'VALUE_LIMIT', name, path });
        }
      },
    );

    test('F39 C21 limits and offsets at their ends are what they say', async () => {
      const collection = await store.filled();
      const ids = async (args: { limit?: number; offset?: number }): Promise<string[]> =>
        (await collection.get(args)).ids;
      expect(await ids({ limit: 0 })).toEqual([]);
      expect(await ids({ limit: 2 ** 53 - 1 })).toEqual(['a', 'b', 'c']);
      expect(await ids({ offset: 3 })).toEqual([]);
      expect(await ids({ offset: 2 ** 53 - 1, limit: 2 ** 53 - 1 })).toEqual([]);
      expect(await ids({ offset: 2, limit: 5 })).toEqual(['c']);
      expect(await collection.delete({ where: { n: { $gte: 1 } }, limit: 0 })).toEqual({ deleted: 0 });
      expect(await collection.delete({ where: { n: { $gte: 1 } }, limit: 2 })).toEqual({ deleted: 2 });
      expect(await ids({})).toEqual(['c']);
    });

    test.each([0, -1, 1.5, Number.NaN, Infinity, 1e9, '10', 10n, {}, true])(
      'F39 C10 ef_search, ef_construction and max_neighbors of %s are refused',
      async (value) => {
        const collection = await store.filled();
        for (const key of ['ef_search', 'ef_construction', 'max_neighbors', 'sync_threshold', 'batch_size']) {
          const configuration = { hnsw: { [key]: value === 1e9 ? 1e12 : value } } as object;
          await expectRefused(
            collection,
            () => store.client.createCollection({ name: 'odd', embeddingFunction: null, configuration }),
            { code: 'VALUE_CONFIGURATION', name: 'ChromaClientError' },
          );
          await expectRefused(collection, () => collection.modify({ configuration }), {
            code: 'VALUE_CONFIGURATION',
          });
        }
        expect(await store.client.countCollections()).toBe(1);
      },
    );

    test('F39 C22 ef_search below nResults still gives nResults', async () => {
      const collection = await store.client.createCollection({
        name: 'small-ef',
        embeddingFunction: null,
        configuration: { hnsw: { ef_search: 1 } },
      });
      const ids = Array.from({ length: 200 }, (_, i) => `${i}`);
      await collection.add({ ids, embeddings: ids.map((_, i) => [i, (i * 7) % 13]) });
      expect((await collection.query({ queryEmbeddings: [[3, 3]], nResults: 150 })).ids[0]).toHaveLength(150);
    });
  });
}
