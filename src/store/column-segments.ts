/** Which rows of a collection lie in which segments, and which have changed since: what makes checkpoints incremental (SPEC.md S15). */
import type { Row } from '../base/types.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import type { WriteEntry } from '../format/write-entry.js';
import type { CodeTables } from '../core/core.js';
import { DerivedSegments } from './derived-segments.js';

/** Columns of records, in the order in which they are read back. */
export const COLUMN_KINDS = ['ids', 'vectors', 'documents', 'metadatas', 'uris'] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number] & SegmentKind;

export interface ColumnSegment {
  reference: SegmentReference;
  /** Its rows, ascending; null: all from `firstRow` to `lastRow`. */
  listed: Uint32Array | null;
  /** True: it could not be read, so nothing is known of its rows, and none are listed. */
  damaged?: boolean;
}

export function forEachRow({ reference, listed }: ColumnSegment, visit: (row: Row) => void): void {
  if (listed) listed.forEach(visit);
  else for (let row = reference.firstRow; row <= reference.lastRow; row++) visit(row);
}

interface Saved {
  end: Row;
  segments: readonly ColumnSegment[];
}

/** One column. A checkpoint changes it as it goes, and keeps that or takes it back. */
export class ColumnSegments {
  #dirty: Uint32Array[] = [];
  #taken: Uint32Array[] = [];
  #end: Row = 0;
  #segments: readonly ColumnSegment[] = [];
  #published: Saved = { end: 0, segments: [] };
  /** False: no row in a segment has changed or gone since somebody looked. */
  mayBeStale = true;

  /** Rows from here on lie in no segment. */
  get end(): Row {
    return this.#end;
  }

  /** Oldest first; of a row in several the last counts. */
  get segments(): readonly ColumnSegment[] {
    return this.#segments;
  }

  /** Those that are stored, and stay until the next `publish`. */
  get published(): readonly ColumnSegment[] {
    return this.#published.segments;
  }

  /** True where no stored segment holds the row as it is. */
  get unpublished(): (row: Row) => boolean {
    const changed = new Set([...this.#dirty, ...this.#taken].flatMap((rows) => [...rows]));
    const { end } = this.#published;
    return (row) => row >= end || changed.has(row);
  }

  /** Rows below `end` were changed. */
  note(rows: Uint32Array): void {
    // What a checkpoint has set may be taken back.
    const end = Math.max(this.#end, this.#published.end);
    const known = rows.filter((row) => row < end);
    if (known.length === 0) return;
    this.#dirty.push(known);
    this.mayBeStale = true;
  }

  /** Changed rows below `end`, ascending, each once; from now on they count as unchanged. */
  takeDirty(): Uint32Array {
    const all = new Uint32Array(this.#dirty.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const rows of this.#dirty) {
      all.set(rows, at);
      at += rows.length;
    }
    this.#dirty = [];
    const rows = all.sort().filter((row, i) => i === 0 || row !== all[i - 1]);
    if (rows.length > 0) this.#taken.push(rows);
    return rows;
  }

  set(end: Row, segments: readonly ColumnSegment[]): void {
    this.#end = end;
    this.#segments = segments;
  }

  /** Nothing of it is in segments that count: all of it is written anew. */
  reset(): void {
    this.set(0, []);
    this.mayBeStale = true;
  }

  /** What was set is stored, and will be found by the next owner. */
  publish(): void {
    this.#published = { end: this.#end, segments: this.#segments };
    this.#taken = [];
  }

  /** What was set since the last `publish` is not stored. */
  rollback(): void {
    this.set(this.#published.end, this.#published.segments);
    this.#dirty.push(...this.#taken);
    this.#taken = [];
  }
}

/** All columns of one collection. */
export class CollectionSegments {
  readonly columns: Record<ColumnKind, ColumnSegments> = {
    ids: new ColumnSegments(),
    vectors: new ColumnSegments(),
    documents: new ColumnSegments(),
    metadatas: new ColumnSegments(),
    uris: new ColumnSegments(),
  };
  /** Segments of tombstones; they are written anew when a record has gone. */
  tombstones: readonly SegmentReference[] = [];
  /** Of the vectors, where the index has them and they are stored: derived, but kept as columns are. */
  readonly codes: ColumnSegments = new ColumnSegments();
  /** The manifest names codes that are of no use. */
  namesUselessCodes = false;
  /** What the codes in segments, if there are any, were made with. */
  codeTables: CodeTables | null = null;
  #publishedTables: CodeTables | null = null;
  /** Rows of segments of vectors that list them. */
  rowLists: SegmentReference | null = null;
  #publishedRowLists: SegmentReference | null = null;
  /** Of those that `rowLists` tells. */
  rowListsOf: readonly ColumnSegment[] = [];
  #publishedRowListsOf: readonly ColumnSegment[] = [];
  readonly graph: DerivedSegments = new DerivedSegments();
  readonly trigrams: DerivedSegments = new DerivedSegments();
  #publishedTombstones: readonly SegmentReference[] = [];
  #deletes = 0;
  #publishedDeletes = 0;
  #capturedDeletes = 0;

  column(kind: ColumnKind | 'codes'): ColumnSegments {
    return kind === 'codes' ? this.codes : this.columns[kind];
  }

  noteWrite({ rows, vectors, documents, metadatas, uris }: WriteEntry): void {
    if (vectors) {
      this.columns.vectors.note(rows);
      this.codes.note(rows);
      this.graph.noteChanged(rows);
    }
    if (documents) {
      this.columns.documents.note(rows);
      this.trigrams.noteChanged(rows);
    }
    if (metadatas) this.columns.metadatas.note(rows);
    if (uris) this.columns.uris.note(rows);
  }

  noteDelete(rows: Uint32Array): void {
    this.graph.noteGone(rows);
    this.trigrams.noteGone(rows);
    this.#deletes += 1;
    this.codes.mayBeStale = true;
    for (const kind of COLUMN_KINDS) this.columns[kind].mayBeStale = true;
  }

  /** A record has gone that the tombstones do not know. */
  get hasDeletes(): boolean {
    return this.#deletes !== this.#capturedDeletes;
  }

  setTombstones(tombstones: readonly SegmentReference[]): void {
    this.tombstones = tombstones;
    this.#capturedDeletes = this.#deletes;
  }

  publish(): void {
    for (const kind of COLUMN_KINDS) this.columns[kind].publish();
    this.codes.publish();
    this.namesUselessCodes = false;
    this.#publishedTables = this.codeTables;
    this.#publishedRowLists = this.rowLists;
    this.#publishedRowListsOf = this.rowListsOf;
    this.graph.publish();
    this.trigrams.publish();
    this.#publishedTombstones = this.tombstones;
    this.#publishedDeletes = this.#capturedDeletes;
  }

  rollback(): void {
    for (const kind of COLUMN_KINDS) this.columns[kind].rollback();
    this.codes.rollback();
    this.codeTables = this.#publishedTables;
    this.rowLists = this.#publishedRowLists;
    this.rowListsOf = this.#publishedRowListsOf;
    this.graph.rollback();
    this.trigrams.rollback();
    this.tombstones = this.#publishedTombstones;
    this.#capturedDeletes = this.#publishedDeletes;
  }
}
