/** Codes of vectors in segments, and the rows of segments of vectors that list them: what opening reads instead of vectors. Layout: FORMAT.md §9. */
import { ByteReader, bytesOf, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { beginColumn, readColumn } from './segment-content.js';
import type { ColumnRows } from './segment-content.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

/** Tables and codes as core has them; what they mean is core's to know and to check. */
export interface StoredCodes {
  dimensions: number;
  fittedTo: number;
  weights: Int16Array<ArrayBuffer>;
  codeFactors: Float32Array<ArrayBuffer>;
  queryFactors: Float32Array<ArrayBuffer>;
  inverseLengths: Float32Array<ArrayBuffer>;
  /** u8 [rows × dimensions]. */
  codes: Uint8Array<ArrayBuffer>;
}

/** `rows` ascending, each once. */
export function encodeCodes({ collectionId, rows }: ColumnRows, stored: StoredCodes): Pieces {
  const payload = beginColumn(collectionId, rows);
  pushPiece(payload, u32Piece(stored.dimensions, stored.fittedTo));
  pushPiece(payload, bytesOf(stored.codeFactors));
  pushPiece(payload, bytesOf(stored.queryFactors));
  pushPiece(
    payload,
    new Uint8Array(stored.weights.buffer, stored.weights.byteOffset, stored.weights.byteLength),
  );
  pushPiece(payload, bytesOf(stored.inverseLengths));
  pushPiece(payload, stored.codes);
  return payload;
}

/** `count`: rows the header tells. @throws FORMAT_CORRUPT */
export function decodeCodes(payload: Uint8Array<ArrayBuffer>, count: number): ColumnRows & StoredCodes {
  const reader = new ByteReader(payload);
  const column = readColumn(reader, count);
  const dimensions = reader.u32('dimensions');
  const fittedTo = reader.u32('rows of the fit');
  reader.atLeast(dimensions, 'tables');
  const codeFactors = reader.f32Array(dimensions, 'code factors');
  const queryFactors = reader.f32Array(dimensions, 'query factors');
  const weightBytes = reader.bytes(dimensions * 2, 'weights').slice();
  const inverseLengths = reader.f32Array(count, 'inverse lengths');
  reader.atLeast(count * dimensions, 'codes');
  const codes = reader.bytes(count * dimensions, 'codes');
  reader.end('a segment of codes');
  const weights = new Int16Array(weightBytes.buffer);
  return { ...column, dimensions, fittedTo, weights, codeFactors, queryFactors, inverseLengths, codes };
}

/** The rows of one segment of vectors. */
export interface RowList {
  gen: number;
  n: number;
  /** Ascending, each once. */
  rows: Uint32Array<ArrayBuffer>;
}

export function encodeRowLists(collectionId: string, lists: readonly RowList[]): Pieces {
  const payload: Pieces = { pieces: [], length: 0 };
  pushPiece(payload, uuidToBytes(collectionId));
  pushPiece(payload, u32Piece(lists.length));
  for (const { gen, n, rows } of lists) {
    pushPiece(payload, u32Piece(gen % 2 ** 32, Math.floor(gen / 2 ** 32), n, rows.length));
    pushPiece(payload, bytesOf(rows));
  }
  return payload;
}

/** @throws FORMAT_CORRUPT */
export function decodeRowLists(
  payload: Uint8Array<ArrayBuffer>,
  count: number,
): { collectionId: string; lists: RowList[] } {
  const reader = new ByteReader(payload);
  const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
  const lists: RowList[] = [];
  let total = 0;
  for (let left = reader.u32('lists of rows'); left > 0; left--) {
    const gen = reader.u32('generation') + reader.u32('generation') * 2 ** 32;
    const n = reader.u32('segment');
    const rows = reader.u32Array(reader.u32('rows'), 'rows');
    if (rows.length === 0 || rows.some((row, i) => i > 0 && row <= rows[i - 1]!))
      throw corrupt('listed rows do not ascend', { what: 'rows', n });
    total += rows.length;
    lists.push({ gen, n, rows });
  }
  reader.end('a segment of row lists');
  if (total !== count) throw corrupt('row lists contradict their header', { what: 'rows', total, count });
  return { collectionId, lists };
}
