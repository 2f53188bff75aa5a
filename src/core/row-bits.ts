/** Walking and counting sets of rows as bits. */
import type { Row } from '../base/types.js';
import type { RowBits } from './core.js';

/** Rows in the set. */
export function countBits(bits: RowBits): number {
  let count = 0;
  for (const word of bits) {
    let n = word - ((word >>> 1) & 0x5555_5555);
    n = (n & 0x3333_3333) + ((n >>> 2) & 0x3333_3333);
    count += Math.imul((n + (n >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
  }
  return count;
}

/** Rows of the set, ascending. */
export function forEachBit(bits: RowBits, visit: (row: Row) => void): void {
  for (let i = 0; i < bits.length; i++) {
    for (let word = bits[i]!; word !== 0; word &= word - 1) visit(i * 32 + 31 - Math.clz32(word & -word));
  }
}

export function hasBit(bits: RowBits, row: Row): boolean {
  return (((bits[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1;
}
