/** The only file where Chroma's snake_case names appear: configuration as users read and write it, to and from the store's own form. */
import type {
  CollectionConfigurationRecord,
  IndexConfiguration,
  Space,
  StoredEmbeddingFunction,
} from '../base/types.js';

/** HNSW parameters as Chroma names them. All optional at creation; `space` cannot be changed later. */
export interface HNSWConfiguration {
  space?: Space;
  /** Candidates considered while building; 1…10,000, default 100. */
  ef_construction?: number;
  /** Candidates considered while searching; 1…10,000, default 100. */
  ef_search?: number;
  /** Links per node; 2…512, default 16. */
  max_neighbors?: number;
  /** Accepted for compatibility; without effect here. */
  num_threads?: number;
  /** Accepted for compatibility; without effect here. */
  batch_size?: number;
  sync_threshold?: number;
  resize_factor?: number;
}

/** The parameters that may be changed after creation. */
export type UpdateHNSWConfiguration = Omit<HNSWConfiguration, 'space' | 'ef_construction'>;

/** What `collection.configuration` shows. */
export interface CollectionConfiguration {
  hnsw: Required<Omit<HNSWConfiguration, 'num_threads' | 'batch_size'>>;
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
    },
    spann: null,
    embedding_function: embeddingFunction,
    embeddingFunction,
  };
}

/** The parameters that are numbers: all but `space`. */
export type NumericKey = Exclude<keyof IndexConfiguration, 'space'>;

interface Parameter {
  key: NumericKey | null;
  min: number;
  max: number;
  integer: boolean;
}

/** Chroma's parameter name → ours, with the range accepted. `key: null`: accepted, without effect. */
export const HNSW_PARAMETERS: Readonly<Record<Exclude<keyof HNSWConfiguration, 'space'>, Parameter>> = {
  ef_construction: { key: 'efConstruction', min: 1, max: 10_000, integer: true },
  ef_search: { key: 'efSearch', min: 1, max: 10_000, integer: true },
  max_neighbors: { key: 'maxNeighbors', min: 2, max: 512, integer: true },
  num_threads: { key: null, min: 1, max: 1024, integer: true },
  batch_size: { key: null, min: 1, max: 1_000_000, integer: true },
  sync_threshold: { key: 'syncThreshold', min: 1, max: 1_000_000_000, integer: true },
  resize_factor: { key: 'resizeFactor', min: 1, max: 100, integer: false },
};

/** Metadata keys by which older Chroma code sets parameters at creation. */
export const LEGACY_METADATA_KEYS: Readonly<Record<string, keyof HNSWConfiguration>> = {
  'hnsw:space': 'space',
  'hnsw:construction_ef': 'ef_construction',
  'hnsw:search_ef': 'ef_search',
  'hnsw:M': 'max_neighbors',
  'hnsw:num_threads': 'num_threads',
  'hnsw:batch_size': 'batch_size',
  'hnsw:sync_threshold': 'sync_threshold',
  'hnsw:resize_factor': 'resize_factor',
};

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
