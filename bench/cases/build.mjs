/**
 * Case `build`: the bulk build, and what queries meet while an index is built behind adds.
 *
 * First vectors/s of the bulk build over int8 and over f32 beside hnswlib-wasm in a worker of Chromium and beside native hnswlib in
 * Node, by turns, with the recall that each graph gives at one width. Then, through the public API in Chromium: how long queries take
 * during adds, from the last add until the index is complete, and from then until the checkpoint has stored it. Needs `dist/`; native
 * hnswlib as in `vector-search`. `--rows N`: 20,000 unless said otherwise; `--data` as in `vector-search`; `--peers hnswlib_wasm`: in
 * Chromium alone.
 */
import { slowBaselines } from '../baselines.mjs';
import { DIMENSIONS, loadDataSet, resultFile, sizeName } from '../data-sets.mjs';
import { kthDistances, median, quantile, recall } from '../data.mjs';
import { measureBuilds } from '../build-rounds.mjs';
import { loadNodeEngines } from '../node-engines.mjs';
import { openBenchPage, runWorker } from '../page.mjs';

const K = 10;
/** At this width all engines find about 0.99 of 20,000 × 384. */
const EF = 64;
const ADD = 1_000;
const PHASES = /** @type {const} */ (['adds', 'build', 'checkpoint']);

/** @typedef {Awaited<ReturnType<typeof measureBuilds>>} Builds */
/** @typedef {Record<typeof PHASES[number], number[]>} Latencies milliseconds of each query, by what went on when it was asked */

/**
 * @param {{ rounds: number, rows: number | null, data: string | null, peers: string | null, log: (line: string) => void }} options
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ rounds, rows, data: name, peers, log }) {
  const data = await loadDataSet(name ?? 'clustered', { rows });
  const { base, queries } = data;
  const kth = kthDistances(base, queries, { dimensions: DIMENSIONS, k: K });
  const shape = {
    dimensions: DIMENSIONS,
    rows: base.length / DIMENSIONS,
    maxNeighbors: 16,
    efConstruction: 200,
  };
  const bench = await openBenchPage({
    library: 'modules',
    files: [
      'data.mjs',
      'vector-engines.mjs',
      'build-rounds.mjs',
      'page/engines.mjs',
      'page/build.worker.mjs',
      'page/task.mjs',
    ],
    hnswlib: true,
    data: { 'base.bin': base, 'queries.bin': queries },
  });
  /** @type {{ results: Builds, core: string }} */
  let inBrowser;
  try {
    inBrowser = await runWorker(bench, {
      worker: 'page/build.worker.mjs',
      task: { shape, k: K, ef: EF, rounds, kth: Array.from(kth), hnswlib: bench.hnswlib },
      log: (line) => log(`chromium ${line}`),
    });
  } finally {
    await bench.close();
  }
  /** @type {Builds} */
  const inNode =
    peers === 'hnswlib_wasm'
      ? {}
      : await measureBuilds({
          engines: await loadNodeEngines(shape, log),
          base,
          queries,
          recall: (found) => recall(found, kth, base, queries, { dimensions: DIMENSIONS, k: K }),
          shape,
          k: K,
          ef: EF,
          rounds,
          log: (line) => log(`node ${line}`),
        });
  const latencies = await measureLatencies(data, { rounds, log });
  const built = Object.entries({ ...inBrowser.results, ...inNode }).map(
    ([engine, { buildMs }]) =>
      /** @type {[string, number[]]} */ ([engine, [(shape.rows * 1000) / median(buildMs)]]),
  );
  const busy = slowBaselines({ name: data.name, rows: shape.rows }, Object.fromEntries(built));
  for (const line of busy) log(`VOID: ${line}`);
  const size = sizeName(data);
  return {
    dataset: `${data.about}, ${DIMENSIONS} dimensions, M 16, efConstruction 200, recall@${K} at ef ${EF}; queries behind adds: batches of ${ADD}, ${K} nearest, 0 to 20 ms apart`,
    data: data.name,
    file: resultFile('build', data),
    rows: shape.rows,
    seed: data.seed,
    ...(busy.length > 0 ? { void: busy } : {}),
    environment: { chromium: bench.version, core: inBrowser.core, indexedDb: 'on disk' },
    ratios: {
      ...ratios(inBrowser.results, 'hnswlib_wasm', size),
      ...ratios(inNode, 'hnswlib_sse', size),
      ...ratios(inNode, 'hnswlib_avx2', size),
    },
    values: {
      ...speeds(inBrowser.results, 'chromium', shape.rows),
      ...speeds(inNode, 'node', shape.rows),
      ...tails(latencies),
    },
  };
}

/** By round: both met the same load. @param {Builds} results @param {string} peer @param {string} size */
function ratios(results, peer, size) {
  const theirs = results[peer]?.buildMs;
  /** @type {Record<string, number[]>} */
  const found = {};
  for (const [precision, mark] of /** @type {const} */ ([
    ['int8', ''],
    ['f32', 'f32_'],
  ])) {
    const ours = results[precision]?.buildMs;
    if (ours && theirs)
      found[`${mark}build_${size}_vs_${peer}`] = ours.map((ms, i) => (theirs[i] ?? NaN) / ms);
  }
  return found;
}

/** @param {Builds} results @param {string} place @param {number} rows */
function speeds(results, place, rows) {
  return Object.fromEntries(
    Object.entries(results).flatMap(([name, { buildMs, recall: reached }]) => [
      [`${place}_${name}_build_vectors_per_s`, buildMs.map((ms) => Math.round((rows * 1000) / ms))],
      [`${place}_${name}_build_recall`, reached],
    ]),
  );
}

/** Of a phase that no query met in some round there is no figure. @param {Latencies[]} rounds */
function tails(rounds) {
  return Object.fromEntries(
    PHASES.filter((phase) => rounds.every((round) => round[phase].length > 0)).flatMap((phase) => [
      ...[50, 95, 99].map((percent) => [
        `query_p${percent}_ms_during_${phase}`,
        rounds.map((round) => quantile(round[phase], percent / 100)),
      ]),
      [`query_max_ms_during_${phase}`, rounds.map((round) => Math.max(...round[phase]))],
      [`queries_during_${phase}`, rounds.map((round) => round[phase].length)],
    ]),
  );
}

/**
 * @param {import('../data-sets.mjs').DataSet} data
 * @param {{ rounds: number, log: (line: string) => void }} options
 */
async function measureLatencies({ base, queries }, { rounds, log }) {
  const bench = await openBenchPage({
    library: 'cdn',
    onDisk: true,
    data: { 'base.bin': base, 'queries.bin': queries },
  });
  /** @type {Latencies[]} */
  const found = [];
  try {
    await bench.page.evaluate(prepare);
    // One unmeasured round warms files and compiled code.
    for (let round = -1; round < rounds; round++) {
      const latencies = await bench.page.evaluate(addAndAsk, {
        name: `round${round}`,
        dimensions: DIMENSIONS,
        batch: ADD,
        k: K,
      });
      if (round < 0) continue;
      found.push(latencies);
      const line = PHASES.map(
        (phase) =>
          `${phase}: ${latencies[phase].length} queries, p50 ${quantile(latencies[phase], 0.5).toFixed(1)}, p99 ${quantile(latencies[phase], 0.99).toFixed(1)} ms`,
      );
      log(`queries, round ${round + 1}/${rounds}: ${line.join('; ')}`);
    }
  } finally {
    await bench.close();
  }
  return found;
}

/** Runs in the page. */
async function prepare() {
  const { ChromaClient } = await import(new URL('./kindex/index.js', location.href).href);
  const floats = async (/** @type {string} */ file) =>
    new Float32Array(await (await fetch(file)).arrayBuffer());
  const [base, queries] = await Promise.all([floats('base.bin'), floats('queries.bin')]);
  Object.assign(globalThis, { bench: { client: new ChromaClient(), base, queries } });
}

/**
 * Runs in the page: one collection is filled and asked at the same time, then asked until its index is complete and stored. Between
 * two queries 0 to 20 ms go by, as with a person who types: the index grows in these gaps, and a query meets what was begun there.
 * Without gaps the index would stand back, and hardly any query would meet it. While the checkpoint runs, one follows the other.
 * @param {{ name: string, dimensions: number, batch: number, k: number }} options
 * @returns {Promise<Latencies>}
 */
async function addAndAsk({ name, dimensions, batch, k }) {
  const { client, base, queries } = /** @type {any} */ (globalThis).bench;
  const collection = await client.createCollection({ name, embeddingFunction: null });
  const rows = base.length / dimensions;
  const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  /** @type {{ adds: number[], build: number[], checkpoint: number[] }} */
  const latencies = { adds: [], build: [], checkpoint: [] };
  /** @type {{ phase: keyof typeof latencies | 'done' }} */
  const now = { phase: 'adds' };
  const work = async () => {
    for (let from = 0; from < rows; from += batch) {
      const count = Math.min(batch, rows - from);
      await collection.add({
        ids: Array.from({ length: count }, (_, i) => `r${from + i}`),
        embeddings: {
          data: base.slice(from * dimensions, (from + count) * dimensions),
          rows: count,
          dimensions,
        },
      });
    }
    now.phase = 'build';
    while ((await collection.getIndexingStatus()).num_unindexed_ops > 0) await pause(20);
    now.phase = 'checkpoint';
    // The log may be in segments already while the graph is still being stored, which nothing tells of: half a second at least.
    const from = performance.now();
    while ((await client.diagnostics()).logBytes > 0 || performance.now() - from < 500) await pause(20);
    now.phase = 'done';
  };
  const worked = work();
  for (let asked = 0; now.phase !== 'done'; asked++) {
    const { phase } = now;
    const at = (asked * dimensions) % queries.length;
    const query = Array.from(queries.subarray(at, at + dimensions));
    const from = performance.now();
    await collection.query({ queryEmbeddings: [query], nResults: k });
    latencies[phase].push(performance.now() - from);
    if (phase !== 'checkpoint') await pause((asked * 7) % 20);
  }
  await worked;
  await client.deleteCollection({ name });
  return latencies;
}
