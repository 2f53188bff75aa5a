/** Live rows whose vectors are elsewhere: bits, and how many are set. */
import type { Row } from '../base/types.js';
import type { RowBits } from './core.js';
import { forEachBit } from './row-bits.js';

export class AbsentRows {
  #bits: RowBits = new Uint32Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(row: Row): boolean {
    return (((this.#bits[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1;
  }

  add(row: Row): void {
    if (this.has(row)) return;
    if (row >>> 5 >= this.#bits.length) {
      const grown = new Uint32Array(Math.max((row >>> 5) + 1, this.#bits.length * 2, 32));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[row >>> 5]! |= 1 << (row & 31);
    this.#size++;
  }

  delete(row: Row): void {
    if (!this.has(row)) return;
    this.#bits[row >>> 5]! &= ~(1 << (row & 31));
    this.#size--;
  }

  clear(): void {
    this.#bits = new Uint32Array(0);
    this.#size = 0;
  }

  /** Ascending; of `allow` alone, if it is given. */
  list(allow?: RowBits): Uint32Array<ArrayBuffer> {
    if (this.#size === 0) return new Uint32Array(0);
    const bits = allow ? this.#bits.map((word, i) => word & (allow[i] ?? 0)) : this.#bits;
    const rows = new Uint32Array(this.#size);
    let count = 0;
    forEachBit(bits, (row) => (rows[count++] = row));
    return rows.slice(0, count);
  }
}
