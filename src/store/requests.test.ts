/** Requests that come twice: after a reply, while one is under way, after a crash at any commit, after checkpoints and resets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import { createScalarCore } from '../core/scalar.js';
import { createCrashingStorage } from './fixtures/crashing-storage.js';
import { createFaultyStorage, createGate } from './fixtures/faulty-storage.js';
import { batchOf, configuration, contents, create, DATABASE, openStore } from './fixtures/records.js';
import { Requests } from './requests.js';
import { Store } from './store.js';

const id = (n: number, answered = 0, client = 'page'): RequestId => ({ client, n, answered });

describe('S30 a request that comes again', () => {
  test('S52 is answered also by a store that is open for reading only', async () => {
    const { store, data } = await openStore();
    const { id: collectionId } = await create(store);
    const write = (at: Store, n: number): Promise<unknown> =>
      at.write({ collectionId, mode: 'add', batch: batchOf({ id: `${n}`, vector: [1] }) }, id(n));
    const first = await write(store, 1);
    for (const n of [2, 3, 4]) await write(store, n);
    const keys = [...data.log.keys()].map(Number).toSorted((a, b) => a - b);
    const damaged = data.log.get(keys.at(-2)!)!.slice();
    damaged[30]! ^= 1;
    data.log.set(keys.at(-2)!, damaged);
    const { store: again } = await openStore(data);
    expect((await again.diagnostics()).state).toBe('read-only');
    expect(await write(again, 1)).toEqual(first);
    await expect(write(again, 9)).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
  });

  test('is answered with what was said, and changes nothing, whatever it asks for', async () => {
    const { store, data } = await openStore();
    const make = {
      ...DATABASE,
      name: 'notes',
      metadata: { a: 1 },
      configuration: configuration(),
      getOrCreate: false,
    };
    const created = await store.createCollection(make, id(1));
    const collectionId = created.id;
    const calls: [string, (again: Store) => Promise<unknown>][] = [
      ['createCollection', (at) => at.createCollection(make, id(1))],
      [
        'add',
        (at) => at.write({ collectionId, mode: 'add', batch: batchOf({ id: 'a', vector: [1] }) }, id(2)),
      ],
      [
        'upsert',
        (at) => at.write({ collectionId, mode: 'upsert', batch: batchOf({ id: 'b', vector: [2] }) }, id(3)),
      ],
      ['delete', (at) => at.delete({ collectionId, ids: ['a'] }, id(4))],
      ['modify', (at) => at.modifyCollection({ id: collectionId, metadata: { b: 2 } }, id(5))],
      ['fork', (at) => at.forkCollection({ id: collectionId, name: 'copy' }, id(6))],
      ['createTenant', (at) => at.createTenant({ name: 't' }, id(7))],
      ['createDatabase', (at) => at.createDatabase({ tenant: 't', database: 'd' }, id(8))],
      ['deleteDatabase', (at) => at.deleteDatabase({ tenant: 't', database: 'd' }, id(9))],
      ['deleteCollection', (at) => at.deleteCollection({ ...DATABASE, name: 'copy' }, id(10))],
    ];
    const first: unknown[] = [];
    for (const [, call] of calls) first.push(await call(store));
    expect(first[0]).toEqual(created);
    const { commits } = await store.diagnostics();

    const same: unknown[] = [];
    for (const [, call] of calls) same.push(await call(store));
    expect(same).toEqual(first);
    expect((await store.diagnostics()).commits).toBe(commits);

    await store.close();
    const { store: reopened } = await openStore(data);
    const later: unknown[] = [];
    for (const [, call] of calls) later.push(await call(reopened));
    expect(later).toEqual(first);
    expect((await reopened.diagnostics()).commits).toBe(0);
    expect((await contents(reopened, collectionId)).map((record) => record.id)).toEqual(['b']);
  });

  test('while it is under way is answered by the same commit', async () => {
    const data = createMemoryData();
    const backend = createFaultyStorage(createMemoryStorage({ data }));
    const store = await Store.open({ backend, core: createScalarCore() });
    const { id: collectionId } = await create(store);
    const { gate, open } = createGate();
    backend.gate = gate;
    const write = (): Promise<unknown> =>
      store.write({ collectionId, mode: 'add', batch: batchOf({ id: 'a', vector: [1] }) }, id(1));
    const both = [write(), write()];
    await Promise.resolve();
    open();
    const replies = await Promise.all(both);
    expect(replies).toEqual([
      { added: 1, updated: 0, durable: true },
      { added: 1, updated: 0, durable: true },
    ]);
    expect(backend.batches).toHaveLength(3);
  });

  test('is remembered over checkpoints and over a reset, which is itself done once', async () => {
    const { store, data } = await openStore();
    const { id: collectionId } = await create(store);
    const add = (at: Store): Promise<unknown> =>
      at.write({ collectionId, mode: 'add', batch: batchOf({ id: 'a', vector: [1] }) }, id(1));
    const said = await add(store);
    await store.checkpoint();
    await store.close();
    const { store: second } = await openStore(data);
    expect(await add(second)).toEqual(said);
    await second.reset({}, id(2));
    await second.close();
    const { store: third } = await openStore(data);
    expect(await add(third)).toEqual(said);
    await create(third, 'after');
    await third.reset({}, id(2));
    expect(await third.countCollections(DATABASE)).toBe(1);
    await third.close();
    const { store: fourth } = await openStore(data);
    expect(await add(fourth)).toEqual(said);
    expect(await fourth.countCollections(DATABASE)).toBe(1);
  });

  test('after its commit was stored but reported as failed is answered by the next owner', async () => {
    const data = createMemoryData();
    const backend = createFaultyStorage(createMemoryStorage({ data }));
    const store = await Store.open({ backend, core: createScalarCore() });
    const { id: collectionId } = await create(store);
    const add = (at: Store): Promise<unknown> =>
      at.write({ collectionId, mode: 'upsert', batch: batchOf({ id: 'a', vector: [1] }) }, id(1));
    backend.fault = { at: backend.batches.length + 1, stored: true, code: 'STORAGE_FAILED' };
    await expect(add(store)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const { store: next } = await openStore(data);
    expect(await add(next)).toEqual({ added: 1, updated: 0, durable: true });
    expect((await next.diagnostics()).commits).toBe(0);
  });

  test('that was refused is decided anew', async () => {
    const { store } = await openStore();
    const make = (): Promise<unknown> => store.createTenant({ name: 't' }, id(1));
    await store.createTenant({ name: 't' }, id(1, 0, 'other'));
    await expect(make()).rejects.toMatchObject({ code: 'EXISTS_TENANT' });
    await expect(make()).rejects.toMatchObject({ code: 'EXISTS_TENANT' });
  });

  test('after its answer was confirmed is not done, although its reply is forgotten', async () => {
    const { store } = await openStore();
    const { id: collectionId } = await create(store);
    const add = (name: string, request: RequestId): Promise<unknown> =>
      store.write({ collectionId, mode: 'upsert', batch: batchOf({ id: name, vector: [1] }) }, request);
    await add('a', id(1));
    await add('b', id(2, 2));
    await store.delete({ collectionId, ids: ['a'] });
    await expect(add('a', id(1))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await store.count({ collectionId })).toBe(1);
  });

  test('without its argument is answered if it was done, and else refused for good', async () => {
    const { store } = await openStore();
    const { id: collectionId } = await create(store);
    const add = (request: RequestId): Promise<unknown> =>
      store.write({ collectionId, mode: 'upsert', batch: batchOf({ id: 'a', vector: [1] }) }, request);
    const said = await add(id(1));
    const probe = (n: number): Promise<unknown> => store.write({} as never, { ...id(n), probe: true });
    expect(await probe(1)).toEqual(said);
    await expect(probe(2)).rejects.toMatchObject({ code: 'WORKER_DIED' });
    await expect(add(id(2))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });
});

test('S32 a store that is given up answers nothing, writes nothing, and what is stored opens again', async () => {
  const data = createMemoryData();
  const backend = createFaultyStorage(createMemoryStorage({ data }));
  const store = await Store.open({ backend, core: createScalarCore() });
  const { id: collectionId } = await create(store);
  const write = { collectionId, mode: 'add' as const, batch: batchOf({ id: 'a', vector: [1] }) };
  const { gate, open } = createGate();
  backend.gate = gate;
  // Its commit is on its way, and its effect will find a memory that nobody trusts.
  const waiting = store.write(write, id(1));
  waiting.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve));
  expect(store.ended).toBe(false);
  store.abandon(kindexError('RUNTIME_INTERNAL', 'a trap'));
  expect(store.ended).toBe(true);
  open();
  await expect(waiting).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
  await expect(store.count({ collectionId })).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
  const commits = backend.batches.length;
  await store.close();
  expect(backend.batches).toHaveLength(commits);
  const { store: next } = await openStore(data);
  expect(await next.write(write, id(1))).toEqual({ added: 1, updated: 0, durable: true });
  expect((await next.diagnostics()).commits).toBe(0);
});

test('S30 whoever has been silent longest is forgotten first, and never the one that speaks', () => {
  const requests = new Requests();
  for (let i = 0; i < 1_005; i++) requests.note({ client: `c${i}`, n: 1, answered: 0, reply: '1' });
  requests.note({ client: 'c5', n: 2, answered: 0, reply: '2' });
  requests.note({ client: 'new', n: 1, answered: 0, reply: '3' });
  const names = requests.list().map(({ client }) => client);
  expect(names).toHaveLength(1_000);
  expect(names.slice(-2)).toEqual(['c5', 'new']);
  expect(names).not.toContain('c6');
  const large = 'x'.repeat(3 * 1024 * 1024);
  for (let n = 1; n <= 3; n++)
    requests.note({ client: 'large', n, answered: 0, reply: JSON.stringify(large) });
  expect(requests.list().map(({ client }) => client)).toEqual(['large']);
  expect(requests.list()[0]?.replies.map(({ n }) => n)).toEqual([3]);
});

test('S30 a list that is restored remembers what was noted, whatever was noted', () => {
  const noted = fc.array(
    fc.record({
      client: fc.constantFrom('a', 'b', 'c'),
      n: fc.integer({ min: 1, max: 20 }),
      back: fc.nat(20),
    }),
  );
  fc.assert(
    fc.property(noted, (all) => {
      const requests = new Requests();
      const answered = new Map<string, number>();
      const replies = new Map<string, Map<number, string>>();
      for (const { client, n, back } of all) {
        const request = { client, n, answered: Math.max(0, n - back), reply: `${n}` };
        requests.note(request);
        const mark = Math.max(answered.get(client) ?? 0, request.answered);
        answered.set(client, mark);
        const known = replies.get(client) ?? new Map<number, string>();
        known.set(n, `${n}`);
        replies.set(client, new Map([...known].filter(([each]) => each >= mark)));
      }
      const copy = new Requests();
      copy.restore(requests.list());
      expect(copy.list()).toEqual(requests.list());
      for (const { client, answered: mark, replies: kept } of copy.list()) {
        expect(mark).toBe(answered.get(client));
        expect(new Map(kept.map(({ n, reply }) => [n, reply]))).toEqual(replies.get(client));
      }
    }),
  );
});

test('S30 S4 owners die at random commits and everything without an answer is sent again: each call takes effect once', async () => {
  const step = fc.record({ add: fc.boolean(), checkpoint: fc.integer({ min: 0, max: 9 }) });
  const crash = fc.record({ at: fc.integer({ min: 2, max: 6 }), stored: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.array(crash, { maxLength: 8 }),
      async (steps, crashes) => {
        const data = createMemoryData();
        const { store: first } = await openStore(data);
        const { id: collectionId } = await create(first);
        const old = Array.from({ length: 30 }, (_, i) => ({
          id: `old${i}`,
          vector: [i],
          metadata: { old: true },
        }));
        await first.write({ collectionId, mode: 'add', batch: batchOf(...old) });
        await first.close();

        let next = 0;
        let store: Store | null = null;
        const crashesLeft = [...crashes];
        const call = (at: Store, i: number): Promise<unknown> => {
          // Done twice, a delete would take two records.
          const request = id(i + 1, i + 1);
          return steps[i]!.add
            ? at.write({ collectionId, mode: 'add', batch: batchOf({ id: `new${i}`, vector: [i] }) }, request)
            : at.delete({ collectionId, where: { old: true }, limit: 1 }, request);
        };
        while (next < steps.length) {
          try {
            store ??= await Store.open({
              backend: createCrashingStorage(createMemoryStorage({ data }), crashesLeft.shift() ?? null),
              core: createScalarCore(),
            });
            const reply = await call(store, next);
            expect(reply).toMatchObject(steps[next]!.add ? { added: 1 } : { deleted: 1 });
            const { checkpoint } = steps[next]!;
            next += 1;
            if (checkpoint === 0) await store.checkpoint();
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^STORAGE_/) as string });
            store = null;
          }
        }
        const { store: last } = await openStore(data);
        const ids = (await contents(last, collectionId)).map((record) => record.id);
        const adds = steps.flatMap(({ add }, i) => (add ? [`new${i}`] : []));
        expect(ids.filter((each) => each.startsWith('new'))).toEqual(adds);
        expect(ids.filter((each) => each.startsWith('old'))).toHaveLength(30 - (steps.length - adds.length));
      },
    ),
    { numRuns: 60 },
  );
});
