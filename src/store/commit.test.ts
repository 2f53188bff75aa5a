/** Durability, grouping and order: what is acknowledged, when it is seen, and what a failing disk leaves behind. */
import { describe, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import type { ErrorCode } from '../base/errors.js';
import { packTexts } from '../base/packed-texts.js';
import type { Core } from '../core/core.js';
import { createScalarCore } from '../core/scalar.js';
import type { WriteRequest } from '../rpc/service.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { createFaultyStorage, createGate } from './fixtures/faulty-storage.js';
import type { FaultyStorage } from './fixtures/faulty-storage.js';
import { batchOf, configuration, contents, create, DATABASE, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import type { Store } from './store.js';

interface Opened {
  store: Store;
  backend: FaultyStorage;
  data: MemoryData;
  id: string;
  add(...records: TestRecord[]): Promise<unknown>;
}

async function opened(quotaBytes?: number): Promise<Opened> {
  const data = createMemoryData();
  const backend = createFaultyStorage(
    createMemoryStorage({ data, ...(quotaBytes === undefined ? {} : { quotaBytes }) }),
  );
  const { store } = await openStore(data, { backend });
  const { id } = await create(store);
  return { store, backend, data, id, add: (...records) => write(store, id, 'add', ...records) };
}

function write(
  store: Store,
  collectionId: string,
  mode: WriteRequest['mode'],
  ...records: TestRecord[]
): Promise<unknown> {
  return store.write({ collectionId, mode, batch: batchOf(...records) });
}

function record(id: string, more: Partial<TestRecord> = {}): TestRecord {
  return { id, vector: [1, 2], document: `text of ${id}`, ...more };
}

function named(prefix: string, count: number): TestRecord[] {
  return Array.from({ length: count }, (_, i) => record(`${prefix}${i}`));
}

async function idsOf(store: Store, id: string): Promise<string[]> {
  return (await store.get({ collectionId: id, include: [] })).ids;
}

async function reopenedIds(data: MemoryData, id: string): Promise<string[]> {
  return idsOf((await openStore(data)).store, id);
}

describe('durability and visibility', () => {
  test('S1 a write is acknowledged only after the backend has said that it is durable', async () => {
    const { add, backend } = await opened();
    const { gate, open } = createGate();
    backend.gate = gate;
    let acknowledged = false;
    const writing = add(record('a')).then(() => (acknowledged = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(acknowledged).toBe(false);
    open();
    await writing;
    expect(acknowledged).toBe(true);
  });

  test('S1 commits are strict unless the store was opened otherwise, and taking over always is', async () => {
    const asked: string[] = [];
    for (const durability of ['strict', 'relaxed'] as const) {
      const inner = createMemoryStorage();
      const { store } = await openStore(undefined, {
        durability,
        backend: {
          ...inner,
          commit: (batch, options) => (asked.push(options.durability), inner.commit(batch, options)),
        },
      });
      await create(store);
    }
    expect(asked).toEqual(['strict', 'strict', 'strict', 'relaxed']);
  });

  test('S2 nothing of a write is seen before it is durable, all of it at once afterwards', async () => {
    const { store, add, backend, id } = await opened();
    await add(record('a'));
    const { gate, open } = createGate();
    backend.gate = gate;
    const writes = [add(record('b'), record('c')), store.delete({ collectionId: id, ids: ['a'] })];
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await idsOf(store, id)).toEqual(['a']);
    expect(await store.count({ collectionId: id })).toBe(1);
    open();
    await Promise.all(writes);
    expect(await idsOf(store, id)).toEqual(['b', 'c']);
  });

  test('S2 an acknowledged write is seen by the very next read', async () => {
    const { store, add, id } = await opened();
    for (let n = 0; n < 20; n++) {
      await add(record(`r${n}`));
      expect(await store.count({ collectionId: id })).toBe(n + 1);
    }
  });
});

describe('group commit', () => {
  test('S3 writes of one turn share one transaction', async () => {
    const { store, add, backend, id } = await opened();
    const before = backend.batches.length;
    const { commits } = await store.diagnostics();
    await Promise.all(named('r', 100).map((each) => add(each)));
    expect(backend.batches.length - before).toBe(1);
    expect((await store.diagnostics()).commits - commits).toBe(1);
    expect(await idsOf(store, id)).toEqual(named('r', 100).map((each) => each.id));
  });

  test('S3 writes that arrive while a commit runs share the next one', async () => {
    const { add, backend } = await opened();
    const before = backend.batches.length;
    const { gate, open } = createGate();
    backend.gate = gate;
    const writes = [add(record('first'))];
    for (const each of named('r', 50)) {
      await Promise.resolve();
      writes.push(add(each));
    }
    open();
    await Promise.all(writes);
    expect(backend.batches.length - before).toBe(2);
  });

  test('S3 a group holds at most 512 operations', async () => {
    const { add, backend } = await opened();
    const before = backend.batches.length;
    await Promise.all(named('r', 1100).map((each) => add(each)));
    expect(backend.batches.slice(before).map(({ puts }) => puts.length - 1)).toEqual([512, 512, 76]);
  });

  test('S3 a group ends before it is larger than 1 MiB; a larger operation goes alone', async () => {
    const { add, backend, data, id } = await opened();
    const before = backend.batches.length;
    const large = (each: string, kib: number): TestRecord =>
      record(each, { document: 'x'.repeat(kib * 1024) });
    await Promise.all([
      add(large('a', 600)),
      add(large('b', 600)),
      add(large('c', 100)),
      add(large('d', 3000)),
      add(large('e', 1)),
    ]);
    expect(backend.batches.length - before).toBe(4);
    const kibibytes = backend.batches
      .slice(before)
      .map(({ puts }) => puts.reduce((sum, { value }) => sum + value.length, 0) / 1024);
    expect(kibibytes.map((each) => Math.floor(each / 100) * 100)).toEqual([600, 700, 3000, 0]);
    expect(backend.batches.flatMap(({ puts }) => puts).every(({ value }) => value.length <= 48 * 1024)).toBe(
      true,
    );
    expect(await reopenedIds(data, id)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('S3 operations on one id take effect in order, each on what the one before left', async () => {
    const { store, add, data, id } = await opened();
    const results = await Promise.all([
      add(record('a', { document: 'first' })),
      add(record('a', { document: 'ignored' })),
      write(store, id, 'upsert', record('a', { document: 'second', metadata: null })),
      store.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'a', metadata: { k: 1 } }) }),
      store.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'a', metadata: { l: 2 } }) }),
      add(record('b')),
      store.delete({ collectionId: id, ids: ['b'] }),
      add(record('b', { document: 'again' })),
    ]);
    expect(results).toMatchObject([
      { added: 1 },
      { added: 0 },
      { updated: 1 },
      { updated: 1 },
      { updated: 1 },
      { added: 1 },
      { deleted: 1 },
      { added: 1 },
    ]);
    const expected = [
      { id: 'a', document: 'second', metadata: { k: 1, l: 2 } },
      { id: 'b', document: 'again', metadata: null },
    ];
    expect(await contents(store, id)).toMatchObject(expected);
    expect(await contents((await openStore(data)).store, id)).toMatchObject(expected);
  });

  test('S3 a filter delete sees every write before it and none after it', async () => {
    const { store, add, id } = await opened();
    const results = await Promise.all([
      add(record('a', { metadata: { k: 1 } })),
      store.delete({ collectionId: id, where: { k: 1 } }),
      add(record('b', { metadata: { k: 1 } })),
    ]);
    expect(results[1]).toEqual({ deleted: 1 });
    expect(await idsOf(store, id)).toEqual(['b']);
  });

  test('S3 collection changes keep their place among writes', async () => {
    const { store, data } = await opened();
    const made = create(store, 'second');
    const [collection, , gone, again] = await Promise.allSettled([
      made,
      store.deleteCollection({ ...DATABASE, name: 'second' }),
      made.then(({ id }) => write(store, id, 'add', record('a'))),
      create(store, 'second'),
    ]);
    expect(collection.status).toBe('fulfilled');
    expect(gone).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND_COLLECTION' } });
    expect(again.status).toBe('fulfilled');
    expect(await (await openStore(data)).store.countCollections(DATABASE)).toBe(2);
  });

  test('S3 two first writes of different dimensions: the first decides, the second is refused', async () => {
    const { store, add, data, id } = await opened();
    const [two, three, twoMore] = await Promise.allSettled([
      add(record('a')),
      add(record('b', { vector: [1, 2, 3] })),
      add(record('c')),
    ]);
    expect([two.status, three.status, twoMore.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(three).toMatchObject({ reason: { code: 'VALUE_DIMENSION' } });
    expect(await idsOf(store, id)).toEqual(['a', 'c']);
    expect(await reopenedIds(data, id)).toEqual(['a', 'c']);
  });

  test('S3 a first write that fails does not decide the dimension for one that waits', async () => {
    const { store, add, backend, id } = await opened();
    backend.fault = { at: backend.batches.length + 1, stored: false, code: 'STORAGE_FAILED' };
    const [two, three] = await Promise.allSettled([
      add(record('a')),
      add(record('b', { vector: [1, 2, 3] })),
    ]);
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_FAILED' } });
    expect(three.status).toBe('fulfilled');
    expect((await store.getCollection({ id })).dimensions).toBe(3);
    expect(await idsOf(store, id)).toEqual(['b']);
  });

  test('S3 one refused operation of a group does not touch the others', async () => {
    const { store, add, backend, id } = await opened();
    await add(record('a'));
    const before = backend.batches.length;
    const results = await Promise.allSettled([
      add(record('b')),
      add(record('c', { vector: [1] })),
      write(store, id, 'upsert', { id: 'd', document: 'x' }),
      add(record('e')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(backend.batches.length - before).toBe(1);
    expect(await idsOf(store, id)).toEqual(['a', 'b', 'e']);
  });

  test('S6 a write refused while its group forms leaves no gap in the rows', async () => {
    const { store, add, data, id } = await opened();
    const malformed = { ...batchOf(record('b')), metadatas: packTexts(['{null}']) };
    const results = await Promise.allSettled([
      add(record('a')),
      store.write({ collectionId: id, mode: 'add', batch: malformed }),
      add(record('c')),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'VALUE_METADATA' } },
      { status: 'fulfilled' },
    ]);
    expect(await contents(store, id)).toMatchObject([record('a'), record('c')]);
    expect(await contents((await openStore(data)).store, id)).toMatchObject([record('a'), record('c')]);
  });

  test('operations without an effect need no transaction', async () => {
    const { store, add, backend, id } = await opened();
    await add(record('a'));
    const before = backend.batches.length;
    await Promise.all([
      add(record('a')),
      write(store, id, 'update', record('zz')),
      store.delete({ collectionId: id, ids: ['zz'] }),
      store.delete({ collectionId: id, where: { k: 1 } }),
      store.delete({ collectionId: id }),
      store.createCollection({
        ...DATABASE,
        name: 'notes',
        metadata: null,
        configuration: configuration(),
        getOrCreate: true,
      }),
    ]);
    expect(backend.batches.length).toBe(before);
  });
});

describe('a failing disk', () => {
  test.each<ErrorCode>(['STORAGE_FAILED', 'STORAGE_QUOTA'])(
    'S4 a commit that fails with %s changes nothing, and the store goes on',
    async (code) => {
      const { store, add, backend, data, id } = await opened();
      await add(record('a'));
      backend.fault = { at: backend.batches.length + 1, stored: false, code };
      await expect(add(record('b'), record('c'))).rejects.toMatchObject({ code });
      expect(await idsOf(store, id)).toEqual(['a']);
      await add(record('d'));
      await add(record('b', { document: 'later' }));
      const expected = [record('a'), record('d'), record('b', { document: 'later' })];
      expect(await contents(store, id)).toMatchObject(expected);
      expect(await contents((await openStore(data)).store, id)).toMatchObject(expected);
    },
  );

  test('S4 when a group does not fit, its operations are tried one by one, and small ones survive', async () => {
    const { store, add, data, id, backend } = await opened(60_000);
    const before = backend.batches.length;
    const results = await Promise.allSettled([
      add(record('small1')),
      add(record('large', { document: 'x'.repeat(100_000) })),
      add(record('small2')),
      store.delete({ collectionId: id, ids: ['nobody'] }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'STORAGE_QUOTA' } });
    expect(backend.batches.length - before).toBe(4);
    expect(await idsOf(store, id)).toEqual(['small1', 'small2']);
    expect(await reopenedIds(data, id)).toEqual(['small1', 'small2']);
  });

  test('S4 operations of a group that failed for another reason are all refused', async () => {
    const { store, add, backend, data, id } = await opened();
    backend.fault = { at: backend.batches.length + 1, stored: false, code: 'STORAGE_FAILED' };
    const results = await Promise.allSettled(named('r', 3).map((each) => add(each)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await idsOf(store, id)).toEqual([]);
    expect(await reopenedIds(data, id)).toEqual([]);
  });

  test.each<ErrorCode>(['STORAGE_FENCED', 'STORAGE_LOST'])(
    'S5 after %s every call rejects with it, the waiting ones too',
    async (code) => {
      const { store, add, backend, data, id } = await opened();
      await add(record('a'));
      backend.fault = { at: backend.batches.length + 1, stored: false, code };
      const waiting = await Promise.allSettled([
        add(record('b')),
        store.delete({ collectionId: id, where: { k: 1 } }),
        create(store, 'other'),
      ]);
      expect(waiting).toMatchObject(
        Array.from({ length: 3 }, () => ({ status: 'rejected', reason: { code } })),
      );
      for (const call of [
        add(record('c')),
        store.get({ collectionId: id, include: [] }),
        store.count({ collectionId: id }),
        store.listCollections({ ...DATABASE, limit: 1, offset: 0 }),
        store.diagnostics(),
        store.reset(),
      ]) {
        await expect(call).rejects.toMatchObject({ code });
      }
      await store.close();
      expect(await reopenedIds(data, id)).toEqual(['a']);
    },
  );
});

describe('memory that does not suffice', () => {
  test('S4 a write whose vectors find no room is refused before anything is stored', async () => {
    const scalar = createScalarCore();
    // Room for 5 vectors in all, and only `reserve` says so: nothing may rely on `set` failing.
    const core: Core = {
      ...scalar,
      createFlatVectors(options) {
        const vectors = scalar.createFlatVectors(options);
        vectors.reserve = (count) => {
          if (vectors.size + count > 5) throw kindexError('RUNTIME_OUT_OF_MEMORY', 'No room.');
        };
        return vectors;
      },
    };
    const data = createMemoryData();
    const { store } = await openStore(data, { core });
    const { id } = await create(store);
    await write(store, id, 'add', ...named('a', 3));
    const rows = data.log.size;
    await expect(write(store, id, 'add', ...named('b', 3))).rejects.toMatchObject({
      code: 'RUNTIME_OUT_OF_MEMORY',
    });
    expect(data.log.size).toBe(rows);
    // One by one in a group: what others of the group have reserved counts.
    const results = await Promise.allSettled(named('c', 4).map((each) => write(store, id, 'add', each)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(await reopenedIds(data, id)).toEqual(['a0', 'a1', 'a2', 'c0', 'c1']);
  });

  test('S2 a store whose memory has fallen behind what is stored answers nothing any more', async () => {
    const scalar = createScalarCore();
    let broken = false;
    const core: Core = {
      ...scalar,
      createFlatVectors(options) {
        const vectors = scalar.createFlatVectors(options);
        const set = vectors.set.bind(vectors);
        vectors.set = (rows, matrix) => {
          if (broken) throw new Error('trap');
          set(rows, matrix);
        };
        return vectors;
      },
    };
    const data = createMemoryData();
    const { store } = await openStore(data, { core });
    const { id } = await create(store);
    broken = true;
    const results = await Promise.allSettled([
      write(store, id, 'add', record('a')),
      write(store, id, 'add', record('b')),
    ]);
    expect(results).toMatchObject(
      Array.from({ length: 2 }, () => ({ status: 'rejected', reason: { code: 'RUNTIME_INTERNAL' } })),
    );
    await expect(store.count({ collectionId: id })).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
    expect(await reopenedIds(data, id)).toEqual(['a', 'b']);
  });
});

describe('the fence', () => {
  test('S5 a second owner takes over; the first one can write nothing more', async () => {
    const { store: first, add, data, id } = await opened();
    await add(record('a'));
    const { store: second } = await openStore(data);
    await write(second, id, 'add', record('b'));
    await expect(add(record('c'))).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await expect(first.count({ collectionId: id })).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await write(second, id, 'add', record('d'));
    expect(await idsOf(second, id)).toEqual(['a', 'b', 'd']);
    expect(await reopenedIds(data, id)).toEqual(['a', 'b', 'd']);
  });

  test('S5 the first owner is fenced even if the second has written nothing', async () => {
    const { add, data } = await opened();
    await openStore(data);
    await expect(add(record('a'))).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
  });

  test('S5 of two openings at once one owns the store, and the other cannot write', async () => {
    const data = createMemoryData();
    const results = await Promise.allSettled([openStore(data), openStore(data)]);
    const stores = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.store] : []));
    expect(stores.length).toBeGreaterThan(0);
    const writes = await Promise.allSettled(stores.map((store) => create(store)));
    expect(writes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await (await openStore(data)).store.countCollections(DATABASE)).toBe(1);
  });
});

/** One step of the run that is interrupted; all of them are acknowledged when nothing fails. */
type Step = (store: Store, id: string) => Promise<unknown>;

const STEPS: Step[] = [
  (store, id) => write(store, id, 'add', ...named('a', 5)),
  (store, id) => write(store, id, 'add', record('large', { document: 'y'.repeat(200_000) })),
  (store, id) =>
    write(
      store,
      id,
      'upsert',
      record('a1', { document: 'changed', metadata: { k: 1 } }),
      record('new', { metadata: { k: 2 } }),
    ),
  (store, id) => store.delete({ collectionId: id, ids: ['a0', 'a3'] }),
  (store, id) => write(store, id, 'update', { id: 'a2', metadata: { n: 5 } }),
  (store, id) => store.delete({ collectionId: id, where: { k: 2 } }),
  (store) => create(store, 'second'),
  (store, id) => store.modifyCollection({ id, metadata: { changed: true } }),
  (store, id) => write(store, id, 'add', ...named('b', 3)),
];

/** What a reader can tell of the whole store. */
async function everything(store: Store): Promise<unknown> {
  const collections = await store.listCollections({ ...DATABASE, limit: 100, offset: 0 });
  return Promise.all(
    collections.map(async ({ id, name, metadata, dimensions }) => ({
      name,
      metadata,
      dimensions,
      records: await contents(store, id),
    })),
  );
}

/** The state after the first n steps. */
async function stateAfter(steps: number): Promise<unknown> {
  const { store, id } = await opened();
  for (const step of STEPS.slice(0, steps)) await step(store, id);
  return everything(store);
}

describe('interruption at every commit', () => {
  for (const stored of [false, true]) {
    test.each(STEPS.map((_, n) => n))(
      `S4 the commit of step %i fails, ${stored ? 'stored' : 'not stored'}: the step is whole or absent, everything acknowledged is there`,
      async (n) => {
        const { store, backend, data, id } = await opened();
        for (const step of STEPS.slice(0, n)) await step(store, id);
        backend.fault = { at: backend.batches.length + 1, stored, code: 'STORAGE_FAILED' };
        await expect(STEPS[n]!(store, id)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
        expect(await everything(store)).toEqual(await stateAfter(n));
        if (stored) {
          // The bytes are ahead of this store's memory: it may not write on top of them.
          await expect(create(store, 'after')).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
        } else {
          for (const step of STEPS.slice(n)) await step(store, id);
          expect(await everything(store)).toEqual(await stateAfter(STEPS.length));
        }
        const { store: reopened } = await openStore(data);
        expect(await everything(reopened)).toEqual(await stateAfter(stored ? n + 1 : STEPS.length));
        if (stored) {
          for (const step of STEPS.slice(n + 1)) await step(reopened, id);
          expect(await everything((await openStore(data)).store)).toEqual(await stateAfter(STEPS.length));
        }
      },
    );
  }
});
