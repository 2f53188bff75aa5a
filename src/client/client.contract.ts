/** What every client must do, wherever its store runs: the same suite for inline, a message channel and a real worker. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ChromaClientError,
  ChromaError,
  ChromaNotFoundError,
  ChromaUniqueError,
  ChromaValueError,
  type ErrorCode,
} from '../base/errors.js';
import type { Matrix } from '../base/types.js';
import type { ChromaClient } from './chroma-client.js';
import type { Collection } from './collection.js';
import type { StorageOption } from './storage-option.js';

export interface ClientContractOptions {
  /** A new client over the store named `storage`; every call with one name must reach the same store. */
  open: (storage: StorageOption) => ChromaClient;
  /** Prefix of a storage that outlives its last client; null when none is at hand. */
  persistent: 'indexeddb:' | null;
}

const VECTORS = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

export function describeClient(name: string, options: ClientContractOptions): void {
  describe(`C27 client over ${name}`, () => {
    let client: ChromaClient;
    let storage: StorageOption;

    beforeEach(() => {
      storage = `memory:${crypto.randomUUID()}`;
      client = options.open(storage);
    });
    afterEach(async () => {
      await client.close();
    });

    const plain = (): Promise<Collection> =>
      client.createCollection({ name: 'plain', embeddingFunction: null });

    const filled = async (): Promise<Collection> => {
      const collection = await plain();
      await collection.add({
        ids: ['a', 'b', 'c'],
        embeddings: VECTORS,
        documents: ['first', 'zweite – ü 🚲', ''],
        metadatas: [{ n: 1, tags: ['x', 'y'] }, null, { ok: true }],
        uris: ['u:a', 'u:b', 'u:c'],
      });
      return collection;
    };

    test('C9 C21 get returns documents and metadatas by default, in insertion order, and [] for what was not asked', async () => {
      const result = await (await filled()).get();
      expect(result.ids).toEqual(['a', 'b', 'c']);
      expect(result.documents).toEqual(['first', 'zweite – ü 🚲', '']);
      expect(result.metadatas).toEqual([{ n: 1, tags: ['x', 'y'] }, null, { ok: true }]);
      expect(result.embeddings).toEqual([]);
      expect(result.uris).toEqual([]);
      expect(result.include).toEqual(['documents', 'metadatas']);
      expect(result.rows()[0]).toEqual({
        id: 'a',
        document: 'first',
        metadata: { n: 1, tags: ['x', 'y'] },
        embedding: undefined,
        uri: undefined,
      });
    });

    test('C9 C21 get honours ids, limit, offset and include', async () => {
      const collection = await filled();
      expect((await collection.get({ ids: ['c', 'missing', 'a'] })).ids).toEqual(['a', 'c']);
      expect((await collection.get({ limit: 1, offset: 1 })).ids).toEqual(['b']);
      expect((await collection.get({ limit: 0 })).ids).toEqual([]);
      const only = await collection.get({ ids: ['b'], include: ['embeddings', 'uris'] });
      expect(only.embeddings).toEqual([[0, 1, 0]]);
      expect(only.uris).toEqual(['u:b']);
      expect(only.documents).toEqual([]);
    });

    test('C22 C23 query returns the nearest first with Chroma distances and the default include', async () => {
      const result = await (await filled()).query({ queryEmbeddings: [[1, 0.5, 0]], nResults: 2 });
      expect(result.ids).toEqual([['a', 'b']]);
      expect(result.distances[0]?.[0]).toBeCloseTo(0.25, 6);
      expect(result.distances[0]?.[1]).toBeCloseTo(1.25, 6);
      expect(result.documents).toEqual([['first', 'zweite – ü 🚲']]);
      expect(result.metadatas).toEqual([[{ n: 1, tags: ['x', 'y'] }, null]]);
      expect(result.embeddings).toEqual([]);
      expect(result.uris).toEqual([]);
      expect(result.rows()[0]?.[0]).toMatchObject({ id: 'a', document: 'first' });
    });

    test.each([
      ['l2', 0.25],
      ['ip', 0],
      ['cosine', 1 - 1 / Math.sqrt(1.25)],
    ] as const)('C23 space %s gives its own distance', async (space, expected) => {
      const collection = await client.createCollection({
        name: `space-${space}`,
        embeddingFunction: null,
        configuration: { hnsw: { space } },
      });
      await collection.add({ ids: ['a'], embeddings: [[1, 0, 0]] });
      const { distances } = await collection.query({ queryEmbeddings: [[1, 0.5, 0]], nResults: 1 });
      expect(distances[0]?.[0]).toBeCloseTo(expected, 6);
      expect(collection.configuration.hnsw.space).toBe(space);
    });

    test('C22 nResults above the records returns all, several queries return one list each', async () => {
      const collection = await filled();
      const result = await collection.query({ queryEmbeddings: VECTORS, nResults: 1_000_000 });
      expect(result.ids.map((ids) => ids[0])).toEqual(['a', 'b', 'c']);
      expect(result.ids.every((ids) => ids.length === 3)).toBe(true);
    });

    test('C22 an empty collection answers a query with one empty list per query', async () => {
      const collection = await plain();
      const result = await collection.query({ queryEmbeddings: [[1], [2]] });
      expect(result.ids).toEqual([[], []]);
      expect(result.distances).toEqual([[], []]);
    });

    test('C7 add leaves ids that exist as they are', async () => {
      const collection = await filled();
      await collection.add({
        ids: ['a', 'd'],
        embeddings: [
          [9, 9, 9],
          [2, 0, 0],
        ],
        documents: ['new', 'fourth'],
      });
      const result = await collection.get({ include: ['documents', 'embeddings'] });
      expect(result.ids).toEqual(['a', 'b', 'c', 'd']);
      expect(result.documents[0]).toBe('first');
      expect(result.embeddings[0]).toEqual([1, 0, 0]);
    });

    test('C6 C7 update and upsert merge metadata by key, null deletes a key, and places are kept', async () => {
      const collection = await filled();
      await collection.update({ ids: ['a', 'missing'], metadatas: [{ n: null, m: 2 }, { x: 1 }] });
      await collection.upsert({
        ids: ['b', 'e'],
        embeddings: [
          [0, 2, 0],
          [5, 5, 5],
        ],
        metadatas: [{ v: 1 }, { v: null }],
      });
      const result = await collection.get({ include: ['metadatas', 'documents', 'embeddings'] });
      expect(result.ids).toEqual(['a', 'b', 'c', 'e']);
      expect(result.metadatas).toEqual([{ tags: ['x', 'y'], m: 2 }, { v: 1 }, { ok: true }, null]);
      expect(result.documents[1]).toBe('zweite – ü 🚲');
      expect(result.embeddings[1]).toEqual([0, 2, 0]);
    });

    test('C7 C18 delete by ids counts what was asked, {} deletes nothing, and a deleted id may come back at the end', async () => {
      const collection = await filled();
      expect(await collection.delete({})).toEqual({ deleted: 0 });
      expect(await collection.delete({ ids: ['a', 'nope'] })).toEqual({ deleted: 2 });
      expect(await collection.count()).toBe(2);
      await collection.add({ ids: ['a'], embeddings: [[1, 1, 1]] });
      expect((await collection.get()).ids).toEqual(['b', 'c', 'a']);
      expect((await collection.query({ queryEmbeddings: [[1, 1, 1]], nResults: 1 })).ids).toEqual([['a']]);
    });

    test('C8 where and whereDocument select records in get, query and delete', async () => {
      const collection = await filled();
      expect((await collection.get({ where: { n: { $gte: 1 } } })).ids).toEqual(['a']);
      expect((await collection.get({ whereDocument: { $contains: 'zweite' } })).ids).toEqual(['b']);
      const hits = await collection.query({ queryEmbeddings: [[1, 0, 0]], where: { n: { $ne: 1 } } });
      expect(hits.ids).toEqual([['b', 'c']]);
      expect(await collection.delete({ where: { ok: true } })).toEqual({ deleted: 1 });
      expect((await collection.get()).ids).toEqual(['a', 'b']);
    });

    test('C24 C25 text is embedded by the built-in model, and a collection got again remembers it', async () => {
      const notes = await client.getOrCreateCollection({ name: 'notes' });
      await notes.add({
        ids: ['milk', 'dentist', 'bicycle'],
        documents: ['Buy oat milk and bread', 'See the dentist on Tuesday', 'The bicycle needs a new chain'],
      });
      expect(notes.configuration.embedding_function).toMatchObject({ type: 'known', name: 'kindex-static' });
      expect(notes.configuration.hnsw.space).toBe('cosine');
      const again = await client.getCollection({ name: 'notes' });
      const result = await again.query({
        queryTexts: ['medical appointment', 'shopping for food'],
        nResults: 1,
      });
      expect(result.ids).toEqual([['dentist'], ['milk']]);
    });

    test('C5 the caller keeps its arrays: nothing handed in is moved away or changed', async () => {
      const collection = await plain();
      const matrix: Matrix = { data: new Float32Array([1, 2, 3, 4]), rows: 2, dimensions: 2 };
      const vector = new Float32Array([5, 6]);
      await collection.add({ ids: ['a', 'b'], embeddings: matrix });
      await collection.add({ ids: ['c'], embeddings: [vector] });
      await collection.query({ queryEmbeddings: [vector] });
      expect([...matrix.data]).toEqual([1, 2, 3, 4]);
      expect([...vector]).toEqual([5, 6]);
      expect((await collection.get({ include: ['embeddings'] })).embeddings).toEqual([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    });

    test('C12 collections are listed in order of creation and counted', async () => {
      for (const collection of ['zebra', 'apple', 'mango']) {
        await client.createCollection({ name: collection, metadata: { about: collection } });
      }
      const listed = await client.listCollections();
      expect(listed.map((collection) => collection.name)).toEqual(['zebra', 'apple', 'mango']);
      expect(listed[1]?.metadata).toEqual({ about: 'apple' });
      expect(await client.countCollections()).toBe(3);
      expect((await client.listCollections({ limit: 1, offset: 2 })).map((c) => c.name)).toEqual(['mango']);
      await client.deleteCollection({ name: 'apple' });
      expect(await client.countCollections()).toBe(2);
    });

    test('C13 getOrCreateCollection returns an existing collection unchanged', async () => {
      const first = await client.createCollection({ name: 'one', metadata: { v: 1 } });
      const second = await client.getOrCreateCollection({ name: 'one', metadata: { v: 2 } });
      expect(second.id).toBe(first.id);
      expect(second.metadata).toEqual({ v: 1 });
      expect((await client.getCollectionById(first.id)).name).toBe('one');
    });

    test('C14 modify renames, replaces metadata and changes search parameters; a refused one changes nothing', async () => {
      const collection = await client.createCollection({ name: 'old-name', metadata: { a: 1 } });
      await client.createCollection({ name: 'taken' });
      await collection.modify({
        name: 'new-name',
        metadata: { b: 2 },
        configuration: { hnsw: { ef_search: 77 } },
      });
      const again = await client.getCollection({ name: 'new-name' });
      expect(again.metadata).toEqual({ b: 2 });
      expect(again.configuration.hnsw.ef_search).toBe(77);
      await expect(collection.modify({ name: 'taken' })).rejects.toMatchObject({ code: 'EXISTS_COLLECTION' });
      expect(collection.name).toBe('new-name');
    });

    test('C15 a missing collection is told with the nearest name', async () => {
      await client.createCollection({ name: 'recipes' });
      const error = await client.getCollection({ name: 'recipe' }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ChromaNotFoundError);
      expect(`${(error as ChromaError).message} ${(error as ChromaError).fix}`).toContain('recipes');
    });

    test('C28 errors keep class, code, fix and details on their way from the store', async () => {
      const collection = await filled();
      const error = await collection.add({ ids: ['z'], embeddings: [[1, 2]] }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ChromaClientError);
      expect(error).toBeInstanceOf(ChromaError);
      expect(error).toMatchObject({ name: 'ChromaClientError', code: 'VALUE_DIMENSION' });
      expect((error as ChromaError).fix.length).toBeGreaterThan(10);
      expect((error as ChromaError).message).toMatch(/dimension of 3, got 2/);
      expect((error as ChromaError).details).toMatchObject({ expected: 3, got: 2 });
      await client.createCollection({ name: 'twice' });
      await expect(client.createCollection({ name: 'twice' })).rejects.toBeInstanceOf(ChromaUniqueError);
    });

    const sparse = { indices: [2, 1], values: [1, 1] };
    const bad: [string, ErrorCode, (collection: Collection) => Promise<unknown>][] = [
      ['a wrong dimension', 'VALUE_DIMENSION', (c) => c.add({ ids: ['x'], embeddings: [[1, 2, 3, 4]] })],
      [
        'mixed dimensions',
        'VALUE_DIMENSION',
        (c) => c.add({ ids: ['x', 'y'], embeddings: [[1, 2, 3], [1]] }),
      ],
      [
        'NaN',
        'VALUE_NOT_FINITE',
        (c) =>
          c.add({
            ids: ['x', 'y'],
            embeddings: [
              [1, 1, 1],
              [1, NaN, 1],
            ],
          }),
      ],
      ['Infinity', 'VALUE_NOT_FINITE', (c) => c.upsert({ ids: ['a'], embeddings: [[Infinity, 0, 0]] })],
      ['a number beyond f32', 'VALUE_NOT_FINITE', (c) => c.add({ ids: ['x'], embeddings: [[1e300, 0, 0]] })],
      [
        'a string component',
        'VALUE_EMBEDDING',
        (c) => c.add({ ids: ['x'], embeddings: [['1', 2, 3] as never] }),
      ],
      ['an empty vector', 'VALUE_EMBEDDING', (c) => c.add({ ids: ['x'], embeddings: [[]] })],
      [
        'duplicate ids',
        'VALUE_DUPLICATE_IDS',
        (c) =>
          c.add({
            ids: ['x', 'x'],
            embeddings: [
              [1, 1, 1],
              [2, 2, 2],
            ],
          }),
      ],
      ['an empty id', 'VALUE_EMPTY_ID', (c) => c.add({ ids: [''], embeddings: [[1, 1, 1]] })],
      ['no ids', 'VALUE_LENGTHS', (c) => c.add({ ids: [], embeddings: [] })],
      ['ids that are no strings', 'VALUE_IDS', (c) => c.add({ ids: [7 as never], embeddings: [[1, 1, 1]] })],
      [
        'a lone surrogate in an id',
        'VALUE_ILL_FORMED_TEXT',
        (c) => c.add({ ids: ['a\ud800'], embeddings: [[1, 1, 1]] }),
      ],
      [
        'a lone surrogate in a document',
        'VALUE_ILL_FORMED_TEXT',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], documents: ['\udc00'] }),
      ],
      ['unequal lengths', 'VALUE_LENGTHS', (c) => c.add({ ids: ['x', 'y'], embeddings: [[1, 1, 1]] })],
      [
        'neither embeddings nor documents',
        'VALUE_MISSING',
        (c) => c.add({ ids: ['x'], metadatas: [{ a: 1 }] }),
      ],
      [
        'documents without an embedding function',
        'EMBED_NO_FUNCTION',
        (c) => c.add({ ids: ['x'], documents: ['hi'] }),
      ],
      [
        'a document that is no string',
        'VALUE_DOCUMENT',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], documents: [{} as never] }),
      ],
      [
        'empty metadata',
        'VALUE_METADATA',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], metadatas: [{}] }),
      ],
      [
        'nested metadata',
        'VALUE_METADATA',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], metadatas: [{ a: { b: 1 } as never }] }),
      ],
      [
        'a mixed metadata list',
        'VALUE_METADATA',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], metadatas: [{ a: [1, 'b'] as never }] }),
      ],
      [
        'a disordered sparse vector',
        'VALUE_METADATA',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], metadatas: [{ a: sparse }] }),
      ],
      [
        'NaN in metadata',
        'VALUE_METADATA_NUMBER',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], metadatas: [{ a: NaN }] }),
      ],
      [
        'a reserved metadata key',
        'VALUE_METADATA_KEY',
        (c) => c.add({ ids: ['x'], embeddings: [[1, 1, 1]], metadatas: [{ '#a': 1 }] }),
      ],
      ['nResults 0', 'VALUE_N_RESULTS', (c) => c.query({ queryEmbeddings: [[1, 1, 1]], nResults: 0 })],
      ['nResults −1', 'VALUE_N_RESULTS', (c) => c.query({ queryEmbeddings: [[1, 1, 1]], nResults: -1 })],
      ['nResults 1.5', 'VALUE_N_RESULTS', (c) => c.query({ queryEmbeddings: [[1, 1, 1]], nResults: 1.5 })],
      [
        'nResults 2^31',
        'VALUE_N_RESULTS',
        (c) => c.query({ queryEmbeddings: [[1, 1, 1]], nResults: 2 ** 31 }),
      ],
      ['a query of another dimension', 'VALUE_DIMENSION', (c) => c.query({ queryEmbeddings: [[1, 1]] })],
      ['a query with NaN', 'VALUE_NOT_FINITE', (c) => c.query({ queryEmbeddings: [[1, NaN, 1]] })],
      ['a query of nothing', 'VALUE_MISSING', (c) => c.query({})],
      ['distances in get', 'VALUE_INCLUDE', (c) => c.get({ include: ['distances'] })],
      ['an unknown include', 'VALUE_INCLUDE', (c) => c.get({ include: ['data' as never] })],
      ['a negative limit', 'VALUE_LIMIT', (c) => c.get({ limit: -1 })],
      ['delete with a limit alone', 'VALUE_LIMIT', (c) => c.delete({ ids: ['a'], limit: 1 })],
    ];
    test.each(bad)('C4 %s is refused with %s and nothing changes', async (_, code, act) => {
      const collection = await filled();
      const before = await collection.get({ include: ['documents', 'metadatas', 'embeddings', 'uris'] });
      const error = await act(collection).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ChromaError);
      expect((error as ChromaError).code).toBe(code);
      expect((error as ChromaError).message.length).toBeGreaterThan(10);
      const after = await collection.get({ include: ['documents', 'metadatas', 'embeddings', 'uris'] });
      expect(after).toEqual(before);
    });

    test('C34 a zero vector has no direction: refused under cosine, stored under l2', async () => {
      const cosine = await client.createCollection({
        name: 'cosine',
        embeddingFunction: null,
        configuration: { hnsw: { space: 'cosine' } },
      });
      await expect(
        cosine.add({
          ids: ['a', 'b'],
          embeddings: [
            [1, 0],
            [0, 0],
          ],
        }),
      ).rejects.toMatchObject({
        code: 'VALUE_ZERO_VECTOR',
      });
      expect(await cosine.count()).toBe(0);
      const l2 = await plain();
      await l2.add({ ids: ['a'], embeddings: [[0, 0]] });
      expect(await l2.count()).toBe(1);
    });

    test.each(['ab', 'a b c', '-abc', 'a..b', '192.168.1.1', 'x'.repeat(513), 7])(
      'C20 the name %s is refused',
      async (wrong) => {
        await expect(client.createCollection({ name: wrong as string })).rejects.toMatchObject({
          code: 'VALUE_NAME',
        });
        expect(await client.countCollections()).toBe(0);
      },
    );

    test('C10 configuration is checked by name and range', async () => {
      const create = (hnsw: object): Promise<Collection> =>
        client.createCollection({ name: 'config', configuration: { hnsw } });
      await expect(create({ space: 'L2' })).rejects.toMatchObject({ code: 'VALUE_CONFIGURATION' });
      await expect(create({ ef_search: 0 })).rejects.toMatchObject({ code: 'VALUE_CONFIGURATION' });
      await expect(create({ nonsense: 1 })).rejects.toMatchObject({ code: 'VALUE_CONFIGURATION' });
      const collection = await create({ space: 'ip', max_neighbors: 24 });
      expect(collection.configuration.hnsw).toEqual({
        space: 'ip',
        ef_construction: 100,
        ef_search: 100,
        max_neighbors: 24,
        resize_factor: 1.2,
        sync_threshold: 1000,
      });
    });

    test('C3 two clients of one storage see one store, and the last to close ends it', async () => {
      const other = options.open(storage);
      await client.createCollection({ name: 'shared' });
      expect((await other.getCollection({ name: 'shared' })).name).toBe('shared');
      await client.close();
      await client.close();
      expect(await other.countCollections()).toBe(1);
      await expect(client.countCollections()).rejects.toMatchObject({ code: 'CLOSED' });
      await other.close();
    });

    test('concurrent adds are all stored', async () => {
      const collection = await plain();
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => collection.add({ ids: [`id-${i}`], embeddings: [[i, 1, 1]] })),
      );
      expect(await collection.count()).toBe(50);
    });

    test('C15 C37 reset drops everything, and old handles say so', async () => {
      const collection = await filled();
      await client.reset();
      expect(await client.countCollections()).toBe(0);
      await expect(collection.count()).rejects.toBeInstanceOf(ChromaNotFoundError);
    });

    test('C2 a storage option of another form is refused', () => {
      expect(() => options.open('postgres:x' as string as StorageOption)).toThrow(ChromaValueError);
      expect(() => options.open('indexeddb:')).toThrow(ChromaValueError);
    });

    test.runIf(options.persistent !== null)(
      'C17 what was acknowledged is there after the store was closed and opened again',
      async () => {
        const name: StorageOption = `${options.persistent ?? 'indexeddb:'}${crypto.randomUUID()}`;
        const first = options.open(name);
        const notes = await first.createCollection({
          name: 'kept',
          metadata: { v: 1 },
          embeddingFunction: null,
        });
        await notes.add({
          ids: ['a', 'b'],
          embeddings: [
            [1, 0],
            [0, 1],
          ],
          documents: ['eins', 'zwei'],
          metadatas: [{ n: 1 }, null],
        });
        await notes.delete({ ids: ['b'] });
        await first.close();
        const second = options.open(name);
        const again = await second.getCollection({ name: 'kept' });
        expect(again.id).toBe(notes.id);
        expect(again.metadata).toEqual({ v: 1 });
        const result = await again.query({ queryEmbeddings: [[1, 0]], nResults: 5 });
        expect(result.ids).toEqual([['a']]);
        expect(result.documents).toEqual([['eins']]);
        expect(result.metadatas).toEqual([[{ n: 1 }]]);
        await second.close();
      },
    );
  });
}
