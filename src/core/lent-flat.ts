/** Vectors of one index, in an ordinary buffer while they are few or no instance is to be had, then in one of their own. */
import type { Matrix, Space } from '../base/types.js';
import type { FlatVectors, RowBits, ScanResult } from './core.js';
import { isOutOfMemory, type Instances } from './instances.js';
import { SmallVectors } from './small-vectors.js';

/**
 * f32 components from which on an instance pays, 512 KiB: so many (340 rows of 384) are compared in 0.15 ms without one and 0.02 ms with
 * one, and a call to a worker and back takes more than either.
 */
const SMALL_FLOATS = 2 ** 17;

/** Vectors that are copied at a time. */
const ROWS_PER_STEP = 4096;

export interface LentOptions<Large extends FlatVectors> {
  space: Space;
  dimensions: number;
  squaredNorms: (matrix: Matrix) => Float32Array;
  instances: Instances;
  /** Takes an instance. @throws RUNTIME_OUT_OF_MEMORY */
  make: () => Large;
}

export class LentFlatVectors<Large extends FlatVectors = FlatVectors> implements FlatVectors {
  readonly space: Space;
  readonly dimensions: number;
  readonly #instances: Instances;
  readonly #make: () => Large;
  /** Null once moved. */
  #small: SmallVectors | null;
  #large: Large | null = null;
  #refusedAt = Infinity;
  #isFreed = false;

  constructor({ space, dimensions, squaredNorms, instances, make }: LentOptions<Large>) {
    this.space = space;
    this.dimensions = dimensions;
    this.#instances = instances;
    this.#make = make;
    this.#small = new SmallVectors({ space, dimensions, squaredNorms });
  }

  get size(): number {
    return this.#now.size;
  }

  get bytes(): number {
    return this.#now.bytes;
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    this.#settle(this.size + rows.length);
    this.#now.set(rows, matrix);
  }

  reserve(count: number): void {
    this.#settle(this.size + count);
    this.#now.reserve(count);
  }

  remove(rows: Uint32Array): void {
    this.#now.remove(rows);
  }

  read(rows: Uint32Array): Matrix {
    return this.#now.read(rows);
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    this.#settle(this.size);
    return this.#now.search(query, k, allow);
  }

  dispose(): void {
    this.#now.dispose();
    this.#instances.waiting.delete(this);
    if (this.#large !== null && !this.#isFreed) this.#instances.giveBack();
    this.#isFreed = true;
  }

  /** Null while there is no instance. */
  protected get large(): Large | null {
    return this.#large;
  }

  /** Moves now if it can, however few they are; null: no instance is to be had. */
  protected demand(): Large | null {
    if (this.#small !== null) this.#move(this.#small, { rows: this.size, urgent: true });
    return this.#large;
  }

  get #now(): FlatVectors {
    return this.#large ?? this.#small!;
  }

  #settle(rows: number): void {
    if (this.#small === null || this.#isFreed || rows * this.dimensions <= SMALL_FLOATS) return;
    this.#move(this.#small, { rows, urgent: false });
  }

  /** All of them or none: where memory does not suffice they stay. */
  #move(small: SmallVectors, { rows: wanted, urgent }: { rows: number; urgent: boolean }): void {
    const { rows } = small;
    const floats = Math.max(1, wanted * this.dimensions);
    if (!this.#instances.mayTake({ floats, urgent, refusedAt: this.#refusedAt })) {
      this.#instances.waiting.add(this);
      return;
    }
    let large: Large | null = null;
    try {
      large = this.#instances.take(this.#make);
      large.reserve(wanted);
      for (let from = 0; from < rows.length; from += ROWS_PER_STEP) {
        const step = rows.slice(from, from + ROWS_PER_STEP);
        large.set(step, small.read(step));
      }
    } catch (error) {
      if (large !== null) {
        large.dispose();
        this.#instances.giveBack();
      }
      if (!isOutOfMemory(error)) throw error;
      this.#refusedAt = floats;
      this.#instances.waiting.add(this);
      return;
    }
    this.#instances.waiting.delete(this);
    this.#large = large;
    this.#small = null;
    small.dispose();
  }
}
