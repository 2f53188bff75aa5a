/**
 * F55: rows of a store are damaged behind its back while it is open, then the minutes pass in which it reads what it has stored. In
 * Node over an IndexedDB in memory, with a clock that passes when it is told to.
 */
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { messageOf } from '../session.mjs';
import {
  apply,
  built,
  finished,
  freshIndexedDb,
  lookHere,
  makeBaseline,
  openRaw,
  SMALL,
  strike,
} from './rows.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('./rows.mjs').Baseline} Baseline @typedef {import('./rows.mjs').Edit} Edit */

const MINUTE = 60_000;
/** A value is read each minute, those of the generation before in every fourth round. */
const ROUNDS = 5;
/** How long one of those minutes may take here. */
const STEP_MS = 10_000;

/** A clock whose minutes pass when they are told to; shorter times are waited for. */
function manualMinutes() {
  /** @type {(() => void) | null} */
  let next = null;
  let waits = () => {};
  return {
    times: {
      quietMs: 0,
      after(/** @type {() => void} */ run, /** @type {number} */ ms) {
        if (ms < MINUTE) {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        }
        next = run;
        waits();
        return () => {
          next = null;
        };
      },
    },
    /** Resolves when the next minute is waited for. @returns {Promise<void>} @throws Error in the end */
    ready: () =>
      new Promise((resolve, reject) => {
        if (next) {
          resolve();
          return;
        }
        const late = setTimeout(
          () => reject(new Error('the store reads what it has stored no more')),
          STEP_MS,
        );
        waits = () => {
          clearTimeout(late);
          resolve();
        };
      }),
    pass() {
      const run = next;
      next = null;
      run?.();
    },
  };
}

/** Puts in place of rows what they have become. @param {Baseline} baseline @param {Edit[]} edits */
async function damage({ rows, version }, edits) {
  const db = await openRaw(version);
  const struck = apply(rows, edits);
  const tx = db.transaction([...new Set(edits.map(({ store }) => store))], 'readwrite');
  for (const { store, key } of edits) {
    const row = struck.find((one) => one.store === store && one.key === key);
    if (row) tx.objectStore(store).put(row.value, key);
    else tx.objectStore(store).delete(key);
  }
  await finished(tx);
  db.close();
}

/** Two rows of the same bytes may have changed places. @param {Baseline} baseline @param {Edit[]} edits */
const changesNothing = ({ rows }, edits) => {
  const struck = apply(rows, edits);
  return rows.every(({ store, key, value }) => {
    const now = struck.find((one) => one.store === store && one.key === key);
    return now && Buffer.compare(now.value, value) === 0;
  });
};

/**
 * Of two values that changed places, the second one may lie in what the mending of the first leaves behind: only time tells.
 * @param {{ details: { mended: boolean } }[]} told @param {Edit[]} edits
 */
const isAwaited = (told, edits) => told.length < edits.length || told.some(({ details }) => !details.mended);

/**
 * @param {Baseline} baseline
 * @param {Edit[]} edits
 * @returns {Promise<{ minutes: number, problem: string | null }>} minutes until all of it was told
 */
async function found(baseline, edits) {
  const [{ Store }, { loadCore }, { openIndexedDbStorage }] = await Promise.all([
    built('store/store.js'),
    built('core/load.js'),
    built('storage/indexeddb.js'),
  ]);
  await freshIndexedDb(baseline);
  const { core } = await loadCore();
  const clock = manualMinutes();
  const backend = await openIndexedDbStorage('faults');
  const store = await Store.open({ backend, core, scrub: clock.times });
  let minutes = 0;
  try {
    await clock.ready();
    await damage(baseline, edits);
    const most = ROUNDS * (baseline.rows.length + 1);
    let { damage: told, setAside, state } = await store.diagnostics();
    for (let minute = 1; minute <= most && isAwaited(told, edits); minute++) {
      clock.pass();
      await clock.ready();
      const before = told.length;
      ({ damage: told, setAside, state } = await store.diagnostics());
      if (told.length > before) minutes = minute;
    }
    const right = told.every(
      (/** @type {any} */ { effect, details }) =>
        effect === 'covered' && details.found === 'scrub' && details.mended,
    );
    if (told.length === 0) return { minutes, problem: 'not told' };
    if (!right || setAside > 0 || state !== 'ok')
      return { minutes, problem: JSON.stringify({ told, setAside, state }) };
  } finally {
    await store.close();
  }
  // What is there now is whole, and nothing of the damage is left.
  const { verdict, note } = await lookHere(baseline);
  return { minutes, problem: verdict === 'harmless' ? null : `${verdict} when opened again: ${note}` };
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* scrub(context) {
  const baseline = await makeBaseline(SMALL);
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    const random = randomFrom(seed);
    let edits = strike('F55', baseline.rows, random);
    while (changesNothing(baseline, edits)) edits = strike('F55', baseline.rows, random);
    let minutes = 0;
    /** @type {string | null} */
    let problem;
    try {
      ({ minutes, problem } = await found(baseline, edits));
    } catch (error) {
      problem = messageOf(error);
    }
    if (problem) context.keep(`${seed}`, { fault: 'F55', why: problem, edits });
    yield {
      run,
      seed,
      acknowledged: baseline.records,
      ...cleanVerdict(),
      undetected: problem ? 1 : 0,
      problems: problem ? [`${JSON.stringify(edits)}: ${problem}`] : [],
      measures: { minutes },
    };
  }
}

export const scrubbed = { F55: scrub };
