/** Two tabs on one store: live queries across them, and a snapshot that goes from one browser profile to another. */
import type { Page } from '@playwright/test';
import { expect, test } from './library-page.js';

declare global {
  var seen: string[][];
  var failures: string[];
  var goOn: () => void;
  var bytes: number[];
}

/** A live reading of `notes`; what it gives stands in `globalThis.seen`. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(async () => {
    globalThis.seen = [];
    globalThis.failures = [];
    const client = new kindex.ChromaClient();
    const notes = await client.getOrCreateCollection({ name: 'notes', embeddingFunction: null });
    notes.live({}, (result: { ids: string[] }) => void globalThis.seen.push(result.ids), {
      onError: (error) => void globalThis.failures.push((error as { code: string }).code),
    });
  });
}

const lastSeen = (page: Page): Promise<string[] | undefined> => page.evaluate(() => globalThis.seen.at(-1));

async function add(page: Page, id: string): Promise<void> {
  await page.evaluate(async (name) => {
    const client = new kindex.ChromaClient();
    const notes = await client.getCollection({ name: 'notes' });
    await notes.add({ ids: [name], embeddings: [[name.length, 1]] });
  }, id);
}

test('C60 what is written in one tab appears in the live query of the other, whichever owns the store', async ({
  context,
  openIn,
}) => {
  const first = await openIn(await context.newPage());
  await watch(first);
  await expect.poll(() => lastSeen(first)).toEqual([]);
  const second = await openIn(await context.newPage());
  await watch(second);
  await expect.poll(() => lastSeen(second)).toEqual([]);

  await add(second, 'by the follower');
  await expect.poll(() => lastSeen(first)).toEqual(['by the follower']);
  await add(first, 'by the owner');
  await expect.poll(() => lastSeen(second)).toEqual(['by the follower', 'by the owner']);
  await expect.poll(() => lastSeen(first)).toEqual(['by the follower', 'by the owner']);

  // The owner closes; the one that is left goes on, and a third one is heard by it.
  await first.close();
  const third = await openIn(await context.newPage());
  await add(third, 'after');
  await expect.poll(() => lastSeen(second)).toEqual(['by the follower', 'by the owner', 'after']);

  await third.evaluate(() => new kindex.ChromaClient().deleteCollection({ name: 'notes' }));
  await expect.poll(() => second.evaluate(() => globalThis.failures)).toEqual(['NOT_FOUND_COLLECTION']);
});

test('C63 C64 a snapshot moves to another profile, where a damaged one leaves nothing', async ({
  browser,
  context,
  openIn,
}) => {
  const page = await openIn(await context.newPage());
  const exported = await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.createCollection({ name: 'notes', metadata: { n: 1 } });
    await notes.add({ ids: ['1', '2'], documents: ['See the dentist on Tuesday', 'Oil the bicycle chain'] });
    const blob = await (await client.export({ gzip: true })).blob();
    const bytes = Array.from(new Uint8Array(await blob.arrayBuffer()));
    return { bytes, persisted: await client.persist(), report: await client.storageReport() };
  });
  expect(exported.persisted).toBe(exported.report.persisted);
  expect(exported.report.collections).toMatchObject([{ name: 'notes', records: 2 }]);
  expect(exported.report.originQuotaBytes).toBeGreaterThan(0);

  const elsewhere = await browser.newContext();
  const other = await openIn(await elsewhere.newPage());
  const outcome = await other.evaluate(async (bytes) => {
    const client = new kindex.ChromaClient();
    const whole = Uint8Array.from(bytes);
    const code = await client.import(whole.slice(0, -20)).then(
      () => 'imported',
      (error: unknown) => (error as { code: string }).code,
    );
    const before = await client.countCollections();
    await client.import(new Blob([whole]));
    const notes = await client.getCollection({ name: 'notes' });
    const { ids } = await notes.query({ queryTexts: ['medical appointment'], nResults: 1 });
    return { code, before, ids, metadata: notes.metadata };
  }, exported.bytes);
  expect(outcome).toEqual({ code: 'FORMAT_SNAPSHOT', before: 0, ids: [['1']], metadata: { n: 1 } });
  await elsewhere.close();
});

test('S21 what an import has left behind when its tab died is gone after the next opening', async ({
  context,
  openIn,
}) => {
  const page = await openIn(await context.newPage());
  await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const points = await client.createCollection({ name: 'points', embeddingFunction: null });
    const rows = 12_000;
    const data = Float32Array.from({ length: rows * 32 }, (_, i) => Math.sin(i));
    await points.add({
      ids: Array.from({ length: rows }, (_, i) => `${i}`),
      embeddings: { data, rows, dimensions: 32 },
    });
    const blob = await (await client.export()).blob();
    await client.deleteCollection({ name: 'points' });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    // The source stops half way and never ends: the tab dies in the middle of its import.
    const half = new ReadableStream<Uint8Array>({
      start: (to) => to.enqueue(bytes.subarray(0, bytes.length / 1.5)),
    });
    void client.import(half).catch(() => {});
    for (;;) {
      const { collections } = await client.storageReport();
      if (collections.some(({ importing, records }) => importing && records > 0)) break;
    }
  });
  const watcher = await openIn(await context.newPage());
  const staged = (at: Page): Promise<number> =>
    at.evaluate(async () => (await new kindex.ChromaClient().storageReport()).collections.length);
  // Still going on in the other tab.
  expect(await staged(watcher)).toBe(1);
  expect(await watcher.evaluate(() => new kindex.ChromaClient().countCollections())).toBe(0);
  await page.close();
  await expect.poll(() => staged(watcher)).toBe(0);
});

test('C64 an import goes on when the tab that owned the store closes, and an export says that it cannot', async ({
  context,
  openIn,
}) => {
  const owner = await openIn(await context.newPage());
  await owner.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const points = await client.createCollection({ name: 'points', embeddingFunction: null });
    const rows = 20_000;
    const data = Float32Array.from({ length: rows * 64 }, (_, i) => Math.sin(i));
    const ids = Array.from({ length: rows }, (_, i) => `${i}`);
    await points.add({ ids, embeddings: { data, rows, dimensions: 64 } });
  });
  const follower = await openIn(await context.newPage());
  await follower.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const blob = await (await client.export()).blob();
    const reader = (await client.export()).stream().getReader();
    await reader.read();
    await reader.read();
    globalThis.seen = [];
    globalThis.failures = [];
    // Half of it, and the rest slowly, so that the owner closes in the middle.
    let size = 0;
    const held = new Promise<void>((resolve) => (globalThis.goOn = resolve));
    const slow = blob.stream().pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        async transform(piece, to) {
          if (size > blob.size / 2) await held;
          await new Promise((resolve) => setTimeout(resolve, 10));
          size += piece.length;
          to.enqueue(piece);
        },
      }),
    );
    const note = ({ records }: { records: number }): void => void globalThis.seen.push([`${records}`]);
    void client.import(slow, { ifExists: 'replace', onProgress: note }).then(
      async ({ collections }) => {
        globalThis.seen.push(['done', `${collections[0]?.records}`]);
        const rest = await (async () => {
          while (!(await reader.read()).done);
        })().catch((error: unknown) => (error as { code: string }).code);
        globalThis.failures.push(String(rest));
      },
      (error: unknown) => void globalThis.seen.push(['failed', String(error)]),
    );
  });
  await expect.poll(() => follower.evaluate(() => globalThis.seen.length)).toBeGreaterThan(0);
  expect((await lastSeen(follower))?.[0]).not.toBe('done');
  await Promise.all([owner.close(), follower.evaluate(() => globalThis.goOn())]);
  await expect
    .poll(() => follower.evaluate(() => globalThis.failures), { timeout: 60_000 })
    .toEqual(['WORKER_DIED']);
  expect((await lastSeen(follower))?.[0]).toBe('done');
  const state = await follower.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const { collections } = await client.storageReport();
    const points = await client.getCollection({ name: 'points' });
    return {
      role: (await client.diagnostics()).role,
      count: await points.count(),
      stored: collections.length,
    };
  });
  expect(state).toEqual({ role: 'leader', count: 20_000, stored: 1 });
});
