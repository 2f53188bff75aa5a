/** Parts of an index in segments: what can be made again from the columns. Layout: FORMAT.md §9. */
import type { Row } from '../base/types.js';
import { ByteReader, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

/** What it was made from: it is used for nothing else. */
interface IndexTag {
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

export interface IndexPart extends IndexTag {
  /** From 0. */
  part: number;
  /** In the reader: a view into the payload. */
  bytes: Uint8Array<ArrayBuffer>;
}

const MAX_PARAMETERS = 16;

/** Keeps a view of the bytes: they must not change until the segment is made. */
export function encodeIndexPart(part: IndexPart): Pieces {
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
export function decodeIndexPart(payload: Uint8Array<ArrayBuffer>): IndexPart {
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
