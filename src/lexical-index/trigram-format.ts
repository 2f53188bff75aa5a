/** Lists of trigrams as bytes and back: each list whole, one after the other, so that reading them needs nothing but their ends. */
import { kindexError } from '../base/errors.js';

/** Trigrams share so many lists by their hash. */
export const LISTS = 65_536;

/** "KXT1", little-endian. */
const MAGIC = 0x3154584b;
const HEAD_WORDS = 4;

/** Bytes, unless one list is longer, and lists between two pauses: 1 ms or so. */
const BYTES_PER_STEP = 1 << 19;
const LISTS_PER_STEP = 4096;

export interface TrigramLists {
  /** Rows in each list. */
  lengths: Uint32Array;
  /** The last row of each + 1; 0: none. */
  lasts: Uint32Array;
  /** Where each ends in `rows`. */
  ends: Uint32Array;
  /** Differences of rows, the first counted from −1, 7 bits a byte, the lowest first. */
  rows: Uint8Array<ArrayBuffer>;
}

/** Lists that can be written: what `copy` reads must not change. */
export interface WritableLists extends Pick<TrigramLists, 'lengths' | 'lasts'> {
  /** Bytes of each list. */
  sizes: Uint32Array;
  /** Puts the bytes of a list into `into` from `at` on. */
  copy(list: number, into: Uint8Array, at: number): void;
}

/** Head (u32: magic, lists, bytes of rows, 0), lengths u32, lasts u32, ends u32, rows; little-endian, in pieces. */
export function* writeTrigrams(lists: WritableLists): Generator<void, Uint8Array<ArrayBuffer>[]> {
  const { lengths, lasts, sizes } = lists;
  const ends = new Uint32Array(LISTS);
  let total = 0;
  for (let list = 0; list < LISTS; list++) ends[list] = total += sizes[list]!;
  const rows: Uint8Array<ArrayBuffer>[] = [];
  for (let list = 0; list < LISTS;) {
    if (list > 0) yield;
    const start = list === 0 ? 0 : ends[list - 1]!;
    let end = list;
    const last = Math.min(LISTS, list + LISTS_PER_STEP);
    while (end < last && (end === list || ends[end]! - start <= BYTES_PER_STEP)) end += 1;
    const step = new Uint8Array(ends[end - 1]! - start);
    for (; list < end; list++) lists.copy(list, step, ends[list]! - sizes[list]! - start);
    rows.push(step);
  }
  return [...[Uint32Array.of(MAGIC, LISTS, total, 0), lengths, lasts, ends].map(viewOf), ...rows];
}

/** Views into `bytes`. No list reaches beyond its end, whatever is in it. @throws FORMAT_CORRUPT */
export function parseTrigrams(bytes: Uint8Array<ArrayBuffer>): TrigramLists {
  const tables = (HEAD_WORDS + 3 * LISTS) * 4;
  if (bytes.length < tables) throw corrupt('they end within their tables', bytes);
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const head = new Uint32Array(buffer, byteOffset, HEAD_WORDS);
  if (head[0] !== MAGIC || head[1] !== LISTS || head[3] !== 0)
    throw corrupt('they do not begin as such', bytes);
  const table = (i: number): Uint32Array =>
    new Uint32Array(buffer, byteOffset + (HEAD_WORDS + i * LISTS) * 4, LISTS);
  const lists = {
    lengths: table(0),
    lasts: table(1),
    ends: table(2),
    rows: new Uint8Array(buffer, byteOffset + tables, bytes.length - tables),
  };
  const total = lists.rows.length;
  if (head[2] !== total || lists.ends[LISTS - 1] !== total)
    throw corrupt(`they have ${total} bytes of rows`, bytes);
  for (let list = 0, start = 0; list < LISTS; list++) {
    const end = lists.ends[list]!;
    // A row takes a byte or more.
    if (end < start || lists.lengths[list]! > end - start || lists.lasts[list]! < lists.lengths[list]!)
      throw corrupt(`list ${list} contradicts itself`, bytes);
    start = end;
  }
  return lists;
}

function viewOf(array: Uint32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

function corrupt(why: string, { length }: Uint8Array): Error {
  return kindexError('FORMAT_CORRUPT', `The stored trigrams of ${length} bytes cannot be read: ${why}.`, {
    fix: 'Index the documents anew; nothing but time is lost.',
    details: { bytes: length },
  });
}
