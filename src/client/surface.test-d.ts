/** Every type chromadb exports exists under the same name at both doors, and values typed by the one fit the other. */
import type * as chromadb from 'chromadb';
import { expectTypeOf, test } from 'vitest';
import type * as inlineDoor from '../inline.js';
import type * as kindex from '../index.js';

/** A name that is missing does not compile. */
type Named = [
  kindex.AdminClientArgs,
  kindex.AggregateInput,
  kindex.AggregateJSON,
  kindex.AnyEmbeddingFunction,
  kindex.BaseRecordSet,
  kindex.ChromaClientArgs,
  kindex.Collection,
  kindex.CollectionConfiguration,
  kindex.CollectionMetadata,
  kindex.CreateCollectionConfiguration,
  kindex.DeleteResult,
  kindex.EmbeddingFunction,
  kindex.EmbeddingFunctionClass,
  kindex.EmbeddingFunctionSpace,
  kindex.GroupByInput,
  kindex.GroupByJSON,
  kindex.HNSWConfiguration,
  kindex.IncludeEnum,
  kindex.IndexConfig,
  kindex.IndexingStatus,
  kindex.KeyFactory,
  kindex.KnnOptions,
  kindex.LimitInput,
  kindex.LimitOptions,
  kindex.ListDatabasesArgs,
  kindex.Metadata,
  kindex.MetadataScalar,
  kindex.PreparedInsertRecordSet,
  kindex.PreparedRecordSet,
  kindex.QueryRecordSet,
  kindex.QueryRowResult,
  kindex.RankInput,
  kindex.RankLiteral,
  kindex.ReadLevel,
  kindex.RecordSet,
  kindex.RrfOptions,
  kindex.SearchInit,
  kindex.SearchLike,
  kindex.SearchResultRow,
  kindex.SelectInput,
  kindex.SelectKeyInput,
  kindex.SparseEmbeddingFunction,
  kindex.SparseEmbeddingFunctionClass,
  kindex.SparseVector,
  kindex.SparseVectorIndexConfigOptions,
  kindex.UpdateCollectionConfiguration,
  kindex.UpdateHNSWConfiguration,
  kindex.UpdateSPANNConfiguration,
  kindex.UserIdentity,
  kindex.VectorIndexConfigOptions,
  kindex.Where,
  kindex.WhereDocument,
  kindex.WhereInput,
  kindex.WhereJSON,
];

/** Both doors have the same ones; three stand for all, since they share one list. */
type AlsoInline = [inlineDoor.AdminClientArgs, inlineDoor.ReadLevel, inlineDoor.IndexingStatus];

test('every type-only name of chromadb exists', () => {
  expectTypeOf<Named['length']>().toEqualTypeOf<54>();
  expectTypeOf<AlsoInline['length']>().toEqualTypeOf<3>();
});

test('values typed with chromadb’s names fit ours', () => {
  expectTypeOf<chromadb.CollectionMetadata>().toExtend<kindex.CollectionMetadata>();
  expectTypeOf<chromadb.BaseRecordSet>().toExtend<kindex.BaseRecordSet>();
  expectTypeOf<chromadb.PreparedRecordSet>().toExtend<kindex.PreparedRecordSet>();
  expectTypeOf<chromadb.PreparedInsertRecordSet>().toExtend<kindex.PreparedInsertRecordSet>();
  expectTypeOf<chromadb.QueryRecordSet>().toExtend<kindex.QueryRecordSet>();
  expectTypeOf<chromadb.IndexingStatus>().toEqualTypeOf<kindex.IndexingStatus>();
  expectTypeOf<chromadb.ListDatabasesArgs>().toExtend<kindex.ListDatabasesArgs>();
  expectTypeOf<chromadb.AdminClientArgs>().toExtend<kindex.AdminClientArgs>();
  expectTypeOf<chromadb.ReadLevel>().toEqualTypeOf<kindex.ReadLevel>();
  expectTypeOf<`${chromadb.IncludeEnum}`>().toEqualTypeOf<kindex.IncludeEnum>();
  expectTypeOf<kindex.SearchResultRow>().toExtend<chromadb.SearchResultRow>();
  expectTypeOf<chromadb.UpdateSPANNConfiguration>().toExtend<kindex.UpdateSPANNConfiguration>();
});

test('the new calls have the shapes of chromadb', () => {
  expectTypeOf<kindex.Collection['forkCount']>().returns.resolves.toBeNumber();
  expectTypeOf<kindex.Collection['fork']>().parameters.toEqualTypeOf<[args: { name: string }]>();
  expectTypeOf<kindex.Collection['search']>().returns.resolves.toEqualTypeOf<kindex.SearchResult>();
  expectTypeOf<kindex.Collection['schema']>().toEqualTypeOf<kindex.Schema | undefined>();
  expectTypeOf<kindex.ChromaClient['collection']>().returns.toExtend<kindex.Collection>();
  expectTypeOf<kindex.AdminClient['listDatabases']>().returns.resolves.toEqualTypeOf<
    Awaited<ReturnType<chromadb.AdminClient['listDatabases']>>
  >();
  expectTypeOf<Parameters<chromadb.AdminClient['createDatabase']>>().toEqualTypeOf<
    Parameters<kindex.AdminClient['createDatabase']>
  >();
});
