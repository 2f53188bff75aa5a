/** What an opening asks of the storage before and after it has taken over. */
import { expect, test } from 'vitest';
import { createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { batchOf, create, openStore } from './fixtures/records.js';
import { hasChanged, readState } from './stored-state.js';

/** What was asked, in order: `list manifest`, `read meta head`, `commit`. */
function told(data: MemoryData): { backend: StorageBackend; asked: string[] } {
  const inner = createMemoryStorage({ data });
  const asked: string[] = [];
  const backend: StorageBackend = {
    ...inner,
    read(store, key) {
      asked.push(`read ${store} ${key}`);
      return inner.read(store, key);
    },
    list(store, options) {
      asked.push(`list ${store}`);
      return inner.list(store, options);
    },
    commit(batch, options) {
      asked.push('commit');
      return inner.commit(batch, options);
    },
  };
  return { backend, asked };
}

async function checkpointed(): Promise<MemoryData> {
  const { store, data } = await openStore();
  const { id } = await create(store);
  for (const name of ['a', 'b']) {
    await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: name, vector: [1] }) });
    await store.checkpoint();
  }
  await store.close();
  expect(data.manifest.size).toBe(2);
  return data;
}

test('S5 an opening reads head and manifests once before it takes over, and both manifests together once after', async () => {
  const { backend, asked } = told(await checkpointed());
  const { store } = await openStore(undefined, { backend });
  const before = asked.slice(0, asked.indexOf('commit'));
  const after = asked.slice(asked.indexOf('commit') + 1);
  expect(before.filter((each) => /manifest|head/.test(each)).sort()).toEqual([
    'list manifest',
    'read meta head',
  ]);
  expect(after.filter((each) => /manifest|head/.test(each))).toEqual(['list manifest']);
  await store.close();
});

test.each<[string, (data: MemoryData) => unknown, boolean, boolean]>([
  ['nothing', () => {}, false, false],
  ['the head', ({ meta }) => meta.set('head', new Uint8Array([1])), true, false],
  ['the head is gone', ({ meta }) => meta.delete('head'), true, false],
  ['one manifest', ({ manifest }) => manifest.set('b', new Uint8Array([1])), true, true],
  ['one manifest is gone', ({ manifest }) => manifest.delete('a'), true, true],
  ['both are swapped', ({ manifest: m }) => m.set('a', m.get('b')!), true, true],
  ['the log', ({ log }) => log.set(99, new Uint8Array([1])), false, false],
])('S5 what has changed since the state was read: %s', async (_, change, withHead, without) => {
  const data = await checkpointed();
  const backend = createMemoryStorage({ data });
  const state = await readState(backend);
  change(data);
  expect(await hasChanged(backend, state, { head: true })).toBe(withHead);
  expect(await hasChanged(backend, state, { head: false })).toBe(without);
});
