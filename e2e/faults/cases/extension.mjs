/**
 * F49: a browser extension (MV3) keeps its store in an offscreen document. By turns its service worker is stopped while it has records
 * written there, and wakes to send the rest again; or the document is closed in mid-write, and another one opened.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, startBrowser } from '../browsers.mjs';
import { within } from '../hub.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { unsound } from '../soundness.mjs';
import { Book, dropProfile, messageOf, newProfile } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */

const STORAGE = 'indexeddb:extension';
const COLLECTION = 'kept';
const SENT = 120;
const WRITES = 40;
const STARTS = 4;
const RUN_MS = 90_000;

const MANIFEST = {
  manifest_version: 3,
  name: 'kindex faults',
  version: '1',
  permissions: ['offscreen'],
  background: { service_worker: 'faults/background.js' },
  content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" },
};

/** @param {Context} context @returns {string} the folder of the extension, with the build and the pages in it */
function makeExtension({ scratch, hub }) {
  const folder = join(scratch, 'extension');
  mkdirSync(folder, { recursive: true });
  const build = hub.builds.get('kindex');
  if (build === undefined) throw new Error('no build is served');
  cpSync(build, join(folder, 'kindex'), { recursive: true });
  cpSync(join(import.meta.dirname, '..', 'page'), join(folder, 'faults'), { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(MANIFEST));
  return folder;
}

/** The extension in a browser, by its debugging protocol. */
class Extension {
  /** @param {Context} context @param {import('@playwright/test').Browser} devtools */
  constructor(context, devtools) {
    this.context = context;
    this.devtools = devtools;
    this.did = 'nothing';
  }

  /** @returns {Promise<import('@playwright/test').Worker>} its service worker, which runs */
  async worker() {
    const [context] = this.devtools.contexts();
    for (let tries = 0; tries < 200; tries++) {
      const found = context?.serviceWorkers().find((one) => one.url().endsWith('/faults/background.js'));
      if (found) return found;
      await pause(50);
    }
    throw new Error('the extension has no service worker');
  }

  /** @returns {Promise<Tab>} its new offscreen document */
  async open() {
    const tab = this.context.hub.tab();
    const { searchParams } = new URL(tab.url);
    const hub = new URL(this.context.hub.origin).host;
    const url = `faults/index.html?${new URLSearchParams({ tab: searchParams.get('tab') ?? '', hub })}`;
    await (
      await this.worker()
    ).evaluate(
      (at) =>
        /** @type {any} */ (globalThis).chrome.offscreen.createDocument({
          url: at,
          reasons: ['WORKERS'],
          justification: 'keeps a store',
        }),
      url,
    );
    if (!(await tab.comesWithin(20_000))) throw new Error('the offscreen document did not come');
    this.did = 'the document came';
    await tab.call('open', { storage: STORAGE });
    this.did = 'the store opened';
    return tab;
  }

  async close() {
    await (
      await this.worker()
    ).evaluate(() => /** @type {any} */ (globalThis).chrome.offscreen.closeDocument());
  }

  /** As the browser does with one that has been idle. @returns {Promise<void>} when it is gone */
  async stopWorker() {
    this.did = 'the order to stop the worker';
    const worker = await this.worker();
    const session = await this.devtools.newBrowserCDPSession();
    this.did = 'the session';
    const { targetInfos } = await session.send('Target.getTargets');
    const target = targetInfos.find(({ type, url }) => type === 'service_worker' && url === worker.url());
    if (!target) throw new Error('the service worker is no target');
    await session.send('Target.closeTarget', { targetId: target.targetId });
    this.did = 'the target closed';
    for (let tries = 0; ; tries++) {
      const left = (await session.send('Target.getTargets')).targetInfos;
      if (!left.some(({ targetId }) => targetId === target.targetId)) break;
      if (tries === 100) throw new Error('the service worker does not stop');
      await pause(50);
    }
    await session.detach();
    this.did = 'the worker stopped';
  }
}

/** @param {Extension} extension @param {RunResult} result @param {() => number} random */
async function workerStopped(extension, result, random) {
  const { hub } = extension.context;
  const tab = await extension.open();
  await tab.call('serveWorker', { collection: COLLECTION });
  let acknowledged = 0;
  /** @type {{ count: number, done: () => void } | undefined} */
  let wanted;
  hub.points.onPoint = (name) => {
    if (name === `acknowledged ${acknowledged}`) acknowledged++;
    else result.problems.push(`${name} after ${acknowledged}`);
    if (wanted && acknowledged >= wanted.count) wanted.done();
  };
  const reaches = async (/** @type {number} */ count) => {
    const all = new Promise((resolve) => (wanted = { count, done: () => resolve(null) }));
    if (acknowledged < count) await Promise.race([all, pause(30_000)]);
    if (acknowledged < count) throw new Error(`${acknowledged} of ${count} were acknowledged`);
  };
  const send = { from: 0, to: SENT, hub: hub.origin };
  await tab.call('wakeWorker', send);
  await reaches(10 + Math.floor(random() * (SENT / 2)));
  await extension.stopWorker();
  await pause(300);
  const stoppedAt = acknowledged;
  if (stoppedAt >= SENT) throw new Error('it had sent everything before it was stopped');
  const { rows } = await tab.call('dump', { collection: COLLECTION });
  result.lost += Math.max(0, stoppedAt - rows.length);
  await tab.call('wakeWorker', { ...send, from: stoppedAt });
  await reaches(SENT);
  const after = await tab.call('dump', { collection: COLLECTION });
  const right = after.rows.filter((/** @type {[string, number, boolean]} */ [, , good]) => good).length;
  result.undetected += after.rows.length - right;
  result.lost += Math.max(0, SENT - right);
  result.duplicated += Math.max(0, after.rows.length - SENT);
  result.acknowledged = SENT;
  result.measures = { kind: 'worker stopped', stoppedAt };
  result.problems.push(...(await unsound(tab, COLLECTION)));
}

/** @param {Extension} extension @param {RunResult} result @param {() => number} random */
async function documentClosed(extension, result, random) {
  const book = new Book();
  book.open(['d0', 'd1', 'd2', 'd3']);
  const write = (/** @type {Tab} */ tab, /** @type {number} */ most) => {
    book.follow(tab);
    const writers = book.ledgers.map(({ name, acknowledged }) => ({ name, count: acknowledged }));
    return tab.call('write', { collection: COLLECTION, writers, most });
  };
  const first = await extension.open();
  write(first, 1e9).catch(() => {});
  if (!(await book.reaches(WRITES + Math.floor(random() * WRITES), 30_000)))
    throw new Error('too few writes');
  extension.did = 'the writes';
  await extension.close();
  extension.did = 'closing';
  await first.gone;
  extension.did = 'the end of the document';
  result.acknowledged = book.acknowledgements;
  const second = await extension.open();
  Object.assign(result, await book.check(second, COLLECTION));
  // What was under way goes on where it was.
  const most = Math.max(...book.ledgers.map(({ acknowledged }) => acknowledged)) + 5;
  const written = await write(second, most);
  for (const { failures } of written)
    for (const { code } of failures) result.problems.push(`a write in the new document: ${code}`);
  const { lost, duplicated, torn, undetected } = await book.check(second, COLLECTION);
  result.lost += lost;
  result.duplicated += duplicated;
  result.torn += torn;
  result.undetected += undetected;
  result.measures = { kind: 'document closed' };
  result.problems.push(...(await unsound(second, COLLECTION)));
}

/** @param {Context} context @param {string} profile @param {string} folder */
async function startWith(context, profile, folder) {
  for (let attempt = 1; ; attempt++) {
    const browser = await startBrowser({
      engine: 'chromium',
      backend: context.backend,
      profile,
      url: 'about:blank',
      devtools: true,
      flags: [`--load-extension=${folder}`, `--disable-extensions-except=${folder}`],
    });
    try {
      const devtools = await browser.devtools?.();
      if (!devtools) throw new Error('no devtools');
      const extension = new Extension(context, devtools);
      await extension.worker();
      return { browser, extension };
    } catch (error) {
      await browser.kill();
      if (attempt === STARTS) throw error;
    }
  }
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* extensions(context) {
  const folder = makeExtension(context);
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    /** @type {RunResult} */
    const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
    const profile = newProfile(context);
    const { browser, extension } = await startWith(context, profile, folder);
    try {
      const check = run % 2 === 0 ? workerStopped : documentClosed;
      await within(RUN_MS, check(extension, result, randomFrom(seed)), () => {
        throw new Error(`it did not end in ${RUN_MS / 1000} s, after ${extension.did}`);
      });
    } catch (error) {
      result.problems.push(messageOf(error));
    }
    context.hub.points.onPoint = () => {};
    await browser.kill();
    await dropProfile(profile);
    yield result;
  }
}

export const extension = { F49: extensions };
