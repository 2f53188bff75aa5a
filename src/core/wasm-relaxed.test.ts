/**
 * The build with relaxed SIMD in Node. V8 of Node 20 knows it behind a flag, and computes it right only in its optimizing compiler;
 * both flags count from the next compilation on, and for this process.
 */
import { setFlagsFromString } from 'node:v8';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { describeBinary, describeBinaryAgreement } from './binary.contract.js';
import { describeBuilds } from './builds.contract.js';
import { describeCodeBytes } from './code-bytes.contract.js';
import { describeCodesOnly } from './codes-only.contract.js';
import type { Core } from './core.js';
import { describeAgreement, describeCore } from './core.contract.js';
import { hasRelaxedSimd } from './features.js';
import { describeGraph } from './graph.contract.js';
import { createScalarCore } from './scalar.js';
import { loadWasmCore } from './wasm.js';

setFlagsFromString('--experimental-wasm-relaxed-simd');
setFlagsFromString('--no-liftoff');

const load = (): Promise<Core> => loadWasmCore({ relaxed: true });

describeCore('wasm with relaxed SIMD', load);
describeAgreement(load, async () => createScalarCore());
describeGraph('on relaxed wasm over int8', { load, rows: 2000 });
describeGraph('on relaxed wasm over f32', { load, rows: 2000, options: { quantized: false } });
describeCodesOnly('relaxed wasm', load);
describeBinary('wasm with relaxed SIMD', load);
describeBinaryAgreement('wasm with relaxed SIMD', load, async () => createScalarCore());
describeBuilds(() => loadWasmCore({ relaxed: false }), load);
describeCodeBytes({
  scalar: async () => createScalarCore(),
  'plain SIMD': () => loadWasmCore({ relaxed: false }),
  'relaxed SIMD': load,
});

describe('the build with relaxed SIMD', () => {
  afterEach(() => vi.restoreAllMocks());

  test('is what comes where the engine knows it', async () => {
    expect([hasRelaxedSimd(), (await loadWasmCore()).kind]).toEqual([true, 'wasm-relaxed']);
  });

  test('is refused where its sums are wrong, and the other one comes in its place', async () => {
    const { Instance } = WebAssembly;
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function (module: WebAssembly.Module) {
      const { exports } = new Instance(module);
      return { exports: { ...exports, codesAreExact: () => 0 } };
    });
    await expect(load()).rejects.toMatchObject({
      code: 'RUNTIME_NO_WASM',
      message: expect.stringContaining('computes relaxed SIMD instructions wrong'),
    });
    expect((await loadWasmCore()).kind).toBe('wasm-simd');
  });
});
