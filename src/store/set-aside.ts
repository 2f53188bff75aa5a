/**
 * Records that miss a part, because a segment is damaged: kept apart from the live ones, so that what is answered is whole, and
 * kept at all, so that nothing of them is lost by the next checkpoint (SPEC.md S51). A write or a delete of the id ends it.
 */
import type { Row } from '../base/types.js';
import type { ColumnKind } from './column-segments.js';

export interface SetAsideRow {
  /** Null while the id itself is lost. */
  id: string | null;
  /** Columns whose value is not known, at least one. */
  lost: Set<ColumnKind>;
  /** Held here, because the index holds live rows only; null while it is lost, or where there is none. */
  vector: Float32Array<ArrayBuffer> | null;
}

export class SetAside {
  readonly #rows = new Map<Row, SetAsideRow>();
  readonly #byId = new Map<string, Row>();

  get size(): number {
    return this.#rows.size;
  }

  /** Ascending. */
  get rows(): Row[] {
    return [...this.#rows.keys()].sort((a, b) => a - b);
  }

  get(row: Row): SetAsideRow | undefined {
    return this.#rows.get(row);
  }

  rowOf(id: string): Row | undefined {
    return this.#byId.get(id);
  }

  /** True when the value of this column is known although the record is set aside. */
  holds(row: Row, kind: ColumnKind): boolean {
    return this.#rows.get(row)?.lost.has(kind) === false;
  }

  add(row: Row, record: SetAsideRow): void {
    this.#rows.set(row, record);
    if (record.id !== null) this.#byId.set(record.id, row);
  }

  /** What the log says of its id. */
  name(row: Row, id: string): void {
    const record = this.#rows.get(row);
    if (record === undefined || record.id === id) return;
    record.id = id;
    record.lost.delete('ids');
    this.#byId.set(id, row);
  }

  delete(row: Row): void {
    const record = this.#rows.get(row);
    if (record === undefined) return;
    this.#rows.delete(row);
    if (record.id !== null && this.#byId.get(record.id) === row) this.#byId.delete(record.id);
  }

  clear(): void {
    this.#rows.clear();
    this.#byId.clear();
  }
}
