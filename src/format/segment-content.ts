/** What lies in segments: columns of some rows, tombstones, the catalog of collections. Layout: FORMAT.md §7. */
import type { Matrix } from '../base/types.js';
import { ByteReader, bytesOf, corrupt, pushPiece, u32Piece } from './bytes.js';
import type { Pieces } from './bytes.js';
import { parseStoredCollection } from './stored-collection.js';
import type { StoredCollection } from './stored-collection.js';
import { parseStoredDatabase, parseStoredTenant } from './stored-database.js';
import type { StoredDatabase } from './stored-database.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';
import { pushTexts, readTexts } from './write-entry.js';
import type { TextPatch } from './write-entry.js';

const CONSECUTIVE = 0;
const LISTED = 1;

/** Rows of one column, ascending, each once. */
export interface ColumnRows {
  collectionId: string;
  rows: Uint32Array<ArrayBuffer>;
}

/** True when `rows` counts up by one, so that the first says all. */
export function isConsecutive(rows: Uint32Array): boolean {
  return rows.length > 0 && rows[0]! + rows.length - 1 === rows.at(-1);
}

/** `rows` ascending, each once. */
export function encodeVectors({ collectionId, rows }: ColumnRows, vectors: Matrix): Pieces {
  const payload = beginColumn(collectionId, rows);
  pushPiece(payload, u32Piece(vectors.dimensions));
  pushPiece(payload, bytesOf(vectors.data));
  return payload;
}

/** `rows` ascending, each once. */
export function encodeTexts({ collectionId, rows }: ColumnRows, texts: TextPatch): Pieces {
  const payload = beginColumn(collectionId, rows);
  pushTexts(payload, texts);
  return payload;
}

/** Arrays of the result are views into `payload` where it is aligned. `count`: rows the header tells. @throws FORMAT_CORRUPT */
export function decodeVectors(
  payload: Uint8Array<ArrayBuffer>,
  count: number,
): ColumnRows & { vectors: Matrix } {
  const reader = new ByteReader(payload);
  const column = readColumn(reader, count);
  const dimensions = reader.u32('dimensions');
  if (dimensions === 0) throw corrupt('a vector segment has no dimensions', { what: 'dimensions' });
  const data = reader.f32Array(count * dimensions, 'vectors');
  reader.end('a vector segment');
  return { ...column, vectors: { data, rows: count, dimensions } };
}

/** @throws FORMAT_CORRUPT */
export function decodeTexts(
  payload: Uint8Array<ArrayBuffer>,
  count: number,
): ColumnRows & { texts: TextPatch } {
  const reader = new ByteReader(payload);
  const column = readColumn(reader, count);
  const texts = readTexts(reader, count, 'texts');
  reader.end('a text segment');
  return { ...column, texts };
}

/** Which rows a column of `payload` is of. */
export function beginColumn(collectionId: string, rows: Uint32Array<ArrayBuffer>): Pieces {
  const payload: Pieces = { pieces: [], length: 0 };
  pushPiece(payload, uuidToBytes(collectionId));
  if (isConsecutive(rows)) {
    pushPiece(payload, u32Piece(CONSECUTIVE, rows[0]!));
  } else {
    pushPiece(payload, u32Piece(LISTED, 0));
    pushPiece(payload, bytesOf(rows));
  }
  return payload;
}

/** @throws FORMAT_CORRUPT */
export function readColumn(reader: ByteReader, count: number): ColumnRows {
  const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
  const layout = reader.u32('row layout');
  const first = reader.u32('first row');
  if (count === 0 || layout > LISTED || (layout === LISTED && first !== 0) || first + count > 0xffff_ffff) {
    throw corrupt('the rows of a segment have no valid layout', { what: 'row layout', layout, first, count });
  }
  if (layout === CONSECUTIVE) {
    // A row takes at least 4 bytes of what follows, so this asks for no more than there is.
    reader.atLeast(count * 4, 'column');
    return { collectionId, rows: Uint32Array.from({ length: count }, (_, i) => first + i) };
  }
  const rows = reader.u32Array(count, 'rows');
  for (let i = 1; i < count; i++) {
    if (rows[i]! <= rows[i - 1]!)
      throw corrupt(`rows of a segment do not ascend at ${i}`, { what: 'rows', position: i });
  }
  return { collectionId, rows };
}

/** Which rows of a collection are gone: bit r of `words`, rows beyond the end are there. */
export interface Tombstones {
  collectionId: string;
  /** Row of the first bit: a multiple of 32. */
  first: number;
  words: Uint32Array<ArrayBuffer>;
}

export function encodeTombstones({ collectionId, first, words }: Tombstones): Pieces {
  const payload: Pieces = { pieces: [], length: 0 };
  pushPiece(payload, uuidToBytes(collectionId));
  pushPiece(payload, u32Piece(first, words.length));
  pushPiece(payload, bytesOf(words));
  return payload;
}

/** @throws FORMAT_CORRUPT */
export function decodeTombstones(payload: Uint8Array<ArrayBuffer>, count: number): Tombstones {
  const reader = new ByteReader(payload);
  const collectionId = uuidFromBytes(reader.bytes(16, 'collection id'));
  const first = reader.u32('first row');
  const words = reader.u32Array(reader.u32('tombstone words'), 'tombstones');
  reader.end('a tombstone segment');
  if ((first & 31) !== 0 || countBits(words) !== count)
    throw corrupt('tombstones contradict their header', { what: 'tombstones', first, count });
  return { collectionId, first, words };
}

export function countBits(words: Uint32Array): number {
  let count = 0;
  for (const word of words) for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** What the catalog lists: tenants, then databases, then collections, each in the order of creation. The default pair is not listed. */
export type CatalogEntry =
  | { type: 'tenant'; name: string }
  | { type: 'database'; database: StoredDatabase }
  | { type: 'collection'; collection: StoredCollection };

const CATALOG_TYPES = { tenant: 1, database: 2, collection: 3 } as const;

/** An entry as its type and its JSON: what of it is stored. */
export function catalogText(entry: CatalogEntry): { type: CatalogEntry['type']; json: string } {
  const { type } = entry;
  switch (type) {
    case 'tenant':
      return { type, json: JSON.stringify({ name: entry.name }) };
    case 'database':
      return { type, json: JSON.stringify(entry.database) };
    case 'collection':
      return { type, json: JSON.stringify(entry.collection) };
    default:
      return type satisfies never;
  }
}

export function encodeCatalog(texts: readonly ReturnType<typeof catalogText>[]): Pieces {
  const payload: Pieces = { pieces: [], length: 0 };
  for (const { type, json } of texts) {
    const bytes = new TextEncoder().encode(json);
    pushPiece(payload, u32Piece(CATALOG_TYPES[type], bytes.length));
    pushPiece(payload, bytes);
  }
  return payload;
}

/** @throws FORMAT_CORRUPT */
export function decodeCatalog(payload: Uint8Array<ArrayBuffer>, count: number): CatalogEntry[] {
  const reader = new ByteReader(payload);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const entries: CatalogEntry[] = [];
  for (let i = 0; i < count; i++) {
    const type = reader.u32('catalog entry');
    const bytes = reader.bytes(reader.u32('catalog entry length'), 'catalog entry');
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(bytes));
    } catch {
      throw corrupt(`entry ${i} of the catalog is not JSON`, { what: 'catalog JSON', position: i });
    }
    if (type === CATALOG_TYPES.tenant) entries.push({ type: 'tenant', name: parseStoredTenant(value) });
    else if (type === CATALOG_TYPES.database)
      entries.push({ type: 'database', database: parseStoredDatabase(value) });
    else if (type === CATALOG_TYPES.collection)
      entries.push({ type: 'collection', collection: parseStoredCollection(value) });
    else throw corrupt(`entry ${i} of the catalog is of type ${type}`, { what: 'catalog entry', type });
  }
  reader.end('the catalog');
  return entries;
}
