import { expect, test } from 'vitest';
import { countOf, formatBytes, formatCount } from './format.js';

test('bytes are given in powers of 1000, with one decimal below ten', () => {
  expect([0, 999, 1_000, 9_949, 9_950, 2_860_064, 999_500, 11e9].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '9.9 kB',
    '10 kB',
    '2.9 MB',
    '1.0 MB',
    '11 GB',
  ]);
});

test('counts have separators and their noun the right form', () => {
  expect(formatCount(12_345)).toBe('12,345');
  expect([0, 1, 2].map((n) => countOf(n, 'passage'))).toEqual(['0 passages', '1 passage', '2 passages']);
  expect(countOf(2, 'entry', 'entries')).toBe('2 entries');
});
