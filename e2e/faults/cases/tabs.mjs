/** F13 to F19: several tabs on one store, and what becomes of calls when the tab that owns it ends or stops answering. */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { Book, dropProfile, failureCodes, messageOf, newProfile, startSession } from '../session.mjs';
import { epochOf } from '../stored.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {import('../hub.mjs').Tab} Tab
 * @typedef {import('../session.mjs').Session} Session
 */

const STORAGE = 'indexeddb:faults';
const COLLECTION = 'tabs';
/** Of each of the other tabs, at any moment. */
const SIEGE = { reads: 12, writes: 12 };
/** So many of them were without an answer when the leader ended, and of each kind. */
const LEAST_PENDING = 20;
const LEAST_OF_EACH = 5;
/** What the guide promises for a call whose leader is gone, frozen ones included. */
const DEADLINE_MS = 30_000;
/** Four waits for a sign of life, each of 2 s and up to an eighth more, and what was heard of last may have been just before. */
const REPLACED_MS = 9_000;
/** A page ends its worker when a call has waited for 5 s and six questions in 20 s, one of them under way, are not answered. */
const ENDED_MS = 29_000;
/** The next owner opens the store, on a machine that does other things beside. */
const OPENING_MS = 6_000;

/** @param {Context} context @param {Tab} control @param {Record<string, string>} [parameters] @returns {Promise<Tab>} */
export async function openTab(context, control, parameters = {}) {
  for (let attempt = 1; ; attempt++) {
    const tab = context.hub.tab(parameters);
    // WebKitGTK's small browser opens no second window for a script: there the tabs are frames, with workers of their own.
    if (context.engine === 'webkit') await control.call('frame', { url: tab.url });
    else await control.call('openTab', { url: tab.url });
    if (await tab.comesWithin(30_000)) {
      await tab.call('open', { storage: STORAGE });
      return tab;
    }
    if (attempt === 3) throw new Error('a tab did not open in three attempts');
  }
}

/** @param {Tab[]} tabs @returns {Promise<Tab>} the tab whose worker owns the store */
export async function leaderOf(tabs) {
  for (let tries = 0; tries < 40; tries++) {
    for (const tab of tabs) {
      const { role } = await tab.call('diagnostics', null, 20_000);
      if (role === 'leader') return tab;
    }
    await pause(100);
  }
  throw new Error('no tab leads');
}

/** @param {RunResult} result @param {import('../session.mjs').Verdict} verdict */
function add(result, verdict) {
  for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
    result[key] += verdict[key];
}

/** The longest time without an acknowledgement since it was begun. */
class Gap {
  #last = performance.now();
  longest = 0;
  /** @param {Book} book @param {Tab[]} tabs */
  constructor(book, tabs) {
    for (const tab of tabs) {
      const { onNote } = tab;
      tab.onNote = (note) => {
        onNote(note);
        if (note.acknowledged) this.tick();
      };
    }
  }
  tick() {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.#last);
    this.#last = now;
  }
}

/**
 * Tabs × writers write a fixed number of operations; meanwhile leaders end.
 * @param {{ tabs: number, operations: number, kills: number }} shape
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function manyTabs({ tabs: tabCount, operations, kills }) {
  return async function* (context) {
    const profile = newProfile(context);
    const { browser, tab: control } = await startSession(context, { profile });
    /** @type {Tab[]} */
    const tabs = [];
    const book = new Book();
    try {
      for (const run of context.runs) {
        const seed = context.seedOf(run);
        const random = randomFrom(seed);
        /** @type {RunResult} */
        const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
        while (tabs.length < tabCount) tabs.push(await openTab(context, control));
        book.acknowledgements = 0;
        const each = Math.ceil(operations / tabCount / 2);
        const writing = tabs.map((tab, t) => {
          book.follow(tab);
          const writers = book.open([0, 1].map((w) => `r${run}t${t}w${w}s${seed}`));
          return tab.call(
            'write',
            { collection: COLLECTION, writers: writers.map(({ name }) => ({ name, count: 0 })), most: each },
            300_000,
          );
        });
        for (const write of writing) write.catch(() => {});
        let gap = 0;
        for (let k = 1; k <= kills; k++) {
          await book.reaches(Math.floor((operations * (k - 0.5 + random() * 0.4)) / (kills + 0.5)), 120_000);
          const leader = await leaderOf(tabs);
          const watch = new Gap(book, tabs);
          await leader.call('terminate');
          await book.reaches(book.acknowledgements + 30, 60_000);
          gap = Math.max(gap, watch.longest);
        }
        const failures = failureCodes(await Promise.allSettled(writing));
        if (failures.length > 0)
          result.problems.push(`calls that failed: ${failures.slice(0, 5).join(', ')} (${failures.length})`);
        result.acknowledged = book.acknowledgements;
        // Two tabs, one answer: the second must find what the first has found.
        for (const tab of tabs.slice(0, 2)) add(result, await book.check(tab, COLLECTION));
        if (kills > 0) result.measures = { gapMs: gap };
        yield result;
      }
    } finally {
      await browser.kill();
      await dropProfile(profile);
    }
  };
}

/** @param {Tab} tab @returns {Promise<number>} how many owners the store has had */
const epochIn = async (tab) => epochOf(await tab.call('rawDump', { database: 'faults', store: 'meta' }));

/**
 * Of calls that were answered, those that had none when the leader ended.
 * @param {import('../page/siege.mjs').Settled[]} settled @param {number} endedAt
 */
function pendingAt(settled, endedAt) {
  const pending = settled.filter(({ from, to }) => from <= endedAt && to > endedAt);
  const pendingWrites = pending.filter(({ kind }) => kind === 'write').length;
  return { pendingReads: pending.length - pendingWrites, pendingWrites };
}

/**
 * @typedef {object} End
 * @property {(context: Context, leader: Tab, session: Session, run: number) => Promise<'gone' | 'lives'>} end what is done to the
 *   leader; resolves when it is done
 * @property {number} rows
 * @property {string} [build]
 * @property {boolean} [devtools]
 * @property {(run: number) => number} [gapMs] the others write again after so long at most
 * @property {(run: number) => string} [kindOf] names what is done in this run, for the record
 * @property {(found: { context: Context, leader: Tab, session: Session, followers: Tab[], epochBefore: number }) => Promise<{ fate: 'gone' | 'lives', problems: string[], measures?: Record<string, number> }>} [after]
 *   when another one leads
 */

/**
 * A leader ends while followers have calls under way, reads and writes.
 * @param {End} options
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function leaderEnds({ end, rows, build = 'kindex', devtools = false, gapMs, kindOf, after }) {
  return async function* (context) {
    const profile = newProfile(context);
    const session = await startSession(context, { profile, devtools });
    const { browser, tab: control } = session;
    /** @type {Tab[]} */
    let tabs = [];
    let besieged = 0;
    const book = new Book();
    try {
      tabs.push(await openTab(context, control, { build }));
      await tabs[0]?.call('prefill', { collection: 'ground', count: rows, prefix: 'ground' }, 300_000);
      for (const run of context.runs) {
        const seed = context.seedOf(run);
        const random = randomFrom(seed);
        /** @type {RunResult} */
        const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
        const settleMs = Math.max(DEADLINE_MS, gapMs?.(run) ?? 0);
        while (tabs.length < 3) tabs.push(await openTab(context, control, { build }));
        const leader = await leaderOf(tabs);
        const followers = tabs.filter((tab) => tab !== leader);
        const epochBefore = await epochIn(control);
        book.acknowledgements = 0;
        /** @type {Map<Tab, Promise<void>>} */
        const besieging = new Map();
        const watch = new Gap(book, followers);
        const writing = tabs.map((tab, t) => {
          book.follow(tab);
          const { onNote } = tab;
          besieging.set(
            tab,
            new Promise((resolve) => {
              tab.onNote = (note) => {
                onNote(note);
                if (note.siege) resolve();
                if (note.acknowledged && tab !== leader) watch.tick();
              };
            }),
          );
          const writers = book.open([0, 1].map((w) => `r${run}t${t}w${w}s${seed}`));
          return tab.call(
            'write',
            { collection: COLLECTION, writers: writers.map(({ name }) => ({ name, count: 0 })) },
            300_000,
          );
        });
        for (const write of writing) write.catch(() => {});
        await book.reaches(40, 60_000);
        const calls = followers.map((tab, t) =>
          tab.call('siege', { collection: 'sieges', ...SIEGE, tag: `r${run}t${t}` }, settleMs + 60_000),
        );
        for (const call of calls) call.catch(() => {});
        for (const tab of followers) await besieging.get(tab);
        await pause(random() * 300);
        watch.longest = 0;
        const fate = await end(context, leader, session, run);
        const endedAt = Date.now();
        for (const tab of followers) await tab.call('relent');
        /** @type {import('../page/siege.mjs').Settled[]} */
        const settled = [];
        for (const outcome of await Promise.allSettled(calls)) {
          if (outcome.status === 'fulfilled') settled.push(...outcome.value);
          else result.problems.push(`calls under way never settled: ${messageOf(outcome.reason)}`);
        }
        besieged += settled.filter(({ kind, code }) => kind === 'write' && code === 'ok').length;
        const bad = settled.filter(({ code, ms }) => code !== 'ok' || ms > settleMs);
        if (bad.length > 0)
          result.problems.push(
            `${bad.length} calls: ${[...new Set(bad.map(({ code }) => code))].join(', ')}`,
          );
        const { pendingReads, pendingWrites } = pendingAt(settled, endedAt);
        if (
          pendingReads + pendingWrites < LEAST_PENDING ||
          Math.min(pendingReads, pendingWrites) < LEAST_OF_EACH
        )
          result.problems.push(
            `only ${pendingReads} reads and ${pendingWrites} writes waited when the leader ended`,
          );
        const before = book.acknowledgements;
        await book.reaches(before + 20, 60_000);
        const gap = watch.longest;
        if (gapMs && gap > gapMs(run))
          result.problems.push(`nobody wrote for ${gap.toFixed(0)} ms, and ${gapMs(run)} ms is the bound`);
        const later = await after?.({ context, leader, session, followers, epochBefore });
        result.problems.push(...(later?.problems ?? []));
        const living = (later?.fate ?? fate) === 'gone' ? followers : tabs;
        for (const tab of living) await tab.call('stop');
        const ended = await Promise.allSettled(writing);
        for (const [t, outcome] of ended.entries()) {
          const tab = tabs[t];
          if (!tab || !living.includes(tab)) continue;
          const codes = failureCodes([outcome]);
          if (codes.length > 0)
            result.problems.push(
              `${tab === leader ? 'the former leader' : 'a follower'}'s writes failed: ${[...new Set(codes)].join(', ')} (${codes.length})`,
            );
        }
        result.acknowledged = book.acknowledgements;
        tabs = living;
        const [reader] = tabs;
        if (reader) {
          Object.assign(result, await book.check(reader, COLLECTION));
          const there = await reader.call('on', { collection: 'sieges', method: 'count', argument: null });
          if (there !== besieged) result.problems.push(`${there} records of ${besieged} writes of the siege`);
          const faults = (await Promise.all(tabs.map((tab) => tab.call('faults')))).flat();
          if (faults.length > 0) result.problems.push(...new Set(faults.slice(0, 3)));
        }
        result.measures = {
          [kindOf ? `gapMs, ${kindOf(run)}` : 'gapMs']: gap,
          pendingReads,
          pendingWrites,
          ...later?.measures,
        };
        yield result;
      }
    } finally {
      context.hub.points.onPoint = () => {};
      await browser.kill();
      await dropProfile(profile);
    }
  };
}

/** @param {Session} session @param {Tab} tab @returns {Promise<import('@playwright/test').CDPSession>} */
async function devtoolsOf({ browser }, tab) {
  const connected = await browser.devtools?.();
  for (const context of connected?.contexts() ?? []) {
    for (const page of context.pages()) {
      if (page.url() === tab.url) return context.newCDPSession(page);
    }
  }
  throw new Error(`devtools do not know ${tab.url}`);
}

const closed = leaderEnds({
  async end(_, leader) {
    leader.call('closeTab').catch(() => {});
    await leader.gone;
    return 'gone';
  },
  rows: 10_000,
});

const crashed = leaderEnds({
  async end(_, leader, session) {
    const devtools = await devtoolsOf(session, leader);
    devtools.send('Page.crash').catch(() => {});
    await leader.gone;
    return 'gone';
  },
  rows: 2_000,
  devtools: true,
});

const terminated = leaderEnds({
  async end(_, leader) {
    await leader.call('terminate');
    return 'lives';
  },
  rows: 10_000,
});

/** What the worker of a prepared page does when it is asked to. @param {Context} context @param {string} name @returns {Promise<void>} */
const pointOf = (context, name) =>
  new Promise((resolve) => {
    context.hub.points.onPoint = (point) => {
      if (point === name) resolve();
    };
  });

/** What the frozen worker has done since it thawed, by the end of its transactions. */
const STALE_MS = 10_000;

/**
 * Chromium does not freeze what holds a Web Lock: its worker is stopped between two transactions, as if it were frozen, and its
 * page is frozen for good.
 */
function frozen() {
  let thaw = () => {};
  /** @type {string[]} */
  let since = [];
  return leaderEnds({
    async end(context, leader, session, run) {
      const tag = `run ${run}`;
      const thawed = /** @type {Promise<void>} */ (new Promise((resolve) => (thaw = resolve)));
      const held = /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          context.hub.points.onPoint = (point) => {
            if (point.startsWith(`since ${tag}:`)) since.push(point);
            if (point !== `held ${tag}`) return;
            resolve();
            return thawed;
          };
        })
      );
      since = [];
      await leader.call('hold', { tag });
      await held;
      const devtools = await devtoolsOf(session, leader);
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
      const answered = await leader.call('databases', null, 1_000).then(
        () => true,
        () => false,
      );
      if (answered) throw new Error('the tab did not freeze');
      return 'lives';
    },
    rows: 2_000,
    build: 'hooked',
    devtools: true,
    gapMs: () => REPLACED_MS + OPENING_MS,
    async after({ leader, session, followers, epochBefore }) {
      const problems = [];
      const roles = await Promise.all(
        followers.map((tab) => tab.call('diagnostics').then(({ role }) => role)),
      );
      if (roles.filter((role) => role === 'leader').length !== 1)
        problems.push(`the others are ${roles.join(' and ')} while the leader stands still`);
      const epochs = (await epochIn(session.tab)) - epochBefore;
      if (epochs !== 1) problems.push(`the epoch went up by ${epochs}`);
      thaw();
      const devtools = await devtoolsOf(session, leader);
      await devtools.send('Page.setWebLifecycleState', { state: 'active' });
      for (const end = Date.now() + STALE_MS; since.length === 0 && Date.now() < end;) await pause(50);
      const { role } = await leader.call('diagnostics', null, 30_000);
      if (role !== 'follower') problems.push(`the one that stood still is a ${role} when it is back`);
      const fenced = since.filter((one) => one.endsWith('abort')).length;
      if (fenced === 0) problems.push('the one that stood still tried no write that could be fenced');
      if (since.length > fenced) problems.push('the one that stood still has written after another one led');
      return { fate: 'lives', problems, measures: { fencedWrites: fenced } };
    },
  });
}

/** By turns it loops between two transactions, and in the middle of one, which holds up the next owner until its page ends it. */
const within = (/** @type {number} */ run) => run % 2 === 1;

const looping = leaderEnds({
  async end(context, leader, _, run) {
    const begins = pointOf(context, 'loop begins');
    await leader.call('loop', { within: within(run) });
    await begins;
    return 'lives';
  },
  rows: 2_000,
  build: 'hooked',
  gapMs: (run) => OPENING_MS + (within(run) ? ENDED_MS : REPLACED_MS),
  kindOf: (run) => (within(run) ? 'in a transaction' : 'outside of one'),
  async after({ leader }) {
    // Nothing can wake such a worker; its page goes.
    leader.call('closeTab').catch(() => {});
    await leader.gone;
    return { fate: 'gone', problems: [] };
  },
});

export const tabs = {
  F13: manyTabs({ tabs: 2, operations: 1000, kills: 2 }),
  F14: manyTabs({ tabs: 8, operations: 2000, kills: 2 }),
  F15: closed,
  F16: crashed,
  F17: terminated,
  F18: frozen(),
  F19: looping,
};
