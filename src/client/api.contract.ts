/** The rest of chromadb's API, wherever the store runs: tenants and databases, handles, forks, schemas, configuration, diagnostics. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ChromaClientError,
  ChromaError,
  ChromaNotFoundError,
  ChromaServerError,
  ChromaUniqueError,
  ChromaValueError,
} from '../base/errors.js';
import type { EmbeddingFunction, EmbeddingFunctionSpace } from '../embed/embedding-function.js';
import { knownEmbeddingFunctions, registerEmbeddingFunction } from '../embed/registry.js';
import type { AdminClient } from './admin-client.js';
import type { ChromaClient, ChromaClientArgs } from './chroma-client.js';
import { CollectionHandle } from './collection-handle.js';
import type { Collection } from './collection.js';
import {
  FtsIndexConfig,
  SparseVectorIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
} from './schema/index-config.js';
import { Schema } from './schema/schema.js';
import { Knn } from './search/knn.js';
import type { StorageOption } from './storage-option.js';

export interface ApiContractOptions {
  open: (args: ChromaClientArgs) => ChromaClient;
  openAdmin: (storage: StorageOption) => AdminClient;
  /** Prefix of a storage that outlives its last client. */
  persistent: 'indexeddb:';
}

/** Shaped like the classes of Chroma's npm packages: a name, a configuration, a static way back. */
class LengthFunction implements EmbeddingFunction {
  readonly name = 'test-length';
  readonly #scale: number;
  readonly #spaces: EmbeddingFunctionSpace[];

  constructor({
    scale = 1,
    spaces = ['ip', 'l2'],
  }: { scale?: number; spaces?: EmbeddingFunctionSpace[] } = {}) {
    this.#scale = scale;
    this.#spaces = spaces;
  }

  static buildFromConfig(config: Record<string, unknown>): LengthFunction {
    return new LengthFunction({ scale: config['scale'] as number });
  }

  async generate(texts: string[]): Promise<number[][]> {
    return texts.map((text) => [text.length * this.#scale, 1]);
  }

  defaultSpace(): EmbeddingFunctionSpace {
    return 'ip';
  }

  supportedSpaces(): EmbeddingFunctionSpace[] {
    return this.#spaces;
  }

  getConfig(): Record<string, unknown> {
    return { scale: this.#scale };
  }

  validateConfigUpdate(next: Record<string, unknown>): void {
    if (next['scale'] === 13) throw new Error('not 13');
  }
}

export function describeApi(name: string, options: ApiContractOptions): void {
  describe(`C27 API over ${name}`, () => {
    let storage: StorageOption;
    let client: ChromaClient;
    let admin: AdminClient;

    beforeEach(() => {
      storage = `memory:${crypto.randomUUID()}`;
      client = options.open({ storage });
      admin = options.openAdmin(storage);
    });
    afterEach(async () => {
      await client.close();
      await admin.close();
      knownEmbeddingFunctions.delete('test-length');
    });

    const filled = async (): Promise<Collection> => {
      const collection = await client.createCollection({
        name: 'filled',
        metadata: { about: 'forks' },
        embeddingFunction: null,
        configuration: { hnsw: { space: 'ip', ef_search: 55 } },
      });
      await collection.add({
        ids: ['a', 'b', 'c'],
        embeddings: [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
        documents: ['first', 'zweite 🚲', ''],
        metadatas: [{ n: 1 }, null, { tags: ['x', 'y'] }],
        uris: ['u:a', 'u:b', 'u:c'],
      });
      await collection.delete({ ids: ['a'] });
      await collection.add({ ids: ['a'], embeddings: [[2, 2]] });
      return collection;
    };

    describe('tenants and databases', () => {
      test('C40 the default pair is there, with the database id of zeros', async () => {
        expect(await admin.getTenant({ name: 'default_tenant' })).toBe('default_tenant');
        expect(await admin.listDatabases({ tenant: 'default_tenant' })).toEqual([
          {
            id: '00000000-0000-0000-0000-000000000000',
            name: 'default_database',
            tenant: 'default_tenant',
          },
        ]);
      });

      test('C40 are created, found, listed in order of creation, and refused twice', async () => {
        await admin.createTenant({ name: 'acme' });
        for (const database of ['zebra', 'apple']) {
          await admin.createDatabase({ name: database, tenant: 'acme' });
        }
        const listed = await admin.listDatabases({ tenant: 'acme' });
        expect(listed.map((database) => database.name)).toEqual(['zebra', 'apple']);
        expect(await admin.listDatabases({ tenant: 'acme', limit: 1, offset: 1 })).toEqual([listed[1]]);
        expect(await admin.getDatabase({ name: 'apple', tenant: 'acme' })).toEqual(listed[1]);
        const again = admin.createDatabase({ name: 'apple', tenant: 'acme' });
        await expect(again).rejects.toMatchObject({ code: 'EXISTS_DATABASE' });
        await expect(again).rejects.toBeInstanceOf(ChromaUniqueError);
        await expect(admin.createTenant({ name: 'acme' })).rejects.toMatchObject({ code: 'EXISTS_TENANT' });
      });

      test('C40 missing ones are told, with the nearest name and a remedy', async () => {
        const lost = admin.getDatabase({ name: 'default_databas', tenant: 'default_tenant' });
        await expect(lost).rejects.toBeInstanceOf(ChromaNotFoundError);
        await expect(lost).rejects.toMatchObject({
          code: 'NOT_FOUND_DATABASE',
          fix: expect.stringContaining('default_database'),
        });
        await expect(admin.getTenant({ name: 'nobody' })).rejects.toMatchObject({
          code: 'NOT_FOUND_TENANT',
          fix: expect.stringContaining('createTenant'),
        });
        await expect(admin.listDatabases({ tenant: 'nobody' })).rejects.toMatchObject({
          code: 'NOT_FOUND_TENANT',
        });
        await expect(admin.createDatabase({ name: 'abc', tenant: 'nobody' })).rejects.toMatchObject({
          code: 'NOT_FOUND_TENANT',
        });
        await expect(admin.createTenant({ name: 'a b' })).rejects.toMatchObject({ code: 'VALUE_NAME' });
      });

      test('C12 C40 collections live in one database: not created in a missing one, and gone with theirs', async () => {
        const drafts = options.open({ storage, database: 'drafts' });
        const early = drafts.createCollection({ name: 'notes', embeddingFunction: null });
        await expect(early).rejects.toBeInstanceOf(ChromaClientError);
        await expect(early).rejects.toMatchObject({
          code: 'VALUE_DATABASE',
          message: expect.stringContaining('Database [drafts] does not exist'),
        });
        expect(await drafts.listCollections()).toEqual([]);
        await admin.createDatabase({ name: 'drafts', tenant: 'default_tenant' });
        const notes = await drafts.createCollection({ name: 'notes', embeddingFunction: null });
        await client.createCollection({ name: 'notes', embeddingFunction: null });
        expect((await drafts.getCollectionByCrn('default_tenant:drafts:notes')).id).toBe(notes.id);
        await admin.deleteDatabase({ name: 'drafts', tenant: 'default_tenant' });
        await expect(notes.count()).rejects.toBeInstanceOf(ChromaNotFoundError);
        expect(await client.countCollections()).toBe(1);
        await expect(
          admin.deleteDatabase({ name: 'default_database', tenant: 'default_tenant' }),
        ).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
        await drafts.close();
      });

      test('C40 reset leaves the default pair alone', async () => {
        await admin.createTenant({ name: 'acme' });
        await client.reset();
        await expect(admin.getTenant({ name: 'acme' })).rejects.toBeInstanceOf(ChromaNotFoundError);
        expect(await admin.listDatabases({ tenant: 'default_tenant' })).toHaveLength(1);
      });

      test('C3 a closed admin client says so', async () => {
        await admin.close();
        await expect(admin.getTenant({ name: 'default_tenant' })).rejects.toMatchObject({ code: 'CLOSED' });
      });

      test('C17 they and forks are there after the store was closed and opened again', async () => {
        const kept: StorageOption = `${options.persistent}${crypto.randomUUID()}`;
        const firstAdmin = options.openAdmin(kept);
        await firstAdmin.createTenant({ name: 'acme' });
        await firstAdmin.createDatabase({ name: 'main', tenant: 'acme' });
        await firstAdmin.createDatabase({ name: 'gone', tenant: 'acme' });
        await firstAdmin.deleteDatabase({ name: 'gone', tenant: 'acme' });
        const first = options.open({ storage: kept, tenant: 'acme', database: 'main' });
        const source = await first.createCollection({ name: 'source', embeddingFunction: null });
        await source.add({ ids: ['x'], embeddings: [[1, 2]], documents: ['dx'] });
        const copy = await source.fork({ name: 'copy' });
        await source.delete({ ids: ['x'] });
        await first.close();
        await firstAdmin.close();
        const secondAdmin = options.openAdmin(kept);
        expect((await secondAdmin.listDatabases({ tenant: 'acme' })).map((each) => each.name)).toEqual([
          'main',
        ]);
        const second = options.open({ storage: kept, tenant: 'acme', database: 'main' });
        const again = await second.getCollection({ name: 'copy' });
        expect(again.id).toBe(copy.id);
        expect((await again.get({ include: ['documents', 'embeddings'] })).rows()).toMatchObject([
          { id: 'x', document: 'dx', embedding: [1, 2] },
        ]);
        expect(await (await second.getCollection({ name: 'source' })).count()).toBe(0);
        await second.close();
        await secondAdmin.close();
      });
    });

    describe('fork and indexing status', () => {
      const everything = ['documents', 'embeddings', 'metadatas', 'uris'] as const;

      test('C41 a fork holds the same records in the same order, and is a collection of its own', async () => {
        const source = await filled();
        const copy = await source.fork({ name: 'copy' });
        expect(copy.id).not.toBe(source.id);
        expect([copy.name, copy.metadata, copy.configuration]).toEqual([
          'copy',
          source.metadata,
          source.configuration,
        ]);
        const before = await source.get({ include: [...everything] });
        expect(before.ids).toEqual(['b', 'c', 'a']);
        expect(await copy.get({ include: [...everything] })).toEqual(before);
        expect((await copy.query({ queryEmbeddings: [[0, 1]], nResults: 1 })).ids).toEqual(
          (await source.query({ queryEmbeddings: [[0, 1]], nResults: 1 })).ids,
        );
        await copy.update({ ids: ['b'], documents: ['other'], embeddings: [[9, 9]] });
        await copy.delete({ ids: ['c'] });
        await source.add({ ids: ['d'], embeddings: [[4, 4]] });
        expect((await copy.get()).ids).toEqual(['b', 'a']);
        expect(await source.get({ ids: ['a', 'b', 'c'], include: [...everything] })).toEqual(before);
        expect(await source.forkCount()).toBe(0);
      });

      test('C41 a fork of an empty collection is empty, and a taken or bad name is refused', async () => {
        const source = await client.createCollection({ name: 'source', embeddingFunction: null });
        expect(await (await source.fork({ name: 'copy' })).count()).toBe(0);
        await expect(source.fork({ name: 'copy' })).rejects.toMatchObject({ code: 'EXISTS_COLLECTION' });
        await expect(source.fork({ name: '!' })).rejects.toMatchObject({ code: 'VALUE_NAME' });
        expect(await client.countCollections()).toBe(2);
      });

      test('C42 indexing status counts the records that are there', async () => {
        const collection = await filled();
        const { num_indexed_ops, num_unindexed_ops } = await collection.getIndexingStatus();
        expect(num_indexed_ops + num_unindexed_ops).toBe(3);
        // The index may be built behind the write.
        await expect
          .poll(() => collection.getIndexingStatus())
          .toEqual({
            num_indexed_ops: 3,
            num_unindexed_ops: 0,
            total_ops: 3,
            op_indexing_progress: 1,
          });
        await collection.delete({ ids: ['a', 'b', 'c'] });
        expect(await collection.getIndexingStatus()).toMatchObject({ total_ops: 0, op_indexing_progress: 1 });
      });
    });

    describe('collection(id)', () => {
      test('C43 takes and gives embeddings, knows no name, and is a Collection', async () => {
        const { id } = await filled();
        const handle = client.collection(id);
        expect(handle).toBeInstanceOf(CollectionHandle);
        expect([handle.id, handle.name, handle.metadata, handle.configuration, handle.schema]).toEqual([
          id,
          '',
          undefined,
          {},
          undefined,
        ]);
        expect([handle.tenant, handle.database]).toEqual(['default_tenant', 'default_database']);
        await handle.add({ ids: ['e'], embeddings: [[7, 7]] });
        await handle.update({ ids: ['e'], metadatas: [{ m: 1 }] });
        await handle.upsert({ ids: ['e'], embeddings: [[8, 8]] });
        expect(await handle.count()).toBe(4);
        expect((await handle.query({ queryEmbeddings: [[8, 8]], nResults: 1 })).ids).toEqual([['e']]);
        expect((await handle.get({ where: { m: 1 } })).ids).toEqual(['e']);
        expect(await handle.delete({ ids: ['e'] })).toEqual({ deleted: 1 });
      });

      test('C43 refuses what needs an embedding function, and what needs the whole collection', async () => {
        const handle = client.collection((await filled()).id);
        const texts: (() => Promise<unknown>)[] = [
          () => handle.add({ ids: ['x'], documents: ['text'] }),
          () => handle.upsert({ ids: ['x'], documents: ['text'] }),
          () => handle.update({ ids: ['a'], documents: ['text'] }),
          () => handle.query({ queryTexts: ['text'] }),
          () => handle.search({ rank: Knn({ query: 'text' }) }),
        ];
        for (const act of texts) {
          const refused = act();
          await expect(refused).rejects.toBeInstanceOf(ChromaValueError);
          await expect(refused).rejects.toThrow(
            /not available on a collection obtained via client\.collection/,
          );
        }
        await expect(handle.modify({ name: 'other' })).rejects.toThrow(/modify\(\) is not supported/);
        await expect(handle.fork({ name: 'other' })).rejects.toThrow(/fork\(\) is not supported/);
        expect(await handle.count()).toBe(3);
      });

      test('C43 an unknown id is noticed at the first call, an id of another form too', async () => {
        await expect(client.collection(crypto.randomUUID()).count()).rejects.toBeInstanceOf(
          ChromaNotFoundError,
        );
        await expect(client.collection('nonsense').count()).rejects.toMatchObject({
          code: 'VALUE_COLLECTION_ID',
        });
        await expect(client.getCollectionById('nonsense')).rejects.toBeInstanceOf(ChromaClientError);
      });
    });

    describe('search and read levels', () => {
      test('C44 search says that it is not there yet, and what is wrong with a search before that', async () => {
        const collection = await filled();
        const refused = collection.search({ limit: 3 }, { readLevel: 'index_only' });
        await expect(refused).rejects.toMatchObject({ code: 'RUNTIME_NOT_AVAILABLE' });
        await expect(refused).rejects.toBeInstanceOf(ChromaServerError);
        await expect(collection.search([])).rejects.toMatchObject({
          code: 'VALUE_SEARCH',
          message: 'At least one search payload must be provided.',
        });
        await expect(collection.search({ limit: -1 })).rejects.toMatchObject({ code: 'VALUE_SEARCH_TYPE' });
      });

      test('C44 every read level reads everything, an unknown one is refused', async () => {
        const collection = await filled();
        expect(await collection.count({ readLevel: 'index_and_wal' })).toBe(3);
        expect(await collection.count({ readLevel: 'index_only' })).toBe(3);
        const refused = collection.count({ readLevel: 'yesterday' as never });
        await expect(refused).rejects.toBeInstanceOf(ChromaClientError);
        await expect(refused).rejects.toMatchObject({ code: 'VALUE_READ_LEVEL' });
      });
    });

    describe('configuration and embedding functions', () => {
      test('C24 a function like those of Chroma’s packages is stored by name and rebuilt', async () => {
        const created = await client.createCollection({
          name: 'lengths',
          embeddingFunction: new LengthFunction({ scale: 2 }),
        });
        const stored = { type: 'known', name: 'test-length', config: { scale: 2 } };
        expect(created.configuration.embedding_function).toEqual(stored);
        expect(created.configuration.embeddingFunction).toEqual(stored);
        expect(created.configuration.hnsw.space).toBe('ip');
        await created.add({ ids: ['a'], documents: ['four'] });
        expect((await created.get({ include: ['embeddings'] })).embeddings).toEqual([[8, 1]]);

        const unknown = await client.getCollection({ name: 'lengths' });
        expect(unknown.embeddingFunction).toBeUndefined();
        await expect(unknown.query({ queryTexts: ['four'] })).rejects.toMatchObject({
          code: 'EMBED_UNKNOWN_FUNCTION',
          fix: expect.stringContaining("registerEmbeddingFunction('test-length'"),
        });
        registerEmbeddingFunction('test-length', LengthFunction);
        const rebuilt = await client.getCollection({ name: 'lengths' });
        expect(rebuilt.embeddingFunction).toBeInstanceOf(LengthFunction);
        await rebuilt.add({ ids: ['b'], documents: ['12'] });
        expect((await rebuilt.get({ ids: ['b'], include: ['embeddings'] })).embeddings).toEqual([[4, 1]]);
      });

      test('C24 a collection that stored Chroma’s default says which package has it', async () => {
        const miniLm = Object.assign(new LengthFunction(), { name: 'default' });
        await client.createCollection({ name: 'minilm', embeddingFunction: miniLm });
        const again = await client.getCollection({ name: 'minilm' });
        await expect(again.add({ ids: ['a'], documents: ['x'] })).rejects.toMatchObject({
          code: 'EMBED_UNKNOWN_FUNCTION',
          fix: expect.stringMatching(
            /registerEmbeddingFunction\('default-embed', …\).*@chroma-core\/default-embed/,
          ),
        });
      });

      test('C24 argument goes before stored; what is stored stays', async () => {
        await client.createCollection({
          name: 'lengths',
          embeddingFunction: new LengthFunction({ scale: 2 }),
        });
        const mine = new LengthFunction({ scale: 5 });
        for (const collection of [
          await client.getCollection({ name: 'lengths', embeddingFunction: mine }),
          await client.getOrCreateCollection({ name: 'lengths', embeddingFunction: mine }),
          (await client.getCollections([{ name: 'lengths', embeddingFunction: mine }]))[0],
        ]) {
          expect(collection?.embeddingFunction).toBe(mine);
          expect(collection?.configuration.embedding_function).toMatchObject({ config: { scale: 2 } });
        }
      });

      test('C25 null is none, undefined the built-in one, twice is refused', async () => {
        const none = await client.createCollection({ name: 'none', embeddingFunction: null });
        expect([none.embeddingFunction, none.configuration.embedding_function]).toEqual([undefined, null]);
        expect((await client.getOrCreateCollection({ name: 'none' })).embeddingFunction).toBeUndefined();
        const configured = await client.createCollection({
          name: 'configured',
          embeddingFunction: null,
          configuration: { embeddingFunction: new LengthFunction() },
        });
        expect(configured.embeddingFunction).toBeInstanceOf(LengthFunction);
        const twice = client.createCollection({
          name: 'twice',
          embeddingFunction: new LengthFunction(),
          configuration: { embeddingFunction: new LengthFunction() },
        });
        await expect(twice).rejects.toBeInstanceOf(ChromaValueError);
        await expect(twice).rejects.toThrow(
          'Embedding function provided when already defined in the collection configuration',
        );
      });

      test('C14 modify takes a new function, if the present one agrees; the shape of configuration stays', async () => {
        const collection = await client.createCollection({
          name: 'lengths',
          embeddingFunction: new LengthFunction(),
        });
        const keys = Object.keys(collection.configuration);
        await collection.modify({ configuration: { embeddingFunction: new LengthFunction({ scale: 3 }) } });
        expect(collection.configuration.embedding_function).toMatchObject({ config: { scale: 3 } });
        expect(Object.keys(collection.configuration)).toEqual(keys);
        await expect(
          collection.modify({ configuration: { embeddingFunction: new LengthFunction({ scale: 13 }) } }),
        ).rejects.toThrow('not 13');
        expect((await client.getCollection({ name: 'lengths' })).configuration).toEqual(
          collection.configuration,
        );
        await collection.modify({});
        await expect(
          collection.modify({ configuration: { hnsw: { space: 'l2' } as never } }),
        ).rejects.toMatchObject({ code: 'VALUE_CONFIGURATION' });
      });

      test('C10 legacy metadata keys set the parameters, a configuration goes before them', async () => {
        const metadata = { 'hnsw:space': 'cosine', 'hnsw:search_ef': 70, 'hnsw:M': 24 };
        const legacy = await client.createCollection({ name: 'legacy', metadata, embeddingFunction: null });
        expect(legacy.configuration.hnsw).toMatchObject({
          space: 'cosine',
          ef_search: 70,
          max_neighbors: 24,
        });
        expect(legacy.metadata).toEqual(metadata);
        const explicit = await client.createCollection({
          name: 'explicit',
          metadata,
          embeddingFunction: null,
          configuration: { hnsw: { ef_search: 80 } },
        });
        expect(explicit.configuration.hnsw).toMatchObject({ space: 'l2', ef_search: 80, max_neighbors: 16 });
      });

      test('C10 spann alone gives its space, beside hnsw it is refused', async () => {
        const spann = await client.createCollection({
          name: 'spann',
          embeddingFunction: null,
          configuration: { spann: { space: 'cosine', search_nprobe: 8 } },
        });
        expect(spann.configuration).toMatchObject({ hnsw: { space: 'cosine' }, spann: null });
        await spann.modify({ configuration: { spann: { search_nprobe: 9 } } });
        await expect(
          client.createCollection({ name: 'both', configuration: { hnsw: {}, spann: {} } }),
        ).rejects.toMatchObject({ code: 'VALUE_CONFIGURATION_CONFLICT' });
      });

      test('C47 a space the function does not list is a warning in diagnostics', async () => {
        await client.createCollection({
          name: 'lengths',
          embeddingFunction: new LengthFunction(),
          configuration: { hnsw: { space: 'cosine' } },
        });
        expect((await client.diagnostics()).warnings).toContain(
          "Space 'cosine' is not supported by embedding function 'test-length'. Supported spaces: ip, l2",
        );
      });

      test('C47 text in a script the built-in model does not know is a warning in diagnostics', async () => {
        const notes = await client.createCollection({ name: 'notes' });
        await notes.add({ ids: ['a', 'b'], documents: ['A cat sat on the mat', '猫がマットの上に座った'] });
        const { warnings } = await client.diagnostics();
        expect(warnings.filter((warning) => /^1 of 2 texts .*English-only/.test(warning))).toHaveLength(1);
      });
    });

    describe('schema', () => {
      test('C45 is stored, given back, and sets space, parameters and embedding function', async () => {
        registerEmbeddingFunction('test-length', LengthFunction);
        const schema = new Schema().createIndex(
          new VectorIndexConfig({
            space: 'cosine',
            embeddingFunction: new LengthFunction({ scale: 4, spaces: ['cosine'] }),
            hnsw: { ef_search: 33 },
          }),
        );
        const created = await client.createCollection({ name: 'with-schema', schema });
        expect(created.configuration.hnsw).toMatchObject({ space: 'cosine', ef_search: 33 });
        expect(created.configuration.embedding_function).toMatchObject({ config: { scale: 4 } });
        await created.add({ ids: ['a'], documents: ['ab'] });
        expect((await created.get({ include: ['embeddings'] })).embeddings).toEqual([[8, 1]]);
        const again = await client.getCollection({ name: 'with-schema' });
        for (const { schema: kept } of [created, again]) {
          expect(kept).toBeInstanceOf(Schema);
          expect(kept?.serializeToJSON()).toEqual(schema.serializeToJSON());
        }
        expect(again.embeddingFunction).toBeInstanceOf(LengthFunction);
        const copy = await again.fork({ name: 'copy' });
        expect((await client.getCollection({ name: 'copy' })).schema).toEqual(copy.schema);
      });

      test('C45 without a function in it the built-in one is used, with null none, and no schema is undefined', async () => {
        const builtIn = await client.createCollection({ name: 'built-in', schema: new Schema() });
        expect(builtIn.configuration.embedding_function).toMatchObject({ name: 'kindex-static' });
        const none = await client.createCollection({
          name: 'none',
          schema: new Schema(),
          embeddingFunction: null,
        });
        expect(none.configuration.embedding_function).toBeNull();
        expect(
          (await client.createCollection({ name: 'plain', embeddingFunction: null })).schema,
        ).toBeUndefined();
      });

      test('sparse vectors are made from the document or a string field, unless they are given', async () => {
        class Counting {
          readonly name = 'test-counting';
          static buildFromConfig(): Counting {
            return new Counting();
          }
          async generate(texts: string[]): Promise<{ indices: number[]; values: number[] }[]> {
            if (texts.includes('refuse me')) throw new Error('no vectors today');
            return texts.map((text) => ({ indices: [1, 2], values: [text.length, 1] }));
          }
          getConfig(): Record<string, unknown> {
            return {};
          }
        }
        const collection = await client.createCollection({
          name: 'sparse',
          embeddingFunction: null,
          schema: new Schema()
            .createIndex(
              new SparseVectorIndexConfig({ embeddingFunction: new Counting(), sourceKey: '#document' }),
              'fromDocument',
            )
            .createIndex(
              new SparseVectorIndexConfig({ embeddingFunction: new Counting(), sourceKey: 'title' }),
              'fromTitle',
            ),
        });
        const own = { indices: [7], values: [7] };
        const given = [{ title: 'four' }, null, { fromDocument: own, title: 4 }];
        await collection.add({
          ids: ['a', 'b', 'c'],
          embeddings: [[1], [2], [3]],
          documents: ['one', 'twoo', 'x'],
          metadatas: given,
        });
        const vector = (length: number): object => ({ indices: [1, 2], values: [length, 1] });
        expect((await collection.get()).metadatas).toEqual([
          { title: 'four', fromDocument: vector(3), fromTitle: vector(4) },
          { fromDocument: vector(4) },
          { title: 4, fromDocument: own },
        ]);
        expect(given[0]).toEqual({ title: 'four' });
        await collection.update({ ids: ['b'], embeddings: [[2]], documents: ['longer'] });
        expect((await collection.get({ ids: ['b'] })).metadatas).toEqual([{ fromDocument: vector(6) }]);
        await expect(
          collection.add({ ids: ['d'], embeddings: [[4]], documents: ['refuse me'] }),
        ).rejects.toMatchObject({
          code: 'EMBED_FAILED',
          message: expect.stringContaining('no vectors today'),
        });
        expect(await collection.count()).toBe(3);
      });

      test('C45 beside a configuration or a function it is refused, and so is what is no schema', async () => {
        const create = (more: object): Promise<Collection> =>
          client.createCollection({ name: 'refused', schema: new Schema(), ...more });
        for (const more of [{ configuration: {} }, { embeddingFunction: new LengthFunction() }]) {
          const refused = create(more);
          await expect(refused).rejects.toBeInstanceOf(ChromaClientError);
          await expect(refused).rejects.toThrow(
            'Cannot set both collection config and schema simultaneously',
          );
        }
        await expect(create({ schema: {} })).rejects.toMatchObject({ code: 'VALUE_SCHEMA' });
        expect(await client.countCollections()).toBe(0);
      });

      test('C45 a filter that needs an index turned off is refused in get, query and delete', async () => {
        const collection = await client.createCollection({
          name: 'unindexed',
          embeddingFunction: null,
          schema: new Schema()
            .deleteIndex(new StringInvertedIndexConfig(), 'title')
            .deleteIndex(new FtsIndexConfig(), '#document'),
        });
        await collection.add({
          ids: ['a'],
          embeddings: [[1]],
          documents: ['text'],
          metadatas: [{ title: 't', n: 1 }],
        });
        const byTitle = { where: { title: 't' } };
        const message =
          "Cannot filter using metadata key 'title' with type 'Str' because indexing is disabled";
        await expect(collection.get(byTitle)).rejects.toMatchObject({
          code: 'VALUE_INDEX_DISABLED',
          message,
        });
        await expect(collection.query({ queryEmbeddings: [[1]], ...byTitle })).rejects.toThrow(message);
        await expect(collection.delete(byTitle)).rejects.toBeInstanceOf(ChromaClientError);
        await expect(collection.get({ whereDocument: { $contains: 'text' } })).rejects.toThrow(
          'Cannot filter using full-text search because FTS indexing is disabled',
        );
        expect((await collection.get({ where: { n: 1 } })).ids).toEqual(['a']);
        expect((await collection.get({ where: { other: 't' } })).ids).toEqual([]);
      });
    });

    test.each([
      ['3,000 vectors of 384 numbers', 3_000, 384],
      ['20,000 vectors of 2 numbers', 20_000, 2],
    ])('C5 what is handed in may be changed and used again at once: %s', async (_, rows, dimensions) => {
      const collection = await client.createCollection({ name: 'reused', embeddingFunction: null });
      const ids = Array.from({ length: rows }, (_unused, i) => `${i}`);
      const embeddings = ids.map((_unused, i) => Array.from({ length: dimensions }, (_each, d) => i + d));
      const metadatas = ids.map((_unused, i) => ({ i, list: [i], sparse: { indices: [i], values: [1] } }));
      const documents = ids.map((id) => `text ${id}`);
      const written = collection.add({ ids, embeddings, documents, metadatas });
      // All of it, down to the last number of the last record.
      for (const vector of embeddings) vector.fill(-1);
      for (const metadata of metadatas) {
        metadata.i = -1;
        metadata.list.push(-1);
        metadata.sparse.indices[0] = 0;
      }
      documents.fill('changed');
      ids.fill('changed');
      await written;
      const { ids: kept, ...columns } = await collection.get({
        include: ['embeddings', 'documents', 'metadatas'],
      });
      expect(kept.findIndex((id, i) => id !== `${i}`)).toBe(-1);
      expect(columns.documents.findIndex((text, i) => text !== `text ${i}`)).toBe(-1);
      expect(columns.embeddings.findIndex((vector, i) => vector.some((value, d) => value !== i + d))).toBe(
        -1,
      );
      expect(columns.metadatas.at(-1)).toEqual({
        i: rows - 1,
        list: [rows - 1],
        sparse: { indices: [rows - 1], values: [1] },
      });
      expect(columns.metadatas.findIndex((metadata, i) => metadata?.['i'] !== i)).toBe(-1);
    });

    test('C5 arguments of reads, of deletes and of texts to embed are those of the call', async () => {
      const collection = await client.createCollection({
        name: 'lengths',
        embeddingFunction: new LengthFunction(),
      });
      const documents = ['one', 'three'];
      const added = collection.add({ ids: ['a', 'b'], documents });
      documents.fill('much longer');
      await added;
      expect((await collection.get({ include: ['embeddings', 'documents'] })).rows()).toMatchObject([
        { id: 'a', document: 'one', embedding: [3, 1] },
        { id: 'b', document: 'three', embedding: [5, 1] },
      ]);
      const ids = ['a'];
      const where = { $or: [{ n: { $ne: 1 } }, { n: 2 }] };
      const queryTexts = ['one'];
      const hits = collection.query({ queryTexts, ids, where, nResults: 1, include: ['distances'] });
      ids[0] = 'b';
      where.$or.length = 0;
      queryTexts[0] = 'much longer';
      expect(await hits).toMatchObject({ ids: [['a']], distances: [[1 - (9 + 1)]] });
      const gone = ['a'];
      const deleted = collection.delete({ ids: gone });
      gone[0] = 'b';
      await deleted;
      expect((await collection.get()).ids).toEqual(['b']);
      const metadata = { tags: ['x'] };
      const modified = collection.modify({ metadata });
      const created = client.createCollection({ name: 'other', metadata, embeddingFunction: null });
      metadata.tags[0] = 'changed';
      await modified;
      expect([collection.metadata, (await created).metadata]).toEqual([{ tags: ['x'] }, { tags: ['x'] }]);
    });

    test('C71 null is the same as left out, in every argument where chromadb takes it so', async () => {
      const collection = await filled();
      const nothing = null as never;
      const all = await collection.get();
      expect(
        await collection.get({
          ids: nothing,
          limit: nothing,
          offset: nothing,
          where: nothing,
          whereDocument: nothing,
        }),
      ).toEqual(all);
      const near = { queryEmbeddings: [[1, 0]] };
      expect(
        await collection.query({
          ...near,
          ids: nothing,
          where: nothing,
          whereDocument: nothing,
          nResults: nothing,
        }),
      ).toEqual(await collection.query(near));
      expect(await collection.delete({ ids: nothing, where: nothing })).toEqual({ deleted: 0 });
      await collection.modify({ metadata: nothing });
      expect(collection.metadata).toEqual({ about: 'forks' });
      expect(await client.listCollections(nothing)).toHaveLength(1);
      const bare = await client.createCollection({
        name: 'bare',
        metadata: nothing,
        configuration: nothing,
        embeddingFunction: null,
      });
      expect([bare.metadata, bare.configuration.hnsw.space]).toEqual([undefined, 'l2']);
      await bare.add({
        ids: ['u', 'v'],
        embeddings: [[1], [2]],
        uris: [nothing, 'u:v'],
        metadatas: [nothing, { n: 1 }],
      });
      expect(await bare.get({ include: ['uris', 'metadatas'] })).toMatchObject({
        uris: [null, 'u:v'],
        metadatas: [null, { n: 1 }],
      });
      await bare.update({ ids: ['u', 'v'], uris: ['u:u', nothing] });
      expect((await bare.get({ include: ['uris'] })).uris).toEqual(['u:u', 'u:v']);
    });

    test('C70 the same fault has the class that chromadb gives it, wherever it is found', async () => {
      const collection = await filled();
      const record = { ids: ['x'], embeddings: [[1, 1]] };
      const rows: [string, string | undefined, () => Promise<unknown>][] = [
        ['ChromaValueError', 'documents[0]', () => collection.add({ ...record, documents: [null as never] })],
        ['ChromaClientError', 'documents[0]', () => collection.add({ ...record, documents: [7 as never] })],
        ['ChromaClientError', 'uris[0]', () => collection.add({ ...record, uris: [7 as never] })],
        ['ChromaValueError', 'metadatas[0]', () => collection.add({ ...record, metadatas: [{}] })],
        ['ChromaValueError', 'metadata', () => collection.modify({ metadata: {} })],
        ['ChromaClientError', 'metadata', () => client.createCollection({ name: 'empty', metadata: {} })],
        ['ChromaClientError', undefined, () => collection.get({ whereDocument: { $regex: '(' } })],
        [
          'ChromaClientError',
          'whereDocument.$contains',
          () => collection.get({ whereDocument: { $contains: 7 as never } }),
        ],
        ['ChromaClientError', 'where.n.$eq', () => collection.get({ where: { n: { $eq: Number.NaN } } })],
        ['ChromaValueError', 'where.n.$gt', () => collection.get({ where: { n: { $gt: 'x' } } })],
        ['ChromaValueError', 'nResults', () => collection.query({ queryEmbeddings: [[1, 1]], nResults: -1 })],
        [
          'ChromaClientError',
          'nResults',
          () => collection.query({ queryEmbeddings: [[1, 1]], nResults: 1.5 }),
        ],
      ];
      for (const [name, path, act] of rows) {
        const error = (await act().catch((reason: unknown) => reason)) as ChromaError;
        expect(error).toBeInstanceOf(name === 'ChromaClientError' ? ChromaClientError : ChromaValueError);
        expect(error.name).toBe(name);
        if (path !== undefined) expect(error.details['path']).toBe(path);
      }
    });

    test('C28 errors of the store come with a remedy, also those whose text the page does not carry', async () => {
      const collection = await filled();
      const acts: (() => Promise<unknown>)[] = [
        () => client.getCollection({ name: 'nobody' }),
        () => client.createCollection({ name: 'filled', embeddingFunction: null }),
        () => collection.get({ where: {} as never }),
        () => collection.get({ whereDocument: { $regex: '(' } }),
        () => collection.add({ ids: ['n'], embeddings: [[NaN, 1]] }),
      ];
      for (const act of acts) {
        const error = (await act().catch((reason: unknown) => reason)) as ChromaError;
        expect(error).toBeInstanceOf(ChromaError);
        expect(error.fix).toMatch(/\S{3,}.*[.?]$/);
      }
    });
  });
}
