/** One index inside a schema: its parameters, and whether it is on. One class per kind, as in chromadb. */
import type {
  BoolInvertedIndexConfig,
  FloatInvertedIndexConfig,
  FtsIndexConfig,
  IntInvertedIndexConfig,
  SparseVectorIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
} from './index-config.js';

abstract class IndexType<Config> {
  enabled: boolean;
  config: Config;

  constructor(enabled: boolean, config: Config) {
    this.enabled = enabled;
    this.config = config;
  }
}

export class FtsIndexType extends IndexType<FtsIndexConfig> {}
export class StringInvertedIndexType extends IndexType<StringInvertedIndexConfig> {}
export class VectorIndexType extends IndexType<VectorIndexConfig> {}
export class SparseVectorIndexType extends IndexType<SparseVectorIndexConfig> {}
export class IntInvertedIndexType extends IndexType<IntInvertedIndexConfig> {}
export class FloatInvertedIndexType extends IndexType<FloatInvertedIndexConfig> {}
export class BoolInvertedIndexType extends IndexType<BoolInvertedIndexConfig> {}
