/** What compiles with a collection and what does not: metadata as the caller types it, vectors in every form, filters by their operators. */
import type * as chromadb from 'chromadb';
import type * as door from '../index.js';
import type * as inlineDoor from '../inline.js';
import { expectTypeOf, test } from 'vitest';
import type { Matrix, Metadata } from '../base/types.js';
import type { EmbeddingFunction, EmbeddingFunctionClass } from '../embed/embedding-function.js';
import type { RecordSet, WriteArgs } from './check-records.js';
import type { ChromaClient, ChromaClientArgs } from './chroma-client.js';
import type { Collection } from './collection.js';
import type { CreateCollectionConfiguration, UpdateCollectionConfiguration } from './configuration.js';
import type { Where, WhereDocument } from './filters.js';
import type * as theirs from './fixtures/drop-in-chromadb.js';
import type * as ours from './fixtures/drop-in-kindex.js';
import type { GetResult, GetResultRow, QueryResult, QueryRowResult } from './results.js';

declare const client: ChromaClient;
declare const collection: Collection;
declare const matrix: Matrix;

interface Untyped {
  topic: string;
}
type Article = { topic: string; year: number; tags: string[] };

test('C9 results carry the metadata type the caller names, Metadata without one', async () => {
  expectTypeOf(await collection.get<Article>()).toEqualTypeOf<GetResult<Article>>();
  expectTypeOf((await collection.get<Article>()).metadatas).toEqualTypeOf<(Article | null)[]>();
  expectTypeOf((await collection.get<Article>()).rows()).toEqualTypeOf<GetResultRow<Article>[]>();
  expectTypeOf((await collection.get()).metadatas).toEqualTypeOf<(Metadata | null)[]>();
  expectTypeOf((await collection.peek<Article>()).metadatas).toEqualTypeOf<(Article | null)[]>();
  const hits = await collection.query<Article>({ queryTexts: ['x'] });
  expectTypeOf(hits).toEqualTypeOf<QueryResult<Article>>();
  expectTypeOf(hits.metadatas).toEqualTypeOf<(Article | null)[][]>();
  expectTypeOf(hits.rows()).toEqualTypeOf<QueryRowResult<Article>[][]>();
  expectTypeOf(hits.distances).toEqualTypeOf<(number | null)[][]>();

  // @ts-expect-error metadata holds scalars, lists and sparse vectors, not objects
  await collection.get<{ author: { name: string } }>();
  // @ts-expect-error nor dates
  await collection.query<{ when: Date }>({ queryTexts: ['x'] });
  // @ts-expect-error an interface has no index signature; chromadb's types refuse it too
  await collection.get<Untyped>();
  // @ts-expect-error the record may have no metadata at all
  void (await collection.get<Article>()).metadatas[0]?.topic satisfies string;
});

test('C5 vectors are accepted as lists, typed arrays or one matrix, in writes and in queries', async () => {
  const frozen: readonly (readonly number[])[] = [[1, 2]];
  for (const embeddings of [
    [[1, 2]],
    [new Float32Array(2)],
    [new Float64Array(2)],
    [[1, 2], new Float32Array(2)],
    frozen,
    matrix,
  ]) {
    await collection.add({ ids: ['a'], embeddings });
    await collection.update({ ids: ['a'], embeddings });
    await collection.upsert({ ids: ['a'], embeddings });
    await collection.query({ queryEmbeddings: embeddings });
  }
  // @ts-expect-error one vector is not a list of vectors
  await collection.add({ ids: ['a'], embeddings: [1, 2] });
  // @ts-expect-error nor is a flat typed array: how many rows has it?
  await collection.add({ ids: ['a'], embeddings: new Float32Array(4) });
  // @ts-expect-error components are numbers
  await collection.query({ queryEmbeddings: [['1', '2']] });
  // @ts-expect-error bytes are not a vector
  await collection.add({ ids: ['a'], embeddings: [new Uint8Array(2)] });
});

test('C5 records need ids, and their columns hold what they are named after', async () => {
  expectTypeOf<RecordSet>().toExtend<WriteArgs>();
  expectTypeOf<chromadb.RecordSet>().toExtend<WriteArgs>();
  expectTypeOf<RecordSet>().toEqualTypeOf<{
    ids: string[];
    embeddings?: number[][];
    metadatas?: Metadata[];
    documents?: string[];
    uris?: string[];
  }>();
  await collection.add({ ids: ['a'], metadatas: [null], documents: ['x'] });
  // @ts-expect-error ids are missing
  await collection.add({ documents: ['x'] });
  // @ts-expect-error ids are strings
  await collection.add({ ids: [1], documents: ['x'] });
  // @ts-expect-error a document is a string; leave the column out instead
  await collection.add({ ids: ['a'], documents: [null] });
  // @ts-expect-error metadata values are not objects
  await collection.add({ ids: ['a'], documents: ['x'], metadatas: [{ author: { name: 'x' } }] });
  // @ts-expect-error the column is called metadatas
  await collection.add({ ids: ['a'], documents: ['x'], metadata: [{ a: 1 }] });
  // @ts-expect-error include names columns
  await collection.get({ include: ['data'] });
  // @ts-expect-error the words of Python's client
  await collection.query({ query_texts: ['x'], n_results: 3 });
});

test('C8 filters are typed by their operators', () => {
  expectTypeOf<chromadb.Where & object>().not.toBeNever();
  const fine: Where[] = [
    { a: 1 },
    { a: 'x', b: 2 },
    { a: { $gt: 3 } },
    { a: { $in: ['x', 'y'] } },
    { '#document': { $regex: '^x' } },
    { $and: [{ a: 1 }, { $or: [{ b: true }, { c: { $not_contains: 'z' } }] }] },
  ];
  const texts: WhereDocument[] = [{ $contains: 'x' }, { $or: [{ $regex: 'x' }, { $not_contains: 'y' }] }];
  void [fine, texts];

  // @ts-expect-error an unknown operator
  void ({ a: { $like: 'x%' } } satisfies Where);
  // @ts-expect-error $in takes a list
  void ({ a: { $in: 'x' } } satisfies Where);
  // @ts-expect-error null is no operand
  void ({ a: null } satisfies Where);
  // @ts-expect-error $and takes conditions
  void ({ $and: ['x'] } satisfies Where);
  // @ts-expect-error a pattern is a string here, not a RegExp
  void ({ $regex: /x/ } satisfies WhereDocument);
  // @ts-expect-error $eq is for metadata
  void ({ $eq: 'x' } satisfies WhereDocument);
});

test('C10 configuration is typed by its keys', async () => {
  expectTypeOf<{ hnsw: chromadb.HNSWConfiguration }>().toExtend<CreateCollectionConfiguration>();
  expectTypeOf<chromadb.UpdateHNSWConfiguration>().toExtend<
    NonNullable<UpdateCollectionConfiguration['hnsw']>
  >();
  await client.createCollection({ name: 'abc', configuration: { hnsw: { space: 'ip', ef_search: null } } });
  // @ts-expect-error an unknown space
  await client.createCollection({ name: 'abc', configuration: { hnsw: { space: 'dot' } } });
  // @ts-expect-error an unknown key
  await client.createCollection({ name: 'abc', configuration: { hnsw: { ef: 3 } } });
  // @ts-expect-error the space of a collection is fixed
  await collection.modify({ configuration: { hnsw: { space: 'ip' } } });
  // @ts-expect-error a name is needed
  await client.createCollection({ metadata: { a: 1 } });
  // @ts-expect-error names are not passed bare
  await client.getCollection('abc');
});

test('C11 embedding functions written for chromadb are embedding functions here', () => {
  expectTypeOf<chromadb.EmbeddingFunction>().toExtend<EmbeddingFunction>();
  interface Config {
    model: string;
  }
  class Remote {
    name = 'remote';
    generate(texts: string[]): Promise<number[][]> {
      return Promise.resolve(texts.map(() => [1]));
    }
    getConfig(): Config {
      return { model: 'm' };
    }
    validateConfig(config: Config): void {
      void config.model;
    }
    static buildFromConfig(config: Config, of?: chromadb.ChromaClient): Remote {
      void [config.model, of?.tenant];
      return new Remote();
    }
  }
  expectTypeOf<Remote>().toExtend<EmbeddingFunction>();
  expectTypeOf<typeof Remote>().toExtend<EmbeddingFunctionClass>();
  // @ts-expect-error what generates no vectors is no embedding function
  void ({ name: 'x' } satisfies EmbeddingFunction);
  // @ts-expect-error it must be asynchronous
  void ({ generate: (texts: string[]) => texts.map(() => [1]) } satisfies EmbeddingFunction);
});

test('C1 every value that chromadb exports is exported here', () => {
  expectTypeOf<Exclude<keyof typeof chromadb, keyof typeof door>>().toBeNever();
  expectTypeOf<Exclude<keyof typeof chromadb, keyof typeof inlineDoor>>().toBeNever();
  expectTypeOf<keyof typeof theirs>().toEqualTypeOf<keyof typeof ours>();
});

test('C2 the arguments of a chromadb client are arguments of ours', () => {
  expectTypeOf<chromadb.ChromaClientArgs>().toExtend<ChromaClientArgs>();
  // @ts-expect-error storage has a form
  void ({ storage: 'localstorage' } satisfies ChromaClientArgs);
});
