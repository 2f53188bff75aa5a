/** The contract in a real browser: its own WebAssembly engine, and the binary found by fetch. */
import { expect, test } from 'vitest';
import { describeCore } from './core.contract.js';
import { describeGraph } from './graph.contract.js';
import { loadCore } from './load.js';
import { loadWasmCore } from './wasm.js';

describeGraph('on wasm in this browser', { load: loadWasmCore, rows: 600 });
describeCore('wasm', loadWasmCore);

test('loadCore gives the wasm core, not degraded', async () => {
  const { core, degraded } = await loadCore();
  expect([core.kind, degraded]).toEqual(['wasm-simd', null]);
});
