/** The scans as engine of a whole store: no graph, nothing to build; in full, or in two looks. */
import type { EngineLoader } from './engine.js';
import { createFlatIndex } from './flat.js';

export interface FlatEngineOptions {
  /**
   * True: a first look goes over one bit a dimension of each vector, 64 bytes a row of 384 dimensions on top of the vectors, and only
   * what seems nearest is measured. Three times as fast as measuring all (40,000 × 384), recall@10 about 0.99. False (default): all are measured.
   */
  binary?: boolean;
  /** With `binary`: rows measured for each one wanted, 1…1,000. More find more and take longer. Default 10; more under 384 dimensions. */
  rescore?: number;
}

/**
 * For `serveStore({ engine: flatEngine({ binary: true }) })` in a worker of your own: nothing is built behind the calls, a write costs
 * the same at any size, a search grows with the rows. `efSearch` and the other parameters of a graph mean nothing here.
 *
 * @example
 * ```ts no-run
 * // my-store.worker.ts
 * import { flatEngine, serveStore } from 'kindex/worker';
 *
 * serveStore({ engine: flatEngine({ binary: true }) });
 * ```
 * @throws VALUE_ARGUMENT while a collection is made, for a `rescore` out of range
 */
export function flatEngine({ binary = false, rescore }: FlatEngineOptions = {}): EngineLoader {
  return async (core) => {
    if (!binary) return { kind: 'flat', create: (options) => createFlatIndex(core, options) };
    // Loaded on demand: other stores do not carry it.
    const { createBinaryFlatIndex } = await import('./binary-flat.js');
    const createBits = await core.loadBinary();
    return {
      kind: 'flat',
      create: ({ space, dimensions }) =>
        createBinaryFlatIndex(core, createBits, { space, dimensions, rescore }),
    };
  };
}
