/** Selecting rows and finding the nearest ones, on a read view made by hand. */
import { describe, expect, test } from 'vitest';
import type { Metadata, Row } from '../base/types.js';
import { createScalarCore } from '../core/scalar.js';
import { parseFilter } from '../filter/parse.js';
import { createFlatIndex } from '../vector-index/flat.js';
import { executeNearest, planNearest } from './nearest.js';
import type { NearestRequest } from './nearest.js';
import type { ReadView } from './read-view.js';
import { selectRowBits, selectRows } from './select-rows.js';

/** Rows 0…39 but for every fifth; row r has n = r and lies at [r, 0]. `looked` counts reads. */
function viewOf(): ReadView & { looked: { metadata: number; documents: number } } {
  const rows = Array.from({ length: 40 }, (_, row) => row).filter((row) => row % 5 !== 0);
  const index = createFlatIndex(createScalarCore(), { space: 'l2', dimensions: 2 });
  index.add(Uint32Array.from(rows), {
    data: Float32Array.from(rows.flatMap((row) => [row, 0])),
    rows: rows.length,
    dimensions: 2,
  });
  const looked = { metadata: 0, documents: 0 };
  return {
    size: rows.length,
    rowEnd: 40,
    index,
    looked,
    liveRows: () => rows,
    idOf: (row: Row) => (rows.includes(row) ? `id-${row}` : undefined),
    metadataOf: (row: Row): Metadata => ((looked.metadata += 1), { n: row }),
    documentOf: (row: Row) => ((looked.documents += 1), `text ${row}`),
  };
}

describe('selecting rows', () => {
  test('without a filter reads nothing of the records', () => {
    const view = viewOf();
    expect([...selectRows(view, { limit: 3 })]).toEqual([1, 2, 3]);
    expect([...selectRows(view, { candidates: Uint32Array.of(6, 8, 9), offset: 1 })]).toEqual([8, 9]);
    expect(selectRows(view)).toHaveLength(32);
    expect(view.looked).toEqual({ metadata: 0, documents: 0 });
  });

  test('reads only the parts a filter needs, and stops at the last row asked for', () => {
    const view = viewOf();
    const filter = parseFilter({ n: { $gte: 4 } }, undefined);
    expect([...selectRows(view, { filter, offset: 1, limit: 2 })]).toEqual([6, 7]);
    expect(view.looked).toEqual({ metadata: 6, documents: 0 });
    expect([...selectRows(view, { filter: parseFilter(undefined, { $contains: '38' }) })]).toEqual([38]);
    expect(view.looked.metadata).toBe(6);
  });

  test('limit 0 selects nothing', () => {
    expect(selectRows(viewOf(), { limit: 0 })).toHaveLength(0);
  });

  test('row bits hold exactly the rows', () => {
    const { bits, size } = selectRowBits(viewOf(), { candidates: Uint32Array.of(1, 31, 32, 39) });
    expect([...bits]).toEqual([0x8000_0002, 0x81]);
    expect(size).toBe(4);
    expect(selectRowBits(viewOf(), { candidates: new Uint32Array(0) }).size).toBe(0);
  });
});

function nearest(
  view: ReadView,
  request: Partial<NearestRequest> & { at: number[] },
): { rows: number[]; plan: unknown }[] {
  const full: NearestRequest = {
    k: 3,
    ...request,
    vectors: {
      data: Float32Array.from(request.at.flatMap((x) => [x, 0])),
      rows: request.at.length,
      dimensions: 2,
    },
  };
  const plan = planNearest(full, view);
  return executeNearest(plan, full, view).map(({ rows }) => ({
    rows: [...rows],
    plan: JSON.parse(JSON.stringify(plan)) as unknown,
  }));
}

describe('nearest rows', () => {
  test('of all', () => {
    expect(nearest(viewOf(), { at: [12, 31] })).toMatchObject([
      { rows: [12, 11, 13] },
      { rows: [31, 32, 29] },
    ]);
  });

  test('ties in row order, dead rows never', () => {
    expect(nearest(viewOf(), { at: [10], k: 4 })[0]!.rows).toEqual([9, 11, 8, 12]);
  });

  test('among candidates and what a filter passes', () => {
    const filter = parseFilter({ n: { $lt: 8 } }, undefined);
    expect(nearest(viewOf(), { at: [9], filter })[0]!.rows).toEqual([7, 6, 4]);
    expect(nearest(viewOf(), { at: [9], candidates: Uint32Array.of(1, 2, 11), filter })[0]!.rows).toEqual([
      2, 1,
    ]);
    expect(nearest(viewOf(), { at: [9], candidates: new Uint32Array(0) })[0]!.rows).toEqual([]);
  });

  test('the plan says what will be done, as data', () => {
    expect(nearest(viewOf(), { at: [1], k: 100 })[0]!.plan).toEqual({
      node: 'nearest',
      engine: 'flat',
      queries: 1,
      k: 32,
      source: { node: 'all', rows: 32 },
    });
    expect(
      nearest(viewOf(), {
        at: [1],
        candidates: Uint32Array.of(1, 2),
        filter: parseFilter({ n: 1 }, undefined),
      })[0]!.plan,
    ).toEqual({
      node: 'nearest',
      engine: 'flat',
      queries: 1,
      k: 2,
      source: { node: 'select', candidates: 2, filtered: true },
    });
  });

  test('a view without an index has none', () => {
    const view = { ...viewOf(), index: null, size: 0 };
    expect(nearest(view, { at: [1, 2] })).toMatchObject([{ rows: [] }, { rows: [] }]);
  });
});
