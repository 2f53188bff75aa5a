/**
 * Approximate search over a graph that is built behind the writes: `add` stores, `build` links in slices, and what is not linked yet
 * is scanned exactly, so every row is found at once. Which way a search takes is decided here; the graph itself is core's.
 */
import { checkRange } from '../core/check.js';
import type { Core, GraphVectors, RowBits } from '../core/core.js';
import { countBits } from '../core/row-bits.js';
import type { Matrix, Space } from '../base/types.js';
import { GRAPH_FROM_ROWS, isListed } from './thresholds.js';
import type { BuildableIndex, SearchHits, SearchOptions } from './vector-index.js';

/** Distances that a search of the graph computes per candidate (20 at ef 20, 12 at ef 100): beyond as many rows a scan is cheaper. */
const DISTANCES_PER_CANDIDATE = 20;

export interface HnswParameters {
  /** Neighbors of a node, twice as many on the lowest level: 2…256. Default 16. */
  maxNeighbors: number;
  /** Candidates looked at for each link: 1…4,096. Default 100. */
  efConstruction: number;
  /** Candidates a search looks for: 1…. Default 100. */
  efSearch: number;
}

export interface HnswIndexOptions extends Partial<HnswParameters> {
  space: Space;
  dimensions: number;
  /** `int8` (default): traverse one byte a dimension, measure the results over f32. `f32`: floats throughout. */
  precision?: 'int8' | 'f32';
  /**
   * A sample of the vectors: only int8 codes fitted to it are kept, a quarter of the bytes. Distances are those of the codes then, of
   * exact searches too: measure the best anew with `rescore` over vectors from elsewhere. Default: the vectors are kept.
   */
  codesFrom?: Matrix;
  /** Same seed, same calls, same graph. u32, default 0. */
  seed?: number;
  /** Rows from which on a graph is built. Default 5,000. */
  graphFromRows?: number;
}

export interface HnswSearchOptions extends SearchOptions {
  /** Compare every live, allowed row: recall 1. Default false. */
  exact?: boolean;
}

export interface HnswIndex extends BuildableIndex {
  readonly kind: 'hnsw';
  /** Live rows that wait for nothing: linked, or in a collection too small for a graph. */
  readonly indexed: number;
  /** Used by searches that name no `ef`. @throws VALUE_ARGUMENT unless a positive whole number */
  efSearch: number;
  /**
   * Links rows until about `budget` distances were computed (one row of 384 dimensions: about 3,000 of them, 0.3 ms at
   * efConstruction 200); call it in idle turns until it says true: nothing is left to do.
   * @throws RUNTIME_OUT_OF_MEMORY. The index answers as before.
   */
  build(budget: number): boolean;
  /**
   * Brings neighbors together in memory: +3…5 % queries/s from 20,000 rows on, for a pause of about 1 ms per 1,000 rows × 384. For
   * moments in which nobody waits: after an import, after removed rows were taken out.
   * @throws RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  renumber(): void;
  /** Nearest first, exactly `k` where that many are live and allowed. @throws VALUE_ARGUMENT for an `ef` that `efSearch` would refuse */
  search(query: Float32Array, k: number, options?: HnswSearchOptions): SearchHits;
  /** Live rows in the graph; 0 while there is none. */
  readonly linked: number;
  /** The graph without the vectors, in steps and pieces: `GraphVectors.serialize`. */
  serialize(): Generator<void, Uint8Array<ArrayBuffer>[] | null>;
  /**
   * Takes a stored graph over rows that were added before; those it does not know, or must leave out because their vectors are
   * others now, are linked by `build`.
   * @throws FORMAT_CORRUPT · VALUE_ARGUMENT once `build` has linked rows · RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  load(bytes: Uint8Array, leaveOut?: RowBits): void;
}

/**
 * An empty index; the caller disposes it.
 * @throws VALUE_DIMENSION · VALUE_ARGUMENT for parameters out of range
 */
export function createHnswIndex(core: Core, options: HnswIndexOptions): HnswIndex {
  const { efSearch = 100, graphFromRows = GRAPH_FROM_ROWS } = options;
  checkEf(efSearch);
  const vectors = core.createGraphVectors({
    space: options.space,
    dimensions: options.dimensions,
    maxNeighbors: options.maxNeighbors ?? 16,
    efConstruction: options.efConstruction ?? 100,
    seed: options.seed ?? 0,
    quantized: options.precision !== 'f32',
    ...(options.codesFrom ? { codesFrom: options.codesFrom } : {}),
  });
  return new GraphIndex(vectors, efSearch, graphFromRows);
}

class GraphIndex implements HnswIndex {
  readonly kind = 'hnsw';
  readonly space: Space;
  readonly dimensions: number;
  readonly #vectors: GraphVectors;
  readonly #graphFromRows: number;
  #efSearch: number;

  constructor(vectors: GraphVectors, efSearch: number, graphFromRows: number) {
    this.space = vectors.space;
    this.dimensions = vectors.dimensions;
    this.#vectors = vectors;
    this.#efSearch = efSearch;
    this.#graphFromRows = graphFromRows;
  }

  get size(): number {
    return this.#vectors.size;
  }

  get bytes(): number {
    return this.#vectors.bytes;
  }

  get indexed(): number {
    return this.#wantsGraph() ? this.#vectors.linked : this.size;
  }

  get efSearch(): number {
    return this.#efSearch;
  }

  set efSearch(value: number) {
    checkEf(value);
    this.#efSearch = value;
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

  build(budget: number): boolean {
    checkRange('budget', budget, 1, 2 ** 31 - 1);
    return this.#wantsGraph() ? this.#vectors.link(budget).done : true;
  }

  renumber(): void {
    this.#vectors.renumber();
  }

  search(query: Float32Array, k: number, options: HnswSearchOptions = {}): SearchHits {
    const { allow, exact = false } = options;
    if (options.ef !== undefined) checkEf(options.ef);
    const ef = Math.max(options.ef ?? this.#efSearch, k);
    const matches = allow ? Math.min(countBits(allow), this.size) : this.size;
    if (exact || !this.#graphIsCheaper(ef, matches)) return this.#vectors.search(query, k, allow);
    const hits = this.#vectors.searchGraph(query, k, allow ? { ef, allow } : { ef });
    if (hits.rows.length >= Math.min(k, matches)) return hits;
    // The graph led to too few, or removed rows are among those allowed.
    const all = this.#vectors.search(query, k, allow);
    return { ...all, visited: all.visited + hits.visited };
  }

  get linked(): number {
    return this.#vectors.linked;
  }

  serialize(): Generator<void, Uint8Array<ArrayBuffer>[] | null> {
    return this.#vectors.serialize();
  }

  load(bytes: Uint8Array, leaveOut?: RowBits): void {
    this.#vectors.restore(bytes, leaveOut);
  }

  dispose(): void {
    this.#vectors.dispose();
  }

  /** A graph once begun is gone on with. */
  #wantsGraph(): boolean {
    return this.size >= this.#graphFromRows || this.#vectors.linked > 0;
  }

  /** `matches`: live rows that may come back, at most. */
  #graphIsCheaper(ef: number, matches: number): boolean {
    const { size, linked } = this.#vectors;
    if (linked === 0 || ef * DISTANCES_PER_CANDIDATE >= size) return false;
    return !isListed(matches, size);
  }
}

function checkEf(ef: number): void {
  checkRange('ef', ef, 1, 2 ** 27);
}
