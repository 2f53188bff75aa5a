/** Opening: head, segments and the log after them become collections in memory, every byte checked. Damage is told, never skipped; nothing is written. */
import { ChromaError, kindexError } from '../base/errors.js';
import type { ErrorDetails } from '../base/errors.js';
import type { Core } from '../core/core.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { decodeEntry } from '../format/entry.js';
import type { LogEntry } from '../format/entry.js';
import { decodeHead, FORMAT_VERSION, HEAD_KEY } from '../format/head.js';
import type { Head } from '../format/head.js';
import { decodeRow } from '../format/log-row.js';
import type { LogRow } from '../format/log-row.js';
import type { StoredCollection } from '../format/stored-collection.js';
import type { StorageBackend } from '../storage/storage.js';
import type { Manifest } from '../format/manifest.js';
import type { Opened } from './checkpoint.js';
import { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { openGeneration } from './open-generation.js';
import { DEFAULT_DATABASE } from './databases.js';
import { copyCollection } from './fork.js';
import { checkDeleteRows, checkWriteEntry } from './replay-checks.js';
import type { LogExtent } from './write-log.js';

export interface ReplayOptions {
  backend: StorageBackend;
  core: Core;
  checksum: Checksum;
  /** Identity of the store if it is new. */
  uuid: () => string;
}

export interface Replayed {
  collections: Collections;
  head: Head;
  /** Null when the store is new. */
  headBytes: Uint8Array<ArrayBuffer> | null;
  /** Of the log that had to be replayed. */
  pending: LogExtent;
  opened: Opened;
  /** Damage that something else made up for. */
  faults: ChromaError[];
}

/** @throws FORMAT_CORRUPT with `seq` or `segment`, and `what` · FORMAT_TOO_NEW · RUNTIME_OUT_OF_MEMORY · STORAGE_FAILED */
export async function replay({ backend, core, checksum, uuid }: ReplayOptions): Promise<Replayed> {
  const headBytes = await backend.read('meta', HEAD_KEY);
  const head =
    headBytes === null
      ? {
          format: FORMAT_VERSION,
          minReader: FORMAT_VERSION,
          uuid: uuid(),
          epoch: 0,
          lastSeq: 0,
          lastEntry: 0,
          extra: new Uint8Array(0),
        }
      : decodeHead(headBytes, checksum);
  const { collections, opened, faults } = await openGeneration({ backend, core, checksum, head });
  if (headBytes === null && (opened.segmentKeys.length > 0 || faults.length > 0))
    throw corrupt('the head is missing', { what: 'head' });
  try {
    const base = opened.manifest ?? { checkpointSeq: 0, checkpointEntry: 0 };
    const pending = await new Replay(collections, core, checksum, head, base).run(backend);
    return { collections, head, headBytes, pending, opened, faults };
  } catch (error) {
    collections.clear();
    // Without its generation a log is seldom whole: what was wrong with that is what is wrong.
    throw (opened.manifest === null ? faults[0] : undefined) ?? error;
  }
}

/** Where the log goes on from what is in memory already. */
type LogBase = Pick<Manifest, 'checkpointSeq' | 'checkpointEntry'>;

class Replay {
  readonly #collections: Collections;
  readonly #core: Core;
  readonly #checksum: Checksum;
  readonly #head: Head;
  readonly #base: LogBase;
  /** The row before the one being read. */
  #last: LogRow | null = null;
  /** Payloads of the entry of which not all parts have come. */
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #entries = 0;

  constructor(collections: Collections, core: Core, checksum: Checksum, head: Head, base: LogBase) {
    this.#collections = collections;
    this.#core = core;
    this.#checksum = checksum;
    this.#head = head;
    this.#base = base;
  }

  /** Everything after the base. */
  async run(backend: StorageBackend): Promise<LogExtent> {
    let bytes = 0;
    for await (const batch of backend.list('log', { after: this.#base.checkpointSeq })) {
      for (const { key, value } of batch) {
        bytes += value.length;
        withSeq(key, () => this.#row(Number(key), value));
      }
    }
    this.#end();
    return { bytes, entries: this.#entries };
  }

  #row(key: number, bytes: Uint8Array<ArrayBuffer>): void {
    const row = decodeRow(bytes, this.#checksum);
    if (row.seq !== key)
      throw corrupt(`row ${row.seq} lies at key ${key}`, { what: 'row key', holds: row.seq });
    if (key > this.#head.lastSeq) {
      throw corrupt(`row ${key} lies beyond the end, ${this.#head.lastSeq}`, {
        what: 'lastSeq',
        lastSeq: this.#head.lastSeq,
      });
    }
    this.#checkOrder(row);
    this.#last = row;
    this.#parts.push(row.payload);
    if (row.part + 1 < row.parts) return;
    const payload = joined(this.#parts);
    this.#parts = [];
    this.#apply(decodeEntry(row.op, payload));
    this.#entries += 1;
  }

  #checkOrder(row: LogRow): void {
    const last = this.#last;
    const continues = last !== null && last.part + 1 < last.parts;
    const part = continues ? last.part + 1 : 0;
    // A log begins with the row after its base, or with the reset that dropped what was before.
    const dropped = last === null && decodesAsReset(row);
    const before = last ?? { seq: this.#base.checkpointSeq, entry: this.#base.checkpointEntry };
    const seq = dropped ? row.seq : before.seq + 1;
    const entry = dropped ? row.entry : before.entry + (continues ? 0 : 1);
    if (row.seq !== seq)
      throw corrupt(`row ${seq} is missing before row ${row.seq}`, { what: 'sequence', missing: seq });
    if (
      row.entry !== entry ||
      row.part !== part ||
      (continues && (row.parts !== last.parts || row.op !== last.op))
    ) {
      throw corrupt(`row ${row.seq} does not continue the entry before it`, {
        what: 'entry order',
        entry: row.entry,
        part: row.part,
      });
    }
    if (row.epoch > this.#head.epoch || (last !== null && row.epoch < last.epoch)) {
      throw corrupt(`row ${row.seq} is of epoch ${row.epoch}`, { what: 'epoch', epoch: row.epoch });
    }
  }

  #end(): void {
    const { lastSeq, lastEntry } = this.#head;
    const seq = this.#last?.seq ?? this.#base.checkpointSeq;
    const entry = this.#last?.entry ?? this.#base.checkpointEntry;
    if (seq !== lastSeq) {
      throw corrupt(`the log ends at row ${seq}, the head says ${lastSeq}`, {
        what: 'lastSeq',
        seq,
        lastSeq,
      });
    }
    if (entry !== lastEntry || this.#parts.length > 0) {
      throw corrupt(`the log ends inside entry ${entry}, the head says ${lastEntry}`, {
        what: 'lastEntry',
        seq,
        lastEntry,
      });
    }
  }

  #apply(entry: LogEntry): void {
    const { databases } = this.#collections;
    switch (entry.op) {
      case 'createCollection': {
        const { collection } = entry;
        this.#checkPlace(collection);
        this.#collections.add(new CollectionState(collection, this.#core));
        return;
      }
      case 'modifyCollection': {
        const collection = this.#collection(entry.collection.id);
        const named = this.#collections.byName(entry.collection, entry.collection.name);
        const { tenant, database } = collection.stored;
        const moved = entry.collection.tenant !== tenant || entry.collection.database !== database;
        if (moved || (named !== undefined && named !== collection)) {
          throw corrupt(`collection "${collection.name}" takes a place that is not its own`, {
            what: 'collection',
          });
        }
        this.#collections.rename(collection, entry.collection.name);
        collection.replaceStored(entry.collection);
        return;
      }
      case 'deleteCollection':
        this.#collections.remove(this.#collection(entry.collectionId));
        return;
      case 'write': {
        const collection = this.#collection(entry.write.collectionId);
        const size = checkWriteEntry(collection, entry.write);
        collection.applyWrite(entry.write);
        if (collection.size !== size) throw corrupt('a write names a new id twice', { what: 'ids' });
        return;
      }
      case 'deleteRows': {
        const collection = this.#collection(entry.collectionId);
        checkDeleteRows(collection, entry.rows);
        collection.applyDelete(entry.rows);
        return;
      }
      case 'createTenant':
        if (databases.hasTenant(entry.name))
          throw corrupt(`tenant "${entry.name}" is created twice`, { what: 'tenant' });
        databases.addTenant(entry.name);
        return;
      case 'createDatabase': {
        const { tenant, name, id } = entry.database;
        if (!databases.hasTenant(tenant) || databases.find({ tenant, database: name }) || databases.byId(id))
          throw corrupt(`database "${name}" is created without its tenant, or twice`, { what: 'database' });
        databases.add(entry.database);
        return;
      }
      case 'deleteDatabase': {
        const database = databases.byId(entry.databaseId);
        if (!database || database.id === DEFAULT_DATABASE.id)
          throw corrupt(`the database ${entry.databaseId} cannot be deleted`, { what: 'database' });
        this.#collections.removeDatabase(database);
        return;
      }
      case 'forkCollection': {
        const { collection } = entry;
        const source = this.#collection(entry.sourceId);
        this.#checkPlace(collection);
        this.#collections.add(copyCollection(source, collection, this.#core));
        return;
      }
      case 'reset':
        this.#collections.clear();
        return;
      default:
        entry satisfies never;
    }
  }

  #checkPlace(collection: StoredCollection): void {
    if (this.#collections.byId(collection.id) ?? this.#collections.byName(collection, collection.name)) {
      throw corrupt(`collection "${collection.name}" is created twice`, { what: 'collection' });
    }
  }

  #collection(id: string): CollectionState {
    const found = this.#collections.byId(id);
    if (!found)
      throw corrupt(`an entry names the unknown collection ${id}`, { what: 'collection', collectionId: id });
    return found;
  }
}

function decodesAsReset(row: LogRow): boolean {
  return row.parts === 1 && decodeEntry(row.op, row.payload).op === 'reset';
}

/** One part: a view into its row. More: one aligned buffer. */
function joined(parts: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Runs `work`; what fails in it is told with the row it failed at. Values the core refuses are damage too. */
function withSeq(seq: string | number, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ChromaError)) throw error;
    if (error.code === 'FORMAT_CORRUPT') throw corruptAt(seq, error, error.details);
    if (error.code.startsWith('VALUE_')) throw corruptAt(seq, error, { what: 'values' });
    throw error;
  }
}

function corruptAt(seq: string | number, error: ChromaError, details: ErrorDetails): ChromaError {
  return kindexError('FORMAT_CORRUPT', `Log row ${seq}: ${error.message}`, {
    details: { ...details, seq },
    cause: error,
  });
}
