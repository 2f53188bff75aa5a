/** The log after a checkpoint becomes changes of the collections in memory, every byte and the story they tell checked. Nothing is written. */
import { joined } from '../base/joined.js';
import { ChromaError, kindexError } from '../base/errors.js';
import type { ErrorDetails } from '../base/errors.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { decodeLogged, isReset } from '../format/entry.js';
import type { LogEntry, LoggedEntry } from '../format/entry.js';
import type { Head } from '../format/head.js';
import { decodeRow } from '../format/log-row.js';
import type { LogRow } from '../format/log-row.js';
import type { StoredCollection } from '../format/stored-collection.js';
import type { StorageEntry } from '../storage/storage.js';
import type { Manifest } from '../format/manifest.js';
import { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import { isDamage } from './is-damage.js';
import { DEFAULT_DATABASE } from './databases.js';
import { copyCollection } from './fork.js';
import { checkDeleteRows, checkWriteEntry } from './replay-checks.js';
import type { Requests } from './requests.js';
import type { LogExtent } from './write-log.js';
import type { VectorEngine } from '../vector-index/engine.js';

/** Where the log goes on from what is in memory already. */
type LogBase = Pick<Manifest, 'checkpointSeq' | 'checkpointEntry'>;

/** A point between two entries. */
export interface LogPoint {
  seq: number;
  entry: number;
}

/** Where the log stops being what was stored. */
export interface LogStop {
  /** The last entry before it. */
  at: LogPoint;
  error: ChromaError;
  /**
   * True: what is missing is one entry, damaged, with nothing sound after it. Half of a write that was never acknowledged looks
   * like that; a sound entry that contradicts what is before it does not.
   */
  tail: boolean;
}

export interface Walk {
  /** What was replayed. */
  extent: LogExtent;
  /** The last entry of it that copies a collection; 0: none. */
  forkedAt: number;
  /** Null: the log is whole. */
  stop: LogStop | null;
}

interface ReplayParts {
  collections: Collections;
  requests: Requests;
  engine: VectorEngine;
  checksum: Checksum;
  head: Head;
  base: LogBase;
  /** Copies a collection for a fork. Default `copyCollection`, for which the source has to be whole. */
  copy?: typeof copyCollection;
}

export class LogReplay {
  readonly #collections: Collections;
  readonly #requests: Requests;
  readonly #engine: VectorEngine;
  readonly #checksum: Checksum;
  readonly #head: Head;
  readonly #base: LogBase;
  readonly #copy: typeof copyCollection;
  #forkedAt = 0;
  /** The row before the one being read. */
  #last: LogRow | null = null;
  /** Payloads of the entry of which not all parts have come. */
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #entries = 0;
  /** The end of the last entry that was applied. */
  #at: LogPoint;
  /** Of the sound rows after the damage. */
  #laterEntry = 0;

  constructor({ collections, requests, engine, checksum, head, base, copy = copyCollection }: ReplayParts) {
    this.#collections = collections;
    this.#requests = requests;
    this.#engine = engine;
    this.#checksum = checksum;
    this.#head = head;
    this.#base = base;
    this.#copy = copy;
    this.#at = { seq: base.checkpointSeq, entry: base.checkpointEntry };
  }

  /**
   * `log`: everything after the base, in order. Applied up to damage if there is any: what comes after that is looked at and not applied.
   * @throws FORMAT_TOO_NEW · RUNTIME_OUT_OF_MEMORY · STORAGE_FAILED · STORAGE_LOST
   */
  async run(log: AsyncIterable<StorageEntry[]>): Promise<Walk> {
    let bytes = 0;
    let error: ChromaError | null = null;
    let contradiction = false;
    const stopAt = (fault: unknown, value: Uint8Array<ArrayBuffer> | null): void => {
      if (!isDamage(fault)) throw fault;
      error = fault;
      // A missing row shows at the next one, which is whole.
      const missing = fault.details['what'] === 'sequence';
      const isSound = value !== null && this.#lookAt(value);
      contradiction = value === null ? this.#head.lastEntry <= this.#at.entry : isSound && !missing;
    };
    for await (const batch of log) {
      for (const { key, value } of batch) {
        if (error !== null) {
          this.#lookAt(value);
          continue;
        }
        try {
          const copying = withSeq(key, () => this.#row(Number(key), value));
          if (copying) await copying;
          bytes += value.length;
        } catch (fault) {
          stopAt(fault, value);
        }
      }
    }
    if (error === null) {
      try {
        this.#end();
      } catch (fault) {
        stopAt(fault, null);
      }
    }
    const extent = { bytes, entries: this.#entries };
    const forkedAt = this.#forkedAt;
    if (error === null) return { extent, forkedAt, stop: null };
    const at = this.#at;
    const lost = Math.max(this.#head.lastEntry, this.#laterEntry) - at.entry;
    return { extent, forkedAt, stop: { at, error, tail: !contradiction && lost <= 1 } };
  }

  /** True for a sound row. */
  #lookAt(value: Uint8Array<ArrayBuffer>): boolean {
    try {
      this.#laterEntry = Math.max(this.#laterEntry, decodeRow(value, this.#checksum).entry);
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return false;
    }
  }

  /** A promise where something has to be read for it. */
  #row(key: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> | null {
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
    if (row.part + 1 < row.parts) return null;
    // One part: a view into its row. More: one aligned buffer.
    const payload = this.#parts.length === 1 ? this.#parts[0]! : joined(this.#parts);
    this.#parts = [];
    const { entry, request } = decodeLogged(row.op, row.flags, payload);
    const source = entry.op === 'forkCollection' ? this.#collections.byId(entry.sourceId) : undefined;
    if (!source || (!source.vectors.onDisk && source.vectors.absent === 0)) {
      this.#take(entry, request, row);
      return null;
    }
    return source.vectors
      .pin(Uint32Array.from(source.liveRows()))
      .then((unpin) => withSeq(key, () => this.#take(entry, request, row)) ?? unpin());
  }

  #take(entry: LogEntry, request: LoggedEntry['request'], row: LogRow): void {
    this.#apply(entry);
    if (entry.op === 'forkCollection') this.#forkedAt = row.entry;
    if (request) this.#requests.note(request);
    this.#entries += 1;
    this.#at = { seq: row.seq, entry: row.entry };
  }

  #checkOrder(row: LogRow): void {
    const last = this.#last;
    const continues = last !== null && last.part + 1 < last.parts;
    const part = continues ? last.part + 1 : 0;
    // A log begins with the row after its base, or with the reset that dropped what was before.
    const dropped = last === null && row.part === 0 && isReset(row.op);
    const before = last ?? { seq: this.#base.checkpointSeq, entry: this.#base.checkpointEntry };
    const seq = dropped ? row.seq : before.seq + 1;
    const entry = dropped ? row.entry : before.entry + (continues ? 0 : 1);
    if (row.seq !== seq)
      throw corrupt(`row ${seq} is missing before row ${row.seq}`, { what: 'sequence', missing: seq });
    if (
      row.entry !== entry ||
      row.part !== part ||
      (continues && (row.parts !== last.parts || row.op !== last.op || row.flags !== last.flags))
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
        this.#collections.add(new CollectionState(collection, this.#engine));
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
        checkWriteEntry(collection, entry.write);
        collection.applyWrite(entry.write);
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
        this.#collections.add(this.#copy(source, collection, this.#engine));
        return;
      }
      case 'reset':
        this.#collections.clear();
        this.#requests.restore(entry.clients ?? []);
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

/** Runs `work`; what fails in it is told with the row it failed at. Values the core refuses are damage too. */
function withSeq<T>(seq: string | number, work: () => T): T {
  try {
    return work();
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
