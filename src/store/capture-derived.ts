/** Indexes into segments: their bytes in parts, taken in steps between which calls go on (SPEC.md S40). Loaded when one is written. */
import { nextTask } from '../base/slices.js';
import type { Pieces } from '../format/bytes.js';
import { encodeIndexPart } from '../format/index-part.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import type { SegmentSink } from './capture.js';
import type { CollectionState } from './collection-state.js';
import { graphParameters } from './stored-indexes.js';

export interface DerivedSink {
  sink: SegmentSink;
  /** Stores what was put so far. */
  flush: () => Promise<void>;
  /** Stops the linking of rows; returns what lets it go on. */
  holdIndexing: () => () => void;
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
      // What lies in a part is not needed any more.
      pieces[piece] = new Uint8Array(0);
      piece += 1;
      at = 0;
    }
    const payload: Pieces = encodeIndexPart({ ...tag, totalBytes, parts, part, bytes });
    references.push(sink.put(kind, { rows, firstRow: 0, lastRow: tag.end - 1, payload }));
    await flush();
  }
  return references;
}
