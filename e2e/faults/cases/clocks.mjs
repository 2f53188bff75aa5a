/**
 * F50: clocks jump by hours, forwards and backwards, in each tab and worker by itself, while the tabs are hidden and their
 * timers slowed down. Nobody may be taken for dead by a clock, and who is dead must be noticed in spite of it.
 */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { Book, dropProfile, failureCodes, messageOf, newProfile, startSession } from '../session.mjs';
import { leaderOf, openTab } from './tabs.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */

const COLLECTION = 'clocks';
const TABS = 3;
const JUMPS = 15;
const HOUR_MS = 3_600_000;
/** 30 s are promised for a call whose leader hangs, with a transaction open; timers of hidden tabs come once in a second. */
const DEADLINE_MS = 45_000;
const STORM = { reads: 12, writes: 12 };
const EPOCH_AT = 32;
/** Of 30 that a timer of 100 ms has in 3 s. */
const FEW_TICKS = 10;

/** How often the store has changed hands: every owner raises it. @param {Tab} tab @returns {Promise<number>} */
async function epochOf(tab) {
  /** @type {[string, string][]} */
  const rows = await tab.call('rawDump', { database: 'faults', store: 'meta' });
  const [, head] = rows.find(([key]) => key === 'head') ?? [];
  if (!head) throw new Error('the store has no head');
  return Number(Buffer.from(head, 'base64').readBigUInt64LE(EPOCH_AT));
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* jumping(context) {
  const profile = newProfile(context);
  Object.assign(context.hub.settings, { quiet: true, clock: true });
  const { browser, tab: control } = await startSession(context, { profile, throttled: true });
  const parameters = { build: 'hooked', clock: '1' };
  const book = new Book();
  /** @type {Tab[]} */
  let tabs = [];
  let stormed = 0;
  try {
    for (const run of context.runs) {
      const seed = context.seedOf(run);
      const random = randomFrom(seed);
      /** @type {RunResult} */
      const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
      while (tabs.length < TABS) tabs.push(await openTab(context, control, parameters));
      // One more in front of them: none of them is seen.
      const front = context.hub.tab();
      await control.call('openTab', { url: front.url });
      if (!(await front.comesWithin(30_000))) throw new Error('the tab in front did not open');
      const leader = await leaderOf(tabs);
      const followers = tabs.filter((tab) => tab !== leader);
      const [follower] = followers;
      if (!follower) throw new Error('nobody follows');
      let ticks = 0;
      let workerTicks = 0;
      for (const tab of tabs) {
        const { visibility, page, worker } = await tab.call('timers');
        ticks = Math.max(ticks, page);
        workerTicks = Math.max(workerTicks, worker);
        if (visibility !== 'hidden' || page > FEW_TICKS)
          result.problems.push(`a tab is ${visibility}, with ${page} ticks of 30`);
      }
      const before = await epochOf(follower);
      book.acknowledgements = 0;
      const writing = tabs.map((tab, t) => {
        book.follow(tab);
        const writers = book.open([0, 1].map((w) => `r${run}t${t}w${w}s${seed}`));
        return tab.call('write', {
          collection: COLLECTION,
          writers: writers.map(({ name }) => ({ name, count: 0 })),
        });
      });
      for (const write of writing) write.catch(() => {});
      if (!(await book.reaches(40, 60_000))) result.problems.push('too few acknowledgements in 60 s');
      const steady = tabs.map(() => 0);
      /** @type {Promise<{ code: string, ms: number }[]>[]} */
      const storms = [];
      for (let jump = 0; jump < JUMPS; jump++) {
        for (const [t, tab] of tabs.entries()) {
          // A steady clock never goes back, whatever becomes of the other: a machine may have slept.
          steady[t] = (steady[t] ?? 0) + (random() < 0.3 ? random() * 12 * HOUR_MS : 0);
          await tab.call('setClocks', {
            wall: (random() * 2 - 1) * 12 * HOUR_MS,
            steady: steady[t],
            restless: jump % 3 > 0,
          });
        }
        if (jump % 5 === 2) {
          for (const [t, tab] of tabs.entries()) {
            storms.push(tab.call('storm', { collection: 'storms', ...STORM, tag: `r${run}j${jump}t${t}` }));
            stormed += STORM.writes;
          }
        }
        // Signs of life are asked for every two seconds.
        await pause(200 + random() * 600);
      }
      for (const ends of await Promise.allSettled(storms)) {
        if (ends.status === 'rejected')
          result.problems.push(`calls never settled: ${messageOf(ends.reason)}`);
        else
          result.problems.push(
            ...new Set(ends.value.filter(({ code }) => code !== 'ok').map(({ code }) => code)),
          );
      }
      // No owner has come or gone.
      const after = await epochOf(follower);
      if (after !== before) result.problems.push(`${after - before} changes of owner while clocks jumped`);
      const { role } = await leader.call('diagnostics');
      if (role !== 'leader') result.problems.push(`the leader is a ${role}`);
      const acknowledged = book.acknowledgements;

      // Now the leader ends, or hangs: clocks that lie and slow timers must not hide that.
      const hangs = run % 2 === 1;
      const start = performance.now();
      await leader.call(hangs ? 'loop' : 'terminate');
      const calls = followers.map((tab, t) =>
        tab.call('storm', { collection: 'storms', ...STORM, tag: `r${run}dt${t}` }, DEADLINE_MS + 60_000),
      );
      stormed += calls.length * STORM.writes;
      for (const call of calls) call.catch(() => {});
      for (const tab of tabs)
        await tab.call('setClocks', { wall: -24 * HOUR_MS * random(), steady: 24 * HOUR_MS, restless: true });
      for (const ends of await Promise.allSettled(calls)) {
        if (ends.status === 'rejected') {
          result.problems.push(`calls to a leader that ended never settled: ${messageOf(ends.reason)}`);
          continue;
        }
        const codes = ends.value.map((/** @type {{ code: string }} */ { code }) => code);
        for (const code of new Set(codes))
          if (code !== 'ok') result.problems.push(`calls to it ended with ${code}`);
      }
      const settledMs = performance.now() - start;
      if (settledMs > DEADLINE_MS)
        result.problems.push(`calls to a leader that ended took ${settledMs.toFixed(0)} ms`);
      const living = hangs ? followers : tabs;
      if (hangs) {
        leader.call('closeTab').catch(() => {});
        await leader.gone;
      }
      await book.reaches(book.acknowledgements + 20, 60_000);
      for (const tab of living) await tab.call('stop');
      for (const [t, outcome] of (await Promise.allSettled(writing)).entries()) {
        const tab = tabs[t];
        if (!tab || !living.includes(tab)) continue;
        const codes = failureCodes([outcome]);
        if (codes.length > 0) result.problems.push(`writes failed: ${[...new Set(codes)].join(', ')}`);
      }
      result.acknowledged = book.acknowledgements;
      const owners = (await epochOf(follower)) - after;
      if (owners !== 1) result.problems.push(`${owners} changes of owner for one leader that ended`);
      tabs = living;
      Object.assign(result, await book.check(follower, COLLECTION));
      const storedStorms = await follower.call('on', {
        collection: 'storms',
        method: 'count',
        argument: null,
      });
      if (storedStorms !== stormed)
        result.problems.push(`${storedStorms} records of ${stormed} stormed writes`);
      for (const tab of tabs) result.problems.push(...new Set(await tab.call('faults')));
      result.measures = {
        [hangs ? 'hangMs' : 'endMs']: settledMs,
        whileJumping: acknowledged,
        ticksOf30: ticks,
        workerTicksOf30: workerTicks,
      };
      front.call('closeTab').catch(() => {});
      yield result;
    }
  } finally {
    await browser.kill();
    await dropProfile(profile);
  }
}

export const clocks = { F50: jumping };
