/**
 * F51: the same data made in each engine is exported, imported in every other one, and exported there again. One engine's
 * runs go from it to all others, so that the engines together make all pairs.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../../tools/run.mjs';
import { cleanVerdict } from '../judge.mjs';
import { answerActions } from '../page/answers.mjs';
import { datasetsOf, nearest, queriesOf } from '../page/dataset.mjs';
import { at } from '../page/workload.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../page/dataset.mjs').Dataset} Dataset */

const ENGINES = ['chromium', 'firefox', 'webkit', 'node'];
const STORAGE = 'indexeddb:exchange';
const QUERIES = 12;
/** Of distances between engines and double precision, beside what float32 can tell apart. */
const TOLERANCE = 1e-5;
/** A graph, which is made anew by an import, may miss one in twenty. */
const LEAST_RECALL = 0.95;
const GRAPH_FROM = 5_000;

/** @typedef {{ ids: string[], distances: number[] }} Answer */
/**
 * @typedef {object} Place where a store is
 * @property {(method: 'fillDatasets' | 'compareDatasets' | 'exportAll' | 'importAll' | 'answers', argument?: unknown) => Promise<any>} call
 * @property {() => Promise<void>} end
 */

/** @param {Context} context @param {string} engine @returns {Promise<Place>} a new and empty store */
async function placeIn(context, engine) {
  if (engine === 'node') {
    const folder = join(process.env['KINDEX_FAULTS_NODE'] ?? join(ROOT, 'dist'), 'src', 'inline.js');
    const load = () => import(pathToFileURL(folder).href);
    const { ChromaClient } = await load();
    const client = new ChromaClient({ storage: `memory:exchange${process.hrtime.bigint()}` });
    const actions = answerActions({ opened: () => client, load });
    return {
      call: async (method, argument) =>
        /** @type {(argument: unknown) => Promise<unknown>} */ (actions[method])(argument),
      end: () => client.close(),
    };
  }
  const profile = newProfile(context);
  const { browser, tab } = await startSession(
    { ...context, engine: /** @type {import('../browsers.mjs').Engine} */ (engine) },
    { profile },
  );
  await tab.call('open', { storage: STORAGE });
  return {
    async call(method, argument) {
      const found = await tab.call(method, argument);
      const faults = await tab.call('faults');
      if (faults.length > 0) throw new Error(faults[0]);
      return found;
    },
    async end() {
      await browser.kill();
      await dropProfile(profile);
    },
  };
}

/**
 * Asks for the nearest and compares them with those found one by one.
 * @param {Place} place
 * @param {{ data: Dataset, queries: number[][], exact: { id: string, distance: number }[][] }[]} questions
 * @returns {Promise<{ answers: Answer[][], problems: string[], apart: number }>} `apart`: largest difference of a distance
 */
async function ask(place, questions) {
  const problems = [];
  const answers = [];
  let apart = 0;
  for (const { data, queries, exact } of questions) {
    /** @type {Answer[]} */
    const found = await place.call('answers', { collection: data.name, queries, nResults: 10 });
    answers.push(found);
    let hits = 0;
    for (const [q, { ids, distances }] of found.entries()) {
      const all = new Map(at(exact, q).map(({ id, distance }) => [id, distance]));
      const first = at(exact, q).slice(0, 10);
      hits += ids.filter((id) => first.some((one) => one.id === id)).length;
      for (const [i, id] of ids.entries()) {
        const right = all.get(id) ?? Infinity;
        const off = Math.abs(at(distances, i) - right);
        apart = Math.max(apart, off);
        if (!(off <= TOLERANCE * Math.max(1, Math.abs(right))))
          problems.push(`${data.name}: "${id}" is said to be at ${at(distances, i)}, not ${right}`);
      }
    }
    const least = data.ids.length >= GRAPH_FROM ? LEAST_RECALL : 1;
    if (hits < least * 10 * queries.length)
      problems.push(`${data.name}: ${hits} of the ${10 * queries.length} nearest`);
  }
  return { answers, problems, apart };
}

/** @param {Answer[][]} here @param {Answer[][]} there @returns {string[]} where two engines differ, collections with a graph left out */
function unlike(here, there, /** @type {Dataset[]} */ datasets) {
  const problems = [];
  for (const [c, { name, ids }] of datasets.entries()) {
    if (ids.length >= GRAPH_FROM) continue;
    for (const [q, answer] of at(here, c).entries()) {
      const other = at(at(there, c), q);
      if (answer.ids.join('\n') !== other.ids.join('\n'))
        problems.push(`${name}, query ${q}: other ids, or another order`);
    }
  }
  return problems;
}

/** @param {string} a @param {string} b both base64 */
function sameBytes(a, b) {
  if (a === b) return '';
  const [one, other] = [Buffer.from(a, 'base64'), Buffer.from(b, 'base64')];
  const byte = one.findIndex((value, i) => value !== other[i]);
  return `${one.length} and ${other.length} bytes that differ from ${byte} on`;
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* exchange51(context) {
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    const datasets = datasetsOf(seed);
    const records = datasets.reduce((sum, { ids }) => sum + ids.length, 0);
    const questions = datasets.map((data) => {
      const queries = queriesOf(seed, data, QUERIES);
      return { data, queries, exact: queries.map((query) => nearest(data, query)) };
    });
    /** @type {RunResult} */
    const result = { run, seed, acknowledged: records, ...cleanVerdict(), problems: [] };
    let apart = 0;
    let bytes = 0;
    /** @type {Record<string, string>} */
    const pairs = {};
    /** @type {Place | null} */
    let place = null;
    try {
      place = await placeIn(context, context.engine);
      await place.call('fillDatasets', { seed });
      const wrong = await place.call('compareDatasets', { seed });
      result.undetected += wrong.length;
      result.problems.push(...wrong.slice(0, 3));
      const own = await place.call('exportAll');
      bytes = own.length * 0.75;
      const here = await ask(place, questions);
      apart = here.apart;
      result.problems.push(...here.problems.slice(0, 3));
      await place.end();
      place = null;
      if (context.engine !== /** @type {string} */ ('node')) {
        // What was made here is what Node makes, to the byte.
        place = await placeIn(context, 'node');
        await place.call('fillDatasets', { seed });
        const made = sameBytes(await place.call('exportAll'), own);
        if (made !== '') result.problems.push(`made in Node and here, ${made}`);
        await place.end();
        place = null;
      }
      for (const other of ENGINES.filter((name) => name !== context.engine)) {
        const say = (/** @type {string} */ problem) => result.problems.push(`to ${other}: ${problem}`);
        place = await placeIn(context, other);
        const report = await place.call('importAll', { bytes: own });
        const imported = report.collections.reduce(
          (/** @type {number} */ sum, /** @type {{ records: number }} */ one) => sum + one.records,
          0,
        );
        if (imported !== records) result.lost += records - imported;
        const changed = await place.call('compareDatasets', { seed });
        result.undetected += changed.length;
        for (const one of changed.slice(0, 3)) say(one);
        const again = sameBytes(own, await place.call('exportAll'));
        if (again !== '') say(`exported again, ${again}`);
        const there = await ask(place, questions);
        apart = Math.max(apart, there.apart);
        for (const problem of there.problems.slice(0, 3)) say(problem);
        const odd = unlike(here.answers, there.answers, datasets);
        for (const problem of odd.slice(0, 3)) say(problem);
        await place.end();
        place = null;
        pairs[`to ${other}`] = again === '' && odd.length === 0 ? 'equal' : 'differs';
      }
    } catch (error) {
      result.problems.push(messageOf(error));
    }
    await place?.end().catch(() => {});
    result.measures = { ...pairs, snapshotKB: bytes / 1000, distanceOff1e9: apart * 1e9 };
    if (result.problems.length > 0) context.keep(`${context.engine}-${seed}`, { seed, result });
    yield result;
  }
}

export const exchange = { F51: exchange51 };
