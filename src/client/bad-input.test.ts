/** What other vector stores for browsers get wrong, one test each, through the public calls and through a graph where one is built. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChromaClient } from '../inline.js';
import type { Collection } from './collection.js';

/** From so many records on there is a graph. */
const WITH_GRAPH = 5_200;

describe('bad input', () => {
  let client: ChromaClient;
  beforeEach(() => {
    client = new ChromaClient({ storage: 'memory' });
  });
  afterEach(async () => {
    await client.close();
  });

  const create = (): Promise<Collection> =>
    client.createCollection({
      name: 'bad-input',
      embeddingFunction: null,
      configuration: { hnsw: { space: 'l2' } },
    });

  const ids = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => `r${from + i}`);
  /** On a spiral: no two at one distance from a third. */
  const point = (i: number): number[] => [
    Math.sqrt(i + 1) * Math.cos(2.4 * i),
    Math.sqrt(i + 1) * Math.sin(2.4 * i),
  ];
  const points = (from: number, to: number): number[][] => ids(from, to).map((_, i) => point(from + i));

  /** 5,200 records, all of them in the graph. */
  const linked = async (): Promise<Collection> => {
    const collection = await create();
    await collection.add({
      ids: ids(0, WITH_GRAPH),
      embeddings: points(0, WITH_GRAPH),
      metadatas: ids(0, WITH_GRAPH).map((_, i) => ({ n: i })),
    });
    await expect
      .poll(async () => (await collection.getIndexingStatus()).num_unindexed_ops, { timeout: 30_000 })
      .toBe(0);
    return collection;
  };

  test.each([NaN, Infinity, -Infinity])(
    '%d as a component is refused on add, update, upsert and query',
    async (value) => {
      const collection = await create();
      await collection.add({ ids: ['a'], embeddings: [[1, 2]] });
      for (const write of ['add', 'update', 'upsert'] as const) {
        const given = { ids: [write === 'add' ? 'b' : 'a'], embeddings: [[1, value]] };
        await expect(collection[write](given)).rejects.toMatchObject({ code: 'VALUE_NOT_FINITE' });
      }
      await expect(collection.query({ queryEmbeddings: [[value, 0]] })).rejects.toMatchObject({
        code: 'VALUE_NOT_FINITE',
      });
      expect((await collection.get({ include: ['embeddings'] })).embeddings).toEqual([[1, 2]]);
    },
  );

  test('wrong dimensions are refused on add, update, upsert and query', async () => {
    const collection = await create();
    await collection.add({ ids: ['a'], embeddings: [[1, 2]] });
    for (const wrong of [[1], [1, 2, 3]]) {
      for (const write of ['add', 'update', 'upsert'] as const) {
        const given = { ids: [write === 'add' ? 'b' : 'a'], embeddings: [wrong] };
        await expect(collection[write](given)).rejects.toMatchObject({ code: 'VALUE_DIMENSION' });
      }
      await expect(collection.query({ queryEmbeddings: [wrong] })).rejects.toMatchObject({
        code: 'VALUE_DIMENSION',
      });
    }
    expect(await collection.count()).toBe(1);
  });

  test('k = 0 is refused, and k above the number of records gives all of them', async () => {
    const collection = await create();
    await collection.add({ ids: ids(0, 30), embeddings: points(0, 30) });
    await expect(collection.query({ queryEmbeddings: [[0, 0]], nResults: 0 })).rejects.toMatchObject({
      code: 'VALUE_N_RESULTS',
    });
    const { ids: found } = await collection.query({ queryEmbeddings: [[0, 0]], nResults: 1_000 });
    expect(found).toEqual([ids(0, 30)]);
  });

  test('an empty index answers with nothing, before the first record and after the last is gone', async () => {
    const collection = await create();
    expect((await collection.query({ queryEmbeddings: [[0, 0]] })).ids).toEqual([[]]);
    await collection.add({ ids: ['a'], embeddings: [[1, 2]] });
    await collection.delete({ ids: ['a'] });
    expect((await collection.query({ queryEmbeddings: [[0, 0]] })).ids).toEqual([[]]);
  });

  test('duplicate ids in one batch are refused, and nothing of it is stored', async () => {
    const collection = await create();
    for (const write of ['add', 'upsert'] as const) {
      const given = { ids: ['a', 'b', 'a'], embeddings: points(0, 3) };
      await expect(collection[write](given)).rejects.toMatchObject({ code: 'VALUE_DUPLICATE_IDS' });
    }
    expect(await collection.count()).toBe(0);
  });

  test('a deleted id may be added again, and is found where it is now and not where it was', async () => {
    const collection = await linked();
    await collection.delete({ ids: ['r7'] });
    await collection.add({ ids: ['r7'], embeddings: [[500, 500]] });
    const { ids: found } = await collection.query({ queryEmbeddings: [[501, 501], point(7)], nResults: 3 });
    expect(found[0]![0]).toBe('r7');
    expect(found[1]).not.toContain('r7');
    expect(await collection.count()).toBe(WITH_GRAPH);
  });

  test('a thousand identical vectors are all found, each once, beside others', async () => {
    const collection = await create();
    await collection.add({
      ids: ids(0, 1_000),
      embeddings: Array.from({ length: 1_000 }, () => [3, 4]),
    });
    await collection.add({
      ids: ids(1_000, WITH_GRAPH + 1_000),
      embeddings: points(1_000, WITH_GRAPH + 1_000),
    });
    await expect
      .poll(async () => (await collection.getIndexingStatus()).num_unindexed_ops, { timeout: 30_000 })
      .toBe(0);
    const { ids: found, distances } = await collection.query({ queryEmbeddings: [[3, 4]], nResults: 1_000 });
    expect(new Set(found[0]).size).toBe(1_000);
    expect(distances[0]!.filter((distance) => distance === 0).length).toBeGreaterThanOrEqual(950);
  });

  test('a filter that fewer records match than are asked for gives those, and no others', async () => {
    const collection = await linked();
    const { ids: found } = await collection.query({
      queryEmbeddings: [[0, 0]],
      nResults: 10,
      where: { n: { $in: [3, 2_000, 5_199] } },
    });
    expect(found[0]!.toSorted()).toEqual(['r2000', 'r3', 'r5199']);
  });

  test('capacity grows past every power of two, and every record is found', async () => {
    const collection = await create();
    let stored = 0;
    for (const until of [
      1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 256, 257, 512, 513, 1_024, 1_025, 2_048, 2_049,
      4_096, 4_097, 8_192, 8_193,
    ]) {
      await collection.add({ ids: ids(stored, until), embeddings: points(stored, until) });
      stored = until;
      const { ids: found } = await collection.query({
        queryEmbeddings: [point(0), point(until - 1)],
        nResults: 1,
      });
      expect(found).toEqual([['r0'], [`r${until - 1}`]]);
    }
    expect(await collection.count()).toBe(8_193);
  });

  test('a client may be closed twice, and calls after that are refused', async () => {
    const collection = await create();
    await collection.add({ ids: ['a'], embeddings: [[1, 2]] });
    await client.close();
    await client.close();
    await expect(collection.query({ queryEmbeddings: [[1, 2]] })).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(collection.add({ ids: ['b'], embeddings: [[1, 2]] })).rejects.toMatchObject({
      code: 'CLOSED',
    });
  });

  test('more neighbors and candidates than a graph can have count as the most it can', async () => {
    const collection = await client.createCollection({
      name: 'wide',
      embeddingFunction: null,
      configuration: { hnsw: { max_neighbors: 512, ef_construction: 10_000 } },
    });
    await collection.add({ ids: ids(0, 20), embeddings: points(0, 20) });
    await collection.modify({ configuration: { hnsw: { max_neighbors: 300 } } });
    await collection.add({ ids: ids(20, 40), embeddings: points(20, 40) });
    expect(await collection.count()).toBe(40);
  });
});
