/** Which rows an index in segments is behind on. Layout: FORMAT.md §9. */
import { ByteReader, bytesOf, corrupt, pushPiece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

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
