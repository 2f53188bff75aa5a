/** What most cases do: a browser with a page that answers, writers whose acknowledgements are counted, and the check after. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startBrowser, pause } from './browsers.mjs';
import { judge } from './judge.mjs';

/**
 * @typedef {import('./judge.mjs').Verdict} Verdict
 * @typedef {object} Context what a case gets
 * @property {import('./browsers.mjs').Engine} engine
 * @property {import('./browsers.mjs').Backend} backend
 * @property {number[]} runs numbers of the runs to do
 * @property {'push' | 'release' | 'plain'} level what they are for
 * @property {(run: number) => number} seedOf
 * @property {import('./hub.mjs').Hub} hub
 * @property {string} scratch a folder for profiles
 * @property {(line: string) => void} log
 * @property {(name: string, what: unknown) => string} keep stores what a failure needs to happen again; gives the path
 *
 * @typedef {Verdict & { run: number, seed: number, acknowledged: number, problems: string[], measures?: Record<string, number | string> }} RunResult
 * @typedef {{ browser: import('./browsers.mjs').Browser, tab: import('./hub.mjs').Tab }} Session
 */

/** Attempts of starting a browser: on a busy machine a start may take too long. A check is never repeated. */
const STARTS = 4;
const START_MS = 45_000;

/**
 * A browser with one page that answers.
 * @param {Context} context
 * @param {{ profile: string, parameters?: Record<string, string>, devtools?: boolean, flags?: string[], throttled?: boolean, preferences?: Record<string, unknown>, persistent?: string }} options
 * @returns {Promise<Session>}
 */
export async function startSession(
  context,
  {
    profile,
    parameters = {},
    devtools = false,
    flags = [],
    throttled = false,
    preferences = {},
    persistent = '',
  },
) {
  for (let attempt = 1; ; attempt++) {
    context.hub.watch.reset();
    const tab = context.hub.tab(parameters);
    const { engine, backend } = context;
    const browser = await startBrowser({
      engine,
      backend,
      profile,
      url: tab.url,
      devtools,
      flags,
      throttled,
      preferences,
      persistent,
    });
    if (await tab.comesWithin(START_MS)) return { browser, tab };
    await browser.kill();
    if (attempt === STARTS)
      throw new Error(`${engine} did not start in ${STARTS} attempts of ${START_MS / 1000} s`);
    context.log(`${engine} did not start in ${START_MS / 1000} s; trying again`);
  }
}

/** A page whose store's worker tells of its transactions. */
export const WATCHED = { build: 'watched' };
const IDLE_MS = 10_000;
const BUSY_MS = 5_000;

/**
 * The measure itself is tried before it counts: of a store that nobody writes to it must come to 0.
 * @param {Context} context @returns {Promise<string[]>} what is wrong
 */
export async function comesToRest({ hub: { watch } }) {
  const end = Date.now() + IDLE_MS;
  while (watch.open > 0 && Date.now() < end) await pause(20);
  if (watch.open > 0) return [`${watch.open} transactions are open in a store that nobody writes to`];
  return watch.begun > 0 ? [] : ['no transaction of the opening was told'];
}

/** Waits for the next transaction that writes, in vain if nothing is written. @param {Context} context */
export async function transactionBegins({ hub: { watch } }) {
  const end = Date.now() + BUSY_MS;
  for (const before = watch.begun; watch.begun === before && Date.now() < end;)
    await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Large texts, written beside until the browser is killed: transactions of small ones are often over when the runner has heard of
 * them. They are in no book.
 * @param {import('./hub.mjs').Tab} tab @param {{ bytes: number, prefix: string }} options `bytes` of each; `prefix` of their ids
 */
export function writeLargeTexts(tab, { bytes, prefix }) {
  tab.call('fill', { bytes, count: 5_000, collection: 'large', prefix }).catch(() => {});
}

/** When the browser was killed. @param {Context} context @returns {Promise<0 | 1>} whether a transaction was open then */
export async function atTheKill({ hub: { watch } }) {
  await watch.allHeard();
  return watch.everOpen > 0 ? 1 : 0;
}

let profiles = 0;

/** @param {Context} context @returns {string} a profile folder that is not there yet */
export const newProfile = (context) => join(context.scratch, `profile-${process.pid}-${++profiles}`);

/** @param {string} profile */
export async function dropProfile(profile) {
  await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** One writer, as the runner knows it. */
class Ledger {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.acknowledged = 0;
    /** Operations that may have happened beyond the acknowledged ones: a bound for the judge, which says nothing of what was under way. */
    this.inFlight = 0;
  }
}

/** The writers of a profile, in all its sessions. */
export class Book {
  /** @type {Ledger[]} */
  ledgers = [];
  /** Acknowledgements in this session. */
  acknowledgements = 0;
  /** What the runner makes of its notes when the browser is gone. */
  onKill = () => {};
  /** @type {(() => void) | null} */
  #wake = null;

  /** @param {string[]} names @returns {Ledger[]} */
  open(names) {
    const added = names.map((name) => new Ledger(name));
    this.ledgers.push(...added);
    return added;
  }

  /** Takes the notes of a page. @param {import('./hub.mjs').Tab} tab */
  follow(tab) {
    tab.onNote = (note) => {
      const ledger = this.ledgers.find(({ name }) => name === note.writer);
      if (!ledger) return;
      if (note.acknowledged) {
        ledger.acknowledged = note.acknowledged;
        this.acknowledgements++;
      }
      if (note.started) ledger.inFlight = note.started - ledger.acknowledged;
      this.#wake?.();
    };
  }

  /** @param {number} count @param {number} ms @returns {Promise<boolean>} whether so many acknowledgements came in time */
  async reaches(count, ms) {
    const end = Date.now() + ms;
    while (this.acknowledgements < count && Date.now() < end) {
      await Promise.race([new Promise((resolve) => (this.#wake = () => resolve(undefined))), pause(200)]);
    }
    return this.acknowledgements >= count;
  }

  /** @param {import('./hub.mjs').Tab} tab @param {string} collection @returns {Promise<Verdict>} */
  async check(tab, collection) {
    return judge(this.ledgers, await tab.call('dump', { collection }));
  }
}

/** @param {unknown} error */
export const messageOf = (error) => {
  const { code, message } = /** @type {{ code?: string, message?: string }} */ (Object(error));
  return `${code ? `${code}: ` : ''}${message ?? String(error)}`;
};

/** @param {Promise<unknown>} call @returns {Promise<string>} its error's code, or what it says where it has none; `none` */
export const codeOf = (call) =>
  call.then(
    () => 'none',
    (error) => /** @type {{ code?: string }} */ (error).code || messageOf(error),
  );

/**
 * Codes of what writers failed at, and what calls that were rejected as a whole say.
 * @param {PromiseSettledResult<any>[]} outcomes of calls of `write`
 * @returns {string[]}
 */
export const failureCodes = (outcomes) =>
  outcomes.flatMap((outcome) =>
    outcome.status === 'rejected'
      ? [messageOf(outcome.reason)]
      : outcome.value.flatMap((/** @type {{ failures: { code: string }[] }} */ one) =>
          one.failures.map(({ code }) => code),
        ),
  );
