/** The seven kinds of index as one table, so that setting, writing and reading them are each written once. */
import { kindexError } from '../../base/errors.js';
import {
  BoolInvertedIndexConfig,
  FloatInvertedIndexConfig,
  FtsIndexConfig,
  IntInvertedIndexConfig,
  SparseVectorIndexConfig,
  StringInvertedIndexConfig,
  VectorIndexConfig,
  type IndexConfig,
} from './index-config.js';
import {
  BoolInvertedIndexType,
  FloatInvertedIndexType,
  FtsIndexType,
  IntInvertedIndexType,
  SparseVectorIndexType,
  StringInvertedIndexType,
  VectorIndexType,
} from './index-type.js';
import {
  BoolValueType,
  FloatListValueType,
  FloatValueType,
  IntValueType,
  SparseVectorValueType,
  StringValueType,
  type ValueTypes,
} from './value-types.js';

type IndexName =
  | keyof StringValueType
  | keyof FloatListValueType
  | keyof SparseVectorValueType
  | keyof IntValueType
  | keyof FloatValueType
  | keyof BoolValueType;

interface AnyIndex {
  enabled: boolean;
  config: IndexConfig;
}

type Indexes = Partial<Record<IndexName, AnyIndex | null>>;

export interface IndexKind {
  /** Property of `ValueTypes`, and the class of what stands there. */
  readonly value: keyof ValueTypes;
  readonly Value: new () => Indexes;
  /** Property of that class, and the class of what stands there. */
  readonly index: IndexName;
  readonly Index: new (enabled: boolean, config: never) => AnyIndex;
  readonly Config: new () => IndexConfig;
  /** Whether the index is on for fields of which the schema says nothing. */
  readonly on: boolean;
}

/** In the order in which they appear in JSON. */
export const INDEX_KINDS: readonly IndexKind[] = [
  {
    value: 'string',
    Value: StringValueType,
    index: 'ftsIndex',
    Index: FtsIndexType,
    Config: FtsIndexConfig,
    on: false,
  },
  {
    value: 'string',
    Value: StringValueType,
    index: 'stringInvertedIndex',
    Index: StringInvertedIndexType,
    Config: StringInvertedIndexConfig,
    on: true,
  },
  {
    value: 'floatList',
    Value: FloatListValueType,
    index: 'vectorIndex',
    Index: VectorIndexType,
    Config: VectorIndexConfig,
    on: false,
  },
  {
    value: 'sparseVector',
    Value: SparseVectorValueType,
    index: 'sparseVectorIndex',
    Index: SparseVectorIndexType,
    Config: SparseVectorIndexConfig,
    on: false,
  },
  {
    value: 'intValue',
    Value: IntValueType,
    index: 'intInvertedIndex',
    Index: IntInvertedIndexType,
    Config: IntInvertedIndexConfig,
    on: true,
  },
  {
    value: 'floatValue',
    Value: FloatValueType,
    index: 'floatInvertedIndex',
    Index: FloatInvertedIndexType,
    Config: FloatInvertedIndexConfig,
    on: true,
  },
  {
    value: 'boolean',
    Value: BoolValueType,
    index: 'boolInvertedIndex',
    Index: BoolInvertedIndexType,
    Config: BoolInvertedIndexConfig,
    on: true,
  },
];

/** The same objects by name instead of by property: what the table can walk. */
type Walkable = Record<keyof ValueTypes, Indexes | null>;

export function readIndex(types: ValueTypes, kind: IndexKind): AnyIndex | null {
  return (types as Walkable)[kind.value]?.[kind.index] ?? null;
}

/** Puts an index of this kind where it belongs, making room if there is none. */
export function writeIndex(types: ValueTypes, kind: IndexKind, index: AnyIndex): void {
  const walkable = types as Walkable;
  (walkable[kind.value] ??= new kind.Value())[kind.index] = index;
}

/** @throws VALUE_SCHEMA when `config` is not one of the seven classes: a bare object says not which index is meant */
export function kindOf(config: IndexConfig): IndexKind {
  const kind = INDEX_KINDS.find(({ Config }) => config instanceof Config);
  if (kind) return kind;
  throw kindexError('VALUE_SCHEMA', 'An index configuration must be an instance of its class', {
    fix: `Pass one of ${INDEX_KINDS.map(({ Config }) => new Config().type).join(', ')}.`,
  });
}
