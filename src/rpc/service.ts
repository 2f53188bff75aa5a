/**
 * The services a worker (or the same thread, inline) offers: every call and reply, cloneable values only.
 * The page half and the worker half both read this file, neither imports the other.
 */
import type {
  CollectionConfigurationRecord,
  CollectionRecord,
  Include,
  Matrix,
  Metadata,
  PackedTexts,
} from '../base/types.js';

/** The namespace a collection lives in. */
export interface DatabaseRef {
  tenant: string;
  database: string;
}

export interface CreateCollectionRequest extends DatabaseRef {
  name: string;
  metadata: Metadata | null;
  configuration: CollectionConfigurationRecord;
  /** Chroma's JSON of a schema; kept and given back, and asked which filters it allows. */
  schema?: Record<string, unknown>;
  /** True: an existing collection of that name is returned unchanged, the other arguments are ignored. */
  getOrCreate: boolean;
}

/** A namespace of collections inside a tenant. `id`: a UUID, all zeros for the default one. */
export interface Database {
  id: string;
  name: string;
  tenant: string;
}

export interface ForkCollectionRequest {
  id: string;
  /** Of the copy, in the same database. */
  name: string;
}

/** How far the index of a collection has come: records it does not know yet are compared one by one. */
export interface IndexingReply {
  indexed: number;
  total: number;
}

/** How a collection is found: by name inside a database, or by id alone. */
export type CollectionRef = (DatabaseRef & { name: string }) | { id: string };

export interface ModifyCollectionRequest {
  id: string;
  name?: string;
  /** Replaces the whole object. */
  metadata?: Metadata;
  configuration?: Partial<CollectionConfigurationRecord['index']>;
  embeddingFunction?: CollectionConfigurationRecord['embeddingFunction'];
}

/** `ids.length` records, column by column. A null column is not given; a given column covers every id. */
export interface RecordBatch {
  ids: string[];
  vectors: Matrix | null;
  documents: PackedTexts | null;
  /** One JSON object text per record; absent entries leave the stored metadata as it is. */
  metadatas: PackedTexts | null;
  uris: PackedTexts | null;
}

/**
 * `add` ignores ids that exist, `update` ignores ids that do not, `upsert` takes both.
 * `request` is unique per caller and lets a resent write be recognised.
 */
export interface WriteRequest {
  collectionId: string;
  mode: 'add' | 'update' | 'upsert';
  batch: RecordBatch;
  /** `relaxed`: answered when the bytes are handed over; a power cut may undo it until `flush`. Default `strict`. */
  durability?: 'strict' | 'relaxed';
}

export interface WriteReply {
  /** Records newly stored, and existing records changed. */
  added: number;
  updated: number;
  /** False only under relaxed durability: the write is accepted, a power cut may still undo it. */
  durable: boolean;
}

/** Which records a read or delete concerns: the intersection of what is given; all records when nothing is. */
export interface Selection {
  ids?: string[];
  where?: unknown;
  whereDocument?: unknown;
}

export interface GetRequest extends Selection {
  collectionId: string;
  limit?: number;
  offset?: number;
  include: Include[];
}

/** Columns are null when not asked for, else one entry per id. */
export interface GetReply {
  ids: string[];
  documents: (string | null)[] | null;
  /** JSON object texts. */
  metadatas: (string | null)[] | null;
  uris: (string | null)[] | null;
  embeddings: Matrix | null;
}

export interface QueryRequest extends Selection {
  collectionId: string;
  /** One row per query. */
  vectors: Matrix;
  nResults: number;
  include: Include[];
}

/** One reply per query vector, nearest first; `distances` is null when not asked for. */
export interface QueryReply {
  results: (GetReply & { distances: Float32Array<ArrayBuffer> | null })[];
}

export interface DeleteRequest extends Selection {
  collectionId: string;
  /** As in WriteRequest. */
  durability?: 'strict' | 'relaxed';
  limit?: number;
}

/** Something that opening found damaged or missing, and what became of it. */
export interface DamageNote {
  /**
   * `covered`: another copy made up for it, nothing is lost. `dropped`: the last write was not whole and is gone.
   * `set-aside`: records that miss a part are kept apart. `read-only`: what came after is not known, so nothing is written.
   * `older`: the browser has put an older state, or another store, in the place of this one. `recreated`: the store was
   * lost, and a new one was begun because the client asked for it.
   */
  effect: 'covered' | 'dropped' | 'set-aside' | 'read-only' | 'older' | 'recreated';
  message: string;
  details: Record<string, unknown>;
}

/** A record that misses a part: no call but `repair` sees it until its id is written or deleted. */
export interface SetAsideRecord {
  collectionId: string;
  /** Null: lost. */
  id: string | null;
  /** What is not known of it. */
  lost: ('id' | 'embedding' | 'document' | 'metadata' | 'uri')[];
  document: string | null;
  /** JSON object text. */
  metadata: string | null;
  uri: string | null;
}

/** What a store says of itself; shown by `client.diagnostics()`. */
export interface StoreDiagnostics {
  storage: string;
  /** Which build of the core runs: `wasm-relaxed`, `wasm-simd` where relaxed SIMD is missing, `scalar` where all SIMD is. */
  core: string;
  engine: string;
  /** `leader` owns the stored database, `follower` reaches it through the tab that does, `alone` needs no owner. */
  role: 'leader' | 'follower' | 'alone';
  collections: number;
  records: number;
  /** Bytes of log that opening would have to replay: what was written since the last checkpoint. */
  logBytes: number;
  /** What the platform reports for the whole origin; null where it reports nothing. An estimate, not a guard. */
  originUsageBytes: number | null;
  originQuotaBytes: number | null;
  /** Transactions committed since open: at most one per group of concurrent writes. */
  commits: number;
  /** Writes acknowledged that a power cut may still undo: those of `durability: 'relaxed'` since the last `flush`. */
  unflushed: number;
  /** `full` from a write that found no room until there is room again; `read-only` until `repair({ drop: true })`. */
  state: StoreState;
  /** Records that miss a damaged part and are kept apart: see `repair`. */
  setAside: number;
  /** Records whose float32 vectors are in the storage alone, as their collections are configured (`vectors: 'disk'`). */
  vectorsOnDisk: number;
  /** Records whose float32 vectors are still being read since the opening; answers wait for those they need. */
  vectorsToLoad: number;
  /** What opening found damaged, and what was done about it. */
  damage: DamageNote[];
  warnings: string[];
}

/** A collection as it was when the export was opened. */
export interface ExportOpenReply {
  exportId: string;
  collection: CollectionRecord;
  records: number;
}

export interface ExportReadReply {
  /** About 1 MiB of records in insertion order; null when there are none left. */
  batch: RecordBatch | null;
  /** Where to go on. */
  next: number;
}

/** What is missing of a store that does not open, in words. */
export interface SalvageNote {
  message: string;
  details: Record<string, unknown>;
}

/** What a salvage found of one collection. */
export interface SalvagedCollection {
  collection: CollectionRecord;
  /** Records that are proved whole. */
  records: number;
  /** False: its name, metadata and configuration are lost; those told are made up. */
  described: boolean;
  /** Records that miss a part, or may: they are not given. */
  incomplete: number;
  /** Of those, as far as known; at most 1,000. */
  ids: string[];
  /** True: which records were deleted is lost, so that some of them may be among those that are given. */
  deletionsLost: boolean;
}

export interface SalvageOpenReply {
  collections: SalvagedCollection[];
  missing: SalvageNote[];
}

/** `id`: the caller's own, new for each salvage. */
export type SalvageRequest =
  | ({ step: 'open'; id: string } & DatabaseRef)
  | { step: 'read'; id: string; collectionId: string; row: number }
  | { step: 'close'; id: string };

export interface SalvageReplies {
  open: SalvageOpenReply;
  read: ExportReadReply;
  close: null;
}

export interface PublishRequest {
  /** Collections created under a name of `importName`, and the names they get. */
  collections: { id: string; name: string }[];
  /** True: collections that have these names are deleted in the same commit. */
  replace: boolean;
}

/** `ok`: all works. `full`: the quota is used up, reads and deletes go on. `read-only`: nothing can be stored, reads go on. */
export type StoreState = 'ok' | 'full' | 'read-only';

/** Bytes of one collection. */
export interface CollectionStorage {
  id: string;
  name: string;
  tenant: string;
  database: string;
  records: number;
  dimensions: number | null;
  /** As they are in memory: 4 bytes per dimension and record. */
  vectorBytes: number;
  /** Ids, documents, metadata and uris. */
  recordBytes: number;
  /** In segments, as of the last checkpoint; what was written later lies in the log. `index` can be made again from the others. */
  storedBytes: { vectors: number; records: number; index: number };
  /** Records that miss a damaged part: neither read nor exported until they are written again. */
  setAside: number;
  /** True: an import that has not finished; nobody else sees it. */
  importing: boolean;
}

/** What takes up how much. */
export interface StoreReport {
  state: StoreState;
  /** Of every database. */
  collections: CollectionStorage[];
  /** What was written since the last checkpoint. */
  logBytes: number;
  /** Of the whole origin, as the platform estimates it; null where it does not. */
  originUsageBytes: number | null;
  originQuotaBytes: number | null;
}

export interface OpenRequest {
  /** `indexeddb:NAME`, `memory` or `memory:NAME`. */
  storage: string;
  /** When a store was kept there and the browser has lost it: STORAGE_LOST, or a new one. Default `throw`. */
  ifLost?: 'throw' | 'recreate' | undefined;
}

/** The database: one per storage name. Every method rejects with an error of `base/errors.ts`. */
export interface StoreService {
  /**
   * Must be the first call; the store behind it stays open until `close`. Null: it is lost or damaged and does not open; every
   * call tells why, and `reset` begins a new store.
   */
  open(request: OpenRequest): Promise<StoreDiagnostics | null>;
  diagnostics(): Promise<StoreDiagnostics>;
  createCollection(request: CreateCollectionRequest): Promise<CollectionRecord>;
  getCollection(ref: CollectionRef): Promise<CollectionRecord>;
  listCollections(request: DatabaseRef & { limit: number; offset: number }): Promise<CollectionRecord[]>;
  countCollections(request: DatabaseRef): Promise<number>;
  deleteCollection(request: DatabaseRef & { name: string }): Promise<void>;
  modifyCollection(request: ModifyCollectionRequest): Promise<CollectionRecord>;
  write(request: WriteRequest): Promise<WriteReply>;
  get(request: GetRequest): Promise<GetReply>;
  query(request: QueryRequest): Promise<QueryReply>;
  delete(request: DeleteRequest): Promise<{ deleted: number }>;
  count(request: { collectionId: string }): Promise<number>;
  /** A new collection with a copy of all records, metadata and configuration, in one commit. */
  forkCollection(request: ForkCollectionRequest): Promise<CollectionRecord>;
  indexingStatus(request: { collectionId: string }): Promise<IndexingReply>;
  createTenant(request: { name: string }): Promise<void>;
  /** The tenant's name; rejects with NOT_FOUND_TENANT when there is none. */
  getTenant(request: { name: string }): Promise<string>;
  createDatabase(request: DatabaseRef): Promise<Database>;
  getDatabase(request: DatabaseRef): Promise<Database>;
  /** In creation order. */
  listDatabases(request: { tenant: string; limit: number; offset: number }): Promise<Database[]>;
  /** Deletes its collections in the same commit. */
  deleteDatabase(request: DatabaseRef): Promise<void>;
  /**
   * Drops every collection of every database, and every tenant and database but the default ones. A store that does not open,
   * because it is lost or damaged, is deleted with all that is left of it.
   */
  reset(): Promise<void>;
  /** Resolves when everything acknowledged so far survives a power cut. */
  flush(): Promise<void>;
  /** Records that miss a part, in the order of their collections and rows. */
  listSetAside(request: { limit: number; offset: number }): Promise<SetAsideRecord[]>;
  /** Gives up what is damaged: the records set aside, or, in a store open for reading only, the log from the damage on. */
  dropDamaged(request: { what: 'records' | 'log' }): Promise<{ dropped: number }>;
  /** Begins to read a collection as it is now, whatever is written meanwhile. */
  exportOpen(ref: CollectionRef): Promise<ExportOpenReply>;
  /** Records from `row` on, at first 0. */
  exportRead(request: { exportId: string; row: number }): Promise<ExportReadReply>;
  exportClose(request: { exportId: string }): Promise<void>;
  /** Reads what is whole of a stored database that does not open. */
  salvage<R extends SalvageRequest>(request: R): Promise<SalvageReplies[R['step']]>;
  /** Shows imported collections under their names, in one commit. */
  publish(request: PublishRequest): Promise<CollectionRecord[]>;
  report(): Promise<StoreReport>;
  /** Hands the store to another tab when nothing is being done: this one is about to be frozen. The next call goes on as before. */
  resign(): Promise<void>;
  /** Waits for writes in progress, releases storage and memory. Calls after it reject with `CLOSED`. */
  close(): Promise<void>;
}

/** Every method; true: changes what is stored. The type keeps it complete. */
const METHODS: Record<keyof StoreService, boolean> = {
  open: false,
  diagnostics: false,
  createCollection: true,
  getCollection: false,
  listCollections: false,
  countCollections: false,
  deleteCollection: true,
  modifyCollection: true,
  write: true,
  get: false,
  query: false,
  delete: true,
  count: false,
  forkCollection: true,
  indexingStatus: false,
  createTenant: true,
  getTenant: false,
  createDatabase: true,
  getDatabase: false,
  listDatabases: false,
  deleteDatabase: true,
  reset: true,
  flush: false,
  listSetAside: false,
  dropDamaged: true,
  exportOpen: false,
  exportRead: false,
  exportClose: false,
  salvage: false,
  publish: true,
  report: false,
  resign: false,
  close: false,
};

/** Every method of the store service: what may be called across a hop. */
export const STORE_METHODS: readonly (keyof StoreService)[] = Object.keys(METHODS) as (keyof StoreService)[];

/** Calls that change what is stored: they carry a request id, so that they can be sent again and take effect once. */
export const STORE_WRITES: ReadonlySet<string> = new Set(STORE_METHODS.filter((method) => METHODS[method]));

export interface EmbedRequest {
  /** Persisted name of a built-in embedding function, e.g. `kindex-static`. */
  name: string;
  config: Record<string, unknown>;
  texts: string[];
  kind: 'document' | 'query';
}

export interface EmbedReply {
  vectors: Matrix;
  /** Texts of which no piece is in the vocabulary: their vector says nothing about them. */
  unknownTexts: number;
}

/** Text to vectors, off the main thread. */
export interface EmbedService {
  embed(request: EmbedRequest): Promise<EmbedReply>;
  /** Loads the model and checks its canaries, so that the first `embed` is fast. */
  prepare(request: {
    name: string;
    config: Record<string, unknown>;
  }): Promise<{ dimensions: number; loadMs: number }>;
}
