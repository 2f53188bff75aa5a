/** The engines that cases compare in Node: ours, as built, and native hnswlib, as npm builds it (SSE) and compiled for AVX2. */
import { createRequire } from 'node:module';
import { loadEngine } from './engine.mjs';
import { hnswlibNodeEngine, kindexEngine } from './vector-engines.mjs';

/**
 * Native ones are left out where they are not installed, and `log` says how.
 * @param {import('./vector-engines.mjs').Shape} shape
 * @param {(line: string) => void} log
 */
export async function loadNodeEngines(shape, log) {
  const modules = await loadEngine();
  const engines = [
    kindexEngine(modules, { ...shape, precision: 'int8' }),
    kindexEngine(modules, { ...shape, precision: 'f32' }),
  ];
  for (const [name, module, make] of /** @type {const} */ ([
    ['hnswlib_sse', 'hnswlib-node', 'npm ci --prefix bench/peers'],
    ['hnswlib_avx2', 'hnswlib-node-avx2', 'node bench/peers/avx2.mjs'],
  ])) {
    const HierarchicalNSW = nativeHnswlib(module);
    if (HierarchicalNSW) engines.push(hnswlibNodeEngine(name, HierarchicalNSW, shape));
    else log(`${name} is not there: ${make}`);
  }
  return engines;
}

/** @param {string} module */
function nativeHnswlib(module) {
  try {
    return createRequire(new URL('./peers/package.json', import.meta.url))(module).HierarchicalNSW;
  } catch {
    return null;
  }
}
