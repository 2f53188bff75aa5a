/** F22, F23: stores of other versions of the package, open in another tab or left behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/run.mjs';
import { crc32c } from '../crc32c.mjs';
import { within } from '../hub.mjs';
import { cleanVerdict } from '../judge.mjs';
import { buildLater, LATER_LAYOUT } from '../newer-build.mjs';
import { at } from '../page/workload.mjs';
import { codeOf, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */

/** Frozen stores, with the layout each had and the records of its collection `renamed`. */
const OLD = [
  { name: 'store-v1', layout: 1, records: 4 },
  { name: 'store-v1-namespaces', layout: 1, records: 4 },
  { name: 'store-v2', layout: 2, records: 4 },
];
const DATABASE = 'versions';
const STORAGE = `indexeddb:${DATABASE}`;

/** @param {string} name @returns {Record<string, [string | number, string][]>} */
const frozen = (name) =>
  JSON.parse(readFileSync(join(ROOT, 'src', 'format', 'fixtures', `${name}.json`), 'utf8'));

/** @param {Tab} tab @param {{ name: string, layout: number }} old @param {{ hold: boolean, polite: boolean }} how */
async function putOld(tab, { name, layout }, how) {
  const rows = frozen(name);
  const stores = layout === 1 ? ['meta', 'log'] : ['meta', 'log', 'manifest', 'seg'];
  await tab.call('rawCreate', { database: DATABASE, version: layout, stores, rows, ...how });
}

/**
 * @param {Tab} tab
 * @param {number} records
 * @param {string[]} problems
 */
async function expectRecords(tab, records, problems) {
  const { length } = (await tab.call('on', { collection: 'renamed', method: 'get', argument: {} })).ids;
  if (length !== records) problems.push(`${length} records of ${records}`);
}

/** @param {Context} context @param {Tab} control @param {Record<string, string>} [parameters] */
async function secondTab(context, control, parameters = {}) {
  const tab = context.hub.tab(parameters);
  await control.call('openTab', { url: tab.url });
  if (!(await tab.comesWithin(45_000))) throw new Error('the second tab did not come');
  return tab;
}

/**
 * @param {(tools: { context: Context, tab: Tab, run: number, result: RunResult }) => Promise<void>} check
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function fresh(check) {
  return async function* (context) {
    for (const run of context.runs) {
      const seed = context.seedOf(run);
      /** @type {RunResult} */
      const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
      const profile = newProfile(context);
      const { browser, tab } = await startSession(context, { profile });
      try {
        await check({ context, tab, run, result });
      } catch (error) {
        result.problems.push(messageOf(error));
      }
      await browser.kill();
      await dropProfile(profile);
      yield result;
    }
  };
}

/** What an older version says when a newer one has taken the store. */
const TAKEN = /^(STORAGE_LOST|FORMAT_TOO_NEW)$/;
const KEPT = 30;
const KEPT_IN = 'kept';

/**
 * Tabs of this build have the store open and in use; one of a build with a later layout and format comes: it has the store in a
 * second, with everything in it, and the others say why they have it no more.
 * @param {Context} context @param {Tab} tab @param {number} run @param {RunResult} result
 */
async function laterBuild(context, tab, run, result) {
  const storage = `indexeddb:later-${run}`;
  await tab.call('open', { storage });
  await tab.call('prefill', { collection: KEPT_IN, count: KEPT, prefix: 'k' });
  const olds = [tab];
  // By turns the other one of two leads.
  if (run % 2 === 1) {
    const follower = await secondTab(context, tab);
    await follower.call('open', { storage });
    olds.push(follower);
  }
  const later = await secondTab(context, tab, { build: 'later' });
  const start = performance.now();
  await later.call('open', { storage }, 40_000);
  const tookMs = performance.now() - start;
  result.measures = { ...result.measures, laterOpensMs: tookMs };
  if (tookMs > LETS_GO_MS) result.problems.push(`the later build waited ${tookMs.toFixed(0)} ms`);
  const layout = await later.call('rawVersion', { database: `later-${run}` });
  if (layout !== LATER_LAYOUT) result.problems.push(`the layout is ${layout} with the later build open`);
  const { length: right } = (await later.call('dump', { collection: KEPT_IN })).rows.filter(
    (/** @type {[string, number, boolean]} */ [, , good]) => good,
  );
  result.acknowledged += KEPT;
  result.lost += KEPT - right;
  await later.call('prefill', { collection: KEPT_IN, count: 5, prefix: 'l' });
  for (const old of olds) {
    for (const method of ['count', 'add']) {
      const argument = method === 'add' ? { ids: ['late'], embeddings: [[1, 2]] } : {};
      const code = await codeOf(old.call('on', { collection: KEPT_IN, method, argument }, 40_000));
      if (!TAKEN.test(code)) result.problems.push(`"${method}" of the older build: ${code}`);
    }
  }
  const { rows } = await later.call('dump', { collection: KEPT_IN });
  if (rows.length !== KEPT + 5) result.problems.push(`${rows.length} records after the older build tried`);
  // Opened again, it says the same.
  await tab.call('close').catch(() => {});
  const again = await codeOf(tab.call('open', { storage }, 40_000));
  if (again !== 'FORMAT_TOO_NEW') result.problems.push(`the older build opens again: ${again}`);
  await tab.call('close').catch(() => {});
  for (const one of [later, ...olds.slice(1)]) {
    one.call('closeTab').catch(() => {});
    await within(10_000, one.gone, () => undefined);
  }
}

const LETS_GO_MS = 1_000;

const oldTabOpen = fresh(async ({ context, tab, run, result }) => {
  if (!context.hub.builds.has('later')) {
    const folder = join(context.scratch, 'later');
    await buildLater(folder);
    context.hub.builds.set('later', folder);
  }
  await laterBuild(context, tab, run, result);
  const old = at(OLD, run % 2);
  const other = await secondTab(context, tab);
  // One that lets go when asked.
  await putOld(tab, old, { hold: true, polite: true });
  const start = performance.now();
  await other.call('open', { storage: STORAGE });
  result.measures = { ...result.measures, openMs: performance.now() - start };
  await expectRecords(other, old.records, result.problems);
  result.acknowledged += old.records;
  await other.call('close');
  await tab.call('rawDelete', { database: DATABASE });
  await other.call('clearOutside');
  // One that does not: an error says so, and afterwards everything works.
  await putOld(tab, old, { hold: true, polite: false });
  let code = 'none';
  try {
    await other.call('open', { storage: STORAGE }, 40_000);
  } catch (error) {
    code = /** @type {{ code: string }} */ (error).code;
  }
  if (code !== 'STORAGE_BLOCKED') result.problems.push(`behind a tab that keeps the old version: ${code}`);
  await other.call('close').catch(() => {});
  await tab.call('release');
  await other.call('open', { storage: STORAGE });
  await expectRecords(other, old.records, result.problems);
  // A newer version in another tab gets in at once, and this one says so.
  const wait = performance.now();
  await tab.call(
    'rawCreate',
    { database: DATABASE, version: 99, stores: [], rows: {}, hold: false, polite: true },
    20_000,
  );
  const waited = performance.now() - wait;
  if (waited > 1000) result.problems.push(`the newer version waited ${waited.toFixed(0)} ms`);
  try {
    await other.call(
      'on',
      { collection: 'renamed', method: 'add', argument: { ids: ['late'], embeddings: [[1, 2]] } },
      40_000,
    );
    result.problems.push('a write into a store that a newer version has taken');
  } catch (error) {
    const late = /** @type {{ code: string }} */ (error).code;
    if (!/^(STORAGE|FORMAT)_/.test(late ?? ''))
      result.problems.push(`after a newer version came: ${messageOf(error)}`);
  }
});

const newerFormat = fresh(async ({ tab, run, result }) => {
  const stores = ['meta', 'log', 'manifest', 'seg'];
  const rows = frozen('store-v2');
  const newerLayout = run % 2 === 0;
  if (!newerLayout) {
    const head = Uint8Array.from(Buffer.from(rows['meta']?.[0]?.[1] ?? '', 'base64'));
    const view = new DataView(head.buffer);
    view.setUint16(4, 99, true);
    view.setUint16(6, 99, true);
    view.setUint32(head.length - 4, crc32c(head.subarray(0, -4)), true);
    rows['meta'] = [['head', Buffer.from(head).toString('base64')]];
  }
  const layout = newerLayout ? 99 : 2;
  await tab.call('rawCreate', {
    database: DATABASE,
    version: layout,
    stores,
    rows,
    hold: false,
    polite: true,
  });
  const dump = async () =>
    JSON.stringify(
      await Promise.all(stores.map((store) => tab.call('rawDump', { database: DATABASE, store }))),
    );
  const before = await dump();
  let code = 'none';
  try {
    await tab.call('open', { storage: STORAGE }, 40_000);
  } catch (error) {
    code = /** @type {{ code: string }} */ (error).code;
  }
  if (code !== 'FORMAT_TOO_NEW')
    result.problems.push(`a store of a newer ${newerLayout ? 'layout' : 'format'}: ${code}`);
  await tab.call('close').catch(() => {});
  if ((await dump()) !== before) result.problems.push('bytes of the newer store have changed');
});

export const versions = { F22: oldTabOpen, F23: newerFormat };
