/** F13 to F19: several tabs on one store, and what becomes of calls when the tab that owns it ends or stops answering. */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { randomFrom } from '../page/workload.mjs';
import { Book, dropProfile, failureCodes, messageOf, newProfile, startSession } from '../session.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {import('../hub.mjs').Tab} Tab
 * @typedef {import('../session.mjs').Session} Session
 */

const STORAGE = 'indexeddb:faults';
const COLLECTION = 'tabs';
const STORM = { reads: 12, writes: 12 };
/** What the guide promises for a call whose leader is gone, frozen ones included. */
const DEADLINE_MS = 30_000;

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

/**
 * A leader ends while followers have calls under way: reads and writes, at least 20.
 * @param {(context: Context, leader: Tab, session: Session) => Promise<'gone' | 'lives'>} end what is done to it
 * @param {{ rows: number, build?: string, devtools?: boolean, settleMs?: number, after?: (context: Context, leader: Tab, session: Session) => Promise<'gone' | 'lives'> }} options
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function leaderEnds(end, { rows, build = 'kindex', devtools = false, settleMs = DEADLINE_MS, after }) {
  return async function* (context) {
    const profile = newProfile(context);
    const session = await startSession(context, { profile, devtools });
    const { browser, tab: control } = session;
    /** @type {Tab[]} */
    let tabs = [];
    let stormed = 0;
    const book = new Book();
    try {
      tabs.push(await openTab(context, control, { build }));
      await tabs[0]?.call('prefill', { collection: 'ground', count: rows, prefix: 'ground' }, 300_000);
      for (const run of context.runs) {
        const seed = context.seedOf(run);
        const random = randomFrom(seed);
        /** @type {RunResult} */
        const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
        while (tabs.length < 3) tabs.push(await openTab(context, control, { build }));
        const leader = await leaderOf(tabs);
        const followers = tabs.filter((tab) => tab !== leader);
        book.acknowledgements = 0;
        /** @type {Promise<void>[]} */
        const stormy = [];
        const watch = new Gap(book, followers);
        const writing = tabs.map((tab, t) => {
          book.follow(tab);
          const { onNote } = tab;
          stormy.push(
            new Promise((resolve) => {
              tab.onNote = (note) => {
                onNote(note);
                if (note.storm) resolve();
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
        await pause(random() * 300);
        const calls = followers.map((tab, t) =>
          tab.call('storm', { collection: 'storms', ...STORM, tag: `r${run}t${t}` }, settleMs + 30_000),
        );
        for (const call of calls) call.catch(() => {});
        await Promise.all(followers.map((tab) => stormy[tabs.indexOf(tab)]));
        watch.longest = 0;
        const fate = await end(context, leader, session);
        let pending = 0;
        for (const outcome of await Promise.allSettled(calls)) {
          if (outcome.status === 'rejected') {
            result.problems.push(`calls under way never settled: ${messageOf(outcome.reason)}`);
            continue;
          }
          pending += outcome.value.length;
          stormed += STORM.writes;
          const bad = outcome.value.filter(
            (/** @type {{ code: string, ms: number }} */ { code, ms }) => code !== 'ok' || ms > settleMs,
          );
          if (bad.length > 0)
            result.problems.push(
              `${bad.length} calls: ${[...new Set(bad.map((/** @type {{ code: string }} */ { code }) => code))].join(', ')}`,
            );
        }
        if (pending < 20) result.problems.push(`only ${pending} calls were under way`);
        const before = book.acknowledgements;
        await book.reaches(before + 20, 60_000);
        const gap = watch.longest;
        const fateNow = after ? await after(context, leader, session) : fate;
        const living = fateNow === 'gone' ? followers : tabs;
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
          const storms = await reader.call('on', { collection: 'storms', method: 'count', argument: null });
          if (storms !== stormed) result.problems.push(`${storms} records of ${stormed} stormed writes`);
          const faults = (await Promise.all(tabs.map((tab) => tab.call('faults')))).flat();
          if (faults.length > 0) result.problems.push(...new Set(faults.slice(0, 3)));
        }
        result.measures = { gapMs: gap, pending };
        yield result;
      }
    } finally {
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

const closed = leaderEnds(
  async (_, leader) => {
    leader.call('closeTab').catch(() => {});
    await leader.gone;
    return 'gone';
  },
  { rows: 10_000 },
);

const crashed = leaderEnds(
  async (_, leader, session) => {
    const devtools = await devtoolsOf(session, leader);
    devtools.send('Page.crash').catch(() => {});
    await leader.gone;
    return 'gone';
  },
  { rows: 2_000, devtools: true },
);

const terminated = leaderEnds(
  async (_, leader) => {
    await leader.call('terminate');
    return 'lives';
  },
  { rows: 10_000 },
);

const frozen = leaderEnds(
  async (_, leader, session) => {
    const devtools = await devtoolsOf(session, leader);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    const answered = await leader.call('databases', null, 1_000).then(
      () => true,
      () => false,
    );
    if (answered) throw new Error('the tab did not freeze');
    return 'lives';
  },
  {
    rows: 2_000,
    devtools: true,
    async after(_, leader, session) {
      const devtools = await devtoolsOf(session, leader);
      await devtools.send('Page.setWebLifecycleState', { state: 'active' });
      await pause(500);
      return 'lives';
    },
  },
);

const looping = leaderEnds(
  async (_, leader) => {
    await leader.call('loop');
    return 'lives';
  },
  {
    rows: 2_000,
    build: 'hooked',
    async after(_, leader) {
      // Nothing can wake such a worker; its page goes.
      leader.call('closeTab').catch(() => {});
      await leader.gone;
      return 'gone';
    },
  },
);

export const tabs = {
  F13: manyTabs({ tabs: 2, operations: 1000, kills: 2 }),
  F14: manyTabs({ tabs: 8, operations: 2000, kills: 2 }),
  F15: closed,
  F16: crashed,
  F17: terminated,
  F18: frozen,
  F19: looping,
};
