/** The built engine for cases that measure it in Node, with the types of its source: the build declares what its doors lead to only. */

/** @param {string} path below dist/src @returns {Promise<any>} */
const load = (path) => import(new URL(`../dist/src/${path}`, import.meta.url).href);

export async function loadEngine() {
  /** @type {typeof import('../src/vector-index/hnsw.js')} */
  const { createHnswIndex } = await load('vector-index/hnsw.js');
  /** @type {typeof import('../src/core/wasm.js')} */
  const { loadWasmCore } = await load('core/wasm.js');
  return { createHnswIndex, loadWasmCore };
}

/** What case `flat` compares. */
export async function loadScanModules() {
  const { loadWasmCore } = await loadEngine();
  /** @type {typeof import('../src/core/scalar.js')} */
  const { createScalarCore } = await load('core/scalar.js');
  /** @type {typeof import('../src/core/rescore.js')} */
  const { rescore } = await load('core/rescore.js');
  return { core: await loadWasmCore(), scalar: createScalarCore(), rescore };
}
