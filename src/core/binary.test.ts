/** Bits of vectors in Node: on the scalar core and on wasm. With relaxed SIMD: wasm-relaxed.test.ts; in Chromium: wasm.browser.ts. */
import { describeBinary, describeBinaryAgreement } from './binary.contract.js';
import type { Core } from './core.js';
import { createScalarCore } from './scalar.js';
import { loadWasmCore } from './wasm.js';

const load = (): Promise<Core> => loadWasmCore({ relaxed: false });
const scalar = async (): Promise<Core> => createScalarCore();

describeBinary('the scalar core', scalar);
describeBinary('wasm', load);
describeBinaryAgreement('wasm', load, scalar);
