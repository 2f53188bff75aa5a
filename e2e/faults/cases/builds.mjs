/**
 * F53: one store under the builds of the core, one after the other: what one has written the others read, and they find the
 * same. Workers are told that the engine lacks instructions; in Chromium the engine itself is, where it can be.
 */
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { nearest } from '../page/dataset.mjs';
import { at, randomFrom, recordOf } from '../page/workload.mjs';
import { Book, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const STORAGE = 'indexeddb:builds';
const GROUND = 'ground';
const COLLECTION = 'written';
/** Enough for a graph, which is stored with the records. */
const RECORDS = 5_200;
const ENTRIES = 4_050;
const QUERIES = 20;
/** Of two builds that add up in another order, and of double precision. */
const TOLERANCE = 1e-5;
const LEAST_RECALL = 0.95;
/** The kind of such a segment. */
const GRAPH = 128;

/**
 * What a worker must lack for each, and how Chromium is told.
 * @type {Record<string, { missing: 'relaxed' | 'simd' | null, flags: string[] }>}
 */
const KINDS = {
  'wasm-relaxed': { missing: null, flags: [] },
  'wasm-simd': { missing: 'relaxed', flags: [] },
  scalar: { missing: 'simd', flags: ['--js-flags=--no-enable-sse4-1'] },
};

/** WebKitGTK has no relaxed SIMD. */
const kindsOf = (/** @type {string} */ engine) =>
  Object.keys(KINDS).filter((kind) => engine !== 'webkit' || kind !== 'wasm-relaxed');

/** @param {() => number} random @param {string[]} kinds @returns {string[]} each follows each other one at least once */
function orderOf(random, kinds) {
  const pairs = kinds.flatMap((a) => kinds.filter((b) => b !== a).map((b) => /** @type {const} */ ([a, b])));
  const order = [at(kinds, Math.floor(random() * kinds.length))];
  const left = new Set(pairs.map(([a, b]) => `${a} ${b}`));
  while (left.size > 0) {
    const now = at(order, order.length - 1);
    const next = kinds.filter((kind) => left.has(`${now} ${kind}`));
    const choice = next.length > 0 ? next : kinds.filter((kind) => kind !== now);
    const kind = at(choice, Math.floor(random() * choice.length));
    left.delete(`${now} ${kind}`);
    order.push(kind);
  }
  return order;
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* builds(context) {
  const ids = Array.from({ length: RECORDS }, (_, i) => `b/${i}`);
  const records = {
    space: /** @type {const} */ ('l2'),
    ids,
    embeddings: ids.map((id) => recordOf(id, 1).embedding),
  };
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    const random = randomFrom(seed);
    /** @type {RunResult} */
    const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
    const queries = Array.from({ length: QUERIES }, () =>
      Array.from({ length: 24 }, () => Math.fround(random() * 2 - 1)),
    );
    const exact = queries.map(
      (query) => new Map(nearest(records, query).map(({ id, distance }) => [id, distance])),
    );
    const profile = newProfile(context);
    const book = new Book();
    /** What the build before has found. @type {string | null} */
    let before = null;
    // The scalar build searches without a graph.
    let reused = 0;
    let made = 0;
    let recalled = 0;
    let apart = 0;
    const order = orderOf(random, kindsOf(context.engine));
    // Each build in turn writes a whole generation.
    const writes = at(
      kindsOf(context.engine),
      (run + kindsOf(context.engine).length - 1) % kindsOf(context.engine).length,
    );
    const heavy = order.indexOf(writes, 1);
    for (const [step, kind] of order.entries()) {
      const { missing, flags } = at(Object.values(KINDS), Object.keys(KINDS).indexOf(kind));
      const byFlag = context.engine === 'chromium' && flags.length > 0;
      context.hub.settings['quiet'] = true;
      context.hub.settings['missing'] = byFlag ? null : missing;
      const { browser, tab } = await startSession(context, {
        profile,
        parameters: { build: 'hooked' },
        ...(byFlag && { flags }),
      });
      const say = (/** @type {string} */ problem) =>
        result.problems.push(`${order.slice(0, step + 1).join(' → ')}: ${problem}`);
      try {
        const found = await tab.call('open', { storage: STORAGE });
        if (found.core !== kind) throw new Error(`the core is ${found.core}`);
        // That vectors are searched without SIMD is no damage.
        const told = found.warnings.filter((/** @type {string} */ one) => !one.includes('without SIMD'));
        if (told.length > 0 || found.damage.length > 0)
          say(`opening tells of ${told[0] ?? JSON.stringify(found.damage[0])}`);
        if (step === 0) {
          await tab.call('prefill', { collection: GROUND, count: RECORDS, prefix: 'b' });
          await allIndexed(tab);
          // Makes a checkpoint due, which takes the graph along.
          await tab.call('burst', { collection: 'burst', from: 0, count: ENTRIES, prefix: 'b', records: 50 });
          if (kind !== 'scalar' && !(await graphIsStored(tab))) throw new Error('no graph was stored');
        } else {
          const { indexed, total } = await tab.call('indexing', { collection: GROUND });
          if (total !== RECORDS) say(`${total} records`);
          if (kind !== 'scalar' && indexed === total) reused++;
          else if (kind !== 'scalar') made++;
          await allIndexed(tab);
          if (book.ledgers.length > 0) {
            const verdict = await book.check(tab, COLLECTION);
            for (const key of /** @type {const} */ (['lost', 'duplicated', 'torn', 'undetected', 'extra']))
              result[key] += verdict[key];
          }
          const { rows } = await tab.call('dump', { collection: GROUND });
          const right = rows.filter(
            (/** @type {[string, number, boolean]} */ [, version, good]) => version === 1 && good,
          );
          result.undetected += rows.length - right.length;
          result.lost += RECORDS - rows.length;
        }
        /** @type {{ ids: string[], distances: number[] }[]} */
        const answers = await tab.call('answers', { collection: GROUND, queries, nResults: 10 });
        for (const [q, answer] of answers.entries()) {
          const distances = at(exact, q);
          const first = new Set([...distances.keys()].slice(0, 10));
          recalled += answer.ids.filter((id) => first.has(id)).length;
          if (answer.ids.length !== 10 || new Set(answer.ids).size !== 10)
            say(`query ${q} found ${answer.ids.length} ids`);
          for (const [i, id] of answer.ids.entries()) {
            const off = Math.abs(at(answer.distances, i) - (distances.get(id) ?? Infinity));
            apart = Math.max(apart, off);
            if (!(off <= TOLERANCE * Math.max(1, distances.get(id) ?? 0))) result.undetected++;
          }
        }
        const ground = JSON.stringify(answers.map((answer) => answer.ids));
        // The same links and the same order of distances: the same ids, unless the graph was made anew.
        if (before !== null && before !== ground) result.measures = { ...result.measures, otherIds: 1 };
        before = ground;
        book.follow(tab);
        const writers = book.open([`r${run}k${step}s${seed}`]);
        await tab.call('write', {
          collection: COLLECTION,
          writers: writers.map(({ name }) => ({ name, count: 0 })),
          most: 25,
        });
        if (step === heavy) {
          const before = await segmentsOf(tab);
          await tab.call('burst', { collection: 'burst', from: 0, count: ENTRIES, prefix: 'b', records: 60 });
          for (let tries = 0; (await segmentsOf(tab)) === before; tries++) {
            if (tries === 100) throw new Error('no generation was written');
            await pause(100);
          }
        }
        result.problems.push(...(await tab.call('faults')));
        await tab.call('close');
      } catch (error) {
        say(messageOf(error));
      }
      await browser.kill();
      if (result.problems.length > 0) break;
    }
    result.acknowledged = book.acknowledgements;
    const recall = recalled / (10 * QUERIES * order.length);
    if (result.problems.length === 0 && recall < LEAST_RECALL)
      result.problems.push(`only ${(recall * 100).toFixed(1)} % of the nearest were found`);
    result.measures = {
      otherIds: 0,
      ...result.measures,
      openings: order.length - 1,
      graphReused: reused,
      graphMadeAnew: made,
      recallPercent: recall * 100,
      distanceOff1e9: apart * 1e9,
    };
    await dropProfile(profile);
    yield result;
  }
}

/** @param {import('../hub.mjs').Tab} tab */
async function allIndexed(tab) {
  for (let tries = 0; tries < 300; tries++) {
    const { indexed, total } = await tab.call('indexing', { collection: GROUND });
    if (indexed === total) return;
    await pause(100);
  }
  throw new Error('the graph is not built in 30 s');
}

/** @param {import('../hub.mjs').Tab} tab @returns {Promise<string>} which segments there are */
async function segmentsOf(tab) {
  const rows = await tab.call('rawDump', { database: 'builds', store: 'seg' });
  return rows.map((/** @type {[string]} */ [key]) => key).join();
}

/** @param {import('../hub.mjs').Tab} tab */
async function graphIsStored(tab) {
  for (let tries = 0; tries < 100; tries++) {
    if ((await segmentsOf(tab)).split(',').some((key) => Number(key.split('.')[1]) === GRAPH)) return true;
    await pause(100);
  }
  return false;
}

export const coreBuilds = { F53: builds };
