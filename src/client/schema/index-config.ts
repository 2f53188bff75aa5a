/** What can be asked of a schema: one class per kind of index, with its parameters where it has any. */
import type { Space } from '../../base/types.js';
import type { EmbeddingFunction } from '../../embed/embedding-function.js';
import { Key } from '../search/key.js';
import type { HnswIndexConfig, SpannIndexConfig } from './schema-json.js';
import type { SparseEmbeddingFunction } from './sparse-embedding-function.js';

/** Full text: `$contains` and `$regex` on documents. */
export class FtsIndexConfig {
  readonly type = 'FtsIndexConfig' as const;
}

/** Filters on strings. */
export class StringInvertedIndexConfig {
  readonly type = 'StringInvertedIndexConfig' as const;
}

/** Filters on integers. */
export class IntInvertedIndexConfig {
  readonly type = 'IntInvertedIndexConfig' as const;
}

/** Filters on fractions. */
export class FloatInvertedIndexConfig {
  readonly type = 'FloatInvertedIndexConfig' as const;
}

/** Filters on booleans. */
export class BoolInvertedIndexConfig {
  readonly type = 'BoolInvertedIndexConfig' as const;
}

export interface VectorIndexConfigOptions {
  /** Default: that of the embedding function, else the store's. */
  space?: Space | null;
  /** Null: none. Undefined: not said here. */
  embeddingFunction?: EmbeddingFunction | null;
  /** The field that is embedded. */
  sourceKey?: string | Key | null;
  hnsw?: HnswIndexConfig | null;
  spann?: SpannIndexConfig | null;
}

/** Nearest neighbours among the records' embeddings. */
export class VectorIndexConfig {
  readonly type = 'VectorIndexConfig' as const;
  space: Space | null;
  embeddingFunction?: EmbeddingFunction | null | undefined;
  sourceKey: string | null;
  hnsw: HnswIndexConfig | null;
  spann: SpannIndexConfig | null;

  constructor(options: VectorIndexConfigOptions = {}) {
    this.space = options.space ?? null;
    this.embeddingFunction = options.embeddingFunction;
    this.sourceKey = nameOf(options.sourceKey);
    this.hnsw = options.hnsw ?? null;
    this.spann = options.spann ?? null;
  }
}

export interface SparseVectorIndexConfigOptions {
  /** Fills the field from `sourceKey` when a record does not bring its sparse vector. */
  embeddingFunction?: SparseEmbeddingFunction | null;
  /** `#document` or a metadata field of strings; needs `embeddingFunction`. */
  sourceKey?: string | Key | null;
  /** Weighs query terms by how rare they are in the collection. */
  bm25?: boolean | null;
}

/** Nearest neighbours among sparse vectors in a metadata field. */
export class SparseVectorIndexConfig {
  readonly type = 'SparseVectorIndexConfig' as const;
  embeddingFunction?: SparseEmbeddingFunction | null | undefined;
  sourceKey: string | null;
  bm25: boolean | null;

  constructor(options: SparseVectorIndexConfigOptions = {}) {
    this.embeddingFunction = options.embeddingFunction;
    this.sourceKey = nameOf(options.sourceKey);
    this.bm25 = options.bm25 ?? null;
  }
}

export type IndexConfig =
  | FtsIndexConfig
  | StringInvertedIndexConfig
  | IntInvertedIndexConfig
  | FloatInvertedIndexConfig
  | BoolInvertedIndexConfig
  | VectorIndexConfig
  | SparseVectorIndexConfig;

function nameOf(key: string | Key | null | undefined): string | null {
  return key instanceof Key ? key.name : (key ?? null);
}
