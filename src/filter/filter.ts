/** What `where` and `whereDocument` ask for, once parsed: data, but for patterns. Made by parse.ts, given its meaning by match.ts. */
import type { MetadataScalar } from '../base/types.js';
import type { RegexPattern } from './regex.js';

/** Number comparisons, by Chroma's names. */
export type NumberOperator = '$gt' | '$gte' | '$lt' | '$lte';

/**
 * One condition on a record. `negated` is exactly NOT: a record that lacks the key or the document, or holds
 * another type there, does not pass the plain form and passes the negated one.
 */
export type Filter =
  /** All, or at least one, of `members` pass. Never empty. */
  | { kind: 'and'; members: readonly Filter[] }
  | { kind: 'or'; members: readonly Filter[] }
  /** `$eq`, `$ne`, `$in`, `$nin`: the value under `field` is a scalar of the same type and equals one of `values`. */
  | { kind: 'isOneOf'; field: string; values: readonly MetadataScalar[]; negated: boolean }
  /** `$gt`, `$gte`, `$lt`, `$lte`: the value under `field` is a number that compares so with `operand`, which is finite. */
  | { kind: 'compare'; field: string; operator: NumberOperator; operand: number }
  /** `$contains`, `$not_contains` on metadata: the value under `field` is a list with an element equal to `value`. */
  | { kind: 'listContains'; field: string; value: MetadataScalar; negated: boolean }
  /** `$eq`, `$ne`, `$in`, `$nin` on `#id`. */
  | { kind: 'idIsOneOf'; ids: readonly string[]; negated: boolean }
  /** `$contains`, `$not_contains` on the document: literal, case-sensitive; '' is in every document. */
  | { kind: 'documentContains'; text: string; negated: boolean }
  /** `$regex`, `$not_regex` on the document: `pattern` occurs somewhere in it. */
  | { kind: 'documentMatches'; pattern: RegexPattern; negated: boolean };
