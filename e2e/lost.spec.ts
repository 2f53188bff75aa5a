/** A store that the browser loses, in a real page with the package's own workers. */
import { expect, type Page } from '@playwright/test';
import { test } from './library-page.js';

async function fill(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.createCollection({ name: 'notes', embeddingFunction: null });
    await notes.add({
      ids: ['a', 'b'],
      embeddings: [
        [1, 0],
        [0, 1],
      ],
    });
    await client.close();
  });
}

async function deleteDatabase(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase('kindex');
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
      }),
  );
}

/** What counting the collections gives: their number, or the error. */
async function outcome(page: Page, ifLost?: 'recreate'): Promise<unknown> {
  return page.evaluate(async (asked) => {
    const client = new kindex.ChromaClient(asked ? { ifLost: asked } : {});
    try {
      return await client.countCollections();
    } catch (error) {
      const { code, details } = error as { code: string; details: { reason?: string; records?: number } };
      return { code, reason: details.reason, records: details.records };
    } finally {
      await client.close();
    }
  }, ifLost);
}

const LOST = { code: 'STORAGE_LOST', reason: 'missing', records: 2 };

test('S50 a database deleted while nobody had it open is told at every opening, until reset begins a new store', async ({
  open,
}) => {
  const page = await open();
  await fill(page);
  await deleteDatabase(page);
  expect(await outcome(page)).toEqual(LOST);
  await page.close();
  const second = await open();
  expect(await outcome(second)).toEqual(LOST);
  await second.evaluate(async () => new kindex.ChromaClient().reset());
  expect(await outcome(second)).toBe(0);
  await fill(second);
  expect(await outcome(second)).toBe(1);
});

test('S50 with ifLost recreate a new store is begun at once, and diagnostics say so', async ({ open }) => {
  const page = await open();
  await fill(page);
  await deleteDatabase(page);
  const found = await page.evaluate(async () => {
    const client = new kindex.ChromaClient({ ifLost: 'recreate' });
    const { damage, warnings } = await client.diagnostics();
    return { effects: damage.map(({ effect }) => effect), warnings: warnings.length };
  });
  expect(found).toEqual({ effects: ['recreated'], warnings: 1 });
});

test('S50 site data cleared while the store is open: pending and next calls say so, and no empty store takes its place', async ({
  open,
}) => {
  const page = await open();
  await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.createCollection({ name: 'notes', embeddingFunction: null });
    await notes.add({ ids: ['a'], embeddings: [[1, 0]] });
    Object.assign(globalThis, { client, notes });
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', {
    origin: new URL(page.url()).origin,
    storageTypes: 'indexeddb,cache_storage,file_systems',
  });
  const codes = await page.evaluate(async () => {
    const { client } = globalThis as unknown as { client: InstanceType<typeof kindex.ChromaClient> };
    const codes: unknown[] = [];
    for (let time = 0; time < 4; time++)
      codes.push(await client.countCollections().catch((error: { code: string }) => error.code));
    await client.reset();
    codes.push(await client.countCollections());
    return codes;
  });
  expect(codes).toEqual(['STORAGE_LOST', 'STORAGE_LOST', 'STORAGE_LOST', 'STORAGE_LOST', 0]);
});
