/** What the module exports; README.md says who calls it. Bytes and norms, or one flat index: an instance serves one of the two. */

/** Raise it with every change of what an export takes, returns or means; `src/core/wasm-exports.ts` refuses any other. */
export const ABI_VERSION: u32 = 1;

export { heapAt } from './memory';
export { crc32c } from './crc32c';
export { squaredNorms } from './norms';
export {
  flatInit,
  flatPages,
  flatQueryAt,
  flatVectorAt,
  flatScratchAt,
  flatStore,
  flatRow,
  flatMove,
  flatPrepareQuery,
  flatSearch,
  flatSearchAllowed,
} from './flat';
