/** Memory into segments: which rows of a column are written, in which segments, and with what. Runs without a pause, so it sees one state. */
import { TextPacker } from '../base/packed-texts.js';
import type { Row } from '../base/types.js';
import type { Pieces } from '../format/bytes.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import {
  countBits,
  encodeTexts,
  encodeTombstones,
  encodeVectors,
  isConsecutive,
} from '../format/segment-content.js';
import { TEXT_CLEAR, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';
import type { CollectionState } from './collection-state.js';
import { forEachRow } from './column-segments.js';
import type { ColumnKind, ColumnSegment, ColumnSegments } from './column-segments.js';
import type { TextColumn } from './text-column.js';

/** Where segments go. */
export interface SegmentSink {
  /** Payload at which a segment is full. */
  readonly segmentBytes: number;
  /** Gives the segment a name; it will be stored. */
  put(
    kind: SegmentKind,
    content: { rows: number; firstRow: number; lastRow: number; payload: Pieces },
  ): SegmentReference;
}

/** What a segment costs beside its rows, about. */
const SEGMENT_OVERHEAD_BYTES = 128;

/** What a row costs in a segment beside its value. */
const ROW_BYTES = 8;

/** A segment is due for rewriting when more of its rows than this are gone or have a newer value elsewhere. */
const STALE_SHARE = 0.3;

/**
 * Writes one full segment of rows that lie in none yet, below `limit`; false when they do not fill one. Makes a large
 * checkpoint a walk in steps of one segment, between which reads and writes go on.
 */
export function captureFull(
  collection: CollectionState,
  kind: ColumnKind,
  limit: Row,
  sink: SegmentSink,
): boolean {
  const column = collection.segments.columns[kind];
  const rows: Row[] = [];
  let bytes = 0;
  for (let row = column.end; row < limit; row++) {
    const rowBytes = bytesOfRow(collection, kind, row);
    if (rowBytes === null) continue;
    if (bytes + rowBytes > sink.segmentBytes && rows.length > 0) {
      const written = write(collection, kind, Uint32Array.from(rows), sink);
      column.set(row, [...column.segments, written]);
      return true;
    }
    rows.push(row);
    bytes += rowBytes;
  }
  return false;
}

/**
 * Writes everything of a column that is not in segments as it is now, and the rows of `stale` anew. Small segments at the
 * end are taken along, as long as they are no larger than what is written after them: so their number grows with the logarithm.
 */
export function captureRest(
  collection: CollectionState,
  kind: ColumnKind,
  stale: ColumnSegment | null,
  sink: SegmentSink,
): void {
  const column = collection.segments.columns[kind];
  // A damaged segment holds nothing that could be written elsewhere: it stays named as long as records miss it.
  const kept = column.segments.filter(({ damaged }) => damaged !== true || collection.setAside.size > 0);
  const rows = new Set<Row>(column.takeDirty());
  for (let row = column.end; row < collection.rowEnd; row++) {
    if (bytesOfRow(collection, kind, row) !== null) rows.add(row);
  }
  const staleAt = stale === null ? -1 : kept.indexOf(stale);
  if (stale !== null && staleAt >= 0) {
    for (const row of currentRows(kept, staleAt)) rows.add(row);
    kept.splice(staleAt, 1);
  }
  if (rows.size === 0) {
    column.set(collection.rowEnd, kept);
    return;
  }
  let bytes = SEGMENT_OVERHEAD_BYTES;
  for (const row of rows) bytes += bytesOfRow(collection, kind, row) ?? ROW_BYTES;
  for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
    if (last.damaged || last.reference.bytes > bytes || bytes + last.reference.bytes > sink.segmentBytes)
      break;
    kept.pop();
    forEachRow(last, (row) => rows.add(row));
    bytes += last.reference.bytes;
  }

  // A removed text has to be told only where an older segment may hold it.
  const tellsRemoval = kept.length > 0;
  const live = Uint32Array.from(rows)
    .sort()
    .filter(
      (row) => collection.holds(kind, row) && (tellsRemoval || bytesOfRow(collection, kind, row) !== null),
    );
  for (const chunk of chunks(
    live,
    sink.segmentBytes,
    (row) => bytesOfRow(collection, kind, row) ?? ROW_BYTES,
  )) {
    kept.push(write(collection, kind, chunk, sink));
  }
  column.set(collection.rowEnd, kept);
}

/** Writes which rows are gone, if that has changed. */
export function captureTombstones(collection: CollectionState, sink: SegmentSink): void {
  const { segments, rowEnd } = collection;
  if (!segments.hasDeletes) return;
  const words = new Uint32Array(Math.ceil(rowEnd / 32));
  for (let row = 0; row < rowEnd; row++) {
    if (isGone(collection, row)) words[row >> 5]! |= 1 << (row & 31);
  }
  const references: SegmentReference[] = [];
  const size = Math.ceil(sink.segmentBytes / 4);
  for (let at = 0; at < words.length; at += size) {
    const part = words.slice(at, at + size);
    const payload = encodeTombstones({ collectionId: collection.id, first: at * 32, words: part });
    references.push(sink.put('tombstones', { rows: countBits(part), firstRow: 0, lastRow: 0, payload }));
  }
  segments.setTombstones(references);
}

/** The segment of a column with the largest share of stale rows, if that is too large. Cost: one pass over the column's rows. */
export function stalestSegment(
  collection: CollectionState,
  column: ColumnSegments,
): { segment: ColumnSegment; share: number } | null {
  let found: { segment: ColumnSegment; share: number } | null = null;
  const newer = new Uint8Array(collection.rowEnd);
  for (const segment of column.segments.toReversed()) {
    let stale = 0;
    forEachRow(segment, (row) => {
      if (newer[row] === 1 || isGone(collection, row)) stale += 1;
      newer[row] = 1;
    });
    const share = stale / segment.reference.rows;
    if (share > STALE_SHARE && share > (found?.share ?? 0)) found = { segment, share };
  }
  return found;
}

function isGone(collection: CollectionState, row: Row): boolean {
  return collection.idOf(row) === undefined && collection.setAside.get(row) === undefined;
}

/** Rows of segment `at` that no later one holds. */
function currentRows(segments: readonly ColumnSegment[], at: number): Set<Row> {
  const rows = new Set<Row>();
  forEachRow(segments[at]!, (row) => rows.add(row));
  for (const later of segments.slice(at + 1)) forEachRow(later, (row) => rows.delete(row));
  return rows;
}

function textsOf(collection: CollectionState, kind: Exclude<ColumnKind, 'ids' | 'vectors'>): TextColumn {
  return collection[kind];
}

/** Of a row whose id is held. */
function heldIdOf(collection: CollectionState, row: Row): string {
  return collection.idOf(row) ?? collection.setAside.get(row)!.id!;
}

/** Null where the row has nothing in this column, or is gone. */
function bytesOfRow(collection: CollectionState, kind: ColumnKind, row: Row): number | null {
  if (!collection.holds(kind, row)) return null;
  if (kind === 'ids') return heldIdOf(collection, row).length + ROW_BYTES;
  if (kind === 'vectors') return (collection.dimensions ?? 0) * 4 + ROW_BYTES;
  const text = textsOf(collection, kind).read(row);
  return text === null ? null : text.length + ROW_BYTES;
}

/** Cuts rows where a segment is full. */
function* chunks(
  rows: Uint32Array<ArrayBuffer>,
  limit: number,
  bytesOf: (row: Row) => number,
): Generator<Uint32Array<ArrayBuffer>> {
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < rows.length; i++) {
    const rowBytes = bytesOf(rows[i]!);
    if (bytes + rowBytes > limit && i > start) {
      yield rows.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += rowBytes;
  }
  if (rows.length > start) yield rows.slice(start);
}

/** Live rows, ascending. */
function write(
  collection: CollectionState,
  kind: ColumnKind,
  rows: Uint32Array<ArrayBuffer>,
  sink: SegmentSink,
): ColumnSegment {
  const column = { collectionId: collection.id, rows };
  const payload =
    kind === 'vectors'
      ? encodeVectors(column, collection.heldVectorsOf(rows))
      : encodeTexts(
          column,
          kind === 'ids' ? idsPatch(collection, rows) : textPatch(textsOf(collection, kind), rows),
        );
  const reference = sink.put(kind, { rows: rows.length, firstRow: rows[0]!, lastRow: rows.at(-1)!, payload });
  return { reference, listed: isConsecutive(rows) ? null : rows };
}

function idsPatch(collection: CollectionState, rows: Uint32Array): TextPatch {
  const packer = new TextPacker(rows.length, rows.length * 16);
  for (const row of rows) packer.push(heldIdOf(collection, row));
  const { bytes, ends } = packer.finish();
  return { bytes, ends, states: null };
}

function textPatch(texts: TextColumn, rows: Uint32Array): TextPatch {
  const found = Array.from(rows, (row) => texts.read(row));
  const bytes = new Uint8Array(found.reduce((sum, text) => sum + (text?.length ?? 0), 0));
  const ends = new Uint32Array(rows.length);
  let at = 0;
  found.forEach((text, i) => {
    if (text) bytes.set(text, at);
    at += text?.length ?? 0;
    ends[i] = at;
  });
  const states = found.includes(null)
    ? Uint8Array.from(found, (text) => (text === null ? TEXT_CLEAR : TEXT_SET))
    : null;
  return { bytes, ends, states };
}
