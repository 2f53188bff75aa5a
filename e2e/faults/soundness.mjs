/** What must hold of a store after any end of its owner, beside its records: nothing is warned of, queries find what is there, the page has no errors. */
import { pause } from './browsers.mjs';

/** @typedef {import('./hub.mjs').Tab} Tab */

/** Of one ground: so many rows that a graph is linked. */
const GROUND_ROWS = 5_200;
const GROUND = 'ground';
/** So many writes make a checkpoint due. */
const ENTRIES = 4_050;
/** Kind of a segment with a part of a graph (FORMAT.md §9). */
const GRAPH = 128;
/** A graph may miss a vector now and then, and a scan never. */
const GRAPH_PROBES = 40;
const GRAPH_MISSES = 2;

/** How the store begins to say that it has no place for a mark. */
export const NO_MARK = 'No mark is kept outside the database';

/** @param {{ warnings: string[], damage: unknown[], setAside: number, state: string }} found diagnostics @returns {string[]} */
export function troubles({ warnings, damage, setAside, state }) {
  // A slower search is no damage.
  const told = warnings.filter((one) => !one.includes('without SIMD'));
  return [
    ...told.map((one) => `warned: ${one}`),
    ...damage.map((one) => `damage: ${JSON.stringify(one)}`),
    ...(setAside > 0 ? [`${setAside} records set aside`] : []),
    ...(state === 'read-only' ? ['the store is read-only'] : []),
  ];
}

/**
 * @param {Tab} tab
 * @param {string} collection few rows: they are compared one by one
 * @returns {Promise<string[]>} what is wrong
 */
export async function unsound(tab, collection) {
  const found = troubles(await tab.call('diagnostics'));
  const { dead, missed } = await tab.call('probe', { collection, limit: 15 });
  if (dead > 0) found.push(`queries gave ${dead} ids that are not there`);
  if (missed > 0) found.push(`${missed} records were not found by their own vectors`);
  return [...found, ...(await tab.call('faults'))];
}

/** A collection with a graph, open and in a checkpoint. @param {Tab} tab @param {string} database @throws Error when there is none in time */
export async function layGround(tab, database) {
  await tab.call('prefill', { collection: GROUND, count: GROUND_ROWS, prefix: 'b' });
  await until('the graph was not built', async () => {
    const { indexed, total } = await tab.call('indexing', { collection: GROUND });
    return total === GROUND_ROWS && indexed === total;
  });
  await tab.call('burst', { collection: 'burst', from: 0, count: ENTRIES, prefix: 'b', records: 50 });
  await until('no graph was stored', async () => {
    const rows = await tab.call('rawDump', { database, store: 'seg' });
    return rows.some((/** @type {[string]} */ [key]) => Number(key.split('.')[1]) === GRAPH);
  });
}

/** @param {Tab} tab just opened @returns {Promise<{ problems: string[], graph: 'reused' | 'made anew' }>} */
export async function groundOf(tab) {
  const problems = [];
  const { indexed } = await tab.call('indexing', { collection: GROUND });
  const { rows, count } = await tab.call('dump', { collection: GROUND });
  const right = rows.filter(
    (/** @type {[string, number, boolean]} */ [, version, good]) => version === 1 && good,
  );
  if (count !== GROUND_ROWS || right.length !== GROUND_ROWS)
    problems.push(`${right.length} of ${GROUND_ROWS} records of the ground are right, ${count} counted`);
  const { dead, missed } = await tab.call('probe', { collection: GROUND, limit: GRAPH_PROBES });
  if (dead > 0) problems.push(`the graph gave ${dead} ids that are not there`);
  if (missed > GRAPH_MISSES)
    problems.push(`the graph missed ${missed} records asked for by their own vectors`);
  return { problems, graph: indexed === GROUND_ROWS ? 'reused' : 'made anew' };
}

/** @param {string} otherwise @param {() => Promise<boolean>} holds */
async function until(otherwise, holds) {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return;
    await pause(150);
  }
  throw new Error(`${otherwise} in 60 s`);
}
