/** A new log: in Chromium alone, without a trace, whoever else does the same. */
import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, test, vi } from 'vitest';
import { beginNewLog, SCRATCH_NAME } from './new-log.js';

const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const OTHERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0.0.0 Mobile/15E148 Safari/604.1',
  'Node.js/22',
];

async function names(factory: IDBFactory): Promise<(string | undefined)[]> {
  return (await factory.databases()).map(({ name }) => name);
}

function opened(factory: IDBFactory, name: string, version: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, version);
    request.onupgradeneeded = () => request.result.createObjectStore('rows');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

describe('S55 a new log', () => {
  test.each(OTHERS)('is nothing that %s needs', async (userAgent) => {
    const factory = new IDBFactory();
    const [open, remove] = [vi.spyOn(factory, 'open'), vi.spyOn(factory, 'deleteDatabase')];
    await beginNewLog({ factory, userAgent });
    expect(open).not.toHaveBeenCalled();
    expect(remove).not.toHaveBeenCalled();
  });

  test('is nothing that a platform needs which does not say what it is', async () => {
    vi.stubGlobal('navigator', undefined);
    const factory = new IDBFactory();
    const open = vi.spyOn(factory, 'open');
    await beginNewLog({ factory });
    vi.unstubAllGlobals();
    expect(open).not.toHaveBeenCalled();
  });

  test.each([CHROMIUM, CHROMIUM.replace('Chrome/', 'HeadlessChrome/'), `${CHROMIUM} Edg/156.0.0.0`])(
    'is begun in %s by a database that is made, and deleted again',
    async (userAgent) => {
      const factory = new IDBFactory();
      (await opened(factory, 'kindex', 2)).close();
      const [open, remove] = [vi.spyOn(factory, 'open'), vi.spyOn(factory, 'deleteDatabase')];
      await beginNewLog({ factory, userAgent });
      expect(open.mock.calls).toEqual([[SCRATCH_NAME]]);
      expect(remove.mock.calls).toEqual([[SCRATCH_NAME]]);
      expect(await names(factory)).toEqual(['kindex']);
    },
  );

  test('takes away what a tab that ended in the middle has left', async () => {
    const factory = new IDBFactory();
    (await opened(factory, SCRATCH_NAME, 1)).close();
    await beginNewLog({ factory, userAgent: CHROMIUM });
    expect(await names(factory)).toEqual([]);
  });

  test('is begun by several tabs at once', async () => {
    const factory = new IDBFactory();
    await Promise.all(
      Array.from({ length: 5 }, () => beginNewLog({ factory, userAgent: CHROMIUM, patienceMs: 5_000 })),
    );
    expect(await names(factory)).toEqual([]);
  });

  test('is given up while another tab keeps the scratch database open, and comes when that lets go', async () => {
    const factory = new IDBFactory();
    const held = await opened(factory, SCRATCH_NAME, 1);
    await expect(beginNewLog({ factory, userAgent: CHROMIUM, patienceMs: 20 })).rejects.toThrow(
      'no answer in 0.02 s',
    );
    expect(await names(factory)).toEqual([SCRATCH_NAME]);
    held.close();
    await expect.poll(() => names(factory)).toEqual([]);
  });

  test('that the engine refuses rejects with its reason', async () => {
    const factory = new IDBFactory();
    const full = new DOMException('There is no room.', 'QuotaExceededError');
    vi.spyOn(factory, 'open').mockImplementation(() => {
      throw full;
    });
    await expect(beginNewLog({ factory, userAgent: CHROMIUM })).rejects.toBe(full);
  });
});
