/** Vectors of one index side by side in an ordinary buffer, compared without WebAssembly: the answers of scalar-flat.ts, several times as fast. */
import { kindexError } from '../base/errors.js';
import type { Matrix, Row, Space } from '../base/types.js';
import {
  allocateMatrix,
  checkK,
  checkQueryFinite,
  checkQueryLength,
  checkStorable,
  checkVectors,
  rowNotLive,
  vectorsClosed,
} from './check.js';
import type { FlatVectors, RowBits, ScanResult } from './core.js';
import { DenseRows } from './dense-rows.js';
import { hasBit } from './row-bits.js';

/** Beside the components of a vector: its row, its squared length, and its entry in the map. */
const OVERHEAD_BYTES = 48;

/** Beyond what is asked for, so that single writes do not copy all each time. */
const SPARE_SHARE = 1 / 2;

interface Held {
  /** f32 [capacity × dimensions], row-major. */
  data: Float32Array<ArrayBuffer>;
  /** f32 [capacity]. */
  squaredLengths: Float32Array<ArrayBuffer>;
  /** u32 [capacity]. */
  rows: Uint32Array<ArrayBuffer>;
  slots: DenseRows;
}

export interface SmallVectorsOptions {
  space: Space;
  dimensions: number;
  squaredNorms: (matrix: Matrix) => Float32Array;
}

export class SmallVectors implements FlatVectors {
  readonly space: Space;
  readonly dimensions: number;
  readonly #squaredNorms: (matrix: Matrix) => Float32Array;
  /** Null once freed. */
  #held: Held | null = {
    data: new Float32Array(0),
    squaredLengths: new Float32Array(0),
    rows: new Uint32Array(0),
    slots: new DenseRows(),
  };

  constructor({ space, dimensions, squaredNorms }: SmallVectorsOptions) {
    this.space = space;
    this.dimensions = dimensions;
    this.#squaredNorms = squaredNorms;
  }

  get size(): number {
    return this.#held?.slots.size ?? 0;
  }

  get bytes(): number {
    return (this.#held?.rows.length ?? 0) * (this.dimensions * 4 + OVERHEAD_BYTES);
  }

  /** Live ones; after removals in another order than that in which they were stored. */
  get rows(): Uint32Array<ArrayBuffer> {
    return this.#open().rows.slice(0, this.size);
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    const { dimensions } = this;
    const { slots } = this.#open();
    checkVectors(rows, matrix, dimensions);
    const squared = this.#squaredNorms(matrix);
    checkStorable(squared, rows, matrix);
    const held = this.#makeRoom(this.size + slots.countNew(rows));
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const slot = slots.put(row);
      held.data.set(matrix.data.subarray(i * dimensions, (i + 1) * dimensions), slot * dimensions);
      held.squaredLengths[slot] = squared[i]!;
      held.rows[slot] = row;
    }
  }

  reserve(count: number): void {
    this.#makeRoom(this.size + count);
  }

  remove(rows: Uint32Array): void {
    const { data, squaredLengths, rows: rowAt, slots } = this.#open();
    const { dimensions } = this;
    slots.remove(rows, (gap, last) => {
      data.copyWithin(gap * dimensions, last * dimensions, (last + 1) * dimensions);
      squaredLengths[gap] = squaredLengths[last]!;
      return (rowAt[gap] = rowAt[last]!);
    });
  }

  read(rows: Uint32Array): Matrix {
    const { data, slots } = this.#open();
    const { dimensions } = this;
    const matrix = allocateMatrix(rows.length, dimensions);
    rows.forEach((row, i) => {
      const slot = slots.slotOf(row);
      if (slot === undefined) throw rowNotLive(row);
      matrix.data.set(data.subarray(slot * dimensions, (slot + 1) * dimensions), i * dimensions);
    });
    return matrix;
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    const { data, squaredLengths, rows } = this.#open();
    const { space, size } = this;
    checkQueryLength(query, this.dimensions);
    checkK(k);
    const squared = Math.fround(dotAt(query, 0, query));
    checkQueryFinite(squared, query);
    if (k === 0) return { rows: new Uint32Array(0), distances: new Float32Array(0), visited: 0 };
    const nearest = new Nearest(Math.min(k, size));
    const length = Math.sqrt(squared);
    let visited = 0;
    for (let slot = 0, at = 0; slot < size; slot++, at += this.dimensions) {
      const row = rows[slot]!;
      if (allow && !hasBit(allow, row)) continue;
      visited++;
      let distance: number;
      if (space === 'l2') distance = squaredL2At(data, at, query);
      else if (space === 'ip') distance = 1 - dotAt(data, at, query);
      else {
        const lengths = Math.sqrt(squaredLengths[slot]!) * length;
        distance = lengths === 0 ? 1 : 1 - dotAt(data, at, query) / lengths;
      }
      nearest.offer(row, Math.fround(distance));
    }
    return { ...nearest.result, visited };
  }

  dispose(): void {
    this.#held = null;
  }

  /** @throws CLOSED */
  #open(): Held {
    if (!this.#held) throw vectorsClosed();
    return this.#held;
  }

  /** @throws RUNTIME_OUT_OF_MEMORY. Nothing is changed then. */
  #makeRoom(slots: number): Held {
    const held = this.#open();
    const capacity = held.rows.length;
    if (slots <= capacity) return held;
    const wanted = capacity === 0 ? slots : Math.max(slots, Math.ceil(capacity * (1 + SPARE_SHARE)));
    try {
      const data = new Float32Array(wanted * this.dimensions);
      const squaredLengths = new Float32Array(wanted);
      const rows = new Uint32Array(wanted);
      data.set(held.data);
      squaredLengths.set(held.squaredLengths);
      rows.set(held.rows);
      this.#held = { data, squaredLengths, rows, slots: held.slots };
      return this.#held;
    } catch (error) {
      const neededBytes = wanted * this.dimensions * 4;
      throw kindexError('RUNTIME_OUT_OF_MEMORY', `There is no memory for ${slots} vectors.`, {
        details: { neededBytes, heldBytes: this.bytes },
        cause: error,
      });
    }
  }
}

/** The best of what is offered, in order: distances ascending, equal ones by row. */
class Nearest {
  readonly #limit: number;
  readonly #distances: Float32Array<ArrayBuffer>;
  readonly #rows: Uint32Array<ArrayBuffer>;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#distances = new Float32Array(limit);
    this.#rows = new Uint32Array(limit);
  }

  offer(row: Row, distance: number): void {
    const distances = this.#distances;
    const rows = this.#rows;
    // Most are no better than the last one.
    if (this.#count === this.#limit && distance > distances[this.#limit - 1]!) return;
    const comesBefore = (i: number): boolean =>
      distance < distances[i]! || (distance === distances[i]! && row < rows[i]!);
    if (this.#count === this.#limit && !comesBefore(this.#limit - 1)) return;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comesBefore(middle)) high = middle;
      else low = middle + 1;
    }
    // The last one falls out where all places are taken.
    distances.copyWithin(low + 1, low, this.#limit - 1);
    rows.copyWithin(low + 1, low, this.#limit - 1);
    distances[low] = distance;
    rows[low] = row;
    if (this.#count < this.#limit) this.#count++;
  }

  get result(): Pick<ScanResult, 'rows' | 'distances'> {
    return { rows: this.#rows.slice(0, this.#count), distances: this.#distances.slice(0, this.#count) };
  }
}

/** Four sums at a time: none waits for the one before. */
function dotAt(data: Float32Array, at: number, query: Float32Array): number {
  const { length } = query;
  const whole = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < whole; i += 4) {
    a += data[at + i]! * query[i]!;
    b += data[at + i + 1]! * query[i + 1]!;
    c += data[at + i + 2]! * query[i + 2]!;
    d += data[at + i + 3]! * query[i + 3]!;
  }
  for (let i = whole; i < length; i++) a += data[at + i]! * query[i]!;
  return a + b + (c + d);
}

function squaredL2At(data: Float32Array, at: number, query: Float32Array): number {
  const { length } = query;
  const whole = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < whole; i += 4) {
    const x = data[at + i]! - query[i]!;
    const y = data[at + i + 1]! - query[i + 1]!;
    const z = data[at + i + 2]! - query[i + 2]!;
    const w = data[at + i + 3]! - query[i + 3]!;
    a += x * x;
    b += y * y;
    c += z * z;
    d += w * w;
  }
  for (let i = whole; i < length; i++) {
    const x = data[at + i]! - query[i]!;
    a += x * x;
  }
  return a + b + (c + d);
}
