/** Hundreds of collections in one store: the browser has memories for some 120 WebAssembly instances, and that is no limit here (SPEC.md S58). */
import { afterEach, expect, test } from 'vitest';
import type { Core } from '../core/core.js';
import { loadCore } from '../core/load.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { batchOf, create, DATABASE } from './fixtures/records.js';
import { Store } from './store.js';

const DIMENSIONS = 32;

/** Well mixed, the same every time. */
const vectorOf = (seed: number, dimensions = DIMENSIONS): number[] =>
  Array.from({ length: dimensions }, (_, d) => {
    const wide = Math.sin(seed * 12.9898 + d * 78.233) * 43_758.5453;
    return Math.fround(wide - Math.floor(wide) - 0.5);
  });

const storeNames = (): { open: (core: Core) => Promise<Store> } => {
  const name = `many-${Math.random().toString(36).slice(2)}`;
  return { open: async (core) => Store.open({ backend: await openIndexedDbStorage(name), core }) };
};

const core = async (): Promise<Core> => {
  const { core: loaded, degraded } = await loadCore();
  expect(degraded).toBeNull();
  return loaded;
};

async function fill(
  store: Store,
  id: string,
  { from, to, dimensions = DIMENSIONS }: { from: number; to: number; dimensions?: number },
): Promise<void> {
  const records = Array.from({ length: to - from }, (_, i) => ({
    id: `r${from + i}`,
    vector: vectorOf(from + i, dimensions),
  }));
  await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records) });
}

async function nearest(
  store: Store,
  id: string,
  seed: number,
  dimensions = DIMENSIONS,
): Promise<string | undefined> {
  const vectors = { data: new Float32Array(vectorOf(seed, dimensions)), rows: 1, dimensions };
  const { results } = await store.query({ collectionId: id, vectors, nResults: 3, include: [] });
  return results[0]?.ids[0];
}

/** Resolves when the graph of the collection is complete. */
async function linked(store: Store, id: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { indexed, total } = await store.indexingStatus({ collectionId: id });
        return total - indexed;
      },
      { timeout: 50_000 },
    )
    .toBe(0);
}

/** Adds memories until the browser has no more, and none comes back: what was let go of is collected at some later time. */
async function exhaust(held: WebAssembly.Memory[]): Promise<void> {
  for (let refusals = 0; refusals < 3;) {
    try {
      held.push(new WebAssembly.Memory({ initial: 1 }));
      refusals = 0;
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      refusals += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Does it where no memory is left, and again where one was after all. */
async function inScarcity<T>(
  held: WebAssembly.Memory[],
  { attempt, isScarce }: { attempt: () => Promise<T>; isScarce: (made: T) => Promise<boolean> },
): Promise<T> {
  for (let time = 0; time < 10; time++) {
    await exhaust(held);
    const made = await attempt();
    if (await isScarce(made)) return made;
  }
  throw new Error('The browser had memory each time.');
}

const waitingWarning = (n: number): unknown =>
  expect.stringMatching(new RegExp(`^${n} of the vector indexes have no memory of WebAssembly`));

const closing: Store[] = [];
afterEach(async () => {
  for (const store of closing.splice(0)) await store.close();
});

test('S58 300 collections with 20 vectors each are written, queried, opened again and queried; one of them grows large', async () => {
  const { open } = storeNames();
  const first = await open(await core());
  closing.push(first);
  const ids: string[] = [];
  for (let c = 0; c < 300; c++) ids.push((await create(first, `c${c}`, 'cosine')).id);
  await Promise.all(ids.map((id, c) => fill(first, id, { from: c * 20, to: c * 20 + 20 })));
  expect(await Promise.all(ids.map((id, c) => nearest(first, id, c * 20 + 7)))).toEqual(
    ids.map((_, c) => `r${c * 20 + 7}`),
  );
  await first.checkpoint();
  await first.close();

  const again = await open(await core());
  closing.push(again);
  expect(await again.countCollections(DATABASE)).toBe(300);
  expect(await Promise.all(ids.map((id, c) => nearest(again, id, c * 20 + 7)))).toEqual(
    ids.map((_, c) => `r${c * 20 + 7}`),
  );
  expect((await again.diagnostics()).warnings).toEqual([]);

  const grown = ids[250]!;
  for (let from = 100_000; from < 106_000; from += 1_000)
    await fill(again, grown, { from, to: from + 1_000 });
  await linked(again, grown);
  expect(await nearest(again, grown, 103_456)).toBe('r103456');
  expect(await nearest(again, grown, 250 * 20 + 7)).toBe(`r${250 * 20 + 7}`);
}, 120_000);

test('S58 a store with a graph opens where the browser has no memory left, answers, says so, and has it back when there is', async () => {
  const { open } = storeNames();
  const first = await open(await core());
  closing.push(first);
  const large = (await create(first, 'large', 'cosine')).id;
  for (let from = 0; from < 6_000; from += 1_000) await fill(first, large, { from, to: from + 1_000 });
  await linked(first, large);
  await first.checkpoint();
  await first.close();

  const loaded = await core();
  const held: WebAssembly.Memory[] = [];
  const scarce = await inScarcity(held, {
    attempt: () => open(loaded),
    isScarce: async (store) => {
      closing.push(store);
      if ((await store.diagnostics()).warnings.length > 0) return true;
      await store.close();
      return false;
    },
  });
  expect((await scarce.diagnostics()).warnings).toContainEqual(waitingWarning(1));
  for (const row of [3, 2_500, 5_999]) expect(await nearest(scarce, large, row)).toBe(`r${row}`);
  await fill(scarce, large, { from: 6_000, to: 6_100 });
  expect(await nearest(scarce, large, 6_050)).toBe('r6050');
  expect(await scarce.indexingStatus({ collectionId: large })).toEqual({ indexed: 0, total: 6_100 });
  await scarce.close();

  expect(held.length).toBeGreaterThan(10);
  held.length = 0;
  const again = await open(await core());
  closing.push(again);
  await linked(again, large);
  for (const row of [3, 2_500, 6_050]) expect(await nearest(again, large, row)).toBe(`r${row}`);
  expect((await again.diagnostics()).warnings).toEqual([]);
}, 120_000);

test('S58 a collection that no memory was left for gets that of a deleted one', async () => {
  const { open } = storeNames();
  const store = await open(await core());
  closing.push(store);
  const a = (await create(store, 'a', 'cosine')).id;
  const dimensions = 512;
  await fill(store, a, { from: 0, to: 400, dimensions });
  const held: WebAssembly.Memory[] = [];
  let made = 0;
  const b = await inScarcity(held, {
    attempt: async () => {
      const { id } = await create(store, `b${(made += 1)}`, 'cosine');
      await fill(store, id, { from: 0, to: 400, dimensions });
      return id;
    },
    isScarce: async () => (await store.diagnostics()).warnings.length > 0,
  });
  expect((await store.diagnostics()).warnings).toContainEqual(waitingWarning(1));
  expect(await nearest(store, b, 123, dimensions)).toBe('r123');

  await store.deleteCollection({ ...DATABASE, name: 'a' });
  expect(await nearest(store, b, 321, dimensions)).toBe('r321');
  expect((await store.diagnostics()).warnings).toEqual([]);
  expect(held.length).toBeGreaterThan(10);
}, 120_000);
