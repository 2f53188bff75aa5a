/** Door `kindex/embed`: embedding functions and their registry. */
export type {
  EmbeddingFunction,
  EmbeddingFunctionClass,
  EmbeddingFunctionSpace,
} from './embedding-function.js';
export { HashingEmbeddingFunction } from './hashing.js';
export type { HashingEmbeddingOptions } from './hashing.js';
export type { LoadedModel, LoadModelOptions } from './load-model.js';
export type { ModelFileInfo } from './model-file.js';
export {
  createRegistry,
  getEmbeddingFunction,
  registerEmbeddingFunction,
  serializeEmbeddingFunction,
} from './registry.js';
export type { BuildRequest, EmbeddingFunctionRegistry } from './registry.js';
export { StaticEmbeddingFunction } from './static.js';
export type { StaticEmbeddingOptions } from './static.js';
export type { StaticConfig, StaticDimensions } from './static-identity.js';
export type { Embedded } from './static-model.js';
