/** Door `kindex/hnswlib`: hnswlib-wasm as the engine of a store's own worker. */
import { createHnswlibIndex } from './vector-index/hnswlib.js';
import { loadHnswlib, type HnswlibModule } from './vector-index/load-hnswlib.js';
import type { EngineLoader } from './vector-index/engine.js';

export type { EngineLoader, EngineOptions, VectorEngine } from './vector-index/engine.js';
export type { HnswlibGraph, HnswlibModule } from './vector-index/load-hnswlib.js';

export interface HnswlibEngineOptions {
  /** The module, or what gives it. Default: imports `hnswlib-wasm`, which has to be installed beside kindex. */
  module?: HnswlibModule | (() => Promise<HnswlibModule>);
}

/**
 * For `serveStore({ engine: hnswlibEngine() })` in a worker of your own. Searches give the same distances as with the default
 * engine; results may differ where both are approximate.
 *
 * Limits, all of the library: the graph is built anew whenever the store opens (some 600 vectors of 384 dimensions a second, behind
 * the calls; until then the scan answers), it takes a second copy of every vector and at most 2 GiB, it writes to the console, it
 * needs `'unsafe-eval'` in a content security policy, and it creates an IndexedDB database of its own that stays empty.
 *
 * @example
 * ```ts no-run
 * // my-store.worker.ts
 * import { hnswlibEngine } from 'kindex/hnswlib';
 * import { serveStore } from 'kindex/worker';
 *
 * serveStore({ engine: hnswlibEngine() });
 * ```
 * @throws RUNTIME_NOT_AVAILABLE while a store opens, where the library is missing
 */
export function hnswlibEngine({ module = loadHnswlib }: HnswlibEngineOptions = {}): EngineLoader {
  return async (core) => {
    const library = typeof module === 'function' ? await module() : module;
    return { kind: 'hnswlib', create: (options) => createHnswlibIndex(core, library, options) };
  };
}
