/** From the classes of a schema to its JSON. */
import type { Space } from '../../base/types.js';
import { writeForm } from './function-form.js';
import { SparseVectorIndexConfig, VectorIndexConfig, type IndexConfig } from './index-config.js';
import { INDEX_KINDS, readIndex } from './index-kinds.js';
import { WIRE_NAMES, type ValueTypesJSON } from './schema-json.js';
import type { ValueTypes } from './value-types.js';

/** Only what `types` says; what it leaves open is absent. @throws VALUE_SCHEMA · what an embedding function's own checks throw */
export function writeValueTypes(types: ValueTypes): ValueTypesJSON {
  const json: Record<string, Record<string, unknown>> = {};
  for (const kind of INDEX_KINDS) {
    const index = readIndex(types, kind);
    if (!index) continue;
    const { enabled, config } = index;
    (json[WIRE_NAMES[kind.value]] ??= {})[WIRE_NAMES[kind.index]] = { enabled, config: writeConfig(config) };
  }
  return json;
}

function writeConfig(config: IndexConfig): Record<string, unknown> {
  if (config instanceof VectorIndexConfig) {
    const { hnsw, spann } = config;
    const space = spaceOf(config);
    return {
      ...writeSource(config),
      ...(space && { space }),
      ...(hnsw && { hnsw: { ...hnsw } }),
      ...(spann && { spann: { ...spann } }),
    };
  }
  if (config instanceof SparseVectorIndexConfig) {
    const { bm25 } = config;
    return { ...writeSource(config), ...(typeof bm25 === 'boolean' && { bm25 }) };
  }
  return {};
}

function writeSource(config: VectorIndexConfig | SparseVectorIndexConfig): Record<string, unknown> {
  return {
    [WIRE_NAMES.embeddingFunction]: writeForm(config),
    ...(config.sourceKey && { [WIRE_NAMES.sourceKey]: config.sourceKey }),
  };
}

/** Whether the function supports the space is checked where a collection is created. */
function spaceOf({ space, embeddingFunction }: VectorIndexConfig): Space | undefined {
  return space || embeddingFunction?.defaultSpace?.();
}
