/** From the JSON of a schema to its classes. Names that are not known here (newer servers have them) are passed over. */
import { kindexError, type ChromaError } from '../../base/errors.js';
import type { Space, StoredEmbeddingFunction } from '../../base/types.js';
import { rememberForm } from './function-form.js';
import type { FunctionSource } from './function-source.js';
import { SparseVectorIndexConfig, VectorIndexConfig, type IndexConfig } from './index-config.js';
import { INDEX_KINDS, writeIndex, type IndexKind } from './index-kinds.js';
import { WIRE_NAMES } from './schema-json.js';
import { ValueTypes } from './value-types.js';

type Dictionary = Record<string, unknown>;

/** Undefined and null are an empty object. `path` is for the message. @throws VALUE_SCHEMA when `value` is something else */
export function readObject(value: unknown, path: string): Dictionary {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Dictionary;
  throw malformed(path, 'an object', value);
}

/** `path` is for messages. @throws VALUE_SCHEMA · what `functions` throws */
export async function readValueTypes(
  value: unknown,
  path: string,
  functions: FunctionSource,
): Promise<ValueTypes> {
  const json = readObject(value, path);
  const types = new ValueTypes();
  for (const kind of INDEX_KINDS) {
    const valuePath = `${path}.${WIRE_NAMES[kind.value]}`;
    const name = WIRE_NAMES[kind.index];
    const index = readObject(json[WIRE_NAMES[kind.value]], valuePath)[name];
    if (index === undefined || index === null) continue;
    const { enabled, config } = readObject(index, `${valuePath}.${name}`);
    const parameters: unknown = await readConfig(kind, config, `${valuePath}.${name}.config`, functions);
    writeIndex(types, kind, new kind.Index(Boolean(enabled), parameters as never));
  }
  return types;
}

async function readConfig(
  kind: IndexKind,
  value: unknown,
  path: string,
  functions: FunctionSource,
): Promise<IndexConfig> {
  const json = readObject(value, path);
  const config = new kind.Config();
  if (!(config instanceof VectorIndexConfig) && !(config instanceof SparseVectorIndexConfig)) return config;
  const stored = json[WIRE_NAMES.embeddingFunction] as StoredEmbeddingFunction | null | undefined;
  const known = stored?.type === 'known' ? stored : undefined;
  config.sourceKey = readText(json, WIRE_NAMES.sourceKey, path);
  if (config instanceof VectorIndexConfig) {
    config.hnsw = json['hnsw'] ? { ...readObject(json['hnsw'], `${path}.hnsw`) } : null;
    config.spann = json['spann'] ? { ...readObject(json['spann'], `${path}.spann`) } : null;
    config.embeddingFunction = known && (await functions.dense(known));
    config.space =
      (readText(json, 'space', path) as Space | null) ?? config.embeddingFunction?.defaultSpace?.() ?? null;
  } else {
    config.bm25 = typeof json['bm25'] === 'boolean' ? json['bm25'] : null;
    config.embeddingFunction = (known && (await functions.sparse(known))) ?? null;
  }
  if (known) rememberForm(config, known);
  return config;
}

function readText(json: Dictionary, name: string, path: string): string | null {
  const value = json[name];
  if (value === undefined || value === null || typeof value === 'string') return value ?? null;
  throw malformed(`${path}.${name}`, 'a string', value);
}

function malformed(path: string, wanted: string, got: unknown): ChromaError {
  return kindexError('VALUE_SCHEMA', `${path} of a schema must be ${wanted}, got ${JSON.stringify(got)}`, {
    fix: 'Pass what serializeToJSON() returned.',
    details: { path },
  });
}
