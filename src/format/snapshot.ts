/** The parts of a snapshot as bytes: header, frames, what is in them. Layout and limits: SNAPSHOT.md. Reading a whole one: snapshot-reader.ts. */
import { ChromaError, kindexError } from '../base/errors.js';
import { packTexts } from '../base/packed-texts.js';
import type { CollectionRecord, PackedTexts } from '../base/types.js';
import { WORKER_FIXES } from '../base/worker-fixes.js';
import type { RecordBatch } from '../rpc/service.js';
import { ByteReader, bytesOf, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { Checksum, Pieces } from './bytes.js';
import { parseStoredCollection } from './stored-collection.js';
import { pushTexts, readTexts } from './write-entry.js';

const SNAPSHOT_VERSION = 1;
export const HEADER_BYTES = 16;
export const FRAME_HEADER_BYTES = 12;
/** What a frame has beside its payload. */
const FRAME_OVERHEAD_BYTES: number = FRAME_HEADER_BYTES + 4;
const DIGEST_BYTES = 32;

/** A frame is cut at about 1 MiB; only a record that is larger itself makes a larger one. */
const MAX_FRAME_BYTES = 0x1000_0000;
/** What a store takes in one write. */
const MAX_FRAME_RECORDS = 100_000;
/** What a core can index. */
const MAX_DIMENSIONS = 65_536;
/** Rows are u32, and the highest is kept free. */
const MAX_RECORDS = 0xffff_ffff;

/** `KXSNAP`, and a line end that a transfer as text would change. */
const MAGIC = Uint8Array.of(0x4b, 0x58, 0x53, 0x4e, 0x41, 0x50, 0x0d, 0x0a);

export const FRAME_KINDS = { collection: 1, records: 2, end: 3 } as const;
export type FrameKind = keyof typeof FRAME_KINDS;

/** A collection without what belongs to one store only: its id. `records` follow in frames of their own. */
export type SnapshotCollection = Omit<CollectionRecord, 'id'> & { records: number };

/** Records in insertion order: every one has its vector. */
export type SnapshotRecords = RecordBatch & { vectors: NonNullable<RecordBatch['vectors']> };

/** FORMAT_SNAPSHOT; `reason` completes "This snapshot cannot be read: ". `offset`: where in the file, in bytes. */
export function badSnapshot(
  reason: string,
  offset: number,
  details: Record<string, unknown> = {},
): ChromaError {
  return kindexError('FORMAT_SNAPSHOT', `This snapshot cannot be read: ${reason} (at byte ${offset}).`, {
    fix: WORKER_FIXES.FORMAT_SNAPSHOT!,
    details: { offset, ...details },
  });
}

/** `error` of a part that begins at `offset`, as FORMAT_SNAPSHOT. */
export function asBadSnapshot(
  error: unknown,
  offset: number,
  details: Record<string, unknown> = {},
): ChromaError {
  if (error instanceof ChromaError && error.code === 'FORMAT_SNAPSHOT') return error;
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.replace('The stored bytes are damaged: ', '');
  const more = error instanceof ChromaError ? { ...error.details, why: error.code } : {};
  const bad = badSnapshot(reason.replace(/\.$/, ''), offset, { ...more, ...details });
  return Object.assign(bad, { cause: error });
}

/** `collections`: how many follow. */
export function encodeSnapshotHeader(collections: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  const view = new DataView(header.buffer);
  view.setUint16(8, SNAPSHOT_VERSION, true);
  view.setUint16(10, SNAPSHOT_VERSION, true);
  view.setUint32(12, collections, true);
  return header;
}

/** How many collections follow. @throws FORMAT_SNAPSHOT · FORMAT_TOO_NEW */
export function decodeSnapshotHeader(header: Uint8Array<ArrayBuffer>): number {
  if (!MAGIC.every((byte, i) => byte === header[i])) throw badSnapshot('it does not begin like one', 0);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const format = view.getUint16(8, true);
  const minReader = view.getUint16(10, true);
  if (minReader > SNAPSHOT_VERSION) {
    throw kindexError(
      'FORMAT_TOO_NEW',
      `The snapshot has version ${format} and needs a reader of version ${minReader}; this one is of version ${SNAPSHOT_VERSION}.`,
      { fix: WORKER_FIXES.FORMAT_TOO_NEW!, details: { format, minReader, version: SNAPSHOT_VERSION } },
    );
  }
  if (format < SNAPSHOT_VERSION || minReader < 1)
    throw badSnapshot(`version ${format} does not exist`, 8, { format, minReader });
  return view.getUint32(12, true);
}

/** A frame with a buffer of its own. `number`: counts up from 0. */
export function encodeFrame(
  kind: FrameKind,
  number: number,
  { pieces, length }: Pieces,
  checksum: Checksum,
): Uint8Array<ArrayBuffer> {
  if (length > MAX_FRAME_BYTES) {
    throw kindexError('VALUE_ARGUMENT', `A record of ${length} bytes is too large for a snapshot.`, {
      fix: 'Export the other collections, and cut this record into smaller ones.',
      details: { bytes: length, limit: MAX_FRAME_BYTES },
    });
  }
  const frame = new Uint8Array(FRAME_OVERHEAD_BYTES + length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, FRAME_KINDS[kind], true);
  view.setUint32(4, length, true);
  view.setUint32(8, number, true);
  let at = FRAME_HEADER_BYTES;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  view.setUint32(at, checksum(frame.subarray(0, at)), true);
  return frame;
}

/** Kind and length of the payload. `offset`: of the frame in the file. @throws FORMAT_SNAPSHOT */
export function decodeFrameHeader(
  header: Uint8Array<ArrayBuffer>,
  number: number,
  offset: number,
): { kind: FrameKind; length: number } {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const code = view.getUint32(0, true);
  const length = view.getUint32(4, true);
  const kind = (Object.keys(FRAME_KINDS) as FrameKind[]).find((name) => FRAME_KINDS[name] === code);
  if (kind === undefined) throw badSnapshot(`a frame is of kind ${code}`, offset, { kind: code });
  if (view.getUint32(8, true) !== number)
    throw badSnapshot(`frame ${number} is missing`, offset, { frame: number });
  if (length > MAX_FRAME_BYTES || (length & 3) !== 0 || (kind === 'end' && length !== DIGEST_BYTES))
    throw badSnapshot(`frame ${number} claims ${length} bytes`, offset, { frame: number, length });
  return { kind, length };
}

/** The payload of a whole frame, a view. @throws FORMAT_SNAPSHOT */
export function checkFrame(
  frame: Uint8Array<ArrayBuffer>,
  offset: number,
  checksum: Checksum,
): Uint8Array<ArrayBuffer> {
  const end = frame.length - 4;
  const stored = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(end, true);
  if (stored !== checksum(frame.subarray(0, end))) throw badSnapshot('a frame fails its checksum', offset);
  return frame.subarray(FRAME_HEADER_BYTES, end);
}

export function encodeSnapshotCollection(collection: SnapshotCollection): Pieces {
  const { records, dimensions, name, tenant, database, metadata, configuration, schema } = collection;
  const value = { name, tenant, database, metadata, configuration, ...(schema && { schema }) };
  const json = new TextEncoder().encode(JSON.stringify(value));
  const payload: Pieces = { pieces: [], length: 0 };
  pushPiece(payload, u32Piece(records, records === 0 ? 0 : (dimensions ?? 0), json.length));
  pushPiece(payload, json);
  return payload;
}

/** Its shape and numbers; names, metadata and parameters are the caller's to check. @throws FORMAT_CORRUPT, to be told as FORMAT_SNAPSHOT */
export function decodeSnapshotCollection(payload: Uint8Array<ArrayBuffer>): SnapshotCollection {
  const reader = new ByteReader(payload);
  const records = reader.u32('record count');
  const dimensions = reader.u32('dimensions');
  const json = utf8(reader.bytes(reader.u32('collection length'), 'collection'), 'the collection');
  reader.end('the collection');
  if (records > MAX_RECORDS || dimensions > MAX_DIMENSIONS || (records === 0) !== (dimensions === 0))
    throw corrupt(`a collection claims ${records} records of ${dimensions} dimensions`);
  const value = JSON.parse(json) as Record<string, unknown> | null;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw corrupt('a collection is not an object');
  // Known fields only: what else the bytes hold goes no further.
  const { name, tenant, database, metadata, configuration, schema } = parseStoredCollection({
    ...value,
    id: '00000000-0000-0000-0000-000000000000',
  });
  const { index, embeddingFunction } = configuration;
  const { space, efConstruction, efSearch, maxNeighbors, resizeFactor, syncThreshold, vectors, precision } =
    index;
  return {
    name,
    tenant,
    database,
    metadata,
    configuration: {
      index: {
        space,
        efConstruction,
        efSearch,
        maxNeighbors,
        resizeFactor,
        syncThreshold,
        ...(vectors && { vectors }),
        ...(precision && { precision }),
      },
      embeddingFunction:
        embeddingFunction?.type === 'known'
          ? { type: 'known', name: embeddingFunction.name, config: embeddingFunction.config }
          : embeddingFunction && { type: 'legacy' },
    },
    ...(schema && { schema }),
    dimensions: dimensions === 0 ? null : dimensions,
    records,
  };
}

const COLUMNS = ['documents', 'metadatas', 'uris'] as const;

export function encodeSnapshotRecords(records: SnapshotRecords): Pieces {
  const { ids, vectors } = records;
  const flags = COLUMNS.reduce((sum, column, i) => sum + (records[column] ? 1 << i : 0), 0);
  const payload: Pieces = { pieces: [], length: 0 };
  pushPiece(payload, u32Piece(ids.length, vectors.dimensions, flags));
  pushPacked(payload, packTexts(ids));
  pushPiece(payload, bytesOf(vectors.data));
  for (const column of COLUMNS) {
    const texts = records[column];
    if (texts) pushPacked(payload, texts);
  }
  return payload;
}

/**
 * Every array is a copy, so that it can be moved to the store. Ids are unique in the frame, vectors finite, texts UTF-8; what
 * the metadata texts say is the caller's to check. @throws FORMAT_CORRUPT, to be told as FORMAT_SNAPSHOT
 */
export function decodeSnapshotRecords(payload: Uint8Array<ArrayBuffer>, dimensions: number): SnapshotRecords {
  const reader = new ByteReader(payload);
  const count = reader.u32('record count');
  const told = reader.u32('dimensions');
  const flags = reader.u32('columns');
  if (count === 0 || count > MAX_FRAME_RECORDS || told !== dimensions || flags > 7)
    throw corrupt(`a frame claims ${count} records of ${told} dimensions with columns ${flags}`);
  const ids = textsOf(readPacked(reader, count, 'ids'));
  if (new Set(ids).size !== count) throw corrupt('an id is there twice');
  if (ids.includes('')) throw corrupt('an id is empty');
  const data = reader.f32Array(count * dimensions, 'vectors').slice();
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw corrupt(`the vector of "${ids[Math.floor(bad / dimensions)]}" is not finite`);
  const [documents, metadatas, uris] = COLUMNS.map((column, i) =>
    flags & (1 << i) ? readPacked(reader, count, column) : null,
  );
  reader.end('a frame of records');
  return {
    ids,
    vectors: { data, rows: count, dimensions },
    documents: documents ?? null,
    metadatas: metadatas ?? null,
    uris: uris ?? null,
  };
}

function pushPacked(to: Pieces, { bytes, ends, present }: PackedTexts): void {
  pushTexts(to, { bytes, ends, states: present });
}

/** Well-formed UTF-8, text by text. */
function readPacked(reader: ByteReader, count: number, what: string): PackedTexts {
  const { bytes, ends, states } = readTexts(reader, count, what);
  if (states?.some((state) => state > 1)) throw corrupt(`${what} have an unknown state`);
  utf8(bytes, what);
  // The whole is sound, so each text is if none begins inside a character.
  if (ends.some((end) => end < bytes.length && (bytes[end]! & 0xc0) === 0x80))
    throw corrupt(`${what} are cut inside a character`);
  return { bytes: bytes.slice(), ends: ends.slice(), present: states?.slice() ?? null };
}

function textsOf({ bytes, ends, present }: PackedTexts): string[] {
  if (present) throw corrupt('an id is absent');
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return Array.from(ends, (end, i) => decoder.decode(bytes.subarray(i === 0 ? 0 : ends[i - 1], end)));
}

function utf8(bytes: Uint8Array<ArrayBuffer>, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw corrupt(`${what} is not UTF-8`);
  }
}
