/** An owner that opens while the one before it, which was taken for dead, publishes checkpoints. */
import { describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, contents, create, openStore } from './fixtures/records.js';
import type { Store } from './store.js';

const SMALL = { segmentBytes: 300 };

interface Scene {
  data: MemoryData;
  former: Store;
  id: string;
  add(store: Store, count: number): Promise<unknown>;
}

/** Two generations of nine records each, and nine more in the log. */
async function scene(): Promise<Scene> {
  const { store: former, data } = await openStore(undefined, SMALL);
  const { id } = await create(former);
  let number = 0;
  const add = (store: Store, count: number): Promise<unknown> =>
    store.write({
      collectionId: id,
      mode: 'add',
      batch: batchOf(
        ...Array.from({ length: count }, () => ({
          id: `r${number++}`,
          vector: [number, 1],
          document: `d${number}`,
        })),
      ),
    });
  await add(former, 9);
  await former.checkpoint();
  await add(former, 9);
  await former.checkpoint();
  await add(former, 9);
  return { data, former, id, add };
}

type Moment = 'before it reads segments' | 'before it takes over';

/** `meanwhile` runs once, at that moment of the first opening. */
function interrupted(data: MemoryData, moment: Moment, meanwhile: () => Promise<unknown>): StorageBackend {
  const inner = createMemoryStorage({ data });
  let due = true;
  const at = async (now: boolean): Promise<void> => {
    if (!now || !due) return;
    due = false;
    await meanwhile();
  };
  return {
    ...inner,
    async keys(store) {
      // After the manifests, before what they name.
      await at(store === 'seg' && moment === 'before it reads segments');
      return inner.keys(store);
    },
    async commit(batch, options) {
      await at(moment === 'before it takes over');
      return inner.commit(batch, options);
    },
  };
}

describe('S5 S14 checkpoints that a former owner publishes while the next one opens', () => {
  test.each<[Moment, string, string[]]>([
    ['before it reads segments', 'one generation', []],
    ['before it reads segments', 'several', ['r0', 'r1', 'r2', 'r3', 'r10', 'r11', 'r12', 'r13']],
    ['before it takes over', 'one generation', []],
    ['before it takes over', 'several', ['r0', 'r1', 'r2', 'r3', 'r10', 'r11', 'r12', 'r13']],
  ])('%s, %s: nothing is missing, then or later', async (moment, _, gone) => {
    const { data, former, id, add } = await scene();
    // Segments that are for the most part gone are written anew, one in each generation.
    await former.delete({ collectionId: id, ids: gone });
    const told = await contents(former, id);
    const manifests = [...data.manifest.values()];
    const backend = interrupted(data, moment, () => former.checkpoint());
    const { store } = await openStore(data, { ...SMALL, backend });
    expect([...data.manifest.values()]).not.toEqual(manifests);
    expect((await store.diagnostics()).damage).toEqual([]);
    expect(await contents(store, id)).toEqual(told);
    await expect(add(former, 1)).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await add(store, 3);
    const now = await contents(store, id);
    const atOnce = copyData(data);
    await store.checkpoint();
    for (const left of [atOnce, data]) {
      const { store: third } = await openStore(left, SMALL);
      expect((await third.diagnostics()).damage).toEqual([]);
      expect(await contents(third, id)).toEqual(now);
    }
  });
});

test('S5 S52 what a former owner writes while the next one reads is no damage, however often that happens', async () => {
  const { data, former, id, add } = await scene();
  const inner = createMemoryStorage({ data });
  let left = 2;
  const backend: StorageBackend = {
    ...inner,
    async *list(store, options) {
      if (store === 'log' && left > 0) {
        left -= 1;
        // Two entries: one alone looks like half of a write.
        await add(former, 1);
        await add(former, 1);
      }
      yield* inner.list(store, options);
    },
  };
  const { store } = await openStore(data, { ...SMALL, backend });
  expect(left).toBe(0);
  const { state, damage, records } = await store.diagnostics();
  expect({ state, damage, records }).toEqual({ state: 'ok', damage: [], records: 31 });
  expect(await contents(store, id)).toEqual(await contents((await openStore(data, SMALL)).store, id));
});
