/**
 * Codes instead of vectors: an opening that finds them in segments reads no vectors, a quarter of the bytes (SPEC.md S56). Whatever is
 * wrong with them costs reading the vectors, and is told. Loaded where there are any.
 */
import { asKindexError } from '../base/errors.js';
import type { Row } from '../base/types.js';
import type { CodeTables } from '../core/core.js';
import { corrupt } from '../format/bytes.js';
import { decodeCodes, decodeRowLists } from '../format/codes.js';
import type { SegmentReference } from '../format/segment.js';
import type { HnswIndex } from '../vector-index/hnsw.js';
import type { CollectionState } from './collection-state.js';
import type { ColumnSegment } from './column-segments.js';
import { readAhead, readSegment } from './read-segments.js';
import type { SegmentSource } from './read-segments.js';

export interface CodesSource extends SegmentSource {
  /** Rows that are gone. */
  isGone: (row: Row) => boolean;
}

/** Of one collection, as the manifest names them. */
interface Named {
  dimensions: number;
  codes: readonly SegmentReference[];
  rowLists: readonly SegmentReference[];
  vectors: readonly SegmentReference[];
}

/**
 * Segments of vectors with their rows, none of them read, once the index has codes of all rows that they hold; null: vectors are
 * to be read, and the index is as it was. Before ids: whether every live row has a code is to be asked afterwards.
 * @throws STORAGE_LOST · CLOSED
 */
export async function loadCodes(
  collection: CollectionState,
  named: Named,
  source: CodesSource,
): Promise<ColumnSegment[] | null> {
  const index = collection.storableGraph;
  if (index === null) return null;
  try {
    const segments = await segmentsOf(collection, named, source);
    const covered = rowsOf(segments);
    await takeCodes(collection, index, { ...named, covered }, source);
    return segments;
  } catch (thrown) {
    const error = asKindexError(thrown, 'reading stored codes');
    // Without memory for an instance vectors can be had all the same (SPEC.md S58).
    if (['STORAGE_LOST', 'CLOSED'].includes(error.code)) throw error;
    collection.unusedIndexes.push({ what: 'codes', error });
    collection.segments.codes.reset();
    collection.segments.codeTables = null;
    collection.segments.rowLists = null;
    collection.segments.rowListsOf = [];
    collection.restartIndex(named.dimensions);
    return null;
  }
}

async function segmentsOf(
  collection: CollectionState,
  { vectors, rowLists }: Named,
  source: CodesSource,
): Promise<ColumnSegment[]> {
  const lists = new Map<string, Uint32Array<ArrayBuffer>>();
  for (const reference of rowLists) {
    const { collectionId, lists: found } = decodeRowLists(
      await readSegment(reference, source),
      reference.rows,
    );
    if (collectionId !== collection.id) throw corrupt('listed rows are of another', { what: 'rows' });
    for (const { gen, n, rows } of found) lists.set(`${gen}.${n}`, rows.slice());
  }
  const segments = vectors.map((reference): ColumnSegment => {
    const { gen, n, rows, firstRow, lastRow } = reference;
    if (rows === lastRow - firstRow + 1) return { reference, listed: null };
    const listed = lists.get(`${gen}.${n}`);
    if (listed?.length !== rows || listed[0] !== firstRow || listed.at(-1) !== lastRow)
      throw corrupt('the rows of a segment of vectors are not listed', { what: 'rows', gen, n });
    return { reference, listed };
  });
  collection.segments.rowLists = rowLists[0] ?? null;
  collection.segments.rowListsOf = segments.filter(({ listed }) => listed !== null);
  return segments;
}

/** Bits. */
function rowsOf(segments: readonly ColumnSegment[]): Uint32Array {
  const end = segments.reduce((max, { reference }) => Math.max(max, reference.lastRow + 1), 0);
  const bits = new Uint32Array(Math.ceil(end / 32));
  const set = (row: Row): void => void (bits[row >>> 5]! |= 1 << (row & 31));
  for (const { reference, listed } of segments) {
    if (listed) listed.forEach(set);
    else for (let row = reference.firstRow; row <= reference.lastRow; row++) set(row);
  }
  return bits;
}

async function takeCodes(
  collection: CollectionState,
  index: HnswIndex,
  { dimensions, codes, covered }: Named & { covered: Uint32Array },
  source: CodesSource,
): Promise<void> {
  const segments: ColumnSegment[] = [];
  let tables: CodeTables | null = null;
  index.reserve(codes.reduce((sum, { rows }) => sum + rows, 0));
  for (const { reference, reading } of readAhead(codes, (each) => readSegment(each, source))) {
    const stored = decodeCodes(await reading, reference.rows);
    const { rows, collectionId, weights, codeFactors, queryFactors, fittedTo, inverseLengths } = stored;
    const isTold = rows[0] === reference.firstRow && rows.at(-1) === reference.lastRow;
    if (collectionId !== collection.id || !isTold || stored.dimensions !== dimensions)
      throw corrupt('a segment holds other codes than the manifest says', { what: 'segment rows' });
    if (tables === null) {
      // Copies: views would keep the segment in memory.
      tables = {
        weights,
        codeFactors: codeFactors.slice(),
        queryFactors: queryFactors.slice(),
        fittedTo,
      };
      if (collection.wantsDisk) index.dropVectors(new Uint32Array(0), tables);
      else index.useTables(tables);
    } else if (!isSameFit(tables, { weights, codeFactors, queryFactors, fittedTo })) {
      throw corrupt('codes of one collection were made in two ways', { what: 'codes' });
    }
    const live: number[] = [];
    rows.forEach((row, at) => {
      if (source.isGone(row)) return;
      if ((((covered[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 0)
        throw corrupt(`row ${row} has a code and no vector`, { what: 'codes', row });
      live.push(at);
    });
    const all = live.length === rows.length;
    const kept = all ? rows : Uint32Array.from(live, (at) => rows[at]!);
    // The later segment counts.
    if (segments.length > 0) index.remove(kept);
    index.setCodes(kept, {
      rows: live.length,
      dimensions,
      codes: all ? stored.codes : gather(stored.codes, live, dimensions),
      inverseLengths: all ? inverseLengths : Float32Array.from(live, (at) => inverseLengths[at]!),
    });
    const consecutive = reference.rows === reference.lastRow - reference.firstRow + 1;
    segments.push({ reference, listed: consecutive ? null : rows.slice() });
  }
  collection.segments.codes.set(collection.segments.columns.ids.end, segments);
  collection.segments.codeTables = tables;
}

function gather(codes: Uint8Array, places: readonly number[], dimensions: number): Uint8Array<ArrayBuffer> {
  const gathered = new Uint8Array(places.length * dimensions);
  places.forEach((from, to) =>
    gathered.set(codes.subarray(from * dimensions, (from + 1) * dimensions), to * dimensions),
  );
  return gathered;
}

function isSameFit(a: CodeTables, b: CodeTables): boolean {
  const same = (one: ArrayLike<number>, other: ArrayLike<number>): boolean =>
    one.length === other.length && Array.prototype.every.call(one, (x: number, i) => x === other[i]);
  return (
    a.fittedTo === b.fittedTo &&
    same(a.weights, b.weights) &&
    same(a.codeFactors, b.codeFactors) &&
    same(a.queryFactors, b.queryFactors)
  );
}
