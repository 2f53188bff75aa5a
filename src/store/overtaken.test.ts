/** An owner that opens while the one before it, which was taken for dead, publishes checkpoints. */
import { describe, expect, test } from 'vitest';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
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
    await store.checkpoint();
    const now = await contents(store, id);
    const { store: third } = await openStore(data, SMALL);
    expect((await third.diagnostics()).damage).toEqual([]);
    expect(await contents(third, id)).toEqual(now);
  });
});
