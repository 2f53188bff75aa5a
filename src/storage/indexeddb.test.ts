/** The storage contract over IndexedDB in Node (fake-indexeddb), and the faults only a scripted platform can show. */
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { deleteIndexedDbStorage } from './indexeddb-delete.js';
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

  test('S54 strict commits ask for it, others for what the engine does by itself, never for less', async () => {
    const { backend } = await openFresh();
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await putOne(backend, 1);
    await backend.commit(
      { expect: { store: 'meta', key: 'head', value: null }, puts: [], deletes: [] },
      { durability: 'relaxed' },
    );
    expect(transaction.mock.calls.map(([, mode, options]) => [mode, options])).toEqual([
      ['readwrite', { durability: 'strict' }],
      ['readwrite', { durability: 'default' }],
    ]);
  });

  test('S63 a transaction is told to commit when every request in it has succeeded, and not before', async () => {
    const { backend } = await openFresh();
    let made = 0;
    let succeeded = 0;
    for (const method of ['put', 'delete'] as const) {
      const original = IDBObjectStore.prototype[method] as (...args: unknown[]) => IDBRequest;
      vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (
        this: IDBObjectStore,
        ...args: unknown[]
      ) {
        const request = original.apply(this, args);
        made += 1;
        request.addEventListener('success', () => (succeeded += 1));
        return request as IDBRequest<undefined> & IDBRequest<IDBValidKey>;
      });
    }
    const atCommit: [made: number, succeeded: number][] = [];
    const original = IDBTransaction.prototype.commit;
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      atCommit.push([made, succeeded]);
      original.call(this);
    });
    const expect1 = { store: 'meta', key: 'head', value: null } as const;
    const value = new Uint8Array([1]);
    const deletes = [{ store: 'log', from: 1, to: 2 } as const];
    await backend.commit({ expect: expect1, puts: [], deletes: [] }, STRICT);
    await backend.commit({ expect: expect1, puts: [], deletes }, STRICT);
    const puts = [1, 2, 3].map((key) => ({ store: 'log', key, value }) as const);
    await backend.commit({ expect: expect1, puts, deletes }, STRICT);
    expect(atCommit).toEqual([
      [0, 0],
      [1, 1],
      [5, 5],
    ]);
  });

  test('S63 a request that fails takes the whole transaction with it', async () => {
    const { backend } = await openFresh();
    await putOne(backend, 7);
    const put = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      // `add` fails where there is such a key, when its turn comes.
      return key === 7 ? this.add(value, key) : put.call(this, value, key);
    });
    const value = new Uint8Array([2]);
    await expect(
      backend.commit(
        {
          expect: { store: 'meta', key: 'head', value: null },
          puts: [6, 7, 8].map((key) => ({ store: 'log', key, value })),
          deletes: [],
        },
        STRICT,
      ),
    ).rejects.toMatchObject({ code: 'STORAGE_FAILED', cause: { name: 'ConstraintError' } });
    expect(await backend.read('log', 6)).toBeNull();
    expect(await backend.read('log', 7)).toEqual(new Uint8Array([7]));
    expect(await backend.read('log', 8)).toBeNull();
  });

  test('S63 a commit is done again where nothing can be put, as in Firefox after one that found no room; once', async () => {
    const { backend } = await openFresh();
    const refuse = (): never => {
      throw new DOMException('A mutation operation was attempted.', 'InvalidStateError');
    };
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(refuse);
    await putOne(backend, 1);
    expect(await backend.read('log', 1)).toEqual(new Uint8Array([1]));
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(refuse).mockImplementationOnce(refuse);
    await expect(putOne(backend, 2)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      cause: { name: 'InvalidStateError' },
    });
    expect(await backend.read('log', 2)).toBeNull();
    await putOne(backend, 3);
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

describe('a browser that cannot read', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Makes the next `times` requests of one method fail as Chromium does. */
  function failing(method: 'get' | 'getAll', times: number, name = 'UnknownError', only?: IDBValidKey): void {
    const original = IDBObjectStore.prototype[method] as (...args: unknown[]) => IDBRequest;
    let left = times;
    vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (
      this: IDBObjectStore,
      ...args: unknown[]
    ) {
      if (left > 0 && (only === undefined || args[0] === only)) {
        left -= 1;
        throw new DOMException('Failed to read large IndexedDB value', name);
      }
      return original.apply(this, args);
    });
  }

  test.each(['UnknownError', 'NotReadableError'])(
    'S52 after %s the connection is made anew, once, and what was asked is read',
    async (name) => {
      const { backend } = await openFresh();
      await putOne(backend, 1);
      const open = vi.spyOn(indexedDB, 'open');
      failing('get', 1, name);
      expect(await backend.read('log', 1)).toEqual(new Uint8Array([1]));
      expect(open).toHaveBeenCalledTimes(1);
      await putOne(backend, 2);
      expect(await backend.read('log', 2)).toEqual(new Uint8Array([2]));
    },
  );

  test('S52 reads that fail together make one connection, and commits meanwhile are not lost', async () => {
    const { backend } = await openFresh();
    await putOne(backend, 1);
    const open = vi.spyOn(indexedDB, 'open');
    failing('get', 3);
    const reads = [1, 1, 1].map((key) => backend.read('log', key));
    const commit = putOne(backend, 2);
    expect(await Promise.all(reads)).toEqual(reads.map(() => new Uint8Array([1])));
    await commit;
    await putOne(backend, 3);
    expect(open).toHaveBeenCalledTimes(1);
  });

  test('S51 a value that a fresh connection cannot read either is FORMAT_CORRUPT with its key', async () => {
    const { backend } = await openFresh();
    await putOne(backend, 1);
    failing('get', 2, 'NotReadableError');
    await expect(backend.read('log', 1)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      details: { what: 'unreadable', store: 'log', key: 1, error: 'NotReadableError' },
    });
    expect(await backend.read('log', 1)).toEqual(new Uint8Array([1]));
  });

  test('S52 a list tells which of its values cannot be read: it has no bytes, the others are there', async () => {
    const { name, backend } = await openFresh();
    for (const key of [1, 2, 3, 4]) await putOne(backend, key);
    const raw = await openRaw(name);
    await new Promise((resolve) => {
      const tx = raw.transaction('log', 'readwrite');
      tx.objectStore('log').put('text', 4);
      tx.oncomplete = resolve;
    });
    raw.close();
    failing('getAll', 2);
    failing('get', 2, 'UnknownError', 2);
    const found: [unknown, number][] = [];
    for await (const batch of backend.list('log'))
      for (const { key, value } of batch) found.push([key, value.length]);
    expect(found).toEqual([
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 0],
    ]);
  });

  test('an opening that fails once is tried again; one that fails twice is STORAGE_FAILED with the way out', async () => {
    const original = indexedDB.open.bind(indexedDB);
    let fails = 1;
    vi.spyOn(indexedDB, 'open').mockImplementation((...args) => {
      if (fails > 0) {
        fails -= 1;
        throw new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError');
      }
      return original(...args);
    });
    const { backend } = await openFresh();
    await putOne(backend, 1);
    fails = 2;
    await expect(openFresh()).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      fix: expect.stringContaining('reset()'),
      cause: { name: 'UnknownError' },
    });
  });

  test('S50 a connection that is lost says why: deleted, needed for an upgrade, or closed by the browser', async () => {
    const deleted = await openFresh();
    indexedDB.deleteDatabase(deleted.name);
    const upgraded = await openFresh();
    (await openRaw(upgraded.name, 9)).close();
    for (const [{ backend }, reason] of [
      [deleted, 'deleted'],
      [upgraded, 'upgrade'],
    ] as const) {
      await expect(backend.read('log', 1)).rejects.toMatchObject({
        code: 'STORAGE_LOST',
        details: { reason },
      });
    }
  });

  test('a database of a newer layout is refused, and every byte of it stays', async () => {
    const { name, backend } = await openFresh();
    await putOne(backend, 1);
    await backend.close();
    (await openRaw(name, 7)).close();
    await expect(openIndexedDbStorage(name)).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    const raw = await openRaw(name);
    const read = new Promise((resolve) => {
      const request = raw.transaction('log').objectStore('log').get(1);
      request.onsuccess = () => resolve(request.result);
    });
    expect([raw.version, await read]).toEqual([7, new Uint8Array([1])]);
    raw.close();
  });

  test('a database is deleted whatever is in it, and not while somebody holds it', async () => {
    const { name, backend } = await openFresh();
    await putOne(backend, 1);
    await backend.close();
    const holder = await openRaw(name);
    await expect(deleteIndexedDbStorage(name, 20)).rejects.toMatchObject({ code: 'STORAGE_BLOCKED' });
    holder.close();
    await deleteIndexedDbStorage(name);
    const again = await openIndexedDbStorage(name);
    expect(await again.read('log', 1)).toBeNull();
  });
});
