/** A schema as JSON: the only file of this folder where Chroma's snake_case names appear, as types and as a table. */
import type { Space, StoredEmbeddingFunction } from '../../base/types.js';

/** Parameters of the vector index, as Chroma's server names them. */
export interface HnswIndexConfig {
  ef_construction?: number | null;
  ef_search?: number | null;
  max_neighbors?: number | null;
  num_threads?: number | null;
  batch_size?: number | null;
  sync_threshold?: number | null;
  resize_factor?: number | null;
}

/** Parameters of Chroma Cloud's index: kept and given back, without effect here. */
export interface SpannIndexConfig {
  center_drift_threshold?: number | null;
  ef_construction?: number | null;
  ef_search?: number | null;
  initial_lambda?: number | null;
  max_neighbors?: number | null;
  merge_threshold?: number | null;
  nreplica_count?: number | null;
  num_centers_to_merge_to?: number | null;
  num_samples_kmeans?: number | null;
  quantize?: 'none' | 'four_bit_rabit_q_with_u_search';
  reassign_neighbor_count?: number | null;
  search_nprobe?: number | null;
  search_rng_epsilon?: number | null;
  search_rng_factor?: number | null;
  split_threshold?: number | null;
  write_nprobe?: number | null;
  write_rng_epsilon?: number | null;
  write_rng_factor?: number | null;
}

export interface VectorIndexConfigJSON {
  embedding_function?: StoredEmbeddingFunction | null;
  space?: Space | null;
  source_key?: string | null;
  hnsw?: HnswIndexConfig | null;
  spann?: SpannIndexConfig | null;
}

export interface SparseVectorIndexConfigJSON {
  embedding_function?: StoredEmbeddingFunction | null;
  source_key?: string | null;
  bm25?: boolean | null;
}

/** `Config` is empty where an index has no parameters. */
export interface IndexJSON<Config = Record<string, never>> {
  enabled: boolean;
  config: Config;
}

/** Indexes by the type of value they serve; absent and null mean the defaults of the schema. */
export interface ValueTypesJSON {
  string?: { fts_index?: IndexJSON | null; string_inverted_index?: IndexJSON | null } | null;
  float_list?: { vector_index?: IndexJSON<VectorIndexConfigJSON> | null } | null;
  sparse_vector?: { sparse_vector_index?: IndexJSON<SparseVectorIndexConfigJSON> | null } | null;
  int?: { int_inverted_index?: IndexJSON | null } | null;
  float?: { float_inverted_index?: IndexJSON | null } | null;
  bool?: { bool_inverted_index?: IndexJSON | null } | null;
}

export interface SchemaJSON {
  defaults: ValueTypesJSON;
  keys: Record<string, ValueTypesJSON>;
  /** Provider → name of the key. */
  cmek?: Record<string, unknown> | null;
}

/** Property of our classes → name in JSON. */
export const WIRE_NAMES = {
  string: 'string',
  floatList: 'float_list',
  sparseVector: 'sparse_vector',
  intValue: 'int',
  floatValue: 'float',
  boolean: 'bool',
  ftsIndex: 'fts_index',
  stringInvertedIndex: 'string_inverted_index',
  vectorIndex: 'vector_index',
  sparseVectorIndex: 'sparse_vector_index',
  intInvertedIndex: 'int_inverted_index',
  floatInvertedIndex: 'float_inverted_index',
  boolInvertedIndex: 'bool_inverted_index',
  embeddingFunction: 'embedding_function',
  sourceKey: 'source_key',
} as const;
