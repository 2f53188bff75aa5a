/** Scratch. */
import { expect, test } from 'vitest';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { batchOf, contents, create, openStore } from './fixtures/records.js';
import type { Store } from './store.js';

/** Runs `before` right before the first commit, which is the taking over. */
function late(data: ReturnType<typeof createMemoryData>, when: 'takeOver' | 'segments', before: () => Promise<void>): StorageBackend {
  const inner = createMemoryStorage({ data });
  let done = false;
  const once = async () => { if (!done) { done = true; await before(); } };
  return {
    ...inner,
    async read(store, key) { const v = await inner.read(store, key); if (when === 'segments' && store === 'manifest' && key === 'b') await once(); return v; },
    async commit(batch, options) { if (when === 'takeOver') await once(); return inner.commit(batch, options); },
  };
}
for (const when of ['takeOver', 'segments'] as const) for (const times of [1, 2, 3]) {
  test(`checkpoint of the former owner ${when} x${times}`, async () => {
    const { store, data } = await openStore(undefined, { segmentBytes: 300 });
    const { id } = await create(store);
    let n = 0;
    const add = async (s: Store, k: number) => s.write({ collectionId: id, mode: 'add', batch: batchOf(...Array.from({ length: k }, () => ({ id: `r${n++}`, vector: [n, 1], document: 'd' + n }))) });
    await add(store, 9); await store.checkpoint(); await add(store, 9); await store.checkpoint(); await add(store, 9);
    const told = await contents(store, id);
    const second = async () => (await openStore(data, { segmentBytes: 300, backend: late(data, when, async () => {
      for (let i = 0; i < times; i++) { (store as any)._force?.(); await store.checkpoint(); if (i + 1 < times) await store.delete({ collectionId: id, ids: [] }); }
    }) })).store;
    let s: Store;
    try { s = await second(); } catch (error) { expect(error).toMatchObject({ code: 'STORAGE_FENCED' }); s = (await openStore(data, { segmentBytes: 300 })).store; }
    expect((await s.diagnostics()).damage).toEqual([]);
    expect(await contents(s, id)).toEqual(told);
    await add(s, 3);
    const now = await contents(s, id);
    const { store: third } = await openStore(data, { segmentBytes: 300 });
    expect((await third.diagnostics()).damage).toEqual([]);
    expect(await contents(third, id)).toEqual(now);
    await third.checkpoint();
    const { store: fourth } = await openStore(data, { segmentBytes: 300 });
    expect((await fourth.diagnostics()).damage).toEqual([]);
    expect(await contents(fourth, id)).toEqual(now);
  });
}
