/** Filters against the indexes that a collection's schema turns off: Chroma refuses those, so that a slow scan is never a surprise. */
import { kindexError } from '../base/errors.js';
import type { MetadataScalar } from '../base/types.js';
import type { Filter } from '../filter/filter.js';

type SchemaJson = Record<string, unknown>;

/** Where a schema's JSON says whether an index is on: value type, then index. */
const INDEX_OF = {
  string: ['string', 'string_inverted_index', 'Str'],
  number: ['int', 'int_inverted_index', 'Int'],
  fraction: ['float', 'float_inverted_index', 'Float'],
  boolean: ['bool', 'bool_inverted_index', 'Bool'],
} as const;

/** @throws VALUE_INDEX_DISABLED naming the key */
export function checkIndexed(filter: Filter | null, schema: SchemaJson | undefined): void {
  if (filter !== null && schema !== undefined) check(filter, schema);
}

function check(filter: Filter, schema: SchemaJson): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const member of filter.members) check(member, schema);
      return;
    case 'isOneOf':
      for (const value of filter.values) checkValue(filter.field, value, schema);
      return;
    case 'compare':
      checkValue(filter.field, filter.operand, schema);
      return;
    case 'listContains':
      checkValue(filter.field, filter.value, schema);
      return;
    case 'documentContains':
    case 'documentMatches':
      if (enabled(schema, '#document', 'string', 'fts_index') !== false) return;
      throw kindexError(
        'VALUE_INDEX_DISABLED',
        'Cannot filter using full-text search because FTS indexing is disabled',
      );
    case 'idIsOneOf':
      return;
    default:
      filter satisfies never;
  }
}

function checkValue(key: string, value: MetadataScalar, schema: SchemaJson): void {
  const kind =
    typeof value === 'number'
      ? Number.isInteger(value)
        ? INDEX_OF.number
        : INDEX_OF.fraction
      : typeof value === 'boolean'
        ? INDEX_OF.boolean
        : INDEX_OF.string;
  const [type, index, shown] = kind;
  if (enabled(schema, key, type, index) !== false) return;
  throw kindexError(
    'VALUE_INDEX_DISABLED',
    `Cannot filter using metadata key '${key}' with type '${shown}' because indexing is disabled`,
    { details: { key, type: shown } },
  );
}

/** What the schema says of the key itself, else of all keys; undefined when it says nothing. */
function enabled(schema: SchemaJson, key: string, type: string, index: string): unknown {
  const own = at(at(at(at(schema, 'keys'), key), type), index);
  return at(own ?? at(at(at(schema, 'defaults'), type), index), 'enabled');
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as SchemaJson)[key]
    : undefined;
}
