/** Stored indexes back into memory, or left to be made again: whatever is wrong with them, it is no damage of the store (SPEC.md S40). Loaded where there are any. */
import { asKindexError } from '../base/errors.js';
import type { Row } from '../base/types.js';
import { corrupt } from '../format/bytes.js';
import { decodeChangedRows } from '../format/changed-rows.js';
import { decodeIndexPart } from '../format/index-part.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import { TrigramIndex } from '../lexical-index/trigram.js';
import type { CollectionState } from './collection-state.js';
import { readAhead, readSegment } from './read-segments.js';
import type { SegmentSource } from './read-segments.js';
import { graphParameters } from './stored-indexes.js';

/**
 * After the columns, before the log: takes up the graph, and notes where the trigrams lie, which are read when a filter first asks
 * for documents. What cannot be used is told in `collection.unusedIndexes`, and no longer named by the next manifest.
 * @throws STORAGE_LOST · CLOSED
 */
export async function loadDerived(
  collection: CollectionState,
  references: readonly SegmentReference[],
  source: SegmentSource,
): Promise<void> {
  const of = (kind: SegmentKind): SegmentReference[] => references.filter((each) => each.kind === kind);
  await loadGraph(collection, of('graph'), of('graphChanges'), source);
  await noteTrigrams(collection, of('trigrams'), of('trigramChanges'), source);
}

async function loadGraph(
  collection: CollectionState,
  parts: SegmentReference[],
  changes: SegmentReference[],
  source: SegmentSource,
): Promise<void> {
  if (parts.length === 0) return;
  const index = collection.storableGraph;
  await orUnused('graph', collection, async () => {
    const changed = await readChanged(collection, changes, source);
    const { rows } = parts[0]!;
    let gone = rows - Math.min(rows, changed.length + rowsBelow(collection, endOf(parts)));
    if (index !== null) {
      const { bytes, parameters } = await readParts(collection, parts, source);
      const [dimensions, space, maxNeighbors] = graphParameters(collection);
      // A list of neighbors that may be longer now is no fault.
      if (parameters[0] !== dimensions || parameters[1] !== space || !(parameters[2]! <= maxNeighbors!))
        throw corrupt('it was built with other parameters', { what: 'graph parameters', parameters });
      index.load(bytes, bitsOf(changed));
      gone = Math.max(0, rows - changed.length - index.linked);
    }
    collection.segments.graph.restore({
      parts,
      end: endOf(parts),
      rows,
      changed,
      gone,
      changes: changes[0] ?? null,
    });
  });
}

async function noteTrigrams(
  collection: CollectionState,
  parts: SegmentReference[],
  changes: SegmentReference[],
  source: SegmentSource,
): Promise<void> {
  if (parts.length === 0) return;
  await orUnused('index of documents', collection, async () => {
    const changed = await readChanged(collection, changes, source);
    const end = endOf(parts);
    const { rows } = parts[0]!;
    const gone = rows - Math.min(rows, rowsBelow(collection, end));
    const { trigrams } = collection.segments;
    trigrams.restore({ parts, end, rows, changed, gone, changes: changes[0] ?? null });
    collection.filterIndex.keepStored({
      end,
      changed,
      load: async () => {
        const found = await orUnused('index of documents', collection, async () => {
          const { bytes } = await readParts(collection, parts, source);
          return new TrigramIndex(bytes);
        });
        if (found === null) trigrams.drop();
        return found;
      },
    });
  });
}

/** Null when `work` failed, for whatever reason but the end of the storage itself; the reason is kept to be told. */
async function orUnused<T>(
  what: string,
  collection: CollectionState,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (thrown) {
    const error = asKindexError(thrown, `reading the stored ${what}`);
    if (error.code === 'STORAGE_LOST' || error.code === 'CLOSED') throw error;
    collection.unusedIndexes.push({ what, error });
    return null;
  }
}

async function readParts(
  collection: CollectionState,
  references: readonly SegmentReference[],
  source: SegmentSource,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; parameters: readonly number[] }> {
  let whole: Uint8Array<ArrayBuffer> | null = null;
  let at = 0;
  let parameters: readonly number[] = [];
  let i = 0;
  for (const { reading } of readAhead(references, (each) => readSegment(each, source))) {
    const part = decodeIndexPart(await reading);
    const { totalBytes, bytes } = part;
    if (
      part.collectionId !== collection.id ||
      part.part !== i ||
      part.parts !== references.length ||
      part.end !== endOf(references) ||
      (whole !== null && whole.length !== totalBytes) ||
      at + bytes.length > totalBytes
    )
      throw corrupt('its parts are not of one index', { what: 'index part', part: i });
    // Parts hold what they say and no more, so that nothing is allocated for a claim.
    if (i === 0 && totalBytes > references.reduce((sum, each) => sum + each.bytes, 0))
      throw corrupt('it is shorter than it says', { what: 'index part', totalBytes });
    whole ??= new Uint8Array(totalBytes);
    whole.set(bytes, at);
    at += bytes.length;
    ({ parameters } = part);
    i += 1;
  }
  if (whole === null || at !== whole.length)
    throw corrupt('it is shorter than it says', { what: 'index part' });
  return { bytes: whole, parameters };
}

async function readChanged(
  collection: CollectionState,
  references: readonly SegmentReference[],
  source: SegmentSource,
): Promise<Uint32Array<ArrayBuffer>> {
  const [reference] = references;
  if (reference === undefined) return new Uint32Array(0);
  const { collectionId, rows } = decodeChangedRows(await readSegment(reference, source), reference.rows);
  if (collectionId !== collection.id || references.length > 1)
    throw corrupt('its changed rows are of another', { what: 'changed rows' });
  return rows;
}

function endOf(parts: readonly SegmentReference[]): Row {
  return parts[0]!.lastRow + 1;
}

function rowsBelow(collection: CollectionState, end: Row): number {
  let count = 0;
  for (let row = 0; row < end; row++) if (collection.idOf(row) !== undefined) count += 1;
  return count;
}

function bitsOf(rows: Uint32Array): Uint32Array {
  const bits = new Uint32Array(rows.length === 0 ? 0 : (rows.at(-1)! >>> 5) + 1);
  for (const row of rows) bits[row >>> 5]! |= 1 << (row & 31);
  return bits;
}
