/** The storage contract over IndexedDB in Node (fake-indexeddb), and the faults only a scripted platform can show. */
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openIndexedDbStorage } from './indexeddb.js';
import { storageContract } from './storage.contract.js';
import type { StorageBackend } from './storage.js';

let fixtures = 0;

storageContract('indexeddb on fake-indexeddb', async () => {
  const name = `contract-${(fixtures += 1)}`;
  return {
    open: () => openIndexedDbStorage(name),
    remove: async () => {
      indexedDB.deleteDatabase(name);
    },
  };
});

const STRICT = { durability: 'strict' } as const;

async function openFresh(): Promise<{ name: string; backend: StorageBackend }> {
  const name = `fault-${(fixtures += 1)}`;
  return { name, backend: await openIndexedDbStorage(name) };
}

function putOne(backend: StorageBackend, key: number): Promise<void> {
  return backend.commit(
    {
      expect: { store: 'meta', key: 'head', value: null },
      puts: [{ store: 'log', key, value: new Uint8Array([key]) }],
      deletes: [],
    },
    STRICT,
  );
}

/** The raw database, as another tab would open it; `stores` are what its upgrade makes. */
function openRaw(name: string, version?: number, stores: string[] = []): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => stores.forEach((store) => request.result.createObjectStore(store));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

describe('indexeddb storage', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  test('commits ask for the durability they are given', async () => {
    const { backend } = await openFresh();
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await putOne(backend, 1);
    await backend.commit(
      { expect: { store: 'meta', key: 'head', value: null }, puts: [], deletes: [] },
      { durability: 'relaxed' },
    );
    expect(transaction.mock.calls.map(([, mode, options]) => [mode, options])).toEqual([
      ['readwrite', { durability: 'strict' }],
      ['readwrite', { durability: 'relaxed' }],
    ]);
  });

  test('a full disk that shows only when the transaction ends is STORAGE_QUOTA, and nothing is kept', async () => {
    const { backend } = await openFresh();
    // Chromium lets every put succeed and then aborts the transaction: so does this commit().
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      (this as unknown as { _abort(name: string): void })._abort('QuotaExceededError');
    });
    await expect(putOne(backend, 1)).rejects.toMatchObject({
      code: 'STORAGE_QUOTA',
      cause: { name: 'QuotaExceededError' },
    });
    vi.restoreAllMocks();
    expect(await backend.read('log', 1)).toBeNull();
    await putOne(backend, 2);
    expect(await backend.read('log', 2)).toEqual(new Uint8Array([2]));
  });

  test('a transaction aborted for another reason is STORAGE_FAILED with its cause', async () => {
    const { backend } = await openFresh();
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      (this as unknown as { _abort(name: string): void })._abort('UnknownError');
    });
    await expect(putOne(backend, 1)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      cause: { name: 'UnknownError' },
    });
  });

  test('a commit is acknowledged on complete, not when its requests have succeeded', async () => {
    const { backend } = await openFresh();
    let complete = false;
    const original = IDBTransaction.prototype.commit;
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      this.addEventListener('complete', () => (complete = true));
      original.call(this);
    });
    await putOne(backend, 1);
    expect(complete).toBe(true);
  });

  test('when another tab wants to upgrade, the running commit finishes, the connection closes, later calls are STORAGE_LOST', async () => {
    const { name, backend } = await openFresh();
    const commit = putOne(backend, 1);
    const upgraded = openRaw(name, 3);
    await commit;
    const raw = await upgraded;
    expect(raw.version).toBe(3);
    await expect(putOne(backend, 2)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
    await expect(backend.read('log', 1)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
    raw.close();
  });

  test('a connection closed by the browser is STORAGE_LOST, also inside a transaction', async () => {
    const { backend } = await openFresh();
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      this.db.close();
      (this as unknown as { _abort(name: string): void })._abort('AbortError');
    });
    await expect(putOne(backend, 1)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
    vi.restoreAllMocks();
    await expect(backend.read('log', 1)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  });

  test('a database of a newer layout is FORMAT_TOO_NEW and stays as it is', async () => {
    const { name, backend } = await openFresh();
    await backend.close();
    (await openRaw(name, 7)).close();
    await expect(openIndexedDbStorage(name)).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    const raw = await openRaw(name);
    expect(raw.version).toBe(7);
    raw.close();
  });

  test('an opening held up by an older version that does not let go is STORAGE_BLOCKED after a bounded wait', async () => {
    const name = `fault-${(fixtures += 1)}`;
    const holder = await openRaw(name, 1, ['meta', 'log']);
    await expect(openIndexedDbStorage(name, { blockedMs: 20 })).rejects.toMatchObject({
      code: 'STORAGE_BLOCKED',
      details: { waitedMs: 20 },
    });
    holder.close();
    const opened = await openIndexedDbStorage(name);
    expect(await opened.read('meta', 'head')).toBeNull();
  });

  test('an opening that gets no answer, as behind a waiting deletion, is STORAGE_BLOCKED after a bounded wait', async () => {
    const name = `fault-${(fixtures += 1)}`;
    const holder = await openRaw(name, 1);
    indexedDB.deleteDatabase(name);
    await expect(openIndexedDbStorage(name, { openMs: 20 })).rejects.toMatchObject({
      code: 'STORAGE_BLOCKED',
      details: { waitedMs: 20 },
    });
    holder.close();
    const opened = await openIndexedDbStorage(name);
    expect(await opened.read('meta', 'head')).toBeNull();
  });

  test('a database of layout 1 is upgraded in place: its bytes stay and the new object stores are empty', async () => {
    const name = `fault-${(fixtures += 1)}`;
    const raw = await openRaw(name, 1, ['meta', 'log']);
    await new Promise((resolve) => {
      const tx = raw.transaction(['meta', 'log'], 'readwrite');
      tx.objectStore('meta').put(new Uint8Array([7]), 'head');
      tx.objectStore('log').put(new Uint8Array([8]), 1);
      tx.oncomplete = resolve;
    });
    raw.close();
    const backend = await openIndexedDbStorage(name);
    expect(await backend.read('meta', 'head')).toEqual(new Uint8Array([7]));
    expect(await backend.read('log', 1)).toEqual(new Uint8Array([8]));
    expect(await backend.keys('seg')).toEqual([]);
    expect(await backend.keys('manifest')).toEqual([]);
    await backend.close();
    const again = await openRaw(name);
    expect([again.version, [...again.objectStoreNames]]).toEqual([2, ['log', 'manifest', 'meta', 'seg']]);
    again.close();
  });

  test('a database of somebody else is refused', async () => {
    const name = `fault-${(fixtures += 1)}`;
    (await openRaw(name, 1)).close();
    await expect(openIndexedDbStorage(name)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      details: { store: 'meta' },
    });
  });

  test('a value that is not bytes is FORMAT_CORRUPT with its key', async () => {
    const { name, backend } = await openFresh();
    const raw = await openRaw(name);
    await new Promise((resolve) => {
      const tx = raw.transaction('log', 'readwrite');
      tx.objectStore('log').put('text', 4);
      tx.oncomplete = resolve;
    });
    raw.close();
    await expect(backend.read('log', 4)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      details: { key: 4 },
    });
  });

  test('without IndexedDB, or where it is refused, opening is STORAGE_UNAVAILABLE', async () => {
    vi.stubGlobal('indexedDB', undefined);
    await expect(openIndexedDbStorage('any')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    vi.stubGlobal('indexedDB', {
      open: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    await expect(openIndexedDbStorage('any')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      cause: { name: 'SecurityError' },
    });
  });
});
