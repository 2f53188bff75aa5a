/** A pattern in the syntax of Rust's regex crate becomes a tree, or an error that names the position. Matches nothing itself. */
import { kindexError } from '../base/errors.js';
import { parseClass } from './regex-class.js';
import { PatternCursor, type RegexFlags } from './regex-cursor.js';
import { parseEscape } from './regex-escape.js';
import {
  LAST_CODE_POINT,
  MAX_NESTING,
  MAX_PATTERN_LENGTH,
  singleCodePoint,
  type RegexNode,
} from './regex-syntax.js';

const NEW_LINE = 0x0a;
const EMPTY: RegexNode = { kind: 'sequence', parts: [] };

/**
 * The tree of `pattern`, at most 1,000 UTF-16 units. `path` is what errors call it.
 *
 * Taken: literals, `.`, classes with POSIX names, nesting and `&& -- ~~`, `\d \w \s` and their complements, `\pL`, `\p{…}`, `| ( )`,
 * `(?:…)`, named groups, `* + ? {m} {m,} {m,n}` with or without `?`, `^ $ \A \z \b \B \b{start} \b{end}`, `\x \u \U`, and the
 * flags i m s x U u, leading or scoped. Unicode throughout, case-sensitive unless (?i); `$` without (?m) is the very end.
 * Refused: back-references, look-around, flags R and -u, and what Rust refuses.
 * @throws VALUE_REGEX with `details.position`
 */
export function parseRegex(pattern: string, path = 'pattern'): RegexNode {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const length = pattern.length;
    throw kindexError(
      'VALUE_REGEX',
      `${path}: the pattern has ${length} characters, at most ${MAX_PATTERN_LENGTH} are taken`,
      {
        details: { path, length, limit: MAX_PATTERN_LENGTH },
      },
    );
  }
  const cursor = new PatternCursor(pattern, path);
  if (!pattern.isWellFormed()) throw cursor.fault('half of a surrogate pair', loneSurrogate(pattern));
  const names = new Set<string>();
  const tree = parseChoice(cursor, names);
  if (!cursor.atEnd) throw cursor.fault('a closing ) without its group', cursor.index);
  return tree;
}

function loneSurrogate(text: string): number {
  let index = 0;
  for (const character of text) {
    if (!character.isWellFormed()) break;
    index += character.length;
  }
  return index;
}

/** Up to the end or a `)`. */
function parseChoice(cursor: PatternCursor, names: Set<string>): RegexNode {
  const options = [parseSequence(cursor, names)];
  while (cursor.eat('|')) options.push(parseSequence(cursor, names));
  return options.length === 1 ? (options[0] ?? EMPTY) : { kind: 'choice', options };
}

function parseSequence(cursor: PatternCursor, names: Set<string>): RegexNode {
  const parts: RegexNode[] = [];
  for (;;) {
    cursor.skipIgnored();
    if (cursor.atEnd || cursor.next === '|' || cursor.next === ')') break;
    const node = parseAtom(cursor, names);
    // (?i) and the like are no atom: nothing of them can be repeated.
    if (node !== null) parts.push(parseRepeats(cursor, node));
  }
  return parts.length === 1 ? (parts[0] ?? EMPTY) : { kind: 'sequence', parts };
}

function parseAtom(cursor: PatternCursor, names: Set<string>): RegexNode | null {
  const { ignoreCase, multiLine, dotAll } = cursor.flags;
  switch (cursor.next) {
    case '(':
      return parseGroup(cursor, names);
    case '[':
      return { kind: 'one', set: parseClass(cursor), ignoreCase };
    case '\\': {
      const escape = parseEscape(cursor);
      if (escape.kind === 'assert') return escape;
      return {
        kind: 'one',
        set: escape.kind === 'set' ? escape.set : singleCodePoint(escape.codePoint),
        ignoreCase,
      };
    }
    case '.': {
      cursor.take();
      const set = dotAll
        ? ({ kind: 'range', from: 0, to: LAST_CODE_POINT } as const)
        : ({ kind: 'not', set: singleCodePoint(NEW_LINE) } as const);
      return { kind: 'one', set, ignoreCase: false };
    }
    case '^':
      cursor.take();
      return { kind: 'assert', assertion: multiLine ? 'lineStart' : 'textStart' };
    case '$':
      cursor.take();
      return { kind: 'assert', assertion: multiLine ? 'lineEnd' : 'textEnd' };
    case '*':
    case '+':
    case '?':
    case '{':
      throw cursor.fault(`${cursor.next} with nothing before it to repeat`, cursor.index);
    default:
      return { kind: 'one', set: singleCodePoint(cursor.take().codePointAt(0) ?? 0), ignoreCase };
  }
}

/** `node` with every quantifier that follows it, `a{2}{3}` and `a+*` included. */
function parseRepeats(cursor: PatternCursor, node: RegexNode): RegexNode {
  let repeated = node;
  for (;;) {
    cursor.skipIgnored();
    if (cursor.eat('*')) repeated = { kind: 'repeat', node: repeated, min: 0, max: null };
    else if (cursor.eat('+')) repeated = { kind: 'repeat', node: repeated, min: 1, max: null };
    else if (cursor.eat('?')) repeated = { kind: 'repeat', node: repeated, min: 0, max: 1 };
    else if (cursor.next === '{') repeated = { kind: 'repeat', node: repeated, ...parseCount(cursor) };
    else return repeated;
    cursor.eat('?');
  }
}

function parseCount(cursor: PatternCursor): { min: number; max: number | null } {
  const start = cursor.index;
  const rest = cursor.pattern.slice(start);
  const form = cursor.flags.extended ? /^\{\s*(\d+)\s*(,?)\s*(\d*)\s*\}/u : /^\{(\d+)(,?)(\d*)\}/;
  const found = form.exec(rest);
  if (found === null || (found[2] === '' && found[3] !== '')) {
    throw cursor.fault(
      'a repetition that is none of {m}, {m,} and {m,n}; write \\{ for the character',
      start,
    );
  }
  cursor.index += found[0].length;
  const min = Number(found[1]);
  const max = found[2] === '' ? min : found[3] === '' ? null : Number(found[3]);
  if (max !== null && max < min)
    throw cursor.fault('a repetition whose greatest count is below its least', start);
  return { min, max };
}

/** A group, or null for flags alone. Flags set inside a group end with it. */
function parseGroup(cursor: PatternCursor, names: Set<string>): RegexNode | null {
  const start = cursor.index;
  const outer = cursor.flags;
  cursor.take();
  cursor.skipIgnored();
  if (['?=', '?!', '?<=', '?<!'].some((sign) => cursor.startsWith(sign))) {
    throw cursor.fault('look-around is not supported', start);
  }
  if (cursor.startsWith('?P=') || cursor.startsWith('?P>')) {
    throw cursor.fault('back-references are not supported', start);
  }
  if (cursor.eat('?P<') || cursor.eat('?<')) {
    parseName(cursor, names);
  } else if (cursor.eat('?')) {
    const { flags, scoped } = parseFlags(cursor, start);
    cursor.flags = flags;
    if (!scoped) return null;
  }
  if (++cursor.depth > MAX_NESTING)
    throw cursor.fault(`more than ${MAX_NESTING} groups or classes inside one another`, start);
  const node = parseChoice(cursor, names);
  if (!cursor.eat(')')) throw cursor.fault('a group without its closing )', start);
  cursor.depth--;
  cursor.flags = outer;
  return node;
}

/** Names mean nothing to a filter, but are checked like the rest. */
function parseName(cursor: PatternCursor, names: Set<string>): void {
  const start = cursor.index;
  const found = /^([\p{Alphabetic}_][\p{Alphabetic}\p{N}_.[\]]*)>/u.exec(cursor.pattern.slice(start));
  const name = found?.[1];
  if (found === null || name === undefined)
    throw cursor.fault('a group name that is empty, malformed or not closed by >', start);
  if (names.has(name)) throw cursor.fault(`a second group named ${name}`, start);
  names.add(name);
  cursor.index += found[0].length;
}

/** After `(?`: letters up to `)`, or up to `:` when they hold for this group only. */
function parseFlags(cursor: PatternCursor, groupStart: number): { flags: RegexFlags; scoped: boolean } {
  let flags = cursor.flags;
  let on = true;
  let dangling = false;
  const seen = new Set<string>();
  for (;;) {
    const start = cursor.index;
    const letter = cursor.take();
    if (letter === '') throw cursor.fault('a group without its closing )', groupStart);
    if (letter === ':' || letter === ')') {
      if (dangling) throw cursor.fault('- without a flag after it', start - 1);
      if (letter === ')' && seen.size === 0)
        throw cursor.fault('? with nothing before it to repeat', groupStart + 1);
      return { flags, scoped: letter === ':' };
    }
    if (seen.has(letter)) throw cursor.fault(`${letter} twice among the flags`, start);
    seen.add(letter);
    dangling = letter === '-';
    if (letter === '-') on = false;
    else if (letter === 'i') flags = { ...flags, ignoreCase: on };
    else if (letter === 'm') flags = { ...flags, multiLine: on };
    else if (letter === 's') flags = { ...flags, dotAll: on };
    else if (letter === 'x') flags = { ...flags, extended: on };
    else if (letter === 'R' || (letter === 'u' && !on)) {
      throw cursor.fault(`the flag ${on ? '' : '-'}${letter} is not supported`, start);
    } else if (letter !== 'U' && letter !== 'u') throw cursor.fault(`unknown flag ${letter}`, start);
  }
}
