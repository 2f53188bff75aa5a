/** Collections that nobody sees until they are published, all in one commit, whenever the owner dies. */
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import { createCrashingStorage } from './fixtures/crashing-storage.js';
import type { Crash, CrashingStorage } from './fixtures/crashing-storage.js';
import { batchOf, contents, create, DATABASE, openStore, configuration } from './fixtures/records.js';
import { Store } from './store.js';

/** Stages two collections, one of which replaces `old`, and publishes them. */
async function importTwo(store: Store): Promise<void> {
  const staged: { id: string; name: string }[] = [];
  for (const [n, name] of ['old', 'fresh'].entries()) {
    const { id } = await store.createCollection({
      ...DATABASE,
      name: `$import:x:${n}`,
      metadata: null,
      configuration: configuration(),
      getOrCreate: false,
    });
    await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: name, vector: [n] }) });
    staged.push({ id, name });
  }
  await store.publish({ collections: staged, replace: true });
}

async function names(store: Store): Promise<string[]> {
  const list = await store.listCollections({ ...DATABASE, limit: 10, offset: 0 });
  expect(await store.countCollections(DATABASE)).toBe(list.length);
  return list.map(({ name }) => name);
}

async function run(
  crash: Crash | null,
): Promise<{ backend: CrashingStorage; data: ReturnType<typeof createMemoryData> }> {
  const data = createMemoryData();
  const backend = createCrashingStorage(createMemoryStorage({ data }), crash);
  try {
    const store = await Store.open({ backend, core: createScalarCore() });
    const { id } = await create(store, 'old');
    await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: 'former', vector: [7, 7] }) });
    await importTwo(store);
    await store.close();
  } catch {
    // The owner is dead.
  }
  return { backend, data };
}

describe('an import', () => {
  test('S21 is seen whole, or not at all, wherever its owner dies; what is left over can be swept away', async () => {
    const { backend } = await run(null);
    expect(backend.commits).toBeGreaterThan(6);
    const outcomes = new Set<string>();
    for (let at = 4; at <= backend.commits; at++) {
      for (const stored of [false, true]) {
        const { data } = await run({ at, stored });
        const { store } = await openStore(data);
        const found = await names(store);
        outcomes.add(found.join());
        const old = await store.getCollection({ ...DATABASE, name: 'old' });
        const ids = (await contents(store, old.id)).map(({ id }) => id);
        if (found.length === 2) expect([found, ids], `commit ${at}`).toEqual([['old', 'fresh'], ['old']]);
        else expect(found, `commit ${at}`).toEqual(['old']);
        const { collections } = await store.report();
        const left = collections.filter(({ importing }) => importing);
        expect(left.length === 0 || found.length === 1).toBe(true);
        expect(await store.sweepStaged(new Set(['x']))).toBe(0);
        expect(await store.sweepStaged(new Set())).toBe(left.length);
        expect(await names(store)).toEqual(found);
        await store.close();
        const { store: again } = await openStore(data);
        expect((await again.report()).collections).toHaveLength(found.length);
        await again.close();
      }
    }
    expect([...outcomes].sort()).toEqual(['old', 'old,fresh']);
  });

  test('S21 publishes nothing when a name is taken, unknown, or no import', async () => {
    const { store } = await openStore();
    const old = await create(store, 'old');
    const staged = await create(store, '$import:x:0');
    const publish = (id: string, name: string, replace = false): Promise<unknown> =>
      store.publish({ collections: [{ id, name }], replace });
    await expect(publish(staged.id, 'old')).rejects.toMatchObject({ code: 'EXISTS_COLLECTION' });
    await expect(publish(old.id, 'new')).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
    await expect(publish('00000000-0000-4000-8000-000000000009', 'new')).rejects.toMatchObject({
      code: 'NOT_FOUND_COLLECTION',
    });
    const twice = [staged, staged].map(({ id }) => ({ id, name: 'new' }));
    await expect(store.publish({ collections: twice, replace: true })).rejects.toMatchObject({
      code: 'EXISTS_COLLECTION',
    });
    expect(await names(store)).toEqual(['old']);
    expect(await publish(staged.id, 'new')).toMatchObject([{ id: staged.id, name: 'new' }]);
    expect(await names(store)).toEqual(['old', 'new']);
    await store.close();
  });

  test('S21 is not suggested for a name that is not found, and goes with its database', async () => {
    const { store } = await openStore();
    await create(store, '$import:x:0');
    await expect(store.getCollection({ ...DATABASE, name: '$import:x:1' })).rejects.toMatchObject({
      details: { suggestion: null },
    });
    await store.createDatabase({ tenant: 'default_tenant', database: 'drafts' });
    const drafts = { tenant: 'default_tenant', database: 'drafts' };
    await store.createCollection({
      ...drafts,
      name: '$import:y:0',
      metadata: null,
      configuration: configuration(),
      getOrCreate: false,
    });
    await store.deleteDatabase(drafts);
    expect((await store.report()).collections.map(({ name }) => name)).toEqual(['$import:x:0']);
    await store.close();
  });
});
