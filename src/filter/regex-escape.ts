/** What stands after a backslash, inside a class or outside. */
import type { PatternCursor } from './regex-cursor.js';
import { propertySet } from './regex-set.js';
import { DIGIT, SPACE, WORD, type Assertion, type CodePointSet } from './regex-syntax.js';

export type RegexEscape =
  | { kind: 'literal'; codePoint: number }
  | { kind: 'set'; set: CodePointSet }
  | { kind: 'assert'; assertion: Assertion };

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['f', 0x0c],
  ['t', 0x09],
  ['n', 0x0a],
  ['r', 0x0d],
  ['v', 0x0b],
]);

const SETS: ReadonlyMap<string, CodePointSet> = new Map([
  ['d', DIGIT],
  ['s', SPACE],
  ['w', WORD],
  ['D', { kind: 'not', set: DIGIT }],
  ['S', { kind: 'not', set: SPACE }],
  ['W', { kind: 'not', set: WORD }],
]);

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ['A', 'textStart'],
  ['z', 'textEnd'],
  ['b', 'wordBoundary'],
  ['B', 'notWordBoundary'],
  ['<', 'wordStart'],
  ['>', 'wordEnd'],
]);

const WORD_EDGES: ReadonlyMap<string, Assertion> = new Map([
  ['start', 'wordStart'],
  ['end', 'wordEnd'],
  ['start-half', 'wordStartHalf'],
  ['end-half', 'wordEndHalf'],
]);

/** Digits of \x, \u and \U without braces. */
const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** The escape at `cursor`, which stands on its backslash. @throws VALUE_REGEX */
export function parseEscape(cursor: PatternCursor): RegexEscape {
  const start = cursor.index;
  cursor.take();
  const letter = cursor.take();
  const control = CONTROLS.get(letter);
  if (control !== undefined) return { kind: 'literal', codePoint: control };
  const set = SETS.get(letter);
  if (set !== undefined) return { kind: 'set', set };
  const assertion = ASSERTIONS.get(letter);
  if (assertion !== undefined) {
    return { kind: 'assert', assertion: (letter === 'b' ? parseWordEdge(cursor) : null) ?? assertion };
  }
  const digits = HEX_DIGITS.get(letter);
  if (digits !== undefined) return { kind: 'literal', codePoint: parseHex(cursor, digits) };
  if (letter === 'p' || letter === 'P')
    return { kind: 'set', set: parseProperty(cursor, start, letter === 'P') };

  if (letter === '') throw cursor.fault('a backslash at the end', start);
  if (/^\d/.test(letter)) throw cursor.fault('back-references are not supported', start);
  if (letter === 'k') throw cursor.fault('back-references are not supported', start);
  // Letters are kept for escapes to come; any other ASCII character may be escaped, whether that changes it or not.
  if (!/^[\0-\x7f]$/.test(letter) || /^[a-z]$/i.test(letter)) {
    throw cursor.fault(`unknown escape \\${letter}`, start);
  }
  return { kind: 'literal', codePoint: letter.charCodeAt(0) };
}

/** The `{start}` of `\b{start}`; null when a count such as `\b{2}` or anything else follows. */
function parseWordEdge(cursor: PatternCursor): Assertion | null {
  const found = /^\{([A-Za-z-]+)\}/.exec(cursor.pattern.slice(cursor.index));
  if (found === null) return null;
  const edge = WORD_EDGES.get(found[1] ?? '');
  if (edge === undefined) {
    throw cursor.fault(`\\b{${found[1]}} is not one of ${[...WORD_EDGES.keys()].join(', ')}`, cursor.index);
  }
  cursor.index += found[0].length;
  return edge;
}

function parseHex(cursor: PatternCursor, digits: number): number {
  const start = cursor.index;
  const rest = cursor.pattern.slice(start);
  const found = /^\{([0-9a-f]+)\}/i.exec(rest) ?? new RegExp(`^([0-9a-f]{${digits}})`, 'i').exec(rest);
  if (found === null) throw cursor.fault(`expected ${digits} hexadecimal digits, or some in braces`, start);
  const codePoint = Number.parseInt(found[1] ?? '', 16);
  if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) {
    throw cursor.fault(`${found[1]} is not a Unicode character`, start);
  }
  cursor.index += found[0].length;
  return codePoint;
}

function parseProperty(cursor: PatternCursor, start: number, negated: boolean): CodePointSet {
  let name = cursor.take();
  if (name === '{') {
    const end = cursor.pattern.indexOf('}', cursor.index);
    if (end === -1) throw cursor.fault('a property name without its closing }', start);
    name = cursor.pattern.slice(cursor.index, end);
    cursor.index = end + 1;
  }
  const set = propertySet(name);
  if (set === null) throw cursor.fault(`unknown Unicode property ${JSON.stringify(name)}`, start);
  return negated ? { kind: 'not', set } : set;
}
