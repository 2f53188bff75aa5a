/**
 * Case `flat`: scans of all rows over floats, int8 codes and one bit a dimension, in rows/s, beside the scalar core and a plain loop of
 * JavaScript, by turns, in a worker of Chromium and in Node, with the recall of each. Needs `dist/`. `--rows N`: 20,000 unless said
 * otherwise; `--data` as in `vector-search`.
 */
import { DIMENSIONS, loadDataSet, resultFile } from '../data-sets.mjs';
import { kthDistances, recall } from '../data.mjs';
import { loadScanModules } from '../engine.mjs';
import { createScans, measureScans } from '../flat-scans.mjs';
import { openBenchPage, runWorker } from '../page.mjs';

const K = 10;
const QUERIES = 50;

/**
 * @param {{ rounds: number, rows: number | null, data: string | null, log: (line: string) => void }} options
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ rounds, rows: asked, data: name, log }) {
  const data = await loadDataSet(name ?? 'clustered', { rows: asked, queries: QUERIES });
  const { base, queries } = data;
  const rows = base.length / DIMENSIONS;
  const kth = kthDistances(base, queries, { dimensions: DIMENSIONS, k: K });
  const bench = await openBenchPage({
    library: 'modules',
    files: [
      'data.mjs',
      'vector-engines.mjs',
      'flat-scans.mjs',
      'page/engines.mjs',
      'page/flat.worker.mjs',
      'page/task.mjs',
    ],
    data: { 'base.bin': base, 'queries.bin': queries },
  });
  /** @type {{ results: ReturnType<typeof measureScans>, core: string }} */
  let inBrowser;
  try {
    inBrowser = await runWorker(bench, {
      worker: 'page/flat.worker.mjs',
      task: { dimensions: DIMENSIONS, k: K, rounds, kth: Array.from(kth) },
      log: (line) => log(`chromium ${line}`),
    });
  } finally {
    await bench.close();
  }
  const inNode = measureScans({
    scans: await createScans(await loadScanModules(), { base, dimensions: DIMENSIONS }),
    queries,
    dimensions: DIMENSIONS,
    rows,
    k: K,
    rounds,
    recall: (found) => recall(found, kth, base, queries, { dimensions: DIMENSIONS, k: K }),
    log: (line) => log(`node ${line}`),
  });
  return {
    dataset: `${data.about}, ${DIMENSIONS} dimensions, ${QUERIES} held-out queries, k ${K}, inner product; int8 measures the best 1.5 k + 5 anew over floats, binary the best 10 k`,
    data: data.name,
    file: resultFile('flat', data),
    rows,
    seed: data.seed,
    environment: { chromium: bench.version, core: inBrowser.core },
    ratios: { ...ratios(inBrowser.results, 'chromium'), ...ratios(inNode, 'node') },
    values: { ...values(inBrowser.results, 'chromium', rows), ...values(inNode, 'node', rows) },
  };
}

/** @param {ReturnType<typeof measureScans>} results @param {string} place */
function ratios(results, place) {
  return Object.fromEntries(
    Object.entries(results).flatMap(([name, { ms }]) =>
      ['loop', 'scalar']
        .filter((peer) => !['loop', 'scalar'].includes(name) && results[peer])
        .map((peer) => [
          `${place}_flat_${name}_vs_${peer}`,
          ms.map((own, i) => (results[peer]?.ms[i] ?? NaN) / own),
        ]),
    ),
  );
}

/** @param {ReturnType<typeof measureScans>} results @param {string} place @param {number} rows */
function values(results, place, rows) {
  return Object.fromEntries(
    Object.entries(results).flatMap(([name, { ms, recall: reached }]) => [
      [`${place}_flat_${name}_rows_per_s`, ms.map((each) => Math.round((rows * QUERIES * 1000) / each))],
      [`${place}_flat_${name}_recall`, reached],
    ]),
  );
}
