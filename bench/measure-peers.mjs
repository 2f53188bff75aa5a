/** How case `peers` measures: each peer builds on its own, then all answer in turns, so that every one meets the same load. */
import { kthDistances, median, recall } from './data.mjs';

/** @typedef {import('./peer-list.mjs').PeerEntry} PeerEntry */
/** @typedef {import('./peer-pages.mjs').RemoteSeat} RemoteSeat */
/**
 * What is known of a peer. `width`: of its search parameter. `queriesPerS`: one per round. `trouble`: why it was not measured, or not
 * with all rows. `megabytes`: taken by module and index, vectors included; null where it cannot be told. `at`: `qps95` and `qps99` are
 * the least width that reaches that recall, `qps` the one point of a peer without a parameter, or its best where that is less.
 * @typedef {'qps95' | 'qps99' | 'qps'} PointName
 * @typedef {{ at: PointName, width: number | null, recall: number, queriesPerS: number[] }} Point
 * @typedef {{
 *   entry: PeerEntry,
 *   rows: number,
 *   buildMs: number[],
 *   megabytes: number | null,
 *   points: Point[],
 *   curve: { ef: number, recall: number, queriesPerS: number }[],
 *   probes: Record<string, string>,
 *   trouble: string | null,
 * }} PeerRow
 * @typedef {{
 *   base: Float32Array,
 *   queries: Float32Array,
 *   dimensions: number,
 *   k: number,
 *   rounds: number,
 *   builds: number,
 *   limitMs: number,
 *   open: (entry: PeerEntry, rows: number) => Promise<RemoteSeat>,
 *   log: (line: string) => void,
 * }} Options `limitMs`: the longest build; a peer that needs more is measured with half the rows, or a quarter, and so on
 */

const RECALLS = /** @type {const} */ ([
  ['qps95', 0.95],
  ['qps99', 0.99],
]);
const CURVE = [1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 22, 32];
/** A curve ends where there is no more to win. */
const ENOUGH = 0.995;
/** A round is the fastest of so many passes, and a pass as many of the queries as take about so long. */
const PASSES = 3;
const PASS_MS = 1_500;
const FEWEST_QUERIES = 20;
/** Rows of the build that foretells how long all take: a share of them. A graph's cost grows faster than its rows. */
const PILOT = 8;
const GROWTH = 1.25;
const FEWEST_ROWS = 250;
/** Long enough for anything but a hang. */
const ASK_LIMIT_MS = 300_000;

/** @param {readonly PeerEntry[]} entries @param {Options} options @returns {Promise<PeerRow[]>} */
export async function measurePeers(entries, options) {
  const { rounds, builds, log } = options;
  const judge = createJudge(options);
  /** @type {{ row: PeerRow, seat: RemoteSeat | null, count: number }[]} */
  const places = [];
  for (const entry of entries) {
    const place = await prepare(entry, options, judge);
    places.push(place);
    log(describe(place.row));
  }
  for (let build = 1; build < builds; build++) {
    for (const { row, seat } of places) {
      if (seat)
        row.buildMs.push((await seat.call('build', { rows: row.rows }, ASK_LIMIT_MS + options.limitMs)).ms);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const level of [0, 1]) {
      const turns = places.flatMap(({ row: { points }, seat, count }) => {
        const point = points[level];
        return seat && point ? [{ seat, point, count }] : [];
      });
      await askInTurns(turns, round);
    }
    log(`round ${round + 1}/${rounds} done`);
  }
  for (const { row, seat } of places) {
    if (!seat) continue;
    if (row.entry.package !== null) row.probes = await probe(seat, row);
    await seat.close();
  }
  return places.map(({ row }) => row);
}

/**
 * Opens a peer, builds with as many rows as it can in time, and finds the widths to ask at.
 * @param {PeerEntry} entry
 * @param {Options} options
 * @param {ReturnType<typeof createJudge>} judge
 * @returns {Promise<{ row: PeerRow, seat: RemoteSeat | null, count: number }>}
 */
async function prepare(entry, options, judge) {
  const all = options.base.length / options.dimensions;
  /** @type {PeerRow} */
  const row = {
    entry,
    rows: 0,
    buildMs: [],
    megabytes: null,
    points: [],
    curve: [],
    probes: {},
    trouble: null,
  };
  for (let rows = all; rows >= FEWEST_ROWS; rows = Math.floor(rows / 2)) {
    /** @type {RemoteSeat | null} */
    let seat = null;
    try {
      if (rows === all) rows = await rowsInTime(entry, all, options, row);
      seat = await options.open(entry, rows);
      const before = await seat.memory();
      const { ms } = await seat.call('build', { rows }, 2 * options.limitMs);
      const after = await seat.memory();
      row.rows = rows;
      row.buildMs = [ms];
      // Of wasm all of it: what a module takes for itself from the start, its index may lie in.
      row.megabytes = before && after ? (after.script - before.script + after.wasm) / 1e6 : null;
      const ready = seat;
      const ask = (/** @type {number} */ width, /** @type {number} */ count, found = false) =>
        ready.call('ask', { width, count, found }, ASK_LIMIT_MS);
      const count = await findPoints(row, ask, (found) => judge(found, rows), options);
      return { row, seat, count };
    } catch (error) {
      row.trouble = `${rows} rows: ${String(/** @type {Error} */ (error).message).slice(0, 300)}`;
      options.log(`${entry.name}: ${row.trouble}`);
      await seat?.close().catch(() => {});
      // Not there, or not to be opened at all: fewer rows do not help.
      if (seat === null) break;
    }
  }
  return { row, seat: null, count: 0 };
}

/** Builds a part to foretell the whole. @param {PeerEntry} entry @param {number} all @param {Options} options @param {PeerRow} row */
async function rowsInTime(entry, all, { open, limitMs }, row) {
  const pilot = Math.max(FEWEST_ROWS, Math.floor(all / PILOT));
  const seat = await open(entry, pilot);
  try {
    const { ms } = await seat.call('build', { rows: pilot }, limitMs);
    const foretold = (/** @type {number} */ rows) => ms * (rows / pilot) ** GROWTH;
    let rows = all;
    while (foretold(rows) > limitMs && rows / 2 >= FEWEST_ROWS) rows = Math.floor(rows / 2);
    if (rows < all) {
      row.trouble = `${all} rows would have taken about ${Math.round(foretold(all) / 1000)} s to build`;
    }
    return rows;
  } finally {
    await seat.close();
  }
}

/**
 * @param {PeerRow} row filled in
 * @param {(width: number, count: number, found?: boolean) => Promise<{ ms: number, found: number[][] }>} ask
 * @param {(found: number[][]) => number} recallOf
 * @param {Options} options
 * @returns {Promise<number>} queries of a pass
 */
async function findPoints(row, ask, recallOf, { queries, dimensions }) {
  const all = queries.length / dimensions;
  const { parameter } = row.entry;
  const first = await ask(parameter?.low ?? 0, FEWEST_QUERIES);
  const countAt = (/** @type {number} */ ms) =>
    Math.max(FEWEST_QUERIES, Math.min(all, Math.floor((PASS_MS * FEWEST_QUERIES) / ms)));
  const count = countAt(first.ms);
  const recallAt = async (/** @type {number} */ width) => recallOf((await ask(width, all, true)).found);
  if (!parameter) {
    row.points = [{ at: 'qps', width: null, recall: await recallAt(0), queriesPerS: [] }];
    return count;
  }
  const { low, high } = parameter;
  for (const width of new Set(CURVE.map((factor) => Math.round(low * factor)))) {
    if (width > high) break;
    const reached = await recallAt(width);
    let ms = Infinity;
    for (let pass = 0; pass < PASSES; pass++) ms = Math.min(ms, (await ask(width, count)).ms);
    row.curve.push({ ef: width, recall: reached, queriesPerS: Math.round((count * 1000) / ms) });
    if (reached >= ENOUGH) break;
  }
  for (const [at, wanted] of RECALLS) {
    const width = await smallest(low, high, async (each) => (await recallAt(each)) >= wanted);
    const reached = await recallAt(width);
    const enough = reached >= wanted;
    if (enough || row.points.length === 0) {
      row.points.push({ at: enough ? at : 'qps', width, recall: reached, queriesPerS: [] });
    }
    if (!enough) break;
  }
  return count;
}

/** One pass that does not count, then three; `round` decides who begins. @param {{ seat: RemoteSeat, point: Point, count: number }[]} turns @param {number} round */
async function askInTurns(turns, round) {
  const best = turns.map(() => Infinity);
  for (let pass = 0; pass <= PASSES; pass++) {
    for (let i = 0; i < turns.length; i++) {
      const t = (i + pass + round) % turns.length;
      const turn = turns[t];
      if (!turn) continue;
      const { seat, point, count } = turn;
      const { ms } = await seat.call('ask', { width: point.width ?? 0, count }, ASK_LIMIT_MS);
      if (pass > 0) best[t] = Math.min(best[t] ?? Infinity, ms);
    }
  }
  turns.forEach(({ point, count }, t) => point.queriesPerS.push((count * 1000) / (best[t] ?? Number.NaN)));
}

/** @param {RemoteSeat} seat @param {PeerRow} row @returns {Promise<Record<string, string>>} */
async function probe(seat, { entry: { parameter } }) {
  try {
    return await seat.call('probe', { width: Math.min(100, parameter?.high ?? 0) }, ASK_LIMIT_MS);
  } catch (error) {
    return { all: String(/** @type {Error} */ (error).message).slice(0, 200) };
  }
}

/** Recall among the first `rows`; the truth of each number of rows is computed once. @param {Options} options */
function createJudge({ base, queries, dimensions, k }) {
  /** @type {Map<number, Float64Array>} */
  const truths = new Map();
  return (/** @type {number[][]} */ found, /** @type {number} */ rows) => {
    const known = truths.get(rows);
    const kth = known ?? kthDistances(base.subarray(0, rows * dimensions), queries, { dimensions, k });
    truths.set(rows, kth);
    return recall(found, kth, base, queries, { dimensions, k });
  };
}

/** @param {PeerRow} row */
function describe({ entry, rows, buildMs, megabytes, points, trouble }) {
  if (rows === 0) return `${entry.name}: not measured: ${trouble}`;
  const speed = Math.round((rows * 1000) / median(buildMs));
  const reached = points
    .map((point) => `${point.width ?? '–'}: recall ${point.recall.toFixed(3)}`)
    .join(', ');
  return `${entry.name}: ${rows} rows, ${speed} vectors/s, ${megabytes?.toFixed(1) ?? 'unknown'} MB, ${reached}`;
}

/**
 * Smallest whole number of `low`…`high` for which `holds`, which holds from there on; `high` when it holds for none.
 * @param {number} low
 * @param {number} high
 * @param {(value: number) => Promise<boolean>} holds
 */
async function smallest(low, high, holds) {
  // Doubling first: what is wanted is near the low end, and the wide searches are the slow ones.
  let top = low;
  while (top < high && !(await holds(top))) {
    low = top + 1;
    top = Math.min(high, 2 * top);
  }
  while (low < top) {
    const middle = (low + top) >> 1;
    if (await holds(middle)) top = middle;
    else low = middle + 1;
  }
  return top;
}
