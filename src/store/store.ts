/** One database: every call of `StoreService` on top of memory, the log and the commit queue. What it promises: SPEC.md. */
import { kindexError } from '../base/errors.js';
import type { CollectionRecord } from '../base/types.js';
import type { Core } from '../core/core.js';
import type {
  CollectionRef,
  CreateCollectionRequest,
  Database,
  DatabaseRef,
  DeleteRequest,
  ForkCollectionRequest,
  GetReply,
  GetRequest,
  IndexingReply,
  ModifyCollectionRequest,
  QueryReply,
  QueryRequest,
  StoreDiagnostics,
  StoreService,
  WriteReply,
  WriteRequest,
} from '../rpc/service.js';
import type { StorageBackend } from '../storage/storage.js';
import { Checkpointer, checkpointWarning, fallbackWarning } from './checkpoint.js';
import type { Collections } from './collections.js';
import { CommitQueue, exclusive } from './commit.js';
import type { Operation } from './commit.js';
import { checkLimit, createDelete } from './deletes.js';
import type { DeleteReply } from './deletes.js';
import { forkCollection } from './fork.js';
import { buildWarning, IndexBuilder } from './index-build.js';
import { createCollection, deleteCollection, modifyCollection } from './manage-collections.js';
import type { ManageContext } from './manage-collections.js';
import { createDatabase, createTenant, deleteDatabase } from './manage-databases.js';
import { getRecords, queryRecords } from './reads.js';
import { replay } from './replay.js';
import { createUuid } from './uuid.js';
import { WriteLog } from './write-log.js';
import type { Durability } from './write-log.js';
import { createWrite } from './writes.js';

export interface StoreOptions {
  /** The store's from here on: closed with it. When opening fails it stays the caller's. */
  backend: StorageBackend;
  core: Core;
  /** Default `strict`: a write is acknowledged when it survives a power cut. */
  durability?: Durability;
  /** Ids of the store and of collections. Default: random. */
  uuid?: () => string;
  /** Payload at which a segment of a checkpoint is full. Default 4 MiB, where reading is fastest. */
  segmentBytes?: number;
  /** What diagnostics is to tell of the surroundings. */
  warnings?: string[];
}

interface StoreParts {
  collections: Collections;
  log: WriteLog;
  queue: CommitQueue;
  checkpointer: Checkpointer;
  uuid: () => string;
  warnings: string[];
}

/** Which tab owns it is the host's to know, and so is opening by name. */
export class Store implements Omit<StoreService, 'open' | 'diagnostics'> {
  readonly #backend: StorageBackend;
  readonly #core: Core;
  readonly #collections: Collections;
  readonly #log: WriteLog;
  readonly #queue: CommitQueue;
  readonly #context: ManageContext;
  readonly #checkpointer: Checkpointer;
  readonly #builder: IndexBuilder;
  readonly #warnings: string[];
  #closing: Promise<void> | null = null;

  /**
   * Opens what the backend holds, or begins a new store, and takes it over from any former owner.
   * @throws FORMAT_CORRUPT · FORMAT_TOO_NEW · STORAGE_FENCED · STORAGE_QUOTA · STORAGE_LOST · STORAGE_FAILED ·
   * RUNTIME_OUT_OF_MEMORY. Cost: one pass over the segments of the last checkpoint and the log after it.
   */
  static async open(options: StoreOptions): Promise<Store> {
    const { backend, core, durability = 'strict', uuid = createUuid } = options;
    const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);
    const replayed = await replay({ backend, core, checksum, uuid });
    const { collections, head, headBytes, pending, opened, faults } = replayed;
    const log = new WriteLog({ backend, checksum, durability, headBytes, head, pending });
    const queue = new CommitQueue(log);
    const checkpointer = new Checkpointer({
      collections,
      log,
      queue,
      checksum,
      opened,
      segmentBytes: options.segmentBytes,
    });
    try {
      await log.takeOver();
      await checkpointer.sweep();
    } catch (error) {
      collections.clear();
      throw error;
    }
    const warnings = [...(options.warnings ?? []), ...faults.map(fallbackWarning)];
    return new Store(options, { collections, log, queue, checkpointer, uuid, warnings });
  }

  private constructor({ backend, core }: StoreOptions, parts: StoreParts) {
    const { collections, log, queue, checkpointer, uuid, warnings } = parts;
    this.#backend = backend;
    this.#core = core;
    this.#collections = collections;
    this.#log = log;
    this.#queue = queue;
    this.#checkpointer = checkpointer;
    this.#context = { collections, core, uuid };
    this.#warnings = warnings;
    this.#builder = new IndexBuilder({ indexed: () => collections });
    checkpointer.startIfDue();
    this.#builder.wake();
  }

  async diagnostics(): Promise<Omit<StoreDiagnostics, 'role'>> {
    this.#checkOpen();
    const { failure } = this.#checkpointer;
    const { usageBytes, quotaBytes } = await this.#backend.estimate();
    return {
      storage: this.#backend.name,
      core: this.#core.kind,
      engine: this.#core.kind === 'scalar' ? 'flat' : 'hnsw',
      collections: this.#collections.size,
      records: [...this.#collections].reduce((sum, { size }) => sum + size, 0),
      logBytes: this.#log.pending.bytes,
      originUsageBytes: usageBytes,
      originQuotaBytes: quotaBytes,
      commits: this.#queue.commits,
      warnings: [
        ...this.#warnings,
        ...(failure === null ? [] : [checkpointWarning(failure)]),
        ...(this.#builder.failure === null ? [] : [buildWarning(this.#builder.failure)]),
      ],
    };
  }

  async createCollection(request: CreateCollectionRequest): Promise<CollectionRecord> {
    return this.#submit(() => createCollection(request, this.#context));
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

  async deleteCollection(request: DatabaseRef & { name: string }): Promise<void> {
    return this.#submit(() => deleteCollection(request, this.#context));
  }

  async modifyCollection(request: ModifyCollectionRequest): Promise<CollectionRecord> {
    return this.#submit(() => modifyCollection(request, this.#context));
  }

  async write(request: WriteRequest): Promise<WriteReply> {
    const durable = this.#log.durability === 'strict';
    return this.#submit(() =>
      createWrite(request, { collections: this.#collections, core: this.#core, durable }),
    );
  }

  async get(request: GetRequest): Promise<GetReply> {
    return getRecords(this.#reading().get({ id: request.collectionId }), request);
  }

  async query(request: QueryRequest): Promise<QueryReply> {
    return queryRecords(this.#reading().get({ id: request.collectionId }), request, this.#core);
  }

  async delete(request: DeleteRequest): Promise<DeleteReply> {
    return this.#submit(() => createDelete(request, this.#collections));
  }

  async count({ collectionId }: { collectionId: string }): Promise<number> {
    return this.#reading().get({ id: collectionId }).size;
  }

  async forkCollection(request: ForkCollectionRequest): Promise<CollectionRecord> {
    return this.#submit(() => forkCollection(request, this.#context));
  }

  async indexingStatus({ collectionId }: { collectionId: string }): Promise<IndexingReply> {
    const { indexedSize, size } = this.#reading().get({ id: collectionId });
    return { indexed: Math.min(indexedSize, size), total: size };
  }

  async createTenant({ name }: { name: string }): Promise<void> {
    return this.#submit(() => createTenant(name, this.#context));
  }

  async getTenant({ name }: { name: string }): Promise<string> {
    this.#reading().databases.of(name);
    return name;
  }

  async createDatabase(request: DatabaseRef): Promise<Database> {
    return this.#submit(() => createDatabase(request, this.#context));
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

  async deleteDatabase(request: DatabaseRef): Promise<void> {
    return this.#submit(() => deleteDatabase(request, this.#context));
  }

  async reset(): Promise<void> {
    return this.#submit(() =>
      exclusive('reset', () => ({ entry: { op: 'reset' }, apply: () => this.#collections.clear() })),
    );
  }

  /**
   * Resolves when everything acknowledged so far lies in segments, so that opening has no log to replay. The store does
   * it by itself as the log grows.
   * @throws STORAGE_QUOTA · STORAGE_FENCED · STORAGE_LOST · STORAGE_FAILED; nothing is lost then
   */
  async checkpoint(): Promise<void> {
    this.#checkOpen();
    return this.#checkpointer.run();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#builder.stop();
    await this.#queue.idle();
    this.#checkpointer.startIfDue();
    await this.#checkpointer.idle();
    await this.#queue.idle();
    this.#collections.clear();
    await this.#backend.close();
  }

  async #submit<T>(create: () => Operation<T>): Promise<T> {
    this.#checkOpen();
    const reply = await this.#queue.submit(create());
    this.#checkpointer.startIfDue();
    this.#builder.noteCall();
    this.#builder.wake();
    return reply;
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
