/** Resident vectors of one index in the memory of their own wasm instance; layout and scan are in wasm/flat.ts. */
import type { Matrix, Space } from '../base/types.js';
import {
  allocateMatrix,
  checkK,
  checkQueryFinite,
  checkQueryLength,
  checkStorable,
  checkVectors,
  rowNotLive,
} from './check.js';
import type { FlatVectors, RowBits, ScanResult } from './core.js';
import { checkSlots, DenseRows } from './dense-rows.js';
import { countBits, forEachBit } from './row-bits.js';
import type { WasmExports } from './wasm-exports.js';
import { emptyResult, resultBytes, SPACE_CODES, WasmInstance } from './wasm-instance.js';

/** Up to this share of the rows, those allowed are looked up one by one. */
const LISTED_SHARE = 1 / 16;

export interface WasmFlatOptions {
  space: Space;
  dimensions: number;
  /** A new instance, used by nobody else. */
  exports: WasmExports;
  squaredNorms: (matrix: Matrix) => Float32Array;
}

export class WasmFlatVectors implements FlatVectors {
  readonly space: Space;
  readonly dimensions: number;
  readonly #squaredNorms: (matrix: Matrix) => Float32Array;
  readonly #rows = new DenseRows();
  readonly #instance: WasmInstance;

  constructor({ space, dimensions, exports, squaredNorms }: WasmFlatOptions) {
    this.space = space;
    this.dimensions = dimensions;
    this.#squaredNorms = squaredNorms;
    this.#instance = new WasmInstance(exports);
    exports.flatInit(dimensions, SPACE_CODES[space]);
    this.#reserve(exports, 0, 0);
  }

  get size(): number {
    return this.#instance.isOpen ? this.#rows.size : 0;
  }

  get bytes(): number {
    return this.#instance.bytes;
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    this.#instance.run('Storing vectors', (exports) => {
      checkVectors(rows, matrix, this.dimensions);
      const norms = this.#squaredNorms(matrix);
      checkStorable(norms, rows, matrix);
      this.#reserve(exports, this.size + this.#rows.countNew(rows), 0);
      const { f32 } = this.#instance.views;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const slot = this.#rows.put(row);
        const vector = matrix.data.subarray(i * this.dimensions, (i + 1) * this.dimensions);
        f32.set(vector, exports.flatVectorAt(slot) >>> 2);
        exports.flatStore(slot, row, norms[i]!);
      }
    });
  }

  reserve(count: number): void {
    this.#instance.run('Reserving memory', (exports) => this.#reserve(exports, this.size + count, 0));
  }

  remove(rows: Uint32Array): void {
    this.#instance.run('Removing vectors', (exports) => {
      this.#rows.remove(rows, (gap, last) => {
        exports.flatMove(last, gap);
        return exports.flatRow(gap) >>> 0;
      });
    });
  }

  read(rows: Uint32Array): Matrix {
    return this.#instance.run('Reading vectors', (exports) => {
      const { dimensions } = this;
      const { f32 } = this.#instance.views;
      const matrix = allocateMatrix(rows.length, dimensions);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const slot = this.#rows.slotOf(row);
        if (slot === undefined) throw rowNotLive(row);
        const at = exports.flatVectorAt(slot) >>> 2;
        matrix.data.set(f32.subarray(at, at + dimensions), i * dimensions);
      }
      return matrix;
    });
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    return this.#instance.run('Searching vectors', (exports) => {
      checkQueryLength(query, this.dimensions);
      checkK(k);
      this.#instance.views.f32.set(query, exports.flatQueryAt() >>> 2);
      checkQueryFinite(exports.flatPrepareQuery(), query);

      const { size } = this;
      const limit = Math.min(k, size);
      if (limit === 0) return emptyResult();

      if (allow && countBits(allow) < size * LISTED_SHARE) return this.#searchListed(exports, limit, allow);
      const words = allow ? Math.min(allow.length, Math.ceil(this.#rows.end / 32)) : 0;
      this.#reserve(exports, size, resultBytes(limit) + words * 4);
      const out = exports.flatScratchAt(size) >>> 0;
      if (allow) {
        const allowAt = out + resultBytes(limit);
        this.#instance.views.u32.set(allow.subarray(0, words), allowAt >>> 2);
        exports.flatSearchAllowed(size, limit, out, allowAt, words);
      } else {
        exports.flatSearch(size, limit, out);
      }
      return this.#instance.readResult(out);
    });
  }

  /** Measures just the rows allowed: better than asking every row when they are few. */
  #searchListed(exports: WasmExports, k: number, allow: RowBits): ScanResult {
    const list: number[] = [];
    forEachBit(allow, (row) => {
      const slot = this.#rows.slotOf(row);
      if (slot !== undefined) list.push(slot);
    });
    const limit = Math.min(k, list.length);
    if (limit === 0) return emptyResult();
    this.#reserve(exports, this.size, resultBytes(limit) + list.length * 4);
    const out = exports.flatScratchAt(this.size) >>> 0;
    const listAt = out + resultBytes(limit);
    this.#instance.views.u32.set(list, listAt >>> 2);
    exports.flatSearchSlots(limit, out, listAt, list.length);
    return this.#instance.readResult(out);
  }

  dispose(): void {
    this.#instance.dispose();
    this.#rows.clear();
  }

  #reserve(exports: WasmExports, slots: number, scratchBytes: number): void {
    checkSlots(slots);
    this.#instance.grow(exports.flatPages(slots, scratchBytes) >>> 0);
  }
}
