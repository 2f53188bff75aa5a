/** One text per row, kept as packed UTF-8 in a few large blocks: no object per record, decoded only when read. */
import { joined } from '../base/joined.js';
import type { Row } from '../base/types.js';
import { TEXT_CLEAR, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';

/** Texts from here on are kept in the buffer they came in; smaller ones are gathered in blocks. */
const ADOPT_BYTES = 64 * 1024;
const BLOCK_BYTES = 256 * 1024;
const COMPACTED_BLOCK_BYTES = 4 * 1024 * 1024;
/** Texts of a reply are decoded together up to here: beyond, each is long enough for a call of its own. */
const TOGETHER_BYTES = 16 * 1024;
/** Dead bytes that are tolerated whatever the live ones are. */
const SLACK_BYTES = 1024 * 1024;

export class TextColumn {
  /** Where the text of row r lies: `blocks[block[r] - 1][start[r], end[r])`; block 0: no text. */
  #block = new Uint32Array(0);
  #start = new Uint32Array(0);
  #end = new Uint32Array(0);
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes used of the last block while texts are gathered in it; null when it is closed. */
  #used: number | null = null;
  #liveBytes = 0;
  #heldBytes = 0;

  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** Bytes of texts that can be read, and bytes of the blocks that hold them. */
  get bytes(): { live: number; held: number } {
    return { live: this.#liveBytes, held: this.#heldBytes };
  }

  /** The stored bytes, or null; a view that is good until the next change. */
  read(row: Row): Uint8Array<ArrayBuffer> | null {
    const block = this.#block[row] ?? 0;
    return block === 0 ? null : this.#blocks[block - 1]!.subarray(this.#start[row], this.#end[row]);
  }

  text(row: Row): string | null {
    const bytes = this.read(row);
    return bytes === null ? null : this.#decoder.decode(bytes);
  }

  /** As `text` for each row. Short ones are decoded in one call, which costs more than their bytes do. */
  texts(rows: ArrayLike<Row>): (string | null)[] {
    const each = Array.from(rows, (row) => this.read(row));
    const size = each.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0);
    if (size <= TOGETHER_BYTES) {
      const text = this.#decoder.decode(joined(each.filter((bytes) => bytes !== null)));
      let end = 0;
      // Each byte is a character: where one begins is known.
      if (text.length === size) return each.map((bytes) => bytes && text.slice(end, (end += bytes.length)));
    }
    return each.map((bytes) => bytes && this.#decoder.decode(bytes));
  }

  /** Applies text i of `patch` to `rows[i]`. The patch's buffer may be kept: it must not change afterwards. */
  apply(rows: Uint32Array, patch: TextPatch): void {
    const { block, base } = this.#hold(patch.bytes);
    let start = 0;
    for (let i = 0; i < rows.length; i++) {
      const end = patch.ends[i]!;
      const state = patch.states === null ? TEXT_SET : patch.states[i]!;
      if (state === TEXT_SET) this.#place(rows[i]!, block, base + start, base + end);
      else if (state === TEXT_CLEAR) this.#forget(rows[i]!);
      start = end;
    }
    this.#compactWhenMostlyDead();
  }

  clear(rows: Uint32Array): void {
    for (const row of rows) this.#forget(row);
    this.#compactWhenMostlyDead();
  }

  /** Makes `bytes` part of a block; returns its number (from 1) and where in it they begin. */
  #hold(bytes: Uint8Array<ArrayBuffer>): { block: number; base: number } {
    const ownsBuffer = bytes.length * 2 >= bytes.buffer.byteLength;
    if (bytes.length >= ADOPT_BYTES && ownsBuffer) {
      this.#blocks.push(bytes);
      this.#heldBytes += bytes.buffer.byteLength;
      this.#used = null;
      return { block: this.#blocks.length, base: 0 };
    }
    let target = this.#blocks.at(-1);
    if (target === undefined || this.#used === null || this.#used + bytes.length > target.length) {
      target = new Uint8Array(Math.max(BLOCK_BYTES, bytes.length));
      this.#blocks.push(target);
      this.#heldBytes += target.length;
      this.#used = 0;
    }
    const base = this.#used;
    target.set(bytes, base);
    this.#used += bytes.length;
    return { block: this.#blocks.length, base };
  }

  #place(row: Row, block: number, start: number, end: number): void {
    this.#grow(row + 1);
    this.#forget(row);
    this.#block[row] = block;
    this.#start[row] = start;
    this.#end[row] = end;
    this.#liveBytes += end - start;
  }

  #forget(row: Row): void {
    if ((this.#block[row] ?? 0) === 0) return;
    this.#liveBytes -= this.#end[row]! - this.#start[row]!;
    this.#block[row] = 0;
  }

  #grow(rows: number): void {
    if (rows <= this.#block.length) return;
    const size = Math.max(rows, this.#block.length * 2, 64);
    const grown = (from: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(size);
      to.set(from);
      return to;
    };
    this.#block = grown(this.#block);
    this.#start = grown(this.#start);
    this.#end = grown(this.#end);
  }

  /** Copies the live texts together once more than half of what is held is dead: amortised over the writes that killed it. */
  #compactWhenMostlyDead(): void {
    if (this.#heldBytes - this.#liveBytes <= Math.max(SLACK_BYTES, this.#liveBytes)) return;
    const old = this.#blocks;
    this.#blocks = [];
    this.#heldBytes = 0;
    this.#used = null;
    let used = 0;
    let left = this.#liveBytes;
    let target: Uint8Array<ArrayBuffer> = new Uint8Array(0);
    for (let row = 0; row < this.#block.length; row++) {
      const block = this.#block[row]!;
      if (block === 0) continue;
      const text = old[block - 1]!.subarray(this.#start[row], this.#end[row]);
      if (this.#blocks.length === 0 || used + text.length > target.length) {
        target = new Uint8Array(Math.max(text.length, Math.min(left, COMPACTED_BLOCK_BYTES)));
        this.#blocks.push(target);
        this.#heldBytes += target.length;
        used = 0;
      }
      target.set(text, used);
      this.#block[row] = this.#blocks.length;
      this.#start[row] = used;
      this.#end[row] = used + text.length;
      used += text.length;
      left -= text.length;
    }
  }
}
