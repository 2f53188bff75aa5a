/**
 * Approximate search over a graph that is built behind the writes: `add` stores, `build` links in slices, and what is not linked yet
 * is scanned exactly, so every row is found at once. Which way a search takes is decided here; the graph itself is core's.
 */
import { joined } from '../base/joined.js';
import { checkRange } from '../core/check.js';
import type { CodedVectors, CodeTables, Core, GraphOptions, GraphVectors, RowBits } from '../core/core.js';
import { countBits } from '../core/row-bits.js';
import type { Matrix, Row, Space, VectorPrecision } from '../base/types.js';
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
  precision?: VectorPrecision;
  /**
   * A sample of the vectors: only int8 codes fitted to it are kept, a quarter of the bytes. Distances are those of the codes then, of
   * exact searches too: measure the best anew with `rescore` over vectors from elsewhere. Default: the vectors are kept.
   */
  codesFrom?: Matrix | CodeTables;
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
  /** True when `renumber` pays: the graph is complete, large enough, and much of it has come since the last time. */
  readonly renumberPays: boolean;
  /** As of `GraphVectors`: for rows that are linked from now on. */
  tune(limits: Pick<HnswParameters, 'maxNeighbors' | 'efConstruction'>): void;
  readonly room: number;
  /** Nearest first, exactly `k` where that many are live and allowed. @throws VALUE_ARGUMENT for an `ef` that `efSearch` would refuse */
  search(query: Float32Array, k: number, options?: HnswSearchOptions): SearchHits;
  /** False: codes are all there is, and `read` gives what they stand for. */
  readonly keepsVectors: boolean;
  /** True from the number of rows on that a graph is built for. */
  readonly wantsGraph: boolean;
  /**
   * From here on only codes are kept: of `rows`, which are all live ones. By the tables in use, else by ones fitted to these rows.
   * `tables`: to be used where there are no rows yet.
   * @throws VALUE_ARGUMENT over f32, or without anything to fit codes to · RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   * Cost: one pass over the codes.
   */
  dropVectors(rows: Uint32Array<ArrayBuffer>, tables?: CodeTables): void;
  /** As of `GraphVectors`, like the six below. */
  readonly codeTables: CodeTables | null;
  readCodes(rows: Uint32Array): CodedVectors;
  useTables(tables: CodeTables): void;
  setCodes(rows: Uint32Array, coded: CodedVectors): void;
  fill(rows: Uint32Array, matrix: Matrix): void;
  readonly absent: number;
  isAbsent(row: Row): boolean;
  /** Where there is a graph: whether walking it is less work than comparing `matches` rows. Tests of few rows say so always. */
  walkPays(ef: number, matches: number): boolean;
  /** Rows to `fill` before `search` is called with the same arguments; none: it may be called. Throws what it throws. */
  missing(query: Float32Array, k: number, options?: HnswSearchOptions): Uint32Array<ArrayBuffer>;
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
  const graph = {
    space: options.space,
    dimensions: options.dimensions,
    maxNeighbors: options.maxNeighbors ?? 16,
    efConstruction: options.efConstruction ?? 100,
    seed: options.seed ?? 0,
    quantized: options.precision !== 'f32',
    ...(options.codesFrom ? { codesFrom: options.codesFrom } : {}),
  };
  return new GraphIndex(core, graph, { efSearch, graphFromRows });
}

/** Rows whose codes are copied at a time. */
const ROWS_PER_STEP = 4096;

/** Rows that codes are fitted to. */
const SAMPLE_ROWS = 1024;

/** From where on neighbors are brought together: of fewer rows most lies in the caches anyway. */
const RENUMBER_FROM_ROWS = 20_000;

/** The pause is about 0.8 ms a MiB of vectors, codes and links: this many bytes, 60,000 rows of 384 dimensions, are 100 ms. */
const RENUMBER_UP_TO_BYTES = 128 * 1024 * 1024;

/** Share of the rows that has come or gone since the last time. */
const RENUMBER_SHARE = 1 / 2;

class GraphIndex implements HnswIndex {
  readonly kind = 'hnsw';
  readonly space: Space;
  readonly dimensions: number;
  readonly #core: Core;
  #options: GraphOptions;
  readonly #graphFromRows: number;
  #vectors: GraphVectors;
  #efSearch: number;
  /** Rows that came or went since neighbors were brought together. */
  #moved = 0;
  keepsVectors: boolean;

  constructor(
    core: Core,
    options: GraphOptions,
    { efSearch, graphFromRows }: { efSearch: number; graphFromRows: number },
  ) {
    this.space = options.space;
    this.dimensions = options.dimensions;
    this.#core = core;
    this.#options = options;
    this.#vectors = core.createGraphVectors(options);
    this.keepsVectors = !options.codesFrom;
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
    return this.wantsGraph ? this.#vectors.linked : this.size;
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
    this.#moved += rows.length;
  }

  reserve(count: number): void {
    this.#vectors.reserve(count);
  }

  remove(rows: Uint32Array): void {
    this.#vectors.remove(rows);
    this.#moved += rows.length;
  }

  read(rows: Uint32Array): Matrix {
    return this.#vectors.read(rows);
  }

  build(budget: number): boolean {
    checkRange('budget', budget, 1, 2 ** 31 - 1);
    return this.wantsGraph ? this.#vectors.link(budget).done : true;
  }

  renumber(): void {
    this.#vectors.renumber();
    this.#moved = 0;
  }

  get renumberPays(): boolean {
    const { linked, size, bytes } = this.#vectors;
    if (linked !== size || linked < RENUMBER_FROM_ROWS || bytes > RENUMBER_UP_TO_BYTES) return false;
    return this.#moved > RENUMBER_SHARE * linked;
  }

  tune(limits: Pick<HnswParameters, 'maxNeighbors' | 'efConstruction'>): void {
    this.#vectors.tune(limits);
    this.#options = { ...this.#options, ...limits };
  }

  get room(): number {
    return this.#vectors.room;
  }

  search(query: Float32Array, k: number, options: HnswSearchOptions = {}): SearchHits {
    const { allow } = options;
    const { walk, wanted } = this.#wayOf(k, options);
    if (walk === null) return this.#vectors.search(query, k, allow);
    const hits = this.#vectors.searchGraph(query, k, walk);
    if (hits.rows.length >= wanted) return hits;
    // The graph led to too few, or removed rows are among those allowed.
    const all = this.#vectors.search(query, k, allow);
    return { ...all, visited: all.visited + hits.visited };
  }

  missing(query: Float32Array, k: number, options: HnswSearchOptions = {}): Uint32Array<ArrayBuffer> {
    if (this.absent === 0) return new Uint32Array(0);
    const { walk, wanted } = this.#wayOf(k, options);
    if (walk !== null) {
      const rows = this.#vectors.missing(query, k, walk);
      if (rows.length > 0 || this.#vectors.searchGraph(query, k, walk).rows.length >= wanted) return rows;
    }
    return this.#vectors.absentRows(options.allow);
  }

  dropVectors(rows: Uint32Array<ArrayBuffer>, tables?: CodeTables): void {
    if (!this.keepsVectors) return;
    const old = this.#vectors;
    const known = old.codeTables ?? tables;
    const stride = Math.max(1, Math.ceil(rows.length / SAMPLE_ROWS));
    const codesFrom = known ?? old.read(rows.filter((_, i) => i % stride === 0));
    const next = this.#core.createGraphVectors({ ...this.#options, codesFrom });
    try {
      // Lists keep the room they once had.
      next.tune({ ...this.#options, maxNeighbors: old.room });
      next.tune(this.#options);
      next.reserve(rows.length);
      for (let from = 0; from < rows.length; from += ROWS_PER_STEP) {
        const step = rows.slice(from, from + ROWS_PER_STEP);
        if (old.codeTables === null) next.set(step, old.read(step));
        else next.setCodes(step, old.readCodes(step));
      }
      if (old.linked > 0) next.restore(graphOf(old));
    } catch (error) {
      next.dispose();
      throw error;
    }
    old.dispose();
    this.#vectors = next;
    this.keepsVectors = false;
  }

  get codeTables(): CodeTables | null {
    return this.#vectors.codeTables;
  }

  readCodes(rows: Uint32Array): CodedVectors {
    return this.#vectors.readCodes(rows);
  }

  useTables(tables: CodeTables): void {
    this.#vectors.useTables(tables);
  }

  setCodes(rows: Uint32Array, coded: CodedVectors): void {
    this.#vectors.setCodes(rows, coded);
    this.#moved += rows.length;
  }

  fill(rows: Uint32Array, matrix: Matrix): void {
    this.#vectors.fill(rows, matrix);
  }

  get absent(): number {
    return this.#vectors.absent;
  }

  isAbsent(row: Row): boolean {
    return this.#vectors.isAbsent(row);
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
  get wantsGraph(): boolean {
    return this.size >= this.#graphFromRows || this.#vectors.linked > 0;
  }

  walkPays(ef: number, matches: number): boolean {
    return ef * DISTANCES_PER_CANDIDATE < this.size && !isListed(matches, this.size);
  }

  /** How the graph is walked, null: rows are compared; and how many there are to find, at most. */
  #wayOf(
    k: number,
    { allow, ef = this.#efSearch, exact }: HnswSearchOptions,
  ): { walk: { ef: number; allow?: RowBits } | null; wanted: number } {
    checkEf(ef);
    const width = Math.max(ef, k);
    const matches = allow ? Math.min(countBits(allow), this.size) : this.size;
    const walks = !exact && this.linked > 0 && this.walkPays(width, matches);
    return {
      walk: walks ? { ef: width, ...(allow && { allow }) } : null,
      wanted: Math.min(k, matches),
    };
  }
}

/** The bytes of a graph that nobody changes meanwhile. */
function graphOf(vectors: GraphVectors): Uint8Array<ArrayBuffer> {
  const steps = vectors.serialize();
  let step = steps.next();
  while (!step.done) step = steps.next();
  return joined(step.value ?? []);
}

function checkEf(ef: number): void {
  checkRange('ef', ef, 1, 2 ** 27);
}
