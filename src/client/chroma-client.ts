/** The client: Chroma's entry point, over a store in this browser instead of a server. */
/// <reference lib="esnext.disposable" preserve="true" />
import { kindexError } from '../base/errors.js';
import type { CollectionRecord, Metadata } from '../base/types.js';
import { VERSION } from '../base/version.js';
import type { EmbeddingFunction } from '../embed/embedding-function.js';
import { getEmbeddingFunction, givenTwice, serializeEmbeddingFunction } from '../embed/registry.js';
import { RemoteEmbeddingFunction } from '../embed/remote.js';
import { STATIC_IDENTITY } from '../embed/static-identity.js';
import {
  acquire,
  release,
  workerConnector,
  workersConnector,
  type Connection,
  type Connector,
  type OwnWorkers,
} from '../rpc/connect.js';
import type { CollectionRef, DatabaseRef, StoreDiagnostics } from '../rpc/service.js';
import { checkLimit } from './check-records.js';
import { CollectionHandle } from './collection-handle.js';
import { CollectionImpl, MAX_BATCH_SIZE, type Collection } from './collection.js';
import type { CreateCollectionConfiguration } from './configuration.js';
import { isForeignScript } from './foreign-script.js';
import { checkName } from './names.js';
import { copyMetadata } from './pack-records.js';
import type { RepairArgs, RepairReport } from './repair.js';
import type { Schema } from './schema/schema.js';
import type { ExportArgs, Snapshot } from './snapshot-export.js';
import type { SnapshotSource } from './snapshot-bytes.js';
import type { SnapshotImportArgs, SnapshotImportReport } from './snapshot-import.js';
import { checkStorage, type StorageOption } from './storage-option.js';
import type { StorageReport } from './storage-report.js';
import type { StoreCondition, WatchOptions } from './watch.js';
import { preflightChecks, userIdentity, type PreflightChecks, type UserIdentity } from './wire.js';

export interface ChromaClientArgs {
  /** Where the store lives. Default: `indexeddb:kindex` in browsers, `memory` in Node. All clients of one storage share one store. */
  storage?: StorageOption;
  /**
   * `relaxed`: writes and deletes of this client's collections are answered when their bytes are handed over to the browser, which
   * is faster; a power cut may undo them until `flush()`. Default `strict`.
   */
  durability?: 'strict' | 'relaxed';
  /**
   * When a store was kept there and the browser has lost it: `throw` (default) makes every call reject with STORAGE_LOST until
   * `reset()`; `recreate` begins a new one, and `diagnostics()` says so. The first client of a storage decides.
   */
  ifLost?: 'throw' | 'recreate';
  /** Workers you start yourself: for another engine, or a page that allows workers by Trusted Types only. The first client decides. */
  workers?: OwnWorkers;
  /** Default `default_tenant`. */
  tenant?: string;
  /** Default `default_database`. */
  database?: string;
  /** Accepted so that code written for a server runs unchanged; without effect. */
  host?: string;
  /** Without effect. */
  port?: number;
  /** Without effect. */
  ssl?: boolean;
  /** Kept and shown by `headers`; without effect. */
  headers?: Record<string, string>;
  /** Without effect. */
  fetchOptions?: RequestInit;
  /** Without effect. @deprecated */
  path?: string;
  /** Without effect. @deprecated */
  auth?: Record<string, string>;
}

export interface CreateCollectionArgs {
  /** 3–512 characters of [a-zA-Z0-9._-]. */
  name: string;
  configuration?: CreateCollectionConfiguration;
  metadata?: Metadata;
  /** Undefined: the built-in static model. Null: none, every record needs its embedding. */
  embeddingFunction?: EmbeddingFunction | null;
  /** Instead of `configuration` and `embeddingFunction`. Which indexes there are, and the embedding function. */
  schema?: SchemaLike;
}

/** A `Schema`, of kindex or of chromadb. */
export interface SchemaLike {
  serializeToJSON(): unknown;
  resolveEmbeddingFunction?(): EmbeddingFunction | null | undefined;
}

export interface GetCollectionArgs {
  name: string;
  /** Used instead of the stored one; the stored one is left as it is. */
  embeddingFunction?: EmbeddingFunction;
}

/**
 * Opens the store on first use; nothing happens at construction. Close it when done, or let the page end.
 *
 * @example
 * ```ts
 * import { ChromaClient } from 'kindex';
 *
 * const client = new ChromaClient();
 * const notes = await client.getOrCreateCollection({ name: 'notes' });
 * await notes.add({ ids: ['1', '2'], documents: ['Buy oat milk', 'Dentist on Tuesday'] });
 * const { documents } = await notes.query({ queryTexts: ['appointment'], nResults: 1 });
 * ```
 */
export class ChromaClient {
  readonly #args: ChromaClientArgs;
  readonly #storage: string;
  readonly #connector: Connector;
  #connection: Connection | null = null;
  #closed = false;
  #preflight: PreflightChecks | undefined;
  readonly #warnings: Set<string> = new Set();
  /** Texts the built-in function was given, and those it can make nothing of. */
  #texts = { given: 0, unknown: 0 };

  /** `connector`: how the store is reached; the doors of the package choose it. @throws VALUE_STORAGE · VALUE_NAME */
  constructor(args: ChromaClientArgs = {}, connector: Connector = workerConnector) {
    if (args.tenant !== undefined) checkName(args.tenant, 'tenant');
    if (args.database !== undefined) checkName(args.database, 'database');
    this.#storage = checkStorage(args.storage ?? connector.defaultStorage);
    this.#args = args;
    this.#connector = args.workers ? workersConnector(args.workers) : connector;
  }

  get tenant(): string {
    return this.#args.tenant ?? 'default_tenant';
  }

  get database(): string {
    return this.#args.database ?? 'default_database';
  }

  get headers(): Record<string, string> | undefined {
    return this.#args.headers;
  }

  /** Undefined until `getPreflightChecks` was called. */
  get preflightChecks(): PreflightChecks | undefined {
    return this.#preflight;
  }

  /** Nanoseconds since the epoch; resolves once the store is open. @throws STORAGE_UNAVAILABLE · STORAGE_BLOCKED · FORMAT_CORRUPT */
  async heartbeat(): Promise<number> {
    await this.#connect().store.diagnostics();
    return Date.now() * 1_000_000;
  }

  /** The version of kindex. */
  async version(): Promise<string> {
    return VERSION;
  }

  /**
   * Drops every collection of every database of this store. A store that is lost or damaged and does not open is deleted with
   * all that is left of it, and a new one begun.
   */
  async reset(): Promise<void> {
    await this.#connect().store.reset();
  }

  /** Resolves when everything acknowledged so far survives a power cut: the barrier of `durability: 'relaxed'`. @throws STORAGE_FAILED · STORAGE_LOST */
  async flush(): Promise<void> {
    await this.#connect().store.flush();
  }

  /**
   * Makes records whole again that miss a damaged embedding, from their document and the collection's embedding function, and
   * lists those that cannot be; `drop` gives those up. @throws STORAGE_QUOTA · STORAGE_LOST · and what embedding throws
   */
  async repair(args: RepairArgs = {}): Promise<RepairReport> {
    const { store } = this.#connect();
    const collectionOf = (id: string): Promise<Collection> => this.getCollectionById(id);
    return (await import('./repair.js')).repair({ store, collectionOf }, args);
  }

  /** There are no users here: the constant a local Chroma server answers. */
  async getUserIdentity(): Promise<UserIdentity> {
    return userIdentity(this.#scope());
  }

  /** The limits a client may want to know before it writes. */
  async getPreflightChecks(): Promise<PreflightChecks> {
    this.#preflight ??= preflightChecks(MAX_BATCH_SIZE);
    return this.#preflight;
  }

  /** Records one `add`, `update` or `upsert` may carry: 100,000. */
  async getMaxBatchSize(): Promise<number> {
    return (await this.getPreflightChecks()).max_batch_size;
  }

  async supportsBase64Encoding(): Promise<boolean> {
    return (await this.getPreflightChecks()).supports_base64_encoding;
  }

  /** Collections in order of creation. `limit`: default 100. @throws VALUE_LIMIT */
  async listCollections(args?: { limit?: number; offset?: number }): Promise<Collection[]> {
    const { limit = 100, offset = 0 } = args ?? {};
    checkLimit('limit', limit);
    checkLimit('offset', offset);
    const records = await this.#connect().store.listCollections({ ...this.#scope(), limit, offset });
    return Promise.all(records.map((record) => this.#handle(record, undefined)));
  }

  async countCollections(): Promise<number> {
    return this.#connect().store.countCollections(this.#scope());
  }

  /** @throws VALUE_NAME · VALUE_METADATA · VALUE_CONFIGURATION · EXISTS_COLLECTION */
  async createCollection(args: CreateCollectionArgs): Promise<Collection> {
    return this.#create(args, false);
  }

  /** An existing collection comes back as it is: `metadata` and `configuration` are then ignored. @throws as `createCollection` */
  async getOrCreateCollection(args: CreateCollectionArgs): Promise<Collection> {
    return this.#create(args, true);
  }

  /** Its embedding function is rebuilt from what is stored. @throws NOT_FOUND_COLLECTION with the nearest name */
  async getCollection(args: GetCollectionArgs): Promise<Collection> {
    return this.#get({ ...this.#scope(), name: args.name }, args.embeddingFunction);
  }

  /** @throws NOT_FOUND_COLLECTION */
  async getCollectionById(id: string): Promise<Collection> {
    return this.#get({ id }, undefined);
  }

  /** `crn`: `tenant:database:name`. @throws VALUE_ARGUMENT · NOT_FOUND_COLLECTION */
  async getCollectionByCrn(crn: string): Promise<Collection> {
    const [tenant, database, name, ...rest] = crn.split(':');
    if (!tenant || !database || !name || rest.length > 0) {
      throw kindexError('VALUE_ARGUMENT', `Expected a CRN of the form tenant:database:name, got '${crn}'`);
    }
    return this.#get({ tenant, database, name }, undefined);
  }

  /** Several at once, by name or with an embedding function each. @throws NOT_FOUND_COLLECTION */
  async getCollections(items: string[] | GetCollectionArgs[]): Promise<Collection[]> {
    return Promise.all(
      items.map((item) => this.getCollection(typeof item === 'string' ? { name: item } : item)),
    );
  }

  /** @throws NOT_FOUND_COLLECTION */
  async deleteCollection(args: { name: string }): Promise<void> {
    await this.#connect().store.deleteCollection({ ...this.#scope(), name: args.name });
  }

  /**
   * A handle made without asking the store. It takes and gives embeddings only; a missing collection is noticed at its
   * first call.
   */
  collection(id: string): CollectionHandle {
    return new CollectionHandle({ store: this.#connect().store, id, ...this.#scope() });
  }

  /** What runs where: storage, core, engine, sizes, and every degradation in words. */
  async diagnostics(): Promise<StoreDiagnostics> {
    const found = await this.#connect().store.diagnostics();
    const { given, unknown } = this.#texts;
    const warnings = [...found.warnings, ...this.#warnings];
    // A few odd texts are in every English collection; a tenth is another language.
    if (unknown * 10 > given) {
      warnings.push(
        `${unknown} of ${given} texts are in another script, or hold no word the built-in model knows. It is English-only: their vectors say little about them.`,
      );
    }
    return { ...found, warnings };
  }

  /**
   * Collections with everything in them but the indexes, as one file: `await (await client.export()).blob()`. Each is as it was at
   * the moment its reading began, whatever is written meanwhile. Reads only: it works on a full or read-only store, and with
   * `salvage: true` on a damaged one that does not open.
   * @throws NOT_FOUND_COLLECTION · VALUE_ARGUMENT; reading it: ABORTED · WORKER_DIED when the store has changed hands
   */
  async export(args?: ExportArgs): Promise<Snapshot> {
    const { exportSnapshot } = await import('./snapshot-export.js');
    return exportSnapshot(this.#connect().store, this.#scope(), args);
  }

  /**
   * What `export` gave, into this client's database: all of it, or nothing. Every byte is checked before anything can be seen,
   * and indexes are built anew. It may come from anywhere.
   * @throws FORMAT_SNAPSHOT saying where · FORMAT_TOO_NEW · EXISTS_COLLECTION · NOT_FOUND_COLLECTION · ABORTED · STORAGE_QUOTA
   */
  async import(source: SnapshotSource, args?: SnapshotImportArgs): Promise<SnapshotImportReport> {
    const { importSnapshot } = await import('./snapshot-import.js');
    return importSnapshot(this, this.#connect().store, source, args);
  }

  /**
   * Calls `listener` when the store is full, damaged or lost, and whenever that changes, for pages that only look on: a call that is
   * concerned tells it by itself. Resolves when `signal` is given or the client closed; rejects with what `listener` throws.
   */
  async watch(listener: (condition: StoreCondition) => void, options?: WatchOptions): Promise<void> {
    return (await import('./watch.js')).watchStore(() => this.diagnostics(), listener, options);
  }

  /** What each collection takes up, what the origin may use, and whether the browser may clear it. */
  async storageReport(): Promise<StorageReport> {
    return (await import('./storage-report.js')).storageReport(this.#connect().store);
  }

  /** Asks the browser to keep this origin's data when space runs short. True: it does. Call it from a page, after the user's first doings. */
  async persist(): Promise<boolean> {
    return (await import('./storage-report.js')).persist();
  }

  /** Gives the store back; the last client of a storage closes it. Closing twice is fine; calls after it reject with CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#connection) return;
    this.#connection = null;
    await release(this.#storage);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #scope(): DatabaseRef {
    return { tenant: this.tenant, database: this.database };
  }

  #connect(): Connection {
    if (this.#closed) throw kindexError('CLOSED', `The client of '${this.#storage}' is closed.`);
    this.#connection ??= acquire(this.#connector, this.#storage, this.#args.ifLost);
    return this.#connection;
  }

  async #create(args: CreateCollectionArgs, getOrCreate: boolean): Promise<Collection> {
    const { name, configuration } = args;
    const metadata = copyMetadata(args.metadata) ?? undefined;
    checkName(name, 'name');
    if (metadata) (await import('./check-metadata.js')).checkNewMetadata(metadata);
    if (args.embeddingFunction && configuration?.embeddingFunction) throw givenTwice();
    const given = givenFunction(args);
    const embed = given === undefined ? this.#warmedUp(this.#builtIn()) : (given ?? undefined);
    // Loaded on demand: who only opens collections does not carry it.
    const { createIndexConfiguration, readSchema, spaceWarning, withoutNulls } =
      await import('./configuration.js');
    const schema = readSchema(args);
    const index = createIndexConfiguration({ configuration, metadata, embeddingFunction: embed, schema });
    const record = await this.#connect().store.createCollection({
      ...this.#scope(),
      name,
      metadata: withoutNulls(metadata),
      configuration: { index, embeddingFunction: embed ? serializeEmbeddingFunction(embed) : null },
      ...(schema && { schema }),
      getOrCreate,
    });
    const warning = spaceWarning(record.configuration.index.space, given ?? undefined);
    if (warning) this.#warnings.add(warning);
    // On an existing collection the caller's function wins, the built-in one does not: what is stored does.
    // The schema as given has its functions with it, also those that are not registered.
    const same = JSON.stringify(record.schema) === JSON.stringify(schema);
    return this.#handle(record, given, same ? (args.schema as Schema | undefined) : undefined);
  }

  async #get(ref: CollectionRef, embed: EmbeddingFunction | undefined): Promise<Collection> {
    const collection = await this.#handle(await this.#connect().store.getCollection(ref), embed);
    this.#warmedUp(collection.embeddingFunction);
    return collection;
  }

  /** `given`: the embedding function to use, null for none, undefined for the stored one. */
  async #handle(
    record: CollectionRecord,
    given: EmbeddingFunction | null | undefined,
    schema?: Schema,
  ): Promise<Collection> {
    const { store } = this.#connect();
    return new CollectionImpl({
      store: this.#args.durability === 'relaxed' ? (await import('./relaxed.js')).relaxed(store) : store,
      record,
      embed: given === undefined ? await this.#rebuild(record) : (given ?? undefined),
      schema: schema ?? (await this.#schemaOf(record)),
    });
  }

  async #rebuild(record: CollectionRecord): Promise<EmbeddingFunction | undefined> {
    const stored = record.configuration.embeddingFunction;
    if (stored?.type !== 'known') return undefined;
    if (stored.name === STATIC_IDENTITY.name) return this.#builtIn(stored.config);
    return getEmbeddingFunction({ name: stored.name, config: stored.config, client: this });
  }

  async #schemaOf({ schema }: CollectionRecord): Promise<Schema | undefined> {
    if (!schema) return undefined;
    // Loaded on demand: who uses no schema does not carry its classes.
    const { Schema: SchemaClass } = await import('./schema/schema.js');
    return SchemaClass.deserializeFromJSON(schema, this);
  }

  #builtIn(config?: Record<string, unknown>): EmbeddingFunction {
    return new RemoteEmbeddingFunction({
      port: {
        embed: async (request) => {
          const { texts } = request;
          const reply = await this.#connect().embed.embed(request);
          this.#texts.given += texts.length;
          this.#texts.unknown += Math.max(reply.unknownTexts, texts.filter(isForeignScript).length);
          return reply;
        },
      },
      ...(config ? { config } : {}),
    });
  }

  /** Lets the built-in model load while the store opens. */
  #warmedUp<T extends EmbeddingFunction | undefined>(embed: T): T {
    if (this.#connector.warmsUp && embed instanceof RemoteEmbeddingFunction) {
      this.#connect()
        .embed.prepare({ name: embed.name, config: embed.getConfig() })
        .catch(() => {
          // The first text reports it.
        });
    }
    return embed;
  }
}

/** Null: none. Undefined: the caller does not say. */
function givenFunction({
  embeddingFunction,
  configuration,
  schema,
}: CreateCollectionArgs): EmbeddingFunction | null | undefined {
  return (
    embeddingFunction ??
    configuration?.embeddingFunction ??
    (embeddingFunction === null || configuration?.embeddingFunction === null
      ? null
      : schema?.resolveEmbeddingFunction?.())
  );
}
