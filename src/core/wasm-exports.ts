/** The ABI of wasm/ as TypeScript sees it, and the only place that makes an instance of it. Meanings: wasm/README.md. */
import { kindexError } from '../base/errors.js';

/** Must equal `ABI_HASH` of wasm/index.ts. */
export const ABI_HASH = 0xba4d6c07;

/** Addresses come back as signed 32-bit numbers: `>>> 0` before use. */
export interface WasmExports {
  memory: WebAssembly.Memory;
  RELAXED_SIMD: WebAssembly.Global;
  codesAreExact(): number;
  heapAt(): number;
  crc32c(at: number, length: number, seed: number): number;
  squaredNorms(at: number, rows: number, dimensions: number): void;
  flatInit(dimensions: number, space: number): void;
  flatPages(slots: number, scratchBytes: number): number;
  flatQueryAt(): number;
  flatVectorAt(slot: number): number;
  flatScratchAt(slots: number): number;
  flatStore(slot: number, row: number, squaredLength: number): void;
  flatRow(slot: number): number;
  flatMove(from: number, to: number): void;
  flatPrepareQuery(): number;
  flatSearch(slots: number, k: number, out: number): void;
  flatSearchAllowed(slots: number, k: number, out: number, allow: number, words: number): void;
  flatSearchSlots(k: number, out: number, list: number, count: number): void;
  binaryInit(dimensions: number, space: number): void;
  binaryPages(slots: number, scratchBytes: number): number;
  binaryVectorAt(): number;
  binaryMeansAt(): number;
  binaryScratchAt(slots: number): number;
  binaryRow(slot: number): number;
  binaryMove(from: number, to: number): void;
  binaryStore(slot: number, row: number): void;
  binaryPrepareQuery(): void;
  binarySearch(slots: number, k: number, out: number, allow: number, words: number): void;
  graphInit(
    dimensions: number,
    space: number,
    quantized: number,
    maxNeighbors: number,
    efConstruction: number,
    seed: number,
  ): void;
  graphTune(room: number, maxNeighbors: number, efConstruction: number): void;
  graphPages(slots: number, blocks: number, scratchBytes: number): number;
  graphGrow(slots: number, blocks: number): void;
  graphBlocks(slots: number): number;
  graphScratchAt(): number;
  graphQueryAt(): number;
  graphVectorAt(slot: number): number;
  graphCodeAt(slot: number): number;
  graphInverseAt(slot: number): number;
  graphRow(slot: number): number;
  graphLevelOf(slot: number): number;
  graphLinksAt(slot: number, level: number): number;
  graphWeightsAt(): number;
  graphCodeFactorsAt(): number;
  graphQueryFactorsAt(): number;
  graphPrepareQuery(): number;
  graphEncode(): void;
  graphDecode(slot: number): void;
  graphUseCodes(on: number): void;
  graphSearch(
    k: number,
    ef: number,
    remeasured: number,
    out: number,
    allow: number,
    words: number,
    dead: number,
    pool: number,
  ): void;
  graphScan(k: number, out: number, allow: number, words: number): void;
  graphScanSlots(k: number, out: number, list: number, count: number): void;
  graphStore(slot: number, row: number, squaredLength: number): void;
  graphBeginSlot(slot: number): void;
  graphStoreCode(slot: number, row: number): void;
  graphRemove(slot: number): number;
  graphIsLinked(slot: number): number;
  graphLinked(): number;
  graphDead(): number;
  graphClear(): void;
  graphLink(budget: number, scratch: number): number;
  graphBeginSweep(): void;
  graphSweep(budget: number, scratch: number): number;
  graphIsSweeping(): number;
  graphRelevel(slot: number, level: number): void;
  graphRestore(slot: number): void;
  graphEndRestore(scratch: number): number;
  graphRenumber(scratch: number): void;
}

/** The unit in which WebAssembly memory grows. */
export const PAGE_BYTES = 65_536;

/** One page short of 4 GiB, so that no address one past the end wraps to 0. */
const MAX_PAGES = 65_535;

/**
 * A new instance with its own memory, freed when the last reference goes.
 * @throws RUNTIME_NO_WASM when `module` is not the core this version was built with · RUNTIME_OUT_OF_MEMORY
 */
export function instantiateWasm(module: WebAssembly.Module): WasmExports {
  const exports = instantiate(module);
  const { ABI_HASH: abi, memory } = exports;
  const hash = abi instanceof WebAssembly.Global ? Number(abi.value) >>> 0 : 0;
  if (hash === ABI_HASH && memory instanceof WebAssembly.Memory) return exports as unknown as WasmExports;
  throw kindexError(
    'RUNTIME_NO_WASM',
    `The WebAssembly core is not the one of this version: ABI ${hash} instead of ${ABI_HASH}.`,
    { details: { got: hash, wanted: ABI_HASH } },
  );
}

function instantiate(module: WebAssembly.Module): WebAssembly.Exports {
  try {
    return new WebAssembly.Instance(module, {}).exports;
  } catch (error) {
    if (error instanceof RangeError) {
      throw kindexError('RUNTIME_OUT_OF_MEMORY', 'There is no memory for another index.', { cause: error });
    }
    throw kindexError('RUNTIME_NO_WASM', `The WebAssembly core could not be started: ${String(error)}.`, {
      cause: error,
    });
  }
}

/** Makes `memory` hold at least `pages`; views of it are invalid afterwards. @throws RUNTIME_OUT_OF_MEMORY */
export function growTo(memory: WebAssembly.Memory, pages: number): void {
  const held = memory.buffer.byteLength / PAGE_BYTES;
  if (pages <= held) return;
  try {
    if (pages > MAX_PAGES) throw new RangeError('WebAssembly memory ends at 4 GiB');
    memory.grow(pages - held);
  } catch (error) {
    const mebibytes = Math.ceil(pages / 16);
    throw kindexError(
      'RUNTIME_OUT_OF_MEMORY',
      `The index needs ${mebibytes} MiB; the memory cannot grow so far.`,
      {
        details: { neededBytes: pages * PAGE_BYTES, heldBytes: held * PAGE_BYTES },
        cause: error,
      },
    );
  }
}
