/** Several tabs over one store, in a real browser: leaders that are closed, frozen or lost in a loop, and what becomes of the calls. */
import type { Page, Worker } from '@playwright/test';
import { expect, test } from './library-page.js';

/** Makes the collection `shared` with `count` records that are there to be deleted one by one. */
async function fill(page: Page, count: number): Promise<void> {
  await page.evaluate(async (records) => {
    const client = new kindex.ChromaClient();
    const shared = await client.getOrCreateCollection({ name: 'shared', embeddingFunction: null });
    await shared.add({
      ids: Array.from({ length: records }, (_, i) => `old${i}`),
      embeddings: Array.from({ length: records }, (_, i) => [i, 1]),
      metadatas: Array.from({ length: records }, () => ({ old: true })),
    });
  }, count);
}

function storeWorker(page: Page): Worker {
  const found = page.workers().find((worker) => worker.url().includes('store.worker'));
  if (!found) throw new Error('The page has no store worker.');
  return found;
}

interface Seen {
  role: string;
  ids: string[];
}

async function look(page: Page): Promise<Seen> {
  return page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const shared = await client.getCollection({ name: 'shared' });
    return { ids: (await shared.get()).ids, role: (await client.diagnostics()).role };
  });
}

/** Begins adds and deletes of one record each; `finish` resolves when all are answered, and rejects when one is refused. */
async function begin(page: Page, prefix: string, count: number): Promise<{ finish: () => Promise<void> }> {
  await page.evaluate(
    async ({ name, calls }) => {
      const client = new kindex.ChromaClient();
      const shared = await client.getCollection({ name: 'shared' });
      const pending = Array.from({ length: calls }, (_, i) => [
        shared.add({ ids: [`${name}${i}`], embeddings: [[i, 2]] }),
        // Done twice, one of them would delete two records.
        shared.delete({ where: { old: true }, limit: 1 }),
      ]);
      Object.assign(globalThis, { pending: Promise.all(pending.flat()) });
      (globalThis as unknown as { pending: Promise<unknown> }).pending.catch(() => {});
    },
    { name: prefix, calls: count },
  );
  return {
    finish: () =>
      page.evaluate(() => (globalThis as unknown as { pending: Promise<void> }).pending.then(() => {})),
  };
}

/** What there must be: `left` old records, and all that were added. */
function expectExactly(ids: string[], left: number, added: Record<string, number>): void {
  const groups = Object.fromEntries(
    ['old', ...Object.keys(added)].map((prefix) => [
      prefix,
      ids.filter((id) => id.startsWith(prefix)).length,
    ]),
  );
  expect(groups).toEqual({ old: left, ...added });
  expect(new Set(ids).size).toBe(ids.length);
}

test('S31 leaders are closed while both tabs write: nothing is lost, nothing is done twice', async ({
  open,
}) => {
  test.setTimeout(240_000);
  const first = await open();
  await fill(first, 200);
  const added: Record<string, number> = {};
  let leader = first;
  for (let round = 0; round < 3; round++) {
    const follower = await open();
    expect((await look(follower)).role).toBe('follower');
    const { finish } = await begin(follower, `round${round}-`, 30);
    // Some of its own are on their way as well; they may or may not be done when it goes.
    await leader.evaluate(async () => {
      const client = new kindex.ChromaClient();
      const shared = await client.getCollection({ name: 'shared' });
      for (let i = 0; i < 20; i++) void shared.count();
    });
    await leader.close();
    await finish();
    added[`round${round}-`] = 30;
    const { role, ids } = await look(follower);
    expect(role).toBe('leader');
    expectExactly(ids, 200 - 30 * (round + 1), added);
    leader = follower;
  }
});

test('S31 S5 a leader that stands still is replaced, fenced when it wakes up, and follows; its own calls are done once', async ({
  open,
}) => {
  const leader = await open();
  await fill(leader, 100);
  const follower = await open();
  expect((await look(follower)).role).toBe('follower');

  const own = await begin(leader, 'leader-', 20);
  // Chromium does not freeze what holds a lock; a worker that does nothing else for a while is as deaf.
  const awake = storeWorker(leader).evaluate(() => {
    const end = Date.now() + 15_000;
    while (Date.now() < end);
  });
  await leader.waitForTimeout(500);
  const theirs = await begin(follower, 'follower-', 20);
  await theirs.finish();
  expect((await look(follower)).role).toBe('leader');

  await awake;
  await own.finish();
  const seen = [await look(leader), await look(follower)];
  expect(seen.map(({ role }) => role)).toEqual(['follower', 'leader']);
  for (const { ids } of seen) expectExactly(ids, 60, { 'leader-': 20, 'follower-': 20 });
});

test('S31 S32 a leader lost in a loop is replaced; its own page ends it and follows', async ({ open }) => {
  const leader = await open();
  await fill(leader, 50);
  const follower = await open();
  expect((await look(follower)).role).toBe('follower');

  storeWorker(leader)
    .evaluate(() => {
      for (;;);
    })
    .catch(() => {
      // It is ended in the middle of it.
    });
  const told = leader.evaluate(async () => {
    const client = new kindex.ChromaClient();
    try {
      for (;;) await client.countCollections();
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  await leader.waitForTimeout(500);
  const theirs = await begin(follower, 'follower-', 20);
  await theirs.finish();
  expect((await look(follower)).role).toBe('leader');
  expect(await told).toBe('TIMEOUT');
  const { role, ids } = await look(leader);
  expect(role).toBe('follower');
  expectExactly(ids, 30, { 'follower-': 20 });
});

test('S31 a renderer that crashes takes nothing with it', async ({ open, context }) => {
  const leader = await open();
  await fill(leader, 50);
  const follower = await open();
  expect((await look(follower)).role).toBe('follower');
  const { finish } = await begin(follower, 'follower-', 20);
  const developer = await context.newCDPSession(leader);
  developer.send('Page.crash').catch(() => {
    // Nobody is left to answer.
  });
  await finish();
  const { role, ids } = await look(follower);
  expect(role).toBe('leader');
  expectExactly(ids, 30, { 'follower-': 20 });
});
