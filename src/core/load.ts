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

/** Never rejects for want of WebAssembly; what else fails (no memory) is thrown. */
export async function loadCore(options: LoadWasmOptions = {}): Promise<LoadedCore> {
  const missing = simdMissing();
  if (missing) return scalar(missing);
  try {
    return { core: await loadWasmCore(options), degraded: null };
  } catch (error) {
    if (!(error instanceof ChromaError) || error.code !== 'RUNTIME_NO_WASM') throw error;
    return scalar(`${error.message} ${error.fix}`);
  }
}

/** Loaded on demand: who has SIMD does not carry it. */
async function scalar(reason: string): Promise<LoadedCore> {
  const { createScalarCore } = await import('./scalar.js');
  return { core: createScalarCore(), degraded: `Vectors are searched without SIMD: ${reason}` };
}
