/** A pattern's tree becomes a program for regex-run.ts: a nondeterministic automaton as flat arrays (Thompson's construction). */
import { kindexError } from '../base/errors.js';
import type { Assertion, CodePointSet, RegexNode } from './regex-syntax.js';

/** Instructions. `MATCH` is the first of every program. */
export const MATCH = 0;
/** Take a code point of set `b[pc]`, go on at `a[pc]`. */
export const TAKE = 1;
/** Go on at `a[pc]` and at `b[pc]`. */
export const SPLIT = 2;
/** Go on at `a[pc]` if assertion `b[pc]` holds here. */
export const ASSERT = 3;

/** Assertions by number, as `b[pc]` of an ASSERT holds them. */
export const ASSERTIONS: readonly Assertion[] = [
  'textStart',
  'textEnd',
  'lineStart',
  'lineEnd',
  'wordBoundary',
  'notWordBoundary',
  'wordStart',
  'wordEnd',
  'wordStartHalf',
  'wordEndHalf',
];

export interface RegexProgram {
  operations: Uint8Array<ArrayBuffer>;
  a: Uint16Array<ArrayBuffer>;
  b: Uint16Array<ArrayBuffer>;
  /** Where a match begins. */
  start: number;
  /** The different sets of the pattern. */
  sets: readonly { set: CodePointSet; ignoreCase: boolean }[];
  /** What the assertions look at, so that a run keeps no context the pattern does not ask for. */
  looksAtEdges: boolean;
  looksAtLines: boolean;
  looksAtWords: boolean;
  /** A match can begin at the start of the text only. */
  anchored: boolean;
  /** Every match begins with this; '' when nothing is known. */
  prefix: string;
  /** The prefix is the whole pattern. */
  literal: boolean;
}

/** Instructions a program may have: bounds the time per character, and keeps `a` and `b` in 16 bits. */
export const MAX_INSTRUCTIONS = 5_000;

/** Nodes visited while building; only counts over counts over nothing, such as (?:){9999}{9999}, come near it. */
const MAX_VISITS = 50_000;

/** @throws VALUE_REGEX when bounded repeats make the pattern larger than 5,000 instructions; `path`: as for parseRegex */
export function buildRegexProgram(tree: RegexNode, path = 'pattern'): RegexProgram {
  const builder = new ProgramBuilder(path);
  const start = builder.build(tree, builder.emit(MATCH, 0, 0));
  const assertions = new Set(builder.assertions.map((index) => ASSERTIONS[index]));
  const looksAtLines = assertions.has('lineStart') || assertions.has('lineEnd');
  return {
    operations: Uint8Array.from(builder.operations),
    a: Uint16Array.from(builder.a),
    b: Uint16Array.from(builder.b),
    start,
    sets: builder.sets,
    looksAtEdges: assertions.size > 0,
    looksAtLines,
    looksAtWords: [...assertions].some((assertion) => assertion !== undefined && /word/i.test(assertion)),
    anchored: isAnchored(tree),
    ...literalPrefix(tree),
  };
}

/** Builds from the end: each part is given the instruction that follows it. */
class ProgramBuilder {
  readonly operations: number[] = [];
  readonly a: number[] = [];
  readonly b: number[] = [];
  readonly sets: { set: CodePointSet; ignoreCase: boolean }[] = [];
  readonly assertions: number[] = [];
  readonly #setIndexes = new Map<string, number>();
  readonly #path: string;
  #visits = 0;

  constructor(path: string) {
    this.#path = path;
  }

  emit(operation: number, a: number, b: number): number {
    if (this.operations.length >= MAX_INSTRUCTIONS) throw this.#tooLarge();
    this.a.push(a);
    this.b.push(b);
    return this.operations.push(operation) - 1;
  }

  /** The instruction where `node`, followed by instruction `after`, begins. */
  build(node: RegexNode, after: number): number {
    if (++this.#visits > MAX_VISITS) throw this.#tooLarge();
    switch (node.kind) {
      case 'one':
        return this.emit(TAKE, after, this.#setIndex(node.set, node.ignoreCase));
      case 'assert': {
        const assertion = ASSERTIONS.indexOf(node.assertion);
        this.assertions.push(assertion);
        return this.emit(ASSERT, after, assertion);
      }
      case 'sequence':
        return node.parts.reduceRight((next, part) => this.build(part, next), after);
      case 'choice':
        return node.options
          .map((option) => this.build(option, after))
          .reduceRight((rest, option) => this.emit(SPLIT, option, rest));
      case 'repeat':
        return this.#buildRepeat(node.node, node.min, node.max, after);
      default:
        return node satisfies never;
    }
  }

  #buildRepeat(node: RegexNode, min: number, max: number | null, after: number): number {
    let next = after;
    let copies = min;
    if (max === null) {
      const loop = this.emit(SPLIT, after, after);
      const body = this.build(node, loop);
      this.a[loop] = body;
      // x{2,} is one x before x+: the loop is entered through its body.
      next = min === 0 ? loop : body;
      copies = Math.max(0, min - 1);
    } else {
      for (let i = min; i < max; i++) next = this.emit(SPLIT, this.build(node, next), after);
    }
    for (let i = 0; i < copies; i++) next = this.build(node, next);
    return next;
  }

  #setIndex(set: CodePointSet, ignoreCase: boolean): number {
    const key = JSON.stringify([set, ignoreCase]);
    const known = this.#setIndexes.get(key);
    if (known !== undefined) return known;
    const index = this.sets.push({ set, ignoreCase }) - 1;
    this.#setIndexes.set(key, index);
    return index;
  }

  #tooLarge(): Error {
    return kindexError(
      'VALUE_REGEX',
      `${this.#path}: the pattern needs more than ${MAX_INSTRUCTIONS} instructions`,
      {
        details: { path: this.#path, limit: MAX_INSTRUCTIONS },
        fix: 'Lower the counts in its {m,n}, or split it into several conditions.',
      },
    );
  }
}

/** A part that holds only at the start of the text keeps what it is part of there, wherever in it the part stands. */
function isAnchored(node: RegexNode): boolean {
  switch (node.kind) {
    case 'one':
      return false;
    case 'assert':
      return node.assertion === 'textStart';
    case 'sequence':
      return node.parts.some(isAnchored);
    case 'choice':
      return node.options.every(isAnchored);
    case 'repeat':
      return node.min > 0 && isAnchored(node.node);
    default:
      return node satisfies never;
  }
}

function literalPrefix(tree: RegexNode): { prefix: string; literal: boolean } {
  let prefix = '';
  for (const part of tree.kind === 'sequence' ? tree.parts : [tree]) {
    if (
      part.kind !== 'one' ||
      part.ignoreCase ||
      part.set.kind !== 'range' ||
      part.set.from !== part.set.to
    ) {
      return { prefix, literal: false };
    }
    prefix += String.fromCodePoint(part.set.from);
  }
  return { prefix, literal: true };
}
