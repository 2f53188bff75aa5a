/** What lies in segments of kinds from 128 on: data that can be made again from the columns, in parts, and which rows it is behind on. Layout: FORMAT.md §9. */
import type { Row } from '../base/types.js';
import { ByteReader, bytesOf, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

/** What it was made from: it is used for nothing else. */
export interface DerivedTag {
  collectionId: string;
  /** Rows below it were looked at. */
  end: Row;
  /** Its own parameters, u32: what they are depends on the kind. */
  parameters: readonly number[];
  /** Of the whole. */
  totalBytes: number;
  /** How many segments it is cut into. */
  parts: number;
}

export interface DerivedPart extends DerivedTag {
  /** From 0. */
  part: number;
  /** In the reader: a view into the payload. */
  bytes: Uint8Array<ArrayBuffer>;
}

const MAX_PARAMETERS = 16;

/** Keeps a view of the bytes: they must not change until the segment is made. */
export function encodeDerivedPart(part: DerivedPart): Pieces {
  const payload: Pieces = { pieces: [], length: 0 };
  pushPiece(payload, uuidToBytes(part.collectionId));
  pushPiece(
    payload,
    u32Piece(part.part, part.parts, part.end, part.totalBytes, part.parameters.length, ...part.parameters),
  );
  pushPiece(payload, u32Piece(part.bytes.length));
  pushPiece(payload, part.bytes);
  return payload;
}

/** @throws FORMAT_CORRUPT */
export function decodeDerivedPart(payload: Uint8Array<ArrayBuffer>): DerivedPart {
  const reader = new ByteReader(payload);
  const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
  const part = reader.u32('part');
  const parts = reader.u32('parts');
  const end = reader.u32('end');
  const totalBytes = reader.u32('total bytes');
  const count = reader.u32('parameter count');
  if (part >= parts || count > MAX_PARAMETERS)
    throw corrupt('a part of an index contradicts itself', { what: 'index part', part, parts, count });
  const parameters = [...reader.u32Array(count, 'parameters')];
  const bytes = reader.bytes(reader.u32('part bytes'), 'part');
  reader.end('a part of an index');
  return { collectionId, part, parts, end, totalBytes, parameters, bytes };
}

/** `rows` ascending, each once. */
export function encodeChangedRows(collectionId: string, rows: Uint32Array): Pieces {
  const payload: Pieces = { pieces: [], length: 0 };
  pushPiece(payload, uuidToBytes(collectionId));
  pushPiece(payload, bytesOf(rows));
  return payload;
}

/** `count`: rows the header tells. @throws FORMAT_CORRUPT */
export function decodeChangedRows(
  payload: Uint8Array<ArrayBuffer>,
  count: number,
): { collectionId: string; rows: Uint32Array<ArrayBuffer> } {
  const reader = new ByteReader(payload);
  const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
  const rows = reader.u32Array(count, 'changed rows');
  reader.end('changed rows');
  if (rows.some((row, i) => i > 0 && row <= rows[i - 1]!))
    throw corrupt('changed rows are not in order', { what: 'changed rows' });
  return { collectionId, rows };
}
