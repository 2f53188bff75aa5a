/**
 * Case `memory`: bytes per row of a collection that was opened and has answered, in Chromium, by part: WebAssembly memory, JavaScript
 * objects, other buffers, what a page without the collection holds taken off; and of the index alone over floats and codes, over floats,
 * and over codes, beside hnswlib-wasm. Needs `dist/`. At 20,000 and 100,000 × 384, or at `--rows N` alone.
 */
import { DIMENSIONS, loadDataSet, sizeName } from '../data-sets.mjs';
import { loadEngine } from '../engine.mjs';
import { heldBy } from '../heap.mjs';
import { openBenchPage } from '../page.mjs';

const ROWS = [20_000, 100_000];
/** Floats and int8 codes: what a collection is configured to keep of a vector in memory. */
const VECTOR_BYTES = (4 + 1) * DIMENSIONS;
const SAMPLE = 1_000;

/** @typedef {import('../result.mjs').Figures} Figures */

/**
 * @param {{ rounds: number, rows: number | null, log: (line: string) => void }} options
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ rounds, rows: asked, log }) {
  /** @type {Figures} */
  const values = {};
  /** @type {Record<string, unknown>} */
  let environment = {};
  const sizes = asked === null ? ROWS : [asked];
  for (const rows of sizes) {
    const data = await loadDataSet('clustered', { rows, queries: 1 });
    const size = sizeName(data);
    const collection = await ofCollection(data.base, { rounds, log: (line) => log(`${size} ${line}`) });
    environment = collection.environment;
    const share = (/** @type {number[]} */ bytes) => bytes.map((each) => Math.round(each / rows));
    const { wasm, heap, buffers } = collection;
    Object.assign(values, {
      [`bytes_per_row_${size}`]: share(
        wasm.map((each, i) => each + (heap[i] ?? NaN) + (buffers[i] ?? NaN) - rows * VECTOR_BYTES),
      ),
      [`wasm_bytes_per_row_${size}`]: share(wasm),
      [`heap_bytes_per_row_${size}`]: share(heap),
      [`buffer_bytes_per_row_${size}`]: share(buffers),
      [`vector_bytes_per_row_${size}`]: VECTOR_BYTES,
    });
    for (const [name, bytes] of Object.entries(await ofIndexes(data.base)))
      values[`index_${name}_bytes_per_row_${size}`] = Math.round(bytes / rows);
    const theirs = await ofHnswlib(data.base);
    values[`index_hnswlib_wasm_bytes_per_row_${size}`] = Math.round(theirs / rows);
    log(`${size}: ${JSON.stringify(values)}`);
  }
  return {
    dataset: `clustered synthetic, seed 1, ${DIMENSIONS} dimensions, with ids of 8 to 12 characters; M 16. \`bytes_per_row\` leaves out the vectors: ${VECTOR_BYTES} bytes of floats and int8 codes`,
    rows: Math.max(...sizes),
    seed: 1,
    environment,
    ...(asked === null ? {} : { file: `memory-${asked / 1000}k` }),
    ratios: {},
    values,
  };
}

/**
 * A store is filled, indexed and stored once; each round opens it in a page that is loaded anew.
 * @param {Float32Array} base
 * @param {{ rounds: number, log: (line: string) => void }} options
 */
async function ofCollection(base, { rounds, log }) {
  const bench = await openBenchPage({
    library: 'modules',
    files: ['page/store.mjs', 'page/memory.mjs'],
    onDisk: true,
    data: { 'base.bin': base },
  });
  const { page } = bench;
  /** @type {{ wasm: number[], heap: number[], buffers: number[] }} */
  const found = { wasm: [], heap: [], buffers: [] };
  try {
    log('filling a store, and building a graph');
    await page.evaluate(fill, DIMENSIONS);
    for (let round = 0; round < rounds; round++) {
      await page.reload();
      await page.evaluate(prepare);
      const before = await heldBy(page);
      await page.evaluate(open, DIMENSIONS);
      const after = await heldBy(page);
      for (const part of /** @type {const} */ (['wasm', 'heap', 'buffers']))
        found[part].push(after[part] - before[part]);
    }
    return { ...found, environment: bench.environment };
  } finally {
    await bench.close();
  }
}

/** In the page. @param {number} dimensions */
async function fill(dimensions) {
  /** @type {typeof import('../page/store.mjs')} */
  const tools = await import(new URL('/page/store.mjs', location.href).href);
  const base = new Float32Array(await (await fetch('base.bin')).arrayBuffer());
  const store = await tools.openStore('memory');
  const collectionId = await tools.createNotes(store);
  await tools.fillNotes(store, { collectionId, base, dimensions, batch: 2_000, metadata: false });
  await tools.untilIndexed(store, collectionId);
  await store.checkpoint();
  await store.close();
}

/** In the page: all code is loaded and has run, on a store that holds nothing. */
async function prepare() {
  /** @type {typeof import('../page/memory.mjs')} */
  const { watchWasmMemory } = await import(new URL('/page/memory.mjs', location.href).href);
  watchWasmMemory();
  /** @type {typeof import('../page/store.mjs')} */
  const tools = await import(new URL('/page/store.mjs', location.href).href);
  const store = await tools.openStore('nothing');
  Object.assign(globalThis, { empty: store });
}

/** In the page: the store stays open, held by the page. @param {number} dimensions */
async function open(dimensions) {
  /** @type {typeof import('../page/store.mjs')} */
  const { openNotes } = await import(new URL('/page/store.mjs', location.href).href);
  const { store, ask } = await openNotes('memory', dimensions);
  for (let i = 0; i < 20; i++) await ask();
  Object.assign(globalThis, { opened: store });
}

/** Bytes of an index over all of `base`, without ids: they do not depend on how well it is built. @param {Float32Array<ArrayBuffer>} base */
async function ofIndexes(base) {
  const { createHnswIndex, loadWasmCore } = await loadEngine();
  const core = await loadWasmCore();
  const rows = base.length / DIMENSIONS;
  const matrix = { data: base, rows, dimensions: DIMENSIONS };
  const sample = {
    data: base.slice(0, SAMPLE * DIMENSIONS),
    rows: Math.min(SAMPLE, rows),
    dimensions: DIMENSIONS,
  };
  /** @type {Record<string, number>} */
  const found = {};
  for (const [name, options] of Object.entries({
    int8: {},
    f32: { precision: /** @type {const} */ ('f32') },
    codes: { codesFrom: sample },
  })) {
    const index = createHnswIndex(core, {
      space: 'ip',
      dimensions: DIMENSIONS,
      efConstruction: 40,
      seed: 1,
      ...options,
    });
    index.reserve(rows);
    index.add(
      Uint32Array.from({ length: rows }, (_, i) => i),
      matrix,
    );
    while (!index.build(1_000_000));
    found[name] = index.bytes;
    index.dispose();
  }
  return found;
}

/** WebAssembly memory of hnswlib-wasm over all of `base`. @param {Float32Array} base */
async function ofHnswlib(base) {
  const bench = await openBenchPage({
    library: 'modules',
    files: ['vector-engines.mjs', 'page/engines.mjs', 'page/memory.mjs'],
    hnswlib: true,
    data: { 'base.bin': base },
  });
  try {
    return await bench.page.evaluate(fillHnswlib, { dimensions: DIMENSIONS, module: bench.hnswlib });
  } finally {
    await bench.close();
  }
}

/** In the page. @param {{ dimensions: number, module: string }} options */
async function fillHnswlib({ dimensions, module }) {
  const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
  /** @type {typeof import('../page/memory.mjs')} */
  const { watchWasmMemory, wasmBytes } = await load('/page/memory.mjs');
  watchWasmMemory();
  /** @type {typeof import('../page/engines.mjs')} */
  const { fetchFloats, loadHnswlib } = await load('/page/engines.mjs');
  /** @type {typeof import('../vector-engines.mjs')} */
  const { hnswlibWasmEngine } = await load('/vector-engines.mjs');
  const base = await fetchFloats('base.bin');
  const rows = base.length / dimensions;
  const shape = { dimensions, rows, maxNeighbors: 16, efConstruction: 40 };
  const index = await hnswlibWasmEngine(await loadHnswlib(module), shape).create();
  for (let first = 0; first < rows; first += 1_000) {
    const count = Math.min(1_000, rows - first);
    index.add(base.slice(first * dimensions, (first + count) * dimensions), first, count);
  }
  return wasmBytes();
}
