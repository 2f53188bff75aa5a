/** The end of the log: numbers entries, cuts them into rows and commits them with the head, fenced by the head's former bytes. */
import { encodeEntry } from '../format/entry.js';
import type { LogEntry } from '../format/entry.js';
import type { Checksum } from '../format/bytes.js';
import { encodeHead, HEAD_KEY } from '../format/head.js';
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
  /** Bytes of the rows the log holds. */
  logBytes: number;
}

export class WriteLog {
  readonly durability: Durability;
  readonly #backend: StorageBackend;
  readonly #checksum: Checksum;
  #head: Head;
  #headBytes: Uint8Array<ArrayBuffer> | null;
  #logBytes: number;

  constructor({ backend, checksum, durability, headBytes, head, logBytes }: WriteLogOptions) {
    this.durability = durability;
    this.#backend = backend;
    this.#checksum = checksum;
    this.#headBytes = headBytes;
    this.#head = head;
    this.#logBytes = logBytes;
  }

  get logBytes(): number {
    return this.#logBytes;
  }

  /**
   * Raises the epoch, so that every former owner is fenced from here on. Strict whatever `durability` says.
   * @throws as `append`
   */
  async takeOver(): Promise<void> {
    await this.#commit({ ...this.#head, epoch: this.#head.epoch + 1 }, [], [], 'strict');
  }

  /**
   * Stores the entries, all or none. The caller waits for one append before it begins the next.
   * @throws STORAGE_FENCED · STORAGE_QUOTA · STORAGE_LOST · STORAGE_FAILED; nothing of them is stored then
   */
  async append(entries: LogEntry[]): Promise<void> {
    const head = { ...this.#head };
    const puts: StorageBatch['puts'] = [];
    const deletes: StorageBatch['deletes'] = [];
    let bytes = 0;
    let kept = this.#logBytes;
    for (const entry of entries) {
      if (entry.op === 'reset' && this.#head.lastSeq > 0) {
        // Nothing before a reset matters any more; a reset is the only entry of its commit.
        deletes.push({ store: 'log', from: 1, to: this.#head.lastSeq });
        kept = 0;
      }
      const first = { seq: head.lastSeq + 1, entry: head.lastEntry + 1, epoch: head.epoch };
      const rows = encodeRows(encodeEntry(entry), first, this.#checksum);
      rows.forEach((value, part) => puts.push({ store: 'log', key: first.seq + part, value }));
      bytes += rows.reduce((sum, row) => sum + row.length, 0);
      head.lastSeq += rows.length;
      head.lastEntry += 1;
    }
    await this.#commit(head, puts, deletes, this.durability);
    this.#logBytes = kept + bytes;
  }

  async #commit(
    head: Head,
    puts: StorageBatch['puts'],
    deletes: StorageBatch['deletes'],
    durability: Durability,
  ): Promise<void> {
    const value = encodeHead(head, this.#checksum);
    await this.#backend.commit(
      {
        expect: { store: 'meta', key: HEAD_KEY, value: this.#headBytes },
        puts: [...puts, { store: 'meta', key: HEAD_KEY, value }],
        deletes,
      },
      { durability },
    );
    this.#head = head;
    this.#headBytes = value;
  }
}
