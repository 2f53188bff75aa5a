/** F21: every tab of the store is closed in the middle of writes, or the browser ends as a user ends it. */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import {
  Book,
  dropProfile,
  messageOf,
  newProfile,
  startSession,
  transactionBegins,
  WATCHED,
} from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const STORAGE = 'indexeddb:closed';
const COLLECTION = 'closed';
const TABS = 2;
const WRITERS = 3;
/** Runs on one profile. */
const CHAIN = 10;
const LEAST_ACKNOWLEDGED = 50;

/** @param {Context} context @param {import('../hub.mjs').Tab} control a tab that does not use the store, and keeps the browser open */
async function openTab(context, control) {
  const tab = context.hub.tab(WATCHED);
  await control.call('openTab', { url: tab.url });
  if (!(await tab.comesWithin(30_000))) throw new Error('a tab did not open');
  await tab.call('open', { storage: STORAGE });
  return tab;
}

/** The browser is asked to end, and does. @param {import('../browsers.mjs').Browser} browser */
async function endGracefully(browser) {
  process.kill(browser.pid, 'SIGTERM');
  for (let tries = 0; tries < 200; tries++) {
    try {
      process.kill(browser.pid, 0);
    } catch {
      return true;
    }
    await pause(50);
  }
  return false;
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* allTabsClosed(context) {
  for (let from = 0; from < context.runs.length; from += CHAIN) {
    const profile = newProfile(context);
    const book = new Book();
    let session = await startSession(context, { profile });
    try {
      for (const run of context.runs.slice(from, from + CHAIN)) {
        const seed = context.seedOf(run);
        const random = randomFrom(seed);
        /** @type {RunResult} */
        const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
        book.acknowledgements = 0;
        const tabs = [];
        for (let t = 0; t < TABS; t++) tabs.push(await openTab(context, session.tab));
        for (const [t, tab] of tabs.entries()) {
          book.follow(tab);
          const writers = book.open(Array.from({ length: WRITERS }, (_, w) => `r${run}t${t}w${w}s${seed}`));
          tab
            .call('write', {
              collection: COLLECTION,
              writers: writers.map(({ name }) => ({ name, count: 0 })),
            })
            .catch(() => {});
        }
        if (!(await book.reaches(LEAST_ACKNOWLEDGED, 60_000)))
          result.problems.push('too few acknowledgements in 60 s');
        await pause(random() * 500);
        const how = random() < 0.5 ? 'tabs closed' : 'browser ended';
        await transactionBegins(context);
        const inTransaction = context.hub.watch.open > 0 ? 1 : 0;
        if (how === 'tabs closed') {
          // All at once: the one that would take over is going too.
          for (const tab of tabs) tab.call('closeTab').catch(() => {});
          await Promise.all(tabs.map((tab) => tab.gone));
        } else {
          if (!(await endGracefully(session.browser)))
            result.problems.push('the browser did not end in 10 s');
          await session.browser.kill();
          session = await startSession(context, { profile });
        }
        result.acknowledged = book.acknowledgements;
        result.measures = { how, inTransaction };
        try {
          const reader = await openTab(context, session.tab);
          Object.assign(result, await book.check(reader, COLLECTION));
          const { warnings } = await reader.call('diagnostics');
          if (warnings.length > 0) result.problems.push(`warned: ${warnings[0]}`);
          reader.call('closeTab').catch(() => {});
          await reader.gone;
        } catch (error) {
          result.problems.push(`after all were closed: ${messageOf(error)}`);
        }
        yield result;
      }
    } finally {
      await session.browser.kill();
      await dropProfile(profile);
    }
  }
}

export const closed = { F21: allTabsClosed };
