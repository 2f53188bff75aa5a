/** Checkpoints of which nobody knows whether they were published: what they name stays until one is known to have been. */
import { expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import { createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, contents, create, openStore } from './fixtures/records.js';

/** Publishing fails so often: the first of these times it is stored all the same. */
function doubtful(data: MemoryData, times: number): StorageBackend {
  const inner = createMemoryStorage({ data });
  let failed = 0;
  return {
    ...inner,
    async commit(batch, options) {
      const publishes = batch.puts.some(({ store }) => store === 'manifest');
      if (!publishes || failed >= times) return inner.commit(batch, options);
      failed += 1;
      if (failed === 1) await inner.commit(batch, options);
      throw kindexError('STORAGE_FAILED', 'The browser did not say what became of it.');
    },
  };
}

test.each([1, 2, 3])(
  'S14 a checkpoint that was published although it failed stays whole while %i of them fail',
  async (times) => {
    const { store: first, data } = await openStore();
    const { id } = await create(first);
    const add = (store: typeof first, name: string): Promise<unknown> =>
      store.write({
        collectionId: id,
        mode: 'add',
        batch: batchOf({ id: name, vector: [1], document: name }),
      });
    await add(first, 'a');
    await first.checkpoint();
    await add(first, 'b');
    await first.checkpoint();
    await first.close();
    const { store } = await openStore(data, { backend: doubtful(data, times) });
    for (let time = 0; time < times; time++) {
      await add(store, `c${time}`);
      await expect(store.checkpoint()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      const told = await contents(store, id);
      const { store: next } = await openStore(copyData(data));
      expect((await next.diagnostics()).damage).toEqual([]);
      expect(await contents(next, id)).toEqual(told);
    }
    await store.checkpoint();
    const told = await contents(store, id);
    await store.close();
    const { store: last } = await openStore(data);
    expect((await last.diagnostics()).damage).toEqual([]);
    expect(await contents(last, id)).toEqual(told);
    // Nothing of the attempts is left when the second generation after them is there.
    await add(last, 'd');
    await last.checkpoint();
    await last.close();
    const kept = data.seg.size;
    await (await openStore(data)).store.close();
    expect(data.seg.size).toBe(kept);
  },
);
