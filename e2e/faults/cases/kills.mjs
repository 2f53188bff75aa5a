/** F01, F02, F03, F09: browsers that end without warning, at any moment of a write or of the first opening. */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import {
  atTheKill,
  Book,
  comesToRest,
  dropProfile,
  messageOf,
  newProfile,
  startSession,
  transactionBegins,
  WATCHED,
  writeLargeTexts,
} from '../session.mjs';
import { groundOf, layGround, troubles, unsound } from '../soundness.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const STORAGE = 'indexeddb:faults';
const COLLECTION = 'kills';
const WRITERS = 12;
const LARGE_BYTES = 200_000;
/** Runs on one profile: logs, checkpoints and what earlier kills have left behind pile up. */
const CHAIN = 10;
const LEAST_ACKNOWLEDGED = 50;

/** Copies where browsers keep IndexedDB, and nothing else. @param {string} profile @param {string} copy */
function copyStorage(profile, copy) {
  for (const folder of ['Default/IndexedDB', 'Default/WebStorage', 'storage', 'data']) {
    if (existsSync(join(profile, folder)))
      cpSync(join(profile, folder), join(copy, folder), { recursive: true });
  }
}

/**
 * Write, kill, and look at everything in the next session, which then goes on writing.
 * @param {Context} context
 * @param {(book: Book, random: () => number) => (() => Promise<unknown>)} momentOf waits for the moment of the kill
 * @param {{ before?: (random: () => number) => Promise<unknown>, measure?: string }} [options] `before`: waited for before;
 *   `measure`: name of the share of kills in which a transaction was open
 * @returns {AsyncGenerator<RunResult>}
 */
async function* killChains(context, momentOf, { before, measure = 'inTransaction' } = {}) {
  for (let from = 0; from < context.runs.length;) {
    const profile = newProfile(context);
    /** As the kill left it, for whoever wants to know why. */
    const asKilled = `${profile}-as-killed`;
    const book = new Book();
    /** @type {RunResult | null} */
    let last = null;
    // One chain has a graph to lose.
    const grounded = from === 0;
    for (const run of [...context.runs.slice(from, from + CHAIN), null]) {
      const { browser, tab } = await startSession(context, { profile, parameters: WATCHED });
      try {
        const opened = await tab.call('open', { storage: STORAGE });
        if (last) {
          last.problems.push(...troubles(opened));
          // The first thing that is read after the kill.
          Object.assign(last, await book.check(tab, COLLECTION));
          if (grounded) {
            const { problems, graph } = await groundOf(tab);
            last.problems.push(...problems);
            last.measures = { ...last.measures, graph };
          }
          last.problems.push(...(await unsound(tab, COLLECTION)));
        } else if (grounded) await layGround(tab, 'faults');
      } catch (error) {
        if (!last) throw error;
        last.problems.push(`after the kill: ${messageOf(error)}`);
      }
      if (last) {
        from++;
        const failed = last.lost + last.torn + last.duplicated + last.undetected + last.problems.length > 0;
        if (failed)
          context.keep(`${context.engine}-${context.backend}-${last.seed}`, {
            profile: asKilled,
            ledgers: book.ledgers,
            last,
          });
        yield last;
        // One loss is one failure: what follows begins anew.
        if (failed) {
          await browser.kill();
          break;
        }
      }
      if (run === null) {
        await browser.kill();
        break;
      }
      const seed = context.seedOf(run);
      const random = randomFrom(seed);
      last = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: await comesToRest(context) };
      book.acknowledgements = 0;
      book.follow(tab);
      const writers = book.open(Array.from({ length: WRITERS }, (_, i) => `r${run}w${i}s${seed}`));
      const writing = tab.call('write', {
        collection: COLLECTION,
        writers: writers.map(({ name }) => ({ name, count: 0 })),
      });
      writing.catch(() => {});
      writeLargeTexts(tab, { bytes: LARGE_BYTES, prefix: `r${run}s${seed}` });
      if (!(await book.reaches(LEAST_ACKNOWLEDGED, 60_000)))
        last.problems.push('too few acknowledgements in 60 s');
      await before?.(random);
      // What arrives while the processes end was sent before, and counts.
      await browser.kill(momentOf(book, random));
      await tab.gone;
      last.acknowledged = book.acknowledgements;
      last.measures = { [measure]: await atTheKill(context) };
      await dropProfile(asKilled);
      copyStorage(profile, asKilled);
    }
    await dropProfile(asKilled);
    await dropProfile(profile);
  }
}

/** @param {Context} context */
const midWrite = (context) =>
  killChains(context, () => () => transactionBegins(context), { before: (random) => pause(random() * 1000) });

/** The kill follows an acknowledgement at once. @param {Context} context */
const afterAcknowledgement = (context) =>
  killChains(
    context,
    (book, random) => {
      const count = LEAST_ACKNOWLEDGED + Math.floor(random() * 50);
      return () => book.reaches(count, 60_000);
    },
    // An acknowledgement ends a transaction; whether another one is open then is chance.
    { measure: 'anotherInTransaction' },
  );

/** Kills in the first 300 ms of a store's life; then it opens as new or as it is, and works. @param {Context} context */
async function* firstCreation(context) {
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    const random = randomFrom(seed);
    const profile = newProfile(context);
    /** @type {RunResult} */
    const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
    const first = await startSession(context, { profile });
    first.tab.call('open', { storage: STORAGE }).catch(() => {});
    await pause(random() * 300);
    await first.browser.kill();
    const { browser, tab } = await startSession(context, { profile });
    try {
      const opened = await tab.call('open', { storage: STORAGE });
      const { collections } = opened;
      result.problems.push(...troubles(opened));
      if (collections !== 0)
        result.problems.push(`${collections} collections in a store that nobody wrote to`);
      const book = new Book();
      book.follow(tab);
      const name = `first${seed}`;
      book.open([name]);
      await tab.call('write', { collection: COLLECTION, writers: [{ name, count: 0 }], most: 5 });
      Object.assign(result, await book.check(tab, COLLECTION), { acknowledged: book.acknowledgements });
      result.problems.push(...(await unsound(tab, COLLECTION)));
    } catch (error) {
      result.problems.push(messageOf(error));
    }
    await browser.kill();
    await dropProfile(profile);
    yield result;
  }
}

export const kills = { F01: midWrite, F02: afterAcknowledgement, F03: midWrite, F09: firstCreation };
