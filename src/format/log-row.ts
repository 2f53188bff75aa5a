/** Log rows: the checksummed pieces, at most 48 KiB each, in which entries lie in the object store `log`. Layout: FORMAT.md §3. */
import { kindexError } from '../base/errors.js';
import { corrupt, getU64, setU64 } from './bytes.js';
import type { Checksum, Pieces } from './bytes.js';
import { FORMAT_VERSION } from './head.js';

/**
 * Largest row, header and checksum included. Chromium moves values of 64 KiB and more into files of their own, which a
 * power cut can lose while the row survives; the margin covers the engine's own framing.
 */
export const MAX_ROW_BYTES: number = 48 * 1024;

const MAGIC = 0x524c_584b; // "KXLR"
const HEADER_BYTES = 48;
const CRC_BYTES = 4;
const MAX_PAYLOAD_BYTES = MAX_ROW_BYTES - HEADER_BYTES - CRC_BYTES;

/** Flag of a row: the payload of its entry begins with the request it carries out. Since format 3. */
export const HAS_REQUEST = 1;

/** Where a row stands. `part` of `parts` counts from 0 inside one entry; the parts have consecutive `seq`. */
export interface RowPosition {
  seq: number;
  entry: number;
  epoch: number;
}

export interface LogRow extends RowPosition {
  /** Number of the operation; FORMAT.md §4. */
  op: number;
  /** 0 or HAS_REQUEST; the same in every row of an entry. */
  flags: number;
  part: number;
  parts: number;
  /** A view into the row. */
  payload: Uint8Array<ArrayBuffer>;
}

/**
 * Cuts an entry into rows, each with a buffer of its own (structured clone copies whole buffers), numbered from
 * `first.seq`. Cost: one copy and one checksum of the payload.
 */
export function encodeRows(
  entry: { op: number; flags?: number; payload: Pieces },
  first: RowPosition,
  checksum: Checksum,
): Uint8Array<ArrayBuffer>[] {
  const { pieces, length } = entry.payload;
  const parts = Math.max(1, Math.ceil(length / MAX_PAYLOAD_BYTES));
  const rows: Uint8Array<ArrayBuffer>[] = [];
  let piece = 0;
  let pieceOffset = 0;
  for (let part = 0; part < parts; part++) {
    const payloadBytes = Math.min(MAX_PAYLOAD_BYTES, length - part * MAX_PAYLOAD_BYTES);
    const rowBytes = HEADER_BYTES + payloadBytes + CRC_BYTES;
    const row = new Uint8Array(rowBytes);
    const view = new DataView(row.buffer);
    view.setUint32(0, MAGIC, true);
    view.setUint16(4, FORMAT_VERSION, true);
    view.setUint8(6, entry.op);
    view.setUint8(7, entry.flags ?? 0);
    view.setUint32(8, rowBytes, true);
    view.setUint32(12, part, true);
    view.setUint32(16, parts, true);
    setU64(view, 24, first.seq + part);
    setU64(view, 32, first.entry);
    setU64(view, 40, first.epoch);
    let at = HEADER_BYTES;
    const end = HEADER_BYTES + payloadBytes;
    while (at < end) {
      const source = pieces[piece]!;
      const take = Math.min(source.length - pieceOffset, end - at);
      row.set(source.subarray(pieceOffset, pieceOffset + take), at);
      at += take;
      pieceOffset += take;
      if (pieceOffset === source.length) {
        piece += 1;
        pieceOffset = 0;
      }
    }
    view.setUint32(end, checksum(row.subarray(0, end)), true);
    rows.push(row);
  }
  return rows;
}

/** @throws FORMAT_CORRUPT with the fault · FORMAT_TOO_NEW for a sound row of a newer format */
export function decodeRow(bytes: Uint8Array<ArrayBuffer>, checksum: Checksum): LogRow {
  const length = bytes.length;
  if (length < HEADER_BYTES + CRC_BYTES || length > MAX_ROW_BYTES) {
    throw corrupt(`a log row has ${length} bytes`, { what: 'row length', length });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (view.getUint32(0, true) !== MAGIC)
    throw corrupt('a log row does not begin with KXLR', { what: 'row magic' });
  if (view.getUint32(8, true) !== length) {
    throw corrupt(`a log row says it has ${view.getUint32(8, true)} bytes, it has ${length}`, {
      what: 'row length',
      length,
    });
  }
  const end = length - CRC_BYTES;
  const stored = view.getUint32(end, true);
  const computed = checksum(bytes.subarray(0, end));
  if (stored !== computed)
    throw corrupt('a log row fails its checksum', { what: 'row checksum', stored, computed });

  const format = view.getUint16(4, true);
  if (format > FORMAT_VERSION) {
    throw kindexError(
      'FORMAT_TOO_NEW',
      `A log row has format ${format}; this version reads ${FORMAT_VERSION}.`,
      {
        details: { format, reads: FORMAT_VERSION },
      },
    );
  }
  const row: LogRow = {
    op: view.getUint8(6),
    flags: view.getUint8(7),
    part: view.getUint32(12, true),
    parts: view.getUint32(16, true),
    seq: getU64(view, 24, 'seq'),
    entry: getU64(view, 32, 'entry'),
    epoch: getU64(view, 40, 'epoch'),
    payload: bytes.subarray(HEADER_BYTES, end),
  };
  const flagged = row.flags > (format < 3 ? 0 : HAS_REQUEST);
  if (format === 0 || flagged || view.getUint32(20, true) !== 0 || row.part >= row.parts) {
    throw corrupt('a log row contradicts itself', {
      what: 'row header',
      format,
      part: row.part,
      parts: row.parts,
    });
  }
  return row;
}
