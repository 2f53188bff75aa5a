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
