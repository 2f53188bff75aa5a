/** add, update and upsert: a batch becomes the rows and columns that will be stored (SPEC.md S7–S9). */
import { kindexError } from '../base/errors.js';
import type { Matrix, PackedTexts, Row } from '../base/types.js';
import type { Core } from '../core/core.js';
import type { WriteEntry } from '../format/write-entry.js';
import type { RecordBatch, WriteReply, WriteRequest } from '../rpc/service.js';
import { checkBatch } from './check-batch.js';
import type { CollectionState } from './collection-state.js';
import type { Collections } from './collections.js';
import type { Effect, Operation } from './commit.js';
import { gatherMatrix, gatherTexts } from './gather.js';
import type { Group } from './group.js';
import { mergeMetadatas } from './merge-metadata.js';
import { MAX_ROWS } from './row-map.js';

export interface WriteContext {
  collections: Collections;
  core: Core;
  /** What the reply says of durability. */
  durable: boolean;
}

/** The batch's buffers are the store's from here on. @throws as `checkBatch` */
export function createWrite(request: WriteRequest, context: WriteContext): Operation<WriteReply> {
  const { collectionId, mode, batch } = request;
  const norms = checkBatch(batch, context.core);
  return {
    name: mode,
    sizeBytes: sizeOf(batch),
    resolve(group) {
      const collection = context.collections.get({ id: collectionId });
      if (group.touches(collectionId, batch.ids)) return 'later';
      if (batch.vectors) {
        checkDimensions(batch.vectors, collection);
        checkZeroVectors(norms, batch.ids, collection);
        const fixed = group.dimensionsOf(collectionId);
        if (fixed !== null && fixed !== batch.vectors.dimensions) return 'later';
      }
      return resolveWrite(request, { collection, group, durable: context.durable });
    },
  };
}

interface ResolveOptions {
  collection: CollectionState;
  group: Group;
  durable: boolean;
}

function resolveWrite(
  { mode, batch }: WriteRequest,
  { collection, group, durable }: ResolveOptions,
): Effect<WriteReply> {
  const firstRow = group.nextRow(collection.id, collection.rowEnd);
  const { kept, rows, added } = place(mode, batch, collection, firstRow);
  const nothing = !batch.vectors && !batch.documents && !batch.metadatas && !batch.uris;
  if (rows.length === 0 || (nothing && added === 0)) {
    return { entry: null, apply: () => ({ added: 0, updated: 0, durable }) };
  }
  if (added > 0 && !batch.vectors) throw missingVector(batch.ids, kept, rows, firstRow);

  const all = rows.length === batch.ids.length;
  const part = (texts: PackedTexts | null): PackedTexts | null =>
    texts === null || all ? texts : gatherTexts(texts, kept);
  const metadatas = part(batch.metadatas);
  const write: WriteEntry = {
    collectionId: collection.id,
    rows,
    ids: all ? batch.ids : Array.from(kept, (index) => batch.ids[index]!),
    vectors: batch.vectors === null || all ? batch.vectors : gatherMatrix(batch.vectors, kept),
    documents: patch(part(batch.documents)),
    metadatas:
      metadatas === null
        ? null
        : mergeMetadatas(metadatas, (i) =>
            rows[i]! >= firstRow ? null : collection.metadatas.text(rows[i]!),
          ),
    uris: patch(part(batch.uris)),
  };

  // Nothing may fail after the first reservation: rows reserved for a refused write would leave a gap in the log.
  if (write.vectors) {
    const { dimensions } = write.vectors;
    // Room for the vectors is found before anything is stored: a stored write that memory cannot hold would lock the store.
    // A replaced vector needs room as a new one does: the graph may still pass through the old one.
    collection.prepare({ dimensions, newVectors: group.vectorsOf(collection.id) + rows.length });
    group.reserveVectors(collection.id, rows.length);
    if (added > 0) group.reserveRows(collection.id, firstRow + added);
    if (collection.dimensions === null) group.fixDimensions(collection.id, dimensions);
  }
  group.touch(collection.id, batch.ids);
  const reply: WriteReply = { added, updated: rows.length - added, durable };
  const former = setAsideRows(write, firstRow, collection);
  return {
    entry: { op: 'write', write },
    // Told by the log itself: what could not be read may be readable at the next opening.
    ...(former.length === 0
      ? {}
      : { before: [{ op: 'deleteRows', collectionId: collection.id, rows: former } as const] }),
    reply,
    apply() {
      if (former.length > 0) collection.applyDelete(former);
      collection.applyWrite(write);
      return reply;
    },
  };
}

/** Records set aside whose ids are written anew: those take their place. */
function setAsideRows(
  { rows, ids }: WriteEntry,
  firstRow: Row,
  { setAside }: CollectionState,
): Uint32Array<ArrayBuffer> {
  if (setAside.size === 0) return new Uint32Array(0);
  const former = ids.flatMap((id, i) => (rows[i]! < firstRow ? [] : (setAside.rowOf(id) ?? [])));
  return Uint32Array.from(former).sort();
}

interface Places {
  /** Positions in the batch of the records that are written, ascending. */
  kept: Uint32Array;
  /** Their rows; new ones count up from `firstRow`. */
  rows: Uint32Array<ArrayBuffer>;
  added: number;
}

/** `add` passes over ids that exist, `update` over ids that do not. */
function place(
  mode: WriteRequest['mode'],
  { ids }: RecordBatch,
  collection: CollectionState,
  firstRow: Row,
): Places {
  const kept = new Uint32Array(ids.length);
  const rows = new Uint32Array(ids.length);
  let count = 0;
  let next = firstRow;
  for (let i = 0; i < ids.length; i++) {
    const existing = collection.rows.rowOf(ids[i]!);
    if (existing === undefined ? mode === 'update' : mode === 'add') continue;
    kept[count] = i;
    rows[count] = existing ?? next++;
    count += 1;
  }
  if (next > MAX_ROWS) {
    throw kindexError(
      'RUNTIME_OUT_OF_MEMORY',
      `Collection "${collection.name}" has given ${firstRow} of ${MAX_ROWS} row numbers.`,
      {
        fix: 'Copy the collection into a new one.',
        details: { collection: collection.name, rows: firstRow },
      },
    );
  }
  return { kept: kept.subarray(0, count), rows: rows.slice(0, count), added: next - firstRow };
}

function patch(texts: PackedTexts | null): WriteEntry['documents'] {
  return texts === null ? null : { bytes: texts.bytes, ends: texts.ends, states: texts.present };
}

/** @throws VALUE_DIMENSION when the vectors are not as long as the collection's */
export function checkDimensions({ dimensions }: Matrix, collection: CollectionState): void {
  const expected = collection.dimensions;
  if (expected === null || expected === dimensions) return;
  throw kindexError(
    'VALUE_DIMENSION',
    `Collection expecting embedding with dimension of ${expected}, got ${dimensions} (collection "${collection.name}").`,
    { details: { collection: collection.name, expected, got: dimensions } },
  );
}

function checkZeroVectors(
  norms: Float32Array | null,
  ids: readonly string[],
  { stored, name }: CollectionState,
): void {
  if (norms === null || stored.configuration.index.space !== 'cosine') return;
  const index = norms.indexOf(0);
  if (index < 0) return;
  throw kindexError(
    'VALUE_ZERO_VECTOR',
    `The vector of the record "${ids[index]}" (index ${index}) has length zero, and collection "${name}" has space cosine.`,
    { details: { index, id: ids[index], collection: name } },
  );
}

function missingVector(ids: readonly string[], kept: Uint32Array, rows: Uint32Array, firstRow: Row): Error {
  const index = kept[rows.findIndex((row) => row >= firstRow)]!;
  return kindexError(
    'VALUE_MISSING',
    `The record "${ids[index]}" (index ${index}) is new and has no vector.`,
    {
      fix: 'Give a vector with every record that does not exist yet.',
      details: { index, id: ids[index] },
    },
  );
}

/** Worth of an id in the log: its text, its row and its end. */
const ID_BYTES = 32;

function sizeOf({ ids, vectors, documents, metadatas, uris }: RecordBatch): number {
  const texts = [documents, metadatas, uris].reduce((sum, column) => sum + (column?.bytes.length ?? 0), 0);
  return ids.length * ID_BYTES + (vectors?.data.byteLength ?? 0) + texts;
}
