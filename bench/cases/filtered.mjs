/**
 * Case `filtered`: searches among the rows a filter allows, 100 % to 0.01 % of 100,000, spread and in whole clusters: recall, rows
 * returned, and speed against comparing every allowed row. In Node, on the engine, over clustered vectors and over the same with outlier
 * dimensions; and in Chromium through `collection.query` with `where` (filtered-api.mjs). Needs `dist/`. `--rows N` for fewer.
 */
import { clusteredVectors, median, withOutlierDimensions } from '../data.mjs';
import { loadEngine } from '../engine.mjs';
import { askWithWhere } from '../filtered-api.mjs';

const ROWS = 100_000;
const DIMENSIONS = 384;
const QUERIES = 100;
const K = 10;
const SHARES = [1, 0.5, 0.2, 0.1, 0.01, 0.001, 0.0001];

/** @param {{ rounds: number, rows: number | null, log: (line: string) => void }} options @returns {Promise<import('../result.mjs').Measured>} */
export async function run({ rounds, rows: asked, log }) {
  const rows = asked ?? ROWS;
  const { base, queries, clusters } = clusteredVectors({
    rows,
    queries: QUERIES,
    dimensions: DIMENSIONS,
    seed: 1,
  });
  const outliers = {
    base: withOutlierDimensions(base, DIMENSIONS),
    queries: withOutlierDimensions(queries, DIMENSIONS),
  };
  const ofClustered = await measure({ base, queries, clusters, rounds, mark: '', log });
  const ofOutliers = await measure({ ...outliers, clusters, rounds, mark: '_outliers', log });
  const throughApi = await askWithWhere({
    base,
    queries,
    dimensions: DIMENSIONS,
    k: K,
    shares: SHARES,
    rounds,
    log,
  });
  const parts = [ofClustered, ofOutliers, throughApi];
  return {
    dataset: `clustered synthetic, seed 1, ${DIMENSIONS} dimensions, ${QUERIES} held-out queries, k ${K}, M 16, efConstruction 100, ef 100; \`outliers\`: three dimensions × 20; \`api\`: Chromium, \`query\` with \`where\` on a number that every row has, spread`,
    rows,
    seed: 1,
    environment: throughApi.environment,
    ...(rows === ROWS ? {} : { file: `filtered-${rows / 1000}k` }),
    ratios: { ...ofClustered.ratios, ...ofOutliers.ratios },
    overAll: ['filtered_worst_recall', 'filtered_results_missing'],
    values: {
      filtered_worst_recall: Math.min(...parts.map(({ worst }) => worst)),
      filtered_results_missing: parts.reduce((sum, { missing }) => sum + missing, 0),
      ...ofClustered.values,
      ...ofOutliers.values,
      ...throughApi.values,
    },
  };
}

/**
 * Recall, rows and speed of every filter over one data set, on the engine.
 * @param {{ base: Float32Array<ArrayBuffer>, queries: Float32Array, clusters: Uint32Array, rounds: number, mark: string, log: (line: string) => void }} options
 *   `mark`: stands in the keys
 */
async function measure({ base, queries, clusters, rounds, mark, log }) {
  const rows = base.length / DIMENSIONS;
  const { createHnswIndex, loadWasmCore } = await loadEngine();
  const index = createHnswIndex(await loadWasmCore(), {
    space: 'ip',
    dimensions: DIMENSIONS,
    seed: 1,
  });
  index.add(
    Uint32Array.from({ length: rows }, (_, i) => i),
    { data: base, rows, dimensions: DIMENSIONS },
  );
  const started = performance.now();
  while (!index.build(1_000_000));
  log(`built in ${Math.round((performance.now() - started) / 1000)} s`);

  /** @type {Record<string, number[]>} */
  const ratios = {};
  /** @type {import('../result.mjs').Figures} */
  const values = {};
  let worst = 1;
  let missing = 0;
  for (const share of SHARES) {
    for (const kind of share === 1 ? ['all'] : ['spread', 'clusters']) {
      const allow = allowed(kind, share, clusters, rows);
      const matches = allow.reduce((sum, word) => sum + bits(word), 0);
      const wanted = Math.min(K, matches);
      const query = (/** @type {number} */ q) => queries.subarray(q * DIMENSIONS, (q + 1) * DIMENSIONS);
      let hits = 0;
      for (let q = 0; q < QUERIES; q++) {
        const exact = index.search(query(q), K, { allow, exact: true });
        const found = index.search(query(q), K, { allow });
        missing += wanted - found.rows.length;
        const limit = (exact.distances.at(-1) ?? Infinity) + 1e-6;
        hits += found.distances.filter((/** @type {number} */ distance) => distance <= limit).length;
      }
      const recall = hits / (QUERIES * wanted);
      worst = Math.min(worst, recall);
      const times = /** @type {{ exact: number[], chosen: number[] }} */ ({ exact: [], chosen: [] });
      for (let round = 0; round < rounds; round++) {
        for (const way of /** @type {const} */ (['exact', 'chosen'])) {
          const from = performance.now();
          for (let q = 0; q < QUERIES; q++) index.search(query(q), K, { allow, exact: way === 'exact' });
          times[way].push((performance.now() - from) / QUERIES);
        }
      }
      const name = `${kind}${mark}_${String(share * 100).replace('.', 'p')}pc`;
      ratios[`filtered_vs_exact_${name}`] = times.exact.map((ms, i) => ms / (times.chosen[i] ?? Number.NaN));
      values[`filtered_ms_${name}`] = times.chosen;
      values[`filtered_recall_${name}`] = recall;
      log(
        `${name}: ${matches} rows, recall ${recall.toFixed(4)}, ${median(times.chosen).toFixed(3)} ms (every row compared: ${median(times.exact).toFixed(3)} ms)`,
      );
    }
  }
  index.dispose();
  return { ratios, values, worst, missing };
}

/**
 * Rows of a filter as bits: every so many-th row, or whole clusters until the share is reached.
 * @param {string} kind
 * @param {number} share
 * @param {Uint32Array} clusters of each row
 * @param {number} rows
 */
function allowed(kind, share, clusters, rows) {
  const words = new Uint32Array(Math.ceil(rows / 32));
  const put = (/** @type {number} */ row) => {
    words[row >>> 5] = (words[row >>> 5] ?? 0) | (1 << (row & 31));
  };
  if (kind !== 'clusters') {
    const step = Math.round(1 / share);
    for (let row = 0; row < rows; row += step) put(row);
    return words;
  }
  let left = Math.round(rows * share);
  for (let cluster = 0; left > 0; cluster++) {
    for (let row = 0; row < rows && left > 0; row++) {
      if (clusters[row] !== cluster) continue;
      put(row);
      left--;
    }
  }
  return words;
}

/** @param {number} word */
function bits(word) {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
