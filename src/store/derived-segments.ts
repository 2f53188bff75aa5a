/** Which segments hold an index over some rows, and which of these rows have changed since: what lets it be kept over many checkpoints (SPEC.md S40). */
import type { Row } from '../base/types.js';
import type { SegmentReference } from '../format/segment.js';

/** An index as it lies in segments. */
interface Stored {
  parts: readonly SegmentReference[];
  /** Rows below it were looked at. */
  end: Row;
  /** Rows it holds. */
  rows: number;
  /** Rows below `end` whose values are others now. */
  changed: Set<Row>;
  /** Rows below `end` that are gone. */
  gone: number;
  /** Holds `changed` as far as it has been written. */
  changes: SegmentReference | null;
  writtenChanges: number;
}

/** One index of one collection. A checkpoint changes it as it goes, and keeps that or takes it back, as `ColumnSegments`. */
export class DerivedSegments {
  #published: Stored | null = null;
  /** What the running checkpoint writes: not whole before `finish`. */
  #next: Stored | null = null;
  #finished = false;
  /** Of `#published`, before the running checkpoint. */
  #formerChanges: Pick<Stored, 'changes' | 'writtenChanges'> | null = null;

  get #current(): Stored | null {
    return this.#finished ? this.#next : this.#published;
  }

  /** What a manifest names. */
  get references(): SegmentReference[] {
    const current = this.#current;
    if (current === null) return [];
    return current.changes === null ? [...current.parts] : [...current.parts, current.changes];
  }

  get parts(): readonly SegmentReference[] {
    return this.#current?.parts ?? [];
  }

  get end(): Row {
    return this.#current?.end ?? 0;
  }

  /** Rows of it that still count. */
  get kept(): number {
    const current = this.#current;
    return current === null ? 0 : current.rows - this.lost;
  }

  /** Rows of it that have changed or gone since. */
  get lost(): number {
    const current = this.#current;
    return current === null ? 0 : Math.min(current.rows, current.changed.size + current.gone);
  }

  /** In no order. */
  get changed(): ReadonlySet<Row> {
    return this.#current?.changed ?? new Set();
  }

  noteChanged(rows: Uint32Array): void {
    for (const stored of [this.#published, this.#next]) {
      if (stored === null) continue;
      for (const row of rows) if (row < stored.end) stored.changed.add(row);
    }
  }

  noteGone(rows: Uint32Array): void {
    for (const stored of [this.#published, this.#next]) {
      if (stored === null) continue;
      for (const row of rows) {
        if (row >= stored.end) continue;
        if (!stored.changed.has(row)) stored.gone += 1;
      }
    }
  }

  /** A new one is being written; what changes from here on counts against it, and so does `changed`. */
  begin(end: Row, changed: Iterable<Row> = []): void {
    this.#next = {
      parts: [],
      end,
      rows: 0,
      changed: new Set(changed),
      gone: 0,
      changes: null,
      writtenChanges: 0,
    };
    this.#finished = false;
  }

  /** The one begun is whole. */
  finish(parts: readonly SegmentReference[], rows: number): void {
    if (this.#next === null) return;
    Object.assign(this.#next, { parts, rows });
    this.#finished = true;
  }

  /** The one begun came to nothing. */
  abandon(): void {
    if (!this.#finished) this.#next = null;
  }

  /** Writes which rows have changed, if that is more than has been written: all of them, ascending. */
  captureChanges(put: (rows: Uint32Array) => SegmentReference): void {
    const current = this.#current;
    if (current === null || current.changed.size === current.writtenChanges) return;
    if (current === this.#published)
      this.#formerChanges ??= { changes: current.changes, writtenChanges: current.writtenChanges };
    current.changes = put(Uint32Array.from(current.changed).sort());
    current.writtenChanges = current.changed.size;
  }

  publish(): void {
    if (this.#finished) this.#published = this.#next;
    this.#next = null;
    this.#finished = false;
    this.#formerChanges = null;
  }

  rollback(): void {
    if (this.#published !== null && this.#formerChanges !== null)
      Object.assign(this.#published, this.#formerChanges);
    this.#next = null;
    this.#finished = false;
    this.#formerChanges = null;
  }

  /** It lies there already. `changes`: the segment that holds `changed`. */
  restore(stored: {
    parts: readonly SegmentReference[];
    end: Row;
    rows: number;
    changed: Iterable<Row>;
    gone: number;
    changes: SegmentReference | null;
  }): void {
    const changed = new Set(stored.changed);
    this.#published = { ...stored, changed, writtenChanges: changed.size };
  }

  /** It is no longer named, from the next manifest on. */
  drop(): void {
    this.#published = null;
    this.#next = null;
    this.#finished = false;
    this.#formerChanges = null;
  }
}
