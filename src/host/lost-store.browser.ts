/** A store that the browser loses, in a real browser: told at the next opening, and begun anew only when somebody says so. */
import { deleteDB, openDB } from 'idb';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { StoreService } from '../rpc/service.js';
import { createBrowserMarker } from '../storage/marker-places.js';
import { createStoreService } from './store-service.js';

const DATABASE = { tenant: 'default_tenant', database: 'default_database' };
const services: StoreService[] = [];

function freshName(): string {
  return `lost-${Math.random().toString(36).slice(2)}`;
}

async function open(name: string, ifLost?: 'recreate'): Promise<StoreService> {
  const service = createStoreService();
  services.push(service);
  await service.open({ storage: `indexeddb:${name}`, ifLost });
  return service;
}

async function filled(name: string): Promise<void> {
  const service = await open(name);
  const index = {
    space: 'l2' as const,
    efConstruction: 100,
    efSearch: 100,
    maxNeighbors: 16,
    resizeFactor: 1.2,
    syncThreshold: 1000,
  };
  await service.createCollection({
    ...DATABASE,
    name: 'notes',
    metadata: null,
    configuration: { index, embeddingFunction: null },
    getOrCreate: false,
  });
  await service.close();
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(services.splice(0).map((service) => service.close().catch(() => {})));
});

describe.each<[string, () => void]>([
  ['opfs', () => {}],
  [
    'cache',
    () => vi.spyOn(navigator.storage, 'getDirectory').mockRejectedValue(new Error('not available here')),
  ],
])('S50 a store whose mark lies in %s', (place, prepare) => {
  test('and whose database was deleted while it was closed is STORAGE_LOST until it is reset', async () => {
    prepare();
    const name = freshName();
    await filled(name);
    const marker = createBrowserMarker(`indexeddb:${name}`);
    expect(await marker.read()).toMatchObject({ mark: { lastSeq: 1 } });
    expect(marker.place).toBe(place);
    await deleteDB(name);
    const service = await open(name);
    for (let time = 0; time < 2; time++) {
      await expect(service.countCollections(DATABASE)).rejects.toMatchObject({
        code: 'STORAGE_LOST',
        details: { reason: 'missing' },
      });
    }
    await service.reset();
    expect(await service.countCollections(DATABASE)).toBe(0);
    expect((await service.diagnostics()).damage).toEqual([]);
    await service.close();
    const again = await open(name);
    expect(await again.countCollections(DATABASE)).toBe(0);
  });

  test('begins anew at once where the client asked for that, and says so', async () => {
    prepare();
    const name = freshName();
    await filled(name);
    await deleteDB(name);
    const service = await open(name, 'recreate');
    expect((await service.diagnostics()).damage).toMatchObject([{ effect: 'recreated' }]);
    expect(await service.countCollections(DATABASE)).toBe(0);
  });
});

test('S50 a database deleted while it is open is STORAGE_LOST for the next calls, and no new store takes its place', async () => {
  const name = freshName();
  await filled(name);
  const service = await open(name);
  expect(await service.countCollections(DATABASE)).toBe(1);
  await deleteDB(name);
  await expect(service.countCollections(DATABASE)).rejects.toMatchObject({
    code: 'STORAGE_LOST',
    details: { reason: 'deleted' },
  });
  await expect(service.countCollections(DATABASE)).rejects.toMatchObject({
    code: 'STORAGE_LOST',
    details: { reason: 'missing' },
  });
  await service.reset();
  expect(await service.countCollections(DATABASE)).toBe(0);
});

test('S16 a store so damaged that it does not open is begun anew by reset, and by nothing else', async () => {
  const name = freshName();
  await filled(name);
  const raw = await openDB(name);
  await raw.put('meta', new Uint8Array(80), 'head');
  await raw.clear('log');
  raw.close();
  const service = await open(name, 'recreate');
  await expect(service.countCollections(DATABASE)).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
  await service.reset();
  expect(await service.countCollections(DATABASE)).toBe(0);
});
