/**
 * Chroma's snake_case names, here and in wire-parameters.ts only: configuration as users read and write it, to and from the
 * store's own form.
 */
import type {
  CollectionConfigurationRecord,
  Space,
  StoredEmbeddingFunction,
  VectorPrecision,
  VectorResidence,
} from '../base/types.js';

/** HNSW parameters as Chroma names them. All optional at creation, null is the default; `space` cannot be changed later. */
export interface HNSWConfiguration {
  space?: Space | null;
  /** Candidates considered while building; 1…4,096, default 100. */
  ef_construction?: number | null;
  /** Candidates considered while searching; 1…10,000, default 100. */
  ef_search?: number | null;
  /** Links per node; 2…256, default 16. */
  max_neighbors?: number | null;
  /** Accepted for compatibility; without effect here. */
  num_threads?: number | null;
  /** Accepted for compatibility; without effect here. */
  batch_size?: number | null;
  sync_threshold?: number | null;
  resize_factor?: number | null;
  /**
   * Where float32 vectors are kept, fixed at creation; not of Chroma. `memory` (default): in memory, distances are exact. `disk`: memory
   * holds one byte a dimension and the graph, a quarter, and distances are near ones. `disk-rescored`: the same, and the nearest are
   * measured anew over vectors read from the storage.
   */
  vectors?: VectorResidence | null;
  /**
   * Fixed at creation; not of Chroma. `int8` (default): the graph is walked by one byte a dimension, and the nearest are measured over
   * float32. `f32`: float32 throughout, slower; not with vectors on disk.
   */
  precision?: VectorPrecision | null;
}

/** The parameters that may be changed after creation. */
export type UpdateHNSWConfiguration = Omit<
  HNSWConfiguration,
  'space' | 'ef_construction' | 'vectors' | 'precision'
>;

/** Parameters of Chroma's hosted index: accepted, and only `space` has an effect here, as on a local Chroma server. */
export interface SPANNConfiguration {
  space?: Space | null;
  ef_construction?: number | null;
  ef_search?: number | null;
  max_neighbors?: number | null;
  merge_threshold?: number | null;
  reassign_neighbor_count?: number | null;
  search_nprobe?: number | null;
  split_threshold?: number | null;
  write_nprobe?: number | null;
}

/** Accepted by `modify` and without effect: there is no such index here. */
export interface UpdateSPANNConfiguration {
  search_nprobe?: number;
  ef_search?: number;
}

/** Every parameter that is stored has a value. */
type Shown = {
  [
    Name in keyof Required<Omit<HNSWConfiguration, 'num_threads' | 'batch_size' | 'vectors' | 'precision'>>
  ]-?: NonNullable<HNSWConfiguration[Name]>;
};

/** What `collection.configuration` shows. */
export interface CollectionConfiguration {
  /** `vectors` and `precision` where they were given. */
  hnsw: Shown & { vectors?: VectorResidence; precision?: VectorPrecision };
  spann: null;
  embedding_function: StoredEmbeddingFunction | null;
  /** The same under the name chromadb's types use. */
  embeddingFunction: StoredEmbeddingFunction | null;
}

export function toWireConfiguration(record: CollectionConfigurationRecord): CollectionConfiguration {
  const { index, embeddingFunction } = record;
  return {
    hnsw: {
      space: index.space,
      ef_construction: index.efConstruction,
      ef_search: index.efSearch,
      max_neighbors: index.maxNeighbors,
      resize_factor: index.resizeFactor,
      sync_threshold: index.syncThreshold,
      ...(index.vectors && { vectors: index.vectors }),
      ...(index.precision && { precision: index.precision }),
    },
    spann: null,
    embedding_function: embeddingFunction,
    embeddingFunction,
  };
}

/** Progress of the index of a collection, in records: `op_indexing_progress` is the part of them that is indexed, 0…1. */
export interface IndexingStatus {
  num_indexed_ops: number;
  num_unindexed_ops: number;
  total_ops: number;
  op_indexing_progress: number;
}

export function toWireIndexingStatus({ indexed, total }: { indexed: number; total: number }): IndexingStatus {
  return {
    num_indexed_ops: indexed,
    num_unindexed_ops: total - indexed,
    total_ops: total,
    op_indexing_progress: total === 0 ? 1 : indexed / total,
  };
}

export interface PreflightChecks {
  max_batch_size: number;
  supports_base64_encoding: boolean;
}

export function preflightChecks(maxBatchSize: number): PreflightChecks {
  return { max_batch_size: maxBatchSize, supports_base64_encoding: true };
}

export interface UserIdentity {
  user_id: string;
  tenant: string;
  databases: string[];
}

/** There are no users: the constant a local Chroma server answers, with the client's own namespace. */
export function userIdentity(scope: { tenant: string; database: string }): UserIdentity {
  return { user_id: '', tenant: scope.tenant, databases: [scope.database] };
}
