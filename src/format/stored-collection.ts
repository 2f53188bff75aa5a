/** A collection as it lies in the log: its record without `dimensions`, which the writes tell. */
import type { CollectionRecord, Space, VectorPrecision, VectorResidence } from '../base/types.js';
import { corrupt } from './bytes.js';
import { isUuid } from './uuid.js';

export type StoredCollection = Omit<CollectionRecord, 'dimensions'>;

const SPACES: readonly string[] = ['l2', 'cosine', 'ip'] satisfies Space[];
const RESIDENCES: readonly unknown[] = ['memory', 'disk', 'disk-rescored'] satisfies VectorResidence[];
const PRECISIONS: readonly unknown[] = ['int8', 'f32'] satisfies VectorPrecision[];
const INDEX_NUMBERS = [
  'efConstruction',
  'efSearch',
  'maxNeighbors',
  'resizeFactor',
  'syncThreshold',
] as const;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the shape the code relies on; values were checked when they were written. @throws FORMAT_CORRUPT */
export function parseStoredCollection(value: unknown): StoredCollection {
  const fault = faultOf(value);
  if (fault !== null) throw corrupt(`a collection has a bad ${fault}`, { what: 'collection', field: fault });
  return value as StoredCollection;
}

function faultOf(value: unknown): string | null {
  if (!isObject(value)) return 'shape';
  if (typeof value['id'] !== 'string' || !isUuid(value['id'])) return 'id';
  for (const key of ['name', 'tenant', 'database']) if (typeof value[key] !== 'string') return key;
  if (value['metadata'] !== null && !isObject(value['metadata'])) return 'metadata';
  if (value['schema'] !== undefined && !isObject(value['schema'])) return 'schema';
  const configuration = value['configuration'];
  if (!isObject(configuration)) return 'configuration';
  const { index, embeddingFunction } = configuration;
  if (!isObject(index)) return 'configuration.index';
  if (typeof index['space'] !== 'string' || !SPACES.includes(index['space']))
    return 'configuration.index.space';
  if (index['vectors'] !== undefined && !RESIDENCES.includes(index['vectors']))
    return 'configuration.index.vectors';
  if (index['precision'] !== undefined && !PRECISIONS.includes(index['precision']))
    return 'configuration.index.precision';
  for (const key of INDEX_NUMBERS) if (typeof index[key] !== 'number') return `configuration.index.${key}`;
  if (embeddingFunction === null) return null;
  if (!isObject(embeddingFunction)) return 'configuration.embeddingFunction';
  if (embeddingFunction['type'] === 'legacy') return null;
  const known =
    embeddingFunction['type'] === 'known' &&
    typeof embeddingFunction['name'] === 'string' &&
    isObject(embeddingFunction['config']);
  return known ? null : 'configuration.embeddingFunction';
}
