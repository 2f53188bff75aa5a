import { createScalarCore } from '../core/scalar.js';
import { loadWasmCore } from '../core/wasm.js';
import { createFlatIndex } from './flat.js';
import { describeVectorIndex } from './vector-index.contract.js';

describeVectorIndex('flat on wasm', {
  create: async (options) => createFlatIndex(await loadWasmCore(), options),
  recallFloor: 1,
});

describeVectorIndex('flat on the scalar core', {
  create: async (options) => createFlatIndex(createScalarCore(), options),
  recallFloor: 1,
});
