/** Opening a stored store in Chromium: the log of its database is begun anew beside it, and that is nobody's trouble. */
import { afterEach, expect, test, vi } from 'vitest';
import { SCRATCH_NAME } from '../storage/new-log.js';
import type { StoreService } from '../rpc/service.js';
import { createStoreService } from './store-service.js';

const services: StoreService[] = [];

async function open(storage: string): Promise<StoreService> {
  const service = createStoreService();
  services.push(service);
  await service.open({ storage });
  return service;
}

/** Databases that were deleted; what is called goes through. */
function watchDeletions(): string[] {
  const names: string[] = [];
  const remove = indexedDB.deleteDatabase.bind(indexedDB);
  vi.spyOn(indexedDB, 'deleteDatabase').mockImplementation((name) => {
    names.push(name);
    return remove(name);
  });
  return names;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(services.splice(0).map((service) => service.close()));
});

test('S55 each opening of a stored store begins a new log and leaves nothing behind', async () => {
  const deleted = watchDeletions();
  const storage = `indexeddb:${crypto.randomUUID()}`;
  const service = await open(storage);
  await expect.poll(() => deleted).toEqual([SCRATCH_NAME]);
  await expect
    .poll(async () => (await indexedDB.databases()).map(({ name }) => name))
    .not.toContain(SCRATCH_NAME);
  expect((await service.diagnostics()).warnings).toEqual([]);
  await service.close();
  await open(storage);
  await expect.poll(() => deleted).toEqual([SCRATCH_NAME, SCRATCH_NAME]);
});

test('S55 a tab that follows has begun its log before it leads, and does not do it again then', async () => {
  const deleted = watchDeletions();
  const storage = `indexeddb:${crypto.randomUUID()}`;
  const first = await open(storage);
  await expect.poll(() => deleted).toHaveLength(1);
  const second = await open(storage);
  await expect.poll(() => deleted).toHaveLength(2);
  await first.close();
  await expect.poll(async () => (await second.diagnostics()).role).toBe('leader');
  expect(deleted).toHaveLength(2);
});

test('S55 a store in memory needs no log', async () => {
  const deleted = watchDeletions();
  const opened = vi.spyOn(indexedDB, 'open');
  const service = await open('memory:new-log');
  expect((await service.diagnostics()).warnings).toEqual([]);
  expect(opened).not.toHaveBeenCalled();
  expect(deleted).toEqual([]);
});

test('S55 where the browser refuses, the store opens and works all the same, and diagnostics says so', async () => {
  const make = indexedDB.open.bind(indexedDB);
  vi.spyOn(indexedDB, 'open').mockImplementation((name, version) => {
    if (name === SCRATCH_NAME) throw new DOMException('There is no room.', 'QuotaExceededError');
    return make(name, version);
  });
  const service = await open(`indexeddb:${crypto.randomUUID()}`);
  await expect.poll(async () => (await service.diagnostics()).warnings).toHaveLength(1);
  const [warning] = (await service.diagnostics()).warnings;
  expect(warning).toContain('did not begin a new log (There is no room.)');
  await service.createTenant({ name: 'tenant' });
  expect(await service.getTenant({ name: 'tenant' })).toBe('tenant');
});
