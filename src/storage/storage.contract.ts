/** What every storage backend must do; run for memory, for IndexedDB in Node and for IndexedDB in a real browser. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StorageBackend, StorageBatch, StorageEntry } from './storage.js';

/** One stored database: `open` gives a new connection to the same bytes each time. */
export interface StorageFixture {
  open(): Promise<StorageBackend>;
  remove(): Promise<void>;
}

const STRICT = { durability: 'strict' } as const;

function bytes(...values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values);
}

function filled(length: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(value);
}

async function listAll(backend: StorageBackend, after?: number): Promise<StorageEntry[]> {
  const entries: StorageEntry[] = [];
  for await (const batch of backend.list('log', after === undefined ? {} : { after })) entries.push(...batch);
  return entries;
}

function code(expected: string): object {
  return expect.objectContaining({ code: expected });
}

const NO_HEAD: StorageBatch['expect'] = { store: 'meta', key: 'head', value: null };

export function storageContract(name: string, create: () => Promise<StorageFixture>): void {
  describe(`storage contract: ${name}`, () => {
    let fixture: StorageFixture;
    let backend: StorageBackend;
    const opened: StorageBackend[] = [];

    const open = async (): Promise<StorageBackend> => {
      const next = await fixture.open();
      opened.push(next);
      return next;
    };

    beforeEach(async () => {
      fixture = await create();
      backend = await open();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((each) => each.close()));
      await fixture.remove();
    });

    const put = (entries: [key: number, value: Uint8Array<ArrayBuffer>][]): Promise<void> =>
      backend.commit(
        { expect: NO_HEAD, puts: entries.map(([key, value]) => ({ store: 'log', key, value })), deletes: [] },
        STRICT,
      );

    test('a new database is empty', async () => {
      expect(await backend.read('meta', 'head')).toBeNull();
      expect(await listAll(backend)).toEqual([]);
    });

    test('what is committed reads back, byte for byte, in both object stores', async () => {
      const every = new Uint8Array(256).map((_, i) => i);
      await backend.commit(
        {
          expect: NO_HEAD,
          puts: [
            { store: 'meta', key: 'head', value: bytes(1, 2, 3) },
            { store: 'log', key: 1, value: every },
          ],
          deletes: [],
        },
        STRICT,
      );
      expect(await backend.read('meta', 'head')).toEqual(bytes(1, 2, 3));
      expect(await backend.read('log', 1)).toEqual(every);
    });

    test('the stored bytes are a copy of what was given and of what is returned', async () => {
      const value = bytes(1, 2, 3);
      await put([[1, value]]);
      value[0] = 99;
      const first = await backend.read('log', 1);
      first![1] = 99;
      expect(await backend.read('log', 1)).toEqual(bytes(1, 2, 3));
    });

    test('a view into a larger buffer is stored as its own bytes only', async () => {
      await put([[1, filled(1000, 7).subarray(10, 13)]]);
      const read = await backend.read('log', 1);
      expect(read).toEqual(bytes(7, 7, 7));
    });

    test('a put replaces the value of its key', async () => {
      await put([[1, bytes(1)]]);
      await put([[1, bytes(2, 2)]]);
      expect(await listAll(backend)).toEqual([{ key: 1, value: bytes(2, 2) }]);
    });

    test('relaxed commits are applied too', async () => {
      await backend.commit(
        { expect: NO_HEAD, puts: [{ store: 'log', key: 1, value: bytes(5) }], deletes: [] },
        { durability: 'relaxed' },
      );
      expect(await backend.read('log', 1)).toEqual(bytes(5));
    });

    test('list is ascending by number, not by text, and begins after the given key', async () => {
      await put([10, 2, 1, 300, 9].map((key) => [key, bytes(key & 255)]));
      expect((await listAll(backend)).map(({ key }) => key)).toEqual([1, 2, 9, 10, 300]);
      expect((await listAll(backend, 9)).map(({ key }) => key)).toEqual([10, 300]);
      expect(await listAll(backend, 300)).toEqual([]);
    });

    test('list gives many large rows in batches of bounded bytes', async () => {
      const rows = 400;
      for (let first = 1; first <= rows; first += 100) {
        await put(Array.from({ length: 100 }, (_, i) => [first + i, filled(48 * 1024, (first + i) & 255)]));
      }
      const keys: unknown[] = [];
      let batches = 0;
      for await (const batch of backend.list('log')) {
        batches += 1;
        expect(batch.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThanOrEqual(5 * 1024 * 1024);
        for (const { key, value } of batch) {
          keys.push(key);
          expect(value.length).toBe(48 * 1024);
          expect(value[0]).toBe((key as number) & 255);
        }
      }
      expect(keys).toEqual(Array.from({ length: rows }, (_, i) => i + 1));
      expect(batches).toBeGreaterThan(3);
    });

    test('list of thousands of small rows misses none and repeats none', async () => {
      const rows = 3000;
      await put(Array.from({ length: rows }, (_, i) => [i + 1, bytes(i & 255)]));
      expect((await listAll(backend)).map(({ key }) => key)).toEqual(
        Array.from({ length: rows }, (_, i) => i + 1),
      );
    });

    test('segments of 4 MiB and manifests are stored whole, and keys are listed in order without them', async () => {
      const segment = filled(4 * 1024 * 1024, 3);
      await backend.commit(
        {
          expect: NO_HEAD,
          puts: [
            { store: 'seg', key: '0002', value: segment },
            { store: 'seg', key: '0001', value: bytes(1) },
            { store: 'seg', key: '0010', value: bytes(10) },
            { store: 'manifest', key: 'a', value: bytes(4, 5) },
          ],
          deletes: [],
        },
        STRICT,
      );
      expect(await backend.keys('seg')).toEqual(['0001', '0002', '0010']);
      expect(await backend.keys('log')).toEqual([]);
      const read = await backend.read('seg', '0002');
      expect(read?.length === segment.length && read.every((byte) => byte === 3)).toBe(true);
      expect(await backend.read('manifest', 'a')).toEqual(bytes(4, 5));
      await backend.commit(
        { expect: NO_HEAD, puts: [], deletes: [{ store: 'seg', from: '0002', to: '0010' }] },
        STRICT,
      );
      expect(await backend.keys('seg')).toEqual(['0001']);
    });

    test('a caller may stop listing early', async () => {
      await put(Array.from({ length: 200 }, (_, i) => [i + 1, filled(48 * 1024, i)]));
      for await (const batch of backend.list('log')) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
      expect(await backend.read('log', 200)).toEqual(filled(48 * 1024, 199));
    });

    test('deletes take whole ranges, both ends included, and nothing else', async () => {
      await put([1, 2, 3, 4, 5].map((key) => [key, bytes(key)]));
      await backend.commit(
        { expect: NO_HEAD, puts: [], deletes: [{ store: 'log', from: 2, to: 4 }] },
        STRICT,
      );
      expect((await listAll(backend)).map(({ key }) => key)).toEqual([1, 5]);
    });

    test('deletes come before the puts of the same commit', async () => {
      await put([1, 2, 3].map((key) => [key, bytes(key)]));
      await backend.commit(
        {
          expect: NO_HEAD,
          puts: [{ store: 'log', key: 2, value: bytes(22) }],
          deletes: [{ store: 'log', from: 1, to: 3 }],
        },
        STRICT,
      );
      expect(await listAll(backend)).toEqual([{ key: 2, value: bytes(22) }]);
    });

    test('an expectation that fails stores nothing of the batch', async () => {
      await put([[1, bytes(1)]]);
      for (const value of [bytes(1), bytes()]) {
        await expect(
          backend.commit(
            {
              expect: { store: 'meta', key: 'head', value },
              puts: [{ store: 'log', key: 2, value: bytes(2) }],
              deletes: [{ store: 'log', from: 1, to: 1 }],
            },
            STRICT,
          ),
        ).rejects.toEqual(code('STORAGE_FENCED'));
      }
      expect(await listAll(backend)).toEqual([{ key: 1, value: bytes(1) }]);
    });

    test('an expectation compares every byte and the length', async () => {
      const setHead = (from: Uint8Array | null, to: Uint8Array<ArrayBuffer>): Promise<void> =>
        backend.commit(
          {
            expect: { ...NO_HEAD, value: from },
            puts: [{ store: 'meta', key: 'head', value: to }],
            deletes: [],
          },
          STRICT,
        );
      await setHead(null, bytes(1, 2, 3));
      for (const wrong of [null, bytes(1, 2), bytes(1, 2, 4), bytes(1, 2, 3, 0), bytes(0, 2, 3)]) {
        await expect(setHead(wrong, bytes(9))).rejects.toEqual(code('STORAGE_FENCED'));
      }
      await setHead(bytes(1, 2, 3), bytes(4));
      expect(await backend.read('meta', 'head')).toEqual(bytes(4));
    });

    test('of two connections that expect the same value one wins and the other is fenced', async () => {
      const other = await open();
      const take = (by: StorageBackend, mark: number): Promise<void> =>
        by.commit(
          {
            expect: NO_HEAD,
            puts: [
              { store: 'meta', key: 'head', value: bytes(mark) },
              { store: 'log', key: mark, value: bytes(mark) },
            ],
            deletes: [],
          },
          STRICT,
        );
      const results = await Promise.allSettled([take(backend, 1), take(other, 2)]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(results.find((result) => result.status === 'rejected')?.reason).toEqual(code('STORAGE_FENCED'));
      const winner = results[0].status === 'fulfilled' ? 1 : 2;
      expect(await other.read('meta', 'head')).toEqual(bytes(winner));
      expect((await listAll(other)).map(({ key }) => key)).toEqual([winner]);
    });

    test('a batch whose last value cannot be stored stores none of them', async () => {
      const unstorable = (() => 1) as unknown as Uint8Array<ArrayBuffer>;
      await expect(
        put([
          [1, bytes(1)],
          [2, unstorable],
        ]),
      ).rejects.toThrow();
      expect(await listAll(backend)).toEqual([]);
      await put([[3, bytes(3)]]);
      expect((await listAll(backend)).map(({ key }) => key)).toEqual([3]);
    });

    test('concurrent commits are applied one after the other, each whole', async () => {
      await Promise.all(
        Array.from({ length: 30 }, (_, n) => put([1, 2, 3].map((part) => [n * 3 + part, bytes(n)]))),
      );
      const entries = await listAll(backend);
      expect(entries.length).toBe(90);
      expect(entries.every(({ key, value }) => value[0] === Math.floor(((key as number) - 1) / 3))).toBe(
        true,
      );
    });

    test('bytes survive closing and reopening', async () => {
      await put([
        [1, bytes(1)],
        [2, filled(48 * 1024, 2)],
      ]);
      await backend.close();
      const again = await open();
      expect(await listAll(again)).toEqual([
        { key: 1, value: bytes(1) },
        { key: 2, value: filled(48 * 1024, 2) },
      ]);
    });

    test('close waits for a commit in progress', async () => {
      const commit = put([[1, bytes(1)]]);
      await backend.close();
      await commit;
      expect(await listAll(await open())).toEqual([{ key: 1, value: bytes(1) }]);
    });

    test('after close every call rejects with CLOSED, and closing again is fine', async () => {
      await backend.close();
      await backend.close();
      await expect(backend.read('meta', 'head')).rejects.toEqual(code('CLOSED'));
      await expect(backend.keys('seg')).rejects.toEqual(code('CLOSED'));
      await expect(listAll(backend)).rejects.toEqual(code('CLOSED'));
      await expect(put([[1, bytes(1)]])).rejects.toEqual(code('CLOSED'));
      await expect(backend.estimate()).rejects.toEqual(code('CLOSED'));
    });

    test('estimate reports numbers or says that nothing is known', async () => {
      const { usageBytes, quotaBytes } = await backend.estimate();
      for (const value of [usageBytes, quotaBytes]) {
        expect(value === null || (Number.isFinite(value) && value >= 0)).toBe(true);
      }
    });
  });
}
