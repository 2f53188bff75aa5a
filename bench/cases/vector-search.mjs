/**
 * Case `vector-search`: our graph engine over int8 and over f32 beside hnswlib-wasm in a worker of Chromium, and beside native
 * hnswlib as npm builds it (SSE) in Node: speed of build, and of queries at equal recall. Needs `dist/`; native hnswlib is left out
 * unless `npm ci --prefix bench/peers` was run.
 */
import { chromium } from '@playwright/test';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchOptions } from '../../tools/browser.mjs';
import { serve } from '../../tools/serve.mjs';
import { clusteredVectors, kthDistances, median, recall } from '../data.mjs';
import { hnswlibNodeEngine, hnswlibWasmEngine, kindexEngine, measureEngines } from '../vector-engines.mjs';

const ROWS = 20_000;
const QUERIES = 500;
const K = 10;
const SHAPE = { dimensions: 384, rows: ROWS, maxNeighbors: 16, efConstruction: 200 };
const HNSWLIB_WASM = 'node_modules/hnswlib-wasm/dist';

/** @typedef {Awaited<ReturnType<typeof measureEngines>>} Results */
/** @typedef {{ base: Float32Array, queries: Float32Array, kth: Float64Array }} Data */

/** @param {{ rounds: number, log: (line: string) => void }} options */
export async function run({ rounds, log }) {
  const { base, queries } = clusteredVectors({
    rows: ROWS,
    queries: QUERIES,
    dimensions: SHAPE.dimensions,
    seed: 1,
  });
  const kth = kthDistances(base, queries, { dimensions: SHAPE.dimensions, k: K });
  const data = { base, queries, kth };
  const hnswlib = (await readdir(HNSWLIB_WASM)).find((name) => /^hnswlib-\w+\.js$/.test(name));
  if (!hnswlib) throw new Error(`${HNSWLIB_WASM} holds no module of hnswlib-wasm: run npm ci.`);
  const inBrowser = await measureInBrowser(data, { hnswlib, rounds, log: (line) => log(`chromium ${line}`) });
  const inNode = await measureInNode(data, { hnswlib, rounds, log: (line) => log(`node ${line}`) });
  return {
    dataset: `clustered synthetic, seed 1, ${SHAPE.dimensions} dimensions, ${QUERIES} held-out queries, k ${K}, M 16, efConstruction 200`,
    rows: ROWS,
    environment: { chromium: inBrowser.version },
    ratios: {
      ...ratios(inBrowser.results, 'hnswlib_wasm', ''),
      ...ratios(inNode, 'hnswlib_wasm', 'node_'),
      ...ratios(inNode, 'hnswlib_sse', ''),
    },
    values: { ...values(inBrowser.results, 'chromium'), ...values(inNode, 'node') },
  };
}

/** @param {Data} data @param {{ hnswlib: string, rounds: number, log: (line: string) => void }} options */
async function measureInNode({ base, queries, kth }, { hnswlib, rounds, log }) {
  const load = (/** @type {string} */ path) => import(pathToFileURL(path).href);
  const { createHnswIndex } = await load('dist/src/vector-index/hnsw.js');
  const { loadWasmCore } = await load('dist/src/core/wasm.js');
  // Built for pages only, it asks for both.
  Object.assign(globalThis, { window: globalThis, document: { currentScript: null } });
  const factory = (await load(join(HNSWLIB_WASM, hnswlib))).default;
  const engines = [
    kindexEngine({ createHnswIndex, loadWasmCore }, { ...SHAPE, precision: 'int8' }),
    kindexEngine({ createHnswIndex, loadWasmCore }, { ...SHAPE, precision: 'f32' }),
    hnswlibWasmEngine(await factory(), SHAPE),
  ];
  const HierarchicalNSW = nativeHnswlib();
  if (HierarchicalNSW) engines.push(hnswlibNodeEngine(HierarchicalNSW, SHAPE));
  else log('native hnswlib is not installed: npm ci --prefix bench/peers');
  return measureEngines({
    engines,
    base,
    queries,
    recall: (found) => recall(found, kth, base, queries, { dimensions: SHAPE.dimensions, k: K }),
    shape: SHAPE,
    k: K,
    rounds,
    log,
  });
}

function nativeHnswlib() {
  try {
    return createRequire(new URL('../peers/package.json', import.meta.url))('hnswlib-node').HierarchicalNSW;
  } catch {
    return null;
  }
}

/** @param {Data} data @param {{ hnswlib: string, rounds: number, log: (line: string) => void }} options */
async function measureInBrowser({ base, queries, kth }, { hnswlib, rounds, log }) {
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
  await writeFile(join(root, 'base.bin'), new Uint8Array(base.buffer));
  await writeFile(join(root, 'queries.bin'), new Uint8Array(queries.buffer));
  // hnswlib-wasm compiles its bindings from strings, which our own policy forbids.
  const server = await serve({ root, csp: null });
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage();
    await page.exposeFunction('benchLog', log);
    await page.goto(server.url);
    const results = /** @type {Results} */ (
      await page.evaluate(measureInPage, { shape: SHAPE, k: K, rounds, kth: Array.from(kth), hnswlib })
    );
    return { results, version: browser.version() };
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
      else if (data.results) resolve(data.results);
      else /** @type {any} */ (globalThis).benchLog(data.line);
    };
    worker.postMessage(task);
  });
}

/** How many times as fast as `peer`, by round, then their median: both met the same load. @param {Results} results @param {string} peer @param {string} prefix */
function ratios(results, peer, prefix) {
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
      found[`${prefix}${mark}qps${percent}_20k_vs_${peer}`] = factor(
        ours.at[level]?.queryMs ?? [],
        theirs.at[level]?.queryMs ?? [],
      );
    });
    found[`${prefix}${mark}build_20k_vs_${peer}`] = factor(ours.buildMs, theirs.buildMs);
  }
  return found;
}

/** @param {Results} results @param {string} place */
function values(results, place) {
  /** @type {Record<string, number>} */
  const found = {};
  for (const [name, { buildMs, at }] of Object.entries(results)) {
    found[`${place}_${name}_build_vectors_per_s`] = Math.round((ROWS * 1000) / median(buildMs));
    [95, 99].forEach((percent, level) => {
      const measured = at[level];
      if (!measured) return;
      found[`${place}_${name}_qps${percent}`] = Math.round((QUERIES * 1000) / median(measured.queryMs));
      found[`${place}_${name}_recall_at_qps${percent}`] = measured.recall;
      found[`${place}_${name}_ef_at_qps${percent}`] = measured.ef;
    });
  }
  return found;
}
