/**
 * F35: the n-th piece of memory is refused, for every n, in Node and in Chromium: growth and instances of WebAssembly, and in
 * Chromium long arrays too. Once, so that the same call must succeed when it is made again, or until there is memory again.
 */
import { cleanVerdict } from '../judge.mjs';
import { Pressure } from '../page/pressure.mjs';
import { makeScarce } from '../page/scarcity.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';
import { built, freshIndexedDb } from './rows.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {import('../page/scarcity.mjs').Scarcity} Scarcity
 * @typedef {import('../page/pressure.mjs').Found} Found
 */

/** Of WebAssembly nothing else can come: no call has begun when room is made for it. */
const OF_WASM = /^RUNTIME_OUT_OF_MEMORY$/;
const OF_ARRAYS = /^(RUNTIME_OUT_OF_MEMORY|RUNTIME_INTERNAL|OUTCOME_UNKNOWN)$/;

/** Nothing is refused, until the runner says so. @type {Scarcity} */
const PLENTY = { of: 'wasm', from: 0, to: 0 };

/** @typedef {{ of: Scarcity['of'], once: boolean }} Want */

/** @param {RunResult} result @param {Found} found @param {string} when */
function add(result, found, when) {
  for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
    result[key] += found[key];
  result.problems.push(...found.problems.slice(0, 3).map((problem) => `${when}: ${problem}`));
}

/** @param {RunResult} result @param {Record<string, number>} codes @param {Want} want */
function judgeCodes(result, codes, { of }) {
  const typed = of === 'wasm' ? OF_WASM : OF_ARRAYS;
  for (const code of Object.keys(codes))
    if (!typed.test(code)) result.problems.push(`a call without memory (${of}) ended with ${code}`);
}

/**
 * @typedef {object} Place where the package runs
 * @property {(scarcity: Scarcity | null) => Promise<void>} begin opens the store, with this scarcity from the first step on
 * @property {() => Promise<{ code: string, again: string }>} reopened how opening ended, and its repetition
 * @property {(scarcity: Scarcity | null) => Promise<void> | void} set
 * @property {(options: { fresh: boolean, again: boolean }) => Promise<{ failed: number, problems: string[], codes: Record<string, number> }>} press
 * @property {() => Promise<Found>} check
 * @property {() => Promise<void>} close
 * @property {() => number} refusals so far, in this run
 */

/** @param {Place} place @param {RunResult} result @param {number} n @param {Want} want */
async function withoutMemory(place, result, n, want) {
  const { of, once } = want;
  const scarcity = { of, from: n, to: once ? n + 1 : Number.MAX_SAFE_INTEGER };
  await place.begin(scarcity);
  const pressed = await place.press({ fresh: true, again: once });
  judgeCodes(result, pressed.codes, want);
  result.problems.push(...pressed.problems.slice(0, 3));
  if (place.refusals() === 0) result.problems.push(`allocation ${n} of ${of} never came`);
  await place.set(null);
  add(result, await place.check(), 'with what was stored');
  // Later success, of every call that failed.
  const later = await place.press({ fresh: false, again: false });
  if (later.failed > 0)
    result.problems.push(
      `with memory again ${later.failed} calls failed: ${Object.keys(later.codes).join(', ')}`,
    );
  add(result, await place.check(), 'with memory again');
  await place.close();

  // Opening takes memory too, for everything that is stored.
  await place.begin({ of, from: 1 + (n % 60), to: 2 + (n % 60) });
  const { code, again } = await place.reopened();
  if (code !== 'ok') judgeCodes(result, { [code]: 1 }, want);
  if (again !== 'ok') result.problems.push(`opening again ended with ${again}`);
  await place.set(null);
  const found = await place.check();
  add(result, found, 'opened anew');
  result.acknowledged += found.acknowledged;
  await place.close();
  result.measures = {
    ...result.measures,
    [`${of}${once ? '' : ' for long'}`]: Object.keys(pressed.codes).sort().join(' ') || 'no call failed',
    [`opening, ${of}`]: code,
  };
}

/** @param {unknown} error */
const codeOf = (error) => String(/** @type {{ code?: unknown }} */ (Object(error)).code ?? messageOf(error));

/** Opens, and once more if that failed. @param {() => Promise<unknown>} open */
async function twice(open) {
  let code = 'ok';
  try {
    await open();
    return { code, again: 'ok' };
  } catch (error) {
    code = codeOf(error);
  }
  return open().then(
    () => ({ code, again: 'ok' }),
    (/** @type {unknown} */ error) => ({ code, again: codeOf(error) }),
  );
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* inNode(context) {
  Reflect.deleteProperty(globalThis, 'BroadcastChannel');
  const { ChromaClient } = await built('inline.js');
  for (const run of context.runs) {
    /** @type {RunResult} */
    const result = { run, seed: context.seedOf(run), acknowledged: 0, ...cleanVerdict(), problems: [] };
    let refusals = 0;
    const memory = makeScarce(() => refusals++);
    /** @type {any} */
    let client;
    /** @type {Pressure} */
    let pressure;
    /** @type {Place} */
    const place = {
      async begin(scarcity) {
        memory.set(scarcity);
        client = new ChromaClient({ storage: 'indexeddb:faults' });
      },
      reopened: () => twice(() => client.listCollections()),
      set: (scarcity) => memory.set(scarcity),
      async press({ fresh, again }) {
        if (fresh) pressure = new Pressure(client);
        const done = await pressure.write({ again });
        return { ...done, codes: pressure.codes };
      },
      check() {
        pressure.goOn(client);
        return pressure.check();
      },
      close: () => client.close(),
      refusals: () => refusals,
    };
    try {
      for (const once of [true, false]) {
        refusals = 0;
        await freshIndexedDb();
        await withoutMemory(place, result, run + 1, { of: 'wasm', once });
      }
    } catch (error) {
      result.problems.push(/** @type {Error} */ (error).stack ?? messageOf(error));
    }
    memory.restore();
    yield result;
  }
}

/** Every n once, and by turns the other three wants. @type {Want[]} */
const OTHERS = [
  { of: 'wasm', once: false },
  { of: 'arrays', once: true },
  { of: 'arrays', once: false },
];

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* inPage(context) {
  /** Runs in one browser. */
  const CHAIN = 20;
  for (let from = 0; from < context.runs.length; from += CHAIN) {
    const profile = newProfile(context);
    const { browser, tab } = await startSession(context, { profile, parameters: { build: 'hooked' } });
    let refusals = 0;
    // A worker that did not open is followed by another one, which begins to count anew.
    const settings = context.hub.settings;
    context.hub.points.onPoint = (name) => {
      if (!name.startsWith('refused')) return;
      refusals++;
      const { from: first, to } = /** @type {Scarcity} */ (settings['scarcity']);
      if (to === first + 1) settings['scarcity'] = PLENTY;
    };
    let storage = '';
    /** @type {Place} */
    const place = {
      async begin(scarcity) {
        settings['scarcity'] = scarcity ?? PLENTY;
        // Opening may be what fails, and is tried again by whoever calls next.
        await tab.call('open', { storage }).catch(() => {});
      },
      reopened: () => twice(() => tab.call('client', { method: 'listCollections', argument: {} })),
      async set(scarcity) {
        settings['scarcity'] = scarcity ?? PLENTY;
        await tab.call('scarce', scarcity);
      },
      press: (options) => tab.call('press', options),
      check: () => tab.call('pressed'),
      close: () => tab.call('close'),
      refusals: () => refusals,
    };
    try {
      for (const run of context.runs.slice(from, from + CHAIN)) {
        /** @type {RunResult} */
        const result = { run, seed: context.seedOf(run), acknowledged: 0, ...cleanVerdict(), problems: [] };
        const other = OTHERS[run % OTHERS.length];
        for (const [i, want] of [{ of: /** @type {const} */ ('wasm'), once: true }, other].entries()) {
          if (!want) continue;
          refusals = 0;
          storage = `indexeddb:memory${run}-${i}`;
          try {
            await withoutMemory(place, result, run + 1, want);
          } catch (error) {
            result.problems.push(/** @type {Error} */ (error).stack ?? messageOf(error));
            await tab.call('close').catch(() => {});
          }
        }
        result.problems.push(...(await tab.call('faults')));
        yield result;
      }
    } finally {
      context.hub.points.onPoint = () => {};
      await browser.kill();
      await dropProfile(profile);
    }
  }
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
const memoryRefused = (context) =>
  context.engine === /** @type {string} */ ('node') ? inNode(context) : inPage(context);

export const memory = { F35: memoryRefused };
