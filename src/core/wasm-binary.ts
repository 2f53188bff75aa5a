/** One bit a dimension of each vector, in the memory of their own wasm instance; layout and scan are in wasm/binary.ts. */
import type { Matrix, Space } from '../base/types.js';
import { meansOf, type BinaryOptions, type BinaryVectors } from './binary.js';
import { checkK, checkQueryFinite, checkQueryLength, checkStorable, checkVectors } from './check.js';
import type { RowBits, ScanResult } from './core.js';
import { checkSlots, DenseRows } from './dense-rows.js';
import type { WasmExports } from './wasm-exports.js';
import { emptyResult, resultBytes, SPACE_CODES, WasmInstance } from './wasm-instance.js';

export interface WasmBinaryOptions extends BinaryOptions {
  /** Called once: a new instance, used by nobody else. */
  instantiate: () => WasmExports;
  squaredNorms: (matrix: Matrix) => Float32Array;
}

export class WasmBinaryVectors implements BinaryVectors {
  readonly space: Space;
  readonly dimensions: number;
  readonly #squaredNorms: (matrix: Matrix) => Float32Array;
  readonly #rows = new DenseRows();
  readonly #instance: WasmInstance;

  constructor(options: WasmBinaryOptions) {
    const { space, dimensions } = options;
    const means = meansOf(options);
    this.space = space;
    this.dimensions = dimensions;
    this.#squaredNorms = options.squaredNorms;
    const exports = options.instantiate();
    this.#instance = new WasmInstance(exports);
    exports.binaryInit(dimensions, SPACE_CODES[space]);
    this.#reserve(exports, 0, 0);
    this.#instance.views.f32.set(means, exports.binaryMeansAt() >>> 2);
  }

  get size(): number {
    return this.#instance.isOpen ? this.#rows.size : 0;
  }

  get bytes(): number {
    return this.#instance.bytes;
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    this.#instance.run('Storing bits of vectors', (exports) => {
      const { dimensions } = this;
      checkVectors(rows, matrix, dimensions);
      checkStorable(this.#squaredNorms(matrix), rows, matrix);
      this.#reserve(exports, this.size + this.#rows.countNew(rows), 0);
      const { f32 } = this.#instance.views;
      const at = exports.binaryVectorAt() >>> 2;
      rows.forEach((row, i) => {
        f32.set(matrix.data.subarray(i * dimensions, (i + 1) * dimensions), at);
        exports.binaryStore(this.#rows.put(row), row);
      });
    });
  }

  reserve(count: number): void {
    this.#instance.run('Reserving memory', (exports) => this.#reserve(exports, this.size + count, 0));
  }

  remove(rows: Uint32Array): void {
    this.#instance.run('Removing bits of vectors', (exports) => {
      this.#rows.remove(rows, (gap, last) => {
        exports.binaryMove(last, gap);
        return exports.binaryRow(gap) >>> 0;
      });
    });
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    return this.#instance.run('Searching bits of vectors', (exports) => {
      checkQueryLength(query, this.dimensions);
      checkK(k);
      checkQueryFinite(
        this.#squaredNorms({ data: query.slice(), rows: 1, dimensions: query.length })[0]!,
        query,
      );
      const { size } = this;
      const limit = Math.min(k, size);
      if (limit === 0) return emptyResult();
      const words = allow ? Math.min(allow.length, Math.ceil(this.#rows.end / 32)) : 0;
      this.#reserve(exports, size, resultBytes(limit) + words * 4);
      const { f32, u32 } = this.#instance.views;
      f32.set(query, exports.binaryVectorAt() >>> 2);
      exports.binaryPrepareQuery();
      const out = exports.binaryScratchAt(size) >>> 0;
      const allowAt = out + resultBytes(limit);
      if (allow) u32.set(allow.subarray(0, words), allowAt >>> 2);
      exports.binarySearch(size, limit, out, allow ? allowAt : 0, words);
      return this.#instance.readResult(out);
    });
  }

  dispose(): void {
    this.#instance.dispose();
    this.#rows.clear();
  }

  #reserve(exports: WasmExports, slots: number, scratchBytes: number): void {
    checkSlots(slots);
    this.#instance.grow(exports.binaryPages(slots, scratchBytes) >>> 0);
  }
}
