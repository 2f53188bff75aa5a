/** A collection that asks for floats throughout keeps to that through checkpoints, openings and copies (SPEC.md S56). */
import { expect, test } from 'vitest';
import { loadWasmCore } from '../core/wasm.js';
import { createMemoryData } from '../storage/memory.js';
import { settled, smallGraphEngine } from './fixtures/graph-engine.js';
import { newestManifest } from './fixtures/manifests.js';
import { batchOf, configuration, DATABASE, openStore } from './fixtures/records.js';
import type { Store } from './store.js';

const ROWS = 300;

/** Well mixed, the same every time. */
const vectorOf = (seed: number): number[] =>
  Array.from({ length: 6 }, (_, d) => Math.fround(Math.sin(seed * 12.9898 + d * 78.233) * 3));

async function ask(store: Store, collectionId: string, seed: number): Promise<string[]> {
  const { results } = await store.query({
    collectionId,
    vectors: { data: new Float32Array(vectorOf(seed)), rows: 1, dimensions: 6 },
    nResults: 5,
    include: ['distances'],
  });
  return results[0]!.ids;
}

/** By definition: all compared. */
function nearest(seed: number): string[] {
  const query = vectorOf(seed);
  const distance = (i: number): number => vectorOf(i).reduce((sum, x, d) => sum + (x - query[d]!) ** 2, 0);
  return Array.from({ length: ROWS }, (_, i) => i)
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, 5)
    .map((i) => `r${i}`);
}

test('S56 a collection of f32 precision stores its graph and no codes, and answers as the exact scan does after it is opened again', async () => {
  const core = await loadWasmCore();
  const data = createMemoryData();
  const first = smallGraphEngine(core, { graphFromRows: 20, efSearch: ROWS });
  const { store } = await openStore(data, { core, engine: first });
  const own = configuration();
  const { id } = await store.createCollection({
    ...DATABASE,
    name: 'floats',
    metadata: null,
    configuration: { ...own, index: { ...own.index, precision: 'f32' } },
    getOrCreate: false,
  });
  const records = Array.from({ length: ROWS }, (_, i) => ({ id: `r${i}`, vector: vectorOf(i) }));
  await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records) });
  await settled(store);
  const seeds = [1000, 2000, 3000, 4000];
  for (const seed of seeds) expect(await ask(store, id, seed)).toEqual(nearest(seed));
  await store.checkpoint();
  await store.close();

  const kinds = newestManifest(data).collections.flatMap(({ segments }) => segments.map(({ kind }) => kind));
  expect(kinds).toContain('vectors');
  expect(kinds).not.toContain('codes');

  const second = smallGraphEngine(core, { graphFromRows: 20, efSearch: ROWS, still: true });
  const { store: again } = await openStore(data, { core, engine: second });
  expect(second.indexes.map(({ codeTables, linked }) => ({ codeTables, linked }))).toEqual([
    { codeTables: null, linked: ROWS },
  ]);
  for (const seed of seeds) expect(await ask(again, id, seed)).toEqual(nearest(seed));
  expect(second.tally.walks).toBeGreaterThan(0);
  const copy = await again.forkCollection({ id, name: 'copy' });
  expect(copy.configuration.index.precision).toBe('f32');
  await again.close();
});
