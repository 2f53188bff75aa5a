/** When a run says nothing. */
import { expect, test } from 'vitest';
import { slowBaselines } from './baselines.mjs';

const known = { name: 'clustered', rows: 20_000 };

test('a baseline more than 30 % below what it did on an idle machine is told, figure by figure', () => {
  expect(slowBaselines(known, { hnswlib_wasm: [537, 2250, 1367], int8: [1, 1, 1] })).toEqual([]);
  expect(slowBaselines(known, { hnswlib_wasm: [400, 1500, 1367], hnswlib_sse: [700] })).toEqual([
    'hnswlib_wasm reached 1500 queries/s at recall 0.95, not 2250',
    'hnswlib_sse reached 700 vectors/s of the build, not 1026',
  ]);
});

test('other data is not judged, nor an engine that is not there', () => {
  expect(slowBaselines({ name: 'text', rows: 20_000 }, { hnswlib_wasm: [1, 1, 1] })).toEqual([]);
  expect(slowBaselines({ name: 'clustered', rows: 10_000 }, { hnswlib_wasm: [1, 1, 1] })).toEqual([]);
  expect(slowBaselines(known, {})).toEqual([]);
});
