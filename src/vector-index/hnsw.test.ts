import { expect, test } from 'vitest';
import type { Matrix } from '../base/types.js';
import { createScalarCore } from '../core/scalar.js';
import { loadWasmCore } from '../core/wasm.js';
import { alwaysWalk, countingWalks, type WalkTally } from './fixtures/always-walk.js';
import { createHnswIndex, type HnswIndex, type HnswSearchOptions } from './hnsw.js';
import { describeHnswIndex } from './hnsw.contract.js';
import { describeVectorIndex } from './vector-index.contract.js';
import type { VectorIndex } from './vector-index.js';

describeVectorIndex('hnsw on wasm, too small for a graph', {
  create: async (options) => createHnswIndex(await loadWasmCore(), options),
  recallFloor: 1,
});

const wasm = countingWalks(await loadWasmCore());
const scalar = countingWalks(createScalarCore());

for (const precision of ['int8', 'f32'] as const) {
  describeVectorIndex(`hnsw on wasm over ${precision}`, {
    // So few candidates that wrong links would show.
    create: async (options) =>
      walked(
        createHnswIndex(wasm.core, { ...options, precision, graphFromRows: 1, efSearch: 24 }),
        wasm.tally,
      ),
    recallFloor: 0.95,
  });
}

describeVectorIndex('hnsw on the scalar core', {
  create: async (options) =>
    walked(
      createHnswIndex(scalar.core, {
        ...options,
        graphFromRows: 1,
        maxNeighbors: 12,
        efConstruction: 60,
        efSearch: 80,
      }),
      scalar.tally,
    ),
  recallFloor: 0.95,
});

/** Of searches of 2,000 rows: those measure recall, without and with filters. */
const large = { searches: 0, scans: 0 };

test('the contract was kept by graphs: searches went through links, whatever they were allowed', () => {
  for (const { walks, scans } of [wasm.tally, scalar.tally]) {
    expect(walks).toBeGreaterThan(1_000);
    // Of few rows, all of them wanted, links may lead to too few.
    expect(scans / walks).toBeLessThan(0.4);
  }
  expect(large.searches).toBeGreaterThan(1_500);
  expect(large.scans / large.searches).toBeLessThan(0.01);
});

describeHnswIndex('wasm', loadWasmCore);

/** Links what is added at once and searches through the graph, however few rows there are or a filter allows. */
function walked(inner: HnswIndex, tally: WalkTally): VectorIndex {
  const index = alwaysWalk(inner);
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
    search(query: Float32Array, k: number, options?: HnswSearchOptions) {
      const { scans } = tally;
      const hits = index.search(query, k, options);
      if (index.size === 2_000) {
        large.searches += 1;
        large.scans += tally.scans - scans;
      }
      return hits;
    },
    dispose: () => index.dispose(),
  };
}
