/**
 * F20: a tab is frozen inside a transaction, which holds up everybody else's. By turns a page beside the package has the
 * transaction, and the tab that owns the store.
 */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { Book, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {import('../hub.mjs').Tab} Tab
 * @typedef {import('../session.mjs').Session} Session
 */

const DATABASE = 'frozen';
const COLLECTION = 'frozen';
/** Storage is waited for 30 s, once by the store that was open and once by the one opened after it, and a machine may be busy. */
const BOUND_MS = 120_000;
/** A write asks for its collection first. */
const BOTH_MS = 2 * BOUND_MS;
/** What is said of a store that somebody else holds up. */
const HELD_UP = /^(STORAGE_BLOCKED|STORAGE_LOST|OUTCOME_UNKNOWN|TIMEOUT)$/;
/** No write that was held up is answered before. */
const HELD_MS = 5_000;

/** @param {Session} session @param {Tab} tab @param {'frozen' | 'active'} state */
async function turn({ browser }, tab, state) {
  const connected = await browser.devtools?.();
  for (const context of connected?.contexts() ?? []) {
    for (const page of context.pages()) {
      if (page.url() !== tab.url) continue;
      const devtools = await context.newCDPSession(page);
      await devtools.send('Page.setWebLifecycleState', { state });
      return;
    }
  }
  throw new Error(`devtools do not know ${tab.url}`);
}

/** @param {Context} context @param {Tab} control @param {Record<string, string>} [parameters] */
async function openTab(context, control, parameters = {}) {
  const tab = context.hub.tab(parameters);
  await control.call('openTab', { url: tab.url });
  if (!(await tab.comesWithin(30_000))) throw new Error('a tab did not open');
  return tab;
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* frozenInside(context) {
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    const foreign = run % 2 === 0;
    /** @type {RunResult} */
    const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
    const profile = newProfile(context);
    const session = await startSession(context, { profile, devtools: true });
    const book = new Book();
    let thaw = () => {};
    try {
      const { tab: control } = session;
      const first = await openTab(context, control, { build: foreign ? 'kindex' : 'hooked' });
      await first.call('open', { storage: `indexeddb:${DATABASE}` });
      const second = await openTab(context, control);
      await second.call('open', { storage: `indexeddb:${DATABASE}` });
      const tabs = [first, second];
      for (const [t, tab] of tabs.entries()) {
        book.follow(tab);
        book.open([`r${run}t${t}s${seed}`]);
      }
      /** One writer per tab. @param {number} t @param {number} more @param {number} ms */
      const write = (t, more, ms) => {
        const ledger = book.ledgers[t];
        return tabs[t]?.call(
          'write',
          {
            collection: COLLECTION,
            writers: [{ name: ledger?.name, count: ledger?.acknowledged }],
            most: (ledger?.acknowledged ?? 0) + more,
          },
          ms,
        );
      };
      await Promise.all([write(0, 15, 60_000), write(1, 15, 60_000)]);

      const thawed = new Promise((resolve) => (thaw = () => resolve(undefined)));
      /** @type {Tab} */
      let sleeper;
      /** @type {Promise<any> | undefined} */
      let asleep;
      if (foreign) {
        sleeper = await openTab(context, control);
        await sleeper.call('holdTransaction', { database: DATABASE });
        await turn(session, sleeper, 'frozen');
      } else {
        sleeper = first;
        const frozen = new Promise((resolve, reject) => {
          let met = false;
          context.hub.points.onPoint = async (name) => {
            if (met || !name.startsWith('put meta')) return;
            met = true;
            await turn(session, first, 'frozen').then(resolve, reject);
            // Its worker is inside the transaction, and stands still there until its page thaws.
            await thawed;
          };
        });
        asleep = write(0, 5, BOTH_MS * 2);
        asleep?.catch(() => {});
        await frozen;
      }
      const calls = foreign ? [write(0, 3, BOTH_MS), write(1, 3, BOTH_MS)] : [write(1, 3, BOTH_MS)];
      const codes = [];
      const start = performance.now();
      const outcomes = await Promise.allSettled(calls);
      const waitedMs = performance.now() - start;
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled')
          codes.push(...outcome.value[0].failures.map((/** @type {{ code: string }} */ { code }) => code));
        // Its collection was not found out in time, which is an answer too.
        else if (outcome.reason.code) codes.push(outcome.reason.code);
        else result.problems.push(`a call was not settled: ${messageOf(outcome.reason)}`);
      }
      const odd = codes.find((code) => !HELD_UP.test(code));
      if (odd) result.problems.push(`a call that was held up ended with ${odd}`);
      if (foreign && codes.length === 0) result.problems.push('no call that was held up was told so');
      if (waitedMs < HELD_MS)
        result.problems.push(`the frozen tab held up nothing: ${waitedMs.toFixed(0)} ms`);
      if (waitedMs > BOUND_MS) result.problems.push(`a call waited for ${waitedMs.toFixed(0)} ms`);
      const who = foreign ? 'a page beside it' : 'the owner';
      result.measures = {
        [who]: [...new Set(codes)].join(' ') || 'ok',
        [`waitedMs for ${who}`]: waitedMs,
      };

      // It thaws, or goes.
      if (foreign && run % 4 === 0) {
        const connected = await session.browser.devtools?.();
        for (const page of connected?.contexts().flatMap((one) => one.pages()) ?? [])
          if (page.url() === sleeper.url) await page.close();
      } else {
        thaw();
        await turn(session, sleeper, 'active');
      }
      if (foreign && run % 4 !== 0) {
        sleeper.call('closeTab').catch(() => {});
        await sleeper.gone;
      }
      const woken = await asleep?.catch((/** @type {unknown} */ error) =>
        result.problems.push(messageOf(error)),
      );
      // Whatever it had begun is done, or was done by its successor, or its page takes the worker for dead.
      const [late] = woken?.[0]?.failures ?? [];
      if (late && !HELD_UP.test(late.code)) result.problems.push(`a write of the frozen tab: ${late.code}`);
      await pause(500);
      const judged = await book.check(second, COLLECTION);
      for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
        result[key] += judged[key];
      // Later success, of both.
      for (const outcome of await Promise.allSettled([write(0, 10, BOUND_MS), write(1, 10, BOUND_MS)])) {
        if (outcome.status === 'rejected') result.problems.push(`afterwards: ${messageOf(outcome.reason)}`);
        else if (outcome.value[0].failures.length > 0)
          result.problems.push(`afterwards: ${outcome.value[0].failures[0].code}`);
      }
      result.acknowledged = book.acknowledgements;
      for (const tab of tabs) {
        const found = await book.check(tab, COLLECTION);
        for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
          result[key] += found[key];
        result.problems.push(...(await tab.call('faults')));
      }
    } catch (error) {
      result.problems.push(messageOf(error));
    }
    thaw();
    context.hub.points.onPoint = () => {};
    await session.browser.kill();
    await dropProfile(profile);
    yield result;
  }
}

export const frozen = { F20: frozenInside };
