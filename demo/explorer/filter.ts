/** What is filtered by, as the page builds it by clicking, and the same as Chroma's `where` and `whereDocument`. Pure. */
import type { MetadataScalar, Where, WhereDocument } from 'kindex';

/** A stretch of numbers: `from` ≤ x < `to`, or ≤ `to` where `closed`. One of the two bounds may be missing. */
export interface NumberRange {
  from?: number;
  to?: number;
  closed?: boolean;
}

/** One thing a key may be: exactly this value, a list that holds it, or a number in a range. */
export type Alternative = { is: MetadataScalar } | { has: MetadataScalar } | { in: NumberRange };

/** Holds where any of the alternatives does; `not` turns it round (never together with a range). */
export interface KeyCondition {
  key: string;
  not?: boolean;
  any: Alternative[];
}

export const DOCUMENT_MODES = ['contains', 'regex', 'not_contains', 'not_regex'] as const;
export type DocumentMode = (typeof DOCUMENT_MODES)[number];

export interface DocumentCondition {
  mode: DocumentMode;
  /** Empty: no condition. */
  text: string;
}

/** Conditions on different keys all hold at once. */
export interface Filter {
  keys: readonly KeyCondition[];
  document: DocumentCondition;
}

export const NO_FILTER: Filter = { keys: [], document: { mode: 'contains', text: '' } };

export function isEmptyFilter({ keys, document }: Filter): boolean {
  return keys.length === 0 && document.text === '';
}

/** The metadata part in Chroma's words; undefined where nothing is asked. */
export function toWhere({ keys }: Filter): Where | undefined {
  return all(keys.flatMap(conditionsOf));
}

/** The document part in Chroma's words; undefined where nothing is asked. */
export function toWhereDocument({ document: { mode, text } }: Filter): WhereDocument | undefined {
  if (text === '') return undefined;
  switch (mode) {
    case 'contains':
      return { $contains: text };
    case 'regex':
      return { $regex: text };
    case 'not_contains':
      return { $not_contains: text };
    case 'not_regex':
      return { $not_regex: text };
  }
}

/** With `alternative` where it was not, without it where it was. A range ends a negation: its opposite is no single stretch. */
export function toggle(filter: Filter, key: string, alternative: Alternative): Filter {
  const before = filter.keys.find((condition) => condition.key === key);
  if (!before) return { ...filter, keys: [...filter.keys, { key, any: [alternative] }] };
  const any = includesAlternative(before.any, alternative)
    ? before.any.filter((other) => !isSame(other, alternative))
    : [...before.any, alternative];
  const after: KeyCondition =
    before.not && !any.some((one) => 'in' in one) ? { key, not: true, any } : { key, any };
  return {
    ...filter,
    keys: filter.keys
      .map((condition) => (condition === before ? after : condition))
      .filter((condition) => condition.any.length > 0),
  };
}

/** Turns `is` into `is not` and back. Conditions with a range stay as they are. */
export function negate(filter: Filter, key: string): Filter {
  return {
    ...filter,
    keys: filter.keys.map((condition) => {
      if (condition.key !== key || !canNegate(condition)) return condition;
      return condition.not ? { key, any: condition.any } : { ...condition, not: true };
    }),
  };
}

export function canNegate({ any }: KeyCondition): boolean {
  return !any.some((alternative) => 'in' in alternative);
}

export function withoutKey(filter: Filter, key: string): Filter {
  return { ...filter, keys: filter.keys.filter((condition) => condition.key !== key) };
}

export function isChosen(filter: Filter, key: string, alternative: Alternative): boolean {
  const condition = filter.keys.find((one) => one.key === key);
  return condition !== undefined && includesAlternative(condition.any, alternative);
}

/** Short text for an address; '' for no conditions on keys. */
export function formatKeys(keys: readonly KeyCondition[]): string {
  return keys.length === 0 ? '' : JSON.stringify(keys);
}

/** The reverse of `formatKeys`; null where the text is none of ours. */
export function parseKeys(text: string): KeyCondition[] | null {
  if (text === '') return [];
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  return Array.isArray(read) && read.every(isKeyCondition) ? read : null;
}

function conditionsOf({ key, not = false, any }: KeyCondition): Where[] {
  const parts: Where[] = [];
  // One list per type: `$in` takes values of one type only.
  for (const type of ['string', 'number', 'boolean']) {
    const values = any.flatMap((one) => ('is' in one && typeof one.is === type ? [one.is] : []));
    const [first] = values;
    if (first === undefined) continue;
    if (values.length > 1) parts.push({ [key]: not ? { $nin: values } : { $in: values } });
    else parts.push({ [key]: not ? { $ne: first } : first });
  }
  for (const one of any) {
    if ('has' in one) parts.push({ [key]: not ? { $not_contains: one.has } : { $contains: one.has } });
  }
  const ranges = any.flatMap((one) => ('in' in one ? [rangeConditions(key, one.in)] : []));
  // Alone, a range needs no bracket of its own.
  if (not || (parts.length === 0 && ranges.length === 1)) return [...parts, ...ranges.flat()];
  const either: Where[] = [...parts];
  for (const range of ranges) {
    const condition = all(range);
    if (condition) either.push(condition);
  }
  return either.length <= 1 ? either : [{ $or: either }];
}

function rangeConditions(key: string, { from, to, closed }: NumberRange): Where[] {
  const parts: Where[] = [];
  if (from !== undefined) parts.push({ [key]: { $gte: from } });
  if (to !== undefined) parts.push({ [key]: closed ? { $lte: to } : { $lt: to } });
  return parts;
}

function all(parts: Where[]): Where | undefined {
  return parts.length > 1 ? { $and: parts } : parts[0];
}

function includesAlternative(any: readonly Alternative[], alternative: Alternative): boolean {
  return any.some((one) => isSame(one, alternative));
}

function isSame(a: Alternative, b: Alternative): boolean {
  if ('is' in a) return 'is' in b && a.is === b.is;
  if ('has' in a) return 'has' in b && a.has === b.has;
  return (
    'in' in b &&
    a.in.from === b.in.from &&
    a.in.to === b.in.to &&
    (a.in.closed ?? false) === (b.in.closed ?? false)
  );
}

function isKeyCondition(value: unknown): value is KeyCondition {
  if (!isObject(value)) return false;
  const { key, not, any } = value;
  if (typeof key !== 'string' || !Array.isArray(any) || any.length === 0 || !any.every(isAlternative))
    return false;
  return not === undefined || (not === true && canNegate({ key, any }));
}

function isAlternative(value: unknown): value is Alternative {
  if (!isObject(value) || Object.keys(value).length !== 1) return false;
  if ('is' in value) return isScalar(value['is']);
  if ('has' in value) return isScalar(value['has']);
  const range = value['in'];
  if (!isObject(range)) return false;
  const { from, to, closed } = range;
  return (
    (from !== undefined || to !== undefined) &&
    (from === undefined || Number.isFinite(from)) &&
    (to === undefined || Number.isFinite(to)) &&
    (closed === undefined || typeof closed === 'boolean')
  );
}

function isScalar(value: unknown): value is MetadataScalar {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
