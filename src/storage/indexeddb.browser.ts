/** The storage contract over IndexedDB in a real browser, in a page, and what only a real browser does. */
import { deleteDB } from 'idb';
import { describe, expect, test } from 'vitest';
import { openIndexedDbStorage } from './indexeddb.js';
import { storageContract } from './storage.contract.js';

let fixtures = 0;

function freshName(): string {
  return `storage-contract-${(fixtures += 1)}-${Math.random().toString(36).slice(2)}`;
}

storageContract('indexeddb in a browser', async () => {
  const name = freshName();
  return { open: () => openIndexedDbStorage(name), remove: () => deleteDB(name) };
});

describe('indexeddb storage in a browser', () => {
  test('deleting the database while it is open is not held up, and later calls are STORAGE_LOST', async () => {
    const name = freshName();
    const backend = await openIndexedDbStorage(name);
    const commit = backend.commit(
      {
        expect: { store: 'meta', key: 'head', value: null },
        puts: [{ store: 'log', key: 1, value: new Uint8Array(1000) }],
        deletes: [],
      },
      { durability: 'strict' },
    );
    await Promise.all([commit, deleteDB(name)]);
    await expect(backend.read('log', 1)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
    const again = await openIndexedDbStorage(name);
    expect(await again.read('log', 1)).toBeNull();
    await again.close();
    await deleteDB(name);
  });
});
