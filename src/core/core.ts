/** The numeric core behind one interface: `wasm.ts` runs wasm/, `scalar.ts` is the definition it is tested against. */
import type { Matrix, Space } from '../base/types.js';
import type { CreateBinaryVectors } from './binary.js';

/** Fastest first; which one runs where: load.ts. */
export type CoreKind = 'wasm-relaxed' | 'wasm-simd' | 'scalar';

/** k nearest rows, nearest first; equal distances in ascending row order. Copies, never views of core memory. */
export interface Neighbors {
  rows: Uint32Array<ArrayBuffer>;
  distances: Float32Array<ArrayBuffer>;
}

/** What one scan found and what it cost. */
export interface ScanResult extends Neighbors {
  /** Distances computed: the live rows that were allowed. */
  visited: number;
}

/** Set of rows as bits: row r is bit `r & 31` of word `r >> 5`; rows beyond the end are not in the set. */
export type RowBits = Uint32Array;

export interface Core {
  readonly kind: CoreKind;

  /** CRC-32C (Castagnoli, reflected 0x82F63B78) of `bytes`, continuing from `seed` (a former result; default 0). */
  crc32c(bytes: Uint8Array, seed?: number): number;

  /**
   * Σx² of each row, as f32. NaN or Infinity tells that a component is not finite, or that the sum does not fit
   * (a length over 1.8e19): such vectors are not stored. 0 tells a vector without direction (a length under 2.6e-23).
   * @throws VALUE_DIMENSION as `createFlatVectors` does · VALUE_ARGUMENT when `data` is not rows × dimensions long
   */
  squaredNorms(matrix: Matrix): Float32Array<ArrayBuffer>;

  /**
   * Resident f32 vectors of one index, scanned exactly.
   * @throws VALUE_DIMENSION when `dimensions` is not an integer in 1…65,536.
   */
  createFlatVectors(options: { space: Space; dimensions: number }): FlatVectors;

  /**
   * Resident f32 vectors of one index with a graph over them (HNSW: Malkov & Yashunin, arXiv 1603.09320).
   * @throws VALUE_DIMENSION as `createFlatVectors` does · VALUE_ARGUMENT for parameters out of range
   */
  createGraphVectors(options: GraphOptions): GraphVectors;

  /** What makes indexes of one bit a dimension. Loaded on demand: who has none does not carry it. */
  loadBinary(): Promise<CreateBinaryVectors>;

  /** What `diagnostics` has to say while indexes do without SIMD, and without a graph, for want of memory for an instance. */
  readonly warning?: string | null;
}

export interface GraphOptions {
  space: Space;
  dimensions: number;
  /** Neighbors of a node, twice as many on the lowest level: 2…256. */
  maxNeighbors: number;
  /** Candidates looked at for each link: 1…4,096, at least `maxNeighbors` is sensible. */
  efConstruction: number;
  /** u32. The same calls with the same seed give the same graph. */
  seed: number;
  /** True: the traversal compares int8 codes, results are measured over f32. False: f32 throughout. */
  quantized: boolean;
  /**
   * Vectors that codes are fitted to, at least one, some hundred where there are: then only codes are kept, a quarter of the bytes.
   * Distances of every search are those of the codes (measure the best anew with `rescore`), and `read` gives what codes stand for.
   * Values beyond twice what the sample reaches are clipped. Needs `quantized`. Or the tables of another index that were fitted so.
   */
  codesFrom?: Matrix | CodeTables;
}

/** How vectors become codes (quantizer.ts). Never changed: other tables are another object. */
export interface CodeTables {
  /** i16 [dimensions]. */
  readonly weights: Int16Array<ArrayBuffer>;
  /** f32 [dimensions]. */
  readonly codeFactors: Float32Array<ArrayBuffer>;
  /** f32 [dimensions]. */
  readonly queryFactors: Float32Array<ArrayBuffer>;
  /** Rows there were when they were fitted. */
  readonly fittedTo: number;
}

/** Vectors as the traversal compares them: one byte a dimension. */
export interface CodedVectors {
  rows: number;
  dimensions: number;
  /** u8 [rows × dimensions], 1…127, row-major. */
  codes: Uint8Array<ArrayBuffer>;
  /** 1 / length of each vector, 0 for one without direction. */
  inverseLengths: Float32Array<ArrayBuffer>;
}

export interface LinkProgress {
  /** Nothing is left to do. */
  done: boolean;
  /** And codes made anew, and rows that are out of the graph at last. */
  distances: number;
}

/**
 * `FlatVectors` that are linked into a graph afterwards, step by step. `set` only stores; `search` stays exact; `searchGraph` goes
 * through the graph and scans what is not linked yet, so that every stored row is found at once.
 */
export interface GraphVectors extends FlatVectors {
  /** Live rows that the graph holds: 0…size. */
  readonly linked: number;

  /** Null while there are no codes: over f32, and until `link` has fitted them. */
  readonly codeTables: CodeTables | null;

  /** Copies, in the order asked. @throws VALUE_ARGUMENT for a row that is not live, or without codes */
  readCodes(rows: Uint32Array): CodedVectors;

  /**
   * From here on vectors are coded by `tables`, which were read from an index over as many dimensions.
   * @throws VALUE_ARGUMENT over f32, for tables of another length, and once a row is stored
   */
  useTables(tables: CodeTables): void;

  /**
   * Stores rows by their codes alone, by the tables in use. Where vectors are kept these rows are absent until `fill` gives the
   * vectors: they can be linked and gone through, but not read, and searches must ask `missing` first.
   * @throws VALUE_DIMENSION · VALUE_ARGUMENT for counts that differ, codes out of range, a row that is live, and without tables ·
   * RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  setCodes(rows: Uint32Array, coded: CodedVectors): void;

  /** Gives the vectors of absent rows, which are those that were coded; other rows are passed over. @throws as `set` */
  fill(rows: Uint32Array, matrix: Matrix): void;

  /** Live rows whose vectors are not there although they are kept. */
  readonly absent: number;

  isAbsent(row: number): boolean;

  /** Ascending; of `allow` alone, if it is given. */
  absentRows(allow?: RowBits): Uint32Array<ArrayBuffer>;

  /** Absent rows whose vectors `searchGraph` would measure: it may be called once they are filled. Throws what it throws. */
  missing(query: Float32Array, k: number, options: { ef: number; allow?: RowBits }): Uint32Array<ArrayBuffer>;

  /**
   * Links rows, or takes removed ones out of the graph once they are 30 % of it, until `budget` distances (1…2³¹ − 1) were
   * computed. No row is half linked, so it may be what one row needs more: about 15 · efConstruction + 600. A row whose code is made
   * anew, because rows have become many more, and one that is out of the graph at last count as a distance each.
   * @throws RUNTIME_OUT_OF_MEMORY. What is linked stays linked.
   */
  link(budget: number): LinkProgress;

  /**
   * Rows that are linked from now on choose so many neighbors among so many candidates. Lists that are there keep what they
   * hold; where more neighbors are wanted they get the room at once, which they keep when fewer are wanted later: `room` tells.
   * @throws VALUE_ARGUMENT out of range · RUNTIME_OUT_OF_MEMORY. Nothing is changed then. Cost: one pass over the links.
   */
  tune(limits: Pick<GraphOptions, 'maxNeighbors' | 'efConstruction'>): void;

  /** The most neighbors that `maxNeighbors` has been: what `restore` of its bytes needs. */
  readonly room: number;

  /**
   * About the `k` nearest live (and allowed) rows: `ef` of them are looked for in the graph, at least `k`. Fewer than `k` come back
   * where the graph leads to no more. Distances are those of `search`. Throws what `search` throws.
   */
  searchGraph(query: Float32Array, k: number, options: { ef: number; allow?: RowBits }): ScanResult;

  /**
   * Brings what neighbors in the graph together in memory: searches of a large graph get some percent faster, results stay the same
   * but for the order in which the graph is walked. For a moment in which nobody waits: about 1 ms per 1,000 rows × 384. Does nothing
   * while removed rows are being taken out of the graph.
   * @throws RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  renumber(): void;

  /**
   * Links by row, without the vectors; removed rows are left out. Read by `restore`, in any version that writes format 1.
   * Ends with the bytes in pieces, which joined are what `restore` takes; yields after each about 4,000 nodes (under 2 ms), where
   * anything may be called. Null when links have changed meanwhile, by `link` or because the last row went.
   */
  serialize(): Generator<void, Uint8Array<ArrayBuffer>[] | null>;

  /**
   * Links stored rows as `bytes` say; rows that are not live, or in `leaveOut`, are left out, live rows it does not know wait for
   * `link`, and so do those that no links lead to then: whatever is in the bytes, every row can be found.
   * @throws FORMAT_CORRUPT when `bytes` are not a whole graph that fits `maxNeighbors` · VALUE_ARGUMENT when rows are linked
   * already · RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  restore(bytes: Uint8Array, leaveOut?: RowBits): void;
}

/** Owner: whoever created it; `dispose` frees its memory, calls after that throw CLOSED. */
export interface FlatVectors {
  readonly space: Space;
  readonly dimensions: number;
  /** Live rows. */
  readonly size: number;

  /**
   * Stores row i of `matrix` at `rows[i]`, replacing what is there; rows may be far apart, memory grows by itself.
   * The later one counts where `rows` names a row twice. Vectors are kept as given, not normalised.
   * @throws VALUE_DIMENSION · VALUE_ARGUMENT when the counts of rows and vectors differ · VALUE_NOT_FINITE naming row and
   * component, see `squaredNorms` · RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  set(rows: Uint32Array, matrix: Matrix): void;

  /**
   * Makes room for `count` more vectors than are live, so that `set` of as many new rows cannot fail for want of it.
   * @throws RUNTIME_OUT_OF_MEMORY. Nothing is changed then.
   */
  reserve(count: number): void;

  /** Takes rows out of every later search; unknown rows are ignored. */
  remove(rows: Uint32Array): void;

  /** Copies of the stored vectors, in the order asked. @throws VALUE_ARGUMENT for a row that is not live. */
  read(rows: Uint32Array): Matrix;

  /**
   * The `k` nearest live rows, fewer when fewer are live (or allowed); none for k = 0.
   * `cosine` is 1 wherever the query or the row is a zero vector, and loses precision for lengths outside 1e-15…1e18.
   * @throws VALUE_DIMENSION when `query.length !== dimensions` · VALUE_NOT_FINITE for a query that could not be stored ·
   * VALUE_ARGUMENT when `k` is not a non-negative integer · RUNTIME_OUT_OF_MEMORY when 8 bytes per result do not fit.
   * Cost: one pass over the live rows.
   */
  search(query: Float32Array, k: number, allow?: RowBits): ScanResult;

  /** Bytes of memory held by the vectors, removed ones included: it shrinks on `dispose` only. */
  readonly bytes: number;
  /** Frees the memory; `size` and `bytes` are 0 afterwards. Twice is fine. */
  dispose(): void;
}
