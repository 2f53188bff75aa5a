/** Bracketed classes: ranges, escapes, POSIX names, classes in classes, and the operators && -- ~~ between them. */
import type { PatternCursor } from './regex-cursor.js';
import { parseEscape, type RegexEscape } from './regex-escape.js';
import { MAX_NESTING, singleCodePoint, type CodePointSet } from './regex-syntax.js';

type Operator = 'intersection' | 'difference' | 'symmetricDifference';

const OPERATORS: readonly (readonly [string, Operator])[] = [
  ['&&', 'intersection'],
  ['--', 'difference'],
  ['~~', 'symmetricDifference'],
];

/** POSIX names are ASCII, also here. Ranges as pairs of characters. */
const POSIX: ReadonlyMap<string, string> = new Map([
  ['alnum', '09AZaz'],
  ['alpha', 'AZaz'],
  ['ascii', '\0\x7f'],
  ['blank', '\t\t  '],
  ['cntrl', '\0\x1f\x7f\x7f'],
  ['digit', '09'],
  ['graph', '!~'],
  ['lower', 'az'],
  ['print', ' ~'],
  ['punct', '!/:@[`{~'],
  ['space', '\t\r  '],
  ['upper', 'AZ'],
  ['word', '09AZaz__'],
  ['xdigit', '09AFaf'],
]);

/** The class at `cursor`, which stands on its `[`. Union binds tighter than the operators, which group to the left. @throws VALUE_REGEX */
export function parseClass(cursor: PatternCursor): CodePointSet {
  const start = cursor.index;
  if (++cursor.depth > MAX_NESTING)
    throw cursor.fault(`more than ${MAX_NESTING} groups or classes inside one another`, start);
  cursor.take();
  cursor.skipIgnored();
  const negated = cursor.eat('^');
  let members = parseFirstLiterals(cursor);
  let left: CodePointSet | null = null;
  let operator: Operator | null = null;
  const combined = (): CodePointSet => {
    const right: CodePointSet = { kind: 'union', members };
    return left === null || operator === null ? right : { kind: operator, left, right };
  };
  for (;;) {
    cursor.skipIgnored();
    if (cursor.atEnd) throw cursor.fault('a class without its closing ]', start);
    const found = OPERATORS.find(([sign]) => cursor.startsWith(sign));
    if (cursor.eat(']')) break;
    if (cursor.next === '[') {
      members.push(parsePosix(cursor) ?? parseClass(cursor));
    } else if (found !== undefined) {
      left = combined();
      operator = found[1];
      members = [];
      cursor.eat(found[0]);
    } else {
      members.push(parseRange(cursor, start));
    }
  }
  cursor.depth--;
  const set = combined();
  return negated ? { kind: 'not', set } : set;
}

/** Any number of `-`, or one `]`, directly after the opening stands for itself. */
function parseFirstLiterals(cursor: PatternCursor): CodePointSet[] {
  const members: CodePointSet[] = [];
  cursor.skipIgnored();
  while (cursor.eat('-')) {
    members.push(singleCodePoint(0x2d));
    cursor.skipIgnored();
  }
  if (members.length === 0 && cursor.eat(']')) members.push(singleCodePoint(0x5d));
  return members;
}

/** `[:name:]` or `[:^name:]`; null when it is not one, and then it is a class like any other. */
function parsePosix(cursor: PatternCursor): CodePointSet | null {
  const found = /^\[:(\^?)([a-z]+):\]/.exec(cursor.pattern.slice(cursor.index));
  const pairs = POSIX.get(found?.[2] ?? '');
  if (found === null || pairs === undefined) return null;
  cursor.index += found[0].length;
  const members: CodePointSet[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    members.push({ kind: 'range', from: pairs.charCodeAt(i), to: pairs.charCodeAt(i + 1) });
  }
  const set: CodePointSet = { kind: 'union', members };
  return found[1] === '^' ? { kind: 'not', set } : set;
}

/** One item, or two with `-` between. A `-` before `]` or another `-` is no range. */
function parseRange(cursor: PatternCursor, classStart: number): CodePointSet {
  const start = cursor.index;
  const first = parseItem(cursor);
  const afterFirst = cursor.index;
  cursor.skipIgnored();
  if (!cursor.eat('-')) return itemSet(cursor, first, start);
  cursor.skipIgnored();
  if (cursor.next === ']' || cursor.next === '-') {
    cursor.index = afterFirst;
    return itemSet(cursor, first, start);
  }
  if (cursor.atEnd) throw cursor.fault('a class without its closing ]', classStart);
  const secondStart = cursor.index;
  const second = parseItem(cursor);
  const from = itemCodePoint(cursor, first, start);
  const to = itemCodePoint(cursor, second, secondStart);
  if (from > to) throw cursor.fault('a range that ends before it begins', start);
  return { kind: 'range', from, to };
}

function parseItem(cursor: PatternCursor): RegexEscape {
  if (cursor.next === '\\') return parseEscape(cursor);
  return { kind: 'literal', codePoint: cursor.take().codePointAt(0) ?? 0 };
}

function itemSet(cursor: PatternCursor, item: RegexEscape, at: number): CodePointSet {
  if (item.kind === 'assert') throw cursor.fault('an assertion inside a class', at);
  return item.kind === 'set' ? item.set : singleCodePoint(item.codePoint);
}

function itemCodePoint(cursor: PatternCursor, item: RegexEscape, at: number): number {
  if (item.kind !== 'literal') throw cursor.fault('a range needs a single character on either side', at);
  return item.codePoint;
}
