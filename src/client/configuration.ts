/** Collection configuration: what a caller may set, checked and turned into what the store keeps. Loaded when one is set. */
import { kindexError } from '../base/errors.js';
import type { IndexConfiguration, Metadata, Space, VectorPrecision, VectorResidence } from '../base/types.js';
import type { EmbeddingFunction } from '../embed/embedding-function.js';
import type {
  HNSWConfiguration,
  SPANNConfiguration,
  UpdateHNSWConfiguration,
  UpdateSPANNConfiguration,
} from './wire.js';
import {
  HNSW_PARAMETERS,
  LEGACY_METADATA_KEYS,
  schemaParameters,
  type NumericKey,
} from './wire-parameters.js';

export interface CreateCollectionConfiguration {
  hnsw?: HNSWConfiguration | null;
  /** Refused beside `hnsw`; alone it only gives its `space`, as on a local Chroma server. */
  spann?: SPANNConfiguration | null;
  embeddingFunction?: EmbeddingFunction | null;
}

export interface UpdateCollectionConfiguration {
  hnsw?: UpdateHNSWConfiguration | null;
  spann?: UpdateSPANNConfiguration | null;
  embeddingFunction?: EmbeddingFunction | null;
}

const DEFAULTS: Omit<IndexConfiguration, 'space' | 'vectors' | 'precision'> = {
  efConstruction: 100,
  efSearch: 100,
  maxNeighbors: 16,
  resizeFactor: 1.2,
  syncThreshold: 1000,
};

const RESIDENCES: readonly VectorResidence[] = ['memory', 'disk', 'disk-rescored'];
const PRECISIONS: readonly VectorPrecision[] = ['int8', 'f32'];
const SPACES: readonly unknown[] = ['l2', 'cosine', 'ip'] satisfies Space[];

/**
 * The index parameters of a new collection: an explicit `configuration` wins over legacy `hnsw:*` metadata keys, the
 * embedding function's default space comes after both, then `l2`.
 * @throws VALUE_CONFIGURATION naming key, value and range · VALUE_CONFIGURATION_CONFLICT
 */
export function createIndexConfiguration(options: {
  configuration: CreateCollectionConfiguration | undefined;
  metadata: Metadata | undefined;
  embeddingFunction: EmbeddingFunction | undefined;
  /** Instead of `configuration`. */
  schema?: Record<string, unknown> | undefined;
}): IndexConfiguration {
  const { metadata, embeddingFunction, schema } = options;
  const configuration = schema ? { hnsw: schemaParameters(schema) } : options.configuration;
  checkKeys('configuration', configuration ?? {}, ['hnsw', 'spann', 'embeddingFunction']);
  if (configuration?.hnsw && configuration.spann) {
    throw kindexError('VALUE_CONFIGURATION_CONFLICT', 'Cannot specify both HNSW and SPANN configurations');
  }
  const given =
    configuration?.hnsw ??
    (configuration?.spann ? { space: configuration.spann.space ?? null } : legacyParameters(metadata));
  return {
    space: checkSpace(given.space) ?? defaultSpace(embeddingFunction) ?? 'l2',
    ...DEFAULTS,
    ...parameters(given, 'configuration.hnsw', ['space', 'vectors', 'precision']),
    ...checkStorage(given),
  };
}

/** A schema as it is stored. @throws VALUE_SCHEMA · VALUE_CONFIGURATION when something else says the same */
export function readSchema(args: {
  schema?: { serializeToJSON(): unknown };
  configuration?: unknown;
  embeddingFunction?: unknown;
}): Record<string, unknown> | undefined {
  const { schema, configuration, embeddingFunction } = args;
  if (schema === undefined) return undefined;
  if (configuration || embeddingFunction) {
    throw kindexError(
      'VALUE_CONFIGURATION',
      'Failed to reconcile schema: Cannot set both collection config and schema simultaneously',
      { fix: 'Put space, parameters and embedding function into the schema.' },
    );
  }
  const json = schema?.serializeToJSON?.();
  if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  throw kindexError('VALUE_SCHEMA', 'Expected schema to be a Schema', { fix: 'Pass new Schema().' });
}

/** The parameters `modify` changes. @throws VALUE_CONFIGURATION: also for `space` and `ef_construction`, which are fixed */
export function updateIndexConfiguration(
  configuration: UpdateCollectionConfiguration,
): Partial<IndexConfiguration> {
  checkKeys('configuration', configuration, ['hnsw', 'spann', 'embeddingFunction']);
  const given: HNSWConfiguration = configuration.hnsw ?? {};
  for (const fixed of ['space', 'ef_construction', 'vectors', 'precision'] as const) {
    if (given[fixed] === undefined || given[fixed] === null) continue;
    throw kindexError(
      'VALUE_CONFIGURATION',
      `${fixed} of a collection cannot be changed (asked for ${given[fixed]})`,
      {
        fix: 'Create a new collection with the wanted configuration and copy the records.',
      },
    );
  }
  return parameters(given, 'configuration.hnsw', []);
}

/** Chroma asks only functions that know both. */
function defaultSpace(embed: EmbeddingFunction | undefined): Space | undefined {
  return embed?.supportedSpaces && embed.defaultSpace?.();
}

/** A warning where the function does not list the space, else null: Chroma warns too, and goes on. */
export function spaceWarning(space: Space, embed: EmbeddingFunction | undefined): string | null {
  const supported = embed?.supportedSpaces?.();
  if (!supported || supported.includes(space)) return null;
  return `Space '${space}' is not supported by embedding function '${embed?.name ?? 'unknown'}'. Supported spaces: ${supported.join(', ')}`;
}

function legacyParameters(metadata: Metadata | undefined): HNSWConfiguration {
  const found: Record<string, unknown> = {};
  for (const [key, name] of Object.entries(LEGACY_METADATA_KEYS)) {
    if (metadata && Object.hasOwn(metadata, key)) found[name] = metadata[key];
  }
  return found;
}

function parameters(given: HNSWConfiguration, path: string, also: string[]): Partial<IndexConfiguration> {
  checkKeys(path, given, [...Object.keys(HNSW_PARAMETERS), ...also]);
  const result: Partial<Record<NumericKey, number>> = {};
  for (const name of Object.keys(HNSW_PARAMETERS) as (keyof typeof HNSW_PARAMETERS)[]) {
    const value: unknown = given[name];
    if (value === undefined || value === null) continue;
    const { key, min, max, integer } = HNSW_PARAMETERS[name];
    const fits =
      typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value));
    if (!fits) {
      const kind = integer ? 'an integer' : 'a number';
      throw kindexError(
        'VALUE_CONFIGURATION',
        `${path}.${name} must be ${kind} from ${min} to ${max}, got ${String(value)}`,
        {
          details: { key: name, value: String(value), min, max },
        },
      );
    }
    if (key) result[key] = value;
  }
  return result;
}

function checkSpace(space: unknown): Space | undefined {
  if (space === undefined || space === null) return undefined;
  if (SPACES.includes(space)) return space as Space;
  throw kindexError('VALUE_CONFIGURATION', `Space must be 'l2', 'cosine' or 'ip', got '${String(space)}'`, {
    details: { space: String(space) },
  });
}

/** Codes are all that is in memory where vectors are on disk. */
function checkStorage(given: HNSWConfiguration): Pick<IndexConfiguration, 'vectors' | 'precision'> {
  const vectors = checkChoice('vectors', given.vectors, RESIDENCES);
  const precision = checkChoice('precision', given.precision, PRECISIONS);
  if (precision === 'f32' && vectors && vectors !== 'memory') {
    throw kindexError(
      'VALUE_CONFIGURATION_CONFLICT',
      `precision 'f32' needs vectors 'memory', got '${vectors}'`,
    );
  }
  return { ...(vectors && { vectors }), ...(precision && { precision }) };
}

function checkChoice<T extends string>(key: string, value: unknown, choices: readonly T[]): T | undefined {
  if (value === undefined || value === null) return undefined;
  const found = choices.find((each) => each === value);
  if (found !== undefined) return found;
  throw kindexError(
    'VALUE_CONFIGURATION',
    `configuration.hnsw.${key} must be one of ${choices.join(', ')}, got '${String(value)}'`,
    { details: { key, value: String(value) } },
  );
}

function checkKeys(path: string, given: object, known: string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    throw kindexError('VALUE_CONFIGURATION', `${path} has no key '${key}'`, {
      fix: `Known keys: ${known.join(', ')}.`,
      details: { key },
    });
  }
}

/** Null values are dropped, as Chroma drops them; nothing left is no metadata. */
export function withoutNulls(metadata: Metadata | undefined): Metadata | null {
  const entries = Object.entries(metadata ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
