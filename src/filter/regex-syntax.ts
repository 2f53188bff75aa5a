/** The parts a pattern is made of: the tree that regex-parse.ts writes and regex-program.ts reads. Data only, JSON-able. */

/** A set of Unicode code points. Membership under (?i): regex-set.ts. */
export type CodePointSet =
  /** Both ends included. */
  | { kind: 'range'; from: number; to: number }
  /** `name` is what stands in a JavaScript `\p{…}` under the `u` flag, e.g. `L`, `Script=Greek`, `White_Space`. */
  | { kind: 'property'; name: string }
  /** Empty without members. */
  | { kind: 'union'; members: readonly CodePointSet[] }
  | { kind: 'not'; set: CodePointSet }
  | { kind: 'intersection' | 'difference' | 'symmetricDifference'; left: CodePointSet; right: CodePointSet };

/** Conditions on a place between two characters. A line ends before \n and nowhere else; a word is a run of \w. */
export type Assertion =
  | 'textStart'
  | 'textEnd'
  | 'lineStart'
  | 'lineEnd'
  | 'wordBoundary'
  | 'notWordBoundary'
  | 'wordStart'
  | 'wordEnd'
  | 'wordStartHalf'
  | 'wordEndHalf';

export type RegexNode =
  /** One code point. */
  | { kind: 'one'; set: CodePointSet; ignoreCase: boolean }
  | { kind: 'assert'; assertion: Assertion }
  /** Matches the empty text when it has no parts. */
  | { kind: 'sequence'; parts: readonly RegexNode[] }
  | { kind: 'choice'; options: readonly RegexNode[] }
  /** `max` null: any number. Greedy and lazy are the same here: what matters is whether there is a match. */
  | { kind: 'repeat'; node: RegexNode; min: number; max: number | null };

/** UTF-16 units a pattern may have. */
export const MAX_PATTERN_LENGTH = 1_000;

/** Groups and classes inside one another; Rust's own limit. */
export const MAX_NESTING = 250;

export const LAST_CODE_POINT = 0x10ffff;

export function singleCodePoint(codePoint: number): CodePointSet {
  return { kind: 'range', from: codePoint, to: codePoint };
}

export const DIGIT: CodePointSet = { kind: 'property', name: 'Nd' };
export const SPACE: CodePointSet = { kind: 'property', name: 'White_Space' };

/** Unicode's words (UTS #18, annex C): letters, marks, digits, connectors, joiners. */
export const WORD: CodePointSet = {
  kind: 'union',
  members: ['Alphabetic', 'M', 'Nd', 'Pc', 'Join_Control'].map((name) => ({ kind: 'property', name })),
};
