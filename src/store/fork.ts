/** A copy of a collection under a new name: one small log entry, which a replay carries out in the same way (SPEC.md S12). */
import { kindexError } from '../base/errors.js';
import type { CollectionRecord, Row } from '../base/types.js';
import type { StoredCollection } from '../format/stored-collection.js';
import { TEXT_CLEAR, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch, WriteEntry } from '../format/write-entry.js';
import type { ForkCollectionRequest } from '../rpc/service.js';
import { CollectionState } from './collection-state.js';
import { exclusive } from './commit.js';
import type { Operation } from './commit.js';
import { nameTaken, type ManageContext } from './manage-collections.js';
import type { TextColumn } from './text-column.js';
import type { VectorEngine } from '../vector-index/engine.js';

/** Records copied at a time: bounds what is held twice. */
export const RECORDS_PER_STEP = 4096;

/** Rejects with NOT_FOUND_COLLECTION · EXISTS_COLLECTION · FORMAT_CORRUPT while records are set aside · RUNTIME_OUT_OF_MEMORY. */
export function forkCollection(
  { id, name }: ForkCollectionRequest,
  { collections, engine, uuid, onForked }: ManageContext & { onForked: () => void },
): Operation<CollectionRecord> {
  return exclusive('forkCollection', () => {
    const source = collections.get({ id });
    if (collections.byName(source.stored, name)) throw nameTaken(name, source.stored);
    if (source.setAside.size > 0) {
      throw kindexError(
        'FORMAT_CORRUPT',
        `Collection "${source.name}" has ${source.setAside.size} damaged records set aside; a fork would not hold them.`,
        { fix: 'Call repair() first.', details: { collection: source.name, setAside: source.setAside.size } },
      );
    }
    const stored: StoredCollection = { ...structuredClone(source.stored), id: uuid(), name };
    // The whole copy is made before anything is stored: a stored fork that memory cannot hold would lock the store.
    const copy = copyCollection(source, stored, engine);
    return {
      entry: { op: 'forkCollection', sourceId: id, collection: stored },
      reply: copy.record,
      apply() {
        collections.add(copy);
        onForked();
        return copy.record;
      },
      abandon: () => copy.dispose(),
    };
  });
}

/** `stored` with the records of `source`, in their order. @throws RUNTIME_OUT_OF_MEMORY */
export function copyCollection(
  source: CollectionState,
  stored: StoredCollection,
  engine: VectorEngine,
): CollectionState {
  const copy = new CollectionState(stored, engine);
  try {
    const { dimensions } = source;
    if (dimensions !== null) copy.prepare({ dimensions, newVectors: source.size });
    const rows = Uint32Array.from(source.liveRows());
    for (let from = 0; from < rows.length; from += RECORDS_PER_STEP) {
      copy.applyWrite(copyRows(source, rows.slice(from, from + RECORDS_PER_STEP), stored.id, from));
    }
    return copy;
  } catch (error) {
    copy.dispose();
    throw error;
  }
}

/** What a write to the copy would hold: its rows from `firstRow` on get the records of `rows`, which are live. */
export function copyRows(
  source: CollectionState,
  rows: Uint32Array<ArrayBuffer>,
  collectionId: string,
  firstRow: Row,
): WriteEntry {
  return {
    collectionId,
    rows: rows.map((_, i) => firstRow + i),
    ids: Array.from(rows, (row) => source.rows.idOf(row)!),
    vectors: source.vectorsOf(rows),
    documents: copyTexts(source.documents, rows),
    metadatas: copyTexts(source.metadatas, rows),
    uris: copyTexts(source.uris, rows),
  };
}

/** Of a column, rows that may have no text. */
export function copyTexts(column: TextColumn, rows: Uint32Array): TextPatch {
  const texts = Array.from(rows, (row) => column.read(row));
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + (text?.length ?? 0), 0));
  const ends = new Uint32Array(rows.length);
  let at = 0;
  texts.forEach((text, i) => {
    if (text) bytes.set(text, at);
    at += text?.length ?? 0;
    ends[i] = at;
  });
  const states = Uint8Array.from(texts, (text) => (text === null ? TEXT_CLEAR : TEXT_SET));
  return { bytes, ends, states };
}
