/** The head: one small value that names the store, fences its owner and says where the log ends. Layout: FORMAT.md §2. */
import { kindexError } from '../base/errors.js';
import { corrupt, getU64, setU64 } from './bytes.js';
import type { Checksum } from './bytes.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

/** Version of the bytes this code writes, and the newest it reads. */
export const FORMAT_VERSION = 4;

/** Key of the head in the object store `meta`. */
export const HEAD_KEY = 'head';

export interface Head {
  /** Version of the newest bytes in the store. */
  format: number;
  /** Oldest format version whose code may open the store. */
  minReader: number;
  /** Identity of the store, given once. */
  uuid: string;
  /** Raised strictly by every owner before it serves. */
  epoch: number;
  /** Sequence number of the last log row; 0 before the first. */
  lastSeq: number;
  /** Number of the last log entry; 0 before the first. */
  lastEntry: number;
  /** Fields of a newer format that this code may ignore but must keep. */
  extra: Uint8Array<ArrayBuffer>;
}

const MAGIC = 0x4448_584b; // "KXHD"
const FIXED_BYTES = 56;
const CRC_BYTES = 4;

/** Of a store that has not stored anything. */
export function newHead(uuid: string): Head {
  return {
    format: FORMAT_VERSION,
    minReader: FORMAT_VERSION,
    uuid,
    epoch: 0,
    lastSeq: 0,
    lastEntry: 0,
    extra: new Uint8Array(0),
  };
}

export function encodeHead(head: Head, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const length = FIXED_BYTES + head.extra.length + CRC_BYTES;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, head.format, true);
  view.setUint16(6, head.minReader, true);
  view.setUint32(8, length, true);
  bytes.set(uuidToBytes(head.uuid), 16);
  setU64(view, 32, head.epoch);
  setU64(view, 40, head.lastSeq);
  setU64(view, 48, head.lastEntry);
  bytes.set(head.extra, FIXED_BYTES);
  view.setUint32(length - CRC_BYTES, checksum(bytes.subarray(0, length - CRC_BYTES)), true);
  return bytes;
}

/** @throws FORMAT_CORRUPT · FORMAT_TOO_NEW when `minReader` is above FORMAT_VERSION */
export function decodeHead(bytes: Uint8Array<ArrayBuffer>, checksum: Checksum): Head {
  const length = bytes.length;
  if (length < FIXED_BYTES + CRC_BYTES)
    throw corrupt(`the head has ${length} bytes`, { what: 'head length', length });
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (view.getUint32(0, true) !== MAGIC)
    throw corrupt('the head does not begin with KXHD', { what: 'head magic' });
  if (view.getUint32(8, true) !== length) {
    throw corrupt(`the head says it has ${view.getUint32(8, true)} bytes, it has ${length}`, {
      what: 'head length',
      length,
    });
  }
  const stored = view.getUint32(length - CRC_BYTES, true);
  const computed = checksum(bytes.subarray(0, length - CRC_BYTES));
  if (stored !== computed)
    throw corrupt('the head fails its checksum', { what: 'head checksum', stored, computed });

  const format = view.getUint16(4, true);
  const minReader = view.getUint16(6, true);
  if (minReader > FORMAT_VERSION) {
    throw kindexError(
      'FORMAT_TOO_NEW',
      `The store has format ${format} and needs code that reads format ${minReader}; this version reads ${FORMAT_VERSION}.`,
      { details: { format, minReader, reads: FORMAT_VERSION } },
    );
  }
  if (format === 0 || minReader === 0)
    throw corrupt('the head has format 0', { what: 'head format', format, minReader });
  return {
    format,
    minReader,
    uuid: uuidFromBytes(bytes.subarray(16, 32)),
    epoch: getU64(view, 32, 'epoch'),
    lastSeq: getU64(view, 40, 'lastSeq'),
    lastEntry: getU64(view, 48, 'lastEntry'),
    extra: bytes.slice(FIXED_BYTES, length - CRC_BYTES),
  };
}
