/**
 * F54: a kill leaves the log of Chromium's LevelDB torn in the middle of a transaction. The next opening of it reads what is
 * whole, and goes on writing behind the torn record; the one after that takes the whole database for damaged and begins an empty
 * one. Beside the store of the package, a database that nobody looks after suffers the same and shows that it would be lost.
 */
import { existsSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { Book, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';
import { storyOf } from '../stored-files.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */

const STORAGE = 'indexeddb:torn';
const COLLECTION = 'torn';
const OPERATIONS = 20;
/** The origin of the database that nobody looks after. */
const BARE = 'bare';
const ROWS = 20;
/** Stays in the log: larger values get files of their own. */
const ROW_BYTES = 40_000;

/** A database of its own, whose rows come last in the log: what the cut takes is none of the store's. @param {Tab} tab */
async function writeBare(tab) {
  const value = Buffer.alloc(ROW_BYTES, 'kindex').toString('base64');
  const rows = Array.from({ length: ROWS }, (_, i) => /** @type {[IDBValidKey, string]} */ ([i, value]));
  await tab.call('rawCreate', {
    database: 'bare',
    version: 1,
    stores: ['rows'],
    rows: { rows },
    hold: true,
    polite: true,
  });
}

/** @param {string} profile @param {string} host @returns {string} the log that an origin writes to */
function logOf(profile, host) {
  const folder = join(profile, 'Default', 'IndexedDB');
  const origin = readdirSync(folder).find(
    (name) => name.startsWith(`http_${host}`) && name.endsWith('.leveldb'),
  );
  if (origin === undefined) throw new Error(`${host} has no LevelDB in ${folder}`);
  const logs = readdirSync(join(folder, origin)).filter((name) => name.endsWith('.log'));
  const last = logs.sort().at(-1);
  if (last === undefined) throw new Error(`${origin} has no log`);
  return join(folder, origin, last);
}

/** What LevelDB says it did, and which files there are. @param {string} log */
function told(log) {
  return `torn: ${basename(log)}; ${storyOf(dirname(log))}`;
}

/** @param {Context} context @param {Tab} control @returns {Promise<Tab>} */
async function bareTab(context, control) {
  const tab = context.hub.tab({}, BARE);
  await control.call('openTab', { url: tab.url });
  if (!(await tab.comesWithin(45_000))) throw new Error('the second tab did not come');
  return tab;
}

/**
 * @param {Context} context
 * @param {string} profile
 * @param {RunResult} result
 */
async function check(context, profile, result) {
  const random = randomFrom(result.seed);
  const book = new Book();
  book.open(['t0', 't1']);
  const write = (/** @type {Tab} */ tab, /** @type {number} */ more) => {
    book.follow(tab);
    const writers = book.ledgers.map(({ name, acknowledged }) => ({ name, count: acknowledged }));
    return tab.call('write', { collection: COLLECTION, writers, most: more });
  };

  let session = await startSession(context, { profile });
  await session.tab.call('open', { storage: STORAGE });
  await write(session.tab, OPERATIONS);
  await writeBare(session.tab);
  await writeBare(await bareTab(context, session.tab));
  await pause(500);
  await session.browser.kill();
  const torn = [logOf(profile, '127.0.0.1'), logOf(profile, BARE)];
  const cut = result.run === 0 ? 3 : 1 + Math.floor(random() * ROW_BYTES);
  for (const log of torn) truncateSync(log, statSync(log).size - cut);

  session = await startSession(context, { profile });
  try {
    await session.tab.call('open', { storage: STORAGE });
    const opened = Date.now();
    Object.assign(result, await book.check(session.tab, COLLECTION));
    await write(session.tab, OPERATIONS + 5);
    const bare = await bareTab(context, session.tab);
    const changes = [{ store: 'rows', key: 'late', value: 'AAAA' }];
    // The cut takes its rows, one transaction, and not the database.
    await bare.call('rawChange', { database: 'bare', changes });
    while (existsSync(torn[0] ?? '') && Date.now() < opened + 10_000) await pause(20);
    if (existsSync(torn[0] ?? '')) {
      const { warnings } = await session.tab.call('diagnostics');
      result.problems.push(
        `10 s after the opening, the torn log is still there; warnings: ${JSON.stringify(warnings)}; ${told(torn[0] ?? '')}`,
      );
    }
  } finally {
    await session.browser.kill();
  }

  session = await startSession(context, { profile });
  try {
    await session.tab.call('open', { storage: STORAGE });
    const verdict = await book.check(session.tab, COLLECTION);
    for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
      result[key] += verdict[key];
    const rows = await (
      await bareTab(context, session.tab)
    ).call('rawDump', { database: 'bare', store: 'rows' });
    // Without this, survival proves nothing.
    if (rows.length > 0)
      result.problems.push('the bare database survived: this browser no longer has the fault');
    result.measures = { bareLost: rows.length === 0 ? 1 : 0 };
  } finally {
    await session.browser.kill();
  }
  result.acknowledged = book.acknowledgements;
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* tornLog(context) {
  for (const run of context.runs) {
    /** @type {RunResult} */
    const result = { run, seed: context.seedOf(run), acknowledged: 0, ...cleanVerdict(), problems: [] };
    const profile = newProfile(context);
    try {
      await check(context, profile, result);
    } catch (error) {
      result.problems.push(messageOf(error));
    }
    await dropProfile(profile);
    yield result;
  }
}

export const torn = { F54: tornLog };
