/**
 * hnswlib-wasm as a second engine, beside the vectors this index keeps itself: the library's graph proposes, exact distances decide.
 * Its own files are never read: the graph is built anew from the stored vectors whenever a store opens.
 */
import { asKindexError, kindexError } from '../base/errors.js';
import type { Matrix, Row, Space } from '../base/types.js';
import { checkRange } from '../core/check.js';
import type { Core, FlatVectors, RowBits } from '../core/core.js';
import { countBits, hasBit } from '../core/row-bits.js';
import type { EngineOptions } from './engine.js';
import type { HnswlibGraph, HnswlibModule } from './load-hnswlib.js';
import { GRAPH_FROM_ROWS, isListed } from './thresholds.js';
import type { BuildableIndex, SearchHits, SearchOptions } from './vector-index.js';

/** Distances that inserting a row takes, about, per candidate looked at. */
const DISTANCES_PER_CANDIDATE = 15;
/** Beyond this share of deleted nodes the graph is built anew: it only marks them, and walks through them for ever. */
const DEAD_SHARE = 0.3;
const FIRST_CAPACITY = 8_192;
const DEAD = 0xffff_ffff;

export interface HnswlibIndexOptions extends EngineOptions {
  /** Rows from which on a graph is built. Default 5,000. */
  graphFromRows?: number;
  /** u32, default 1. */
  seed?: number;
}

/** An empty index; the caller disposes it. @throws VALUE_DIMENSION · VALUE_ARGUMENT for parameters out of range */
export function createHnswlibIndex(
  core: Core,
  module: HnswlibModule,
  options: HnswlibIndexOptions,
): BuildableIndex {
  checkRange('maxNeighbors', options.maxNeighbors, 2, 256);
  checkRange('efConstruction', options.efConstruction, 1, 4_096);
  checkRange('efSearch', options.efSearch, 1, 2 ** 27);
  return new HnswlibIndex(core.createFlatVectors(options), module, options);
}

class HnswlibIndex implements BuildableIndex {
  readonly kind = 'hnswlib';
  readonly space: Space;
  readonly dimensions: number;
  readonly #vectors: FlatVectors;
  readonly #module: HnswlibModule;
  readonly #options: HnswlibIndexOptions;
  #graph: HnswlibGraph | null = null;
  #capacity = 0;
  #efSearch: number;
  /** Of each live row in the graph. A replaced vector gets a new label: the library moves nodes badly. */
  readonly #labels: Map<Row, number> = new Map();
  /** By label; DEAD once the row is gone or its vector replaced. */
  #rows: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #nextLabel = 0;
  /** Live rows that are not in the graph, in order of writing. */
  readonly #waiting: Set<Row> = new Set();
  #disposed = false;

  constructor(vectors: FlatVectors, module: HnswlibModule, options: HnswlibIndexOptions) {
    this.space = vectors.space;
    this.dimensions = vectors.dimensions;
    this.#vectors = vectors;
    this.#module = module;
    this.#options = options;
    this.#efSearch = options.efSearch;
  }

  get size(): number {
    return this.#vectors.size;
  }

  /** Of the vectors, and what the library is known to hold: a copy of each, and links. */
  get bytes(): number {
    const node = this.dimensions * 4 + this.#options.maxNeighbors * 2 * 4 + 24;
    return this.#vectors.bytes + this.#capacity * node;
  }

  get indexed(): number {
    return this.#wantsGraph() ? this.#labels.size : this.size;
  }

  get efSearch(): number {
    return this.#efSearch;
  }

  set efSearch(value: number) {
    checkRange('ef', value, 1, 2 ** 27);
    this.#efSearch = value;
  }

  add(rows: Uint32Array, matrix: Matrix): void {
    this.#vectors.set(rows, matrix);
    for (const row of rows) {
      this.#unlink(row);
      this.#waiting.add(row);
    }
  }

  reserve(count: number): void {
    this.#vectors.reserve(count);
  }

  remove(rows: Uint32Array): void {
    this.#vectors.remove(rows);
    for (const row of rows) {
      this.#unlink(row);
      this.#waiting.delete(row);
    }
  }

  read(rows: Uint32Array): Matrix {
    return this.#vectors.read(rows);
  }

  build(budget: number): boolean {
    checkRange('budget', budget, 1, 2 ** 31 - 1);
    this.#checkOpen();
    if (!this.#wantsGraph()) return true;
    if (this.#nextLabel - this.#labels.size > DEAD_SHARE * this.#nextLabel) this.#startAnew();
    let left = Math.max(1, Math.floor(budget / (this.#options.efConstruction * DISTANCES_PER_CANDIDATE)));
    for (const row of this.#waiting) {
      if (left-- === 0) return false;
      this.#link(row);
      this.#waiting.delete(row);
    }
    return true;
  }

  search(query: Float32Array, k: number, options: SearchOptions = {}): SearchHits {
    const { allow } = options;
    if (options.ef !== undefined) checkRange('ef', options.ef, 1, 2 ** 27);
    const matches = allow ? Math.min(countBits(allow), this.size) : this.size;
    const listed = isListed(matches, this.size);
    // The library takes anything for a number: what is no query goes where it is refused.
    const sound =
      k > 0 && Number.isInteger(k) && query.length === this.dimensions && query.every(Number.isFinite);
    if (!sound || listed || this.#graph === null || this.#labels.size === 0 || k >= this.size) {
      return this.#vectors.search(query, k, allow);
    }
    const found = this.#searchGraph(query, k, Math.max(options.ef ?? this.#efSearch, k), allow);
    const hits = this.#vectors.search(query, k, found);
    if (hits.rows.length >= Math.min(k, matches)) return hits;
    // The graph led to too few.
    return this.#vectors.search(query, k, allow);
  }

  dispose(): void {
    this.#disposed = true;
    this.#graph?.delete?.();
    this.#graph = null;
    this.#capacity = 0;
    this.#vectors.dispose();
  }

  /** What the graph proposes, and every allowed row it does not hold yet. */
  #searchGraph(query: Float32Array, k: number, ef: number, allow: RowBits | undefined): RowBits {
    const graph = this.#graph!;
    const rows = this.#rows;
    let last = 0;
    for (const row of this.#waiting) if (row > last) last = row;
    const proposed = guarded('searching', () => {
      graph.setEfSearch(ef);
      return graph.searchKnn(
        query,
        Math.min(k, this.#labels.size),
        allow ? (label) => hasBit(allow, rows[label]!) : undefined,
      ).neighbors;
    });
    for (const label of proposed) last = Math.max(last, rows[label]!);
    const found = new Uint32Array((last >>> 5) + 1);
    const put = (row: Row): void => {
      found[row >>> 5] = found[row >>> 5]! | (1 << (row & 31));
    };
    for (const label of proposed) put(rows[label]!);
    for (const row of this.#waiting) if (!allow || hasBit(allow, row)) put(row);
    return found;
  }

  #link(row: Row): void {
    const graph = this.#withRoom();
    const { data } = this.#vectors.read(Uint32Array.of(row));
    const label = this.#nextLabel;
    guarded('adding a vector', () => graph.addPoint(data, label, false));
    this.#nextLabel += 1;
    this.#rows[label] = row;
    this.#labels.set(row, label);
  }

  #unlink(row: Row): void {
    const label = this.#labels.get(row);
    if (label === undefined) return;
    this.#labels.delete(row);
    this.#rows[label] = DEAD;
    guarded('removing a vector', () => this.#graph!.markDelete(label));
  }

  #withRoom(): HnswlibGraph {
    const { maxNeighbors, efConstruction, seed = 1 } = this.#options;
    if (this.#graph === null) {
      this.#capacity = Math.max(FIRST_CAPACITY, this.size);
      this.#graph = guarded('starting a graph', () => {
        const graph = new this.#module.HierarchicalNSW(this.space, this.dimensions, '');
        graph.initIndex(this.#capacity, maxNeighbors, efConstruction, seed);
        return graph;
      });
    } else if (this.#nextLabel === this.#capacity) {
      const capacity = this.#capacity * 2;
      guarded('growing the graph', () => this.#graph!.resizeIndex(capacity));
      this.#capacity = capacity;
    }
    if (this.#rows.length < this.#capacity) {
      const rows = new Uint32Array(this.#capacity).fill(DEAD);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    return this.#graph;
  }

  #startAnew(): void {
    this.#graph?.delete?.();
    this.#graph = null;
    this.#nextLabel = 0;
    const linked = [...this.#labels.keys()];
    this.#labels.clear();
    const later = [...this.#waiting];
    this.#waiting.clear();
    for (const row of [...linked, ...later]) this.#waiting.add(row);
  }

  /** A graph once begun is gone on with. */
  #wantsGraph(): boolean {
    const { graphFromRows = GRAPH_FROM_ROWS } = this.#options;
    return this.size > 0 && (this.size >= graphFromRows || this.#graph !== null);
  }

  #checkOpen(): void {
    if (this.#disposed) throw kindexError('CLOSED', 'This index has been disposed.');
  }
}

/** The library throws numbers and texts. */
function guarded<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asKindexError(error, `hnswlib-wasm: ${doing}`);
  }
}
