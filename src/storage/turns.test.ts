/** In WebKit one transaction at a time, elsewhere as many as are asked for; nobody waits for one that has failed. */
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openIndexedDbStorage } from './indexeddb.js';
import { storageContract } from './storage.contract.js';
import type { StorageBackend } from './storage.js';
import { turnsOf } from './turns.js';

const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15';
const WEBKIT = [
  SAFARI,
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0.0.0 Mobile/15E148 Safari/604.1',
];
const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const OTHERS = [
  CHROMIUM,
  CHROMIUM.replace('Chrome/', 'HeadlessChrome/'),
  `${CHROMIUM} Edg/156.0.0.0`,
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Node.js/22',
  '',
];

let fixtures = 0;

storageContract('indexeddb, one transaction at a time', async () => {
  const name = `turns-contract-${(fixtures += 1)}`;
  return {
    open: () => openIndexedDbStorage(name, { userAgent: SAFARI }),
    remove: async () => {
      indexedDB.deleteDatabase(name);
    },
  };
});

/** How many transactions are open at once, at most, from now on. */
function transactionsCounted(): { most: number; begun: number } {
  const counted = { most: 0, begun: 0 };
  let open = 0;
  // eslint-disable-next-line typescript/unbound-method -- called with the database it was taken from
  const { transaction } = IDBDatabase.prototype;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    const tx = transaction.apply(this, args);
    open += 1;
    counted.begun += 1;
    counted.most = Math.max(counted.most, open);
    for (const end of ['complete', 'abort']) tx.addEventListener(end, () => (open -= 1));
    return tx;
  });
  return counted;
}

const value = new Uint8Array([1]);

function putOne(backend: StorageBackend, key: number): Promise<void> {
  return backend.commit(
    {
      expect: { store: 'meta', key: 'head', value: null },
      puts: [{ store: 'log', key, value }],
      deletes: [],
    },
    { durability: 'strict' },
  );
}

async function listed(backend: StorageBackend): Promise<unknown[]> {
  const keys = [];
  for await (const batch of backend.list('log')) keys.push(...batch.map(({ key }) => key));
  return keys;
}

/** Everything that has a transaction, at once. */
async function usedAtOnce(userAgent: string): Promise<{ most: number; begun: number }> {
  const backend = await openIndexedDbStorage(`turns-${(fixtures += 1)}`, { userAgent });
  for (let key = 0; key < 90; key++) await putOne(backend, key);
  const counted = transactionsCounted();
  const [, read, keys, list] = await Promise.all([
    putOne(backend, 90),
    Promise.all([0, 1, 2, 3].map(async (key) => backend.read('log', key))),
    backend.keys('log'),
    listed(backend),
    putOne(backend, 91),
  ]);
  expect(read).toEqual([value, value, value, value]);
  // What was asked for after a commit sees it.
  expect(keys).toHaveLength(91);
  expect(list.slice(0, 91)).toEqual(Array.from({ length: 91 }, (_, key) => key));
  await backend.close();
  return counted;
}

afterEach(() => vi.restoreAllMocks());

describe('S62 transactions of a connection', () => {
  test.each(WEBKIT)('follow one another in %s', async (userAgent) => {
    const { most, begun } = await usedAtOnce(userAgent);
    expect(begun).toBeGreaterThanOrEqual(9);
    expect(most).toBe(1);
  });

  test.each(OTHERS)('do not wait for each other in "%s"', async (userAgent) => {
    const { most } = await usedAtOnce(userAgent);
    expect(most).toBeGreaterThan(4);
  });

  test('one that fails holds up nobody, and closing waits for commits whose turn has not come', async () => {
    const backend = await openIndexedDbStorage(`turns-${(fixtures += 1)}`, { userAgent: SAFARI });
    const fenced = backend.commit(
      { expect: { store: 'meta', key: 'head', value }, puts: [], deletes: [] },
      { durability: 'strict' },
    );
    const commits = [1, 2, 3].map(async (key) => putOne(backend, key));
    const closed = backend.close();
    await expect(fenced).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await Promise.all([...commits, closed]);
    await expect(backend.read('log', 1)).rejects.toMatchObject({ code: 'CLOSED' });
    const again = await openIndexedDbStorage(backend.name.slice('indexeddb:'.length), { userAgent: SAFARI });
    expect(await again.keys('log')).toEqual([1, 2, 3]);
    await again.close();
  });

  test('what the work throws at once is a rejection, and the next one has its turn', async () => {
    const turn = turnsOf(SAFARI);
    const failed = turn(() => {
      throw new Error('at once');
    });
    await expect(failed).rejects.toThrow('at once');
    expect(await turn(async () => 7)).toBe(7);
  });
});
