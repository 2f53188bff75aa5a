/** A collection by id alone, without asking the store for it: no name, no configuration, and so no embedding function. */
import { kindexError, type ChromaError } from '../base/errors.js';
import type { StoreService } from '../rpc/service.js';
import type { WriteArgs } from './check-records.js';
import { CollectionImpl, type Collection, type ModifyArgs, type QueryArgs } from './collection.js';
import type { Metadata } from '../base/types.js';
import type { ReadLevel } from './constants.js';
import type { QueryResult } from './results.js';
import type { SearchLike } from './search/search.js';
import type { SearchResult } from './search/search-result.js';
import type { CollectionConfiguration } from './wire.js';

export interface CollectionHandleParts {
  store: StoreService;
  id: string;
  tenant: string;
  database: string;
}

/** What `client.collection(id)` gives. Whether the collection exists is seen at the first call. */
export class CollectionHandle extends CollectionImpl {
  constructor({ store, id, tenant, database }: CollectionHandleParts) {
    const configuration = {} as never;
    super({
      store,
      record: { id, name: '', tenant, database, metadata: null, configuration, dimensions: null },
    });
  }

  /** Not known here: an empty object, as in chromadb. */
  override get configuration(): CollectionConfiguration {
    return {} as CollectionConfiguration;
  }

  /** @throws EMBED_NO_FUNCTION without embeddings · as `Collection.add` */
  override async add(records: WriteArgs): Promise<void> {
    if (!records.embeddings) throw needsFunction();
    return super.add(records);
  }

  /** @throws EMBED_NO_FUNCTION for documents without embeddings · as `Collection.update` */
  override async update(records: WriteArgs): Promise<void> {
    if (!records.embeddings && records.documents) throw needsFunction();
    return super.update(records);
  }

  /** @throws EMBED_NO_FUNCTION without embeddings · as `Collection.upsert` */
  override async upsert(records: WriteArgs): Promise<void> {
    if (!records.embeddings) throw needsFunction();
    return super.upsert(records);
  }

  /** @throws EMBED_NO_FUNCTION without queryEmbeddings · as `Collection.query` */
  override async query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>> {
    if (!args.queryEmbeddings) throw needsFunction();
    return super.query<TMeta>(args);
  }

  /** @throws EMBED_NO_FUNCTION for a search by text · as `Collection.search` */
  override async search(
    searches: SearchLike | SearchLike[],
    options?: { readLevel?: ReadLevel },
  ): Promise<SearchResult> {
    const { ranksByText, searchPayloads } = await import('./search/search-payloads.js');
    if (ranksByText(searchPayloads(searches))) throw needsFunction();
    return super.search(searches, options);
  }

  /** @throws VALUE_ARGUMENT always */
  override async modify(_args: ModifyArgs): Promise<void> {
    throw notSupported('modify');
  }

  /** @throws VALUE_ARGUMENT always */
  override async fork(_args: { name: string }): Promise<Collection> {
    throw notSupported('fork');
  }
}

function needsFunction(): ChromaError {
  return kindexError(
    'EMBED_NO_FUNCTION',
    'This operation requires an embedding function, which is not available on a collection obtained via client.collection(id).',
    { fix: 'Pass embeddings, or get the collection with client.getCollection().' },
  );
}

function notSupported(method: string): ChromaError {
  return kindexError(
    'VALUE_ARGUMENT',
    `${method}() is not supported on a collection obtained via client.collection(id).`,
    { fix: 'Use client.getCollection() to get a full collection instance.' },
  );
}
