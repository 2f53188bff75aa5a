/** F24, F25, F46, F47: the browser takes a store away, closes it under a running page, or never gave one. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { Book, codeOf, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab @typedef {import('../session.mjs').Session} Session */

const STORAGE = 'indexeddb:lost';
const COLLECTION = 'lost';

/** @param {Tab} tab @param {Book} book @param {number} most */
async function writeSome(tab, book, most) {
  book.follow(tab);
  if (book.ledgers.length === 0) book.open(['l0', 'l1']);
  const writers = book.ledgers.map(({ name, acknowledged }) => ({ name, count: acknowledged }));
  return tab.call('write', { collection: COLLECTION, writers, most });
}

/**
 * @param {(tools: { context: Context, session: Session, profile: string, run: number, result: RunResult, restart: () => Promise<Tab> }) => Promise<void>} check
 * @param {{ devtools?: boolean, parameters?: Record<string, string>, flags?: string[] }} [options]
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function each(check, options = {}) {
  return async function* (context) {
    for (const run of context.runs) {
      /** @type {RunResult} */
      const result = { run, seed: context.seedOf(run), acknowledged: 0, ...cleanVerdict(), problems: [] };
      const profile = newProfile(context);
      let session = await startSession(context, { profile, ...options });
      const restart = async () => {
        session = await startSession(context, { profile, ...options });
        return session.tab;
      };
      try {
        await check({ context, session, profile, run, result, restart });
      } catch (error) {
        result.problems.push(messageOf(error));
      }
      await session.browser.kill();
      await dropProfile(profile);
      yield result;
    }
  };
}

/** The store vanishes under an open page: nothing may be acknowledged into the void, nothing looks new. */
const deleted = each(
  async ({ session, run, result }) => {
    const { browser, tab } = session;
    await tab.call('open', { storage: STORAGE });
    const book = new Book();
    await writeSome(tab, book, 20);
    result.acknowledged = book.acknowledgements;
    const begun = new Promise((resolve) => {
      tab.onNote = ({ storm: tag }) => tag && resolve(tag);
    });
    const storm = tab.call('storm', { collection: COLLECTION, reads: 12, writes: 12, tag: `s${run}` });
    // Its calls are under way, or it has failed; it is awaited below.
    await Promise.race([begun, storm.catch(() => {})]);
    if (run % 2 === 0) await tab.call('rawDelete', { database: 'lost' });
    else {
      const connected = await browser.devtools?.();
      const page = connected
        ?.contexts()[0]
        ?.pages()
        .find((one) => one.url() === tab.url);
      const devtools = await page?.context().newCDPSession(page);
      await devtools?.send('Storage.clearDataForOrigin', {
        origin: new URL(tab.url).origin,
        storageTypes: 'indexeddb',
      });
    }
    const ends = await storm;
    const odd = ends.filter(
      (/** @type {{ code: string }} */ { code }) =>
        code !== 'ok' && !/^(STORAGE|OUTCOME|CLOSED|WORKER)/.test(code),
    );
    if (odd.length > 0) result.problems.push(`calls under way ended with ${odd[0].code}`);
    const add = await codeOf(
      tab.call(
        'on',
        {
          collection: COLLECTION,
          method: 'add',
          argument: { ids: ['late'], embeddings: [Array.from({ length: 24 }, () => 1)] },
        },
        60_000,
      ),
    );
    if (add !== 'STORAGE_LOST') result.problems.push(`a write after the loss ended with ${add}`);
    const count = await codeOf(
      tab.call('on', { collection: COLLECTION, method: 'count', argument: null }, 60_000),
    );
    if (count !== 'STORAGE_LOST') result.problems.push(`a read after the loss ended with ${count}`);
    result.problems.push(...(await tab.call('faults')));
    // Whoever accepts the loss begins anew.
    await tab.call('close').catch(() => {});
    const again = await codeOf(tab.call('open', { storage: STORAGE }, 60_000));
    if (again !== 'STORAGE_LOST') result.problems.push(`opening after the loss ended with ${again}`);
    await tab.call('close').catch(() => {});
    const anew = await tab.call('open', { storage: STORAGE, ifLost: 'recreate' }, 60_000);
    if (anew.records !== 0) result.problems.push(`${anew.records} records in a new store`);
    const fresh = new Book();
    fresh.open(['n0']);
    await writeSome(tab, fresh, 5);
    Object.assign(result, await fresh.check(tab, COLLECTION));
  },
  { devtools: true },
);

/** The connection is closed by force, the data stays. */
const forceClosed = each(
  async ({ session, result }) => {
    const { tab } = session;
    await tab.call('open', { storage: STORAGE });
    const book = new Book();
    const writing = writeSome(tab, book, 60);
    writing.catch(() => {});
    await book.reaches(10, 60_000);
    await tab.call('forceClose');
    const outcomes = await writing;
    const codes = outcomes.flatMap((/** @type {{ failures: { code: string }[] }} */ { failures }) =>
      failures.map(({ code }) => code),
    );
    // They run again on the store that is opened anew: none may fail, stored or not.
    if (codes.length > 0)
      result.problems.push(`writes under way ended with ${[...new Set(codes)].join(', ')}`);
    Object.assign(result, await book.check(tab, COLLECTION));
    // The next ones find an open store.
    const later = await writeSome(tab, book, 80);
    const failed = later.flatMap((/** @type {{ failures: { code: string }[] }} */ { failures }) =>
      failures.map(({ code }) => code),
    );
    if (failed.length > 0)
      result.problems.push(`writes afterwards ended with ${[...new Set(failed)].join(', ')}`);
    Object.assign(result, await book.check(tab, COLLECTION), { acknowledged: book.acknowledgements });
  },
  { parameters: { build: 'hooked' } },
);

/** @param {string} folder @param {RegExp} name @returns {string[]} */
function foldersNamed(folder, name) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path.split('/').at(-1) ?? '') && statSync(join(folder, path)).isDirectory())
    .map((path) => join(folder, path));
}

/** Between two sessions the browser drops IndexedDB alone, or everything of the origin. */
const evicted = each(async ({ context, session, profile, run, result, restart }) => {
  const everything = run % 2 === 1;
  await session.tab.call('open', { storage: STORAGE });
  const book = new Book();
  await writeSome(session.tab, book, 20);
  result.acknowledged = book.acknowledgements;
  await pause(1500);
  await session.browser.kill();
  if (context.engine === 'chromium') {
    rmSync(join(profile, 'Default', 'IndexedDB'), { recursive: true, force: true });
    if (everything) {
      for (const name of ['File System', 'Service Worker', 'WebStorage', 'Local Storage'])
        rmSync(join(profile, 'Default', name), { recursive: true, force: true });
    }
  } else {
    const origin = foldersNamed(join(profile, 'storage', 'default'), /^http\+\+\+127\.0\.0\.1/);
    for (const folder of origin)
      rmSync(everything ? folder : join(folder, 'idb'), { recursive: true, force: true });
  }
  const tab = await restart();
  const code = await codeOf(tab.call('open', { storage: STORAGE }, 60_000));
  const wanted = everything ? 'none' : 'STORAGE_LOST';
  if (code !== wanted)
    result.problems.push(
      `${everything ? 'everything' : 'IndexedDB'} gone: opening ended with ${code}, not ${wanted}`,
    );
});

/** An origin without storage: a sandboxed frame. */
const withoutStorage = each(async ({ context, session, result }) => {
  const inner = context.hub.tab();
  await session.tab.call('frame', { url: inner.url, sandbox: 'allow-scripts' });
  if (!(await inner.comesWithin(30_000))) throw new Error('the sandboxed page did not come');
  const code = await codeOf(inner.call('open', { storage: STORAGE }, 60_000));
  // Such a page may not start a worker from its own files either, and that comes first.
  if (!/^(STORAGE_UNAVAILABLE|WORKER_DIED)$/.test(code))
    result.problems.push(`an origin without storage: ${code}`);
});

export const lost = { F24: deleted, F25: forceClosed, F46: evicted, F47: withoutStorage };
