/** One wasm instance that belongs to one index: its memory, views of it, and the end of both after a failure. */
import { asKindexError, ChromaError, kindexError } from '../base/errors.js';
import type { Space } from '../base/types.js';
import { vectorsClosed } from './check.js';
import type { ScanResult } from './core.js';
import { growTo, type WasmExports } from './wasm-exports.js';

/** Head of the results of a search: u32 found, u32 visited. */
const RESULT_HEAD_BYTES = 8;
const RESULT_BYTES = 8;

/** What wasm/ calls them. */
export const SPACE_CODES: Record<Space, number> = { l2: 0, ip: 1, cosine: 2 };

/** Views of the whole memory of an instance; valid until it grows. */
export interface Views {
  f32: Float32Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
}

export class WasmInstance {
  /** null once freed. */
  #exports: WasmExports | null;
  #views: Views | null = null;
  /** What ended the instance, if it was not `dispose`. */
  #failure: ChromaError | null = null;

  /** `exports`: a new instance, used by nobody else. */
  constructor(exports: WasmExports) {
    this.#exports = exports;
  }

  /** False after `dispose` and after a failure. */
  get isOpen(): boolean {
    return this.#exports !== null;
  }

  get bytes(): number {
    return this.#exports?.memory.buffer.byteLength ?? 0;
  }

  /** Made anew after growth: not to be kept over a call that grows. */
  get views(): Views {
    const buffer = this.#exports?.memory.buffer ?? new ArrayBuffer(0);
    if (this.#views?.f32.buffer !== buffer) {
      this.#views = { f32: new Float32Array(buffer), u32: new Uint32Array(buffer) };
    }
    return this.#views;
  }

  /** @throws RUNTIME_OUT_OF_MEMORY. Nothing is changed then. */
  grow(pages: number): void {
    if (this.#exports) growTo(this.#exports.memory, pages);
  }

  /** Runs `work`; after anything but an error of ours, the instance may hold half a write: it is given up. @throws CLOSED */
  run<T>(doing: string, work: (exports: WasmExports) => T): T {
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

  /** Copies what a search left at `out`. */
  readResult(out: number): ScanResult {
    const { f32, u32 } = this.views;
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

  dispose(): void {
    this.#exports = null;
    this.#views = null;
  }
}

/** Room for `k` results, a multiple of 8. */
export function resultBytes(k: number): number {
  return RESULT_HEAD_BYTES + k * RESULT_BYTES;
}

export function emptyResult(): ScanResult {
  return { rows: new Uint32Array(0), distances: new Float32Array(0), visited: 0 };
}
