/** The browser's half of case `vector-search`: a module worker that loads the engines and measures them. */
import { recall } from './data.mjs';
import { hnswlibWasmEngine, kindexEngine, measureEngines } from './vector-engines.mjs';

globalThis.addEventListener('message', ({ data }) => void measure(data));

/** @param {any} request */
async function measure({ shape, k, rounds, builds, kth, hnswlib }) {
  const post = /** @type {(message: object) => void} */ (globalThis.postMessage.bind(globalThis));
  try {
    const floats = async (/** @type {string} */ file) =>
      new Float32Array(await (await fetch(file)).arrayBuffer());
    const [base, queries] = await Promise.all([floats('base.bin'), floats('queries.bin')]);
    const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
    const { createHnswIndex } = await load('./kindex/src/vector-index/hnsw.js');
    const { loadWasmCore } = await load('./kindex/src/core/wasm.js');
    const { kind } = await loadWasmCore();
    // Built for pages only, it asks for both.
    Object.assign(globalThis, { window: globalThis, document: { currentScript: null } });
    const factory = (await load(`./hnswlib/${hnswlib}`)).default;
    const engines = [
      kindexEngine({ createHnswIndex, loadWasmCore }, { ...shape, precision: 'int8' }),
      kindexEngine({ createHnswIndex, loadWasmCore }, { ...shape, precision: 'f32' }),
      hnswlibWasmEngine(await factory(), shape),
    ];
    const results = await measureEngines({
      engines,
      base,
      queries,
      recall: (found) =>
        recall(found, Float64Array.from(kth), base, queries, { dimensions: shape.dimensions, k }),
      shape,
      k,
      rounds,
      builds,
      log: (line) => post({ line }),
    });
    post({ results, core: kind });
  } catch (error) {
    post({ error: String(/** @type {Error} */ (error).stack) });
  }
}
