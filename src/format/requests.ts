/** Requests and their replies as they are kept, so that one that comes again is answered and not done again. Layout: FORMAT.md §4.8. */
import { corrupt, getU64, pushPiece, setU64, u32Piece } from './bytes.js';
import type { ByteReader, Pieces } from './bytes.js';

/** What a log entry tells of the request it carries out. */
export interface StoredRequest {
  /** Who asks: 1 to 64 bytes in UTF-8. */
  client: string;
  /** Counts up from 1 by client. */
  n: number;
  /** Every request below this number has been answered and will not come again. At most `n`. */
  answered: number;
  /** JSON; empty: no value. */
  reply: string;
}

/** What is remembered of one client. */
export interface ClientReplies {
  client: string;
  answered: number;
  /** Each `n` once, at least `answered`. */
  replies: { n: number; reply: string }[];
}

const MAX_CLIENT_BYTES = 64;

export function pushRequest(to: Pieces, { client, n, answered, reply }: StoredRequest): void {
  pushText(to, client);
  pushPiece(to, u64Piece(n, answered));
  pushText(to, reply);
}

/** @throws FORMAT_CORRUPT */
export function readRequest(reader: ByteReader): StoredRequest {
  const client = readClient(reader);
  const [n, answered] = readU64s(reader, 2, 'request number');
  const reply = readReply(reader);
  if (n! < 1 || answered! > n!)
    throw corrupt('a request has no possible number', { what: 'request number', n, answered });
  return { client, n: n!, answered: answered!, reply };
}

export function pushClients(to: Pieces, clients: readonly ClientReplies[]): void {
  pushPiece(to, u32Piece(clients.length));
  for (const { client, answered, replies } of clients) {
    pushText(to, client);
    pushPiece(to, u64Piece(answered));
    pushPiece(to, u32Piece(replies.length));
    for (const { n, reply } of replies) {
      pushPiece(to, u64Piece(n));
      pushText(to, reply);
    }
  }
}

/** @throws FORMAT_CORRUPT */
export function readClients(reader: ByteReader): ClientReplies[] {
  const known = new Set<string>();
  const count = reader.u32('client count');
  // Of the least that each takes: nothing is allocated for a count that cannot be.
  reader.atLeast(count * 16, 'client list');
  return Array.from({ length: count }, () => {
    const client = readClient(reader);
    if (known.has(client)) throw corrupt('a client is listed twice', { what: 'client list' });
    known.add(client);
    const [answered] = readU64s(reader, 1, 'request number');
    const numbers = new Set<number>();
    const length = reader.u32('reply count');
    reader.atLeast(length * 12, 'reply list');
    const replies = Array.from({ length }, () => {
      const [n] = readU64s(reader, 1, 'request number');
      if (n! < answered! || n! < 1 || numbers.has(n!))
        throw corrupt('a reply has no possible number', { what: 'reply list', n, answered });
      numbers.add(n!);
      return { n: n!, reply: readReply(reader) };
    });
    return { client, answered: answered!, replies };
  });
}

function readClient(reader: ByteReader): string {
  const length = reader.u32('client length');
  if (length === 0 || length > MAX_CLIENT_BYTES)
    throw corrupt(`a client has ${length} bytes`, { what: 'client', length });
  return text(reader.bytes(length, 'client'), 'client');
}

function readReply(reader: ByteReader): string {
  const json = text(reader.bytes(reader.u32('reply length'), 'reply'), 'reply');
  try {
    if (json !== '') JSON.parse(json);
  } catch {
    throw corrupt('a reply is not JSON', { what: 'reply' });
  }
  return json;
}

/** One for all: whole texts leave nothing in it. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw corrupt(`a ${what} is not UTF-8`, { what });
  }
}

function pushText(to: Pieces, value: string): void {
  const bytes = new TextEncoder().encode(value);
  pushPiece(to, u32Piece(bytes.length));
  pushPiece(to, bytes);
}

function u64Piece(...values: number[]): Uint8Array {
  const piece = new Uint8Array(values.length * 8);
  const view = new DataView(piece.buffer);
  values.forEach((value, i) => setU64(view, i * 8, value));
  return piece;
}

function readU64s(reader: ByteReader, count: number, what: string): number[] {
  const bytes = reader.bytes(count * 8, what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => getU64(view, i * 8, what));
}
