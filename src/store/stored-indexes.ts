/** When an index is worth writing, or no longer worth keeping, and what of it has changed (SPEC.md S40). */
import { encodeChangedRows } from '../format/changed-rows.js';
import type { SegmentSink } from './capture.js';
import type { CollectionState } from './collection-state.js';
import type { DerivedSegments } from './derived-segments.js';
import type { ChromaError } from '../base/errors.js';

/**
 * An index is written anew when more than this share of its rows is not stored as it is, so that little is left to do at the next
 * opening.
 */
const BEHIND_SHARE = 1 / 16;

/**
 * Of new rows alone, where it does not pay so soon: of a graph that still grows, and of trigrams, which are made as fast as they
 * are read. One that grows through many checkpoints is written about five times over.
 */
const NEW_SHARE = 1 / 4;

/** No checkpoint begins for so few rows alone: linking them anew takes less than a second. */
const BEHIND_ROWS = 1_000;

/** When more than this share of the rows of a stored index has changed or gone, it is of little use. */
const USELESS_SHARE = 1 / 2;

/** `begins`: for it a checkpoint would begin, so there must be enough to write. `goes along`: one is under way. */
export type Occasion = 'begins' | 'goes along';

/** True when the graph should be written. No checkpoint begins for one that still grows. Cost: a few numbers. */
export function isGraphDue(collection: CollectionState, occasion: Occasion): boolean {
  const index = collection.storableGraph;
  if (index === null || index.linked === 0) return false;
  const isComplete = index.indexed === index.size;
  if (occasion === 'begins' && !isComplete) return false;
  const newShare = isComplete ? BEHIND_SHARE : NEW_SHARE;
  return isBehind(collection.segments.graph, { rows: index.linked, newShare, occasion });
}

/** True when the trigrams are in memory, complete, and should be written. */
export function areTrigramsDue(collection: CollectionState, occasion: Occasion): boolean {
  const storable = collection.filterIndex.storableTrigrams;
  if (storable === null) return false;
  const { size, segments } = collection;
  return isBehind(segments.trigrams, { rows: size, newShare: NEW_SHARE, occasion });
}

/** True when codes are worth storing: there is, or will be, a graph. Not while records miss something: then everything is looked at. */
export function storesCodes({ storableGraph, setAside }: CollectionState): boolean {
  const tables = storableGraph?.codeTables ?? null;
  return tables !== null && storableGraph!.wantsGraph && setAside.size === 0;
}

/** True when codes are to be stored and none of those that are count. */
function areCodesDue(collection: CollectionState, occasion: Occasion): boolean {
  const { storableGraph, segments } = collection;
  if (segments.namesUselessCodes && occasion === 'goes along') return true;
  if (!storesCodes(collection) || segments.codeTables === storableGraph!.codeTables) return false;
  return occasion === 'goes along' || storableGraph!.indexed === storableGraph!.size;
}

/** True when an index of any of the collections is due. Cost: a few numbers per collection. */
export function isIndexDue(collections: Iterable<CollectionState>, occasion: Occasion): boolean {
  for (const collection of collections)
    if (
      isGraphDue(collection, occasion) ||
      areTrigramsDue(collection, occasion) ||
      areCodesDue(collection, occasion)
    )
      return true;
  return false;
}

function isBehind(
  { kept, lost }: DerivedSegments,
  { rows, newShare, occasion }: { rows: number; newShare: number; occasion: Occasion },
): boolean {
  if (occasion === 'begins' && kept > 0 && Math.max(rows - kept, lost) < BEHIND_ROWS) return false;
  return lost > BEHIND_SHARE * rows || rows - kept > newShare * rows;
}

function isUseless({ kept, lost }: DerivedSegments): boolean {
  return lost > USELESS_SHARE * (kept + lost);
}

/** Which rows of the stored indexes have changed. Runs without a pause. */
export function captureChanges(collection: CollectionState, sink: SegmentSink): void {
  const { graph, trigrams } = collection.segments;
  if (isUseless(graph)) graph.drop();
  if (isUseless(trigrams)) {
    trigrams.drop();
    collection.filterIndex.forgetStored();
  }
  for (const [kind, derived] of [
    ['graphChanges', graph],
    ['trigramChanges', trigrams],
  ] as const) {
    derived.captureChanges((rows) =>
      sink.put(kind, {
        rows: rows.length,
        firstRow: rows[0]!,
        lastRow: rows.at(-1)!,
        payload: encodeChangedRows(collection.id, rows),
      }),
    );
  }
}

/** What a stored graph must fit. */
export function graphParameters(collection: CollectionState): number[] {
  const { space } = collection.stored.configuration.index;
  return [collection.dimensions ?? 0, ['l2', 'ip', 'cosine'].indexOf(space), collection.maxNeighbors];
}

/** An index that was stored and could not be used. */
export interface UnusedIndex {
  what: string;
  error: ChromaError;
}
