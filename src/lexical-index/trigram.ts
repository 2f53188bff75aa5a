/**
 * Which rows may hold a text: for every three bytes that stand together in a document, the rows where they do.
 *
 * Bytes of UTF-8, because documents lie in memory so and are indexed without being decoded, and because UTF-8 finds no
 * character inside another: a text is in a document exactly where its bytes are. One CJK character is a trigram by itself.
 * Trigrams share 65,536 lists by a hash, which can only add rows; answers are candidates, and whoever asks looks at each.
 */
import type { Row } from '../base/types.js';
import { LISTS, parseTrigrams, writeTrigrams } from './trigram-format.js';
import type { TrigramLists } from './trigram-format.js';

/** Bytes of a block of the pool; the first 4 of it are the offset of the next. */
const BLOCK = 64;
const POOL_START = 1 << 20;
/** Lists that are read for one text. */
const MAX_LISTS_READ = 12;
/** After two lists, one that holds more than this part of the rows is not worth reading: it would leave most of them. */
const COMMON = 1 / 2;
/** Looking at a candidate's document costs about as much as reading this many entries of a list. */
const ENTRIES_PER_LOOK = 64;

export class TrigramIndex {
  /** The beginning of each list, as it was stored; null when this was made from nothing. What was added since follows in blocks. */
  readonly #stored: TrigramLists | null;
  /** Per list: where its first block begins (0: none yet), where the next byte goes, rows and bytes in blocks; its last row + 1, all its rows. */
  readonly #first = new Uint32Array(LISTS);
  readonly #next = new Uint32Array(LISTS);
  readonly #added = new Uint32Array(LISTS);
  readonly #addedBytes = new Uint32Array(LISTS);
  readonly #last: Uint32Array;
  readonly #lengths: Uint32Array;
  /** Differences of rows, 7 bits a byte, in chained blocks. Offset 0 is none. */
  #pool = new Uint8Array(POOL_START);
  #links = new Uint32Array(this.#pool.buffer);
  #used = BLOCK;

  /** `bytes`: what `serialize` gave, of which views are kept. Default: of no document. @throws FORMAT_CORRUPT */
  constructor(bytes?: Uint8Array<ArrayBuffer>) {
    this.#stored = bytes === undefined ? null : parseTrigrams(bytes);
    this.#last = this.#stored?.lasts.slice() ?? new Uint32Array(LISTS);
    this.#lengths = this.#stored?.lengths.slice() ?? new Uint32Array(LISTS);
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#pool.length + (this.#stored?.rows.length ?? 0) + LISTS * 24;
  }

  /**
   * The lists as they are now, in pieces that joined are what the constructor takes. Yields after each 1 ms or so; what is added
   * meanwhile is not in it.
   */
  serialize(): Generator<void, Uint8Array<ArrayBuffer>[]> {
    const stored = this.#stored;
    const added = this.#addedBytes.slice();
    const sizes = added.slice();
    if (stored !== null)
      for (let list = 0; list < LISTS; list++) sizes[list]! += storedRows(stored, list).length;
    return writeTrigrams({
      lengths: this.#lengths.slice(),
      lasts: this.#last.slice(),
      sizes,
      copy: (list, into, at) => {
        if (stored !== null) into.set(storedRows(stored, list), at);
        this.#copyBlocks(list, into.subarray(at + sizes[list]! - added[list]!, at + sizes[list]!));
      },
    });
  }

  /**
   * Takes in the document of a row higher than all before it.
   * Cost: about 10 ns and 1 byte per different trigram of the document.
   */
  add(row: Row, document: Uint8Array): void {
    if (document.length < 3) return;
    const last = this.#last;
    const mark = row + 1;
    let key = (document[0]! << 8) | document[1]!;
    for (let i = 2; i < document.length; i++) {
      key = ((key << 8) | document[i]!) & 0xff_ffff;
      const list = Math.imul(key, 0x9e37_79b1) >>> 16;
      if (last[list] === mark) continue;
      this.#append(list, mark - last[list]!);
      last[list] = mark;
      this.#lengths[list]! += 1;
      this.#added[list]! += 1;
    }
  }

  /**
   * The rows that may hold `text`, as new row bits of `words` words; null when the text is too short to tell (under 3 bytes).
   * Every row that was added and holds it is among them. Cost: about 4 ns per row of the rarest lists.
   */
  candidates(text: Uint8Array, words: number): Uint32Array<ArrayBuffer> | null {
    if (text.length < 3) return null;
    const lists = new Set<number>();
    for (let i = 2; i < text.length; i++) {
      const key = (text[i - 2]! << 16) | (text[i - 1]! << 8) | text[i]!;
      lists.add(Math.imul(key, 0x9e37_79b1) >>> 16);
    }
    const rarestFirst = [...lists].sort((a, b) => this.#lengths[a]! - this.#lengths[b]!);
    const found = new Uint32Array(words);
    let left = this.#readInto(rarestFirst[0]!, found);
    for (const [i, list] of rarestFirst.slice(1, MAX_LISTS_READ).entries()) {
      const length = this.#lengths[list]!;
      if (length > left * ENTRIES_PER_LOOK || (i > 0 && length > words * 32 * COMMON)) break;
      left = this.#keepThoseIn(list, found);
    }
    return found;
  }

  #append(list: number, difference: number): void {
    let rest = difference;
    for (; rest > 127; rest >>>= 7) this.#push(list, (rest & 127) | 128);
    this.#push(list, rest);
  }

  #push(list: number, byte: number): void {
    let at = this.#next[list]!;
    // A block is full when the next byte would begin another, and no list begins at 0.
    if (at % BLOCK === 0) {
      const block = this.#newBlock();
      if (at === 0) this.#first[list] = block;
      else this.#links[(at - BLOCK) >>> 2] = block;
      at = block + 4;
    }
    this.#pool[at] = byte;
    this.#next[list] = at + 1;
    this.#addedBytes[list]! += 1;
  }

  #newBlock(): number {
    const block = this.#used;
    this.#used += BLOCK;
    if (this.#used > this.#pool.length) {
      const grown = new Uint8Array(Math.ceil((this.#pool.length * 1.5) / BLOCK) * BLOCK);
      grown.set(this.#pool);
      this.#pool = grown;
      this.#links = new Uint32Array(grown.buffer);
    }
    return block;
  }

  /** The first bytes in a list's blocks, as many as `into` holds. */
  #copyBlocks(list: number, into: Uint8Array): void {
    const pool = this.#pool;
    const { length } = into;
    let at = this.#first[list]!;
    for (let done = 0; done < length; at = this.#links[at >>> 2]!) {
      const end = Math.min(length, done + BLOCK - 4);
      // Byte by byte: a view of 60 bytes costs more than they do.
      for (let from = at + 4; done < end; done++, from++) into[done] = pool[from]!;
    }
  }

  /** Adds the rows of a list to `bits`; returns how many they are. */
  #readInto(list: number, bits: Uint32Array): number {
    let mark = 0;
    if (this.#stored !== null) {
      const rows = storedRows(this.#stored, list);
      // Not a bitwise or: rows use all 32 bits.
      for (let at = 0, scale = 1, difference = 0; at < rows.length; at++) {
        const byte = rows[at]!;
        difference += (byte & 127) * scale;
        scale *= 128;
        if (byte > 127) continue;
        mark += difference;
        bits[(mark - 1) >>> 5]! |= 1 << ((mark - 1) & 31);
        scale = 1;
        difference = 0;
      }
    }
    const pool = this.#pool;
    const links = this.#links;
    const length = this.#added[list]!;
    let at = this.#first[list]! + 4;
    for (let i = 0; i < length; i++) {
      let scale = 1;
      for (;;) {
        if (at % BLOCK === 0) at = links[(at - BLOCK) >>> 2]! + 4;
        const byte = pool[at++]!;
        mark += (byte & 127) * scale;
        if (byte < 128) break;
        scale *= 128;
      }
      bits[(mark - 1) >>> 5]! |= 1 << ((mark - 1) & 31);
    }
    return this.#lengths[list]!;
  }

  #keepThoseIn(list: number, bits: Uint32Array): number {
    const other = new Uint32Array(bits.length);
    this.#readInto(list, other);
    let left = 0;
    for (let i = 0; i < bits.length; i++) {
      bits[i]! &= other[i]!;
      for (let word = bits[i]!; word !== 0; word &= word - 1) left += 1;
    }
    return left;
  }
}

function storedRows({ rows, ends }: TrigramLists, list: number): Uint8Array<ArrayBuffer> {
  return rows.subarray(list === 0 ? 0 : ends[list - 1]!, ends[list]);
}
