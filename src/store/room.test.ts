/** A full storage: what is refused, what goes on, and how the shortage ends. */
import { describe, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { STORE_NAMES } from '../storage/storage.js';
import type { StorageBackend } from '../storage/storage.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, contents, create, DATABASE, openStore } from './fixtures/records.js';
import { RESERVE_KEY } from './room.js';
import type { Store } from './store.js';

const RESERVE = 64 * 1024;

interface Limited {
  store: Store;
  data: MemoryData;
  id: string;
  limit: { bytes: number };
  used(): number;
  add(name: string, bytes: number): Promise<unknown>;
}

function usedBy(data: MemoryData): number {
  return STORE_NAMES.reduce(
    (sum, name) => [...data[name].values()].reduce((all, { length }) => all + length, sum),
    0,
  );
}

/** A storage whose limit can be moved while it is open. */
function limitedStorage(data: MemoryData, limit: { bytes: number }): StorageBackend {
  const at = (): StorageBackend => createMemoryStorage({ data, quotaBytes: limit.bytes });
  return { ...at(), commit: (batch, options) => at().commit(batch, options) };
}

/** One that has no room for anything at its limit, be it as large as what it replaces, as engines do that write beside what is there. */
function crammedStorage(data: MemoryData, limit: { bytes: number }): StorageBackend {
  const inner = createMemoryStorage({ data });
  return {
    ...inner,
    commit: async (batch, options) => {
      if (batch.puts.length > 0 && usedBy(data) > limit.bytes) throw kindexError('STORAGE_QUOTA', 'No room.');
      return inner.commit(batch, options);
    },
  };
}

/** A store with a reserve and 20 records of 20 KiB. */
async function limited(): Promise<Limited> {
  const data = createMemoryData();
  const limit = { bytes: 1e9 };
  const { store } = await openStore(data, {
    backend: limitedStorage(data, limit),
    reserveBytes: RESERVE,
    segmentBytes: 32 * 1024,
  });
  const { id } = await create(store);
  const add = (name: string, bytes: number): Promise<unknown> =>
    store.write({
      collectionId: id,
      mode: 'add',
      batch: batchOf({ id: name, vector: [1, 2], document: 'x'.repeat(bytes) }),
    });
  for (let i = 0; i < 20; i++) await add(`r${i}`, 20 * 1024);
  await expect.poll(() => data.meta.get(RESERVE_KEY)?.length).toBe(RESERVE);
  return { store, data, id, limit, used: () => usedBy(data), add };
}

async function stateOf(store: Store): Promise<string> {
  return (await store.diagnostics()).state;
}

describe('S53 a full storage', () => {
  test('refuses a write whole, says so, and reads as before', async () => {
    const { store, id, limit, used, add } = await limited();
    expect(await stateOf(store)).toBe('ok');
    const before = await contents(store, id);
    limit.bytes = used();
    await expect(add('more', 50_000)).rejects.toMatchObject({
      code: 'STORAGE_QUOTA',
      details: { quotaBytes: limit.bytes },
    });
    const { state, warnings } = await store.diagnostics();
    expect(state).toBe('full');
    expect(warnings).toEqual([expect.stringContaining('full')]);
    expect((await store.report()).state).toBe('full');
    expect(await contents(store, id)).toEqual(before);
  });

  test('takes the next write that fits, and is no longer full', async () => {
    const { store, limit, used, add } = await limited();
    limit.bytes = used();
    await expect(add('more', 50_000)).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
    limit.bytes += 200_000;
    await add('more', 50_000);
    expect(await stateOf(store)).toBe('ok');
  });

  test('takes deletes at the very limit, even beyond it: they use the reserve, free what they delete, and end the shortage', async () => {
    const { store, data, id, limit, used, add } = await limited();
    await store.checkpoint();
    limit.bytes = used() - 10_000;
    await expect(add('more', 1)).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
    expect(await stateOf(store)).toBe('full');
    await store.delete({ collectionId: id, ids: Array.from({ length: 15 }, (_, i) => `r${i}`) });
    expect(await store.count({ collectionId: id })).toBe(5);
    await expect.poll(async () => stateOf(store)).toBe('ok');
    expect(used()).toBeLessThan(limit.bytes / 2);
    expect(data.meta.get(RESERVE_KEY)?.length).toBe(RESERVE);
    await add('more', 50_000);
    await store.close();
    const { store: again } = await openStore(data);
    expect((await again.get({ collectionId: id, include: [] })).ids).toEqual([
      'r15',
      'r16',
      'r17',
      'r18',
      'r19',
      'more',
    ]);
  });

  test('a deleted collection is freed as well, although the former generation names it', async () => {
    const { store, limit, used, add } = await limited();
    await store.checkpoint();
    limit.bytes = used();
    await expect(add('more', 10_000)).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
    await store.deleteCollection({ ...DATABASE, name: 'notes' });
    await expect.poll(async () => stateOf(store)).toBe('ok');
    expect(used()).toBeLessThan(2 * RESERVE);
  });

  test('without a reserve left, a delete that does not fit is refused and changes nothing', async () => {
    const { store, data, id, limit, used, add } = await limited();
    data.meta.delete(RESERVE_KEY);
    await store.close();
    const small = { bytes: used() + 100 };
    const { store: again } = await openStore(data, { backend: limitedStorage(data, small) });
    small.bytes = used() - 1;
    await expect(again.delete({ collectionId: id, ids: ['r1'] })).rejects.toMatchObject({
      code: 'STORAGE_QUOTA',
    });
    expect(await again.count({ collectionId: id })).toBe(20);
    expect([limit.bytes, typeof add]).toEqual([1e9, 'function']);
  });

  test('opens all the same: reads are as before, and deletes end the shortage', async () => {
    const { store, data, id, used } = await limited();
    const before = await contents(store, id);
    await store.checkpoint();
    await store.close();
    const { store: again } = await openStore(data, {
      backend: crammedStorage(data, { bytes: used() - 10_000 }),
      reserveBytes: RESERVE,
    });
    expect([await stateOf(again), data.meta.has(RESERVE_KEY)]).toEqual(['full', true]);
    expect(await contents(again, id)).toEqual(before);
    await again.delete({ collectionId: id, ids: Array.from({ length: 15 }, (_, i) => `r${i}`) });
    await expect.poll(async () => stateOf(again)).toBe('ok');
    expect(data.meta.get(RESERVE_KEY)?.length).toBe(RESERVE);
  });

  test('opens without a reserve too: nothing is stored until something finds room, which takes it over and fences the owner before', async () => {
    const { store: former, data, id, used } = await limited();
    data.meta.delete(RESERVE_KEY);
    const limit = { bytes: used() - 1 };
    const { store } = await openStore(data, { backend: crammedStorage(data, limit) });
    const stored = copyData(data);
    expect(await stateOf(store)).toBe('full');
    expect(await contents(store, id)).toEqual(await contents(former, id));
    const add = (to: Store, name: string): Promise<unknown> =>
      to.write({ collectionId: id, mode: 'add', batch: batchOf({ id: name, vector: [1, 2] }) });
    await expect(add(store, 'a')).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
    await expect(store.checkpoint()).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
    expect(data).toEqual(stored);
    limit.bytes = 1e9;
    await store.checkpoint();
    await expect(add(former, 'b')).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await add(store, 'c');
    expect(await stateOf(store)).toBe('ok');
    await store.close();
    const { store: again } = await openStore(data);
    expect(await again.count({ collectionId: id })).toBe(21);
    expect((await again.diagnostics()).damage).toEqual([]);
  });

  test('is no owner before it has taken over: what the one before has stored meanwhile fences it', async () => {
    const { store: former, data, id, used } = await limited();
    data.meta.delete(RESERVE_KEY);
    const limit = { bytes: used() - 1 };
    const { store } = await openStore(data, { backend: crammedStorage(data, limit) });
    limit.bytes = 1e9;
    const batch = batchOf({ id: 'a', vector: [1, 2] });
    await former.write({ collectionId: id, mode: 'add', batch });
    await expect(store.write({ collectionId: id, mode: 'add', batch })).rejects.toMatchObject({
      code: 'STORAGE_FENCED',
    });
    const { store: again } = await openStore(data);
    expect(await again.count({ collectionId: id })).toBe(21);
  });

  test('at the first opening is STORAGE_QUOTA, and nothing is stored', async () => {
    const data = createMemoryData();
    await expect(openStore(data, { backend: limitedStorage(data, { bytes: 10 }) })).rejects.toMatchObject({
      code: 'STORAGE_QUOTA',
    });
    expect(usedBy(data)).toBe(0);
  });

  test('keeps the former generation when a checkpoint finds no room, waits longer each time, and catches up when there is', async () => {
    const { store, data, id, limit, used, add } = await limited();
    await store.checkpoint();
    await add('late', 40_000);
    const before = await contents(store, id);
    const manifests = [...data.manifest.values()].map((bytes) => bytes.slice());
    limit.bytes = used();
    for (let time = 0; time < 3; time++)
      await expect(store.checkpoint()).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
    expect([...data.manifest.values()]).toEqual(manifests);
    expect((await store.diagnostics()).warnings).toEqual([expect.stringContaining('checkpoint failed')]);
    limit.bytes = 1e9;
    await store.checkpoint();
    await store.close();
    const { store: again } = await openStore(data);
    expect(await contents(again, id)).toEqual(before);
    expect((await again.diagnostics()).logBytes).toBe(0);
  });
});
