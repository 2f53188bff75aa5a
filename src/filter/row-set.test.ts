import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowSet } from './row-set.js';

const rowList = fc.uniqueArray(fc.oneof(fc.nat(70), fc.nat(3_000)), { maxLength: 60 });
const sorted = (rows: Iterable<number>): number[] => [...new Set(rows)].sort((a, b) => a - b);

describe('a row set', () => {
  test('holds what a Set of numbers holds, through every operation', () => {
    fc.assert(
      fc.property(rowList, rowList, (a, b) => {
        const left = RowSet.of(a, 0);
        const right = RowSet.of(b, 3_001);
        const inBoth = new Set(b);
        expect([...left.copy().and(right)]).toEqual(sorted(a.filter((row) => inBoth.has(row))));
        expect([...right.copy().and(left)]).toEqual(sorted(a.filter((row) => inBoth.has(row))));
        expect([...left.copy().or(right)]).toEqual(sorted([...a, ...b]));
        expect([...left.copy().andNot(right)]).toEqual(sorted(a.filter((row) => !inBoth.has(row))));
        expect([...right.copy().andNot(left)]).toEqual(sorted(b.filter((row) => !a.includes(row))));
        for (const row of b) left.delete(row);
        expect([...left]).toEqual(sorted(a.filter((row) => !inBoth.has(row))));
        expect(left.size).toBe([...left].length);
        for (const row of [0, 31, 32, 64, 5_000]) expect(right.has(row)).toBe(inBoth.has(row));
      }),
      { numRuns: 500 },
    );
  });

  test('gives its rows by offset and limit as slicing its list does', () => {
    fc.assert(
      fc.property(rowList, fc.nat(70), fc.option(fc.nat(70), { nil: undefined }), (rows, offset, limit) => {
        const expected = sorted(rows).slice(offset, limit === undefined ? undefined : offset + limit);
        expect([
          ...RowSet.of(rows, 100).toRows({ offset, ...(limit === undefined ? {} : { limit }) }),
        ]).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a copy is a set of its own, and may be cut to whole words below a row', () => {
    const set = RowSet.of([1, 40, 90], 100);
    const copy = set.copy(64);
    copy.add(2);
    expect([...copy]).toEqual([1, 2, 40]);
    expect([...set]).toEqual([1, 40, 90]);
    expect(set.copy(200).words).toHaveLength(7);
  });

  test('the highest bit of a word is a row like any other', () => {
    const set = RowSet.of([31, 63, 95], 96);
    expect([...set.words]).toEqual([0x8000_0000, 0x8000_0000, 0x8000_0000]);
    expect([...set.toRows({ offset: 1, limit: 1 })]).toEqual([63]);
    expect(set.size).toBe(3);
  });
});
