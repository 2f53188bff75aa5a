/** Lists of trigrams as bytes and back: each list whole, one after the other, so that reading them needs nothing but their ends. */
import { kindexError } from '../base/errors.js';

/** Trigrams share so many lists by their hash. */
export const LISTS = 65_536;

/** "KXT1", little-endian. */
const MAGIC = 0x3154584b;
const HEAD_BYTES = 16;

/** Of a number up to 2³², seven bits a byte. */
const MAX_NUMBER_BYTES = 5;

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

/**
 * Head (u32: magic, lists, bytes of the table, bytes of rows), the table, rows; in pieces. The table has for each list the numbers of
 * its rows and, unless that is 0, its last row + 1 and its bytes, as rows are written.
 */
export function* writeTrigrams(lists: WritableLists): Generator<void, Uint8Array<ArrayBuffer>[]> {
  const { sizes } = lists;
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
  yield;
  const table = writeTable(lists);
  const head = Uint32Array.of(MAGIC, LISTS, table.length, total);
  return [new Uint8Array(head.buffer), table, ...rows];
}

function writeTable({ lengths, lasts, sizes }: WritableLists): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(LISTS * 3 * MAX_NUMBER_BYTES);
  let at = 0;
  const put = (number: number): void => {
    let rest = number;
    for (; rest > 127; rest >>>= 7) table[at++] = (rest & 127) | 128;
    table[at++] = rest;
  };
  for (let list = 0; list < LISTS; list++) {
    put(lengths[list]!);
    if (lengths[list] === 0) continue;
    put(lasts[list]!);
    put(sizes[list]!);
  }
  return table.slice(0, at);
}

/** `rows` is a view into `bytes`. No list reaches beyond its end, whatever is in it. @throws FORMAT_CORRUPT */
export function parseTrigrams(bytes: Uint8Array<ArrayBuffer>): TrigramLists {
  if (bytes.length < HEAD_BYTES) throw corrupt('they end within their head', bytes);
  const [magic, count, tableBytes, rowBytes] = new Uint32Array(
    bytes.slice(0, HEAD_BYTES).buffer,
  ) as unknown as [number, number, number, number];
  if (magic !== MAGIC || count !== LISTS) throw corrupt('they do not begin as such', bytes);
  if (HEAD_BYTES + tableBytes + rowBytes !== bytes.length)
    throw corrupt(`their head tells of ${HEAD_BYTES + tableBytes + rowBytes} bytes`, bytes);

  const lengths = new Uint32Array(LISTS);
  const lasts = new Uint32Array(LISTS);
  const ends = new Uint32Array(LISTS);
  const rowsAt = HEAD_BYTES + tableBytes;
  let at = HEAD_BYTES;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; at < rowsAt && scale < 2 ** 35; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128 && value < 2 ** 32) return value;
    }
    throw corrupt('their table has no such number', bytes);
  };
  let end = 0;
  for (let list = 0; list < LISTS; list++) {
    const length = number();
    if (length > 0) {
      lengths[list] = length;
      const last = (lasts[list] = number());
      const size = number();
      end += size;
      // A row takes a byte or more.
      if (length > size || length > last || end > rowBytes)
        throw corrupt(`list ${list} contradicts itself`, bytes);
    }
    ends[list] = end;
  }
  if (at !== rowsAt || end !== rowBytes) throw corrupt(`their lists have ${end} bytes`, bytes);
  return { lengths, lasts, ends, rows: bytes.subarray(rowsAt) };
}

function corrupt(why: string, { length }: Uint8Array): Error {
  return kindexError('FORMAT_CORRUPT', `The stored trigrams of ${length} bytes cannot be read: ${why}.`, {
    fix: 'Index the documents anew; nothing but time is lost.',
    details: { bytes: length },
  });
}
