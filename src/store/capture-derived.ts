/** Indexes into segments: when one is worth writing, and its bytes in parts, taken in steps between which calls go on (SPEC.md S40). */
import { nextTask } from '../base/slices.js';
import type { Pieces } from '../format/bytes.js';
import { encodeChangedRows, encodeDerivedPart } from '../format/derived-content.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import type { SegmentSink } from './capture.js';
import type { CollectionState } from './collection-state.js';
import type { DerivedSegments } from './derived-segments.js';

/**
 * An index is written anew when more than this share of it is not stored as it is: a sixteenth when it is complete, so that little is
 * left to do at the next opening; a quarter while it grows, so that a graph of many checkpoints is written about five times over.
 */
const BEHIND_SHARE = 1 / 16;
const BEHIND_SHARE_GROWING = 1 / 4;

/** No checkpoint begins for so few rows alone: linking them anew takes less than a second. */
const BEHIND_ROWS = 1_000;

/** When more than this share of the rows of a stored index has changed or gone, it is of little use. */
const USELESS_SHARE = 1 / 2;

export interface DerivedSink {
  sink: SegmentSink;
  /** Stores what was put so far. */
  flush: () => Promise<void>;
  /** Stops the linking of rows; returns what lets it go on. */
  holdIndexing: () => () => void;
}

/** `begins`: for it a checkpoint would begin, so there must be enough to write. `goes along`: one is under way. */
export type Occasion = 'begins' | 'goes along';

/** True when the graph should be written. No checkpoint begins for one that still grows. Cost: a few numbers. */
export function isGraphDue(collection: CollectionState, occasion: Occasion): boolean {
  const index = collection.storableGraph;
  if (index === null || index.linked === 0) return false;
  const isComplete = index.indexed === index.size;
  if (occasion === 'begins' && !isComplete) return false;
  const share = isComplete ? BEHIND_SHARE : BEHIND_SHARE_GROWING;
  return isBehind(collection.segments.graph, { rows: index.linked, share, occasion });
}

/** True when the trigrams are in memory, complete, and should be written. */
export function areTrigramsDue(collection: CollectionState, occasion: Occasion): boolean {
  const storable = collection.filterIndex.storableTrigrams;
  const { size } = collection;
  return (
    storable !== null && isBehind(collection.segments.trigrams, { rows: size, share: BEHIND_SHARE, occasion })
  );
}

function isBehind(
  { kept, lost }: DerivedSegments,
  { rows, share, occasion }: { rows: number; share: number; occasion: Occasion },
): boolean {
  const behind = Math.max(rows - kept, lost);
  if (occasion === 'begins' && kept > 0 && behind < BEHIND_ROWS) return false;
  return behind > share * rows;
}

function isUseless({ kept, lost }: DerivedSegments): boolean {
  return lost > USELESS_SHARE * (kept + lost);
}

/** Nothing is written where links change although linking is stopped: the last row has gone. */
export async function captureGraph(
  collection: CollectionState,
  { sink, flush, holdIndexing }: DerivedSink,
): Promise<void> {
  const index = collection.storableGraph;
  if (index === null) return;
  const { graph } = collection.segments;
  const release = holdIndexing();
  const rows = index.linked;
  const end = collection.rowEnd;
  const parameters = graphParameters(collection);
  let pieces: Uint8Array<ArrayBuffer>[] | null;
  try {
    graph.begin(end);
    pieces = await inSteps(index.serialize());
  } finally {
    release();
  }
  if (pieces === null) graph.abandon();
  else {
    const tag = { collectionId: collection.id, end, parameters };
    graph.finish(await putParts('graph', { tag, rows, pieces }, sink, flush), rows);
  }
}

export async function captureTrigrams(
  collection: CollectionState,
  { sink, flush }: DerivedSink,
): Promise<void> {
  const storable = collection.filterIndex.storableTrigrams;
  if (storable === null) return;
  const { trigrams } = collection.segments;
  const rows = collection.size;
  const { index, end, changed } = storable;
  trigrams.begin(end, changed);
  const pieces = await inSteps(index.serialize());
  const tag = { collectionId: collection.id, end, parameters: [] };
  trigrams.finish(await putParts('trigrams', { tag, rows, pieces }, sink, flush), rows);
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
  const { space, maxNeighbors } = collection.stored.configuration.index;
  return [collection.dimensions ?? 0, ['l2', 'ip', 'cosine'].indexOf(space), maxNeighbors];
}

async function inSteps<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await nextTask();
  }
}

async function putParts(
  kind: SegmentKind,
  {
    tag,
    rows,
    pieces,
  }: {
    tag: { collectionId: string; end: number; parameters: number[] };
    rows: number;
    pieces: Uint8Array<ArrayBuffer>[];
  },
  sink: SegmentSink,
  flush: () => Promise<void>,
): Promise<SegmentReference[]> {
  const totalBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const parts = Math.max(1, Math.ceil(totalBytes / sink.segmentBytes));
  const references: SegmentReference[] = [];
  let piece = 0;
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const bytes = new Uint8Array(Math.min(sink.segmentBytes, totalBytes - part * sink.segmentBytes));
    for (let filled = 0; filled < bytes.length;) {
      const from = pieces[piece]!.subarray(at, at + bytes.length - filled);
      bytes.set(from, filled);
      filled += from.length;
      at += from.length;
      if (at < pieces[piece]!.length) continue;
      piece += 1;
      at = 0;
    }
    const payload: Pieces = encodeDerivedPart({ ...tag, totalBytes, parts, part, bytes });
    references.push(sink.put(kind, { rows, firstRow: 0, lastRow: tag.end - 1, payload }));
    await flush();
  }
  return references;
}
