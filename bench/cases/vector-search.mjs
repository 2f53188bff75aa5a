/**
 * Case `vector-search`: our graph engine over int8 and over f32 beside hnswlib-wasm in a worker of Chromium, and beside native
 * hnswlib in Node, as npm builds it (SSE) and compiled for AVX2: speed of build, and of queries at equal recall. Needs `dist/`;
 * native hnswlib is left out unless `npm ci --prefix bench/peers` was run, and `node bench/peers/avx2.mjs` for AVX2.
 *
 * `--rows N`: 20,000 unless said otherwise. `--data`: `clustered` (default), `outliers` (three dimensions × 20), or a folder with
 * `base.f16` and `queries.f16`, half-precision vectors of 384 dimensions. `--builds N`: how many of the rounds build anew.
 */
import { chromium } from '@playwright/test';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchOptions } from '../../tools/browser.mjs';
import { serve } from '../../tools/serve.mjs';
import {
  clusteredVectors,
  kthDistances,
  median,
  recall,
  unitVectorsFromHalves,
  withOutlierDimensions,
} from '../data.mjs';
import { hnswlibNodeEngine, kindexEngine, measureEngines } from '../vector-engines.mjs';

const DIMENSIONS = 384;
const QUERIES = 500;
const K = 10;
const HNSWLIB_WASM = 'node_modules/hnswlib-wasm/dist';

/**
 * What the baselines did on an idle machine with 20,000 × 384 clustered vectors: vectors/s, queries/s at recall 0.95 and 0.99. A run
 * in which one of them falls more than 30 % below says nothing: the machine was busy, or the baseline handicapped.
 * @type {Record<string, [number, number, number]>}
 */
const KNOWN = {
  hnswlib_wasm: [537, 2250, 1367],
  hnswlib_sse: [1026, 7622, 3402],
  hnswlib_avx2: [1357, 9531, 4214],
};
const KNOWN_ROWS = 20_000;

/** @typedef {Awaited<ReturnType<typeof measureEngines>>} Results */
/** @typedef {{ base: Float32Array, queries: Float32Array, kth: Float64Array, about: string, name: string }} Data */
/** @typedef {Parameters<typeof kindexEngine>[1]} KindexShape */
/** @typedef {{ shape: Omit<KindexShape, 'precision'>, rounds: number, builds: number, log: (line: string) => void }} Task */

/** @param {{ rounds: number, builds: number | null, rows: number | null, data: string | null, log: (line: string) => void }} options */
export async function run({ rounds, builds, rows, data: name, log }) {
  const data = await vectors(name ?? 'clustered', rows);
  const shape = {
    dimensions: DIMENSIONS,
    rows: data.base.length / DIMENSIONS,
    maxNeighbors: 16,
    efConstruction: 200,
  };
  const task = { shape, rounds, builds: Math.min(builds ?? rounds, rounds) };
  const inBrowser = await measureInBrowser(data, { ...task, log: (line) => log(`chromium ${line}`) });
  const inNode = await measureInNode(data, { ...task, log: (line) => log(`node ${line}`) });
  const size = `${shape.rows / 1000}k${data.name === 'clustered' ? '' : `_${data.name}`}`;
  const busy =
    data.name === 'clustered' && shape.rows === KNOWN_ROWS
      ? [...tooSlow(inBrowser.results, shape.rows), ...tooSlow(inNode, shape.rows)]
      : [];
  for (const line of busy) log(`VOID: ${line}`);
  return {
    dataset: `${data.about}, ${DIMENSIONS} dimensions, ${data.queries.length / DIMENSIONS} held-out queries, k ${K}, M 16, efConstruction 200`,
    rows: shape.rows,
    ...(busy.length > 0 ? { void: busy } : {}),
    environment: { chromium: inBrowser.version, core: inBrowser.core },
    ratios: {
      ...ratios(inBrowser.results, 'hnswlib_wasm', size),
      ...ratios(inNode, 'hnswlib_sse', size),
      ...ratios(inNode, 'hnswlib_avx2', size),
    },
    values: {
      // Links and tables: what an index over int8 takes beside its vectors, floats and codes.
      [`bytes_per_row_${size}`]: Math.round((inNode['int8']?.bytes ?? 0) / shape.rows - (4 + 1) * DIMENSIONS),
      ...values(inBrowser.results, 'chromium', shape.rows, data),
      ...values(inNode, 'node', shape.rows, data),
    },
  };
}

/** @param {string} name @param {number | null} rows @returns {Promise<Data>} */
async function vectors(name, rows) {
  const withKth = (/** @type {Omit<Data, 'kth'>} */ data) => ({
    ...data,
    kth: kthDistances(data.base, data.queries, { dimensions: DIMENSIONS, k: K }),
  });
  if (name === 'clustered' || name === 'outliers') {
    const { base, queries } = clusteredVectors({
      rows: rows ?? KNOWN_ROWS,
      queries: QUERIES,
      dimensions: DIMENSIONS,
      seed: 1,
    });
    if (name === 'clustered') return withKth({ name, base, queries, about: 'clustered synthetic, seed 1' });
    return withKth({
      name,
      base: withOutlierDimensions(base, DIMENSIONS),
      queries: withOutlierDimensions(queries, DIMENSIONS),
      about: 'clustered synthetic, seed 1, three dimensions × 20',
    });
  }
  const read = async (/** @type {string} */ file) => {
    const bytes = await readFile(join(name, file));
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    return unitVectorsFromHalves(halves, DIMENSIONS);
  };
  return withKth({
    name: 'text',
    base: (await read('base.f16')).subarray(0, rows === null ? undefined : rows * DIMENSIONS),
    queries: await read('queries.f16'),
    about: `real text, ${basename(name)}`,
  });
}

/** @param {Data} data @param {Task} task */
async function measureInNode({ base, queries, kth }, { shape, ...task }) {
  const load = (/** @type {string} */ path) => import(pathToFileURL(path).href);
  const { createHnswIndex } = await load('dist/src/vector-index/hnsw.js');
  const { loadWasmCore } = await load('dist/src/core/wasm.js');
  const engines = [
    kindexEngine({ createHnswIndex, loadWasmCore }, { ...shape, precision: 'int8' }),
    kindexEngine({ createHnswIndex, loadWasmCore }, { ...shape, precision: 'f32' }),
  ];
  for (const [name, module, make] of /** @type {const} */ ([
    ['hnswlib_sse', 'hnswlib-node', 'npm ci --prefix bench/peers'],
    ['hnswlib_avx2', 'hnswlib-node-avx2', 'node bench/peers/avx2.mjs'],
  ])) {
    const HierarchicalNSW = nativeHnswlib(module);
    if (HierarchicalNSW) engines.push(hnswlibNodeEngine(name, HierarchicalNSW, shape));
    else task.log(`${name} is not there: ${make}`);
  }
  return measureEngines({
    engines,
    base,
    queries,
    recall: judge({ base, queries, kth }),
    shape,
    k: K,
    ...task,
  });
}

/** @param {Pick<Data, 'base' | 'queries' | 'kth'>} data @returns {(found: number[][]) => number} */
function judge({ base, queries, kth }) {
  return (found) => recall(found, kth, base, queries, { dimensions: DIMENSIONS, k: K });
}

/** @param {string} module */
function nativeHnswlib(module) {
  try {
    return createRequire(new URL('../peers/package.json', import.meta.url))(module).HierarchicalNSW;
  } catch {
    return null;
  }
}

/** @param {Data} data @param {Task} task @returns {Promise<{ results: Results, core: string, version: string }>} */
async function measureInBrowser({ base, queries, kth }, { log, ...task }) {
  const hnswlib = (await readdir(HNSWLIB_WASM)).find((name) => /^hnswlib-\w+\.js$/.test(name));
  if (!hnswlib) throw new Error(`${HNSWLIB_WASM} holds no module of hnswlib-wasm: run npm ci.`);
  const root = await mkdtemp(join(tmpdir(), 'kindex-bench-'));
  await cp('dist/src', join(root, 'kindex/src'), { recursive: true });
  await cp('dist/wasm', join(root, 'kindex/wasm'), { recursive: true });
  await cp(HNSWLIB_WASM, join(root, 'hnswlib'), { recursive: true });
  for (const file of ['data.mjs', 'vector-engines.mjs', 'vector-search.worker.mjs']) {
    await cp(join('bench', file), join(root, file));
  }
  await writeFile(
    join(root, 'index.html'),
    '<!doctype html><title>bench</title><link rel="icon" href="data:,">',
  );
  const bytes = (/** @type {Float32Array} */ { buffer, byteOffset, byteLength }) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  await writeFile(join(root, 'base.bin'), bytes(base));
  await writeFile(join(root, 'queries.bin'), bytes(queries));
  // hnswlib-wasm compiles its bindings from strings, which our own policy forbids.
  const server = await serve({ root, csp: null });
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage();
    await page.exposeFunction('benchLog', log);
    await page.goto(server.url);
    const measured = await page.evaluate(measureInPage, { ...task, k: K, kth: Array.from(kth), hnswlib });
    return {
      .../** @type {{ results: Results, core: string }} */ (measured),
      version: browser.version(),
    };
  } finally {
    await browser.close();
    await server.close();
    await rm(root, { recursive: true });
  }
}

/** Runs in the page. @param {object} task */
function measureInPage(task) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('./vector-search.worker.mjs', { type: 'module' });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      if (data.error) reject(new Error(data.error));
      else if (data.results) resolve(data);
      else /** @type {any} */ (globalThis).benchLog(data.line);
    };
    worker.postMessage(task);
  });
}

/** How many times as fast as `peer`, by round, then their median: both met the same load. @param {Results} results @param {string} peer @param {string} size */
function ratios(results, peer, size) {
  const theirs = results[peer];
  if (!theirs) return {};
  const factor = (/** @type {number[]} */ ours, /** @type {number[]} */ other) =>
    median(ours.map((ms, i) => (other[i] ?? NaN) / ms));
  /** @type {Record<string, number>} */
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

/** @param {Results} results @param {string} place @param {number} rows @param {Data} data */
function values(results, place, rows, { queries }) {
  const count = queries.length / DIMENSIONS;
  /** @type {Record<string, number>} */
  const found = {};
  for (const [name, { buildMs, at }] of Object.entries(results)) {
    found[`${place}_${name}_build_vectors_per_s`] = Math.round((rows * 1000) / median(buildMs));
    [95, 99].forEach((percent, level) => {
      const measured = at[level];
      if (!measured) return;
      found[`${place}_${name}_qps${percent}`] = Math.round((count * 1000) / median(measured.queryMs));
      found[`${place}_${name}_recall_at_qps${percent}`] = measured.recall;
      found[`${place}_${name}_ef_at_qps${percent}`] = measured.ef;
    });
  }
  return found;
}

/** One line per baseline figure that makes the run say nothing. @param {Results} results @param {number} rows @returns {string[]} */
function tooSlow(results, rows) {
  return Object.entries(KNOWN).flatMap(([name, known]) => {
    const measured = results[name];
    if (!measured) return [];
    const speeds = [
      (rows * 1000) / median(measured.buildMs),
      ...measured.at.map(({ queryMs }) => (QUERIES * 1000) / median(queryMs)),
    ];
    return ['vectors/s of the build', 'queries/s at recall 0.95', 'queries/s at recall 0.99'].flatMap(
      (what, i) => {
        const [speed, figure] = [Math.round(speeds[i] ?? 0), known[i] ?? 0];
        return speed < 0.7 * figure ? [`${name} reached ${speed} ${what}, not ${figure}`] : [];
      },
    );
  });
}
