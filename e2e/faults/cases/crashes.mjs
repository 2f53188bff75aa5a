/**
 * F34: the store's worker crashes, or cannot start. Its script is missing, of a wrong type, or throws; a worker that runs throws between
 * two tasks or in the middle of a write, its core traps, or it ends itself in a transaction, once also with no script for its
 * successor. Every call under way ends in a second, and what was broken works again when the cause is gone.
 */
import { cleanVerdict } from '../judge.mjs';
import { at } from '../page/workload.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */
/** @typedef {import('../page/crash.mjs').Ended} Ended */

const COLLECTION = 'crashes';
const BEFORE = 20;
/** From the crash to the last answer; of a worker that ended, its successor has opened the store by then. */
const SETTLED_MS = 1_000;
/** A worker that ends itself keeps its locks in WebKitGTK until its page ends it: there the end is seen as silence only, after 25 s. */
const SILENT_MS = 30_000;
/** A script of the store's worker, asked for by the page. */
const SCRIPT = /\/store\.worker[^/]*\.js$/;

/** Answers to the request for the script. @type {Record<string, { status: number, type: string, body: string }>} */
const SCRIPTS = {
  missing: { status: 404, type: 'text/plain', body: 'not here' },
  'of a wrong type': { status: 200, type: 'text/html', body: '<!doctype html><title>Sign in</title>' },
  throws: { status: 200, type: 'text/javascript', body: "throw new Error('a crash, as asked for');" },
};

/**
 * What happens: the script it meets from then on, and what a running worker is told. `refused`: the code every call ends with, where
 * there is no worker for it; else all succeed, but for those that `mayFail` with a typed error.
 * @type {{ name: string, script: keyof typeof SCRIPTS | null, how: string | null, refused: boolean, mayFail: ('add' | 'get' | 'query')[] }[]}
 */
const KINDS = [
  { name: 'script missing', script: 'missing', how: null, refused: true, mayFail: [] },
  { name: 'script of a wrong type', script: 'of a wrong type', how: null, refused: true, mayFail: [] },
  { name: 'script throws', script: 'throws', how: null, refused: true, mayFail: [] },
  { name: 'throws in a task', script: null, how: 'throw', refused: false, mayFail: [] },
  { name: 'throws in a write', script: null, how: 'put throws', refused: false, mayFail: ['add'] },
  { name: 'traps', script: null, how: 'trap', refused: false, mayFail: ['add', 'query'] },
  { name: 'ends itself', script: null, how: 'end', refused: false, mayFail: [] },
  { name: 'ends itself, successor missing', script: 'missing', how: 'end', refused: true, mayFail: [] },
];

/** Where the end of a worker is not seen, its successor is not asked for in time. @param {Context} context @param {number} run */
function kindOf({ engine }, run) {
  const kinds = engine === 'webkit' ? KINDS.filter(({ how, refused }) => how === null || !refused) : KINDS;
  return at(kinds, run % kinds.length);
}

/**
 * @param {Context} context @param {Tab} tab @param {number} run @param {RunResult} result
 */
async function crashOnce(context, tab, run, result) {
  const { name, script, how, refused, mayFail } = kindOf(context, run);
  const silent = context.engine === 'webkit' && how === 'end';
  const say = (/** @type {string} */ problem) => result.problems.push(`${name}: ${problem}`);
  const storage = `indexeddb:crash-${run}`;
  let served = 0;
  let crashed = 0;
  let broken = true;
  context.hub.network.onFile = async (path, response) => {
    if (!broken || script === null || !SCRIPT.test(path)) return false;
    const { status, type, body } = at(Object.values(SCRIPTS), Object.keys(SCRIPTS).indexOf(script));
    served++;
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    return true;
  };
  context.hub.points.onPoint = (point) => {
    if (point.startsWith('crashes: ')) crashed++;
  };
  /** Acknowledged so far. @type {Set<string>} */
  const kept = new Set();
  if (how !== null) {
    broken = false;
    await tab.call('open', { storage });
    await tab.call('prefill', { collection: COLLECTION, count: BEFORE, prefix: 'b' });
    for (let i = 0; i < BEFORE; i++) kept.add(`b/${i}`);
    broken = true;
  } else await tab.call('prepare', { storage });
  /** @type {Ended[]} */
  const ended = await tab.call('crash', { collection: COLLECTION, tag: 'c', how }, 60_000);
  if (how !== null && crashed !== 1) say(`it crashed ${crashed} times`);
  if (script !== null && served === 0) say('its script was not asked for');
  const slowest = Math.max(...ended.map(({ ms }) => ms));
  if (!(slowest < (silent ? SILENT_MS : SETTLED_MS)))
    say(`the last call ended after ${slowest.toFixed(0)} ms`);
  for (const { kind, id, code } of ended) {
    if (kind === 'add' && code === 'ok') kept.add(id);
    // A running worker may have answered some before its crash.
    if (
      refused
        ? code !== 'WORKER_DIED' && (how === null || code !== 'ok')
        : code !== 'ok' && !((silent ? code === 'TIMEOUT' : mayFail.includes(kind)) && TYPED.test(code))
    )
      say(`${kind} ended with ${code}`);
  }
  if (refused && !ended.some(({ code }) => code === 'WORKER_DIED')) say('no call was refused');
  // The cause is gone: the same client works.
  broken = false;
  const after = Array.from({ length: 3 }, (_, i) => `a/${i}`);
  await tab.call('prefill', { collection: COLLECTION, count: after.length, prefix: 'a' }, 60_000);
  for (const id of after) kept.add(id);
  const { rows } = await tab.call('dump', { collection: COLLECTION });
  const right = new Set(
    rows
      .filter((/** @type {[string, number, boolean]} */ [, , good]) => good)
      .map((/** @type {[string]} */ [id]) => id),
  );
  const mayBe = new Set([...kept, ...ended.map(({ id }) => id)]);
  result.undetected += rows.length - [...right].filter((id) => mayBe.has(/** @type {string} */ (id))).length;
  const missing = [...kept].filter((id) => !right.has(id));
  result.lost += missing.length;
  result.acknowledged = kept.size;
  result.measures = { kind: name, [`settledMs ${name}`]: slowest };
  await tab.call('close');
}

/** Of the package's errors. */
const TYPED = /^((STORAGE|RUNTIME|WORKER|OUTCOME)_[A-Z_]+|TIMEOUT)$/;

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* crashes(context) {
  context.hub.settings['crashes'] = true;
  context.hub.settings['quiet'] = false;
  const profile = newProfile(context);
  let session = await startSession(context, { profile, parameters: { build: 'hooked' } });
  for (const run of context.runs) {
    /** @type {RunResult} */
    const result = { run, seed: context.seedOf(run), acknowledged: 0, ...cleanVerdict(), problems: [] };
    try {
      await crashOnce(context, session.tab, run, result);
    } catch (error) {
      result.problems.push(`${kindOf(context, run).name}: ${messageOf(error)}`);
      await session.browser.kill();
      session = await startSession(context, { profile, parameters: { build: 'hooked' } });
    }
    yield result;
  }
  await session.browser.kill();
  await dropProfile(profile);
}

export const crashCases = { F34: crashes };
