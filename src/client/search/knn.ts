/** The leaf of a rank expression: the nearest records to a query, by their distance or their position. */
import type { SparseVector } from '../../base/types.js';
import { isPlainObject, wrongType } from './check-input.js';
import { Key, type IterableInput } from './key.js';
import { Literal, type RankExpression } from './rank-expression.js';
import { EMBEDDING_KEY } from './reserved-keys.js';

export interface KnnOptions {
  /** A dense vector, a sparse vector, or text that is embedded when the search runs. */
  query: IterableInput<number> | SparseVector | string;
  /** What is compared: the record's own embedding by default, or a metadata field that holds sparse vectors. */
  key?: string | Key;
  /** Candidates considered; 1 or more. Default 128, as in Chroma's JavaScript client (its server has 16). */
  limit?: number;
  /** Score of records that are not among the candidates, finite; without it they drop out. */
  default?: number | null;
  /** The 0-based position instead of the distance; what `Rrf` needs. */
  returnRank?: boolean;
}

/** @throws VALUE_SEARCH_TYPE naming the option */
export function Knn(options: KnnOptions): RankExpression {
  if (typeof options !== 'object' || options === null)
    throw wrongType('Knn requires an options object', options);
  const { limit: given, default: fallback, returnRank } = options;
  const limit = given ?? 128;
  if (!Number.isInteger(limit) || limit <= 0) throw wrongType('Knn limit must be a positive integer', limit);
  const query = copyQuery(options.query);
  const key = options.key instanceof Key ? options.key.name : (options.key ?? EMBEDDING_KEY);
  if (typeof key !== 'string') throw wrongType('Knn key must be a string or Key instance', key);
  const knn: Record<string, unknown> = { query, key, limit };
  if (fallback !== null && fallback !== undefined) {
    if (!Number.isFinite(fallback)) throw wrongType('Knn default must be a number', fallback);
    knn['default'] = fallback;
  }
  if (returnRank) knn['return_rank'] = true;
  return new Literal({ $knn: knn });
}

function copyQuery(query: unknown): unknown {
  if (typeof query === 'string') return query;
  // A plain array is taken unread, as in chromadb: what it holds is checked with the dimension, where the search runs.
  if (Array.isArray(query)) return query.slice();
  if (isPlainObject(query) && Array.isArray(query['indices']) && Array.isArray(query['values'])) {
    const { indices, values } = query;
    return JSON.parse(JSON.stringify({ indices, values })) as unknown;
  }
  if (typeof query === 'object' && query !== null && (Symbol.iterator in query || 'length' in query)) {
    return Array.from(query as IterableInput<unknown>, checkComponent);
  }
  throw wrongType('Knn query must be text, a dense vector or a sparse vector', query);
}

function checkComponent(value: unknown): unknown {
  if (!Number.isFinite(value)) throw wrongType('Dense query vector values must be finite numbers', value);
  return value;
}
