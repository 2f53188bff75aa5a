/** Rules of SPEC.md that client.contract.ts does not reach: functions of the caller's own, and where we differ from Chroma. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kindexError, type ChromaError } from '../base/errors.js';
import type { EmbeddingFunction, EmbeddingFunctionSpace } from '../embed/embedding-function.js';
import { ChromaClient } from '../inline.js';
import { AdminCloudClient, CloudClient, registerEmbeddingFunction } from './surface.js';
import type { Collection } from './collection.js';

let client: ChromaClient;
beforeEach(() => {
  client = new ChromaClient({ storage: `memory:${crypto.randomUUID()}` });
});
afterEach(() => client.close());

const plain = (space: EmbeddingFunctionSpace = 'l2'): Promise<Collection> =>
  client.createCollection({
    name: `plain-${space}`,
    embeddingFunction: null,
    configuration: { hnsw: { space } },
  });

const failure = (of: Promise<unknown>): Promise<ChromaError> =>
  of.then(
    () => Promise.reject(new Error('Nothing was refused.')),
    (error: unknown) => error as ChromaError,
  );

describe('collections', () => {
  test('C16 a name that is taken is refused, by creation and by renaming', async () => {
    const first = await client.createCollection({ name: 'first' });
    await client.createCollection({ name: 'second' });
    expect(await failure(client.createCollection({ name: 'first' }))).toMatchObject({
      name: 'ChromaUniqueError',
      code: 'EXISTS_COLLECTION',
    });
    expect(await failure(first.modify({ name: 'second' }))).toMatchObject({ code: 'EXISTS_COLLECTION' });
  });

  test('C19 a call above the batch size is refused whole, one of that size is stored', async () => {
    const most = await client.getMaxBatchSize();
    expect((await client.getPreflightChecks()).max_batch_size).toBe(most);
    const collection = await plain();
    const records = (
      count: number,
    ): {
      ids: string[];
      embeddings: { data: Float32Array<ArrayBuffer>; rows: number; dimensions: number };
    } => ({
      ids: Array.from({ length: count }, (_, i) => `${i}`),
      embeddings: { data: new Float32Array(count).fill(1), rows: count, dimensions: 1 },
    });
    expect(await failure(collection.add(records(most + 1)))).toMatchObject({
      name: 'ChromaValueError',
      code: 'VALUE_BATCH_SIZE',
      details: { length: most + 1, max: most },
    });
    expect(await collection.count()).toBe(0);
    await collection.add(records(most));
    expect(await collection.count()).toBe(most);
  });

  test('C2 a refused storage is told by its code, and server options change nothing', async () => {
    expect(() => new ChromaClient({ storage: 'disk:x' as 'memory' })).toThrow(
      expect.objectContaining({ code: 'VALUE_STORAGE', details: { storage: 'disk:x' } }),
    );
    const other = new ChromaClient({
      host: 'nowhere.invalid',
      port: 1,
      ssl: true,
      path: 'not a url',
      auth: {},
    });
    expect(await other.countCollections()).toBe(0);
    await other.close();
  });
});

describe('embedding functions', () => {
  const texts: string[][] = [];
  /** Vectors are the lengths of texts; queries are told from documents by their sign. */
  class Lengths implements EmbeddingFunction {
    readonly name: string = 'spec-lengths';
    async generate(list: string[]): Promise<number[][]> {
      texts.push(list);
      return list.map((text) => [text.length, 1]);
    }
    async generateForQueries(list: string[]): Promise<number[][]> {
      return list.map((text) => [-text.length, 1]);
    }
    defaultSpace(): EmbeddingFunctionSpace {
      return 'ip';
    }
    supportedSpaces(): EmbeddingFunctionSpace[] {
      return ['ip', 'l2'];
    }
    getConfig(): Record<string, unknown> {
      return { unit: 'characters' };
    }
    static buildFromConfig(): Lengths {
      return new Lengths();
    }
  }
  registerEmbeddingFunction('spec-lengths', Lengths);

  /** As above under a name nobody registers. */
  class Stranger extends Lengths {
    override readonly name = 'spec-stranger';
    static override buildFromConfig(): Stranger {
      return new Stranger();
    }
  }

  test('C11 documents go to generate, queries to generateForQueries, and given embeddings to neither', async () => {
    const collection = await client.createCollection({ name: 'lengths', embeddingFunction: new Lengths() });
    texts.length = 0;
    await collection.add({ ids: ['a', 'b'], documents: ['x', 'xxx'] });
    await collection.add({ ids: ['c'], documents: ['xx'], embeddings: [[9, 9]] });
    await collection.update({ ids: ['a'], documents: ['xxxx'] });
    expect(texts).toEqual([['x', 'xxx'], ['xxxx']]);
    const { embeddings } = await collection.get({ include: ['embeddings'] });
    expect(embeddings).toEqual([
      [4, 1],
      [3, 1],
      [9, 9],
    ]);
    const { distances } = await collection.query({ queryTexts: ['xx'], ids: ['a'] });
    expect(distances).toEqual([[1 - (-2 * 4 + 1)]]);
    expect(texts).toHaveLength(2);
  });

  test.each<[string, (list: string[]) => Promise<number[][]>, RegExp]>([
    ['throws', () => Promise.reject(new Error('no model')), /failed on 2 texts: .*no model/],
    [
      'throws one of our errors',
      () => Promise.reject(kindexError('CLOSED', 'gone')),
      /failed on 2 texts: gone/,
    ],
    ['returns one vector for two texts', () => Promise.resolve([[1, 2]]), /1 vectors for 2 texts/],
    ['returns vectors of two lengths', () => Promise.resolve([[1, 2], [1]]), /failed on 2 texts/],
    ['returns no numbers', () => Promise.resolve([['1'], ['2']] as never), /failed on 2 texts/],
    ['returns nothing', () => Promise.resolve(undefined as never), /failed on 2 texts/],
  ])('C11 a function that %s is EMBED_FAILED, and nothing is stored', async (_, generate, message) => {
    const collection = await client.createCollection({ name: 'failing', embeddingFunction: { generate } });
    const error = await failure(collection.add({ ids: ['a', 'b'], documents: ['x', 'y'] }));
    expect(error).toMatchObject({ name: 'ChromaServerError', code: 'EMBED_FAILED' });
    expect(error.message).toMatch(message);
    expect(await collection.count()).toBe(0);
  });

  test('C24 a registered function comes back by name and configuration, another leaves the collection readable', async () => {
    await client.createCollection({ name: 'known', embeddingFunction: new Lengths() });
    const known = await client.getCollection({ name: 'known' });
    expect(known.embeddingFunction).toBeInstanceOf(Lengths);
    expect(known.configuration.embedding_function).toEqual({
      type: 'known',
      name: 'spec-lengths',
      config: { unit: 'characters' },
    });
    const made = await client.createCollection({ name: 'strange', embeddingFunction: new Stranger() });
    await made.add({ ids: ['a'], documents: ['xx'] });
    const strange = await client.getCollection({ name: 'strange' });
    expect(strange.embeddingFunction).toBeUndefined();
    expect((await strange.get()).documents).toEqual(['xx']);
    expect(await failure(strange.query({ queryTexts: ['x'] }))).toMatchObject({
      code: 'EMBED_UNKNOWN_FUNCTION',
      details: { name: 'spec-stranger' },
    });
    const given = await client.getCollection({ name: 'strange', embeddingFunction: new Stranger() });
    expect((await given.query({ queryTexts: ['x'] })).ids).toEqual([['a']]);
  });

  test('C25 with null there is no function, here and later', async () => {
    await client.createCollection({ name: 'none', embeddingFunction: null });
    const again = await client.getCollection({ name: 'none' });
    expect(again.configuration.embedding_function).toBeNull();
    expect(await failure(again.add({ ids: ['a'], documents: ['x'] }))).toMatchObject({
      code: 'EMBED_NO_FUNCTION',
    });
    expect(await failure(again.query({ queryTexts: ['x'] }))).toMatchObject({ code: 'EMBED_NO_FUNCTION' });
  });

  test('C10 the space is that of configuration, else of metadata, else of the function, else l2', async () => {
    let number = 0;
    const space = async (args: object): Promise<string> =>
      (await client.createCollection({ name: `space-${number++}`, ...args })).configuration.hnsw.space;
    const embeddingFunction = new Lengths();
    const metadata = { 'hnsw:space': 'cosine' };
    expect(await space({ embeddingFunction, metadata, configuration: { hnsw: { space: 'l2' } } })).toBe('l2');
    expect(await space({ embeddingFunction, metadata })).toBe('cosine');
    expect(await space({ embeddingFunction })).toBe('ip');
    expect(await space({ embeddingFunction: null })).toBe('l2');
  });
});

test('C46 names of the hosted service are there, and refuse to be one', () => {
  for (const Client of [CloudClient, AdminCloudClient]) {
    expect(() => new Client({ apiKey: 'secret' })).toThrow(
      expect.objectContaining({ name: 'ChromaValueError', code: 'VALUE_ARGUMENT' }),
    );
    expect(() => new Client()).toThrow(/hosted service/);
  }
});

describe('deviations from Chroma', () => {
  test('C30 an unknown id in query.ids matches nothing, alone and among others', async () => {
    const collection = await plain();
    await collection.add({ ids: ['a', 'b'], embeddings: [[1], [2]] });
    const ask = async (ids: string[]): Promise<string[][]> =>
      (await collection.query({ queryEmbeddings: [[1]], ids })).ids;
    expect(await ask(['nope'])).toEqual([[]]);
    expect(await ask(['b', 'nope'])).toEqual([['b']]);
  });

  test('C31 equal distances come in insertion order, also after a change', async () => {
    const collection = await plain();
    const ids = ['c', 'a', 'e', 'b', 'd'];
    await collection.add({ ids, embeddings: ids.map(() => [1, 1]) });
    await collection.update({
      ids: ['c', 'b'],
      embeddings: [
        [1, 1],
        [1, 1],
      ],
    });
    const nearest = async (nResults: number): Promise<string[] | undefined> =>
      (await collection.query({ queryEmbeddings: [[0, 0]], nResults })).ids[0];
    expect(await nearest(3)).toEqual(['c', 'a', 'e']);
    expect(await nearest(9)).toEqual(ids);
  });

  test('C32 whole and fractional numbers are compared exactly, in fields and in lists', async () => {
    const collection = await plain();
    await collection.add({
      ids: ['one', 'two', 'between', 'list'],
      embeddings: [[1], [1], [1], [1]],
      metadatas: [{ n: 1 }, { n: 2 }, { n: 1.2 }, { l: [1, 2.5] }],
    });
    const ids = async (where: Record<string, object>): Promise<string[]> =>
      (await collection.get({ where: where as never })).ids;
    expect(await ids({ n: { $lt: 1.5 } })).toEqual(['one', 'between']);
    expect(await ids({ n: { $eq: 1.5 } })).toEqual([]);
    expect(await ids({ n: { $gt: 1 } })).toEqual(['two', 'between']);
    expect(await ids({ n: { $in: [1, 1.2] } })).toEqual(['one', 'between']);
    expect(await ids({ l: { $contains: 1 } })).toEqual(['list']);
    expect(await ids({ l: { $contains: 2.5 } })).toEqual(['list']);
  });

  test.each<EmbeddingFunctionSpace>(['l2', 'ip', 'cosine'])(
    'C33 vectors are read back as stored under %s',
    async (space) => {
      const collection = await plain(space);
      const embeddings = [
        [9, 0.1, -3],
        [1e-20, 3e8, 7],
      ];
      await collection.add({ ids: ['a', 'b'], embeddings });
      const back = await collection.get({ include: ['embeddings'] });
      expect(back.embeddings).toEqual(embeddings.map((vector) => vector.map(Math.fround)));
    },
  );

  test('C35 a record with a uri and no metadata has metadata null', async () => {
    const collection = await plain();
    await collection.add({ ids: ['a'], embeddings: [[1]], uris: ['file:a'] });
    const { metadatas, uris } = await collection.get({ include: ['metadatas', 'uris'] });
    expect({ metadatas, uris }).toEqual({ metadatas: [null], uris: ['file:a'] });
  });

  test('C36 peek() shows the first ten records with documents and metadatas', async () => {
    const collection = await plain();
    const ids = Array.from({ length: 12 }, (_, i) => `id${i}`);
    await collection.add({ ids, embeddings: ids.map((_, i) => [i]) });
    const { ids: shown, include } = await collection.peek();
    expect(shown).toEqual(ids.slice(0, 10));
    expect(include).toEqual(['documents', 'metadatas']);
    expect((await collection.peek({ limit: 2 })).ids).toEqual(['id0', 'id1']);
  });
});
