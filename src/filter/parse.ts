/**
 * Untrusted `where` and `whereDocument` become one `Filter`; every fault is a typed error with the path to it.
 * The rules are those of the chromadb client, and of Chroma's server where that is stricter.
 */
import { ChromaError, kindexError, type ErrorCode } from '../base/errors.js';
import type { MetadataScalar } from '../base/types.js';
import { describeValue } from './describe-value.js';
import type { Filter, NumberOperator } from './filter.js';
import { readRegex } from './regex.js';

/** What both arguments together may hold. */
export const FILTER_LIMITS = {
  /** `$and` and `$or` inside one another. */
  depth: 64,
  /** Conditions, `$and` and `$or` included. */
  conditions: 10_000,
  /** Values in the lists of `$in` and `$nin`. */
  values: 100_000,
  /** `$regex` and `$not_regex`: each may keep about 2 MB while a filter runs. */
  patterns: 100,
} as const;

const FIELD_OPERATORS = [
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
] as const;
const ID_OPERATORS = ['$eq', '$ne', '$in', '$nin'] as const;
const DOCUMENT_OPERATORS = ['$contains', '$not_contains', '$regex', '$not_regex'] as const;
const GROUP_OPERATORS = ['$and', '$or'] as const;

const DOCUMENT_FIELD = '#document';
const ID_FIELD = '#id';

/** Where in the user's argument the parser is. */
interface Place {
  readonly argument: 'where' | 'whereDocument';
  readonly path: string;
  readonly depth: number;
  /** What is left of FILTER_LIMITS, shared by all places of one call. */
  readonly left: Record<'conditions' | 'values' | 'patterns', number>;
}

/**
 * The filter both arguments make together, or null where neither is given (undefined or null).
 * An object holds exactly one key: a field, `$and` or `$or`; a field holds a scalar (short for `$eq`) or one operator. Own
 * enumerable keys alone are read, each once.
 *
 * - `$eq $ne`: a string, finite number or boolean · `$gt $gte $lt $lte`: a finite number · `$in $nin`: a non-empty list of one type
 * - `$contains $not_contains`: a scalar that the list under the field holds
 * - `$and $or`: a list of at least two conditions
 * - field `#document`, and whereDocument itself: `$contains $not_contains $regex $not_regex` with a string · field `#id`: `$eq $ne $in $nin`
 *
 * @throws VALUE_WHERE · VALUE_WHERE_DOCUMENT · VALUE_REGEX with `details.path`, e.g. `where.$and[1].price.$gt`
 */
export function parseFilter(where: unknown, whereDocument: unknown): Filter | null {
  const left = {
    conditions: FILTER_LIMITS.conditions,
    values: FILTER_LIMITS.values,
    patterns: FILTER_LIMITS.patterns,
  };
  const members: Filter[] = [];
  if (where !== undefined && where !== null) {
    const place: Place = { argument: 'where', path: 'where', depth: 0, left };
    members.push(reading(place, () => parseWhere(where, place)));
  }
  if (whereDocument !== undefined && whereDocument !== null) {
    const place: Place = { argument: 'whereDocument', path: 'whereDocument', depth: 0, left };
    members.push(reading(place, () => parseWhereDocument(whereDocument, place)));
  }
  return members.length > 1 ? { kind: 'and', members } : (members[0] ?? null);
}

/** A getter or proxy may throw anything while it is read. */
function reading(place: Place, parse: () => Filter): Filter {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ChromaError) throw error;
    throw kindexError(codeOf(place), `${place.path} could not be read`, {
      details: { path: place.path },
      cause: error,
    });
  }
}

function parseWhere(value: unknown, place: Place): Filter {
  const [key, operand] = onlyEntry(value, place, 'a condition');
  const at = below(place, key);
  if (key === '$and' || key === '$or') return parseMembers(key, operand, at, parseWhere);
  if (key.startsWith('$')) throw unknownOperator(place, key, GROUP_OPERATORS);
  if (key === DOCUMENT_FIELD) return parseDocument(operand, at);
  if (key.startsWith('chroma:')) {
    throw fault(
      at,
      `The field at ${at.path} is reserved`,
      "Use whereDocument, or the field '#document', for the text.",
    );
  }
  return key === ID_FIELD ? parseId(operand, at) : parseField(key, operand, at);
}

function parseField(field: string, value: unknown, place: Place): Filter {
  if (isScalar(value)) return { kind: 'isOneOf', field, values: [checkScalar(value, place)], negated: false };
  const [operator, operand, at] = onlyOperator(value, place, FIELD_OPERATORS);
  switch (operator) {
    case '$eq':
    case '$ne':
      return { kind: 'isOneOf', field, values: [checkScalar(operand, at)], negated: operator === '$ne' };
    case '$in':
    case '$nin':
      return { kind: 'isOneOf', field, values: checkList(operand, at), negated: operator === '$nin' };
    case '$contains':
    case '$not_contains':
      return {
        kind: 'listContains',
        field,
        value: checkScalar(operand, at),
        negated: operator === '$not_contains',
      };
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return { kind: 'compare', field, operator, operand: checkNumber(operator, operand, at) };
    default:
      return operator satisfies never;
  }
}

function parseId(value: unknown, place: Place): Filter {
  if (isScalar(value)) return { kind: 'idIsOneOf', ids: [checkId(value, place)], negated: false };
  const [operator, operand, at] = onlyOperator(value, place, ID_OPERATORS);
  if (operator === '$eq' || operator === '$ne') {
    return { kind: 'idIsOneOf', ids: [checkId(operand, at)], negated: operator === '$ne' };
  }
  const ids = checkList(operand, at).map((id, i) => checkId(id, item(at, i)));
  return { kind: 'idIsOneOf', ids, negated: operator === '$nin' };
}

/** What stands under `#document`. */
function parseDocument(value: unknown, place: Place): Filter {
  if (isScalar(value)) {
    throw fault(
      place,
      `Expected ${place.path} to be one of ${DOCUMENT_OPERATORS.join(', ')} with a text, but got ${describeValue(value)}`,
    );
  }
  const [operator, operand, at] = onlyOperator(value, place, DOCUMENT_OPERATORS);
  return documentClause(operator, operand, at);
}

function parseWhereDocument(value: unknown, place: Place): Filter {
  const [operator, operand, at] = onlyOperator(value, place, [...DOCUMENT_OPERATORS, ...GROUP_OPERATORS]);
  if (operator === '$and' || operator === '$or')
    return parseMembers(operator, operand, at, parseWhereDocument);
  return documentClause(operator, operand, at);
}

function documentClause(operator: (typeof DOCUMENT_OPERATORS)[number], operand: unknown, at: Place): Filter {
  if (typeof operand !== 'string') {
    // chromadb leaves this one to its server.
    throw fault(
      at,
      `Invalid where document clause: expected ${at.path} to be a string, but got ${describeValue(operand)}`,
      undefined,
      'client',
    );
  }
  const negated = operator === '$not_contains' || operator === '$not_regex';
  if (operator === '$regex' || operator === '$not_regex') {
    spend(at, 'patterns', 1);
    return { kind: 'documentMatches', pattern: readRegex(operand, at.path), negated };
  }
  // Half a pair would be found inside another character, which no document holds by itself.
  if (!operand.isWellFormed())
    throw fault(at, `Expected ${at.path} to be text, but it holds half of a surrogate pair`);
  return { kind: 'documentContains', text: operand, negated };
}

function parseMembers(
  operator: '$and' | '$or',
  operand: unknown,
  at: Place,
  parse: (value: unknown, place: Place) => Filter,
): Filter {
  if (at.depth > FILTER_LIMITS.depth) {
    throw fault(at, `${at.path.slice(0, 60)}… nests $and and $or more than ${FILTER_LIMITS.depth} deep`);
  }
  const members = readList(operand, at, { least: 2, what: 'conditions' }).map((member, i) =>
    parse(member, item(at, i)),
  );
  return { kind: operator === '$and' ? 'and' : 'or', members };
}

/** The single own key of an object, with its value, read once. */
function onlyEntry(value: unknown, place: Place, what: string): [key: string, value: unknown] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fault(
      place,
      `Expected ${place.path} to be ${what} (an object with exactly one key), but got ${describeValue(value)}`,
    );
  }
  const keys = Object.keys(value);
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw fault(
      place,
      `Expected ${place.path} to be ${what} with exactly one key, but got ${describeValue(value)}`,
      keys.length > 1 ? 'Combine conditions with $and: [{ … }, { … }].' : undefined,
    );
  }
  return [key, (value as Record<string, unknown>)[key]];
}

function onlyOperator<O extends string>(
  value: unknown,
  place: Place,
  allowed: readonly O[],
): [O, unknown, Place] {
  const [key, operand] = onlyEntry(value, place, 'an operator expression');
  const operator = allowed.find((known) => known === key);
  if (operator === undefined) throw unknownOperator(place, key, allowed);
  return [operator, operand, below(place, key)];
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' && typeof value !== 'function';
}

function checkScalar(value: unknown, place: Place): MetadataScalar {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw fault(
    place,
    `Expected ${place.path} to be a string, finite number or boolean, but got ${describeValue(value)}`,
    undefined,
    leftToServer(value),
  );
}

function checkNumber(operator: NumberOperator, value: unknown, place: Place): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw fault(
    place,
    `Expected operand value to be a finite number for ${operator} at ${place.path}, but got ${describeValue(value)}`,
    undefined,
    leftToServer(value),
  );
}

/** chromadb's client takes every number; its server does not. */
function leftToServer(value: unknown): 'client' | undefined {
  return typeof value === 'number' ? 'client' : undefined;
}

function checkId(value: unknown, place: Place): string {
  if (typeof value === 'string') return value;
  throw fault(place, `Expected ${place.path} to be an id (a string), but got ${describeValue(value)}`);
}

function checkList(list: unknown, place: Place): MetadataScalar[] {
  const values = readList(list, place, { least: 1, what: 'values' }).map((value, i) =>
    checkScalar(value, item(place, i)),
  );
  const other = values.findIndex((value) => typeof value !== typeof values[0]);
  if (other !== -1) {
    const at = item(place, other);
    throw fault(
      at,
      `Expected all values of ${place.path} to be of one type, but the first is ${describeValue(values[0])} and ${at.path} is ${describeValue(values[other])}`,
    );
  }
  return values;
}

/** A copy by index, once, and only after the length is known to be allowed: a list may claim any, and bring its own iterator. */
function readList(
  list: unknown,
  place: Place,
  { least, what }: { least: 1 | 2; what: 'conditions' | 'values' },
): unknown[] {
  const length = Array.isArray(list) ? list.length : 0;
  if (!Array.isArray(list) || length < least) {
    const size = least === 1 ? 'a non-empty list of' : 'a list of at least two';
    throw fault(place, `Expected ${place.path} to be ${size} ${what}, but got ${describeValue(list)}`);
  }
  spend(place, what, length);
  const copy: unknown[] = [];
  for (let i = 0; i < length; i++) copy.push(list[i]);
  return copy;
}

function unknownOperator(place: Place, given: string, allowed: readonly string[]): ChromaError {
  const squash = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');
  const near = allowed.find((known) => squash(known) === squash(given));
  const at = below(place, given);
  if ((given === '$regex' || given === '$not_regex') && place.argument === 'where') {
    return fault(
      at,
      `${given} at ${at.path} works on the document only`,
      "Use whereDocument, or the field '#document'.",
    );
  }
  return fault(
    at,
    `Expected operator to be one of ${allowed.join(', ')} at ${at.path}, but got ${describeValue(given)}`,
    near === undefined ? undefined : `Did you mean ${near}?`,
  );
}

function spend(place: Place, what: 'conditions' | 'values' | 'patterns', count: number): void {
  place.left[what] -= count;
  if (place.left[what] < 0)
    throw fault(
      place,
      `A filter may hold at most ${FILTER_LIMITS[what]} ${what}; ${place.path} is beyond that`,
    );
}

function below(place: Place, key: string): Place {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  const step = /^[\w$#:-]+…?$/.test(shown) ? `.${shown}` : `[${JSON.stringify(shown)}]`;
  return {
    ...place,
    path: place.path + step,
    depth: key === '$and' || key === '$or' ? place.depth + 1 : place.depth,
  };
}

function item(place: Place, index: number): Place {
  return { ...place, path: `${place.path}[${index}]` };
}

function codeOf(place: Place): ErrorCode {
  return place.argument === 'where' ? 'VALUE_WHERE' : 'VALUE_WHERE_DOCUMENT';
}

function fault(place: Place, message: string, fix?: string, as?: 'client'): ChromaError {
  return kindexError(codeOf(place), message, {
    details: { path: place.path },
    as,
    ...(fix === undefined ? {} : { fix }),
  });
}
