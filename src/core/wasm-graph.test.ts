import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { rowsUpTo } from './fixtures/matrices.js';
import { describeGraph } from './graph.contract.js';
import { createScalarCore } from './scalar.js';
import { instantiateWasm, type WasmExports } from './wasm-exports.js';
import { WasmGraphVectors } from './wasm-graph.js';
import { loadWasmCore } from './wasm.js';

describeGraph('on wasm over int8', { load: loadWasmCore, rows: 2000 });
describeGraph('on wasm over f32', { load: loadWasmCore, rows: 2000, options: { quantized: false } });
describeGraph('on the scalar core', {
  load: async () => createScalarCore(),
  rows: 400,
  options: { maxNeighbors: 8, efConstruction: 40 },
});
