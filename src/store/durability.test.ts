/** Relaxed writes: what is asked of the backend, what the replies say, and what `flush` promises. */
import { describe, expect, test } from 'vitest';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, create, openStore } from './fixtures/records.js';
import type { Store } from './store.js';
import type { WriteReply } from '../rpc/service.js';

interface Lossy {
  store: Store;
  id: string;
  /** Durabilities asked for, since the collection was created. */
  asked: string[];
  /** What a power cut leaves: everything up to the last strict commit. */
  afterPowerCut(): MemoryData;
  add(name: string, durability?: 'strict' | 'relaxed'): Promise<WriteReply>;
}

async function lossy(): Promise<Lossy> {
  const data = createMemoryData();
  const inner = createMemoryStorage({ data });
  const asked: string[] = [];
  let durable = copyData(data);
  const { store } = await openStore(data, {
    backend: {
      ...inner,
      async commit(batch, options) {
        await inner.commit(batch, options);
        asked.push(options.durability);
        if (options.durability === 'strict') durable = copyData(data);
      },
    },
  });
  const { id } = await create(store);
  asked.length = 0;
  return {
    store,
    id,
    asked,
    afterPowerCut: () => copyData(durable),
    add: (name, durability) =>
      store.write({
        collectionId: id,
        mode: 'add',
        batch: batchOf({ id: name, vector: [1, 2] }),
        ...(durability === undefined ? {} : { durability }),
      }),
  };
}

async function idsIn(data: MemoryData, id: string): Promise<string[]> {
  return (await (await openStore(data)).store.get({ collectionId: id, include: [] })).ids;
}

describe('S54 relaxed writes', () => {
  test('are seen at once, say that they are not durable, and a power cut may undo them until flush', async () => {
    const { store, id, add, asked, afterPowerCut } = await lossy();
    expect(await add('a')).toMatchObject({ durable: true });
    expect(await add('b', 'relaxed')).toMatchObject({ durable: false });
    await store.delete({ collectionId: id, ids: ['a'], durability: 'relaxed' });
    expect((await store.get({ collectionId: id, include: [] })).ids).toEqual(['b']);
    expect((await store.diagnostics()).unflushed).toBe(2);
    expect(await idsIn(afterPowerCut(), id)).toEqual(['a']);
    await store.flush();
    expect(asked).toEqual(['strict', 'relaxed', 'relaxed', 'strict']);
    expect((await store.diagnostics()).unflushed).toBe(0);
    expect(await idsIn(afterPowerCut(), id)).toEqual(['b']);
  });

  test('flush while a write is being stored leaves the end of the log where the write puts it', async () => {
    const data = createMemoryData();
    const inner = createMemoryStorage({ data });
    let storing: Promise<void> = Promise.resolve();
    const { store } = await openStore(data, {
      durability: 'relaxed',
      backend: {
        ...inner,
        async commit(batch, options) {
          await storing;
          await inner.commit(batch, options);
        },
      },
    });
    const { id } = await create(store);
    const add = (name: string): Promise<unknown> =>
      store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: name, vector: [1, 2] }) });
    await add('a');
    let resolve = (): void => {};
    storing = new Promise((done) => {
      resolve = done;
    });
    const adding = add('b');
    await new Promise((done) => setTimeout(done));
    const flushing = store.flush();
    resolve();
    await Promise.all([adding, flushing]);
    const { store: again } = await openStore(copyData(data));
    expect(await again.diagnostics()).toMatchObject({ state: 'ok', records: 2, damage: [] });
  });

  test('flush with nothing to make durable asks for nothing', async () => {
    const { store, add, asked } = await lossy();
    await add('a');
    await store.flush();
    expect(asked).toEqual(['strict']);
  });

  test('a group is as strict as the strictest of it', async () => {
    const { id, add, asked, afterPowerCut } = await lossy();
    await Promise.all([add('a', 'relaxed'), add('b', 'relaxed')]);
    const replies = await Promise.all([add('c', 'relaxed'), add('d'), add('e', 'relaxed')]);
    expect(asked).toEqual(['relaxed', 'strict']);
    expect(replies.map(({ durable }) => durable)).toEqual([false, true, false]);
    expect(await idsIn(afterPowerCut(), id)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('a strict write, a checkpoint and closing make what came before durable as well', async () => {
    for (const strict of [
      async ({ add }: Lossy) => void (await add('strict')),
      async ({ store }: Lossy) => store.checkpoint(),
      async ({ store }: Lossy) => store.close(),
    ]) {
      const store = await lossy();
      await store.add('a', 'relaxed');
      await store.add('b', 'relaxed');
      await strict(store);
      expect((await idsIn(store.afterPowerCut(), store.id)).slice(0, 2)).toEqual(['a', 'b']);
    }
  });

  test('a flush that fails tells it, and what is not durable is still counted', async () => {
    const data = createMemoryData();
    const inner = createMemoryStorage({ data });
    let fails = false;
    const { store } = await openStore(data, {
      durability: 'relaxed',
      backend: {
        ...inner,
        async commit(batch, options) {
          if (fails) throw new Error('disk');
          await inner.commit(batch, options);
        },
      },
    });
    await create(store);
    fails = true;
    await expect(store.flush()).rejects.toThrow('disk');
    expect((await store.diagnostics()).unflushed).toBe(1);
    fails = false;
    await store.flush();
    expect((await store.diagnostics()).unflushed).toBe(0);
  });

  test('S5 a flush that finds another owner ends the store: reads too are refused', async () => {
    const { store, data } = await openStore(undefined, { durability: 'relaxed' });
    const { id } = await create(store);
    await openStore(data);
    await expect(store.flush()).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await expect(store.count({ collectionId: id })).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
  });
});
