/** The end of the log: numbers entries, cuts them into rows and commits them with the head, fenced by the head's former bytes. */
import { encodeEntry } from '../format/entry.js';
import type { LoggedEntry } from '../format/entry.js';
import type { Checksum } from '../format/bytes.js';
import { encodeHead, FORMAT_VERSION, HEAD_KEY } from '../format/head.js';
import type { Head } from '../format/head.js';
import { encodeRows } from '../format/log-row.js';
import type { StorageBackend, StorageBatch } from '../storage/storage.js';

export type Durability = 'strict' | 'relaxed';

export interface WriteLogOptions {
  backend: StorageBackend;
  checksum: Checksum;
  durability: Durability;
  /** As it is stored; null before the first owner. */
  headBytes: Uint8Array<ArrayBuffer> | null;
  head: Head;
  /** Of the log since the last checkpoint. */
  pending: LogExtent;
  /** Where the log stops being whole, when that is before the end that the head tells: what follows is dropped by `cutOff`. */
  cut?: { seq: number; entry: number } | null;
  /** Something has become durable. */
  onDurable?: () => void;
  /** Something is about to be acknowledged that is not durable, while everything before it is. Memory does not have it yet. */
  onRelaxed?: () => void;
}

/** A stretch of the log. */
export interface LogExtent {
  bytes: number;
  entries: number;
}

/** A point between two entries, and how much has been written up to it since the store was opened. */
export interface LogPosition {
  seq: number;
  entry: number;
  written: LogExtent;
}

export class WriteLog {
  /** Of appends that do not say. */
  readonly durability: Durability;
  readonly #onDurable: () => void;
  readonly #onRelaxed: () => void;
  #cut: { seq: number; entry: number } | null;
  /** Row up to which the log is durable. */
  #durableSeq: number;
  #unflushed = 0;
  readonly #backend: StorageBackend;
  readonly #checksum: Checksum;
  #head: Head;
  #headBytes: Uint8Array<ArrayBuffer> | null;
  #written: LogExtent;
  /** What of `#written` a checkpoint, or a reset, has made unnecessary. */
  #dropped: LogExtent = { bytes: 0, entries: 0 };
  #tail: Promise<void> = Promise.resolve();
  #isOwner = false;
  /** The next commit has to. */
  #takesOver = false;

  constructor(options: WriteLogOptions) {
    const { backend, checksum, durability, headBytes, head, pending } = options;
    this.durability = durability;
    this.#onDurable = options.onDurable ?? ((): void => {});
    this.#onRelaxed = options.onRelaxed ?? ((): void => {});
    this.#cut = options.cut ?? null;
    this.#durableSeq = head.lastSeq;
    this.#backend = backend;
    this.#checksum = checksum;
    this.#headBytes = headBytes;
    this.#head = head;
    this.#written = pending;
  }

  /** What opening would have to replay. */
  get pending(): LogExtent {
    return {
      bytes: this.#written.bytes - this.#dropped.bytes,
      entries: this.#written.entries - this.#dropped.entries,
    };
  }

  /** False until the storage has been taken over: until then another may write. */
  get isOwner(): boolean {
    return this.#isOwner;
  }

  get uuid(): string {
    return this.#head.uuid;
  }

  get epoch(): number {
    return this.#head.epoch;
  }

  /** Last row of the log that survives a power cut. */
  get durableSeq(): number {
    return this.#durableSeq;
  }

  /** Entries acknowledged that a power cut may still undo. */
  get unflushed(): number {
    return this.#unflushed;
  }

  /** The end. Memory is at the same point only while no append is under way. */
  get position(): LogPosition {
    return { seq: this.#head.lastSeq, entry: this.#head.lastEntry, written: this.#written };
  }

  /** A checkpoint holds everything up to `position`. */
  drop({ written }: LogPosition): void {
    if (written.entries > this.#dropped.entries) this.#dropped = written;
  }

  /**
   * Commits values beside the log, strictly, fenced as an append is; appends wait for it.
   * @throws as `append`
   */
  async store(batch: Pick<StorageBatch, 'puts' | 'deletes'>): Promise<void> {
    if (this.#takesOver && batch.puts.length > 0)
      return this.#commit(null, batch.puts, batch.deletes, 'strict');
    await this.#exclusive(async () => {
      await this.#backend.commit(
        { ...batch, expect: { store: 'meta', key: HEAD_KEY, value: this.#headBytes } },
        { durability: 'strict' },
      );
      this.#noteDurable();
    });
  }

  /**
   * Makes everything acknowledged so far durable. One strict transaction is enough: rows have at most 48 KiB, which every engine
   * keeps in the log or database file that a strict commit flushes up to its own end, never in files of their own.
   * @throws as `append`
   */
  async flush(): Promise<void> {
    // An append that is under way ends first; the head is the one it leaves.
    if (this.#unflushed > 0 || this.#takesOver) await this.#commit(null, [], [], 'strict');
  }

  /**
   * Raises the epoch, so that every former owner is fenced from here on. Strict whatever `durability` says.
   * @throws as `append`
   */
  async takeOver(): Promise<void> {
    await this.#commit(raised(this.#head), [], [], 'strict');
  }

  /** As `takeOver`, as strictly, with the next commit that puts something: for a storage that has no room for one of its own. */
  takeOverLater(): void {
    this.#head = raised(this.#head);
    this.#takesOver = true;
  }

  /** Drops what follows `cut`, where the log is not whole. For an owner that nobody can have overtaken. @throws as `append` */
  async cutOff(): Promise<void> {
    const cut = this.#cut;
    if (cut === null) return;
    const deletes = [{ store: 'log' as const, from: cut.seq + 1, to: Number.MAX_SAFE_INTEGER }];
    await this.#commit({ ...this.#head, lastSeq: cut.seq, lastEntry: cut.entry }, [], deletes, 'strict');
    this.#cut = null;
  }

  /**
   * Stores the entries, all or none. The caller waits for one append before it begins the next.
   * @throws STORAGE_FENCED · STORAGE_QUOTA · STORAGE_LOST · STORAGE_FAILED; nothing of them is stored then
   */
  async append(
    entries: readonly LoggedEntry[],
    { durability = this.durability }: { durability?: Durability } = {},
  ): Promise<void> {
    const head = { ...this.#head };
    const puts: StorageBatch['puts'] = [];
    const deletes: StorageBatch['deletes'] = [];
    let { bytes, entries: count } = this.#written;
    let dropped = this.#dropped;
    for (const { entry, request } of entries) {
      if (entry.op === 'reset' && this.#head.lastSeq > 0) {
        // Nothing before a reset matters any more; a reset is the only entry of its commit.
        deletes.push({ store: 'log', from: 1, to: this.#head.lastSeq });
        dropped = this.#written;
      }
      const first = { seq: head.lastSeq + 1, entry: head.lastEntry + 1, epoch: head.epoch };
      const rows = encodeRows(encodeEntry(entry, request), first, this.#checksum);
      rows.forEach((value, part) => puts.push({ store: 'log', key: first.seq + part, value }));
      bytes += rows.reduce((sum, row) => sum + row.length, 0);
      head.lastSeq += rows.length;
      head.lastEntry += 1;
      count += 1;
    }
    await this.#commit(head, puts, deletes, durability, entries.length);
    this.#written = { bytes, entries: count };
    if (dropped.entries > this.#dropped.entries) this.#dropped = dropped;
  }

  /** `next`: the head from then on; null leaves it as it is then. */
  async #commit(
    next: Head | null,
    puts: StorageBatch['puts'],
    deletes: StorageBatch['deletes'],
    durability: Durability,
    entries = 0,
  ): Promise<void> {
    await this.#exclusive(async () => {
      const head = next ?? this.#head;
      const value = encodeHead(head, this.#checksum);
      const strict = durability === 'strict' || this.#takesOver;
      await this.#backend.commit(
        {
          expect: { store: 'meta', key: HEAD_KEY, value: this.#headBytes },
          puts: [...puts, { store: 'meta', key: HEAD_KEY, value }],
          deletes,
        },
        { durability: strict ? 'strict' : 'relaxed' },
      );
      this.#head = head;
      this.#headBytes = value;
      this.#takesOver = false;
      this.#isOwner = true;
      if (strict) this.#noteDurable();
      else {
        if (this.#unflushed === 0) this.#onRelaxed();
        this.#unflushed += entries;
      }
    });
  }

  /** A strict commit makes durable what came before it, too. */
  #noteDurable(): void {
    this.#durableSeq = this.#head.lastSeq;
    this.#unflushed = 0;
    this.#onDurable();
  }

  /** One commit at a time: each expects the head that the one before it left. */
  #exclusive(commit: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(commit);
    this.#tail = done.catch(() => {});
    return done;
  }
}

/** The head of the next owner. */
function raised(head: Head): Head {
  const { format, minReader, epoch } = head;
  return {
    ...head,
    format: Math.max(format, FORMAT_VERSION),
    minReader: Math.max(minReader, FORMAT_VERSION),
    epoch: epoch + 1,
  };
}
