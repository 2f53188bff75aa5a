/** The names both `kindex` and `kindex/inline` offer; the client class itself is each door's own. */
export type { AdminClientArgs, ListDatabasesArgs } from './admin-client.js';
export type {
  ChromaClientArgs,
  CreateCollectionArgs,
  GetCollectionArgs,
  SchemaLike,
} from './chroma-client.js';
export {
  ChromaForbiddenError,
  ChromaRateLimitError,
  ChromaUnauthorizedError,
  createErrorByType,
  InvalidCollectionError,
} from './chroma-errors.js';
export { AdminCloudClient, CloudClient } from './cloud-client.js';
export type { CloudClientArgs } from './cloud-client.js';
export { CollectionHandle } from './collection-handle.js';
export type { CollectionHandleParts } from './collection-handle.js';
export { baseRecordSetFields, IncludeEnum, ReadLevel, recordSetFields } from './constants.js';
export {
  getDefaultEFConfig,
  processCreateCollectionConfig,
  processUpdateCollectionConfig,
} from './configuration-helpers.js';
export type { ProcessCreateArgs, ProcessUpdateArgs } from './process-configuration.js';
export type {
  BaseRecordSet,
  CollectionMetadata,
  PreparedInsertRecordSet,
  PreparedRecordSet,
  QueryRecordSet,
} from './record-sets.js';
export { withChroma } from './with-chroma.js';
export type {
  Collection,
  DeleteArgs,
  DeleteResult,
  GetArgs,
  LiveQueryArgs,
  ModifyArgs,
  QueryArgs,
} from './collection.js';
export type { LiveOptions } from './live.js';
export type { SnapshotSource } from './snapshot-bytes.js';
export type { ExportArgs, ExportProgress, Snapshot } from './snapshot-export.js';
export type { SalvagedPart, SalvageReport } from './salvage-export.js';
export type { StoreCondition, WatchOptions } from './watch.js';
export type { SnapshotImportArgs, SnapshotImportProgress, SnapshotImportReport } from './snapshot-import.js';
export type { StorageReport } from './storage-report.js';
export { validateMetadata } from './check-metadata.js';
export type { EmbeddingsInput, RecordSet, WriteArgs } from './check-records.js';
export type { CreateCollectionConfiguration, UpdateCollectionConfiguration } from './configuration.js';
export type { Where, WhereDocument } from './filters.js';
export type { ImportOptions, ImportProgress, ImportRecord, ImportSource } from './import-records.js';
export { GetResult, QueryResult } from './results.js';
export type { GetResultRow, QueryRowResult } from './results.js';
export type { StorageOption } from './storage-option.js';
export type { OwnWorkers } from '../rpc/connect.js';
export type {
  CollectionConfiguration,
  HNSWConfiguration,
  IndexingStatus,
  PreflightChecks,
  SPANNConfiguration,
  UpdateHNSWConfiguration,
  UpdateSPANNConfiguration,
  UserIdentity,
} from './wire.js';
export {
  ChromaClientError,
  ChromaConnectionError,
  ChromaError,
  ChromaNotFoundError,
  ChromaQuotaExceededError,
  ChromaServerError,
  ChromaTypeError,
  ChromaUniqueError,
  ChromaValueError,
  InvalidArgumentError,
} from '../base/errors.js';
export type { ErrorCode, ErrorDetails } from '../base/errors.js';
export type {
  Include,
  Matrix,
  Metadata,
  MetadataScalar,
  MetadataValue,
  Space,
  SparseVector,
  StoredEmbeddingFunction,
} from '../base/types.js';
export type {
  EmbeddingFunction,
  EmbeddingFunctionClass,
  EmbeddingFunctionSpace,
} from '../embed/embedding-function.js';
export {
  getEmbeddingFunction,
  knownEmbeddingFunctions,
  registerEmbeddingFunction,
  serializeEmbeddingFunction,
} from '../embed/registry.js';
export type { BuildRequest, StoredBuildRequest } from '../embed/registry.js';
export type { RepairArgs, RepairReport } from './repair.js';
export type {
  CollectionStorage,
  DamageNote,
  Database,
  SalvageNote,
  SetAsideRecord,
  StoreDiagnostics,
  StoreReport,
  StoreState,
} from '../rpc/service.js';

export { Search, toSearch } from './search/search.js';
export type { SearchInit, SearchLike, SearchPayload } from './search/search.js';
export { K, Key } from './search/key.js';
export type { IterableInput, KeyFactory } from './search/key.js';
export { WhereExpression } from './search/where.js';
export type { WhereInput, WhereJSON } from './search/where.js';
export { Limit } from './search/limit.js';
export type { LimitInput, LimitOptions } from './search/limit.js';
export { Select } from './search/select.js';
export type { SelectInput, SelectKeyInput } from './search/select.js';
export { RankExpression } from './search/rank-expression.js';
export type { RankInput, RankLiteral } from './search/rank-expression.js';
export { Abs, Div, Exp, Log, Max, Min, Mul, Sub, Sum, Val } from './search/rank-operators.js';
export { Knn } from './search/knn.js';
export type { KnnOptions } from './search/knn.js';
export { Rrf } from './search/rrf.js';
export type { RrfOptions } from './search/rrf.js';
export { Aggregate, MaxK, MinK } from './search/aggregate.js';
export type { AggregateInput, AggregateJSON, MaxKJSON, MinKJSON } from './search/aggregate.js';
export { GroupBy } from './search/group-by.js';
export type { GroupByInput, GroupByJSON } from './search/group-by.js';
export { SearchResult } from './search/search-result.js';
export type { SearchResponse, SearchResultRow } from './search/search-result.js';
export { DOCUMENT_KEY, EMBEDDING_KEY } from './search/reserved-keys.js';
export { Schema } from './schema/schema.js';
export { Cmek, CmekProvider } from './schema/cmek.js';
export {
  BoolInvertedIndexConfig,
  FloatInvertedIndexConfig,
  FtsIndexConfig,
  IntInvertedIndexConfig,
  SparseVectorIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
} from './schema/index-config.js';
export type {
  IndexConfig,
  SparseVectorIndexConfigOptions,
  VectorIndexConfigOptions,
} from './schema/index-config.js';
export {
  BoolInvertedIndexType,
  FloatInvertedIndexType,
  FtsIndexType,
  IntInvertedIndexType,
  SparseVectorIndexType,
  StringInvertedIndexType,
  VectorIndexType,
} from './schema/index-type.js';
export {
  BoolValueType,
  FloatListValueType,
  FloatValueType,
  IntValueType,
  SparseVectorValueType,
  StringValueType,
  ValueTypes,
} from './schema/value-types.js';
export type {
  HnswIndexConfig,
  IndexJSON,
  SchemaJSON,
  SparseVectorIndexConfigJSON,
  SpannIndexConfig,
  ValueTypesJSON,
  VectorIndexConfigJSON,
} from './schema/schema-json.js';
export type { FunctionSource, KnownFunction } from './schema/function-source.js';
export {
  getSparseEmbeddingFunction,
  knownSparseEmbeddingFunctions,
  registerSparseEmbeddingFunction,
} from './schema/sparse-registry.js';
export type {
  AnyEmbeddingFunction,
  SparseEmbeddingFunction,
  SparseEmbeddingFunctionClass,
} from './schema/sparse-embedding-function.js';
