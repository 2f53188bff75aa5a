/** One database: every call of `StoreService` on top of memory, the log and the commit queue. What it promises: SPEC.md. */
import { kindexError, type ChromaError } from '../base/errors.js';
import type { CollectionRecord, RequestId } from '../base/types.js';
import type { Core } from '../core/core.js';
import type {
  CollectionRef,
  CreateCollectionRequest,
  Database,
  DatabaseRef,
  DeleteRequest,
  ExportOpenReply,
  ExportReadReply,
  ForkCollectionRequest,
  GetReply,
  GetRequest,
  IndexingReply,
  ModifyCollectionRequest,
  PublishRequest,
  QueryReply,
  QueryRequest,
  SetAsideRecord,
  StoreDiagnostics,
  StoreReport,
  StoreService,
  WriteReply,
  WriteRequest,
} from '../rpc/service.js';
import type { StoreChange } from '../rpc/feed.js';
import type { StoreMarker } from '../storage/marker.js';
import type { StorageBackend } from '../storage/storage.js';
import { defaultEngine } from '../vector-index/engine.js';
import type { VectorEngine } from '../vector-index/engine.js';
import type { StoreCare } from './care.js';
import type { Checkpointer } from './checkpoint.js';
import type { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { exclusive, onDemand } from './commit.js';
import type { CommitQueue, Operation } from './commit.js';
import { checkLimit, createDelete } from './deletes.js';
import type { DeleteReply } from './deletes.js';
import type { ExportSessions } from './export-sessions.js';
import { forkCollection } from './fork.js';
import { IndexBuilder } from './index-build.js';
import { createCollection, deleteCollection, modifyCollection } from './manage-collections.js';
import type { ManageContext } from './manage-collections.js';
import { getRecords, queryRecords } from './reads.js';
import { openParts } from './open-store.js';
import type { OpenParts } from './open-store.js';
import type { Renumberer } from './renumber.js';
import type { Requests } from './requests.js';
import type { Scrubber, ScrubTimes } from './scrub.js';
import { filtersDocuments, hasFilter, loadFilters, NO_FILTERS } from './selection.js';
import type { FilterLanguage } from './selection.js';
import { createUuid } from './uuid.js';
import type { Durability, WriteLog } from './write-log.js';
import type { VectorLoader } from './vector-loader.js';
import { createWrite } from './writes.js';

export interface StoreOptions {
  /** The store's from here on: closed with it. When opening fails it stays the caller's. */
  backend: StorageBackend;
  core: Core;
  /** Makes the indexes. Default: the graph of `core`. */
  engine?: VectorEngine;
  /** Default `strict`: a write is acknowledged when it survives a power cut. */
  durability?: Durability;
  /** Ids of the store and of collections. Default: random. */
  uuid?: () => string;
  /** Payload at which a segment of a checkpoint is full. Default 4 MiB, where reading is fastest. */
  segmentBytes?: number;
  /** What diagnostics is to tell of the surroundings. */
  warnings?: string[];
  /** Kept outside the backend, so that a store the backend loses is not taken for a new one. Default: none. */
  marker?: StoreMarker;
  /** When the mark tells of a store and nothing is there: `throw` STORAGE_LOST (default), or `recreate`, begin a new one. */
  ifLost?: 'throw' | 'recreate';
  /** Room kept for deletes when the storage is full. Default 0: none. */
  reserveBytes?: number;
  /** True: every vector is read and proven now. For an opening after `onDamage`. */
  verify?: boolean;
  /** A segment that the opening had not read is damaged. The store has ended: opened again with `verify`, it tells what is lost. */
  onDamage?: () => void;
  /** Given: what is stored is read now and then, to see whether it is still whole (SPEC.md S61). Default: never. */
  scrub?: ScrubTimes;
  /** Hears of every commit once memory has followed it: its number since opening, from 1, and what it changed. */
  onCommit?: (commit: number, changes: StoreChange[]) => void;
}

interface StoreParts extends OpenParts {
  context: ManageContext;
  /** Null: all vectors are there. */
  loader: ((onDone: () => void) => VectorLoader) | null;
}

/** Which tab owns it is the host's to know, and so is opening by name. */
export class Store implements Omit<StoreService, 'open' | 'diagnostics' | 'resign' | 'salvage'> {
  readonly #backend: StorageBackend;
  readonly #core: Core;
  readonly #collections: Collections;
  readonly #log: WriteLog;
  readonly #queue: CommitQueue;
  readonly #requests: Requests;
  readonly #context: ManageContext;
  readonly #checkpointer: Checkpointer;
  /** Null until the first export. */
  #exports: ExportSessions | null = null;
  readonly #builder: IndexBuilder;
  /** Null until a graph is complete whose neighbors lie far apart. */
  #renumberer: Renumberer | null = null;
  /** Null: not asked for, or nothing was quiet yet. */
  #scrubber: Promise<Scrubber | null> | null = null;
  readonly #loader: VectorLoader | null;
  readonly #warnings: string[];
  readonly #care: StoreCare;
  #closing: Promise<void> | null = null;

  /**
   * Opens what the backend holds, or begins a new store, and takes it over from any former owner.
   * @throws FORMAT_CORRUPT · FORMAT_TOO_NEW · STORAGE_FENCED · STORAGE_QUOTA · STORAGE_LOST · STORAGE_FAILED ·
   * RUNTIME_OUT_OF_MEMORY. Cost: one pass over the segments of the last checkpoint and the log after it.
   */
  static async open(options: StoreOptions): Promise<Store> {
    const { backend, core, uuid = createUuid } = options;
    const engine = options.engine ?? defaultEngine(core);
    const parts = await openParts({
      backend,
      engine,
      uuid,
      checksum: (bytes) => core.crc32c(bytes),
      durability: options.durability ?? 'strict',
      segmentBytes: options.segmentBytes,
      marker: options.marker,
      ifLost: options.ifLost ?? 'throw',
      reserveBytes: options.reserveBytes ?? 0,
      verify: options.verify ?? false,
    });
    parts.queue.onCommit = options.onCommit ?? null;
    parts.reader.onDamage = (error) => {
      options.onDamage?.();
      parts.queue.end(error);
    };
    const { collections } = parts;
    let loader: StoreParts['loader'] = null;
    if ([...collections].some(({ vectors }) => vectors.absent > 0)) {
      const { VectorLoader } = await import('./vector-loader.js');
      loader = (onDone) => new VectorLoader(collections, onDone);
    }
    return new Store(options, { ...parts, loader, context: { collections, engine, uuid } });
  }

  private constructor({ backend, core, warnings = [], scrub }: StoreOptions, parts: StoreParts) {
    const { context, log, queue, requests, checkpointer, care, loader } = parts;
    const { collections } = context;
    this.#backend = backend;
    this.#core = core;
    this.#collections = collections;
    this.#log = log;
    this.#queue = queue;
    this.#requests = requests;
    this.#checkpointer = checkpointer;
    this.#context = context;
    this.#warnings = warnings;
    this.#care = care;
    this.#builder = new IndexBuilder({
      indexed: () => collections,
      onDone: () => {
        checkpointer.startIfIndexDue();
        if (scrub)
          this.#scrubber ??= import('./scrub.js').then(
            ({ Scrubber }) => new Scrubber(backend, core, parts, scrub, this.#builder),
            () => null,
          );
        if ([...collections].some(({ storableGraph }) => storableGraph?.renumberPays)) this.#renumberLater();
      },
    });
    checkpointer.holdIndexing = () => this.#builder.hold();
    this.#loader = loader?.(() => this.#builder.wake()) ?? null;
    checkpointer.startIfDue();
    this.#builder.wake();
  }

  async diagnostics(): Promise<Omit<StoreDiagnostics, 'role'>> {
    this.#checkOpen();
    const { diagnose } = await import('./diagnose.js');
    return diagnose({
      backend: this.#backend,
      core: this.#core,
      engine: this.#context.engine,
      collections: this.#collections,
      log: this.#log,
      queue: this.#queue,
      checkpointer: this.#checkpointer,
      builder: this.#builder,
      care: this.#care,
      warnings: this.#warnings,
    });
  }

  async createCollection(request: CreateCollectionRequest, id?: RequestId): Promise<CollectionRecord> {
    return this.#submit(() => createCollection(request, this.#context), id);
  }

  async getCollection(ref: CollectionRef): Promise<CollectionRecord> {
    return this.#reading().get(ref).record;
  }

  async listCollections(
    request: DatabaseRef & { limit: number; offset: number },
  ): Promise<CollectionRecord[]> {
    const { limit, offset } = request;
    const collections = this.#reading();
    checkLimit('limit', limit);
    checkLimit('offset', offset);
    return collections
      .in(request)
      .slice(offset, offset + limit)
      .map(({ record }) => record);
  }

  async countCollections(request: DatabaseRef): Promise<number> {
    return this.#reading().in(request).length;
  }

  async deleteCollection(request: DatabaseRef & { name: string }, id?: RequestId): Promise<void> {
    await this.#submit(() => deleteCollection(request, this.#context), id);
    this.#builder.wake(true);
  }

  async modifyCollection(request: ModifyCollectionRequest, id?: RequestId): Promise<CollectionRecord> {
    return this.#submit(() => modifyCollection(request, this.#context), id);
  }

  async write(request: WriteRequest, id?: RequestId): Promise<WriteReply> {
    const { durability = this.#log.durability } = request;
    const context = { collections: this.#collections, core: this.#core, durable: durability === 'strict' };
    const reply = await this.#submit(() => ({ ...createWrite(request, context), durability }), id);
    // Who waits for replies, as an import does, does not write faster than checkpoints take up.
    await this.#checkpointer.catchUp();
    return reply;
  }

  async get(request: GetRequest): Promise<GetReply> {
    const { collection, filters } = await this.#filterable(request);
    return getRecords(collection, request, filters);
  }

  async query(request: QueryRequest): Promise<QueryReply> {
    const { collection, filters } = await this.#filterable(request);
    const check = (): void => void this.#reading().get({ id: request.collectionId });
    return queryRecords(collection, request, { core: this.#core, filters, check });
  }

  /** Where a filter asks for documents and their index lies in the storage, that is read first, once. */
  async #filterable(
    request: GetRequest | QueryRequest,
  ): Promise<{ collection: CollectionState; filters: FilterLanguage }> {
    const ref = { id: request.collectionId };
    const collection = this.#reading().get(ref);
    if (!hasFilter(request)) return { collection, filters: NO_FILTERS };
    if (request.whereDocument !== undefined) this.#checkpointer.startIfIndexDue();
    const filters = await loadFilters(request, collection);
    const { filterIndex } = collection;
    if (filterIndex.isStored && filtersDocuments(request, filters)) await filterIndex.readStored();
    return { collection: this.#reading().get(ref), filters };
  }

  async delete(request: DeleteRequest, id?: RequestId): Promise<DeleteReply> {
    const { durability } = request;
    const create = (filters: FilterLanguage): Operation<DeleteReply> => ({
      ...createDelete(request, this.#collections, filters),
      durability,
    });
    return this.#submit(
      () =>
        hasFilter(request)
          ? onDemand('delete', async () =>
              create(await loadFilters(request, this.#collections.byId(request.collectionId))),
            )
          : create(NO_FILTERS),
      id,
    );
  }

  async count({ collectionId }: { collectionId: string }): Promise<number> {
    return this.#reading().get({ id: collectionId }).size;
  }

  async forkCollection(request: ForkCollectionRequest, id?: RequestId): Promise<CollectionRecord> {
    // A copy is made at once, of vectors that are there.
    const held = this.#collections.byId(request.id)?.vectors;
    const fork = (): Operation<CollectionRecord> =>
      forkCollection(request, { ...this.#context, onForked: () => this.#checkpointer.noteFork() });
    if (!held?.onDisk && !held?.absent) return this.#submit(fork, id);
    let unpin = (): void => {};
    const pinned = async (): Promise<Operation<CollectionRecord>> => {
      const source = this.#collections.byId(request.id);
      if (source) unpin = await source.vectors.pin(Uint32Array.from(source.liveRows()));
      return fork();
    };
    return this.#submit(() => onDemand('forkCollection', pinned), id).finally(() => unpin());
  }

  async indexingStatus({ collectionId }: { collectionId: string }): Promise<IndexingReply> {
    const { indexedSize, size } = this.#reading().get({ id: collectionId });
    return { indexed: Math.min(indexedSize, size), total: size };
  }

  async exportOpen(ref: CollectionRef): Promise<ExportOpenReply> {
    const exports = await this.#exportSessions();
    return exports.open(this.#reading().get(ref));
  }

  async exportRead({ exportId, row }: { exportId: string; row: number }): Promise<ExportReadReply> {
    const exports = await this.#exportSessions();
    this.#checkOpen();
    return exports.read(exportId, row);
  }

  async exportClose({ exportId }: { exportId: string }): Promise<void> {
    this.#exports?.close(exportId);
  }

  async #exportSessions(): Promise<ExportSessions> {
    this.#checkOpen();
    const { ExportSessions } = await import('./export-sessions.js');
    return (this.#exports ??= new ExportSessions(this.#context));
  }

  async publish(request: PublishRequest, id?: RequestId): Promise<CollectionRecord[]> {
    return this.#seldom('publish', id, async () => {
      const { publishCollections } = await import('./staging.js');
      return publishCollections(request, this.#collections);
    });
  }

  /** Deletes collections that imports have left unfinished, but for those of `running`. Returns how many. */
  async sweepStaged(running: ReadonlySet<string>): Promise<number> {
    return this.#seldom('sweep', undefined, async () => {
      const { sweepStaged } = await import('./staging.js');
      return sweepStaged(running, this.#collections);
    });
  }

  async report(): Promise<StoreReport> {
    const { reportCollection } = await import('./storage-report.js');
    const collections = [...this.#reading()].map(reportCollection);
    const { usageBytes, quotaBytes } = await this.#backend.estimate();
    return {
      state: this.#care.state,
      collections,
      logBytes: this.#log.pending.bytes,
      originUsageBytes: usageBytes,
      originQuotaBytes: quotaBytes,
    };
  }

  async createTenant({ name }: { name: string }, id?: RequestId): Promise<void> {
    return this.#seldom('createTenant', id, async () => {
      const { createTenant } = await import('./manage-databases.js');
      return createTenant(name, this.#context);
    });
  }

  async getTenant({ name }: { name: string }): Promise<string> {
    this.#reading().databases.of(name);
    return name;
  }

  async createDatabase(request: DatabaseRef, id?: RequestId): Promise<Database> {
    return this.#seldom('createDatabase', id, async () => {
      const { createDatabase } = await import('./manage-databases.js');
      return createDatabase(request, this.#context);
    });
  }

  async getDatabase(request: DatabaseRef): Promise<Database> {
    return { ...this.#reading().databases.get(request) };
  }

  async listDatabases(request: { tenant: string; limit: number; offset: number }): Promise<Database[]> {
    const { tenant, limit, offset } = request;
    checkLimit('limit', limit);
    checkLimit('offset', offset);
    const databases = this.#reading().databases.of(tenant);
    return databases.slice(offset, offset + limit).map((database) => ({ ...database }));
  }

  async deleteDatabase(request: DatabaseRef, id?: RequestId): Promise<void> {
    return this.#seldom('deleteDatabase', id, async () => {
      const { deleteDatabase } = await import('./manage-databases.js');
      return deleteDatabase(request, this.#context);
    });
  }

  async reset(_request?: unknown, id?: RequestId): Promise<void> {
    return this.#submit(
      () =>
        exclusive('reset', () => ({
          // The log it drops was also the memory of requests.
          entry: { op: 'reset', clients: this.#requests.list() },
          apply: () => this.#collections.clear(),
        })),
      id,
    );
  }

  /**
   * Resolves when everything acknowledged so far lies in segments, so that opening has no log to replay. The store does
   * it by itself as the log grows.
   * @throws STORAGE_QUOTA · STORAGE_FENCED · STORAGE_LOST · STORAGE_FAILED; nothing is lost then
   */
  async checkpoint(): Promise<void> {
    this.#checkOpen();
    this.#care.checkWritable();
    await this.#checkpointer.run();
    this.#builder.wake(true);
  }

  /** Resolves when everything acknowledged so far survives a power cut. @throws as `checkpoint` */
  async flush(): Promise<void> {
    this.#checkOpen();
    return this.#log.flush().catch((error: unknown) => this.#queue.failWith(error));
  }

  async listSetAside(request: { limit: number; offset: number }): Promise<SetAsideRecord[]> {
    checkLimit('limit', request.limit);
    checkLimit('offset', request.offset);
    const { listSetAside } = await import('./repair.js');
    return listSetAside(this.#reading(), request);
  }

  /** @throws STORAGE_QUOTA · STORAGE_FENCED · STORAGE_LOST · STORAGE_FAILED */
  async dropDamaged({ what }: { what: 'records' | 'log' }): Promise<{ dropped: number }> {
    this.#checkOpen();
    let dropped = 0;
    if (what === 'log') {
      await this.#care.makeWritable().catch((error: unknown) => this.#queue.failWith(error));
      return { dropped };
    }
    const { dropSetAside } = await import('./repair.js');
    for (const collection of this.#collections)
      dropped += await this.#submit(() => dropSetAside(collection), undefined);
    return { dropped };
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#loader?.stop();
    this.#renumberer?.stop();
    await this.#builder.stop();
    await (await this.#scrubber)?.stop();
    await this.#queue.idle();
    this.#checkpointer.startIfIndexDue();
    await this.#checkpointer.idle();
    await this.#queue.idle();
    await this.#care.close();
    this.#exports?.clear();
    this.#collections.clear();
    await this.#backend.close();
  }

  /** As `#submit`, for operations whose code is not loaded before they are asked for. */
  async #seldom<T>(name: string, id: RequestId | undefined, load: () => Promise<Operation<T>>): Promise<T> {
    return this.#submit(() => onDemand(name, load), id);
  }

  /** `id`: of the request, when it may be sent again. */
  async #submit<T>(create: () => Operation<T>, id: RequestId | undefined): Promise<T> {
    this.#checkOpen();
    return this.#requests.once(id, async () => {
      // What was stored before is answered also where nothing more can be.
      this.#care.checkWritable();
      const reply = await this.#queue.submit(create(), id);
      this.#checkpointer.startIfPressing();
      this.#care.afterWrite();
      this.#builder.noteCall();
      this.#builder.wake();
      return reply;
    });
  }

  #renumberLater(): void {
    import('./renumber.js')
      .then(({ Renumberer }) => {
        if (this.#closing) return;
        this.#renumberer ??= new Renumberer({
          collections: () => (this.ended ? [] : this.#collections),
          quietFor: () => this.#builder.quietMs,
        });
        this.#renumberer.wake();
      })
      // Searches are a little slower, and nothing else.
      .catch(() => {});
  }

  /** True: it answers nothing any more; opening it again reads what is stored. */
  get ended(): boolean {
    return this.#queue.failure !== null;
  }

  /** Its memory cannot be trusted any more: nothing of it is read or written from here on. Later calls reject with `error`. */
  abandon(error: ChromaError): void {
    this.#queue.end(error);
  }

  #reading(): Collections {
    this.#checkOpen();
    this.#builder.noteCall();
    return this.#collections;
  }

  /** @throws CLOSED, or the error that ended the store */
  #checkOpen(): void {
    if (this.#closing) throw kindexError('CLOSED', `Store "${this.#backend.name}" is closed.`);
    if (this.#queue.failure) throw this.#queue.failure;
  }
}
