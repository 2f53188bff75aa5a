/** The contract in a real browser: its own WebAssembly engine, and the binary found by fetch. */
import { describe, expect, test, vi } from 'vitest';
import { describeBinary, describeBinaryAgreement } from './binary.contract.js';
import { describeBuilds } from './builds.contract.js';
import { describeCodesOnly } from './codes-only.contract.js';
import type { Core } from './core.js';
import { describeCore } from './core.contract.js';
import { describeGraph } from './graph.contract.js';
import { loadCore } from './load.js';
import { createScalarCore } from './scalar.js';
import { loadWasmCore } from './wasm.js';

describe.each([true, false])('relaxed: %s', (relaxed) => {
  const load = (): Promise<Core> => loadWasmCore({ relaxed });
  describeGraph('on wasm in this browser', { load, rows: 600 });
  describeCore('wasm', load);
  describeCodesOnly('wasm in this browser', load);
  describeBinary('wasm in this browser', load);
  describeBinaryAgreement('wasm in this browser', load, async () => createScalarCore());
});
describeBuilds(
  () => loadWasmCore({ relaxed: false }),
  () => loadWasmCore({ relaxed: true }),
);

test('loadCore gives the wasm core with relaxed SIMD, not degraded, and fetches no other', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch');
  const { core, degraded } = await loadCore();
  expect([core.kind, degraded]).toEqual(['wasm-relaxed', null]);
  const files = fetched.mock.calls.map(([url]) => String(url).replace(/^.*\/|\?.*$/g, ''));
  fetched.mockRestore();
  expect(files).toEqual(['core-relaxed.wasm']);
});
