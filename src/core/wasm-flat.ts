/** Resident vectors of one index in the memory of their own wasm instance; layout and scan are in wasm/flat.ts. */
import { asKindexError, ChromaError, kindexError } from '../base/errors.js';
import type { Matrix, Row, Space } from '../base/types.js';
import {
  allocateMatrix,
  checkK,
  checkQueryFinite,
  checkQueryLength,
  checkStorable,
  checkVectors,
} from './check.js';
import { rowNotLive, vectorsClosed } from './check.js';
import type { FlatVectors, RowBits, ScanResult } from './core.js';
import { growTo, type WasmExports } from './wasm-exports.js';

const SPACE_CODES: Record<Space, number> = { l2: 0, ip: 1, cosine: 2 };

/** A JavaScript Map holds no more entries in V8. */
const MAX_SLOTS = 2 ** 24;

/** Head of the results of a scan: u32 found, u32 visited. */
const RESULT_HEAD_BYTES = 8;
const RESULT_BYTES = 8;

export interface WasmFlatOptions {
  space: Space;
  dimensions: number;
  /** A new instance, used by nobody else. */
  exports: WasmExports;
  squaredNorms: (matrix: Matrix) => Float32Array;
}

/** Views of the whole memory of an instance; valid until it grows. */
interface Views {
  f32: Float32Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
}

export class WasmFlatVectors implements FlatVectors {
  readonly space: Space;
  readonly dimensions: number;
  readonly #squaredNorms: (matrix: Matrix) => Float32Array;
  /** Where each live row lies; slots 0…size−1 are all taken. */
  readonly #slots = new Map<Row, number>();
  /** One past the highest row ever stored: bits of `allow` beyond it need not be copied. */
  #rowEnd = 0;
  /** null once freed. */
  #exports: WasmExports | null;
  #views: Views;
  /** What ended the instance, if it was not `dispose`. */
  #failure: ChromaError | null = null;

  constructor({ space, dimensions, exports, squaredNorms }: WasmFlatOptions) {
    this.space = space;
    this.dimensions = dimensions;
    this.#squaredNorms = squaredNorms;
    this.#exports = exports;
    exports.flatInit(dimensions, SPACE_CODES[space]);
    growTo(exports.memory, exports.flatPages(0, 0));
    this.#views = viewsOf(exports.memory);
  }

  get size(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#exports?.memory.buffer.byteLength ?? 0;
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    this.#run('Storing vectors', (exports) => {
      checkVectors(rows, matrix, this.dimensions);
      const norms = this.#squaredNorms(matrix);
      checkStorable(norms, rows, matrix);
      this.#reserve(exports, this.size + this.#countNew(rows), 0);
      const { f32 } = this.#views;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const slot = this.#slots.get(row) ?? this.size;
        const vector = matrix.data.subarray(i * this.dimensions, (i + 1) * this.dimensions);
        f32.set(vector, exports.flatVectorAt(slot) >>> 2);
        exports.flatStore(slot, row, norms[i]!);
        this.#slots.set(row, slot);
        if (row >= this.#rowEnd) this.#rowEnd = row + 1;
      }
    });
  }

  reserve(count: number): void {
    this.#run('Reserving memory', (exports) => this.#reserve(exports, this.size + count, 0));
  }

  remove(rows: Uint32Array): void {
    this.#run('Removing vectors', (exports) => {
      for (const row of rows) {
        const slot = this.#slots.get(row);
        if (slot === undefined) continue;
        // The last vector moves into the gap.
        const last = this.size - 1;
        if (slot !== last) {
          exports.flatMove(last, slot);
          this.#slots.set(exports.flatRow(slot) >>> 0, slot);
        }
        this.#slots.delete(row);
      }
    });
  }

  read(rows: Uint32Array): Matrix {
    return this.#run('Reading vectors', (exports) => {
      const { dimensions } = this;
      const { f32 } = this.#views;
      const matrix = allocateMatrix(rows.length, dimensions);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const slot = this.#slots.get(row);
        if (slot === undefined) throw rowNotLive(row);
        const at = exports.flatVectorAt(slot) >>> 2;
        matrix.data.set(f32.subarray(at, at + dimensions), i * dimensions);
      }
      return matrix;
    });
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    return this.#run('Searching vectors', (exports) => {
      checkQueryLength(query, this.dimensions);
      checkK(k);
      this.#views.f32.set(query, exports.flatQueryAt() >>> 2);
      checkQueryFinite(exports.flatPrepareQuery(), query);

      const { size } = this;
      const limit = Math.min(k, size);
      if (limit === 0) return { rows: new Uint32Array(0), distances: new Float32Array(0), visited: 0 };

      const words = allow ? Math.min(allow.length, Math.ceil(this.#rowEnd / 32)) : 0;
      const resultBytes = RESULT_HEAD_BYTES + limit * RESULT_BYTES;
      this.#reserve(exports, size, resultBytes + words * 4);
      const out = exports.flatScratchAt(size) >>> 0;
      if (allow) {
        const allowAt = out + resultBytes;
        this.#views.u32.set(allow.subarray(0, words), allowAt >>> 2);
        exports.flatSearchAllowed(size, limit, out, allowAt, words);
      } else {
        exports.flatSearch(size, limit, out);
      }
      return readResult(this.#views, out);
    });
  }

  dispose(): void {
    this.#exports = null;
    this.#views = { f32: new Float32Array(0), u32: new Uint32Array(0) };
    this.#slots.clear();
  }

  /** Runs `work`; after anything but an error of ours, the instance may hold half a write: it is given up. */
  #run<T>(doing: string, work: (exports: WasmExports) => T): T {
    if (this.#failure) {
      throw kindexError('RUNTIME_INTERNAL', 'The vectors of this index were lost by an earlier failure.', {
        fix: 'Open the store again; it rebuilds the index from what is stored.',
        cause: this.#failure,
      });
    }
    if (!this.#exports) throw vectorsClosed();
    try {
      return work(this.#exports);
    } catch (error) {
      if (error instanceof ChromaError) throw error;
      this.#failure = asKindexError(error, doing);
      this.dispose();
      throw this.#failure;
    }
  }

  #countNew(rows: Uint32Array): number {
    let count = 0;
    for (const row of rows) if (!this.#slots.has(row)) count++;
    return count;
  }

  #reserve(exports: WasmExports, slots: number, scratchBytes: number): void {
    if (slots > MAX_SLOTS) {
      throw kindexError(
        'RUNTIME_OUT_OF_MEMORY',
        `An index holds at most ${MAX_SLOTS} vectors, not ${slots}.`,
        {
          details: { slots, limit: MAX_SLOTS },
        },
      );
    }
    growTo(exports.memory, exports.flatPages(slots, scratchBytes) >>> 0);
    if (this.#views.f32.buffer !== exports.memory.buffer) this.#views = viewsOf(exports.memory);
  }
}

function viewsOf({ buffer }: WebAssembly.Memory): Views {
  return { f32: new Float32Array(buffer), u32: new Uint32Array(buffer) };
}

/** Copies what a scan left at `out`. */
function readResult({ f32, u32 }: Views, out: number): ScanResult {
  let at = out >>> 2;
  const found = u32[at]!;
  const visited = u32[at + 1]!;
  const rows = new Uint32Array(found);
  const distances = new Float32Array(found);
  at += RESULT_HEAD_BYTES >>> 2;
  for (let i = 0; i < found; i++, at += 2) {
    rows[i] = u32[at]!;
    distances[i] = f32[at + 1]!;
  }
  return { rows, distances, visited };
}
