/** Who rebuilds the embedding functions a schema names. */
import type { StoredEmbeddingFunction } from '../../base/types.js';
import type { EmbeddingFunction } from '../../embed/embedding-function.js';
import { getEmbeddingFunction } from '../../embed/registry.js';
import { getSparseEmbeddingFunction } from './sparse-registry.js';
import type { SparseEmbeddingFunction } from './sparse-embedding-function.js';

export type KnownFunction = Extract<StoredEmbeddingFunction, { type: 'known' }>;

/** Undefined: not to be had here; the schema keeps its name and configuration all the same. */
export interface FunctionSource {
  dense(stored: KnownFunction): Promise<EmbeddingFunction | undefined>;
  sparse(stored: KnownFunction): Promise<SparseEmbeddingFunction | undefined>;
}

/** Those registered by name. `client` is handed to `buildFromConfig`, as Chroma does. */
export function registeredFunctions(client: unknown): FunctionSource {
  return {
    dense: ({ name, config }) => getEmbeddingFunction({ name, config, client }),
    sparse: (stored) => getSparseEmbeddingFunction(client, stored),
  };
}
