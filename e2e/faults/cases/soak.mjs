/**
 * F52: several tabs write, read, search and export for a long time, while browsers are killed, leaders' tabs closed and
 * databases deleted at random. The history decides: an operation has succeeded, failed, or may have done either, and what is
 * read at any moment must be what some of these histories leave.
 */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { nearest } from '../page/dataset.mjs';
import { at, randomFrom, recordOf, Writer } from '../page/workload.mjs';
import { Book, codeOf, dropProfile, failureCodes, messageOf, newProfile, startSession } from '../session.mjs';
import { leaderOf } from './tabs.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {import('../session.mjs').Session} Session
 * @typedef {import('../hub.mjs').Tab} Tab
 * @typedef {{ name: string, acknowledged: number, inFlight: number }} Ledger
 * @typedef {Map<string, number>} State id → version
 */

const DATABASE = 'soak';
const STORAGE = `indexeddb:${DATABASE}`;
const TABS = 3;
const WRITERS = 2;
/** Of one run, all faults and checks included. */
const LOAD_MS = 60_000;
/** In `npm test`. */
const SHORT_LOAD_MS = 7_000;
const PACE_MS = 120;
const DIMENSIONS = 24;
const TOLERANCE = 1e-5;
/** From here on a graph may answer, which may miss some. */
const GRAPH_FROM = 5_000;
const LEAST_ACKNOWLEDGED = 50;
const LEAST_LOOKS = 3;
/** What a call may end with when its store is deleted. */
const LOST_CODES = /^(STORAGE_|OUTCOME_UNKNOWN$|CLOSED$|WORKER_DIED$|NOT_FOUND_)/;

/** What one writer's records may be at a moment: its state after so many operations as must have happened, and may. */
class Possible {
  /** @type {Map<string, Writer>} known states, by writer: they only grow */
  #known = new Map();

  /** @param {Ledger} ledger @param {number} from at least so many have happened @param {number} to at most @returns {State[]} */
  statesOf({ name }, from, to) {
    let base = this.#known.get(name);
    if (!base || base.count > from) this.#known.set(name, (base = new Writer(name)));
    while (base.count < from) base.next();
    const ahead = new Writer(name);
    ahead.count = base.count;
    ahead.state = new Map(base.state);
    const states = [new Map(ahead.state)];
    while (ahead.count < to) {
      ahead.next();
      states.push(new Map(ahead.state));
    }
    return states;
  }
}

/** @param {State} a @param {State} b */
const same = (a, b) => a.size === b.size && [...a].every(([id, version]) => b.get(id) === version);

/** @param {string} id */
const writerOf = (id) => id.slice(0, id.indexOf('/'));

/** The soak of one profile. */
class Soak {
  /** @type {Tab[]} */
  tabs = [];
  /** @type {Promise<any>[]} */
  writing = [];
  book = new Book();
  possible = new Possible();
  /** @type {Session | null} */
  session = null;
  collection = '';
  #names = 0;
  /** @type {Record<string, number>} */
  counts = { kills: 0, closed: 0, deleted: 0, gets: 0, queries: 0, filters: 0, exports: 0 };

  /** @param {Context} context @param {RunResult} result */
  constructor(context, result) {
    this.context = context;
    this.profile = newProfile(context);
    this.result = result;
  }

  /** @param {string} problem */
  say(problem) {
    this.result.problems.push(problem);
  }

  /** @param {keyof import('../judge.mjs').Verdict} what @param {number} [count] */
  add(what, count = 1) {
    this.result[what] += count;
  }

  async start() {
    this.session = await startSession(this.context, { profile: this.profile });
  }

  async openTab() {
    const control = this.session?.tab;
    for (let attempt = 1; ; attempt++) {
      const tab = this.context.hub.tab();
      await control?.call('openTab', { url: tab.url });
      if (!(await tab.comesWithin(30_000))) {
        if (attempt === 3) throw new Error('a tab did not open in three attempts');
        continue;
      }
      await tab.call('open', { storage: STORAGE });
      this.tabs.push(tab);
      return tab;
    }
  }

  /** New writers in a tab. @param {Tab} tab @param {string} prefix */
  write(tab, prefix) {
    this.book.follow(tab);
    const writers = this.book.open(Array.from({ length: WRITERS }, () => `${prefix}n${++this.#names}`));
    const call = tab.call(
      'write',
      {
        collection: this.collection,
        writers: writers.map(({ name }) => ({ name, count: 0 })),
        paceMs: PACE_MS,
      },
      600_000,
    );
    call.catch(() => {});
    this.writing[this.tabs.indexOf(tab)] = call;
  }

  /** So that a query finds a collection, before anybody has written. */
  async make() {
    await at(this.tabs, 0).call('on', { collection: this.collection, method: 'count', argument: null });
  }

  /** @param {string} prefix */
  async fillTabs(prefix) {
    while (this.tabs.length < TABS) this.write(await this.openTab(), prefix);
  }

  /** Everybody stops; every call must have succeeded. */
  async stop() {
    for (const tab of this.tabs) await tab.call('stop');
    const codes = failureCodes(await Promise.allSettled(this.writing));
    if (codes.length > 0) this.say(`writes failed: ${[...new Set(codes)].join(', ')}`);
    this.writing = [];
    for (const tab of this.tabs)
      for (const fault of new Set(await tab.call('faults'))) this.say(String(fault));
  }

  /**
   * Reads in one tab while all write, and asks the history.
   * @param {Tab} tab
   * @param {'gets' | 'queries' | 'filters' | 'exports'} kind
   * @param {() => number} random
   */
  async look(tab, kind, random) {
    const ledgers = [...this.book.ledgers];
    // What is acknowledged now must be seen; what has begun by the end may be.
    const from = ledgers.map(({ acknowledged }) => acknowledged);
    const query = Array.from({ length: DIMENSIONS }, () => Math.fround(random() * 2 - 1));
    const found =
      kind === 'gets'
        ? await tab.call('dump', { collection: this.collection })
        : kind === 'exports'
          ? await tab.call('exportedRows', { collection: this.collection })
          : await tab.call('answers', {
              collection: this.collection,
              queries: [query],
              nResults: 10,
              checked: true,
              ...(kind === 'filters' && { where: { even: true } }),
            });
    const states = new Map(
      ledgers.map((ledger, i) => [
        ledger.name,
        this.possible.statesOf(ledger, at(from, i), ledger.acknowledged + ledger.inFlight),
      ]),
    );
    // Writers that began meanwhile say nothing of what had to be there.
    for (const ledger of this.book.ledgers.slice(ledgers.length))
      states.set(ledger.name, this.possible.statesOf(ledger, 0, ledger.acknowledged + ledger.inFlight));
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    if (kind === 'gets' || kind === 'exports') this.#judgeRows(kind, found, states);
    else this.#judgeAnswer(kind, found[0], { query, states });
  }

  /** @param {string} kind @param {{ rows: [string, number, boolean][] }} found @param {Map<string, State[]>} states */
  #judgeRows(kind, { rows }, states) {
    /** @type {Map<string, State>} */
    const seen = new Map([...states.keys()].map((name) => [name, new Map()]));
    for (const [id, version, right] of rows) {
      const own = seen.get(writerOf(id));
      if (!right || !own) this.add('undetected');
      if (own?.has(id)) this.add('duplicated');
      own?.set(id, version);
    }
    for (const [name, own] of seen) {
      const list = states.get(name) ?? [];
      if (list.some((state) => same(state, own))) continue;
      const least = at(list, 0);
      const most = at(list, list.length - 1);
      const missing = [...least].filter(([id]) => !own.has(id) && most.has(id)).length;
      const back = [...own].filter(([id]) => !least.has(id) && !most.has(id)).length;
      if (missing > 0) this.add('lost', missing);
      if (back > 0) this.add('duplicated', back);
      if (missing + back === 0) this.add('torn');
      this.say(`${kind} of ${name}: ${own.size} records, of ${least.size} to ${most.size}`);
    }
  }

  /**
   * @param {string} kind
   * @param {{ ids: string[], distances: number[], versions: number[], wrong: number }} answer
   * @param {{ query: number[], states: Map<string, State[]> }} history
   */
  #judgeAnswer(kind, { ids, distances, versions, wrong }, { query, states }) {
    this.add('undetected', wrong);
    const fits = (/** @type {number} */ version) => kind === 'queries' || version % 2 === 0;
    const distanceOf = (/** @type {string} */ id, /** @type {number} */ version) =>
      nearest({ space: 'l2', ids: [id], embeddings: [recordOf(id, version).embedding] }, query)[0]
        ?.distance ?? NaN;
    for (const [i, id] of ids.entries()) {
      const version = at(versions, i);
      const alive = (states.get(writerOf(id)) ?? []).some((state) => state.get(id) === version);
      const far = Math.abs(distanceOf(id, version) - at(distances, i)) > TOLERANCE;
      if (!alive || !fits(version) || far || ids.indexOf(id) !== i) {
        this.add('undetected');
        this.say(`${kind}: "${id}" at ${version} ${alive ? 'does not belong there' : 'is not live'}`);
      }
    }
    // What was there all the time, and nearer than the last one found.
    /** @type {{ id: string, version: number }[]} */
    const stable = [];
    let live = 0;
    for (const list of states.values()) {
      live += at(list, list.length - 1).size;
      for (const [id, version] of at(list, 0))
        if (fits(version) && list.every((state) => state.get(id) === version)) stable.push({ id, version });
    }
    if (live >= GRAPH_FROM) return;
    const last = ids.length < 10 ? Infinity : at(distances, 9) - TOLERANCE;
    const missed = stable.filter(({ id, version }) => !ids.includes(id) && distanceOf(id, version) < last);
    if (missed.length === 0) return;
    this.add('lost', missed.length);
    this.say(`${kind}: ${missed.length} nearer records were not found, e.g. "${missed[0]?.id}"`);
  }

  /** F15. @param {string} prefix @param {() => number} random */
  async closeLeader(prefix, random) {
    this.counts['closed'] = (this.counts['closed'] ?? 0) + 1;
    const leader = await leaderOf(this.tabs);
    const place = this.tabs.indexOf(leader);
    this.tabs.splice(place, 1);
    // Its calls end with it.
    void this.writing.splice(place, 1);
    const [other] = this.tabs;
    leader.call('closeTab').catch(() => {});
    // Somebody reads in the middle of it.
    if (other) await this.look(other, random() < 0.5 ? 'gets' : 'queries', random);
    await leader.gone;
    await this.fillTabs(prefix);
  }

  /** F01. @param {string} prefix */
  async kill(prefix) {
    this.counts['kills'] = (this.counts['kills'] ?? 0) + 1;
    await this.session?.browser.kill();
    await Promise.all(this.tabs.map((tab) => tab.gone));
    this.tabs = [];
    this.writing = [];
    await this.start();
    const first = await this.openTab();
    await this.#check(first);
    this.write(first, prefix);
    await this.fillTabs(prefix);
  }

  /** F24. @param {string} prefix @param {() => number} random */
  async deleteDatabase(prefix, random) {
    this.counts['deleted'] = (this.counts['deleted'] ?? 0) + 1;
    const one = at(this.tabs, Math.floor(random() * this.tabs.length));
    await one.call('rawDelete', { database: DATABASE });
    // Whatever begins from now on can be kept nowhere.
    const begun = this.book.ledgers.map(({ acknowledged, inFlight }) => acknowledged + inFlight);
    const codes = failureCodes(await Promise.allSettled(this.writing));
    const odd = codes.filter((code) => !LOST_CODES.test(code));
    if (odd.length > 0) this.say(`writes to a deleted store ended with ${odd[0]}`);
    if (codes.length === 0) this.say('no write noticed that the store was deleted');
    for (const [i, { name, acknowledged }] of this.book.ledgers.entries()) {
      if (acknowledged <= at(begun, i)) continue;
      this.add('lost', acknowledged - at(begun, i));
      this.say(`${name}: ${acknowledged - at(begun, i)} operations acknowledged after the store was gone`);
    }
    this.writing = [];
    for (const tab of this.tabs) {
      const code = await codeOf(
        tab.call('on', { collection: this.collection, method: 'count', argument: null }),
      );
      if (code !== 'STORAGE_LOST') this.say(`a read of a deleted store ended with ${code}`);
    }
    for (const tab of this.tabs) await tab.call('close').catch(() => {});
    const [first] = this.tabs;
    const again = await codeOf(first?.call('open', { storage: STORAGE }) ?? Promise.resolve());
    if (again !== 'STORAGE_LOST') this.say(`opening a deleted store ended with ${again}`);
    await first?.call('close').catch(() => {});
    const anew = await first?.call('open', { storage: STORAGE, ifLost: 'recreate' });
    if (anew?.records !== 0) this.say(`${anew?.records} records in a new store`);
    // The next loss is to be told again.
    await first?.call('close');
    for (const tab of this.tabs) await tab.call('open', { storage: STORAGE });
    // What was acknowledged is gone with the browser's word for it.
    this.book.ledgers = [];
    this.possible = new Possible();
    await this.make();
    for (const tab of this.tabs) this.write(tab, prefix);
  }

  /** Nobody writes. @param {Tab} tab */
  async #check(tab) {
    const verdict = await this.book.check(tab, this.collection);
    for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
      this.add(key, verdict[key]);
  }

  async finish() {
    await this.stop();
    for (const tab of this.tabs.slice(0, 2)) await this.#check(tab);
  }
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* soaking(context) {
  const loadMs = context.level === 'push' ? SHORT_LOAD_MS : LOAD_MS;
  /** @type {Soak | null} */
  let soak = null;
  try {
    for (const run of context.runs) {
      const seed = context.seedOf(run);
      const random = randomFrom(seed);
      /** @type {RunResult} */
      const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
      // The profile goes from run to run; each has a collection of its own, and what the one before wrote is deleted.
      const earlier = soak?.collection ?? null;
      soak ??= new Soak(context, result);
      soak.result = result;
      soak.collection = `soak-${run}`;
      soak.book.ledgers = [];
      soak.book.acknowledgements = 0;
      soak.possible = new Possible();
      for (const kind of Object.keys(soak.counts)) soak.counts[kind] = 0;
      const prefix = `r${run}s${seed}`;
      try {
        if (!soak.session) await soak.start();
        if (soak.tabs.length === 0) await soak.openTab();
        if (earlier)
          await at(soak.tabs, 0).call('client', { method: 'deleteCollection', argument: { name: earlier } });
        await soak.make();
        for (const tab of soak.tabs) soak.write(tab, prefix);
        await soak.fillTabs(prefix);
        const end = Date.now() + loadMs;
        const soon = () => Date.now() + loadMs * (0.03 + random() * 0.09);
        let due = soon();
        let fault = 0;
        while ((Date.now() < end || fault < 2) && result.problems.length === 0) {
          const kind = /** @type {const} */ (['gets', 'queries', 'filters', 'exports', 'queries', 'filters'])[
            Math.floor(random() * 6)
          ];
          await soak.look(at(soak.tabs, Math.floor(random() * TABS)), kind ?? 'gets', random);
          await pause(random() * 400);
          if (Date.now() < due) continue;

          const roll = random();
          // Whatever chance says, the first two are of different kinds: a short run has no more.
          if (fault === 0 || (fault > 1 && roll < 0.6)) await soak.closeLeader(prefix, random);
          else if (fault === 1 || roll < 0.85) await soak.kill(prefix);
          else await soak.deleteDatabase(prefix, random);
          fault++;
          due = soon();
        }
        await soak.finish();
      } catch (error) {
        soak.say(messageOf(error));
      }
      result.acknowledged = soak.book.acknowledgements;
      const looks = ['gets', 'queries', 'filters', 'exports'].reduce(
        (sum, kind) => sum + (soak?.counts[kind] ?? 0),
        0,
      );
      if (result.problems.length === 0) {
        if (result.acknowledged < LEAST_ACKNOWLEDGED)
          soak.say(`only ${result.acknowledged} acknowledgements`);
        if (looks < LEAST_LOOKS) soak.say(`only ${looks} looks`);
      }
      result.measures = { ...soak.counts };
      const failed =
        result.lost + result.duplicated + result.torn + result.undetected + result.problems.length > 0;
      if (failed) {
        await soak.session?.browser.kill();
        context.keep(`${context.engine}-${seed}`, {
          profile: soak.profile,
          ledgers: soak.book.ledgers,
          result,
        });
        await dropProfile(soak.profile);
        soak = null;
      }
      yield result;
    }
  } finally {
    await soak?.session?.browser.kill();
    if (soak) await dropProfile(soak.profile);
  }
}

export const soak = { F52: soaking };
