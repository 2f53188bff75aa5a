import type { Matrix } from '../base/types.js';
import { createScalarCore } from '../core/scalar.js';
import { loadWasmCore } from '../core/wasm.js';
import { createHnswIndex, type HnswIndex, type HnswSearchOptions } from './hnsw.js';
import { describeHnswIndex } from './hnsw.contract.js';
import { describeVectorIndex } from './vector-index.contract.js';
import type { VectorIndex } from './vector-index.js';

describeVectorIndex('hnsw on wasm, too small for a graph', {
  create: async (options) => createHnswIndex(await loadWasmCore(), options),
  recallFloor: 1,
});

for (const precision of ['int8', 'f32'] as const) {
  describeVectorIndex(`hnsw on wasm over ${precision}`, {
    create: async (options) =>
      linkedOnAdd(
        createHnswIndex(await loadWasmCore(), { ...options, precision, graphFromRows: 1, efSearch: 60 }),
      ),
    recallFloor: 0.95,
  });
}

describeVectorIndex('hnsw on the scalar core', {
  create: async (options) =>
    linkedOnAdd(
      createHnswIndex(createScalarCore(), {
        ...options,
        graphFromRows: 1,
        maxNeighbors: 8,
        efConstruction: 40,
        efSearch: 60,
      }),
    ),
  recallFloor: 0.95,
});

describeHnswIndex('wasm', loadWasmCore);

/** Links what is added at once, so that searches go through the graph. */
function linkedOnAdd(index: HnswIndex): VectorIndex {
  return {
    kind: index.kind,
    space: index.space,
    dimensions: index.dimensions,
    get size() {
      return index.size;
    },
    get bytes() {
      return index.bytes;
    },
    add(rows: Uint32Array, matrix: Matrix) {
      index.add(rows, matrix);
      while (!index.build(1_000_000));
    },
    reserve: (count: number) => index.reserve(count),
    remove: (rows: Uint32Array) => index.remove(rows),
    read: (rows: Uint32Array) => index.read(rows),
    search: (query: Float32Array, k: number, options?: HnswSearchOptions) => index.search(query, k, options),
    dispose: () => index.dispose(),
  };
}
