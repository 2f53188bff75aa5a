/**
 * Case `vector-search`: our graph engine over int8 and over f32 beside hnswlib-wasm in a worker of Chromium, and beside native
 * hnswlib in Node, as npm builds it (SSE) and compiled for AVX2: speed of build, and of queries at equal recall. Needs `dist/`;
 * native hnswlib is left out unless `npm ci --prefix bench/peers` was run, and `node bench/peers/avx2.mjs` for AVX2.
 *
 * `--rows N`: 20,000 unless said otherwise. `--data`: `clustered` (default), `outliers` (three dimensions × 20), or a folder with
 * `base.f16` and `queries.f16`, half-precision vectors of 384 dimensions. `--builds N`: how many of the rounds build anew.
 */
import { slowBaselines } from '../baselines.mjs';
import { DIMENSIONS, loadDataSet, resultFile, sizeName } from '../data-sets.mjs';
import { kthDistances, median, recall } from '../data.mjs';
import { loadNodeEngines } from '../node-engines.mjs';
import { openBenchPage, runWorker } from '../page.mjs';
import { measureEngines } from '../vector-engines.mjs';

const K = 10;

/** @typedef {Awaited<ReturnType<typeof measureEngines>>} Results */
/** @typedef {import('../data-sets.mjs').DataSet & { kth: Float64Array }} Data */
/** @typedef {{ shape: import('../vector-engines.mjs').Shape, rounds: number, builds: number, log: (line: string) => void }} Task */

/**
 * @param {{ rounds: number, builds: number | null, rows: number | null, data: string | null, log: (line: string) => void }} options
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ rounds, builds, rows, data: name, log }) {
  const set = await loadDataSet(name ?? 'clustered', { rows });
  const data = { ...set, kth: kthDistances(set.base, set.queries, { dimensions: DIMENSIONS, k: K }) };
  const shape = {
    dimensions: DIMENSIONS,
    rows: data.base.length / DIMENSIONS,
    maxNeighbors: 16,
    efConstruction: 200,
  };
  const task = { shape, rounds, builds: Math.min(builds ?? rounds, rounds) };
  const inBrowser = await measureInBrowser(data, { ...task, log: (line) => log(`chromium ${line}`) });
  const inNode = await measureInNode(data, { ...task, log: (line) => log(`node ${line}`) });
  const size = sizeName(data);
  const busy = slowBaselines(
    { name: data.name, rows: shape.rows },
    { ...medianSpeeds(inBrowser.results, data), ...medianSpeeds(inNode, data) },
  );
  for (const line of busy) log(`VOID: ${line}`);
  return {
    dataset: `${data.about}, ${DIMENSIONS} dimensions, ${data.queries.length / DIMENSIONS} held-out queries, k ${K}, M 16, efConstruction 200; kindex renumbers its graph where a store would`,
    data: data.name,
    file: resultFile('vector-search', data),
    rows: shape.rows,
    seed: data.seed,
    ...(busy.length > 0 ? { void: busy } : {}),
    environment: { chromium: inBrowser.version, core: inBrowser.core },
    ratios: {
      ...ratios(inBrowser.results, 'hnswlib_wasm', size),
      ...ratios(inNode, 'hnswlib_sse', size),
      ...ratios(inNode, 'hnswlib_avx2', size),
    },
    values: {
      // Links and tables: what an index over int8 takes beside its vectors, floats and codes.
      [`index_bytes_per_row_${size}`]: Math.round(
        (inNode['int8']?.bytes ?? 0) / shape.rows - (4 + 1) * DIMENSIONS,
      ),
      ...values(inBrowser.results, 'chromium', data),
      ...values(inNode, 'node', data),
    },
    curves: { chromium: curves(inBrowser.results, data), node: curves(inNode, data) },
  };
}

/** @param {Data} data @param {Task} task */
async function measureInNode({ base, queries, kth }, { shape, ...task }) {
  return measureEngines({
    engines: await loadNodeEngines(shape, task.log),
    base,
    queries,
    recall: (found) => recall(found, kth, base, queries, { dimensions: DIMENSIONS, k: K }),
    shape,
    k: K,
    ...task,
  });
}

/** @param {Data} data @param {Task} task @returns {Promise<{ results: Results, core: string, version: string }>} */
async function measureInBrowser({ base, queries, kth }, { log, ...task }) {
  const bench = await openBenchPage({
    library: 'modules',
    files: ['data.mjs', 'vector-engines.mjs', 'vector-search.worker.mjs', 'page/engines.mjs'],
    hnswlib: true,
    data: { 'base.bin': base, 'queries.bin': queries },
  });
  try {
    const { results, core } = await runWorker(bench, {
      worker: 'vector-search.worker.mjs',
      task: { ...task, k: K, kth: Array.from(kth), hnswlib: bench.hnswlib },
      log,
    });
    return { results, core, version: bench.version };
  } finally {
    await bench.close();
  }
}

/** How many times as fast as `peer`, by round: both met the same load. @param {Results} results @param {string} peer @param {string} size */
function ratios(results, peer, size) {
  const theirs = results[peer];
  if (!theirs) return {};
  const factor = (/** @type {number[]} */ ours, /** @type {number[]} */ other) =>
    ours.map((ms, i) => (other[i] ?? NaN) / ms);
  /** @type {Record<string, number[]>} */
  const found = {};
  for (const [precision, mark] of /** @type {const} */ ([
    ['int8', ''],
    ['f32', 'f32_'],
  ])) {
    const ours = results[precision];
    if (!ours) continue;
    [95, 99].forEach((percent, level) => {
      found[`${mark}qps${percent}_${size}_vs_${peer}`] = factor(
        ours.at[level]?.queryMs ?? [],
        theirs.at[level]?.queryMs ?? [],
      );
    });
    found[`${mark}build_${size}_vs_${peer}`] = factor(ours.buildMs, theirs.buildMs);
  }
  return found;
}

/** @param {Results} results @param {string} place @param {Data} data */
function values(results, place, { base, queries }) {
  const [rows, count] = [base.length / DIMENSIONS, queries.length / DIMENSIONS];
  /** @type {import('../result.mjs').Figures} */
  const found = {};
  for (const [name, { buildMs, at }] of Object.entries(results)) {
    found[`${place}_${name}_build_vectors_per_s`] = buildMs.map((ms) => Math.round((rows * 1000) / ms));
    [95, 99].forEach((percent, level) => {
      const measured = at[level];
      if (!measured) return;
      found[`${place}_${name}_qps${percent}`] = measured.queryMs.map((ms) => Math.round((count * 1000) / ms));
      found[`${place}_${name}_recall_at_qps${percent}`] = measured.recall;
      found[`${place}_${name}_ef_at_qps${percent}`] = measured.ef;
    });
  }
  return found;
}

/** @param {Results} results @param {Data} data */
function curves(results, { queries }) {
  const count = queries.length / DIMENSIONS;
  return Object.fromEntries(
    Object.entries(results).map(([name, { curve }]) => [
      name,
      curve.map(({ ef, recall, queryMs }) => ({
        ef,
        recall,
        queriesPerS: Math.round((count * 1000) / queryMs),
      })),
    ]),
  );
}

/** Of each engine: vectors/s of the build, queries/s at recall 0.95 and at 0.99. @param {Results} results @param {Data} data */
function medianSpeeds(results, { base, queries }) {
  const [rows, count] = [base.length / DIMENSIONS, queries.length / DIMENSIONS];
  return Object.fromEntries(
    Object.entries(results).map(([name, { buildMs, at }]) => [
      name,
      [(rows * 1000) / median(buildMs), ...at.map(({ queryMs }) => (count * 1000) / median(queryMs))],
    ]),
  );
}
