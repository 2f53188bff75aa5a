/**
 * One bit a dimension of each vector in plain TypeScript: the definition of what wasm/binary.ts does, bit for bit. What is left of a
 * vector without the mean is rotated, its signs are kept, and two numbers with which Σ ±queryᵢ estimates the distance (Gao & Long,
 * RaBitQ, arXiv 2405.12497).
 */
import type { Matrix, Row, Space } from '../base/types.js';
import type { BinaryVectors } from './binary.js';
import {
  checkK,
  checkQueryFinite,
  checkQueryLength,
  checkStorable,
  checkVectors,
  vectorsClosed,
} from './check.js';
import type { RowBits, ScanResult } from './core.js';
import { hasBit } from './row-bits.js';
import { dot, squaredNorms, nearestOf } from './scalar-flat.js';

const ROUNDS = 4;
const LEVELS = 15;
const LARGEST = 3e38;

/** A vector as it is stored. `bits` holds 0 and 1, one a dimension. */
interface BinaryRecord {
  bits: Uint8Array;
  bias: number;
  gain: number;
}

interface Centered {
  /** Without the mean, rotated. */
  rest: Float32Array;
  /** Σx² before the rotation. */
  squared: number;
  /** Product with the mean before the rotation. */
  alongMean: number;
}

export class ScalarBinaryVectors implements BinaryVectors {
  readonly space: Space;
  readonly dimensions: number;
  /** null once freed. */
  #records: Map<Row, BinaryRecord> | null = new Map();
  #means: Float32Array;

  constructor({ space, dimensions, means }: { space: Space; dimensions: number; means: Float32Array }) {
    this.space = space;
    this.dimensions = dimensions;
    this.#means = means;
  }

  get size(): number {
    return this.#records?.size ?? 0;
  }

  get bytes(): number {
    return this.size * this.dimensions;
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    const records = this.#open();
    const { dimensions } = this;
    checkVectors(rows, matrix, dimensions);
    checkStorable(squaredNorms(matrix), rows, matrix);
    rows.forEach((row, i) =>
      records.set(row, this.#encode(matrix.data.slice(i * dimensions, (i + 1) * dimensions))),
    );
  }

  /** A Map takes memory as it grows; there is nothing to ask for ahead. */
  reserve(_count: number): void {
    this.#open();
  }

  remove(rows: Uint32Array): void {
    const records = this.#open();
    for (const row of rows) records.delete(row);
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    const records = this.#open();
    checkQueryLength(query, this.dimensions);
    checkK(k);
    checkQueryFinite(Math.fround(dot(query, query)), query);
    const found: { row: Row; distance: number }[] = [];
    if (k > 0) {
      const estimate = this.#estimator(query);
      for (const [row, record] of records) {
        if (!allow || hasBit(allow, row)) found.push({ row, distance: estimate(record) });
      }
    }
    return nearestOf(found, k);
  }

  dispose(): void {
    this.#records = null;
  }

  #open(): Map<Row, BinaryRecord> {
    if (!this.#records) throw vectorsClosed();
    return this.#records;
  }

  #center(vector: Float32Array): Centered {
    const { space, dimensions } = this;
    const means = this.#means;
    let scale = 1;
    if (space === 'cosine') {
      let sum = 0;
      for (const x of vector) sum += x * x;
      scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    }
    const rest = new Float32Array(dimensions);
    let squared = 0;
    let alongMean = 0;
    for (let i = 0; i < dimensions; i++) {
      const value = vector[i]! * scale - means[i]!;
      squared += value * value;
      alongMean += value * means[i]!;
      rest[i] = value;
    }
    rotate(rest);
    return { rest, squared, alongMean };
  }

  #encode(vector: Float32Array): BinaryRecord {
    const { rest, squared, alongMean } = this.#center(vector);
    let absolute = 0;
    for (const x of rest) absolute += Math.abs(x);
    const gain = absolute > 0 ? squared / absolute : 0;
    const isL2 = this.space === 'l2';
    return {
      bits: Uint8Array.from(rest, (x) => Number(x > 0)),
      bias: finite(isL2 ? squared : -alongMean),
      gain: finite(isL2 ? 2 * gain : gain),
    };
  }

  /** Components of the query become odd numbers of steps, −15…15. */
  #estimator(query: Float32Array): (record: BinaryRecord) => number {
    const { rest, squared, alongMean } = this.#center(query);
    let meanSquared = 0;
    let largest = 0;
    for (const mean of this.#means) meanSquared += mean * mean;
    for (const x of rest) largest = Math.max(largest, Math.abs(x));
    const queryBias = finite(this.space === 'l2' ? squared : 1 - alongMean - meanSquared);
    const step = largest / LEVELS;
    const inverse = largest > 0 ? LEVELS / largest : 0;
    const levels = Uint8Array.from(rest, (x) => Math.floor((x * inverse + LEVELS) * 0.5 + 0.5));
    return ({ bits, bias, gain }) => {
      // Σ 2ᵖ · Hamming distance to plane p of the levels.
      let hamming = 0;
      for (let i = 0; i < bits.length; i++) {
        const level = levels[i]!;
        hamming += bits[i] === 1 ? LEVELS - level : level;
      }
      const along = Math.fround(step * (LEVELS * bits.length - 2 * hamming));
      return Math.fround(Math.fround(bias - Math.fround(gain * along)) + queryBias);
    };
  }
}

function finite(value: number): number {
  return Math.fround(Math.min(LARGEST, Math.max(-LARGEST, value)));
}

/** Orthogonal: signs are flipped and a power of two of components transformed, the first and the last in turns. */
function rotate(vector: Float32Array): void {
  const span = 2 ** (31 - Math.clz32(vector.length));
  const scale = Math.fround(1 / Math.sqrt(span));
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < vector.length; i++) {
      if (mix(round * vector.length + i + 1) >= 2 ** 31) vector[i] = -vector[i]!;
    }
    transform(round % 2 === 0 ? vector.subarray(0, span) : vector.subarray(vector.length - span), scale);
  }
}

/** Walsh–Hadamard transform; each sum is rounded to f32, as it is stored. */
function transform(vector: Float32Array, scale: number): void {
  for (let half = 1; half < vector.length; half *= 2) {
    for (let first = 0; first < vector.length; first += 2 * half) {
      for (let i = first; i < first + half; i++) {
        const a = vector[i]!;
        const b = vector[i + half]!;
        vector[i] = a + b;
        vector[i + half] = a - b;
      }
    }
  }
  for (let i = 0; i < vector.length; i++) vector[i]! *= scale;
}

/** A well mixed u32 for each u32. */
function mix(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x7feb352d);
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b);
  return (z ^ (z >>> 16)) >>> 0;
}
