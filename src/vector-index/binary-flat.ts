/** Search in two looks: one bit a dimension of every allowed row, then the vectors of those that seem nearest. No build, no graph. */
import { ChromaError } from '../base/errors.js';
import { checkRange } from '../core/check.js';
import type { BinaryVectors, CreateBinaryVectors } from '../core/binary.js';
import type { Core, FlatVectors, RowBits } from '../core/core.js';
import { countBits } from '../core/row-bits.js';
import type { Matrix, Row, Space } from '../base/types.js';
import type { SearchHits, SearchOptions, VectorIndex } from './vector-index.js';

/**
 * Rows measured on top of those for each that is wanted. Recall@10 at 5, 10 and 20 for each, of 20,000 × 384: clustered 0.992, 1.000,
 * 1.000; with three dimensions twenty times as wide 0.965, 0.992, 1.000; text embeddings 0.962, 0.985, 0.998.
 */
const RESCORE_MORE = 30;

/** Fewer bits estimate less well: of 96 dimensions, 40 for each find what 10 find of 384. */
const rescoreFor = (dimensions: number): number =>
  Math.min(100, Math.ceil(10 * Math.max(1, 384 / dimensions)));

/** A bit scan costs 12 ns a row of 384 dimensions, measuring one that lies anywhere 400 ns, a scan of vectors 50–90 ns a row. */
const SCANNED_FOR_MEASURED = 6;

/** The mean is taken anew when there are four times as many rows as last time, until so many: the pause it makes stays under 50 ms. */
const REFIT_FACTOR = 4;
/** Fewer rows are never looked at by their bits. Of bits in wasm there is only so much memory (SPEC.md S58 of src/store). */
const FIT_FROM_ROWS = (1 + RESCORE_MORE) * SCANNED_FOR_MEASURED;
const REFIT_UNTIL_ROWS = 2_000;
const SAMPLE_ROWS = 1_024;
const ENCODED_AT_ONCE = 1_024;

export interface BinaryFlatOptions {
  space: Space;
  dimensions: number;
  /** Rows measured for each that is wanted: 1…1,000. Default 10; more under 384 dimensions, 100 at most. */
  rescore?: number | undefined;
  /**
   * A sample of the vectors: int8 codes fitted to it are kept in place of the vectors, a quarter of the bytes, and what a search
   * measures. Distances are those of the codes then. Default: the vectors are kept.
   */
  codesFrom?: Matrix | undefined;
}

/**
 * An empty index; the caller disposes it. `createBits`: what `core.loadBinary` gave.
 * @throws VALUE_DIMENSION · VALUE_ARGUMENT for options out of range
 */
export function createBinaryFlatIndex(
  core: Core,
  createBits: CreateBinaryVectors,
  { space, dimensions, rescore = rescoreFor(dimensions), codesFrom }: BinaryFlatOptions,
): VectorIndex {
  checkRange('rescore', rescore, 1, 1_000);
  // A graph that is never linked is how the core keeps codes alone.
  const vectors = codesFrom
    ? core.createGraphVectors({
        space,
        dimensions,
        maxNeighbors: 2,
        efConstruction: 1,
        seed: 0,
        quantized: true,
        codesFrom,
      })
    : core.createFlatVectors({ space, dimensions });
  return new BinaryFlatIndex(vectors, createBits, rescore);
}

class BinaryFlatIndex implements VectorIndex {
  readonly kind = 'flat';
  readonly space: Space;
  readonly dimensions: number;
  readonly #vectors: FlatVectors;
  readonly #createBits: CreateBinaryVectors;
  readonly #rescore: number;
  /** Null until the first vectors come, of which the mean is taken. */
  #bits: BinaryVectors | null = null;
  /** Rows there were when the mean was taken. */
  #fittedTo = 0;
  /** One past the highest row ever stored. */
  #rowEnd: Row = 0;
  /** Rows that are stored: what a new mean is taken over. Null once none will be. */
  #rows: Set<Row> | null = new Set();

  constructor(vectors: FlatVectors, createBits: CreateBinaryVectors, rescore: number) {
    this.space = vectors.space;
    this.dimensions = vectors.dimensions;
    this.#vectors = vectors;
    this.#createBits = createBits;
    this.#rescore = rescore;
  }

  get size(): number {
    return this.#vectors.size;
  }

  get bytes(): number {
    return this.#vectors.bytes + (this.#bits?.bytes ?? 0);
  }

  add(rows: Uint32Array, matrix: Matrix): void {
    // Both make room first, so that neither holds what the other could not take.
    this.#vectors.reserve(rows.length);
    this.#bits?.reserve(rows.length);
    this.#vectors.set(rows, matrix);
    for (const row of rows) {
      this.#rows?.add(row);
      if (row >= this.#rowEnd) this.#rowEnd = row + 1;
    }
    if (this.#rows !== null && this.size >= Math.max(FIT_FROM_ROWS, REFIT_FACTOR * this.#fittedTo))
      this.#fit(this.#rows);
    else this.#bits?.set(rows, matrix);
  }

  reserve(count: number): void {
    this.#vectors.reserve(count);
    this.#bits?.reserve(count);
  }

  remove(rows: Uint32Array): void {
    this.#vectors.remove(rows);
    this.#bits?.remove(rows);
    for (const row of rows) this.#rows?.delete(row);
  }

  read(rows: Uint32Array): Matrix {
    return this.#vectors.read(rows);
  }

  search(query: Float32Array, k: number, { allow }: SearchOptions = {}): SearchHits {
    const wanted = k * this.#rescore + RESCORE_MORE;
    const matches = allow ? Math.min(countBits(allow), this.size) : this.size;
    const bits = this.#bits;
    if (bits === null || !(wanted * SCANNED_FOR_MEASURED < matches))
      return this.#vectors.search(query, k, allow);
    const seeming = bits.search(query, wanted, allow);
    const nearest = this.#vectors.search(query, k, bitsOf(seeming.rows, this.#rowEnd));
    return { ...nearest, visited: nearest.visited + seeming.visited };
  }

  dispose(): void {
    this.#vectors.dispose();
    this.#bits?.dispose();
    this.#rows = null;
  }

  /** Takes the mean over rows spread over all there are, and encodes them all. Without the memory for it searches measure every row. */
  #fit(stored: ReadonlySet<Row>): void {
    const rows = Uint32Array.from(stored);
    this.#fittedTo = rows.length;
    const former = this.#bits;
    this.#bits = null;
    former?.dispose();
    try {
      this.#bits = this.#encode(rows);
      if (rows.length >= REFIT_UNTIL_ROWS) this.#rows = null;
    } catch (error) {
      if (!(error instanceof ChromaError) || error.code !== 'RUNTIME_OUT_OF_MEMORY') throw error;
    }
  }

  #encode(rows: Uint32Array): BinaryVectors {
    const { space, dimensions } = this;
    const stride = Math.max(1, Math.ceil(rows.length / SAMPLE_ROWS));
    const sample = this.#vectors.read(rows.filter((_, i) => i % stride === 0));
    const bits = this.#createBits({ space, dimensions, sample });
    try {
      bits.reserve(rows.length);
      for (let at = 0; at < rows.length; at += ENCODED_AT_ONCE) {
        const some = rows.subarray(at, at + ENCODED_AT_ONCE);
        bits.set(some, this.#vectors.read(some));
      }
      return bits;
    } catch (error) {
      bits.dispose();
      throw error;
    }
  }
}

function bitsOf(rows: Uint32Array, end: Row): RowBits {
  const bits = new Uint32Array(Math.ceil(end / 32));
  for (const row of rows) bits[row >>> 5]! |= 1 << (row & 31);
  return bits;
}
