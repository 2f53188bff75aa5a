/** Conditions of a search, from key methods or plain dictionaries to one JSON. What they match is decided by the store's filter. */
import { isPlainObject, wrongType, wrongValue } from './check-input.js';

export type WhereJSON = Record<string, unknown>;
export type WhereInput = WhereExpression | WhereJSON | null | undefined;

/** A condition; immutable. Combine with `and` and `or`; nested ones of the same kind become one flat list. */
export abstract class WhereExpression {
  abstract toJSON(): WhereJSON;

  /** Both. Nothing to add (null, undefined) gives this condition back. @throws as `WhereExpression.from` */
  and(other: WhereInput): WhereExpression {
    return this.#with('$and', other);
  }

  /** Either. Nothing to add (null, undefined) gives this condition back. @throws as `WhereExpression.from` */
  or(other: WhereInput): WhereExpression {
    return this.#with('$or', other);
  }

  /**
   * The condition a dictionary describes: `{ field: value }`, `{ field: { $operator: operand } }`, `{ $and: [...] }` or
   * `{ $or: [...] }`. Undefined for null and undefined. Operands are checked where the search runs, not here.
   * @throws VALUE_SEARCH_TYPE · VALUE_SEARCH
   */
  static from(input: WhereInput): WhereExpression | undefined {
    return parse(input, 0);
  }

  #with(operator: '$and' | '$or', other: WhereInput): WhereExpression {
    const added = WhereExpression.from(other);
    return added ? combine(operator, [this, added]) : this;
  }
}

class Comparison extends WhereExpression {
  readonly #key: string;
  readonly #operator: string;
  readonly #operand: unknown;

  constructor(key: string, operator: string, operand: unknown) {
    super();
    this.#key = key;
    this.#operator = operator;
    this.#operand = copyList(operand);
  }

  override toJSON(): WhereJSON {
    return { [this.#key]: { [this.#operator]: copyList(this.#operand) } };
  }
}

class Junction extends WhereExpression {
  readonly operator: '$and' | '$or';
  readonly conditions: readonly WhereExpression[];

  constructor(operator: '$and' | '$or', conditions: readonly WhereExpression[]) {
    super();
    this.operator = operator;
    this.conditions = conditions;
  }

  override toJSON(): WhereJSON {
    return { [this.operator]: this.conditions.map((condition) => condition.toJSON()) };
  }
}

const OPERATORS = [
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$contains',
  '$not_contains',
  '$regex',
  '$not_regex',
] as const;

export type WhereOperator = (typeof OPERATORS)[number];

/** Far above what a filter may nest (64), far below what would exhaust the stack: the fault then has a name. */
const MAX_DEPTH = 1_000;

/** One condition on one field; what the methods of `Key` make. */
export function compare(key: string, operator: WhereOperator, operand: unknown): WhereExpression {
  return new Comparison(key, operator, operand);
}

/** Chroma's payload never nests `$and` in `$and` or `$or` in `$or`, and never wraps a single condition. */
function combine(operator: '$and' | '$or', conditions: readonly WhereExpression[]): WhereExpression {
  const flat = conditions.flatMap((condition) =>
    condition instanceof Junction && condition.operator === operator ? condition.conditions : [condition],
  );
  const [first] = flat;
  return first && flat.length === 1 ? first : new Junction(operator, flat);
}

function parse(input: unknown, depth: number): WhereExpression | undefined {
  if (input instanceof WhereExpression) return input;
  if (input === null || input === undefined) return undefined;
  if (!isPlainObject(input)) throw wrongType('Where input must be a WhereExpression or plain object', input);
  if (depth > MAX_DEPTH) throw wrongValue(`Where input nests more than ${MAX_DEPTH} deep`);
  for (const operator of ['$and', '$or'] as const) {
    if (operator in input) return parseJunction(operator, input, depth);
  }
  const [field, ...others] = Object.entries(input);
  if (!field || others.length > 0) throw wrongValue('Where dictionary must contain exactly one field');
  return parseField(...field);
}

function parseJunction(operator: '$and' | '$or', input: WhereJSON, depth: number): WhereExpression {
  if (Object.keys(input).length !== 1) throw wrongValue(`${operator} cannot be combined with other keys`);
  const list = input[operator];
  if (!Array.isArray(list) || list.length === 0)
    throw wrongType(`${operator} must be a non-empty array`, list);
  const conditions = Array.from(list, (item: unknown, index) => {
    const condition = parse(item, depth + 1);
    if (!condition) throw wrongType(`Invalid where clause at index ${index}`, item);
    return condition;
  });
  return combine(operator, conditions);
}

function parseField(field: string, value: unknown): WhereExpression {
  if (!isPlainObject(value)) return compare(field, '$eq', value);
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0) {
    throw wrongValue(`Operator dictionary for field "${field}" must contain exactly one operator`);
  }
  const [name, operand] = entry;
  const operator = OPERATORS.find((known) => known === name);
  if (operator === undefined) {
    throw wrongValue(`Unsupported where operator: ${name}`, `Use one of ${OPERATORS.join(', ')}.`);
  }
  return compare(field, operator, operand);
}

/** An operand list belongs to the caller: kept and handed out as a copy, so that a condition never changes. */
function copyList(operand: unknown): unknown {
  return Array.isArray(operand) ? operand.slice() : operand;
}
