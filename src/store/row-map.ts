/** id ↔ row of one collection: the only place that knows both. Rows are given in order and never given twice. */
import type { Row } from '../base/types.js';

/** Rows are u32, and the highest is kept free. */
export const MAX_ROWS = 0xffff_ffff;

export class RowMap {
  readonly #rows = new Map<string, Row>();
  /** Undefined where the record is gone. */
  readonly #ids: (string | undefined)[] = [];

  /** Live records. */
  get size(): number {
    return this.#rows.size;
  }

  /** The row the next new record gets; every row below it has been given. */
  get nextRow(): Row {
    return this.#ids.length;
  }

  rowOf(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  /** Undefined when the row is not live. */
  idOf(row: Row): string | undefined {
    return this.#ids[row];
  }

  /** Gives `nextRow` to a new id, which the caller knows to be new. */
  append(id: string): Row {
    const row = this.#ids.length;
    this.#ids.push(id);
    this.#rows.set(id, row);
    return row;
  }

  /** Gives `nextRow` to a record that is gone already. */
  skip(): void {
    this.#ids.push(undefined);
  }

  /** Gives a row that was taken out back to its id. */
  restore(row: Row, id: string): void {
    this.#ids[row] = id;
    this.#rows.set(id, row);
  }

  remove(row: Row): void {
    const id = this.#ids[row];
    if (id === undefined) return;
    this.#ids[row] = undefined;
    this.#rows.delete(id);
  }

  /** Live rows, ascending: insertion order. */
  *liveRows(): Generator<Row> {
    for (let row = 0; row < this.#ids.length; row++) if (this.#ids[row] !== undefined) yield row;
  }
}
