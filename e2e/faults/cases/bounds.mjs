/**
 * F42 and F45 in a real page: very many ids in one call, and filters made to be slow. What is right is proved by the tests beside the
 * code; here nothing may take longer, or more room, than what grows with the records would, and other calls are answered meanwhile.
 */
import { cleanVerdict } from '../judge.mjs';
import { forgetPeaks, peaks } from '../peaks.mjs';
import { dropProfile, newProfile, startSession } from '../session.mjs';
import { tests } from './tests.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {object} Bound
 * @property {string} action of the page
 * @property {Record<string, number>} [argument]
 * @property {number} stepMs the most that a step may take; what does not grow in line with its input takes hours
 * @property {number} otherMs the most that a call beside it may take
 * @property {number} bytes the most that the page's process may take in addition
 */

const MEBIBYTE = 1024 ** 2;

/** @type {Record<string, Bound>} */
const BOUNDS = {
  // 100,000 records with ids of 16 characters: some 30 MB as they are, several times over on their way.
  F42: { action: 'crowd', stepMs: 30_000, otherMs: 30_000, bytes: 512 * MEBIBYTE },
  F45: {
    action: 'siftHostile',
    argument: { count: 300 },
    stepMs: 1_000,
    otherMs: 1_000,
    bytes: 256 * MEBIBYTE,
  },
};

/** @param {Context} context @param {Bound} bound @returns {AsyncGenerator<RunResult>} */
async function* bounded(context, { action, argument, stepMs, otherMs, bytes }) {
  const profile = newProfile(context);
  const { browser, tab } = await startSession(context, { profile });
  const problemsAtEnd = async () => {
    const faults = await tab.call('faults');
    await browser.kill();
    await dropProfile(profile);
    return faults;
  };
  await tab.call('open', {});
  for (const [i, run] of context.runs.entries()) {
    const seed = context.seedOf(run);
    forgetPeaks(peaks(profile));
    const before = new Map(peaks(profile).map(({ pid, bytes: held }) => [pid, held]));
    if (context.engine === 'chromium' && before.size === 0)
      throw new Error('no process of the page is known');
    /** @type {import('../page/bounds.mjs').Step[]} */
    const steps = await tab.call(action, { seed, ...argument }, 600_000);
    const taken = Math.max(
      0,
      ...peaks(profile).map(({ pid, bytes: held }) => held - (before.get(pid) ?? held)),
    );
    const problems = steps.flatMap(({ name, ms, otherMs: waited, problem }) => [
      ...(problem === null ? [] : [`${name}: ${problem}`]),
      ...(ms > stepMs ? [`${name} took ${ms.toFixed(0)} ms`] : []),
      ...(waited > otherMs ? [`a call beside ${name} took ${waited.toFixed(0)} ms`] : []),
    ]);
    if (taken > bytes) problems.push(`it took ${(taken / 1e6).toFixed(0)} MB`);
    if (i === context.runs.length - 1) problems.push(...(await problemsAtEnd()));
    yield {
      run,
      seed,
      acknowledged: 0,
      ...cleanVerdict(),
      problems,
      measures: {
        slowestMs: Math.max(...steps.map(({ ms }) => ms)),
        besideMs: Math.max(...steps.map((step) => step.otherMs)),
        ...(before.size > 0 && { takenMB: taken / 1e6 }),
      },
    };
  }
}

/** In Node the tests beside the code. */
export const bounds = Object.fromEntries(
  Object.entries(BOUNDS).map(([id, bound]) => [
    id,
    (/** @type {Context} */ context) =>
      context.engine === /** @type {string} */ ('node')
        ? /** @type {(context: Context) => AsyncGenerator<RunResult>} */ (tests[id])(context)
        : bounded(context, bound),
  ]),
);
