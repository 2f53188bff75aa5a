/** What compiles with the classes of Schema and what does not; functions and JSON typed with chromadb's names fit. */
import type * as chromadb from 'chromadb';
import { expectTypeOf, test } from 'vitest';
import type { EmbeddingFunction } from '../../embed/embedding-function.js';
import { K } from '../search/key.js';
import { Cmek, CmekProvider } from './cmek.js';
import {
  FtsIndexConfig,
  IntInvertedIndexConfig,
  SparseVectorIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
  type IndexConfig,
  type SparseVectorIndexConfigOptions,
  type VectorIndexConfigOptions,
} from './index-config.js';
import { FtsIndexType, StringInvertedIndexType } from './index-type.js';
import { Schema } from './schema.js';
import type { HnswIndexConfig, SchemaJSON, SpannIndexConfig } from './schema-json.js';
import type { SparseEmbeddingFunction, SparseEmbeddingFunctionClass } from './sparse-embedding-function.js';
import { StringValueType, ValueTypes } from './value-types.js';

declare const dense: chromadb.EmbeddingFunction;
declare const sparse: chromadb.SparseEmbeddingFunction;
declare const client: chromadb.ChromaClient;

test('a whole schema is typed from end to end', () => {
  const schema = new Schema()
    .setCmek(Cmek.gcp('projects/p'))
    .createIndex(new VectorIndexConfig({ space: 'cosine', sourceKey: K.DOCUMENT, hnsw: { ef_search: 20 } }))
    .createIndex(new SparseVectorIndexConfig({ sourceKey: 'text', bm25: true }), 'sparse')
    .deleteIndex(new StringInvertedIndexConfig(), 'notes');
  expectTypeOf(schema).toEqualTypeOf<Schema>();
  expectTypeOf(schema.serializeToJSON()).toEqualTypeOf<SchemaJSON>();
  expectTypeOf(schema.resolveEmbeddingFunction()).toEqualTypeOf<EmbeddingFunction | null | undefined>();
  expectTypeOf(schema.keys['a']?.string?.ftsIndex?.enabled).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(Schema.deserializeFromJSON(schema.serializeToJSON(), client)).resolves.toEqualTypeOf<
    Schema | undefined
  >();
  expectTypeOf(
    Schema.deserializeFromJSON(JSON.parse('{}') as Record<string, unknown>),
  ).resolves.toEqualTypeOf<Schema | undefined>();
  expectTypeOf(Cmek.gcp('x').provider).toEqualTypeOf<CmekProvider>();
  expectTypeOf(CmekProvider.GCP).toEqualTypeOf<'gcp'>();
});

test('functions and options typed with chromadb fit', () => {
  new VectorIndexConfig({ embeddingFunction: dense });
  new SparseVectorIndexConfig({ embeddingFunction: sparse });
  expectTypeOf<chromadb.SparseEmbeddingFunction>().toExtend<SparseEmbeddingFunction>();
  expectTypeOf<chromadb.SparseEmbeddingFunctionClass>().toExtend<SparseEmbeddingFunctionClass>();
  expectTypeOf<Omit<chromadb.VectorIndexConfigOptions, 'sourceKey'>>().toExtend<
    Omit<VectorIndexConfigOptions, 'sourceKey'>
  >();
  expectTypeOf<Omit<chromadb.SparseVectorIndexConfigOptions, 'sourceKey'>>().toExtend<
    Omit<SparseVectorIndexConfigOptions, 'sourceKey'>
  >();
  expectTypeOf<NonNullable<chromadb.VectorIndexConfig['hnsw']>>().toExtend<HnswIndexConfig>();
  expectTypeOf<NonNullable<chromadb.VectorIndexConfig['spann']>>().toExtend<SpannIndexConfig>();
  expectTypeOf<ReturnType<chromadb.Schema['serializeToJSON']>['keys']>().toExtend<Record<string, object>>();
  expectTypeOf<VectorIndexConfig>().toExtend<IndexConfig>();
});

test('mistakes do not compile', () => {
  const schema = new Schema();
  // @ts-expect-error a space is one of three
  new VectorIndexConfig({ space: 'euclid' });
  // @ts-expect-error snake case is for the wire
  new VectorIndexConfig({ source_key: 'a' });
  // @ts-expect-error parameters have the server's names
  new VectorIndexConfig({ hnsw: { efSearch: 3 } });
  // @ts-expect-error a dense function is not a sparse one
  new SparseVectorIndexConfig({ embeddingFunction: dense });
  // @ts-expect-error nor the other way round
  new VectorIndexConfig({ embeddingFunction: sparse });
  // @ts-expect-error yes or no
  new SparseVectorIndexConfig({ bm25: 'yes' });
  // @ts-expect-error an instance, not an object
  schema.createIndex({ space: 'l2' });
  // @ts-expect-error an instance, not the class
  schema.createIndex(FtsIndexConfig, '#document');
  // @ts-expect-error a key is a string
  schema.createIndex(new IntInvertedIndexConfig(), 5);
  // @ts-expect-error a key is a string
  schema.deleteIndex(new IntInvertedIndexConfig(), K('a'));
  // @ts-expect-error a Cmek, not its name
  schema.setCmek('projects/p');
  // @ts-expect-error made by Cmek.gcp
  new Cmek('gcp', 'projects/p');
  // @ts-expect-error the kind does not change
  new FtsIndexConfig().type = 'IntInvertedIndexConfig';
  // @ts-expect-error each index with its own configuration
  new FtsIndexType(true, new StringInvertedIndexConfig());
  // @ts-expect-error each index in its own place
  new StringValueType(new StringInvertedIndexType(true, new StringInvertedIndexConfig()));
  // @ts-expect-error names here, not on the wire
  new ValueTypes().float_list = null;
  // @ts-expect-error JSON, not its text
  void Schema.deserializeFromJSON('{}');
});
