/** The best of a search by codes alone, measured anew over vectors that the caller has fetched. */
import type { Matrix, Space } from '../base/types.js';
import { checkQueryLength, checkVectors } from './check.js';
import type { Neighbors } from './core.js';
import { DISTANCES } from './scalar-flat.js';

export interface Candidates {
  space: Space;
  rows: Uint32Array;
  /** Vector i is that of `rows[i]`. */
  vectors: Matrix;
}

/**
 * The `k` nearest of `candidates`, nearest first, equal distances by ascending row: what a graph without vectors found for about
 * 1.5 k + 5 (`searchGraph` with that k), of which the order among codes loses some.
 * @throws VALUE_DIMENSION · VALUE_ARGUMENT when the counts of rows and vectors differ. Cost: one distance per candidate.
 */
export function rescore(query: Float32Array, k: number, { space, rows, vectors }: Candidates): Neighbors {
  const { data, dimensions } = vectors;
  checkQueryLength(query, dimensions);
  checkVectors(rows, vectors, dimensions);
  const measure = DISTANCES[space];
  const nearest = Array.from(rows, (row, i) => ({
    row,
    distance: Math.fround(measure(data.subarray(i * dimensions, (i + 1) * dimensions), query)),
  }))
    .toSorted((a, b) => a.distance - b.distance || a.row - b.row)
    .slice(0, k);
  return {
    rows: Uint32Array.from(nearest, ({ row }) => row),
    distances: Float32Array.from(nearest, ({ distance }) => distance),
  };
}
