/** The entry of a write: final columns for a set of rows, laid out as they are kept. Layout: FORMAT.md §4.4. */
import { packTexts } from '../base/packed-texts.js';
import type { Matrix } from '../base/types.js';
import { bytesOf, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { ByteReader, Pieces } from './bytes.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

/** What happens to the text of a row. */
export const TEXT_KEEP = 0;
export const TEXT_SET = 1;
export const TEXT_CLEAR = 2;

/** One text column of a write. Text i is `bytes[ends[i-1] ?? 0, ends[i])`, and empty unless its state is TEXT_SET. */
export interface TextPatch {
  bytes: Uint8Array<ArrayBuffer>;
  ends: Uint32Array<ArrayBuffer>;
  /** TEXT_KEEP, TEXT_SET or TEXT_CLEAR per row; null: all TEXT_SET. */
  states: Uint8Array<ArrayBuffer> | null;
}

/**
 * Record i goes to `rows[i]`. Rows not used before are new records, in the order they are listed; others are changed.
 * A null column changes nothing (a new record has no such text then; its vector is always given).
 */
export interface WriteEntry {
  collectionId: string;
  rows: Uint32Array<ArrayBuffer>;
  ids: string[];
  vectors: Matrix | null;
  documents: TextPatch | null;
  metadatas: TextPatch | null;
  uris: TextPatch | null;
}

const HAS_DOCUMENTS = 1;
const HAS_METADATAS = 2;
const HAS_URIS = 4;

export function encodeWrite(write: WriteEntry, to: Pieces): void {
  const flags =
    (write.documents ? HAS_DOCUMENTS : 0) |
    (write.metadatas ? HAS_METADATAS : 0) |
    (write.uris ? HAS_URIS : 0);
  pushPiece(to, uuidToBytes(write.collectionId));
  pushPiece(to, u32Piece(write.rows.length, write.vectors?.dimensions ?? 0, flags));
  pushPiece(to, bytesOf(write.rows));
  pushTexts(to, { ...packTexts(write.ids), states: null });
  if (write.vectors) pushPiece(to, bytesOf(write.vectors.data));
  for (const patch of [write.documents, write.metadatas, write.uris]) if (patch) pushTexts(to, patch);
}

/** @throws FORMAT_CORRUPT */
export function decodeWrite(reader: ByteReader): WriteEntry {
  const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
  const count = reader.u32('record count');
  const dimensions = reader.u32('dimensions');
  const flags = reader.u32('column flags');
  if (count === 0 || flags > 7)
    throw corrupt('a write has no records or unknown columns', { what: 'write header', count, flags });
  const rows = reader.u32Array(count, 'rows');
  const ids = decodeIds(readTexts(reader, count, 'ids'));
  const vectors: Matrix | null =
    dimensions === 0
      ? null
      : { data: reader.f32Array(count * dimensions, 'vectors'), rows: count, dimensions };
  return {
    collectionId,
    rows,
    ids,
    vectors,
    documents: flags & HAS_DOCUMENTS ? readTexts(reader, count, 'documents') : null,
    metadatas: flags & HAS_METADATAS ? readTexts(reader, count, 'metadatas') : null,
    uris: flags & HAS_URIS ? readTexts(reader, count, 'uris') : null,
  };
}

export function pushTexts(to: Pieces, patch: TextPatch): void {
  pushPiece(to, u32Piece(patch.bytes.length, patch.states === null ? 0 : 1));
  pushPiece(to, bytesOf(patch.ends));
  if (patch.states) pushPiece(to, patch.states);
  pushPiece(to, patch.bytes);
}

/** @throws FORMAT_CORRUPT */
export function readTexts(reader: ByteReader, count: number, what: string): TextPatch {
  const byteLength = reader.u32(`${what} length`);
  const hasStates = reader.u32(`${what} states`);
  if (hasStates > 1) throw corrupt(`${what} has an unknown layout`, { what });
  const ends = reader.u32Array(count, `${what} ends`);
  const states = hasStates === 1 ? reader.bytes(count, `${what} states`) : null;
  const bytes = reader.bytes(byteLength, what);
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = ends[i]!;
    const state = states ? states[i]! : TEXT_SET;
    if (end < start || end > byteLength || state > TEXT_CLEAR || (state !== TEXT_SET && end !== start)) {
      throw corrupt(`${what} ${i} has no valid place`, { what, position: i, start, end, state });
    }
    start = end;
  }
  if (start !== byteLength) throw corrupt(`${what} leaves ${byteLength - start} bytes unused`, { what });
  return { bytes, ends, states };
}

/** One for all: whole texts leave nothing in it. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeIds(texts: TextPatch): string[] {
  const ids = new Array<string>(texts.ends.length);
  let start = 0;
  for (let i = 0; i < ids.length; i++) {
    const end = texts.ends[i]!;
    try {
      ids[i] = decoder.decode(texts.bytes.subarray(start, end));
    } catch {
      throw corrupt(`id ${i} is not UTF-8`, { what: 'ids', position: i });
    }
    start = end;
  }
  return ids;
}
