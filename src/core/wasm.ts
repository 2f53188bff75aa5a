/** The core that runs wasm/: one small instance for bytes and norms, one more per index, all of one compiled module. */
import { asKindexError, ChromaError, kindexError } from '../base/errors.js';
import type { Matrix } from '../base/types.js';
import type { CreateBinaryVectors } from './binary.js';
import { checkDimensions, checkGraphOptions, checkMatrix } from './check.js';
import type { Core, CoreKind, FlatVectors, GraphOptions, GraphVectors } from './core.js';
import { hasRelaxedSimd } from './features.js';
import { growTo, instantiateWasm, PAGE_BYTES, type WasmExports } from './wasm-exports.js';
import { WasmFlatVectors } from './wasm-flat.js';
import { WasmGraphVectors } from './wasm-graph.js';
import { compileWasm } from './wasm-source.js';

export interface LoadWasmOptions {
  /** The binary or the compiled module, of either build; default: fetched from beside this package's code. */
  bytes?: BufferSource | WebAssembly.Module;
  /** Which one to fetch: `core-relaxed.wasm` or `core.wasm`. Default: the former where the engine knows relaxed SIMD. */
  relaxed?: boolean;
}

/** Input of one call into the small instance: holds the longest vector there may be (65,536 × f32). */
const BUFFER_BYTES = 256 * 1024;

/** CRC input goes in by so much: it stays in the L2 cache between copy and use. */
const CRC_BLOCK_BYTES = 64 * 1024;

/**
 * Where the build with relaxed SIMD is missing or computes wrong, the other one comes unasked.
 * @throws RUNTIME_NO_WASM when the binary cannot be had, is refused by the engine, or belongs to another version.
 * Cost: one fetch of a few kB, once per worker.
 */
export async function loadWasmCore({ bytes, relaxed }: LoadWasmOptions = {}): Promise<Core> {
  if (bytes !== undefined) {
    return start(async () => (bytes instanceof WebAssembly.Module ? bytes : WebAssembly.compile(bytes)));
  }
  // Bundlers look for exactly these expressions.
  const fetchPlain = (): Promise<WebAssembly.Module> =>
    compileWasm(new URL('../../wasm/build/core.wasm', import.meta.url));
  const fetchRelaxed = (): Promise<WebAssembly.Module> =>
    compileWasm(new URL('../../wasm/build/core-relaxed.wasm', import.meta.url));
  if (relaxed === true) return start(fetchRelaxed);
  if (relaxed === undefined && hasRelaxedSimd()) {
    try {
      return await start(fetchRelaxed);
    } catch (error) {
      if (!(error instanceof ChromaError) || error.code !== 'RUNTIME_NO_WASM') throw error;
    }
  }
  return start(fetchPlain);
}

async function start(compile: () => Promise<WebAssembly.Module>): Promise<Core> {
  try {
    return new WasmCore(await compile());
  } catch (error) {
    if (error instanceof ChromaError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw kindexError('RUNTIME_NO_WASM', `The WebAssembly core could not be loaded: ${reason}`, {
      cause: error,
    });
  }
}

class WasmCore implements Core {
  readonly kind: CoreKind;
  readonly #module: WebAssembly.Module;
  /** The small instance; null after a failure, until the next call makes a new one. */
  #exports: WasmExports | null;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.#exports = this.#instantiateSmall();
    this.kind = this.#exports.RELAXED_SIMD.value === 1 ? 'wasm-relaxed' : 'wasm-simd';
    if (this.kind === 'wasm-simd' || this.#exports.codesAreExact() === 1) return;
    throw kindexError(
      'RUNTIME_NO_WASM',
      'The WebAssembly engine here computes relaxed SIMD instructions wrong.',
    );
  }

  crc32c(bytes: Uint8Array, seed = 0): number {
    return this.#run('Computing a checksum', (exports, buffer) => {
      let crc = seed;
      for (let start = 0; start < bytes.length; start += CRC_BLOCK_BYTES) {
        const block = bytes.subarray(start, start + CRC_BLOCK_BYTES);
        buffer.set(block);
        crc = exports.crc32c(buffer.byteOffset, block.length, crc);
      }
      return crc >>> 0;
    });
  }

  squaredNorms(matrix: Matrix): Float32Array<ArrayBuffer> {
    checkMatrix(matrix);
    return this.#run('Measuring vectors', (exports, buffer) => {
      const { data, rows, dimensions } = matrix;
      const floats = new Float32Array(buffer.buffer, buffer.byteOffset, BUFFER_BYTES / 4);
      const norms = new Float32Array(rows);
      const batch = Math.floor(floats.length / dimensions);
      for (let first = 0; first < rows; first += batch) {
        const count = Math.min(batch, rows - first);
        floats.set(data.subarray(first * dimensions, (first + count) * dimensions));
        exports.squaredNorms(floats.byteOffset, count, dimensions);
        norms.set(floats.subarray(0, count), first);
      }
      return norms;
    });
  }

  createFlatVectors({ space, dimensions }: Pick<FlatVectors, 'space' | 'dimensions'>): FlatVectors {
    checkDimensions(dimensions);
    return new WasmFlatVectors({
      space,
      dimensions,
      exports: instantiateWasm(this.#module),
      squaredNorms: (matrix) => this.squaredNorms(matrix),
    });
  }

  createGraphVectors(options: GraphOptions): GraphVectors {
    checkGraphOptions(options);
    return new WasmGraphVectors({
      ...options,
      exports: instantiateWasm(this.#module),
      squaredNorms: (matrix) => this.squaredNorms(matrix),
    });
  }

  async loadBinary(): Promise<CreateBinaryVectors> {
    const { WasmBinaryVectors } = await import('./wasm-binary.js');
    return (options) =>
      new WasmBinaryVectors({
        ...options,
        instantiate: () => instantiateWasm(this.#module),
        squaredNorms: (matrix) => this.squaredNorms(matrix),
      });
  }

  #run<T>(doing: string, work: (exports: WasmExports, buffer: Uint8Array<ArrayBuffer>) => T): T {
    const exports = (this.#exports ??= this.#instantiateSmall());
    try {
      return work(exports, new Uint8Array(exports.memory.buffer, exports.heapAt(), BUFFER_BYTES));
    } catch (error) {
      this.#exports = null;
      throw asKindexError(error, doing);
    }
  }

  #instantiateSmall(): WasmExports {
    const exports = instantiateWasm(this.#module);
    growTo(exports.memory, Math.ceil((exports.heapAt() + BUFFER_BYTES) / PAGE_BYTES));
    return exports;
  }
}
