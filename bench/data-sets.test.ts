/** Data sets by name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DIMENSIONS, loadDataSet, resultFile, sizeName } from './data-sets.mjs';

const lengthOf = (vector: Float32Array): number => Math.hypot(...vector);

test('clustered vectors, and those with outlier dimensions, are of unit length and the same each time', async () => {
  for (const name of ['clustered', 'outliers']) {
    const data = await loadDataSet(name, { rows: 30, queries: 4 });
    expect([data.base.length, data.queries.length]).toEqual([30 * DIMENSIONS, 4 * DIMENSIONS]);
    for (const vectors of [data.base, data.queries])
      expect(lengthOf(vectors.subarray(DIMENSIONS, 2 * DIMENSIONS))).toBeCloseTo(1, 5);
    expect((await loadDataSet(name, { rows: 30, queries: 4 })).base).toEqual(data.base);
  }
});

test('three dimensions of the outliers are far beyond the others', async () => {
  const { base } = await loadDataSet('outliers', { rows: 30, queries: 1 });
  const spread = Array.from({ length: DIMENSIONS }, (_, d) =>
    Math.hypot(...Array.from({ length: 30 }, (_, row) => base[row * DIMENSIONS + d] ?? 0)),
  );
  const wide = spread.map((value, d) => [value, d] as const).toSorted(([a], [b]) => b - a);
  expect(
    wide
      .slice(0, 3)
      .map(([, d]) => d)
      .toSorted((a, b) => a - b),
  ).toEqual([7, 101, 300]);
  expect(wide[2]?.[0]).toBeGreaterThan(4 * (wide[3]?.[0] ?? Infinity));
});

test('a folder holds half-precision vectors: as many are read as asked for, of unit length', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kindex-data-'));
  try {
    // 0x3c00 is 1, 0xc000 is −2.
    const halves = Uint16Array.from({ length: 3 * DIMENSIONS }, (_, i) =>
      i % DIMENSIONS === 0 ? 0xc000 : 0x3c00,
    );
    for (const file of ['base.f16', 'queries.f16'])
      writeFileSync(join(folder, file), new Uint8Array(halves.buffer));
    const data = await loadDataSet(folder, { rows: 2, queries: 1 });
    expect([data.base.length, data.queries.length]).toEqual([2 * DIMENSIONS, DIMENSIONS]);
    expect((data.base[0] ?? 0) / (data.base[1] ?? 0)).toBeCloseTo(-2, 6);
    expect(lengthOf(data.base.subarray(0, DIMENSIONS))).toBeCloseTo(1, 5);
    expect((await loadDataSet(folder, { rows: null })).base.length).toBe(3 * DIMENSIONS);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each data set and size has its own key and its own file of results', () => {
  const of = (name: 'clustered' | 'outliers' | 'text', rows: number): [string, string] => {
    const base = new Float32Array(rows * DIMENSIONS);
    const data = { name, base, queries: base, about: '', seed: 1 };
    return [sizeName(data), resultFile('build', data)];
  };
  expect(of('clustered', 20_000)).toEqual(['20k', 'build']);
  expect(of('clustered', 100_000)).toEqual(['100k', 'build-100k']);
  expect(of('outliers', 20_000)).toEqual(['20k_outliers', 'build-outliers']);
  expect(of('text', 50_000)).toEqual(['50k_text', 'build-text']);
  expect(of('text', 3_000)).toEqual(['3k_text', 'build-3k-text']);
});
