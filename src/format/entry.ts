/** Log entries: what one acknowledged operation did, as data. They hold resolved effects, so replay needs no logic. Layout: FORMAT.md §4. */
import { ByteReader, bytesOf, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { HAS_REQUEST } from './log-row.js';
import { pushClients, pushRequest, readClients, readRequest } from './requests.js';
import type { ClientReplies, StoredRequest } from './requests.js';
import { parseStoredCollection } from './stored-collection.js';
import type { StoredCollection } from './stored-collection.js';
import { parseStoredDatabase, parseStoredTenant } from './stored-database.js';
import type { StoredDatabase } from './stored-database.js';
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
  | { op: 'createTenant'; name: string }
  | { op: 'createDatabase'; database: StoredDatabase }
  /** The database is gone, and every collection in it. */
  | { op: 'deleteDatabase'; databaseId: string }
  /** A new collection with the records that `sourceId` has at this point, in their order, rows counted anew from 0. */
  | { op: 'forkCollection'; sourceId: string; collection: StoredCollection }
  /** Every collection is gone, and every tenant and database but the default ones. What the log held before may be gone too. */
  | {
      op: 'reset';
      /** What is remembered of requests: the log that told it may be gone. */ clients?: ClientReplies[];
    };

/** An entry together with the request it carries out; null: nobody will ask for it again. */
export interface LoggedEntry {
  entry: LogEntry;
  request: StoredRequest | null;
}

const OP_NUMBERS = {
  createCollection: 1,
  modifyCollection: 2,
  deleteCollection: 3,
  write: 4,
  deleteRows: 5,
  reset: 6,
  createTenant: 7,
  createDatabase: 8,
  deleteDatabase: 9,
  forkCollection: 10,
} as const;

/** The payload keeps views of the entry's arrays: they must not change until it is cut into rows. */
export function encodeEntry(
  entry: LogEntry,
  request: StoredRequest | null = null,
): { op: number; flags: number; payload: Pieces } {
  const payload: Pieces = { pieces: [], length: 0 };
  if (request) pushRequest(payload, request);
  switch (entry.op) {
    case 'createCollection':
    case 'modifyCollection':
      pushJson(payload, entry.collection);
      break;
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
    case 'createTenant':
      pushJson(payload, { name: entry.name });
      break;
    case 'createDatabase':
      pushJson(payload, entry.database);
      break;
    case 'deleteDatabase':
      pushPiece(payload, uuidToBytes(entry.databaseId));
      break;
    case 'forkCollection':
      pushPiece(payload, uuidToBytes(entry.sourceId));
      pushJson(payload, entry.collection);
      break;
    case 'reset':
      if (entry.clients?.length) pushClients(payload, entry.clients);
      break;
    default:
      entry satisfies never;
  }
  return { op: OP_NUMBERS[entry.op], flags: request ? HAS_REQUEST : 0, payload };
}

/** Arrays of the result are views into `payload` where it is aligned. @throws FORMAT_CORRUPT */
export function decodeEntry(op: number, payload: Uint8Array<ArrayBuffer>): LogEntry {
  const reader = new ByteReader(payload);
  const entry = decodeBody(op, reader);
  reader.end(`entry ${entry.op}`);
  return entry;
}

/** `flags`: of the entry's rows. As `decodeEntry`. @throws FORMAT_CORRUPT */
export function decodeLogged(op: number, flags: number, payload: Uint8Array<ArrayBuffer>): LoggedEntry {
  if (flags === 0) return { entry: decodeEntry(op, payload), request: null };
  const reader = new ByteReader(payload);
  const request = readRequest(reader);
  return { entry: decodeEntry(op, reader.rest()), request };
}

/** True for the first row of a `reset`. */
export function isReset(op: number): boolean {
  return op === OP_NUMBERS.reset;
}

function decodeBody(op: number, reader: ByteReader): LogEntry {
  switch (op) {
    case OP_NUMBERS.createCollection:
      return { op: 'createCollection', collection: parseStoredCollection(readJson(reader, 'collection')) };
    case OP_NUMBERS.modifyCollection:
      return { op: 'modifyCollection', collection: parseStoredCollection(readJson(reader, 'collection')) };
    case OP_NUMBERS.deleteCollection:
      return { op: 'deleteCollection', collectionId: uuidFromBytes(reader.bytes(16, 'collection id')) };
    case OP_NUMBERS.write:
      return { op: 'write', write: decodeWrite(reader) };
    case OP_NUMBERS.deleteRows: {
      const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
      return { op: 'deleteRows', collectionId, rows: reader.u32Array(reader.u32('row count'), 'rows') };
    }
    case OP_NUMBERS.reset:
      return reader.done ? { op: 'reset' } : { op: 'reset', clients: someClients(reader) };
    case OP_NUMBERS.createTenant:
      return { op: 'createTenant', name: parseStoredTenant(readJson(reader, 'tenant')) };
    case OP_NUMBERS.createDatabase:
      return { op: 'createDatabase', database: parseStoredDatabase(readJson(reader, 'database')) };
    case OP_NUMBERS.deleteDatabase:
      return { op: 'deleteDatabase', databaseId: uuidFromBytes(reader.bytes(16, 'database id')) };
    case OP_NUMBERS.forkCollection: {
      const sourceId = uuidFromBytes(reader.bytes(16, 'collection id'));
      const collection = parseStoredCollection(readJson(reader, 'collection'));
      return { op: 'forkCollection', sourceId, collection };
    }
    default:
      throw corrupt(`operation ${op} is unknown`, { what: 'operation', op });
  }
}

function someClients(reader: ByteReader): ClientReplies[] {
  const clients = readClients(reader);
  if (clients.length === 0) throw corrupt('a reset lists no clients', { what: 'client list' });
  return clients;
}

function pushJson(to: Pieces, value: object): void {
  const json = new TextEncoder().encode(JSON.stringify(value));
  pushPiece(to, u32Piece(json.length));
  pushPiece(to, json);
}

function readJson(reader: ByteReader, what: string): unknown {
  const bytes = reader.bytes(reader.u32(`${what} length`), what);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw corrupt(`a ${what} is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      what: `${what} JSON`,
    });
  }
}
