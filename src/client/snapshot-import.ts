/** `ChromaClient.import`: a snapshot, proved piece by piece, stored out of sight, and shown only when all of it has been proved. */
import { createCrc32c } from '../base/crc32c.js';
import { ChromaError, kindexError } from '../base/errors.js';
import { unpackText } from '../base/packed-texts.js';
import { forEachSliced } from '../base/slices.js';
import type { CollectionConfigurationRecord, PackedTexts } from '../base/types.js';
import { readSnapshot } from '../format/snapshot-reader.js';
import { asBadSnapshot, badSnapshot } from '../format/snapshot.js';
import type { SnapshotCollection, SnapshotRecords } from '../format/snapshot.js';
import { IMPORT_LOCK, openImports } from '../rpc/feed.js';
import type { ImportMessage } from '../rpc/feed.js';
import type { DatabaseRef, StoreService } from '../rpc/service.js';
import { checkMetadata } from './check-metadata.js';
import { placeOf } from './check-records.js';
import type { ChromaClient } from './chroma-client.js';
import { checkName } from './names.js';
import { abortedError, snapshotBytes } from './snapshot-bytes.js';
import type { SnapshotSource, SourceProgress } from './snapshot-bytes.js';
import { HNSW_PARAMETERS } from './wire-parameters.js';

export interface SnapshotImportArgs {
  /** Names of those to take. Default: all. */
  collections?: string[];
  /**
   * What happens where a collection of that name exists. `error` (default): EXISTS_COLLECTION, and nothing is stored. `skip`: it
   * stays, and the one of the snapshot is passed over. `replace`: it gives way, at the moment the new one is complete.
   */
  ifExists?: 'error' | 'skip' | 'replace';
  /** Ends the import; nothing of it is kept. */
  signal?: AbortSignal;
  /** Called after each piece. What it throws ends the import. */
  onProgress?: (progress: SnapshotImportProgress) => void;
}

/** How far an import has come. */
export interface SnapshotImportProgress {
  /** The one that is being read. */
  collection: string;
  /** Stored so far, of all collections. */
  records: number;
  /** Taken from the source so far. */
  bytes: number;
  /** Null where the source does not say. */
  totalBytes: number | null;
}

/** What an import has stored. */
export interface SnapshotImportReport {
  collections: { id: string; name: string; records: number }[];
  /** Names that existed, with `ifExists: 'skip'`. */
  skipped: string[];
}

interface Parts {
  client: ChromaClient;
  store: StoreService;
  database: DatabaseRef;
}

const IF_EXISTS: readonly unknown[] = ['error', 'skip', 'replace'];

/**
 * All collections of the snapshot, or none. Memory holds one piece of about 1 MiB.
 * @throws FORMAT_SNAPSHOT · FORMAT_TOO_NEW · EXISTS_COLLECTION · NOT_FOUND_COLLECTION for a name the snapshot does not have · ABORTED ·
 * VALUE_ARGUMENT · STORAGE_QUOTA. Nothing is stored then.
 */
export async function importSnapshot(
  client: ChromaClient,
  store: StoreService,
  source: SnapshotSource,
  args: SnapshotImportArgs = {},
): Promise<SnapshotImportReport> {
  const { ifExists = 'error', signal } = args;
  if (!IF_EXISTS.includes(ifExists)) {
    throw kindexError(
      'VALUE_ARGUMENT',
      `ifExists must be 'error', 'skip' or 'replace', got ${String(ifExists)}`,
    );
  }
  if (signal?.aborted) throw abortedError(signal);
  const { pieces, progress } = snapshotBytes(source, signal);
  const { tenant, database } = client;
  const staging = new Staging({ client, store, database: { tenant, database } }, args, progress);
  return holdingLock(staging.id, async () => {
    try {
      for await (const part of readSnapshot(pieces, createCrc32c())) {
        if (signal?.aborted) throw abortedError(signal);
        if (part.kind === 'collection') await staging.begin(part.collection, part.offset);
        else await staging.add(part.records, part.offset);
      }
      if (signal?.aborted) throw abortedError(signal);
      return await staging.publish();
    } catch (error) {
      await staging.drop();
      throw error;
    }
  });
}

interface Staged {
  id: string;
  /** What it will be called. */
  name: string;
  /** What it is called until then. */
  hidden: string;
  records: number;
}

class Staging {
  readonly id: string = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  readonly #parts: Parts;
  readonly #args: SnapshotImportArgs;
  readonly #source: SourceProgress;
  readonly #staged: Staged[] = [];
  readonly #skipped: string[] = [];
  readonly #seen = new Set<string>();
  /** Null while a collection is passed over. */
  #current: Staged | null = null;
  #records = 0;

  constructor(parts: Parts, args: SnapshotImportArgs, source: SourceProgress) {
    this.#parts = parts;
    this.#args = args;
    this.#source = source;
  }

  /** @throws FORMAT_SNAPSHOT · EXISTS_COLLECTION · what the store throws */
  async begin(collection: SnapshotCollection, offset: number): Promise<void> {
    const { store, database } = this.#parts;
    const { collections, ifExists } = this.#args;
    const { name, metadata, configuration, schema } = collection;
    await this.#check(collection, offset);
    this.#seen.add(name);
    this.#current = null;
    if (collections && !collections.includes(name)) return;
    if (ifExists !== 'replace' && (await this.#exists(name))) {
      if (ifExists !== 'skip') {
        throw kindexError('EXISTS_COLLECTION', `Collection "${name}" of the snapshot exists already.`, {
          fix: "Pass ifExists: 'skip' or 'replace', or import into another database.",
          details: { name },
        });
      }
      this.#skipped.push(name);
      return;
    }
    const hidden = `$import:${this.id}:${this.#staged.length}`;
    const record = await store.createCollection({
      ...database,
      name: hidden,
      metadata,
      configuration,
      ...(schema && { schema }),
      getOrCreate: false,
    });
    this.#current = { id: record.id, name, hidden, records: 0 };
    this.#staged.push(this.#current);
  }

  /** @throws FORMAT_SNAPSHOT · what the store throws */
  async add(records: SnapshotRecords, offset: number): Promise<void> {
    const current = this.#current;
    if (records.metadatas) await checkMetadatas(records.metadatas, offset);
    if (current) {
      const count = records.ids.length;
      const added = await this.#write(current.id, records, offset);
      if (added !== count) throw badSnapshot(`an id of "${current.name}" is there twice`, offset);
      current.records += count;
      this.#records += count;
    }
    const name = current?.name ?? '';
    const { read, total } = this.#source;
    this.#args.onProgress?.({ collection: name, records: this.#records, bytes: read, totalBytes: total });
  }

  /** In one commit. @throws NOT_FOUND_COLLECTION · EXISTS_COLLECTION */
  async publish(): Promise<SnapshotImportReport> {
    const missing = this.#args.collections?.find((name) => !this.#seen.has(name));
    if (missing !== undefined) {
      throw kindexError('NOT_FOUND_COLLECTION', `The snapshot has no collection "${missing}".`, {
        fix: `It has: ${[...this.#seen].join(', ')}.`,
        details: { name: missing },
      });
    }
    const collections = this.#staged.map(({ id, name }) => ({ id, name }));
    if (collections.length > 0)
      await this.#parts.store.publish({ collections, replace: this.#args.ifExists === 'replace' });
    return {
      collections: this.#staged.map(({ id, name, records }) => ({ id, name, records })),
      skipped: this.#skipped,
    };
  }

  /** What cannot be deleted now, the next owner of the store deletes: nobody sees it. */
  async drop(): Promise<void> {
    const { store, database } = this.#parts;
    for (const { hidden } of this.#staged)
      await store.deleteCollection({ ...database, name: hidden }).catch(() => {});
  }

  async #check(collection: SnapshotCollection, offset: number): Promise<void> {
    const { name, metadata, configuration, schema } = collection;
    try {
      checkName(name, 'name');
      if (this.#seen.has(name)) throw badSnapshot(`collection "${name}" is there twice`, offset);
      if (metadata) checkMetadata(metadata);
      checkIndex(configuration.index);
      if (schema) {
        const { Schema } = await import('./schema/schema.js');
        await Schema.deserializeFromJSON(schema, this.#parts.client);
      }
    } catch (error) {
      throw asBadSnapshot(error, offset);
    }
  }

  async #exists(name: string): Promise<boolean> {
    try {
      await this.#parts.store.getCollection({ ...this.#parts.database, name });
      return true;
    } catch (error) {
      if (error instanceof ChromaError && error.code === 'NOT_FOUND_COLLECTION') return false;
      throw error;
    }
  }

  async #write(collectionId: string, batch: SnapshotRecords, offset: number): Promise<number> {
    try {
      return (await this.#parts.store.write({ collectionId, mode: 'add', batch })).added;
    } catch (error) {
      // What the store refuses of a record is the snapshot's fault; that it is full, or gone, is not.
      if (error instanceof ChromaError && error.code.startsWith('VALUE_')) throw asBadSnapshot(error, offset);
      throw error;
    }
  }
}

function checkIndex(index: CollectionConfigurationRecord['index']): void {
  const { vectors = 'memory', precision } = index;
  if (precision === 'f32' && vectors !== 'memory') {
    throw kindexError(
      'VALUE_CONFIGURATION_CONFLICT',
      `precision 'f32' needs vectors 'memory', got '${vectors}'`,
    );
  }
  for (const { key, min, max, integer } of Object.values(HNSW_PARAMETERS)) {
    if (key === null) continue;
    const value = index[key];
    if (value >= min && value <= max && (!integer || Number.isInteger(value))) continue;
    throw kindexError('VALUE_CONFIGURATION', `${key} is ${value}, not from ${min} to ${max}`, {
      details: { key, value: String(value), min, max },
    });
  }
}

/** As they are stored: objects with a key at least, and no null. @throws FORMAT_SNAPSHOT */
async function checkMetadatas(metadatas: PackedTexts, offset: number): Promise<void> {
  await forEachSliced(metadatas.ends.length, (i) => {
    const text = unpackText(metadatas, i);
    if (text === null) return;
    try {
      const metadata: unknown = JSON.parse(text);
      checkMetadata(metadata, placeOf('metadatas', i));
      // What the store takes for an object at a glance must begin and end like one.
      if (!text.startsWith('{') || !text.endsWith('}') || Object.values(metadata).includes(null))
        throw kindexError('VALUE_METADATA', `Metadata at index ${i} holds a null, or spaces around it`);
    } catch (error) {
      throw asBadSnapshot(error, offset, { index: i });
    }
  });
}

/** Owners see by the lock, or are told when they ask, that the import goes on, and leave what it has staged alone. */
async function holdingLock<T>(id: string, run: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks) return locks.request(IMPORT_LOCK + id, run);
  const channel = openImports();
  if (!channel) return run();
  channel.onmessage = ({ data }: MessageEvent<ImportMessage>) => {
    if (data.kind === 'who') channel.postMessage({ kind: 'running', id } satisfies ImportMessage);
  };
  try {
    return await run();
  } finally {
    channel.close();
  }
}
