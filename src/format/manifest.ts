/** Manifests: which segments are the state at one point of the log. Two lie in turns; the sound one of the higher generation counts. Layout: FORMAT.md §8. */
import { kindexError } from '../base/errors.js';
import { ByteReader, corrupt, getU64, pushPiece, setU64, u32Piece } from './bytes.js';
import type { Checksum, Pieces } from './bytes.js';
import { FORMAT_VERSION } from './head.js';
import { pushClients, readClients } from './requests.js';
import type { ClientReplies } from './requests.js';
import { MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES, SEGMENT_KINDS, segmentKey, segmentKindOf } from './segment.js';
import type { SegmentReference } from './segment.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

/** Keys in the object store `manifest`. */
export const MANIFEST_SLOTS = ['a', 'b'] as const;
export type ManifestSlot = (typeof MANIFEST_SLOTS)[number];

export interface ManifestCollection {
  id: string;
  /** Row the next new record gets. */
  nextRow: number;
  /** Null until the first vector. */
  dimensions: number | null;
  /** In the order in which they apply: of a row that lies in several, the last one counts. */
  segments: SegmentReference[];
}

export interface Manifest {
  /** Counts up with every checkpoint, from 1. */
  gen: number;
  /** Of the store it belongs to. */
  uuid: string;
  /** Last log row, and last entry, whose effect the segments hold. */
  checkpointSeq: number;
  checkpointEntry: number;
  catalog: SegmentReference[];
  /** In the order of the catalog. */
  collections: ManifestCollection[];
  /** What is remembered of requests up to the checkpoint. Empty before format 3. */
  clients: ClientReplies[];
}

const MAGIC = 0x464d_584b; // "KXMF"
const HEADER_BYTES = 64;
const CRC_BYTES = 4;
const REFERENCE_BYTES = 36;
const MIN_COLLECTION_BYTES = 28;
const MAX_DIMENSIONS = 65_536;

/** Keys of every segment the manifest names. */
export function segmentKeysOf(manifest: Manifest): string[] {
  return [...manifest.catalog, ...manifest.collections.flatMap(({ segments }) => segments)].map(segmentKey);
}

export function encodeManifest(manifest: Manifest, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const body: Pieces = { pieces: [], length: 0 };
  for (const reference of manifest.catalog) pushPiece(body, referencePiece(reference));
  for (const { id, nextRow, dimensions, segments } of manifest.collections) {
    pushPiece(body, uuidToBytes(id));
    pushPiece(body, u32Piece(nextRow, dimensions ?? 0, segments.length));
    for (const reference of segments) pushPiece(body, referencePiece(reference));
  }
  pushClients(body, manifest.clients);
  const length = HEADER_BYTES + body.length + CRC_BYTES;
  const value = new Uint8Array(length);
  const view = new DataView(value.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FORMAT_VERSION, true);
  view.setUint32(8, length, true);
  setU64(view, 16, manifest.gen);
  setU64(view, 24, manifest.checkpointSeq);
  setU64(view, 32, manifest.checkpointEntry);
  value.set(uuidToBytes(manifest.uuid), 40);
  view.setUint32(56, manifest.catalog.length, true);
  view.setUint32(60, manifest.collections.length, true);
  let at = HEADER_BYTES;
  for (const piece of body.pieces) {
    value.set(piece, at);
    at += piece.length;
  }
  view.setUint32(at, checksum(value.subarray(0, at)), true);
  return value;
}

/** @throws FORMAT_CORRUPT · FORMAT_TOO_NEW for a sound manifest of a newer format */
export function decodeManifest(bytes: Uint8Array<ArrayBuffer>, checksum: Checksum): Manifest {
  const { length } = bytes;
  if (length < HEADER_BYTES + CRC_BYTES)
    throw corrupt(`a manifest has ${length} bytes`, { what: 'manifest length', length });
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (view.getUint32(0, true) !== MAGIC)
    throw corrupt('a manifest does not begin with KXMF', { what: 'manifest magic' });
  const end = length - CRC_BYTES;
  const stored = view.getUint32(end, true);
  const computed = checksum(bytes.subarray(0, end));
  if (stored !== computed || view.getUint32(8, true) !== length)
    throw corrupt('a manifest fails its checksum', { what: 'manifest checksum', stored, computed });
  const format = view.getUint16(4, true);
  if (format > FORMAT_VERSION) {
    throw kindexError(
      'FORMAT_TOO_NEW',
      `A manifest has format ${format}; this version reads ${FORMAT_VERSION}.`,
      {
        details: { format, reads: FORMAT_VERSION },
      },
    );
  }
  const gen = getU64(view, 16, 'generation');
  if (format < 2 || gen === 0 || view.getUint16(6, true) !== 0 || view.getUint32(12, true) !== 0)
    throw corrupt('a manifest contradicts itself', { what: 'manifest header', format, gen });

  const reader = new ByteReader(bytes.subarray(HEADER_BYTES, end));
  const known = new Set<string>();
  const readReferences = (count: number): SegmentReference[] => {
    reader.atLeast(count * REFERENCE_BYTES, 'segment list');
    return Array.from({ length: count }, () => {
      const reference = readReference(reader, gen);
      const key = segmentKey(reference);
      if (known.has(key)) throw corrupt(`segment ${key} is named twice`, { what: 'segment list', key });
      known.add(key);
      return reference;
    });
  };
  const catalog = readReferences(view.getUint32(56, true));
  const count = view.getUint32(60, true);
  reader.atLeast(count * MIN_COLLECTION_BYTES, 'collection list');
  const collections = Array.from({ length: count }, (): ManifestCollection => {
    const id = uuidFromBytes(reader.bytes(16, 'collection id'));
    const nextRow = reader.u32('next row');
    const dimensions = reader.u32('dimensions') || null;
    const segments = readReferences(reader.u32('segment count'));
    if (dimensions !== null && dimensions > MAX_DIMENSIONS)
      throw corrupt(`a collection has ${dimensions} dimensions`, { what: 'dimensions', collectionId: id });
    if (segments.some(({ kind, lastRow }) => kind === 'catalog' || lastRow >= nextRow))
      throw corrupt(`a segment of collection ${id} is not one`, { what: 'segment list', collectionId: id });
    return { id, nextRow, dimensions, segments };
  });
  const clients = format < 3 ? [] : readClients(reader);
  reader.end('a manifest');
  if (catalog.some(({ kind }) => kind !== 'catalog'))
    throw corrupt('the catalog is not one', { what: 'segment list' });
  return {
    gen,
    uuid: uuidFromBytes(bytes.subarray(40, 56)),
    checkpointSeq: getU64(view, 24, 'checkpointSeq'),
    checkpointEntry: getU64(view, 32, 'checkpointEntry'),
    catalog,
    collections,
    clients,
  };
}

function referencePiece(reference: SegmentReference): Uint8Array {
  const { gen, kind, n, bytes, crc, rows, firstRow, lastRow } = reference;
  const piece = new Uint8Array(REFERENCE_BYTES);
  const view = new DataView(piece.buffer);
  setU64(view, 0, gen);
  [SEGMENT_KINDS[kind], n, bytes, crc, rows, firstRow, lastRow].forEach((value, i) =>
    view.setUint32(8 + i * 4, value, true),
  );
  return piece;
}

function readReference(reader: ByteReader, newest: number): SegmentReference {
  const piece = reader.bytes(REFERENCE_BYTES, 'segment');
  const view = new DataView(piece.buffer, piece.byteOffset, REFERENCE_BYTES);
  const field = (i: number): number => view.getUint32(8 + i * 4, true);
  const reference: SegmentReference = {
    gen: getU64(view, 0, 'generation'),
    kind: segmentKindOf(field(0)),
    n: field(1),
    bytes: field(2),
    crc: field(3),
    rows: field(4),
    firstRow: field(5),
    lastRow: field(6),
  };
  const { gen, bytes, firstRow, lastRow } = reference;
  if (
    gen === 0 ||
    gen > newest ||
    bytes < MIN_SEGMENT_BYTES ||
    bytes > MAX_SEGMENT_BYTES ||
    firstRow > lastRow
  ) {
    throw corrupt('a manifest names an impossible segment', {
      what: 'segment list',
      gen,
      bytes,
      firstRow,
      lastRow,
    });
  }
  return reference;
}
