/** A collection as the user holds it: checks and packs on this side, one call to the store per operation. */
import { ChromaError, kindexError } from '../base/errors.js';
import { forEachSliced } from '../base/slices.js';
import type { CollectionRecord, Include, Matrix, Metadata } from '../base/types.js';
import { serializeEmbeddingFunction } from '../embed/registry.js';
import type { EmbeddingFunction } from '../embed/embedding-function.js';
import type { GetReply, RecordBatch, StoreService, WriteReply, WriteRequest } from '../rpc/service.js';
import {
  checkIds,
  checkInclude,
  checkLengths,
  checkLimit,
  checkResultCount,
  type EmbeddingsInput,
  type WriteArgs,
} from './check-records.js';
import type { UpdateCollectionConfiguration } from './configuration.js';
import type { ReadLevel } from './constants.js';
import type { Where, WhereDocument } from './filters.js';
import type { ImportOptions, ImportProgress, ImportSource } from './import-records.js';
import type { LiveOptions } from './live.js';
import { checkName } from './names.js';
import {
  copyMetadata,
  copyMetadatas,
  packEmbeddings,
  packTextColumn,
  packWrittenEmbeddings,
} from './pack-records.js';
import { GetResult, QueryResult } from './results.js';
import type { Schema } from './schema/schema.js';
import type { SearchLike } from './search/search.js';
import type { SearchResult } from './search/search-result.js';
import {
  toWireConfiguration,
  toWireIndexingStatus,
  type CollectionConfiguration,
  type IndexingStatus,
} from './wire.js';

/** Records one call may carry. */
export const MAX_BATCH_SIZE = 100_000;

export interface GetArgs {
  ids?: string[];
  where?: Where;
  limit?: number;
  offset?: number;
  whereDocument?: WhereDocument;
  /** Default: documents and metadatas. */
  include?: Include[];
}

export interface QueryArgs {
  /** One vector per query; wins over `queryTexts` when both are given. */
  queryEmbeddings?: EmbeddingsInput;
  /** Embedded by the collection's embedding function. */
  queryTexts?: string[];
  /** Not available: there is nothing that would load them. Alone it is refused. */
  queryURIs?: string[];
  /** Only these records are searched; unknown ids are ignored. */
  ids?: string[];
  /** 1…2,147,483,647, default 10; more than there are returns all. */
  nResults?: number;
  where?: Where;
  whereDocument?: WhereDocument;
  /** Default: metadatas, documents and distances. */
  include?: Include[];
}

/** What `live` asks again and again: a query by texts or by embeddings. */
export type LiveQueryArgs = QueryArgs & ({ queryTexts: string[] } | { queryEmbeddings: EmbeddingsInput });

export interface DeleteArgs {
  ids?: string[];
  where?: Where;
  whereDocument?: WhereDocument;
  /** Only with `where` or `whereDocument`: the first so many in insertion order. */
  limit?: number;
}

export interface DeleteResult {
  deleted: number;
}

export interface ModifyArgs {
  name?: string;
  /** Replaces the whole object. */
  metadata?: Metadata;
  configuration?: UpdateCollectionConfiguration;
}

/** Named records with vectors, found by nearness. Get one from a client; the store keeps it, this object is a handle. */
export interface Collection {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly database: string;
  readonly metadata: Metadata | undefined;
  readonly configuration: CollectionConfiguration;
  readonly embeddingFunction: EmbeddingFunction | undefined;
  /** What it was created with; undefined without one. */
  readonly schema: Schema | undefined;

  /**
   * Number of records. `readLevel` changes nothing: every read sees everything.
   * @throws NOT_FOUND_COLLECTION when it was deleted (so does every method here) · VALUE_READ_LEVEL
   */
  count(options?: { readLevel?: ReadLevel }): Promise<number>;

  /**
   * Stores new records; ids that exist are left as they are. All or nothing, durable when it resolves.
   * Without `embeddings`, `documents` are embedded by the collection's embedding function.
   * At most 100,000 records a call. What is stored is what was handed in at the call: it may be changed and used again at once.
   * Cost: one storage transaction, and a copy in the caller's thread before the call returns: about 4 ns a number from
   * `number[][]` (15 ms for 10,000 × 384), a third of that from typed arrays, a tenth from one matrix.
   * @throws VALUE_LENGTHS · VALUE_IDS · VALUE_DUPLICATE_IDS · VALUE_EMBEDDING · VALUE_DIMENSION · VALUE_NOT_FINITE ·
   * VALUE_ZERO_VECTOR · VALUE_METADATA · EMBED_NO_FUNCTION · EMBED_FAILED · STORAGE_QUOTA · OUTCOME_UNKNOWN
   */
  add(records: WriteArgs): Promise<void>;

  /** Changes existing records, field by field; metadata is merged by key, null deletes a key; unknown ids are ignored. @throws as `add` */
  update(records: WriteArgs): Promise<void>;

  /** `update` for ids that exist, `add` for the others. @throws as `add` */
  upsert(records: WriteArgs): Promise<void>;

  /**
   * Adds any number of records, from anything that can be iterated, in bounded memory: in chunks that are each stored whole. It can
   * be aborted, and goes on where it ended when it is called again with the same source, since ids that exist are skipped.
   * @returns how many records were read, stored and skipped
   * @throws as `add`, naming the records by their place in the source · ABORTED. Chunks stored before stay.
   */
  import(source: ImportSource, options?: ImportOptions): Promise<ImportProgress>;

  /** Records by id and filter, in insertion order. @throws VALUE_IDS · VALUE_INCLUDE · VALUE_LIMIT · VALUE_WHERE */
  get<TMeta extends Metadata = Metadata>(args?: GetArgs): Promise<GetResult<TMeta>>;

  /** The first records, with documents and metadatas. `limit`: default 10. */
  peek<TMeta extends Metadata = Metadata>(args?: { limit?: number }): Promise<GetResult<TMeta>>;

  /**
   * The records nearest to each query, nearest first; ties in insertion order.
   * @throws VALUE_N_RESULTS · VALUE_DIMENSION · VALUE_NOT_FINITE · VALUE_INCLUDE · VALUE_WHERE · EMBED_NO_FUNCTION
   */
  query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>>;

  /**
   * A query, or with arguments of `get` a reading, that stays: `onResult` gets the result at once, and again whenever it has
   * changed, by whichever tab. Texts are embedded once. Ends with the function that is returned, with `signal`, or with the
   * first error, which `onError` gets (NOT_FOUND_COLLECTION when the collection is deleted); without `onError` it is an
   * unhandled rejection. Cost: one query per change of the collection, one at a time.
   */
  live<TMeta extends Metadata = Metadata>(
    args: LiveQueryArgs,
    onResult: (result: QueryResult<TMeta>) => void,
    options?: LiveOptions,
  ): () => void;
  live<TMeta extends Metadata = Metadata>(
    args: GetArgs,
    onResult: (result: GetResult<TMeta>) => void,
    options?: LiveOptions,
  ): () => void;

  /** Deletes what the arguments select; `{}` deletes nothing. With ids alone, `deleted` counts the ids asked for. */
  delete(args: DeleteArgs): Promise<DeleteResult>;

  /** Changes name, metadata or configuration. @throws VALUE_NAME · VALUE_METADATA · VALUE_CONFIGURATION · EXISTS_COLLECTION */
  modify(args: ModifyArgs): Promise<void>;

  /**
   * A new collection in the same database with a copy of everything in this one, in the same order, all or nothing.
   * Later changes of the one do not reach the other. Cost: memory for a second collection.
   * @throws VALUE_NAME · EXISTS_COLLECTION · RUNTIME_OUT_OF_MEMORY
   */
  fork(args: { name: string }): Promise<Collection>;

  /** Always 0: a fork is a copy of its own here, nothing is shared. */
  forkCount(): Promise<number>;

  /** How many records the index knows; the others are found too, by comparing each. */
  getIndexingStatus(): Promise<IndexingStatus>;

  /**
   * Searches are built and checked; running them comes with a later version.
   * @throws RUNTIME_NOT_AVAILABLE always · VALUE_SEARCH · VALUE_SEARCH_TYPE · VALUE_READ_LEVEL for faulty ones
   */
  search(searches: SearchLike | SearchLike[], options?: { readLevel?: ReadLevel }): Promise<SearchResult>;
}

/** What a collection is made of on this side. */
export interface CollectionParts {
  store: StoreService;
  record: CollectionRecord;
  /** Undefined when the collection has none, or its stored one cannot be rebuilt here. */
  embed?: EmbeddingFunction | undefined;
  schema?: Schema | undefined;
}

export class CollectionImpl implements Collection {
  readonly #store: StoreService;
  readonly #schema: Schema | undefined;
  #record: CollectionRecord;
  #embed: EmbeddingFunction | undefined;

  constructor({ store, record, embed, schema }: CollectionParts) {
    this.#store = store;
    this.#record = record;
    this.#embed = embed;
    this.#schema = schema;
  }

  get id(): string {
    return this.#record.id;
  }

  get name(): string {
    return this.#record.name;
  }

  get tenant(): string {
    return this.#record.tenant;
  }

  get database(): string {
    return this.#record.database;
  }

  get metadata(): Metadata | undefined {
    return this.#record.metadata ?? undefined;
  }

  get configuration(): CollectionConfiguration {
    return toWireConfiguration(this.#record.configuration);
  }

  get embeddingFunction(): EmbeddingFunction | undefined {
    return this.#embed;
  }

  get schema(): Schema | undefined {
    return this.#schema;
  }

  async count(options?: { readLevel?: ReadLevel }): Promise<number> {
    await checkLevel(options?.readLevel);
    return this.#store.count({ collectionId: this.id });
  }

  async add(records: WriteArgs): Promise<void> {
    await this.#write('add', records);
  }

  async update(records: WriteArgs): Promise<void> {
    await this.#write('update', records);
  }

  async upsert(records: WriteArgs): Promise<void> {
    await this.#write('upsert', records);
  }

  async import(source: ImportSource, options?: ImportOptions): Promise<ImportProgress> {
    // Loaded on demand: who never imports does not carry it.
    const { importRecords } = await import('./import-records.js');
    return importRecords(this, (mode, records) => this.#write(mode, records), source, options);
  }

  async get<TMeta extends Metadata = Metadata>(args: GetArgs = {}): Promise<GetResult<TMeta>> {
    const { include = ['documents', 'metadatas'] } = args;
    checkInclude(include, { allowDistances: false });
    const limit = args.limit ?? undefined;
    const offset = args.offset ?? undefined;
    const selected = selection(args);
    checkLimit('limit', limit);
    checkLimit('offset', offset);
    const reply = await this.#store.get({
      collectionId: this.id,
      ...selected,
      ...(limit === undefined ? {} : { limit }),
      ...(offset === undefined ? {} : { offset }),
      include,
    });
    const columns = await unpackColumns<TMeta>(reply);
    return new GetResult<TMeta>({ ids: reply.ids, ...columns, include });
  }

  async peek<TMeta extends Metadata = Metadata>(args: { limit?: number } = {}): Promise<GetResult<TMeta>> {
    return this.get<TMeta>({ limit: args.limit ?? 10 });
  }

  async query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>> {
    const { include = ['metadatas', 'documents', 'distances'] } = args;
    const nResults = args.nResults ?? 10;
    checkInclude(include, { allowDistances: true });
    checkResultCount(nResults);
    const selected = selection(args);
    const vectors = await this.#queryVectors(args);
    const { results } = await this.#store.query({
      collectionId: this.id,
      vectors,
      nResults,
      ...selected,
      include,
    });
    const columns = await Promise.all(results.map((result) => unpackColumns<TMeta>(result)));
    const asked = (name: Include): boolean => include.includes(name);
    return new QueryResult<TMeta>({
      ids: results.map((result) => result.ids),
      distances: asked('distances') ? results.map((result) => Array.from(result.distances ?? [])) : [],
      documents: asked('documents') ? columns.map((column) => column.documents) : [],
      embeddings: asked('embeddings') ? columns.map((column) => column.embeddings) : [],
      metadatas: asked('metadatas') ? columns.map((column) => column.metadatas) : [],
      uris: asked('uris') ? columns.map((column) => column.uris) : [],
      include,
    });
  }

  live(
    args: LiveQueryArgs | GetArgs,
    onResult: (result: never) => void,
    options: LiveOptions = {},
  ): () => void {
    const stop = new AbortController();
    // Loaded on demand: who never watches does not carry it.
    void import('./live.js')
      .then(({ runLive }) =>
        runLive({
          collection: this,
          store: this.#store,
          args,
          onResult,
          stop,
          signal: options.signal,
          vectors: () => this.#queryVectors(args),
        }),
      )
      .catch(options.onError);
    return () => stop.abort();
  }

  async delete(args: DeleteArgs): Promise<DeleteResult> {
    const { limit } = args;
    const selected = selection(args);
    checkLimit('limit', limit);
    if (limit !== undefined && !selected.where && !selected.whereDocument) {
      throw kindexError(
        'VALUE_LIMIT',
        'limit can only be specified when a where or whereDocument clause is provided',
        { fix: 'Leave limit out, or add a where clause.' },
      );
    }
    return this.#store.delete({
      collectionId: this.id,
      ...selected,
      ...(limit === undefined ? {} : { limit }),
    });
  }

  async modify(args: ModifyArgs): Promise<void> {
    const { name, configuration } = args;
    const metadata = copyMetadata(args.metadata);
    if (name !== undefined) checkName(name, 'new_name');
    if (metadata) (await import('./check-metadata.js')).validateMetadata(metadata);
    const change =
      configuration && (await import('./configuration.js')).updateIndexConfiguration(configuration);
    const embed = configuration?.embeddingFunction;
    if (embed) this.#embed?.validateConfigUpdate?.(embed.getConfig?.() ?? {});
    const record = await this.#store.modifyCollection({
      id: this.id,
      ...(name === undefined ? {} : { name }),
      ...(metadata && { metadata }),
      ...(change && { configuration: change }),
      ...(embed === undefined ? {} : { embeddingFunction: serializeEmbeddingFunction(embed) }),
    });
    this.#record = record;
    if (embed !== undefined) this.#embed = embed ?? undefined;
  }

  async fork({ name }: { name: string }): Promise<Collection> {
    checkName(name, 'name');
    const record = await this.#store.forkCollection({ id: this.id, name });
    return new CollectionImpl({ store: this.#store, record, embed: this.#embed, schema: this.#schema });
  }

  async forkCount(): Promise<number> {
    await this.count();
    return 0;
  }

  async getIndexingStatus(): Promise<IndexingStatus> {
    return toWireIndexingStatus(await this.#store.indexingStatus({ collectionId: this.id }));
  }

  async search(
    searches: SearchLike | SearchLike[],
    options?: { readLevel?: ReadLevel },
  ): Promise<SearchResult> {
    await checkLevel(options?.readLevel);
    // Loaded on demand: who never searches this way does not carry the builders.
    const { searchPayloads } = await import('./search/search-payloads.js');
    searchPayloads(searches);
    throw kindexError('RUNTIME_NOT_AVAILABLE', 'search() is not available in this version.');
  }

  async #write(mode: WriteRequest['mode'], given: WriteArgs): Promise<WriteReply> {
    // Read once and copied before the first pause: what is stored is what was handed in at the call.
    const { ids, texts, uris, ...copies } = reading(() => {
      checkLengths(given);
      const { embeddings, documents } = given;
      const own = given.ids.slice();
      checkIds(own);
      if (mode !== 'update' && embeddings === undefined && documents === undefined) {
        throw kindexError('VALUE_MISSING', "At least one of 'embeddings' and 'documents' must be provided");
      }
      if (own.length > MAX_BATCH_SIZE) {
        throw kindexError(
          'VALUE_BATCH_SIZE',
          `Record set length ${own.length} exceeds max batch size ${MAX_BATCH_SIZE}`,
          { details: { length: own.length, max: MAX_BATCH_SIZE } },
        );
      }
      return {
        ids: own,
        texts: documents?.slice(),
        uris: given.uris?.slice(),
        metadatas: given.metadatas && copyMetadatas(given.metadatas),
        vectors: embeddings === undefined ? null : packWrittenEmbeddings(embeddings),
      };
    });
    const [vectors, metadatas] = await Promise.all([copies.vectors, copies.metadatas]).catch(unreadable);
    const batch: RecordBatch = { ids, vectors, documents: null, metadatas: null, uris: null };
    if (texts) batch.documents = await packTextColumn('documents', texts);
    const fields = await this.#fields(ids.length, texts, metadatas);
    if (fields) {
      // Loaded on demand, with all that metadata may be refused for.
      const { packMetadatas } = await import('./pack-metadatas.js');
      batch.metadatas = await packMetadatas(fields, { keepNulls: mode !== 'add' });
    }
    if (uris) batch.uris = await packTextColumn('uris', uris);
    if (vectors === null && texts) {
      batch.vectors = await this.#embedTexts(texts, 'document');
    }
    return this.#store.write({ collectionId: this.id, mode, batch });
  }

  /** The metadata to store: what is given, and the sparse vectors the schema asks for. */
  async #fields(
    count: number,
    documents: string[] | undefined,
    metadatas: (Metadata | null | undefined)[] | undefined,
  ): Promise<(Metadata | null | undefined)[] | undefined> {
    if (!this.#schema) return metadatas;
    const { withSparseFields } = await import('./sparse-fields.js');
    return withSparseFields(this.#schema, count, { documents, metadatas });
  }

  async #queryVectors(args: QueryArgs): Promise<Matrix> {
    const { queryEmbeddings, queryTexts } = args;
    if (queryEmbeddings !== undefined && queryEmbeddings !== null) {
      return reading(() => packEmbeddings(queryEmbeddings, 'queryEmbeddings'));
    }
    if (queryTexts === undefined) {
      throw kindexError(
        'VALUE_MISSING',
        "At least one of 'queryEmbeddings' and 'queryTexts' must be provided",
      );
    }
    if (!Array.isArray(queryTexts) || queryTexts.length === 0) {
      throw kindexError('VALUE_LENGTHS', "Expected 'queryTexts' to be a non-empty list", {
        details: { path: 'queryTexts' },
      });
    }
    queryTexts.forEach((text: unknown, index) => {
      if (typeof text === 'string') return;
      throw kindexError(
        'VALUE_ARGUMENT',
        `Expected queryTexts[${index}] to be a string, but got ${typeof text}`,
        {
          details: { path: `queryTexts[${index}]`, index },
        },
      );
    });
    return this.#embedTexts(queryTexts.slice(), 'query');
  }

  async #embedTexts(texts: string[], kind: 'document' | 'query'): Promise<Matrix> {
    const embed = this.#embed;
    if (!embed) throw (await import('./missing-function.js')).missingFunction(this.#record);
    // Loaded on demand: who brings embeddings does not carry it.
    const { embedTexts } = await import('./embed-texts.js');
    return embedTexts(embed, texts, kind);
  }
}

/** Arguments may be proxies or have getters, which throw what they like. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    return unreadable(cause);
  }
}

function unreadable(cause: unknown): never {
  if (cause instanceof ChromaError) throw cause;
  throw kindexError('VALUE_ARGUMENT', 'The arguments could not be read', { cause });
}

interface Selection {
  ids?: string[];
  where: unknown;
  whereDocument: unknown;
}

/** A choice of records as it is now: later changes are not seen. Null is the same as not given, as in chromadb. */
function selection({ ids, where, whereDocument }: GetArgs): Selection {
  return reading(() => {
    if (ids !== undefined && ids !== null) checkIds(ids);
    return { ...structuredClone({ where, whereDocument }), ...(ids && { ids: ids.slice() }) };
  });
}

async function checkLevel(level: unknown): Promise<void> {
  if (level !== undefined && level !== null) (await import('./read-level.js')).checkReadLevel(level);
}

interface Columns<TMeta extends Metadata> {
  documents: (string | null)[];
  embeddings: number[][];
  metadatas: (TMeta | null)[];
  uris: (string | null)[];
}

/** Columns that were not asked for come out as `[]`. */
async function unpackColumns<TMeta extends Metadata>(reply: GetReply): Promise<Columns<TMeta>> {
  const columns: Columns<TMeta> = {
    documents: reply.documents ?? [],
    embeddings: [],
    metadatas: [],
    uris: reply.uris ?? [],
  };
  const { metadatas, embeddings } = reply;
  if (metadatas) {
    await forEachSliced(metadatas.length, (i) => {
      const text = metadatas[i];
      columns.metadatas.push(text === null || text === undefined ? null : (JSON.parse(text) as TMeta));
    });
  }
  if (embeddings) {
    const { data, rows, dimensions } = embeddings;
    await forEachSliced(rows, (row) => {
      columns.embeddings.push(Array.from(data.subarray(row * dimensions, (row + 1) * dimensions)));
    });
  }
  return columns;
}
