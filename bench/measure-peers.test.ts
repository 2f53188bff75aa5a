/** How case `peers` chooses rows and widths, with peers made up for the purpose. */
import { expect, test } from 'vitest';
import { measurePeers } from './measure-peers.mjs';

const DIMENSIONS = 4;
const ROWS = 4_000;
const QUERIES = 20;
const K = 2;

type Options = Parameters<typeof measurePeers>[1];
type Seat = Awaited<ReturnType<Options['open']>>;
type Entry = Parameters<typeof measurePeers>[0][number];

/** All rows on a line, so that row q and its neighbours are what query q should find. */
const base = Float32Array.from({ length: ROWS * DIMENSIONS }, (_, i) =>
  i % DIMENSIONS === 0 ? i / DIMENSIONS : 0,
);

function entry(name: string, parameter: Entry['parameter'] = { name: 'ef', low: 1, high: 100 }): Entry {
  return { name, place: 'node', package: null, parameter, settings: '' };
}

/** Finds both rows in `width` of a hundred queries, and one of them in the others; `msPerRow`: of its build. */
function seat(rows: number, { msPerRow = 0, best = 100, most = ROWS, closed = [] as number[] }): Seat {
  return {
    async call(method, options) {
      const { width = 0, count = 0, rows: wanted = 0 } = options as Record<string, number>;
      if (method === 'build' && wanted > most) throw new Error('out of memory');
      if (method === 'build') return { ms: msPerRow * wanted };
      const whole = (q: number): boolean => (q + 0.5) / QUERIES < Math.min(width, best) / 100;
      return {
        ms: 1,
        found: Array.from({ length: count }, (_, q) => [q, whole(q) ? q + 1 : rows - 1]),
      };
    },
    memory: async () => null,
    async close() {
      closed.push(rows);
    },
  };
}

function measure(
  entries: Entry[],
  open: (rows: number, name: string) => Promise<Seat>,
): ReturnType<typeof measurePeers> {
  return measurePeers(entries, {
    base,
    queries: base.slice(0, QUERIES * DIMENSIONS).map((x, i) => (i % DIMENSIONS === 0 ? x + 0.25 : 0)),
    dimensions: DIMENSIONS,
    k: K,
    rounds: 3,
    builds: 2,
    limitMs: 10_000,
    open: ({ name }, rows) => open(rows, name),
    log: () => {},
  });
}

test('a peer is asked at the least width that reaches each recall, once per round', async () => {
  const [row] = await measure([entry('good')], async (rows) => seat(rows, {}));
  expect(row?.points.map(({ at, width, queriesPerS }) => [at, width, queriesPerS.length])).toEqual([
    ['qps95', 88, 3],
    ['qps99', 98, 3],
  ]);
  for (const { recall } of row?.points ?? []) expect(recall).toBeGreaterThanOrEqual(0.95);
  expect(row).toMatchObject({ rows: ROWS, trouble: null });
  expect(row?.buildMs).toHaveLength(2);
});

test('a recall that a peer does not reach is not named', async () => {
  const [almost, far] = await measure([entry('almost'), entry('far')], async (rows, name) =>
    seat(rows, { best: name === 'far' ? 20 : 95 }),
  );
  expect(almost?.points.map(({ at }) => at)).toEqual(['qps95']);
  expect(far?.points.map(({ at, width }) => [at, width])).toEqual([['qps', 100]]);
  expect(far?.points[0]?.recall).toBeCloseTo(0.6);
});

test('a peer without a parameter has one point', async () => {
  const [row] = await measure([entry('only', null)], async (rows) => seat(rows, {}));
  expect(row?.points.map(({ at, width, recall }) => [at, width, recall])).toEqual([['qps', null, 0.5]]);
});

test('a build that would take too long is done with fewer rows, and the row says so', async () => {
  const [row] = await measure([entry('slow')], async (rows) => seat(rows, { msPerRow: 5 }));
  expect(row?.rows).toBe(1_000);
  expect(row?.trouble).toMatch(/4000 rows would have taken about \d+ s/);
});

test('a peer that fails with all rows is measured with half, and one that cannot be opened is told of', async () => {
  const closed: number[] = [];
  const [row] = await measure([entry('small')], async (rows) => seat(rows, { most: 2_500, closed }));
  expect(row?.rows).toBe(2_000);
  expect(row?.trouble).toBe('4000 rows: out of memory');
  expect(closed).toContain(4_000);
  const [missing, next] = await measure([entry('missing'), entry('good')], async (rows, name) => {
    if (name === 'missing') throw new Error('not installed');
    return seat(rows, {});
  });
  expect(missing).toMatchObject({ rows: 0, points: [], trouble: '4000 rows: not installed' });
  expect(next).toMatchObject({ rows: ROWS, trouble: null });
});
