/** What the module exports; README.md says who calls it. Bytes and norms, one flat index, one of bits, or one graph: an instance serves one of them. */

/**
 * What `src/core/wasm-exports.ts` takes this module by. Three bytes of hash over names and types of the exports: the build says what it has
 * to be. The last byte is raised when an export takes, returns or means something else and the hash stays.
 */
export const ABI_HASH: u32 = 0xba4d6c07;

/** 1 in the build with relaxed SIMD. */
export const RELAXED_SIMD: u32 = u32(ASC_FEATURE_RELAXED_SIMD);

export { heapAt } from './memory';
export { codesAreExact } from './self-check';
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
  flatSearchSlots,
} from './flat';
export {
  binaryInit,
  binaryPages,
  binaryVectorAt,
  binaryMeansAt,
  binaryScratchAt,
  binaryRow,
  binaryMove,
  binaryStore,
  binaryPrepareQuery,
  binarySearch,
} from './binary';
export {
  graphInit,
  graphPages,
  graphTune,
  graphGrow,
  graphBlocks,
  graphScratchAt,
  graphQueryAt,
  graphVectorAt,
  graphCodeAt,
  graphInverseAt,
  graphRow,
  graphLevelOf,
  graphLinksAt,
  graphWeightsAt,
  graphCodeFactorsAt,
  graphQueryFactorsAt,
} from './graph-memory';
export { graphPrepareQuery, graphEncode, graphDecode, graphUseCodes } from './graph-distance';
export { graphSearch, graphScan, graphScanSlots } from './graph-search';
export { graphRenumber } from './graph-order';
export {
  graphStore,
  graphBeginSlot,
  graphStoreCode,
  graphRemove,
  graphIsLinked,
  graphLinked,
  graphDead,
  graphClear,
  graphLink,
  graphBeginSweep,
  graphSweep,
  graphIsSweeping,
  graphRelevel,
  graphRestore,
  graphEndRestore,
} from './graph-link';
