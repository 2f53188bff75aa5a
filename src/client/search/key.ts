/** Names of fields in a search, and the conditions on them: `K('year').gte(2020)`, `K.DOCUMENT.contains('tea')`. */
import { wrongType, wrongValue } from './check-input.js';
import { DOCUMENT_KEY, EMBEDDING_KEY } from './reserved-keys.js';
import { compare, type WhereExpression } from './where.js';

export type IterableInput<T> = Iterable<T> | ArrayLike<T>;

/**
 * A metadata field by its name, or one of the five fields every record has. Immutable. Operands are checked where the
 * search runs; only what its method names is checked here.
 */
export class Key {
  static readonly ID: Key = new Key('#id');
  static readonly DOCUMENT: Key = new Key(DOCUMENT_KEY);
  static readonly EMBEDDING: Key = new Key(EMBEDDING_KEY);
  /** All metadata of a record; for `select`. */
  static readonly METADATA: Key = new Key('#metadata');
  /** What the rank expression gave; lower is better. For `select` and as a key of `MinK` and `MaxK`. */
  static readonly SCORE: Key = new Key('#score');

  readonly name: string;

  /** @throws VALUE_SEARCH_TYPE when `name` is not a string */
  constructor(name: string) {
    if (typeof name !== 'string') throw wrongType('Key name must be a string', name);
    this.name = name;
  }

  eq(value: unknown): WhereExpression {
    return compare(this.name, '$eq', value);
  }

  /** Everything `eq` does not match: records without the field too. */
  ne(value: unknown): WhereExpression {
    return compare(this.name, '$ne', value);
  }

  gt(value: unknown): WhereExpression {
    return compare(this.name, '$gt', value);
  }

  gte(value: unknown): WhereExpression {
    return compare(this.name, '$gte', value);
  }

  lt(value: unknown): WhereExpression {
    return compare(this.name, '$lt', value);
  }

  lte(value: unknown): WhereExpression {
    return compare(this.name, '$lte', value);
  }

  /** One of `values`: any iterable or typed array. @throws VALUE_SEARCH when there is none */
  isIn(values: IterableInput<unknown>): WhereExpression {
    return compare(this.name, '$in', nonEmpty('$in', values));
  }

  /** None of `values`; records without the field match. @throws VALUE_SEARCH when there is none */
  notIn(values: IterableInput<unknown>): WhereExpression {
    return compare(this.name, '$nin', nonEmpty('$nin', values));
  }

  /**
   * On `K.DOCUMENT`: the text contains this string, case-sensitively. On metadata: the list contains this element.
   * @throws VALUE_SEARCH_TYPE when the operand for `K.DOCUMENT` is not a string
   */
  contains(value: string | number | boolean): WhereExpression {
    this.#checkOperand('contains', value);
    return compare(this.name, '$contains', value);
  }

  /** The opposite of `contains`; records without the field match. @throws as `contains` */
  notContains(value: string | number | boolean): WhereExpression {
    this.#checkOperand('notContains', value);
    return compare(this.name, '$not_contains', value);
  }

  /** The value or text matches somewhere in it. `pattern`: Rust regex dialect. @throws VALUE_SEARCH_TYPE */
  regex(pattern: string): WhereExpression {
    return compare(this.name, '$regex', checkPattern('$regex', pattern));
  }

  /** The opposite of `regex`; records without the field match. @throws VALUE_SEARCH_TYPE */
  notRegex(pattern: string): WhereExpression {
    return compare(this.name, '$not_regex', checkPattern('$not_regex', pattern));
  }

  #checkOperand(method: string, value: unknown): void {
    if (this.name === DOCUMENT_KEY && typeof value !== 'string') {
      throw wrongType(`K.DOCUMENT.${method} requires a string value`, value);
    }
  }
}

export interface KeyFactory {
  (name: string): Key;
  readonly ID: Key;
  readonly DOCUMENT: Key;
  readonly EMBEDDING: Key;
  readonly METADATA: Key;
  readonly SCORE: Key;
}

/** `K('field')` for a metadata field; `K.DOCUMENT` and its siblings for the rest. */
export const K: KeyFactory = /* @__PURE__ */ Object.assign((name: string) => new Key(name), {
  ID: Key.ID,
  DOCUMENT: Key.DOCUMENT,
  EMBEDDING: Key.EMBEDDING,
  METADATA: Key.METADATA,
  SCORE: Key.SCORE,
});

/** A key given as an object or by its name. @throws VALUE_SEARCH_TYPE */
export function toKey(key: Key | string): Key {
  return key instanceof Key ? key : new Key(key);
}

function nonEmpty(operator: string, values: IterableInput<unknown>): unknown[] {
  if (values === null || values === undefined)
    throw wrongType(`${operator} requires a list of values`, values);
  const list = Array.from(values);
  if (list.length === 0) throw wrongValue(`${operator} requires at least one value`);
  return list;
}

function checkPattern(operator: string, pattern: unknown): string {
  if (typeof pattern !== 'string') throw wrongType(`${operator} requires a string pattern`, pattern);
  return pattern;
}
