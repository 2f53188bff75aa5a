/** The browser closes the connection to IndexedDB under calls of the tab that owns the store and of one that follows. */
import { afterEach, expect, test, vi } from 'vitest';
import type { CollectionRecord, RequestId } from '../base/types.js';
import type { StoreService } from '../rpc/service.js';
import { batchOf, configuration, DATABASE } from '../store/fixtures/records.js';
import { fakeDisk } from '../storage/fixtures/fake-disk.js';
import { createStoreService } from './store-service.js';

const services: StoreService[] = [];

async function open(storage: string): Promise<StoreService> {
  const service = createStoreService();
  services.push(service);
  await service.open({ storage });
  return service;
}

/** Ends connections as the browser does: transactions under way are aborted, unless `commits`, then the event. */
function watchConnections(): (options: { commits: boolean }) => number {
  const running = new Map<IDBDatabase, Set<IDBTransaction>>();
  const original = IDBDatabase.prototype.transaction;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...args: Parameters<IDBDatabase['transaction']>
  ) {
    const tx = original.apply(this, args);
    const own = running.get(this) ?? new Set();
    running.set(this, own.add(tx));
    for (const end of ['complete', 'abort']) tx.addEventListener(end, () => own.delete(tx));
    return tx;
  });
  return ({ commits }) => {
    const ended = running.size;
    for (const [database, transactions] of running) {
      if (!commits) {
        for (const tx of transactions) {
          try {
            tx.abort();
          } catch {
            // It is committing: this one is stored.
          }
        }
      }
      database.close();
      database.dispatchEvent(new Event('close'));
    }
    running.clear();
    return ended;
  };
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(services.splice(0).map((service) => service.close().catch(() => {})));
});

test.each([true, false])(
  'S33 writes of owner and follower all succeed, each once, while their connection is closed again and again (commits finish: %s)',
  async (commits) => {
    const closeAll = watchConnections();
    const storage = `indexeddb:${crypto.randomUUID()}`;
    const tabs = [await open(storage), await open(storage)];
    const made = {
      ...DATABASE,
      name: 'notes',
      metadata: null,
      configuration: configuration(),
      getOrCreate: false,
    };
    const { id: collectionId }: CollectionRecord = await tabs[0]!.createCollection(made);
    const ids: string[] = [];
    const progress = { writing: 2, acknowledged: 0 };
    const write = async (service: StoreService, tab: number): Promise<void> => {
      const call = service.write as (argument: unknown, request: RequestId) => Promise<unknown>;
      for (let n = 1; n <= 60; n++) {
        const id = `tab${tab}-${n}`;
        ids.push(id);
        const batch = batchOf({ id, vector: [n, tab] });
        const request = { client: `tab${tab}`, n, answered: n };
        const reply = await call({ collectionId, mode: 'add', batch }, request);
        expect(reply).toEqual({ added: 1, updated: 0, durable: true });
        progress.acknowledged += 1;
      }
      progress.writing -= 1;
    };
    const writes = Promise.all(tabs.map(write));
    let closed = 0;
    const closing = (async (): Promise<void> => {
      for (let seen = 0; progress.writing > 0;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        // Two ends under one call are told, and this is about one.
        if (progress.acknowledged < seen + 15) continue;
        seen = progress.acknowledged;
        closed += closeAll({ commits });
      }
    })();
    await writes;
    await closing;
    expect(closed).toBeGreaterThan(2);
    const found = await tabs[1]!.get({ collectionId, include: [] });
    expect(found.ids.toSorted()).toEqual(ids.toSorted());
  },
);

test('S64 while the disk is full a database that was closed is not opened again, by owner or follower, and then it is', async () => {
  const closeAll = watchConnections();
  const storage = `indexeddb:${crypto.randomUUID()}`;
  const tabs = [await open(storage), await open(storage)];
  await tabs[1]!.createTenant({ name: 'kept' });
  const disk = fakeDisk(0);
  vi.spyOn(navigator.storage, 'getDirectory').mockImplementation(() => disk.storage.getDirectory());
  const opened = vi.spyOn(indexedDB, 'open');
  expect(closeAll({ commits: true })).toBe(1);
  for (const tab of [...tabs, ...tabs]) {
    await expect(tab.getTenant({ name: 'kept' })).rejects.toMatchObject({
      code: 'STORAGE_QUOTA',
      message: expect.stringContaining('The disk has no room'),
    });
  }
  // One that comes now knows it from the file.
  const late = createStoreService();
  services.push(late);
  await expect(late.open({ storage: `indexeddb:${crypto.randomUUID()}` })).rejects.toMatchObject({
    code: 'STORAGE_QUOTA',
  });
  expect(opened).not.toHaveBeenCalled();
  disk.room = Infinity;
  for (const tab of tabs)
    await expect.poll(() => tab.getTenant({ name: 'kept' }).catch(() => null)).toBe('kept');
  expect(disk.files).toEqual(new Set());
});
