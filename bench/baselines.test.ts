/** When a run says nothing. */
import { expect, test } from 'vitest';
import { slowBaselines, slowServer } from './baselines.mjs';

const known = { name: 'clustered', rows: 20_000 };

test('a baseline more than 30 % below what it did on an idle machine is told, figure by figure', () => {
  expect(slowBaselines(known, { hnswlib_wasm: [537, 2250, 1367], int8: [1, 1, 1] })).toEqual([]);
  expect(slowBaselines(known, { hnswlib_wasm: [400, 1500, 1367], hnswlib_sse: [700] })).toEqual([
    'hnswlib_wasm reached 1500 queries/s at recall 0.95, not 2250',
    'hnswlib_sse reached 700 vectors/s of the build, not 1026',
  ]);
});

test('each size that is known is judged by its own figures', () => {
  const large = { name: 'clustered', rows: 100_000 };
  expect(slowBaselines(large, { hnswlib_wasm: [428, 1673, 956], hnswlib_avx2: [1113, 4721, 2568] })).toEqual(
    [],
  );
  expect(slowBaselines(large, { hnswlib_wasm: [290], hnswlib_avx2: [1113, 3000, 2568] })).toEqual([
    'hnswlib_wasm reached 290 vectors/s of the build, not 428',
    'hnswlib_avx2 reached 3000 queries/s at recall 0.95, not 4721',
  ]);
  expect(slowBaselines(known, { hnswlib_wasm: [428, 1673, 956] })).not.toEqual(
    slowBaselines(large, { hnswlib_wasm: [428, 1673, 956] }),
  );
});

test('a Chroma server far below what it does on an idle machine is told, and one that gave no number', () => {
  expect(slowServer({ addsPerS: 1904, queriesPerS: 293 })).toEqual([]);
  expect(slowServer({ addsPerS: 1200, queriesPerS: 293 })).toEqual(['chroma reached 1200 adds/s, not 1904']);
  expect(slowServer({ addsPerS: 1904, queriesPerS: Number.NaN })).toHaveLength(1);
});

test('other data is not judged, nor an engine that is not there', () => {
  expect(slowBaselines({ name: 'text', rows: 20_000 }, { hnswlib_wasm: [1, 1, 1] })).toEqual([]);
  expect(slowBaselines({ name: 'clustered', rows: 10_000 }, { hnswlib_wasm: [1, 1, 1] })).toEqual([]);
  expect(slowBaselines(known, {})).toEqual([]);
});
