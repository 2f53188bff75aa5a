/** Which rows an index has still to take in: those from `end` on, which nobody has to note, and changed ones below it. */
import type { Row } from '../base/types.js';

export class RowBacklog {
  #end: Row = 0;
  readonly #changed = new Set<Row>();

  /** The rows changed; those the index has not seen yet are passed over. */
  note(rows: Uint32Array): void {
    if (this.#end === 0) return;
    for (const row of rows) if (row < this.#end) this.#changed.add(row);
  }

  /** Each row to take in; a row counts as taken in when the next is asked for. */
  *take(rowEnd: Row): Generator<Row> {
    for (const row of this.#changed) {
      yield row;
      this.#changed.delete(row);
    }
    for (; this.#end < rowEnd; this.#end += 1) yield this.#end;
  }
}
