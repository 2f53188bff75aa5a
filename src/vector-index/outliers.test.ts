/** Vectors as some embedding models make them: three dimensions twenty times as wide as the others, of unit length. */
import { afterEach, expect, test } from 'vitest';
import type { Matrix } from '../base/types.js';
import { rowsUpTo, vectorOf } from '../core/fixtures/matrices.js';
import { loadWasmCore } from '../core/wasm.js';
import { createFlatIndex } from './flat.js';
import { createHnswIndex } from './hnsw.js';
import type { VectorIndex } from './vector-index.js';

const DIMENSIONS = 384;
const ROWS = 6_000;
const QUERIES = 60;
/** As in bench/data.mjs. */
const OUTLIERS = [7, 101, 300];
const RANK = 32;
const CENTRES = 200;

const opened: VectorIndex[] = [];
afterEach(() => {
  for (const index of opened.splice(0)) index.dispose();
});

/** Clusters in a space of 32 dimensions, mapped to 384, and noise: the mixture that benchmarks draw from. */
function outlierVectors(seed: number): { base: Matrix; queries: Matrix } {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const centres = Float64Array.from({ length: CENTRES * RANK }, normal);
  const map = Float64Array.from({ length: RANK * DIMENSIONS }, () => normal() / Math.sqrt(RANK));
  const draw = (rows: number): Matrix => {
    const data = new Float32Array(rows * DIMENSIONS);
    for (let row = 0; row < rows; row++) {
      const centre = Math.floor(uniform() * CENTRES) * RANK;
      const latent = Float64Array.from({ length: RANK }, (_, r) => centres[centre + r]! + normal());
      const vector = data.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
      for (let d = 0; d < DIMENSIONS; d++) {
        let value = 0.5 * normal();
        for (let r = 0; r < RANK; r++) value += latent[r]! * map[r * DIMENSIONS + d]!;
        vector[d] = OUTLIERS.includes(d) ? 20 * value : value;
      }
      const length = Math.hypot(...vector);
      for (let d = 0; d < DIMENSIONS; d++) vector[d]! /= length;
    }
    return { data, rows, dimensions: DIMENSIONS };
  };
  return { base: draw(ROWS), queries: draw(QUERIES) };
}

test.each(['cosine', 'l2', 'ip'] as const)(
  'the graph over int8, measured over f32, finds 95 of 100 true neighbors at ef 40, in %s',
  async (space) => {
    const core = await loadWasmCore();
    const { base, queries } = outlierVectors(20_261_125);
    const exact = createFlatIndex(core, { space, dimensions: DIMENSIONS });
    const graph = createHnswIndex(core, { space, dimensions: DIMENSIONS, graphFromRows: 1 });
    opened.push(exact, graph);
    for (const index of [exact, graph]) index.add(rowsUpTo(ROWS), base);
    while (!graph.build(1_000_000));
    let hits = 0;
    let visited = 0;
    for (let i = 0; i < QUERIES; i++) {
      const query = vectorOf(queries, i);
      const truth = exact.search(query, 10).distances.at(-1)!;
      const found = graph.search(query, 10, { ef: 40 });
      hits += found.distances.filter((distance) => distance <= truth).length;
      visited += found.visited;
    }
    expect(hits / (10 * QUERIES)).toBeGreaterThanOrEqual(0.95);
    // It was the graph that answered.
    expect(visited / QUERIES).toBeLessThan(ROWS / 2);
  },
);
