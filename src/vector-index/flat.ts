/** Exact search: every live (and allowed) vector is compared. No build, no parameters, recall 1. */
import type { Core, FlatVectors } from '../core/core.js';
import type { Matrix, Space } from '../base/types.js';
import type { SearchHits, SearchOptions, VectorIndex } from './vector-index.js';

export interface FlatIndexOptions {
  space: Space;
  dimensions: number;
}

/**
 * An empty index; the caller disposes it.
 * @throws VALUE_DIMENSION when `dimensions` is not an integer in 1…65,536. Cost of a search: one pass over the vectors.
 */
export function createFlatIndex(core: Core, options: FlatIndexOptions): VectorIndex {
  return new FlatIndex(core.createFlatVectors(options));
}

class FlatIndex implements VectorIndex {
  readonly kind = 'flat';
  readonly space: Space;
  readonly dimensions: number;
  readonly #vectors: FlatVectors;

  constructor(vectors: FlatVectors) {
    this.space = vectors.space;
    this.dimensions = vectors.dimensions;
    this.#vectors = vectors;
  }

  get size(): number {
    return this.#vectors.size;
  }

  get bytes(): number {
    return this.#vectors.bytes;
  }

  add(rows: Uint32Array, matrix: Matrix): void {
    this.#vectors.set(rows, matrix);
  }

  reserve(count: number): void {
    this.#vectors.reserve(count);
  }

  remove(rows: Uint32Array): void {
    this.#vectors.remove(rows);
  }

  read(rows: Uint32Array): Matrix {
    return this.#vectors.read(rows);
  }

  search(query: Float32Array, k: number, { allow }: SearchOptions = {}): SearchHits {
    return this.#vectors.search(query, k, allow);
  }

  dispose(): void {
    this.#vectors.dispose();
  }
}
