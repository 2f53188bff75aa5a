/**
 * F10 to F12: the disk is full on a write, during a checkpoint, at the first opening. In Chromium, whose devtools set a quota, and
 * F10 in Firefox, where a preference does at its start.
 */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { Book, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';
import { troubles, unsound } from '../soundness.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */

const COLLECTION = 'quota';
const MB = 1_000_000;
// Chromium remembers for a while how much room there was, so a quota is set before the first write of a session.

/**
 * @param {(tools: { tab: Tab, storage: string, random: () => number, result: RunResult, quota: (bytes: number | null) => Promise<void> }) => Promise<void>} check
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function withQuota(check) {
  return async function* (context) {
    for (const run of context.runs) {
      const profile = newProfile(context);
      const seed = context.seedOf(run);
      /** @type {RunResult} */
      const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
      const { browser, tab } = await startSession(context, { profile, devtools: true });
      try {
        const connected = await browser.devtools?.();
        const page = connected
          ?.contexts()[0]
          ?.pages()
          .find((one) => one.url() === tab.url);
        if (!page) throw new Error('devtools do not know the page');
        const devtools = await page.context().newCDPSession(page);
        const { origin } = new URL(tab.url);
        const quota = async (/** @type {number | null} */ bytes) => {
          await devtools.send(
            'Storage.overrideQuotaForOrigin',
            bytes === null ? { origin } : { origin, quotaSize: Math.round(bytes) },
          );
        };
        await check({ tab, storage: `indexeddb:quota${run}`, random: randomFrom(seed), result, quota });
        const faults = await tab.call('faults');
        result.problems.push(...faults);
      } catch (error) {
        result.problems.push(messageOf(error));
      }
      await browser.kill();
      await dropProfile(profile);
      yield result;
    }
  };
}

/** @param {Tab} tab @returns {Promise<number>} */
async function usageOf(tab) {
  const { originUsageBytes } = await tab.call('diagnostics');
  return originUsageBytes ?? 0;
}

const onAdd = withQuota(async ({ tab, storage, random, result, quota }) => {
  await quota((4 + random() * 4) * MB);
  await tab.call('open', { storage });
  const book = new Book();
  book.follow(tab);
  const names = ['q0', 'q1'];
  book.open(names);
  const write = (/** @type {number} */ most) =>
    tab.call('write', {
      collection: COLLECTION,
      writers: book.ledgers.map(({ name, acknowledged }) => ({ name, count: acknowledged })),
      most,
    });
  await write(20);
  const filled = await tab.call('fill', { collection: 'filler', bytes: 200_000, count: 200, prefix: 'x' });
  if (filled.code !== 'STORAGE_QUOTA')
    result.problems.push(`the write that did not fit ended with ${filled.code}: ${filled.message}`);
  const there = await tab.call('on', { collection: 'filler', method: 'count', argument: null });
  if (there !== filled.stored)
    result.problems.push(`${there} records in memory, ${filled.stored} acknowledged`);
  Object.assign(result, await book.check(tab, COLLECTION));
  const full = await tab.call('diagnostics');
  if (full.state !== 'full') result.problems.push(`at the quota the state is "${full.state}"`);
  // Deleting works without room.
  await deleteSome(tab, filled.stored);
  // Opening too. Chromium writes much of what is there anew then, and holds both for a while: there is less room than before.
  const more = await tab.call('fill', { collection: 'filler', bytes: 200_000, count: 200, prefix: 'y' });
  const left = filled.stored - SOME + more.stored;
  if (more.code !== 'STORAGE_QUOTA') result.problems.push(`filling it once more ended with ${more.code}`);
  await tab.call('close');
  await tab.call('open', { storage });
  result.problems.push(...(await holdsWhatIsLeft(tab, left)).map((problem) => `opened full: ${problem}`));
  Object.assign(result, await book.check(tab, COLLECTION));
  await quota((await usageOf(tab)) + 200 * MB);
  await write(30);
  await pause(100);
  const well = await tab.call('diagnostics');
  if (well.state !== 'ok') result.problems.push(`with room again the state is "${well.state}"`);
  await tab.call('close');
  await tab.call('open', { storage });
  Object.assign(result, await book.check(tab, COLLECTION), { acknowledged: book.acknowledgements });
  result.problems.push(...(await holdsWhatIsLeft(tab, left)));
  await quota(null);
});

/** Of the fillers, deleted where there is no room. */
const SOME = 5;

/** @param {Tab} tab @param {number} stored how many fillers there are */
async function deleteSome(tab, stored) {
  if (stored < SOME) throw new Error(`only ${stored} fillers found room`);
  const ids = Array.from({ length: SOME }, (_, i) => `x/${i}`);
  await tab.call('on', { collection: 'filler', method: 'delete', argument: { ids } });
}

/** @param {Tab} tab @param {number} expected @returns {Promise<string[]>} what is wrong with the number of fillers */
async function holdsWhatIsLeft(tab, expected) {
  const there = await tab.call('on', { collection: 'filler', method: 'count', argument: null });
  return there === expected ? [] : [`${there} fillers instead of ${expected}`];
}

/**
 * Firefox gives an origin a part of the room it has from its start on; what goes over it is refused when values are put or at the end,
 * of a write, of a checkpoint, or of both.
 * @param {import('../session.mjs').Context} context @returns {AsyncGenerator<RunResult>}
 */
async function* onAddInFirefox(context) {
  for (const run of context.runs) {
    const profile = newProfile(context);
    const seed = context.seedOf(run);
    const random = randomFrom(seed);
    /** @type {RunResult} */
    const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
    const storage = `indexeddb:quota${run}`;
    const book = new Book();
    book.open(['q0', 'q1']);
    /** @param {number} roomBytes @param {(tab: Tab) => Promise<void>} check */
    const session = async (roomBytes, check) => {
      const preferences = { 'dom.quotaManager.temporaryStorage.fixedLimit': Math.round(roomBytes / 1024) };
      const { browser, tab } = await startSession(context, { profile, preferences });
      try {
        book.follow(tab);
        await tab.call('open', { storage });
        const { damage, setAside, state } = await tab.call('diagnostics');
        result.problems.push(...troubles({ warnings: [], damage, setAside, state }));
        await check(tab);
        result.problems.push(...(await tab.call('faults')));
      } catch (error) {
        result.problems.push(messageOf(error));
      }
      await browser.kill();
    };
    const write = async (/** @type {Tab} */ tab, /** @type {number} */ most) =>
      tab.call('write', {
        collection: COLLECTION,
        writers: book.ledgers.map(({ name, acknowledged }) => ({ name, count: acknowledged })),
        most,
      });
    let stored = 0;
    const little = (50 + random() * 150) * MB;
    await session(little, async (tab) => {
      await write(tab, 20);
      const bytes = Math.round(20_000 + random() * 300_000);
      const filled = await tab.call('fill', { collection: 'filler', bytes, count: 4_000, prefix: 'x' });
      stored = filled.stored;
      if (filled.code !== 'STORAGE_QUOTA')
        result.problems.push(`the write that did not fit ended with ${filled.code}: ${filled.message}`);
      result.problems.push(...(await holdsWhatIsLeft(tab, stored)));
    });
    await session(little, async (tab) => {
      result.problems.push(
        ...(await holdsWhatIsLeft(tab, stored)).map((problem) => `opened full: ${problem}`),
      );
      await deleteSome(tab, stored);
      stored -= SOME;
    });
    await session(10_000 * MB, async (tab) => {
      result.problems.push(...(await holdsWhatIsLeft(tab, stored)));
      Object.assign(result, await book.check(tab, COLLECTION));
      await write(tab, 30);
      Object.assign(result, await book.check(tab, COLLECTION), {
        acknowledged: book.acknowledgements + stored,
      });
      result.problems.push(...(await unsound(tab, COLLECTION)));
    });
    await dropProfile(profile);
    yield result;
  }
}

const duringCheckpoint = withQuota(async ({ tab, storage, random, result, quota }) => {
  const limit = (11 + random() * 2) * MB;
  await quota(limit);
  await tab.call('open', { storage });
  const first = await tab.call('fill', { collection: 'filler', bytes: 200_000, count: 38, prefix: 'a' });
  // Past 8 MiB of log a checkpoint is due, for which there is no room.
  const second = await tab.call('fill', { collection: 'filler', bytes: 100_000, count: 10, prefix: 'b' });
  await pause(1500);
  const there = await tab.call('on', { collection: 'filler', method: 'count', argument: null });
  if (there !== first.stored + second.stored)
    result.problems.push(`${there} records, ${first.stored + second.stored} acknowledged`);
  const stuck = await tab.call('diagnostics');
  if (stuck.logBytes < 8_000_000)
    result.problems.push(`the checkpoint found room: ${stuck.logBytes} bytes of log`);
  await quota(limit + 400 * MB);
  const third = await tab.call('fill', { collection: 'filler', bytes: 200_000, count: 12, prefix: 'c' });
  if (third.code !== null) result.problems.push(`with room again a write ended with ${third.code}`);
  let after = await tab.call('diagnostics');
  for (let tries = 0; tries < 100 && after.logBytes >= stuck.logBytes; tries++) {
    await pause(100);
    after = await tab.call('diagnostics');
  }
  if (after.logBytes >= stuck.logBytes)
    result.problems.push(`no checkpoint when there was room again: ${after.logBytes} bytes of log`);
  await tab.call('close');
  await tab.call('open', { storage });
  const again = await tab.call('on', { collection: 'filler', method: 'count', argument: null });
  result.acknowledged = first.stored + second.stored + third.stored;
  if (again < result.acknowledged) result.lost += result.acknowledged - again;
  if (again > result.acknowledged) result.duplicated += again - result.acknowledged;
  await quota(null);
});

const onFirstOpening = withQuota(async ({ tab, storage, result, quota }) => {
  await quota(1000);
  let code = 'none';
  try {
    await tab.call('open', { storage }, 35_000);
    const filled = await tab.call(
      'fill',
      { collection: 'filler', bytes: 20_000, count: 1, prefix: 'x' },
      35_000,
    );
    code = filled.code ?? 'none';
  } catch (error) {
    code = messageOf(error);
  }
  if (!code.startsWith('STORAGE_QUOTA')) result.problems.push(`opening without room ended with ${code}`);
  await quota(500 * MB);
  await tab.call('close').catch(() => {});
  await tab.call('open', { storage });
  const filled = await tab.call('fill', { collection: 'filler', bytes: 20_000, count: 3, prefix: 'x' });
  if (filled.stored !== 3) result.problems.push(`with room: ${filled.code}`);
  result.acknowledged = filled.stored;
  await quota(null);
});

/** @param {import('../session.mjs').Context} context @returns {AsyncGenerator<RunResult>} */
const F10 = (context) => (context.engine === 'firefox' ? onAddInFirefox(context) : onAdd(context));

export const quota = { F10, F11: duringCheckpoint, F12: onFirstOpening };
