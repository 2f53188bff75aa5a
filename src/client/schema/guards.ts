/** What a schema refuses, in chromadb's order and words: the first rule that is broken speaks. */
import { kindexError } from '../../base/errors.js';
import { DOCUMENT_KEY, EMBEDDING_KEY } from '../search/reserved-keys.js';
import {
  FtsIndexConfig,
  SparseVectorIndexConfig,
  VectorIndexConfig,
  type IndexConfig,
} from './index-config.js';

type MaybeConfig = IndexConfig | null | undefined;
type MaybeKey = string | null | undefined;
type Rule = readonly [broken: boolean, message: string];

/** @throws VALUE_SCHEMA */
export function checkCreate(config: MaybeConfig, key: MaybeKey): void {
  const keyed = isKey(key);
  refuse(config, key, [
    [!config && !keyed, 'Cannot enable all index types globally. Must specify either config or key.'],
    [
      key === EMBEDDING_KEY,
      `Cannot create index on special key '${key}'. This key is managed automatically by the system. Invoke createIndex(new VectorIndexConfig(...)) without specifying a key to configure the vector index globally.`,
    ],
    ...keyRules('create', config, key),
    [
      config instanceof VectorIndexConfig && keyed,
      'Vector index cannot be enabled on specific keys. Use createIndex(new VectorIndexConfig(...)) without specifying a key to configure the vector index globally.',
    ],
    [
      config instanceof FtsIndexConfig && key !== DOCUMENT_KEY,
      "FTS index can only be enabled on #document key. Use createIndex(new FtsIndexConfig(), '#document')",
    ],
    [
      config instanceof SparseVectorIndexConfig && !keyed,
      "Sparse vector index must be created on a specific key. Please specify a key using: createIndex(new SparseVectorIndexConfig(...), 'your_key')",
    ],
    ...pairRules('enable', config, key),
  ]);
  if (config instanceof SparseVectorIndexConfig && config.sourceKey !== null && !config.embeddingFunction) {
    const message = `If sourceKey is provided then embeddingFunction must also be provided since there is no default embedding function. Config: ${JSON.stringify(config)}`;
    refuse(config, key, [[true, message]]);
  }
}

/** @throws VALUE_SCHEMA */
export function checkDelete(config: MaybeConfig, key: MaybeKey): void {
  refuse(config, key, [
    [!config && !isKey(key), 'Cannot disable all indexes. Must specify either config or key.'],
    [key === EMBEDDING_KEY, 'Cannot modify #embedding. Currently not supported'],
    ...keyRules('delete', config, key),
    [config instanceof VectorIndexConfig, 'Deleting vector index is not currently supported.'],
    [config instanceof SparseVectorIndexConfig, 'Deleting sparse vector index is not currently supported.'],
    [
      config instanceof FtsIndexConfig && key !== DOCUMENT_KEY,
      'Deleting FTS index is only supported on #document key.',
    ],
    ...pairRules('disable', config, key),
  ]);
}

function keyRules(doing: 'create' | 'delete', config: MaybeConfig, key: MaybeKey): Rule[] {
  return [
    [
      key === DOCUMENT_KEY && !(config instanceof FtsIndexConfig),
      `Cannot ${doing} index on special key '${key}' with this config. Only FtsIndexConfig is allowed for #document.`,
    ],
    [
      String(key).startsWith('#') && key !== DOCUMENT_KEY,
      "key cannot begin with '#'. Keys starting with '#' are reserved for system use.",
    ],
  ];
}

function pairRules(doing: 'enable' | 'disable', config: MaybeConfig, key: MaybeKey): Rule[] {
  return [
    // For the empty key chromadb does nothing and says nothing; no metadata can have it, so it is refused here.
    [isKey(key) && (typeof key !== 'string' || key === ''), 'The key of an index must be a non-empty string'],
    [
      !config,
      `Cannot ${doing} all index types for key '${key}'. Please specify a specific index configuration.`,
    ],
  ];
}

function isKey(key: unknown): boolean {
  return key !== undefined && key !== null;
}

function refuse(config: MaybeConfig, key: MaybeKey, rules: readonly Rule[]): void {
  const found = rules.find(([broken]) => broken);
  if (!found) return;
  const [, message] = found;
  throw kindexError('VALUE_SCHEMA', message, { details: { index: config?.type ?? null, key: key ?? null } });
}
