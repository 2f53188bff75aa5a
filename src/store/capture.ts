/** Memory into segments: which rows of a column are written, in which segments, and with what. Runs without a pause, so it sees one state. */
import { TextPacker } from '../base/packed-texts.js';
import type { Row } from '../base/types.js';
import type { Pieces } from '../format/bytes.js';
import { encodeCodes, encodeRowLists } from '../format/codes.js';
import type { StoredCodes } from '../format/codes.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import {
  countBits,
  encodeTexts,
  encodeTombstones,
  encodeVectors,
  isConsecutive,
} from '../format/segment-content.js';
import { storesCodes } from './stored-indexes.js';
import { TEXT_CLEAR, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';
import type { CollectionState } from './collection-state.js';
import { forEachRow } from './column-segments.js';
import type { ColumnKind, ColumnSegment, ColumnSegments } from './column-segments.js';
import type { TextColumn } from './text-column.js';

type StoredKind = ColumnKind | 'codes';

/**
 * A segment of vectors is small: after an opening the few that a query measures are read one segment each. Of 100,000 × 384 a
 * query for ten reads 20 of them; larger ones are no faster to read all of.
 */
const VECTOR_SEGMENT_BYTES = 128 * 1024;

/** Where segments go. */
export interface SegmentSink {
  /** Gives a name to a segment that is not there and never will be: the values of these rows are lost. */
  miss(kind: SegmentKind, rows: { firstRow: number; lastRow: number }): SegmentReference;
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
  kind: StoredKind,
  limit: Row,
  sink: SegmentSink,
): boolean {
  const column = collection.segments.column(kind);
  const full = fullAt(kind, sink);
  const rows: Row[] = [];
  let bytes = 0;
  for (let row = column.end; row < limit; row++) {
    const rowBytes = bytesOfRow(collection, kind, row);
    if (rowBytes === null) continue;
    if (bytes + rowBytes > full && rows.length > 0) {
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
  kind: StoredKind,
  stale: readonly ColumnSegment[],
  sink: SegmentSink,
): void {
  const column = collection.segments.column(kind);
  const full = fullAt(kind, sink);
  // A damaged segment holds nothing that could be written elsewhere: it stays named as long as records miss it.
  const kept = column.segments.filter(({ damaged }) => damaged !== true || collection.setAside.size > 0);
  for (const [firstRow, lastRow] of kind === 'codes' ? [] : lostRuns(collection, kind, kept)) {
    const reference = sink.miss(kind, { firstRow, lastRow });
    // Before all others: what these hold counts.
    kept.unshift({ reference, listed: new Uint32Array(0), damaged: true });
  }
  const rows = new Set<Row>(column.takeDirty());
  for (let row = column.end; row < collection.rowEnd; row++) {
    if (bytesOfRow(collection, kind, row) !== null) rows.add(row);
  }
  const compacted = stale.filter((each) => kept.includes(each) && isReadable(collection, kind, each));
  for (const each of compacted) for (const row of currentRows(kept, kept.indexOf(each))) rows.add(row);
  for (const each of compacted) kept.splice(kept.indexOf(each), 1);
  if (rows.size === 0) {
    column.set(collection.rowEnd, kept);
    return;
  }
  let bytes = SEGMENT_OVERHEAD_BYTES;
  for (const row of rows) bytes += bytesOfRow(collection, kind, row) ?? ROW_BYTES;
  for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
    if (last.damaged || last.reference.bytes > bytes || bytes + last.reference.bytes > full) break;
    if (!isReadable(collection, kind, last)) break;
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
  for (const chunk of chunks(live, full, (row) => bytesOfRow(collection, kind, row) ?? ROW_BYTES)) {
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

/**
 * The segment of a column with the largest share of stale rows, if that is too large, and others that are due as long as what is
 * left of all fits a segment. Cost: one pass over the column's rows.
 */
export function staleSegments(
  collection: CollectionState,
  column: ColumnSegments,
  limit: number,
): { segments: ColumnSegment[]; share: number; bytes: number } | null {
  const found: { segment: ColumnSegment; share: number; bytes: number }[] = [];
  const newer = new Uint8Array(collection.rowEnd);
  for (const segment of column.segments.toReversed()) {
    let stale = 0;
    forEachRow(segment, (row) => {
      if (newer[row] === 1 || isGone(collection, row)) stale += 1;
      newer[row] = 1;
    });
    const share = stale / segment.reference.rows;
    if (share > STALE_SHARE) found.push({ segment, share, bytes: (1 - share) * segment.reference.bytes });
  }
  found.sort((a, b) => b.share - a.share);
  const [first] = found;
  if (first === undefined) return null;
  let { bytes } = first;
  const segments = [first.segment];
  for (const each of found.slice(1)) {
    if (bytes + each.bytes > limit) break;
    bytes += each.bytes;
    segments.push(each.segment);
  }
  return { segments, share: first.share, bytes };
}

/**
 * Rows set aside that miss this column and that no damaged segment stands for: those of a copy, whose source has it. First and last
 * row of runs, between which every row is lost, gone, or has a value of its own.
 */
function lostRuns(
  collection: CollectionState,
  kind: ColumnKind,
  kept: readonly ColumnSegment[],
): [Row, Row][] {
  const { setAside } = collection;
  if (setAside.size === 0) return [];
  const damaged = kept.flatMap((segment) => (segment.damaged === true ? [segment.reference] : []));
  const runs: [Row, Row][] = [];
  let open = false;
  for (let row = 0; row < collection.rowEnd; row++) {
    if (setAside.get(row)?.lost.has(kind) !== true) {
      if (!isGone(collection, row) && bytesOfRow(collection, kind, row) === null) open = false;
      continue;
    }
    if (damaged.some(({ firstRow, lastRow }) => firstRow <= row && row <= lastRow)) continue;
    if (open) runs.at(-1)![1] = row;
    else runs.push([row, row]);
    open = true;
  }
  return runs;
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
function bytesOfRow(collection: CollectionState, kind: StoredKind, row: Row): number | null {
  if (!collection.holds(kind, row)) return null;
  if (kind === 'ids') return heldIdOf(collection, row).length + ROW_BYTES;
  if (kind === 'vectors') return (collection.dimensions ?? 0) * 4 + ROW_BYTES;
  if (kind === 'codes') return (collection.dimensions ?? 0) + ROW_BYTES;
  const text = textsOf(collection, kind).read(row);
  return text === null ? null : text.length + ROW_BYTES;
}

function fullAt(kind: StoredKind, { segmentBytes }: SegmentSink): number {
  return kind === 'vectors' ? Math.min(segmentBytes, VECTOR_SEGMENT_BYTES) : segmentBytes;
}

/** False where rows of it lie in the storage alone. */
function isReadable(collection: CollectionState, kind: StoredKind, segment: ColumnSegment): boolean {
  if (kind !== 'vectors') return true;
  let readable = true;
  forEachRow(segment, (row) => {
    if (collection.idOf(row) !== undefined && !collection.vectors.isHeld(row)) readable = false;
  });
  return readable;
}

/** Rows of the segments at the end that the next one written may take along, if they have to be read for it. */
function tailRows(collection: CollectionState): Row[] {
  const { segments } = collection.segments.columns.vectors;
  const rows: Row[] = [];
  let bytes = 0;
  for (const segment of segments.toReversed()) {
    bytes += segment.reference.bytes;
    if (segment.damaged === true || bytes > VECTOR_SEGMENT_BYTES) break;
    forEachRow(segment, (row) => {
      if (collection.idOf(row) !== undefined && !collection.vectors.isHeld(row)) rows.push(row);
    });
  }
  return rows;
}

/** Live rows of segments whose vectors have to be read before they are written anew. */
export function unreadRows(
  collection: CollectionState,
  segments: readonly ColumnSegment[],
): Uint32Array<ArrayBuffer> {
  const rows = new Set<Row>(tailRows(collection));
  for (const segment of segments) {
    forEachRow(segment, (row) => {
      if (collection.idOf(row) !== undefined && !collection.vectors.isHeld(row)) rows.add(row);
    });
  }
  return Uint32Array.from(rows).sort();
}

/** Codes by other tables, or none that are to be stored: what lies in segments does not count. */
export function beginCodes(collection: CollectionState): boolean {
  const { segments, storableGraph } = collection;
  const tables = storesCodes(collection) ? storableGraph!.codeTables : null;
  if (segments.codeTables !== tables) segments.codes.reset();
  segments.codeTables = tables;
  return tables !== null;
}

/** The rest of the codes, and the rows of segments of vectors that list theirs. `stale` as of `captureRest`; `short`: there is no room for what can be made again. */
export function captureCodes(
  collection: CollectionState,
  stale: readonly ColumnSegment[],
  sink: SegmentSink,
  short: boolean,
): void {
  const { segments } = collection;
  if (short) {
    segments.codes.reset();
    segments.codeTables = null;
  }
  if (short || !beginCodes(collection)) {
    segments.rowLists = null;
    segments.rowListsOf = [];
    return;
  }
  captureRest(collection, 'codes', stale, sink);
  const listing = segments.columns.vectors.segments.filter(({ listed }) => listed !== null);
  const { rowListsOf } = segments;
  if (listing.length === rowListsOf.length && listing.every((each, i) => each === rowListsOf[i])) return;
  segments.rowListsOf = listing;
  const lists = listing.map(({ reference: { gen, n }, listed }) => ({ gen, n, rows: listed!.slice() }));
  segments.rowLists =
    lists.length === 0
      ? null
      : sink.put('vectorRows', {
          rows: lists.reduce((sum, { rows }) => sum + rows.length, 0),
          firstRow: 0,
          lastRow: 0,
          payload: encodeRowLists(collection.id, lists),
        });
}

function codesOf(collection: CollectionState, rows: Uint32Array): StoredCodes {
  const index = collection.storableGraph!;
  const { weights, codeFactors, queryFactors, fittedTo } = index.codeTables!;
  const { dimensions, codes, inverseLengths } = index.readCodes(rows);
  return { dimensions, fittedTo, weights, codeFactors, queryFactors, inverseLengths, codes };
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
  kind: StoredKind,
  rows: Uint32Array<ArrayBuffer>,
  sink: SegmentSink,
): ColumnSegment {
  const column = { collectionId: collection.id, rows };
  const payload =
    kind === 'vectors'
      ? encodeVectors(column, collection.heldVectorsOf(rows))
      : kind === 'codes'
        ? encodeCodes(column, codesOf(collection, rows))
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
