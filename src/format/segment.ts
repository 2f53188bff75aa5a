/** Segments: the large checksummed values that a checkpoint leaves in the object store `seg`. What is inside: segment-content.ts. Layout: FORMAT.md §7. */
import { kindexError } from '../base/errors.js';
import { corrupt, getU64, setU64 } from './bytes.js';
import type { Checksum, Pieces } from './bytes.js';
import { FORMAT_VERSION } from './head.js';

/** What a segment holds. */
export const SEGMENT_KINDS = {
  catalog: 1,
  vectors: 2,
  ids: 3,
  documents: 4,
  metadatas: 5,
  uris: 6,
  tombstones: 7,
  graph: 128,
  graphChanges: 129,
  trigrams: 130,
  trigramChanges: 131,
  codes: 132,
  vectorRows: 133,
} as const;

/** Kinds from here on can be made again from the others: damage of theirs is no damage of the store. */
const FIRST_DERIVED = 128;

export type SegmentKind = keyof typeof SEGMENT_KINDS;

/** Payload at which a segment is full; one text that is longer makes a longer segment. Between 1 and 4 MiB reading is fastest. */
export const SEGMENT_BYTES: number = 4 * 1024 * 1024 - 64 * 1024;

/** Longest value that is believed to be a segment: one text of a record, and what stands around it. */
export const MAX_SEGMENT_BYTES: number = 0x4000_0000;

/** Which segment: `n` counts the segments of one generation. */
export interface SegmentName {
  gen: number;
  kind: SegmentKind;
  n: number;
}

/** What the manifest knows of a segment before it is read. */
export interface SegmentReference extends SegmentName {
  /** Of the whole value. */
  bytes: number;
  /** The checksum it ends with. */
  crc: number;
  /** Records it holds; of a tombstone segment those that are gone, of a catalog its collections. */
  rows: number;
  /** Lowest and highest row; both 0 when there is none. */
  firstRow: number;
  lastRow: number;
}

const MAGIC = 0x4753_584b; // "KXSG"
const HEADER_BYTES = 32;
const CRC_BYTES = 4;

/** Shortest value that can be a segment. */
export const MIN_SEGMENT_BYTES: number = HEADER_BYTES + CRC_BYTES;

const NAMES = new Map<number, SegmentKind>(
  Object.entries(SEGMENT_KINDS).map(([name, number]) => [number, name as SegmentKind]),
);

/** @throws FORMAT_CORRUPT */
export function segmentKindOf(number: number): SegmentKind {
  const kind = NAMES.get(number);
  if (kind === undefined)
    throw corrupt(`segment kind ${number} is unknown`, { what: 'segment kind', kind: number });
  return kind;
}

/** True where the segment can be made again from others. */
export function isDerived(kind: SegmentKind): boolean {
  return SEGMENT_KINDS[kind] >= FIRST_DERIVED;
}

/** Key in the object store `seg`: generations in order, whatever compares strings. */
export function segmentKey({ gen, kind, n }: SegmentName): string {
  return `${String(gen).padStart(16, '0')}.${String(SEGMENT_KINDS[kind]).padStart(3, '0')}.${String(n).padStart(8, '0')}`;
}

/** Generation a key of `seg` belongs to; 0 for keys that are not ours. */
export function generationOfKey(key: string): number {
  return /^\d{16}\.\d{3}\.\d{8}$/.test(key) ? Number(key.slice(0, 16)) : 0;
}

/** Cost: one copy and one checksum of the payload. */
export function encodeSegment(
  { gen, kind, n }: SegmentName,
  { rows, payload }: { rows: number; payload: Pieces },
  checksum: Checksum,
): { value: Uint8Array<ArrayBuffer>; crc: number } {
  const length = HEADER_BYTES + payload.length + CRC_BYTES;
  const value = new Uint8Array(length);
  const view = new DataView(value.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FORMAT_VERSION, true);
  view.setUint8(6, SEGMENT_KINDS[kind]);
  view.setUint32(8, length, true);
  view.setUint32(12, rows, true);
  view.setUint32(16, n, true);
  setU64(view, 24, gen);
  let at = HEADER_BYTES;
  for (const piece of payload.pieces) {
    value.set(piece, at);
    at += piece.length;
  }
  const crc = checksum(value.subarray(0, at));
  view.setUint32(at, crc, true);
  return { value, crc };
}

/**
 * The payload of the segment that `expected` names, as a view: the bytes prove themselves, and that they are those the manifest meant.
 * @throws FORMAT_CORRUPT with the fault · FORMAT_TOO_NEW for a sound segment of a newer format
 */
export function decodeSegment(
  bytes: Uint8Array<ArrayBuffer>,
  expected: SegmentReference,
  checksum: Checksum,
): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  if (length < MIN_SEGMENT_BYTES || length !== expected.bytes) {
    throw corrupt(`a segment has ${length} bytes, the manifest says ${expected.bytes}`, {
      what: 'segment length',
      length,
      expected: expected.bytes,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (view.getUint32(0, true) !== MAGIC)
    throw corrupt('a segment does not begin with KXSG', { what: 'segment magic' });
  const end = length - CRC_BYTES;
  const stored = view.getUint32(end, true);
  const computed = checksum(bytes.subarray(0, end));
  if (stored !== computed || view.getUint32(8, true) !== length)
    throw corrupt('a segment fails its checksum', { what: 'segment checksum', stored, computed });
  const format = view.getUint16(4, true);
  if (format > FORMAT_VERSION) {
    throw kindexError(
      'FORMAT_TOO_NEW',
      `A segment has format ${format}; this version reads ${FORMAT_VERSION}.`,
      {
        details: { format, reads: FORMAT_VERSION },
      },
    );
  }
  const same =
    stored === expected.crc &&
    view.getUint8(6) === SEGMENT_KINDS[expected.kind] &&
    view.getUint32(12, true) === expected.rows &&
    view.getUint32(16, true) === expected.n &&
    getU64(view, 24, 'generation') === expected.gen;
  if (!same || format === 0 || view.getUint8(7) !== 0 || view.getUint32(20, true) !== 0) {
    throw corrupt('a segment is not the one the manifest names', { what: 'segment header', format });
  }
  return bytes.subarray(HEADER_BYTES, end);
}
