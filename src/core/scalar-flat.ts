/** Resident vectors of one index and their exact scan, in plain TypeScript: the definition wasm/flat.ts is tested against. */
import type { Matrix, Row, Space } from '../base/types.js';
import {
  allocateMatrix,
  checkK,
  checkMatrix,
  checkQueryFinite,
  checkQueryLength,
  checkStorable,
  checkVectors,
  rowNotLive,
  vectorsClosed,
} from './check.js';
import type { FlatVectors, RowBits, ScanResult } from './core.js';
import { hasBit } from './row-bits.js';

/** Codes depend on these, and codes of all cores are the same bytes: summed and rounded as `squaredNorm` of wasm/kernels.ts does. */
export function squaredNorms(matrix: Matrix): Float32Array<ArrayBuffer> {
  checkMatrix(matrix);
  const { data, rows, dimensions } = matrix;
  return Float32Array.from({ length: rows }, (_, i) =>
    squaredNorm(data.subarray(i * dimensions, (i + 1) * dimensions)),
  );
}

/** Four sums of four lanes, each addition and product rounded to f32; what is left of a sixteen goes to the first, of a four comes last. */
function squaredNorm(vector: Float32Array): number {
  const sums = new Float32Array(16);
  const whole = vector.length & ~15;
  const padded = vector.length & ~3;
  const square = (i: number): number => Math.fround(vector[i]! * vector[i]!);
  for (let i = 0; i < padded; i++) sums[i < whole ? i & 15 : i & 3]! += square(i);
  for (let lane = 0; lane < 8; lane++)
    sums[(lane >> 2) * 8 + (lane & 3)]! += sums[(lane >> 2) * 8 + (lane & 3) + 4]!;
  for (let lane = 0; lane < 4; lane++) sums[lane]! += sums[lane + 8]!;
  let sum = Math.fround(Math.fround(sums[0]! + sums[2]!) + Math.fround(sums[1]! + sums[3]!));
  for (let i = padded; i < vector.length; i++) sum = Math.fround(sum + square(i));
  return sum;
}

/** The first `k` of what was measured: distances ascending, equal ones by row. Sorts `found`. */
export function nearestOf(found: { row: Row; distance: number }[], k: number): ScanResult {
  found.sort((a, b) => a.distance - b.distance || a.row - b.row);
  const nearest = found.slice(0, k);
  return {
    rows: Uint32Array.from(nearest, (hit) => hit.row),
    distances: Float32Array.from(nearest, (hit) => hit.distance),
    visited: found.length,
  };
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function squaredL2(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = Math.sqrt(Math.fround(dot(a, a))) * Math.sqrt(Math.fround(dot(b, b)));
  return lengths === 0 ? 1 : 1 - dot(a, b) / lengths;
}

/** Distance before rounding, a function per space. */
export const DISTANCES: Record<Space, (a: Float32Array, b: Float32Array) => number> = {
  l2: squaredL2,
  ip: (a, b) => 1 - dot(a, b),
  cosine,
};

export class ScalarFlatVectors implements FlatVectors {
  readonly space: Space;
  readonly dimensions: number;
  /** null once freed. */
  #vectors: Map<Row, Float32Array> | null = new Map();

  constructor(space: Space, dimensions: number) {
    this.space = space;
    this.dimensions = dimensions;
  }

  get size(): number {
    return this.#vectors?.size ?? 0;
  }

  get bytes(): number {
    return this.size * this.dimensions * Float32Array.BYTES_PER_ELEMENT;
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    const vectors = this.#open();
    const { dimensions } = this;
    checkVectors(rows, matrix, dimensions);
    checkStorable(squaredNorms(matrix), rows, matrix);
    rows.forEach((row, i) => vectors.set(row, matrix.data.slice(i * dimensions, (i + 1) * dimensions)));
  }

  /** A Map takes memory as it grows; there is nothing to ask for ahead. */
  reserve(_count: number): void {
    this.#open();
  }

  remove(rows: Uint32Array): void {
    const vectors = this.#open();
    for (const row of rows) vectors.delete(row);
  }

  read(rows: Uint32Array): Matrix {
    const vectors = this.#open();
    const { dimensions } = this;
    const matrix = allocateMatrix(rows.length, dimensions);
    rows.forEach((row, i) => {
      const vector = vectors.get(row);
      if (!vector) throw rowNotLive(row);
      matrix.data.set(vector, i * dimensions);
    });
    return matrix;
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    const vectors = this.#open();
    checkQueryLength(query, this.dimensions);
    checkK(k);
    checkQueryFinite(Math.fround(dot(query, query)), query);
    const found: { row: Row; distance: number }[] = [];
    if (k > 0) {
      for (const [row, vector] of vectors) {
        if (allow && !hasBit(allow, row)) continue;
        found.push({ row, distance: this.distanceOf(row, vector, query) });
      }
    }
    return nearestOf(found, k);
  }

  /** Of the stored vector of `row`, rounded. */
  protected distanceOf(_row: Row, vector: Float32Array, query: Float32Array): number {
    return Math.fround(DISTANCES[this.space](vector, query));
  }

  /** @throws CLOSED */
  protected checkOpen(): void {
    this.#open();
  }

  /** In the order in which they were stored. */
  protected rowsInOrder(): Iterable<Row> {
    return this.#open().keys();
  }

  /** The stored vector itself. */
  protected vectorOf(row: Row): Float32Array | undefined {
    return this.#open().get(row);
  }

  dispose(): void {
    this.#vectors = null;
  }

  #open(): Map<Row, Float32Array> {
    if (!this.#vectors) throw vectorsClosed();
    return this.#vectors;
  }
}
