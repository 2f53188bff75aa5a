/** The engines that cases compare in a worker of Chromium: ours, as built, and hnswlib-wasm. */
import { hnswlibWasmEngine, kindexEngine } from '../vector-engines.mjs';

/**
 * @param {import('../vector-engines.mjs').Shape} shape
 * @param {{ hnswlib: string }} options name of its module
 */
export async function loadPageEngines(shape, { hnswlib }) {
  const { modules, core } = await loadEngine();
  return {
    core,
    engines: [
      kindexEngine(modules, { ...shape, precision: 'int8' }),
      kindexEngine(modules, { ...shape, precision: 'f32' }),
      hnswlibWasmEngine(await loadHnswlib(hnswlib), shape),
    ],
  };
}

/** Our engine, and which build of the core runs. */
export async function loadEngine() {
  const load = (/** @type {string} */ path) => import(new URL(`/kindex/src/${path}`, location.href).href);
  /** @type {typeof import('../../src/vector-index/hnsw.js')} */
  const { createHnswIndex } = await load('vector-index/hnsw.js');
  /** @type {typeof import('../../src/core/wasm.js')} */
  const { loadWasmCore } = await load('core/wasm.js');
  return { modules: { createHnswIndex, loadWasmCore }, core: (await loadWasmCore()).kind };
}

/** @param {string} module */
export async function loadHnswlib(module) {
  // Built for pages only, it asks for both, which a worker lacks.
  if (!('window' in globalThis))
    Object.assign(globalThis, { window: globalThis, document: { currentScript: null } });
  const { default: factory } = await import(new URL(`/hnswlib/${module}`, location.href).href);
  return factory();
}

/** Numbers served beside the page. @param {string} file @returns {Promise<Float32Array<ArrayBuffer>>} */
export async function fetchFloats(file) {
  return new Float32Array(await (await fetch(new URL(`/${file}`, location.href))).arrayBuffer());
}
