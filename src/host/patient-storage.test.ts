/** A storage that answers is left alone; one that hangs ends the wait with a typed error. */
import { describe, expect, test } from 'vitest';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import { storageContract } from '../storage/storage.contract.js';
import type { StorageBackend } from '../storage/storage.js';
import { patientStorage } from './patient-storage.js';

storageContract('memory behind patience', async () => {
  const data = createMemoryData();
  return { open: async () => patientStorage(createMemoryStorage({ data })), remove: async () => {} };
});

const never = <T>(): Promise<T> => new Promise<T>(() => {});
const hanging: StorageBackend = {
  name: 'hanging',
  read: never,
  keys: never,
  async *list() {
    yield await never();
  },
  commit: never,
  estimate: async () => ({ usageBytes: null, quotaBytes: null }),
  close: never,
};

describe('S32 a storage that does not answer', () => {
  const storage = patientStorage(hanging, 20);
  const batch = { expect: { store: 'meta' as const, key: 'head', value: null }, puts: [], deletes: [] };

  test.each<[string, string, () => Promise<unknown>]>([
    ['read', 'STORAGE_BLOCKED', () => storage.read('meta', 'head')],
    ['keys', 'STORAGE_BLOCKED', () => storage.keys('seg')],
    ['list', 'STORAGE_BLOCKED', async () => storage.list('log')[Symbol.asyncIterator]().next()],
    ['commit', 'STORAGE_LOST', () => storage.commit(batch, { durability: 'strict' })],
  ])('%s rejects with %s', async (_, code, call) => {
    await expect(call()).rejects.toMatchObject({ code, details: { storage: 'hanging', waitedMs: 20 } });
  });

  test('is closed without waiting for it', async () => {
    await expect(storage.close()).resolves.toBeUndefined();
  });
});
