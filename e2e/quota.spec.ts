/** A browser without room, in a real page: what is refused, what goes on, and that it ends when there is room again. */
import { expect, type Page } from '@playwright/test';
import { test } from './library-page.js';

/** Lasts as long as the session behind it. Without `quotaBytes`: as much as the browser gives. */
async function limitQuota(page: Page): Promise<(quotaBytes?: number) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  return async (quotaBytes) => {
    await session.send('Storage.overrideQuotaForOrigin', {
      origin,
      ...(quotaBytes === undefined ? {} : { quotaSize: quotaBytes }),
    });
  };
}

/** Adds records of 64 KiB until one is refused; resolves to the ids that were acknowledged and the error. */
async function fill(page: Page): Promise<{ ids: string[]; code: string; class: string }> {
  return page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.getOrCreateCollection({ name: 'notes', embeddingFunction: null });
    const ids: string[] = [];
    const noise = (): string =>
      Array.from(crypto.getRandomValues(new Uint8Array(32_768)), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join('');
    for (let i = 0; i < 400; i++) {
      try {
        await notes.add({ ids: [`r${i}`], embeddings: [[i, 1]], documents: [noise()] });
        ids.push(`r${i}`);
      } catch (error) {
        return { ids, code: (error as { code: string }).code, class: (error as Error).name };
      }
    }
    return { ids, code: 'none', class: '' };
  });
}

test('S53 a quota that is used up refuses writes whole, lets reads and deletes go on, and ends when records are gone', async ({
  open,
}) => {
  const page = await open();
  await (
    await limitQuota(page)
  )(5_000_000);
  const { ids, code, class: name } = await fill(page);
  expect({ code, name }).toEqual({ code: 'STORAGE_QUOTA', name: 'ChromaQuotaExceededError' });
  expect(ids.length).toBeGreaterThan(10);
  const state = await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.getCollection({ name: 'notes' });
    return { state: (await client.diagnostics()).state, ids: (await notes.get({ include: [] })).ids };
  });
  expect(state).toEqual({ state: 'full', ids });

  // Room in the origin is used up to the last byte by somebody else: deletes are stored all the same.
  await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.getCollection({ name: 'notes' });
    const all = (await notes.get({ include: [] })).ids;
    for (const id of all.slice(0, 5)) await notes.delete({ ids: [id] });
    await notes.delete({ ids: all.slice(5, -3) });
  });
  await expect
    .poll(() => page.evaluate(async () => (await new kindex.ChromaClient().diagnostics()).state), {
      timeout: 30_000,
    })
    .toBe('ok');
  const after = await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.getCollection({ name: 'notes' });
    await notes.add({ ids: ['again'], embeddings: [[0, 1]], documents: ['there is room'] });
    return (await notes.get({ include: [] })).ids;
  });
  expect(after).toEqual([...ids.slice(-3), 'again']);
  await page.close();
  const second = await open();
  const kept = await second.evaluate(
    async () => (await (await new kindex.ChromaClient().getCollection({ name: 'notes' })).get()).ids,
  );
  expect(kept).toEqual(after);
});

test('S53 a quota that is raised again takes writes at once', async ({ open }) => {
  const page = await open();
  const limit = await limitQuota(page);
  await limit(3_000_000);
  const { ids, code } = await fill(page);
  expect(code).toBe('STORAGE_QUOTA');
  await limit();
  const after = await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.getCollection({ name: 'notes' });
    await notes.add({ ids: ['again'], embeddings: [[0, 1]] });
    return { state: (await client.diagnostics()).state, ids: (await notes.get({ include: [] })).ids };
  });
  expect(after).toEqual({ state: 'ok', ids: [...ids, 'again'] });
});

test('S53 no room at the first opening is a typed error, soon, and no hang', async ({ open }) => {
  const page = await open();
  const limit = await limitQuota(page);
  await limit(1_000);
  const codes = await page.evaluate(async () => {
    const codes: string[] = [];
    for (let time = 0; time < 2; time++) {
      await new kindex.ChromaClient().heartbeat().catch((error: { code: string }) => codes.push(error.code));
    }
    return codes;
  });
  expect(codes).toEqual(['STORAGE_QUOTA', 'STORAGE_QUOTA']);
  await limit();
  expect(await page.evaluate(async () => new kindex.ChromaClient().countCollections())).toBe(0);
});
