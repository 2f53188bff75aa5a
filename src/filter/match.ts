/**
 * The definition of what a filter means, one record at a time. Faster ways of answering are tested equal to this one.
 *
 * - Equality is typed: 1, "1" and true never equal each other. Numbers are one type and compare exactly: 1 is 1.0, 1.5 is not 1.
 * - A list meets only $contains and $not_contains, by an equal element; a scalar never meets $contains.
 * - Every negation ($ne, $nin, $not_contains, $not_regex) passes exactly where its plain form does not: also where the key,
 *   the metadata or the document is missing, or the value is of another type.
 * - A record without a document meets no document condition; "" and the empty pattern meet every document, also an empty one.
 *
 * Source: what a Chroma 1.3.4 server answers, but for numbers, which it compares after cutting off the operand's fraction.
 */
import type { Metadata } from '../base/types.js';
import type { Filter, NumberOperator } from './filter.js';

/** What a filter may look at. A part that `needs` does not name may be given as null. */
export interface FilterRecord {
  id: string;
  metadata: Metadata | null;
  document: string | null;
}

export interface CompiledFilter {
  /** Which parts of a record `matches` looks at: the others need not be read. */
  readonly needs: { readonly metadata: boolean; readonly document: boolean };
  /** Cost: one pass over the document per document condition, constant per metadata condition but for long lists. */
  matches(record: FilterRecord): boolean;
}

type Test = (record: FilterRecord) => boolean;

/** Above this many values a set is faster than looking at each. */
const SET_FROM = 8;

/** `filter` ready to be asked of many records. Patterns are compiled here, once; they keep what they learn from text to text. */
export function compileFilter(filter: Filter): CompiledFilter {
  return { needs: neededParts(filter), matches: compile(filter) };
}

function neededParts(filter: Filter): { metadata: boolean; document: boolean } {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.members.map(neededParts);
      return { metadata: parts.some((part) => part.metadata), document: parts.some((part) => part.document) };
    }
    case 'isOneOf':
    case 'compare':
    case 'listContains':
      return { metadata: true, document: false };
    case 'documentContains':
    case 'documentMatches':
      return { metadata: false, document: true };
    case 'idIsOneOf':
      return { metadata: false, document: false };
    default:
      return filter satisfies never;
  }
}

function compile(filter: Filter): Test {
  switch (filter.kind) {
    case 'and': {
      const tests = filter.members.map(compile);
      return (record) => tests.every((test) => test(record));
    }
    case 'or': {
      const tests = filter.members.map(compile);
      return (record) => tests.some((test) => test(record));
    }
    case 'isOneOf': {
      const { field, negated } = filter;
      const isMember = membership(filter.values);
      return ({ metadata }) => isMember(valueOf(metadata, field)) !== negated;
    }
    case 'compare': {
      const { field, operand } = filter;
      const compares = COMPARISONS[filter.operator];
      return ({ metadata }) => {
        const value = valueOf(metadata, field);
        return typeof value === 'number' && compares(value, operand);
      };
    }
    case 'listContains': {
      const { field, negated } = filter;
      const wanted: unknown = filter.value;
      return ({ metadata }) => {
        const value = valueOf(metadata, field);
        return (Array.isArray(value) && value.includes(wanted)) !== negated;
      };
    }
    case 'idIsOneOf': {
      const { negated } = filter;
      const isMember = membership(filter.ids);
      return ({ id }) => isMember(id) !== negated;
    }
    case 'documentContains': {
      const { text, negated } = filter;
      return ({ document }) => (document !== null && document.includes(text)) !== negated;
    }
    case 'documentMatches': {
      const { negated } = filter;
      const regex = filter.pattern.compile();
      return ({ document }) => (document !== null && regex.test(document)) !== negated;
    }
    default:
      return filter satisfies never;
  }
}

const COMPARISONS: Record<NumberOperator, (value: number, operand: number) => boolean> = {
  $gt: (value, operand) => value > operand,
  $gte: (value, operand) => value >= operand,
  $lt: (value, operand) => value < operand,
  $lte: (value, operand) => value <= operand,
};

/** Own keys only: a field named `constructor` or `__proto__` is a field like any other, and absent unless stored. */
function valueOf(metadata: Metadata | null, field: string): unknown {
  return metadata !== null && Object.hasOwn(metadata, field) ? metadata[field] : undefined;
}

/** Both forms compare as `===` does: the values hold no NaN, and 0 equals −0. */
function membership(values: readonly unknown[]): (value: unknown) => boolean {
  if (values.length < SET_FROM) return (value) => values.includes(value);
  const set = new Set(values);
  return (value) => set.has(value);
}
