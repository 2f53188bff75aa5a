/** One stored database and several services over it, with the browser's own locks, channel and IndexedDB. */
import { afterEach, expect, test } from 'vitest';
import type { RequestId } from '../base/types.js';
import type { StoreService } from '../rpc/service.js';
import { createStoreService, type StoreServiceOptions } from './store-service.js';

const TENANT = { tenant: 'default_tenant', database: 'default_database' };
const index = {
  space: 'l2',
  efConstruction: 100,
  efSearch: 100,
  maxNeighbors: 16,
  resizeFactor: 1.2,
  syncThreshold: 1000,
} as const;

const open: StoreService[] = [];

async function service(storage: string, options?: StoreServiceOptions): Promise<StoreService> {
  const made = createStoreService(options);
  await made.open({ storage });
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function create(store: StoreService, name = 'notes'): Promise<string> {
  const { id } = await store.createCollection({
    ...TENANT,
    name,
    metadata: null,
    configuration: { index, embeddingFunction: null },
    getOrCreate: true,
  });
  return id;
}

/** The service's methods as the bridge calls them. */
function add(store: StoreService, collectionId: string, id: string, request: RequestId): Promise<unknown> {
  const vectors = { data: Float32Array.of(1, 2), rows: 1, dimensions: 2 };
  const batch = { ids: [id], vectors, documents: null, metadatas: null, uris: null };
  const write = store.write as (argument: unknown, request: RequestId) => Promise<unknown>;
  return write({ collectionId, mode: 'add', batch }, request);
}

test('S31 without Web Locks the second tab is refused, and works when the first is closed', async () => {
  const storage = `indexeddb:${crypto.randomUUID()}`;
  const first = await service(storage, { locks: null });
  const id = await create(first);
  expect((await first.diagnostics()).warnings.join(' ')).toContain('No Web Locks here');
  const second = createStoreService({ locks: null });
  await expect(second.open({ storage })).rejects.toMatchObject({ code: 'STORAGE_BLOCKED' });
  await first.close();
  open.length = 0;
  await second.open({ storage });
  open.push(second);
  expect((await second.getCollection({ id })).name).toBe('notes');
});

test('S5 S31 a leader whose lock was stolen is fenced at its next write, which the new leader then does once', async () => {
  const storage = `indexeddb:${crypto.randomUUID()}`;
  const first = await service(storage);
  const collectionId = await create(first);
  // As a follower does with a leader that gives no sign of life; this one does not listen to what it is told.
  await new Promise<void>((resolve) => {
    void navigator.locks.request(`kindex:store:2:${storage}`, { steal: true }, () => resolve());
  });
  const second = await service(storage);
  const request = { client: 'page', n: 1, answered: 1 };
  const said = await add(first, collectionId, 'a', request);
  expect(said).toEqual({ added: 1, updated: 0, durable: true });
  expect(await add(second, collectionId, 'a', request)).toEqual(said);
  expect(await first.count({ collectionId })).toBe(1);
  const roles = [await first.diagnostics(), await second.diagnostics()].map(({ role }) => role);
  expect(roles.toSorted()).toEqual(['follower', 'leader']);
});

test('S30 what the leader was asked before it left is answered by its successor from what is stored', async () => {
  const storage = `indexeddb:${crypto.randomUUID()}`;
  const first = await service(storage);
  const second = await service(storage);
  const collectionId = await create(second);
  const request = { client: 'page', n: 2, answered: 1 };
  const said = await add(second, collectionId, 'a', request);
  await first.close();
  open.splice(0, 1);
  await expect.poll(async () => (await second.diagnostics()).role).toBe('leader');
  expect(await add(second, collectionId, 'a', request)).toEqual(said);
  expect(await second.count({ collectionId })).toBe(1);
});

test('S31 a leader whose page is about to be frozen hands over when it has nothing to do', async () => {
  const storage = `indexeddb:${crypto.randomUUID()}`;
  const first = await service(storage);
  const second = await service(storage);
  const id = await create(first);
  await first.resign();
  await expect.poll(async () => (await second.diagnostics()).role).toBe('leader');
  expect((await first.getCollection({ id })).name).toBe('notes');
  expect((await first.diagnostics()).role).toBe('follower');
});

test('S33 a database that is deleted while it is open is told, and is not taken for a new one', async () => {
  const name = crypto.randomUUID();
  const store = await service(`indexeddb:${name}`);
  const collectionId = await create(store);
  await add(store, collectionId, 'a', { client: 'page', n: 1, answered: 1 });
  await new Promise((resolve, reject) => {
    const deletion = indexedDB.deleteDatabase(name);
    deletion.onsuccess = resolve;
    deletion.onerror = reject;
  });
  const write = (n: number): Promise<unknown> =>
    add(store, collectionId, `b${n}`, { client: 'page', n, answered: n });
  await expect(write(2)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  await expect(write(3)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  await store.reset();
  expect(await store.countCollections(TENANT)).toBe(0);
});
