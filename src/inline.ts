/** Door `kindex/inline`, and `kindex` itself in Node: the same names, with the store in this thread. */
import { ChromaClient as ClientOfAnyConnector, type ChromaClientArgs } from './client/chroma-client.js';
import { inlineConnector } from './host/inline-connector.js';

/** The client of `kindex`, with the store in the caller's thread. Storage defaults to `memory`. */
export class ChromaClient extends ClientOfAnyConnector {
  /** @throws VALUE_STORAGE · VALUE_NAME */
  constructor(args: ChromaClientArgs = {}) {
    super(args, inlineConnector);
  }
}

export { ChromaClient as KindexClient };
export type { ChromaClientArgs, CreateCollectionArgs, GetCollectionArgs } from './client/chroma-client.js';
export type {
  Collection,
  DeleteArgs,
  DeleteResult,
  GetArgs,
  ModifyArgs,
  QueryArgs,
} from './client/collection.js';
export type { EmbeddingsInput, RecordSet } from './client/check-records.js';
export type { CreateCollectionConfiguration, UpdateCollectionConfiguration } from './client/configuration.js';
export type { Where, WhereDocument } from './client/filters.js';
export { GetResult, QueryResult } from './client/results.js';
export type { GetResultRow, QueryRowResult } from './client/results.js';
export type { StorageOption } from './client/storage-option.js';
export type {
  CollectionConfiguration,
  HNSWConfiguration,
  PreflightChecks,
  UpdateHNSWConfiguration,
  UserIdentity,
} from './client/wire.js';
export {
  ChromaClientError,
  ChromaConnectionError,
  ChromaError,
  ChromaNotFoundError,
  ChromaQuotaExceededError,
  ChromaServerError,
  ChromaUniqueError,
  ChromaValueError,
} from './base/errors.js';
export type { ErrorCode, ErrorDetails } from './base/errors.js';
export type {
  Include,
  Matrix,
  Metadata,
  MetadataScalar,
  MetadataValue,
  Space,
  SparseVector,
  StoredEmbeddingFunction,
} from './base/types.js';
export type {
  EmbeddingFunction,
  EmbeddingFunctionClass,
  EmbeddingFunctionSpace,
} from './embed/embedding-function.js';
export { getEmbeddingFunction, registerEmbeddingFunction } from './embed/registry.js';
export type { StoreDiagnostics } from './rpc/service.js';
