import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBuckets } from './buckets.js';
import { computeFacets } from './facets.js';

test('every kind of value gets its facet, with the commonest values first', () => {
  const facets = computeFacets([
    { kind: 'note', pages: 3, draft: true, tags: ['a', 'b', 'a'] },
    { kind: 'note', pages: 1, tags: ['a'] },
    { kind: 'file', pages: 'many', weights: { indices: [1], values: [2] } },
    null,
  ]);
  expect(facets).toEqual([
    {
      key: 'kind',
      kind: 'text',
      records: 3,
      distinct: 2,
      values: [
        { value: 'note', count: 2 },
        { value: 'file', count: 1 },
      ],
      buckets: [],
    },
    {
      key: 'pages',
      kind: 'number',
      records: 2,
      distinct: 2,
      values: [
        { value: 1, count: 1 },
        { value: 3, count: 1 },
      ],
      buckets: [],
    },
    {
      key: 'tags',
      kind: 'list',
      records: 2,
      distinct: 2,
      values: [
        { value: 'a', count: 2 },
        { value: 'b', count: 1 },
      ],
      buckets: [],
    },
    {
      key: 'draft',
      kind: 'boolean',
      records: 1,
      distinct: 1,
      values: [{ value: true, count: 1 }],
      buckets: [],
    },
    {
      key: 'pages',
      kind: 'text',
      records: 1,
      distinct: 1,
      values: [{ value: 'many', count: 1 }],
      buckets: [],
    },
    { key: 'weights', kind: 'sparse', records: 1, distinct: 0, values: [], buckets: [] },
  ]);
});

test('only the commonest values are kept, and how many there are is still told', () => {
  const [facet] = computeFacets(
    Array.from({ length: 100 }, (_, i) => ({ k: `v${i % 10}` })),
    { top: 3 },
  );
  expect(facet?.distinct).toBe(10);
  expect(facet?.values).toEqual([
    { value: 'v0', count: 10 },
    { value: 'v1', count: 10 },
    { value: 'v2', count: 10 },
  ]);
});

test('many different numbers become stretches with round bounds', () => {
  const [facet] = computeFacets(Array.from({ length: 100 }, (_, i) => ({ year: 1925 + i })));
  expect(facet?.values).toEqual([]);
  expect(facet?.buckets.map(({ from, to, count }) => [from, to, count])).toEqual([
    [1920, 1940, 15],
    [1940, 1960, 20],
    [1960, 1980, 20],
    [1980, 2000, 20],
    [2000, 2020, 20],
    [2020, 2040, 5],
  ]);
});

describe('stretches', () => {
  test('hold every number exactly once, whatever the numbers are', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0 || 0),
          { minLength: 1 },
        ),
        (numbers) => {
          const counts = new Map<number, number>();
          for (const n of numbers) counts.set(n, (counts.get(n) ?? 0) + 1);
          const buckets = createBuckets(counts);
          for (const n of numbers) {
            const holding = buckets.filter(
              ({ from, to, closed }) => n >= from && (closed ? n <= to : n < to),
            );
            expect(holding).toHaveLength(1);
          }
          for (const { from, to, closed, count } of buckets) {
            expect(count).toBe(numbers.filter((n) => n >= from && (closed ? n <= to : n < to)).length);
            expect(count).toBeGreaterThan(0);
          }
          expect(buckets.length).toBeLessThanOrEqual(8);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of one number are one', () => {
    expect(createBuckets(new Map([[7, 3]]))).toEqual([{ from: 7, to: 7, closed: true, count: 3 }]);
  });
});
