/** Where the rows of an index lie when its records stand side by side: slots 0…size − 1 are all taken. */
import { kindexError } from '../base/errors.js';
import type { Row } from '../base/types.js';

/** A JavaScript Map holds no more entries in V8. */
const MAX_SLOTS = 2 ** 24;

export class DenseRows {
  readonly #slots = new Map<Row, number>();
  #end = 0;

  get size(): number {
    return this.#slots.size;
  }

  /** One past the highest row ever put: row bits beyond it say nothing. */
  get end(): Row {
    return this.#end;
  }

  /** Undefined for a row that is not there. */
  slotOf(row: Row): number | undefined {
    return this.#slots.get(row);
  }

  /** Where the row lies, or from now on does: behind the last record. The caller writes its record. */
  put(row: Row): number {
    const slot = this.#slots.get(row) ?? this.#slots.size;
    this.#slots.set(row, slot);
    if (row >= this.#end) this.#end = row + 1;
    return slot;
  }

  /**
   * Unknown rows are passed over. `fill` moves the record of slot `last` into the gap, and returns its row; it is called where there
   * is a gap.
   */
  remove(rows: Uint32Array, fill: (gap: number, last: number) => Row): void {
    for (const row of rows) {
      const slot = this.#slots.get(row);
      if (slot === undefined) continue;
      const last = this.#slots.size - 1;
      if (slot !== last) this.#slots.set(fill(slot, last), slot);
      this.#slots.delete(row);
    }
  }

  countNew(rows: Uint32Array): number {
    let count = 0;
    for (const row of rows) if (!this.#slots.has(row)) count++;
    return count;
  }

  clear(): void {
    this.#slots.clear();
  }
}

/** @throws RUNTIME_OUT_OF_MEMORY for more than an index can hold */
export function checkSlots(slots: number, limit: number = MAX_SLOTS): void {
  if (slots <= limit) return;
  throw kindexError('RUNTIME_OUT_OF_MEMORY', `An index holds at most ${limit} vectors, not ${slots}.`, {
    details: { slots, limit },
  });
}
