/** Log entries: what one acknowledged operation did, as data. They hold resolved effects, so replay needs no logic. Layout: FORMAT.md §4. */
import { ByteReader, bytesOf, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { parseStoredCollection } from './stored-collection.js';
import type { StoredCollection } from './stored-collection.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';
import { decodeWrite, encodeWrite } from './write-entry.js';
import type { WriteEntry } from './write-entry.js';

export type LogEntry =
  | { op: 'createCollection'; collection: StoredCollection }
  /** The whole collection as it is afterwards. */
  | { op: 'modifyCollection'; collection: StoredCollection }
  | { op: 'deleteCollection'; collectionId: string }
  | { op: 'write'; write: WriteEntry }
  | { op: 'deleteRows'; collectionId: string; rows: Uint32Array<ArrayBuffer> }
  /** Every collection is gone. What the log held before may be gone too. */
  | { op: 'reset' };

const OP_NUMBERS = {
  createCollection: 1,
  modifyCollection: 2,
  deleteCollection: 3,
  write: 4,
  deleteRows: 5,
  reset: 6,
} as const;

/** The payload keeps views of the entry's arrays: they must not change until it is cut into rows. */
export function encodeEntry(entry: LogEntry): { op: number; payload: Pieces } {
  const payload: Pieces = { pieces: [], length: 0 };
  switch (entry.op) {
    case 'createCollection':
    case 'modifyCollection': {
      const json = new TextEncoder().encode(JSON.stringify(entry.collection));
      pushPiece(payload, u32Piece(json.length));
      pushPiece(payload, json);
      break;
    }
    case 'deleteCollection':
      pushPiece(payload, uuidToBytes(entry.collectionId));
      break;
    case 'write':
      encodeWrite(entry.write, payload);
      break;
    case 'deleteRows':
      pushPiece(payload, uuidToBytes(entry.collectionId));
      pushPiece(payload, u32Piece(entry.rows.length));
      pushPiece(payload, bytesOf(entry.rows));
      break;
    case 'reset':
      break;
    default:
      entry satisfies never;
  }
  return { op: OP_NUMBERS[entry.op], payload };
}

/** Arrays of the result are views into `payload` where it is aligned. @throws FORMAT_CORRUPT */
export function decodeEntry(op: number, payload: Uint8Array<ArrayBuffer>): LogEntry {
  const reader = new ByteReader(payload);
  const entry = decodeBody(op, reader);
  reader.end(`entry ${entry.op}`);
  return entry;
}

function decodeBody(op: number, reader: ByteReader): LogEntry {
  switch (op) {
    case OP_NUMBERS.createCollection:
      return { op: 'createCollection', collection: decodeCollection(reader) };
    case OP_NUMBERS.modifyCollection:
      return { op: 'modifyCollection', collection: decodeCollection(reader) };
    case OP_NUMBERS.deleteCollection:
      return { op: 'deleteCollection', collectionId: uuidFromBytes(reader.bytes(16, 'collection id')) };
    case OP_NUMBERS.write:
      return { op: 'write', write: decodeWrite(reader) };
    case OP_NUMBERS.deleteRows: {
      const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
      return { op: 'deleteRows', collectionId, rows: reader.u32Array(reader.u32('row count'), 'rows') };
    }
    case OP_NUMBERS.reset:
      return { op: 'reset' };
    default:
      throw corrupt(`operation ${op} is unknown`, { what: 'operation', op });
  }
}

function decodeCollection(reader: ByteReader): StoredCollection {
  const bytes = reader.bytes(reader.u32('collection length'), 'collection');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw corrupt(`a collection is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      what: 'collection JSON',
    });
  }
  return parseStoredCollection(value);
}
