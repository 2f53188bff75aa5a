/** The other half of wire.ts, loaded with configuration.ts: Chroma's names of the index parameters, and what they may be. */
import type { IndexConfiguration, Space } from '../base/types.js';
import type { HNSWConfiguration } from './wire.js';

/** The index parameters in the JSON of a schema: those of the embeddings, else those of all fields. */
export function schemaParameters(schema: Record<string, unknown>): HNSWConfiguration {
  const found = [(schema as SchemaParts).keys?.['#embedding'], (schema as SchemaParts).defaults]
    .map((types) => types?.float_list?.vector_index?.config)
    .find((config) => config);
  return { ...found?.hnsw, space: found?.space ?? null };
}

interface SchemaParts {
  defaults?: SchemaVectors | null;
  keys?: Record<string, SchemaVectors | null> | null;
}

interface SchemaVectors {
  float_list?: {
    vector_index?: { config?: { space?: Space | null; hnsw?: HNSWConfiguration | null } } | null;
  } | null;
}

/** The parameters that are numbers: all but `space`. */
export type NumericKey = Exclude<keyof IndexConfiguration, 'space' | 'vectors' | 'precision'>;

interface Parameter {
  key: NumericKey | null;
  min: number;
  max: number;
  integer: boolean;
}

/** Chroma's parameter name → ours, with the range accepted. `key: null`: accepted, without effect. */
export const HNSW_PARAMETERS: Readonly<
  Record<Exclude<keyof HNSWConfiguration, 'space' | 'vectors' | 'precision'>, Parameter>
> = {
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
