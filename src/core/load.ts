/** Chooses the core: wasm/ where the engine has SIMD and the binary can be had, the scalar one otherwise, with the reason. */
import { ChromaError } from '../base/errors.js';
import type { Core } from './core.js';
import { createScalarCore } from './scalar.js';
import { loadWasmCore, type LoadWasmOptions } from './wasm.js';

export interface LoadedCore {
  core: Core;
  /** Why this is the slow core, one sentence for `diagnostics()`; null where it is the fast one. */
  degraded: string | null;
}

/** Smallest module with a v128 instruction: `(func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0))))`. */
const SIMD_PROBE: Uint8Array<ArrayBuffer> = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
]);

/** Never rejects for want of WebAssembly; what else fails (no memory) is thrown. */
export async function loadCore(options: LoadWasmOptions = {}): Promise<LoadedCore> {
  const missing = missingFeature();
  if (missing) return { core: createScalarCore(), degraded: `Vectors are searched without SIMD: ${missing}` };
  try {
    return { core: await loadWasmCore(options), degraded: null };
  } catch (error) {
    if (!(error instanceof ChromaError) || error.code !== 'RUNTIME_NO_WASM') throw error;
    return {
      core: createScalarCore(),
      degraded: `Vectors are searched without SIMD: ${error.message} ${error.fix}`,
    };
  }
}

function missingFeature(): string | null {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here.';
  return WebAssembly.validate(SIMD_PROBE) ? null : 'the WebAssembly here has no SIMD instructions.';
}
