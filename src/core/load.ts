/**
 * Chooses the core: wasm/ where the engine has SIMD and a binary can be had (the one with relaxed SIMD where it has that), the scalar
 * one otherwise, with the reason.
 */
import { ChromaError } from '../base/errors.js';
import type { Core } from './core.js';
import { simdMissing } from './features.js';
import { loadWasmCore, type LoadWasmOptions } from './wasm.js';

export interface LoadedCore {
  core: Core;
  /** Why this is the slow core, one sentence for `diagnostics()`; null where it is the fast one. */
  degraded: string | null;
}

/** Never rejects for want of WebAssembly, or of memory for it. */
export async function loadCore(options: LoadWasmOptions = {}): Promise<LoadedCore> {
  const missing = simdMissing();
  if (missing) return scalar(missing);
  try {
    // Beside the binary, for which the network is waited for anyway.
    const [core, { lendInstances }] = await Promise.all([
      loadWasmCore(options),
      import('./lend-instances.js'),
    ]);
    return { core: lendInstances(core), degraded: null };
  } catch (error) {
    if (!(error instanceof ChromaError) || !['RUNTIME_NO_WASM', 'RUNTIME_OUT_OF_MEMORY'].includes(error.code))
      throw error;
    return scalar(`${error.message} ${error.fix}`);
  }
}

/** Loaded on demand: who has SIMD does not carry it. */
async function scalar(reason: string): Promise<LoadedCore> {
  const { createScalarCore } = await import('./scalar.js');
  return { core: createScalarCore(), degraded: `Vectors are searched without SIMD: ${reason}` };
}
