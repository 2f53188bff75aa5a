/** A real store whose connection ends under its calls: what is stored is never told as failed, and nothing is done twice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kindexError, type ChromaError } from '../base/errors.js';
import type { CollectionRecord, RequestId } from '../base/types.js';
import { createScalarCore } from '../core/scalar.js';
import type { Led } from '../rpc/leader.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { batchOf, configuration, contents, DATABASE, openStore } from '../store/fixtures/records.js';
import { Store } from '../store/store.js';
import { reopening, type Reopening } from './reopening.js';

/** How a connection ends at one of its commits, counted from 1; the first one is the store's taking over. */
interface End {
  at: number;
  /** `before`: nothing of it is stored. `after`: it is, and reported as failed. `told`: it succeeds, the end is told first. */
  when: 'before' | 'after' | 'told';
  reason: 'closed' | 'deleted' | 'upgrade' | 'silent';
}

/** From its end on every operation rejects, as those of IndexedDB do. */
function endingStorage(inner: StorageBackend, end: End | undefined): StorageBackend {
  let commits = 0;
  let gone: ChromaError | null = null;
  let listener: (error: ChromaError) => void = () => {};
  const check = (): void => {
    if (gone) throw gone;
  };
  const lose = (reason: string): void => {
    gone = kindexError('STORAGE_LOST', 'The connection is gone.', { details: { reason } });
    listener(gone);
  };
  return {
    name: inner.name,
    async read(store, key) {
      check();
      return inner.read(store, key);
    },
    async keys(store) {
      check();
      return inner.keys(store);
    },
    list: (store, options) => inner.list(store, options),
    estimate: () => inner.estimate(),
    close: () => inner.close(),
    onLost: (hear) => (listener = hear),
    async commit(batch, options) {
      check();
      commits += 1;
      const ends = commits === end?.at;
      if (ends && end.when === 'before') lose(end.reason);
      check();
      await inner.commit(batch, options);
      if (ends) lose(end.reason);
      if (ends && end.when === 'after') check();
    },
  };
}

interface Setup {
  store: Reopening;
  openings: () => number;
  data: ReturnType<typeof createMemoryData>;
  collectionId: string;
}

/** `ends`: of the first openings; `fails`: what an opening throws instead, by number from 1. */
async function setUp(ends: (End | undefined)[], fails: Record<number, Error> = {}): Promise<Setup> {
  const data = createMemoryData();
  let openings = 0;
  const open = async (): Promise<Led> => {
    const failure = fails[(openings += 1)];
    if (failure) throw failure;
    const backend = endingStorage(createMemoryStorage({ data }), ends[openings - 1]);
    const store = await Store.open({ backend, core: createScalarCore() });
    const methods = store as unknown as Record<
      string,
      (argument: unknown, request?: RequestId) => Promise<unknown>
    >;
    return {
      call: (method, argument, request) => methods[method]!.call(store, argument, request),
      get ended() {
        return store.ended;
      },
      close: () => store.close(),
    };
  };
  const store = await reopening(open);
  const made = {
    ...DATABASE,
    name: 'notes',
    metadata: null,
    configuration: configuration(),
    getOrCreate: false,
  };
  const { id } = (await store.call('createCollection', made, request(1))) as CollectionRecord;
  return { store, openings: () => openings, data, collectionId: id };
}

const request = (n: number): RequestId => ({ client: 'page', n, answered: 0 });

function add({ store, collectionId }: Setup, n: number): Promise<unknown> {
  return store.call(
    'write',
    { collectionId, mode: 'add', batch: batchOf({ id: `r${n}`, vector: [n] }) },
    request(n),
  );
}

async function storedIds({ data, collectionId }: Setup): Promise<string[]> {
  const { store } = await openStore(data);
  return (await contents(store, collectionId)).map(({ id }) => id);
}

test.each(['before', 'after', 'told'] as const)(
  'S33 a write whose connection ended %s its commit was stored succeeds, once, and so does a read beside it',
  async (when) => {
    const setup = await setUp([{ at: 3, when, reason: 'closed' }]);
    const { store, collectionId } = setup;
    const write = add(setup, 2);
    expect(await write).toEqual({ added: 1, updated: 0, durable: true });
    expect(await store.call('count', { collectionId })).toBe(1);
    expect(await add(setup, 2)).toEqual({ added: 1, updated: 0, durable: true });
    expect(await storedIds(setup)).toEqual(['r2']);
    expect(setup.openings()).toBe(2);
    expect(store.ended).toBe(false);
  },
);

test('S33 a write that cannot be done twice unseen is not run again without its request', async () => {
  const setup = await setUp([{ at: 3, when: 'after', reason: 'closed' }]);
  const { store, collectionId } = setup;
  const write = store.call('write', { collectionId, mode: 'add', batch: batchOf({ id: 'a', vector: [1] }) });
  await expect(write).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  expect(await storedIds(setup)).toEqual(['a']);
});

test('S33 when the store does not open again, a write is OUTCOME_UNKNOWN with the reason, a read gets the reason', async () => {
  const failure = kindexError('STORAGE_FAILED', 'not now');
  const setup = await setUp([{ at: 3, when: 'after', reason: 'closed' }], { 2: failure, 3: failure });
  const { store, collectionId } = setup;
  await expect(add(setup, 2)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', cause: failure });
  expect(store.ended).toBe(true);
  await expect(store.call('count', { collectionId })).rejects.toBe(failure);
  expect(await add(setup, 2)).toMatchObject({ added: 1 });
  expect(await storedIds(setup)).toEqual(['r2']);
});

test('S33 when the store turns out to be lost, every call is told that', async () => {
  const lost = kindexError('STORAGE_LOST', 'empty', { details: { reason: 'missing' } });
  const setup = await setUp([{ at: 3, when: 'before', reason: 'closed' }], { 2: lost });
  await expect(add(setup, 2)).rejects.toBe(lost);
  expect(setup.store.ended).toBe(true);
});

test('S33 a store that ends again under the same write is OUTCOME_UNKNOWN, and is not tried a third time', async () => {
  const setup = await setUp([
    { at: 3, when: 'before', reason: 'closed' },
    { at: 2, when: 'before', reason: 'closed' },
  ]);
  await expect(add(setup, 2)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  expect(setup.openings()).toBe(2);
  expect(await add(setup, 2)).toMatchObject({ added: 1 });
  expect(setup.openings()).toBe(3);
});

test('S33 a database that is deleted is told at once, and a commit that never answers is OUTCOME_UNKNOWN', async () => {
  const deleted = await setUp([{ at: 3, when: 'before', reason: 'deleted' }]);
  await expect(add(deleted, 2)).rejects.toMatchObject({
    code: 'STORAGE_LOST',
    details: { reason: 'deleted' },
  });
  expect(deleted.openings()).toBe(1);
  const silent = await setUp([{ at: 3, when: 'after', reason: 'silent' }]);
  await expect(add(silent, 2)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  expect(silent.openings()).toBe(1);
});

test('S33 a write that was stored when another version asked for the database is told as stored', async () => {
  const setup = await setUp([{ at: 3, when: 'told', reason: 'upgrade' }]);
  expect(await add(setup, 2)).toMatchObject({ added: 1 });
  expect(await storedIds(setup)).toEqual(['r2']);
});

test('S33 a store that was closed stays closed, whatever ends under it', async () => {
  const setup = await setUp([{ at: 3, when: 'after', reason: 'closed' }]);
  const write = add(setup, 2);
  write.catch(() => {});
  await setup.store.close();
  await expect(add(setup, 3)).rejects.toMatchObject({ code: 'CLOSED' });
  await write.catch((error: unknown) => expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN' }));
  expect(setup.openings()).toBe(1);
});

test('S30 S33 connections end at random under calls that run together: each write takes effect once, and one end is not noticed', async () => {
  const ending = fc.record({
    at: fc.integer({ min: 2, max: 8 }),
    when: fc.constantFrom('before' as const, 'after' as const, 'told' as const),
    reason: fc.constant('closed' as const),
  });
  const turn = fc.array(fc.constantFrom('add', 'delete', 'count'), { maxLength: 6 });
  let noticed = 0;
  let reopened = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(ending, { maxLength: 5 }),
      fc.array(turn, { minLength: 1, maxLength: 8 }),
      async (ends, turns) => {
        // The first three commits make what the calls below work on.
        const [soonest, ...others] = ends;
        const setup = await setUp(soonest ? [{ ...soonest, at: soonest.at + 2 }, ...others] : []);
        const { store, collectionId } = setup;
        const old = Array.from({ length: 60 }, (_, i) => ({
          id: `old${i}`,
          vector: [i],
          metadata: { old: true },
        }));
        const first = { collectionId, mode: 'add', batch: batchOf(...old) };
        await store.call('write', first, request(2));
        /** Whoever meets two ends in one call is told, and asks again. */
        const settled = async (call: () => Promise<unknown>): Promise<unknown> => {
          for (;;) {
            try {
              return await call();
            } catch (error) {
              expect(error).toMatchObject({
                code: expect.stringMatching(/^(OUTCOME_UNKNOWN|STORAGE_LOST)$/) as string,
              });
              expect(ends.length).toBeGreaterThan(1);
              noticed += 1;
            }
          }
        };
        let n = 2;
        let deleted = 0;
        const added: string[] = [];
        for (const kinds of turns) {
          const calls = kinds.map(async (kind) => {
            const id = (n += 1);
            if (kind === 'count') {
              expect(await settled(() => store.call('count', { collectionId }))).toBeGreaterThan(0);
            } else if (kind === 'add') {
              added.push(`r${id}`);
              expect(await settled(() => add(setup, id))).toEqual({ added: 1, updated: 0, durable: true });
            } else {
              // Done twice, it would take two records.
              deleted += 1;
              const one = { collectionId, where: { old: true }, limit: 1 };
              expect(await settled(() => store.call('delete', one, request(id)))).toEqual({ deleted: 1 });
            }
          });
          await Promise.all(calls);
        }
        const ids = await storedIds(setup);
        expect(ids.filter((id) => id.startsWith('r')).toSorted()).toEqual(added.toSorted());
        expect(ids.filter((id) => id.startsWith('old'))).toHaveLength(old.length - deleted);
        reopened += setup.openings() - 1;
        await store.close();
      },
    ),
    { numRuns: 80 },
  );
  expect(reopened).toBeGreaterThan(15);
  expect(noticed).toBeLessThan(reopened);
});
