/** RESULTS.md and its plots. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { outdatedFiles } from './report.mjs';
import { reportOf } from './report-page.mjs';
import type { Result } from './result.mjs';
import { TARGETS } from './targets.mjs';

function result(more: Partial<Result>): Result {
  return {
    case: 'build',
    when: '2026-01-02T03:04:05.000Z',
    commit: 'abc',
    command: 'npm run bench -- build --rounds 5',
    rounds: 5,
    seed: 1,
    dataset: 'clustered',
    rows: 20_000,
    environment: { cpu: 'one', loadAverage: [0.1, 0.2] },
    ratios: {},
    values: {},
    byRound: {},
    ...more,
  };
}

/** A result of `vector-search` whose ratio to hnswlib-wasm is `ratio`. */
function search(data: string, rows: number, ratio: number): Result {
  const size = `${rows / 1000}k${data === 'clustered' ? '' : `_${data}`}`;
  return result({
    case: 'vector-search',
    data,
    rows,
    ratios: { [`qps95_${size}_vs_hnswlib_wasm`]: ratio },
    values: {
      chromium_int8_build_vectors_per_s: 12_000,
      chromium_int8_qps95: 40_000 + rows,
      chromium_int8_qps99: 20_000,
    },
    curves: {
      chromium: {
        int8: [
          { ef: 10, recall: 0.9, queriesPerS: 50_000 },
          { ef: 20, recall: 0.97, queriesPerS: 30_000 },
        ],
      },
    },
  });
}

test('bench/RESULTS.md and bench/plots/ are what bench/results/ gives', () => {
  expect([...outdatedFiles().keys()], 'run npm run bench:report').toEqual([]);
  expect(readdirSync(new URL('./results/', import.meta.url)).length).toBeGreaterThan(5);
});

test('the data sets of vector-search stand side by side in one table, whatever the order of the files', () => {
  const { page, plots } = reportOf([
    search('text', 50_000, 8),
    search('outliers', 20_000, 9),
    search('clustered', 20_000, 11),
  ]);
  expect(page).toContain('| ratio, kindex to the other | clustered, 20k | outliers, 20k | text, 50k |');
  expect(page).toContain('| `qps95_vs_hnswlib_wasm` | 11× | 9× | 8× |');
  expect(page).toContain(
    '| Chromium, kindex int8 | 60,000 / 20,000 / 12,000 | 60,000 / 20,000 / 12,000 | 90,000 / 20,000 / 12,000 |',
  );
  expect(page.match(/^## vector-search/gm)).toHaveLength(1);
  expect([...plots.keys()].toSorted()).toEqual([
    'vector-search-clustered-20k-chromium.svg',
    'vector-search-outliers-20k-chromium.svg',
    'vector-search-text-50k-chromium.svg',
  ]);
});

test('every plot is shown, and every one that is shown is there', () => {
  const { page, plots } = reportOf([
    search('clustered', 20_000, 11),
    result({
      values: {
        chromium_int8_build_vectors_per_s: 12_000,
        query_p50_ms_during_build: 1,
        query_p99_ms_during_build: 9,
      },
    }),
    result({
      case: 'filtered',
      values: {
        filtered_recall_all_100pc: 0.99,
        filtered_recall_spread_0p1pc: 1,
        filtered_recall_all_outliers_100pc: 0.98,
        filtered_ms_all_outliers_100pc: 0.2,
        filtered_ms_all_100pc: 0.2,
        filtered_ms_spread_0p1pc: 0.03,
      },
    }),
    result({ case: 'flat', values: { chromium_flat_loop_rows_per_s: 1e6, chromium_flat_loop_recall: 1 } }),
    result({
      case: 'memory',
      values: {
        bytes_per_row_20k: 250,
        vector_bytes_per_row_20k: 1920,
        wasm_bytes_per_row_20k: 2080,
        heap_bytes_per_row_20k: 80,
        index_f32_bytes_per_row_20k: 1700,
      },
    }),
    result({
      case: 'scale',
      values: { scale_qps95_10k: 50_000, scale_qps95_100k: 20_000, exponent_query: 0.4 },
    }),
  ]);
  const shown = [...page.matchAll(/!\[[^\]]+\]\(plots\/([^)]+)\)/g)].map(([, file]) => file ?? '');
  expect(shown.length).toBeGreaterThan(6);
  expect(shown.toSorted()).toEqual([...plots.keys()].toSorted());
  for (const svg of plots.values()) expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('one million rows stand in the plots of scale once they were measured', () => {
  const scale = result({ case: 'scale', values: { scale_qps95_10k: 50_000, scale_qps95_100k: 20_000 } });
  const million = result({ case: 'scale-1m', rows: 1_000_000, values: { p50_ms_1m: 2 } });
  const plot = (results: Result[]): string =>
    reportOf(results).plots.get('scale-clustered-20k-query.svg') ?? '';
  expect(plot([scale])).not.toContain('1M, int8 resident');
  expect(plot([scale, million])).toContain('1M, int8 resident');
});

test('every target is named, with the figure, the worst round and the verdict where it was measured', () => {
  const measured = result({
    values: { query_p99_ms_during_build: 9 },
    byRound: { query_p99_ms_during_build: [8, 9, 9, 9, 12.5] },
  });
  const { page } = reportOf([measured]);
  for (const { key } of TARGETS) expect(page).toContain(`\`${key}\``);
  expect(page).toContain('| `query_p99_ms_during_build` | ≤ 16 | 9 | 12.5 | met (build) |');
  expect(page).toContain('| `query_p99_ms_during_build` | 9 | (8…12.5) |');
  expect(page).toContain('not measured');
});

test('a section tells how the figures came about, and that a void one says nothing', () => {
  const { page } = reportOf([result({ void: ['the machine was busy'] })]);
  expect(page).toContain(
    '5 rounds, seed 1, 2026-01-02, commit abc, `npm run bench -- build --rounds 5`. Measured on: cpu one · loadAverage 0.1 / 0.2.',
  );
  expect(page).toContain('**Void**: the machine was busy');
});

test('counts of faults are left out', () => {
  expect(reportOf([result({ case: 'faults', values: { lost: 0 } })]).page).not.toContain('faults');
});
