/**
 * Case `scale`: what grows with the number of rows, and how: build, queries at recall 0.95 and memory of the engine, in a worker of
 * Chromium, and opening a closed collection up to its first answer on IndexedDB; at 10,000, 30,000 and 100,000 × 384, with the exponent
 * of each. Needs `dist/`. `--rows N` sets the largest size, the others follow; `--builds N`: how many of the rounds build anew.
 */
import { DIMENSIONS, loadDataSet } from '../data-sets.mjs';
import { kthDistances, median } from '../data.mjs';
import { fittedExponent } from '../fit.mjs';
import { openBenchPage, runWorker } from '../page.mjs';

const LARGEST = 100_000;
/** Of the largest. */
const SHARES = [0.1, 0.3, 1];
const QUERIES = 200;
const K = 10;

/** @typedef {{ rows: number, buildMs: number[], queryMs: number[], ef: number, recall: number, bytes: number }} Size */

/**
 * @param {{ rounds: number, builds: number | null, rows: number | null, log: (line: string) => void }} options
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ rounds, builds, rows: asked, log }) {
  const largest = asked ?? LARGEST;
  const sizes = SHARES.map((share) => Math.round(share * largest));
  const data = await loadDataSet('clustered', { rows: largest, queries: QUERIES });
  const { base, queries } = data;
  const part = (/** @type {number} */ rows) => base.subarray(0, rows * DIMENSIONS);
  const bench = await openBenchPage({
    library: 'modules',
    onDisk: true,
    files: [
      'data.mjs',
      'vector-engines.mjs',
      'page/engines.mjs',
      'page/scale.worker.mjs',
      'page/store.mjs',
      'page/task.mjs',
    ],
    data: { 'base.bin': base, 'queries.bin': queries },
  });
  try {
    /** @type {{ found: Size[], core: string }} */
    const { found, core } = await runWorker(bench, {
      worker: 'page/scale.worker.mjs',
      task: {
        sizes,
        shape: { dimensions: DIMENSIONS, rows: largest, maxNeighbors: 16, efConstruction: 200 },
        k: K,
        rounds,
        builds: Math.min(builds ?? rounds, rounds),
        kths: sizes.map((rows) =>
          Array.from(kthDistances(part(rows), queries, { dimensions: DIMENSIONS, k: K })),
        ),
      },
      log,
    });
    log('filling a store of each size, and building its graph');
    for (const rows of sizes) await bench.page.evaluate(fill, { rows, dimensions: DIMENSIONS });
    const openMs = sizes.map(() => /** @type {number[]} */ ([]));
    for (let round = 0; round < rounds; round++) {
      for (const [i, rows] of sizes.entries()) {
        const { ms, indexed } = await bench.page.evaluate(open, {
          name: `size-${rows}`,
          dimensions: DIMENSIONS,
        });
        // Small collections go without a graph, and count as indexed.
        if (indexed !== rows) throw new Error(`${indexed} of ${rows} rows are indexed.`);
        openMs[i]?.push(ms);
      }
      log(
        `opening, round ${round + 1}/${rounds}: ${openMs.map((list) => Math.round(list.at(-1) ?? NaN)).join(', ')} ms`,
      );
    }
    const exponent = (/** @type {(size: Size, i: number) => number} */ cost) =>
      fittedExponent(found.map((size, i) => [size.rows, cost(size, i)]));
    return {
      dataset: `${data.about}, ${DIMENSIONS} dimensions, ${QUERIES} held-out queries, k ${K}, M 16, efConstruction 200 (100 where a collection is opened), int8 with float32 rescoring; exponents: cost ∝ rows^exponent`,
      rows: largest,
      seed: data.seed,
      environment: { ...bench.environment, core },
      ...(largest === LARGEST ? {} : { file: `scale-${largest / 1000}k` }),
      ratios: {},
      values: {
        exponent_query: exponent(({ queryMs }) => median(queryMs)),
        exponent_build: exponent(({ buildMs }) => median(buildMs)),
        exponent_open: exponent((_, i) => median(openMs[i] ?? [])),
        exponent_memory: exponent(({ bytes }) => bytes),
        ...Object.assign({}, ...found.map((size, i) => figures(size, openMs[i] ?? []))),
      },
    };
  } finally {
    await bench.close();
  }
}

/** @param {Size} size @param {number[]} openMs */
function figures({ rows, buildMs, queryMs, ef, recall, bytes }, openMs) {
  const name = `${rows / 1000}k`;
  return {
    [`scale_qps95_${name}`]: queryMs.map((ms) => Math.round((QUERIES * 1000) / ms)),
    [`scale_recall_${name}`]: recall,
    [`scale_ef_${name}`]: ef,
    [`scale_build_s_${name}`]: buildMs.map((ms) => ms / 1000),
    [`scale_open_ms_${name}`]: openMs,
    [`scale_mb_${name}`]: bytes / 1e6,
  };
}

/** In the page. @param {{ rows: number, dimensions: number }} options */
async function fill({ rows, dimensions }) {
  /** @type {typeof import('../page/store.mjs')} */
  const tools = await import(new URL('/page/store.mjs', location.href).href);
  const all = new Float32Array(await (await fetch('base.bin')).arrayBuffer());
  const store = await tools.openStore(`size-${rows}`);
  const collectionId = await tools.createNotes(store);
  const base = all.subarray(0, rows * dimensions);
  await tools.fillNotes(store, { collectionId, base, dimensions, batch: 2_000, metadata: true });
  await tools.untilIndexed(store, collectionId);
  await store.checkpoint();
  await store.close();
}

/** In the page. @param {{ name: string, dimensions: number }} options */
async function open(options) {
  /** @type {typeof import('../page/store.mjs')} */
  const { openToFirstAnswer } = await import(new URL('/page/store.mjs', location.href).href);
  return openToFirstAnswer(options);
}
