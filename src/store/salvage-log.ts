/** The log of a store that does not open: every entry whose rows are all there and prove themselves, and where others are missing. */
import { joined } from '../base/joined.js';
import type { Checksum } from '../format/bytes.js';
import { decodeLogged } from '../format/entry.js';
import type { LogEntry } from '../format/entry.js';
import { decodeRow } from '../format/log-row.js';
import type { LogRow } from '../format/log-row.js';
import type { StorageBackend } from '../storage/storage.js';
import { isUnreadable } from './is-damage.js';

export interface SalvagedEntry {
  entry: LogEntry;
  /** Of its last row. */
  seq: number;
  number: number;
}

export interface SalvagedLog {
  entries: SalvagedEntry[];
  /** Rows at which something is missing or damaged, ascending. */
  holes: number[];
  /** Of the last sound row; 0: none. */
  lastEntry: number;
}

/** @throws FORMAT_TOO_NEW · STORAGE_LOST. Cost: the log in memory, as an opening has it. */
export async function readLog(backend: StorageBackend, checksum: Checksum): Promise<SalvagedLog> {
  const walk = new Walk(checksum);
  try {
    for await (const batch of backend.list('log'))
      for (const { key, value } of batch) walk.take(Number(key), value);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    walk.hole((walk.last?.seq ?? 0) + 1);
  }
  return walk.end();
}

class Walk {
  readonly #checksum: Checksum;
  readonly #entries: SalvagedEntry[] = [];
  readonly #holes: number[] = [];
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #seq = 0;
  last: LogRow | null = null;

  constructor(checksum: Checksum) {
    this.#checksum = checksum;
  }

  /** What is missing before or at row `seq` ends the entry that was being put together. */
  hole(seq: number): void {
    this.#parts = [];
    if (this.#holes.at(-1) !== seq) this.#holes.push(seq);
  }

  take(key: number, value: Uint8Array<ArrayBuffer>): void {
    if (this.#seq > 0 && key !== this.#seq + 1) this.hole(this.#seq + 1);
    this.#seq = key;
    const row = this.#decoded(key, value);
    if (row === null) {
      this.hole(key);
      return;
    }
    const { last } = this;
    this.last = row;
    if (row.part > 0 && (this.#parts.length !== row.part || last?.entry !== row.entry)) {
      this.hole(key);
      return;
    }
    if (row.part === 0 && this.#parts.length > 0) this.hole(key);
    this.#parts.push(row.payload);
    if (row.part + 1 < row.parts) return;
    const payload = this.#parts.length === 1 ? this.#parts[0]! : joined(this.#parts);
    this.#parts = [];
    try {
      const { entry } = decodeLogged(row.op, row.flags, payload);
      this.#entries.push({ entry, seq: key, number: row.entry });
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.hole(key);
    }
  }

  end(): SalvagedLog {
    if (this.#parts.length > 0) this.hole(this.#seq + 1);
    return { entries: this.#entries, holes: this.#holes, lastEntry: this.last?.entry ?? 0 };
  }

  #decoded(key: number, value: Uint8Array<ArrayBuffer>): LogRow | null {
    try {
      const row = decodeRow(value, this.#checksum);
      return row.seq === key ? row : null;
    } catch (error) {
      if (isUnreadable(error)) return null;
      throw error;
    }
  }
}
