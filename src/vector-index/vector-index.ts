/** What every vector search engine offers the store: `flat` today, graph engines beside it later. */
import type { Matrix, Space } from '../base/types.js';
import type { Neighbors, RowBits } from '../core/core.js';

export interface SearchOptions {
  /** Search only these rows. */
  allow?: RowBits;
  /** Search width of a graph engine; exact engines ignore it. */
  ef?: number;
}

export interface SearchHits extends Neighbors {
  /** Distances computed. */
  visited: number;
}

export interface VectorIndex {
  readonly kind: 'flat' | 'hnsw' | 'hnswlib';
  readonly space: Space;
  readonly dimensions: number;
  /** Live rows. */
  readonly size: number;
  readonly bytes: number;
  /**
   * Stores row i of `matrix` at `rows[i]`, replacing what is there; the later one counts where `rows` names a row twice.
   * @throws VALUE_DIMENSION · VALUE_NOT_FINITE · VALUE_ARGUMENT when the counts of rows and vectors differ ·
   * RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  add(rows: Uint32Array, matrix: Matrix): void;
  /**
   * Makes room for `count` more vectors than are live, so that `add` of as many new rows cannot fail for want of it.
   * @throws RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  reserve(count: number): void;
  /** Unknown rows are ignored. */
  remove(rows: Uint32Array): void;
  /** Copies of stored vectors, in the order asked. @throws VALUE_ARGUMENT for a row that is not live */
  read(rows: Uint32Array): Matrix;
  /**
   * Nearest first, fewer than `k` when fewer are live and allowed; ties in ascending row order (exact engines).
   * @throws VALUE_DIMENSION · VALUE_NOT_FINITE · VALUE_ARGUMENT when `k` is not a non-negative integer
   */
  search(query: Float32Array, k: number, options?: SearchOptions): SearchHits;
  /** Of an index that may have been given codes alone: live rows whose vectors it has still to be given. */
  readonly absent?: number;
  /** Those of them that `search` with the same arguments would need. Throws what it throws. */
  missing?(query: Float32Array, k: number, options?: SearchOptions): Uint32Array<ArrayBuffer>;
  /** Frees the memory; calls after that throw CLOSED, a second `dispose` does nothing. */
  dispose(): void;
}

/** An index that grows behind the writes; what it does not hold yet is found all the same. */
export interface BuildableIndex extends VectorIndex {
  /** Live rows that wait for nothing. */
  readonly indexed: number;
  /** Used by searches that name no `ef`. @throws VALUE_ARGUMENT unless a positive whole number */
  efSearch: number;
  /** Works for about `budget` distances, 1…2³¹ − 1; true when nothing is left to do. @throws RUNTIME_OUT_OF_MEMORY */
  build(budget: number): boolean;
}
