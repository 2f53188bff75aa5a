/** Vectors as one bit a dimension: a first look at many rows for a thirtieth of the bytes, after which the best are measured. */
import type { Matrix, Space } from '../base/types.js';
import { checkDimensions, checkVectors } from './check.js';
import type { RowBits, ScanResult } from './core.js';
import { toUnitLength } from './quantizer.js';

export interface BinaryOptions {
  space: Space;
  dimensions: number;
  /** Some of the vectors, of which the mean is taken: bits tell on which side of it a row lies. No rows: of 0. */
  sample: Matrix;
}

/** Makes an empty index. @throws VALUE_DIMENSION · VALUE_ARGUMENT as `FlatVectors.set` · RUNTIME_OUT_OF_MEMORY */
export type CreateBinaryVectors = (options: BinaryOptions) => BinaryVectors;

/** Owner: whoever created it; `dispose` frees its memory, calls after that throw CLOSED. */
export interface BinaryVectors {
  readonly space: Space;
  readonly dimensions: number;
  /** Live rows. */
  readonly size: number;
  /** Stores the bits of vector i at `rows[i]`, and refuses, as `FlatVectors.set`. Cost: 5 µs for 384 dimensions. */
  set(rows: Uint32Array, matrix: Matrix): void;
  /** As `FlatVectors.reserve`. */
  reserve(count: number): void;
  /** Takes rows out of every later search; unknown rows are ignored. */
  remove(rows: Uint32Array): void;
  /**
   * The `k` rows that seem nearest, at estimated distances, the same on every core: of ten times as many rows as are wanted, 0.98 of the
   * true nearest are among them (docs/adr/0025). Throws what `FlatVectors.search` throws.
   */
  search(query: Float32Array, k: number, allow?: RowBits): ScanResult;
  /** Bytes of memory held: 64 a row of 384 dimensions. */
  readonly bytes: number;
  /** Twice is fine. */
  dispose(): void;
}

/** The mean of the sample, of its directions in cosine. @throws VALUE_DIMENSION · VALUE_ARGUMENT */
export function meansOf({ space, dimensions, sample }: BinaryOptions): Float32Array<ArrayBuffer> {
  checkDimensions(dimensions);
  checkVectors(new Uint32Array(sample.rows), sample, dimensions);
  const { rows } = sample;
  const data = space === 'cosine' ? toUnitLength(sample.data.slice(), dimensions) : sample.data;
  const sums = new Float64Array(dimensions);
  for (let i = 0; i < rows * dimensions; i++) sums[i % dimensions]! += data[i]!;
  return Float32Array.from(sums, (sum) => sum / Math.max(1, rows));
}
