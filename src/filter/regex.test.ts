import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ChromaClientError, ChromaError } from '../base/errors.js';
import { MAX_INSTRUCTIONS } from './regex-program.js';
import { readRegex } from './regex.js';
import type { Regex } from './regex.js';

const compileRegex = (pattern: string): Regex => readRegex(pattern).compile();

/** Whether `pattern` occurs in `text`. */
const occurs = (pattern: string, text: string): boolean => compileRegex(pattern).test(text);

function refusal(pattern: string): ChromaError {
  try {
    readRegex(pattern, 'where.$regex');
  } catch (error) {
    if (error instanceof ChromaError) return error;
    throw error;
  }
  throw new Error(`${pattern} was accepted`);
}

describe('what a pattern matches', () => {
  test.each([
    ['foo', 'a foo b', true],
    ['foo', 'a Foo b', false],
    ['', '', true],
    ['', 'anything', true],
    ['^foo', 'a foo', false],
    ['foo$', 'foo\n', false],
    ['(?m)foo$', 'foo\nbar', true],
    ['(?m)^bar', 'foo\nbar', true],
    ['\\Abar', 'foo\nbar', false],
    ['(?m)foo\\z', 'foo\nbar', false],
    ['a.b', 'a\nb', false],
    ['a.b', 'a\rb', true],
    ['(?s)a.b', 'a\nb', true],
    ['^.$', '😀', true],
    ['^..$', '😀', false],
    ['(?i)foo', 'FoO', true],
    ['(?i:f)oo', 'Foo', true],
    ['(?i:f)oo', 'FOO', false],
    ['a(?i)b|c', 'C', true],
    ['(a(?i)b)|c', 'C', false],
    ['(?i)straſſe', 'STRASSE', true],
    ['(?i)k', '\u212a', true],
    ['(?i)[^k]', 'K', false],
    ['(?i)\\P{Lu}', 'a', false],
    ['(?x) f o # comment\n o', 'foo', true],
    ['(?x)[a b]\\ c', 'b c', true],
    ['\\bé', 'aé', false],
    ['\\bé', 'a é', true],
    ['\\d', '٣', true],
    ['\\s', '\u00a0', true],
    ['^\\w+$', 'e\u0301_日9', true],
    ['\\pL', '日', true],
    ['\\PL', '日', false],
    ['\\p{Greek}', 'α', true],
    ['\\p{greek}', 'a', false],
    ['\\p{gc!=Lu}', 'A', false],
    ['\\p{Script=Han}', '日', true],
    ['[[:alpha:]]', 'é', false],
    ['[[:^alpha:]]', 'é', true],
    ['^[\\w--\\d]+$', 'ab1', false],
    ['^[a-z&&[^aeiou]]+$', 'xyz', true],
    ['[a~~b]', 'b', true],
    ['[]-]', ']', true],
    ['[a-]', '-', true],
    ['a{2,3}b', 'aab', true],
    ['^a{2,3}$', 'aaaa', false],
    ['^a{2,}$', 'aaaa', true],
    ['^(?:ab){2}$', 'abab', true],
    ['^a{0}$', '', true],
    ['^(?:a*)*$', 'aaa', true],
    ['(?P<year>\\d{4})-(?<month>\\d\\d)', 'on 2024-05', true],
    ['\\x41\\u0042\\u{43}\\x{1F600}', 'ABC😀', true],
    ['\\bfoo\\b', 'foo', true],
    ['\\Bo\\b', 'foo', true],
    ['\\b{start}foo\\b{end}', 'a foo.', true],
    ['a\\*\\-\\/', 'a*-/', true],
  ])('%j in %j: %j', (pattern, text, expected) => {
    expect(occurs(pattern, text)).toBe(expected);
  });

  const recorded = JSON.parse(readFileSync(new URL('./fixtures/regex.json', import.meta.url), 'utf8')) as {
    texts: string[];
    patterns: [pattern: string, matches: number[] | null][];
  };

  // What Rust's crate takes and this one does not; `(?:){1000}{1000}` is a million steps over nothing.
  const NOT_TAKEN = ['(?-u)a', '(?R)a', '\\p{wspace}', '(?:){1000}{1000}'];

  test('a Chroma server gives the same answer for every recorded pattern and text', () => {
    const ours = recorded.patterns.map(([pattern]) => {
      let regex;
      try {
        regex = compileRegex(pattern);
      } catch (error) {
        expect(error).toMatchObject({ code: 'VALUE_REGEX' });
        return [pattern, null];
      }
      return [pattern, recorded.texts.flatMap((text, i) => (regex.test(text) ? i : []))];
    });
    const theirs = recorded.patterns.map(([pattern, matches]) => [
      pattern,
      NOT_TAKEN.includes(pattern) ? null : matches,
    ]);
    expect(recorded.patterns.length).toBeGreaterThan(500);
    expect(ours).toEqual(theirs);
  });

  test('one compiled pattern answers for text after text as new ones do', () => {
    for (const [pattern, matches] of recorded.patterns.slice(0, 200)) {
      if (matches === null || NOT_TAKEN.includes(pattern)) continue;
      const regex = compileRegex(pattern);
      for (const text of recorded.texts) regex.test(text);
      expect(recorded.texts.map((text) => regex.test(text))).toEqual(
        recorded.texts.map((text) => occurs(pattern, text)),
      );
    }
  });

  test('an edge after a character of two code units looks at the whole of it', () => {
    expect(occurs('\\bfoo', '\u{1d400}foo')).toBe(false);
    expect(occurs('\\bfoo', 'x \u{1d400}foo')).toBe(false);
    expect(occurs('\\bfoo', '\u{1f600}foo')).toBe(true);
    expect(occurs('\\Bfoo', '\u{1d400}foo')).toBe(true);
    expect(occurs('\\bfoo', '\udc00foo')).toBe(true);
  });
});

/** Patterns that mean the same here and in JavaScript with the u flag. */
function commonPatterns(characters: string[], edges: string[]): fc.Arbitrary<string> {
  const literal = fc.constantFrom(...characters.map((character) => (character === '.' ? '\\.' : character)));
  const { node } = fc.letrec<{ node: string; atom: string }>((tie) => ({
    atom: fc.oneof(
      { weight: 6, arbitrary: literal },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '.',
          '\\d',
          '\\s',
          '\\p{L}',
          '\\P{L}',
          '[ab]',
          '[^a]',
          '[a-c]',
          '[^\\d\\s]',
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom(...edges) },
    ),
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('atom'),
      fc.tuple(tie('node'), tie('node')).map(([left, right]) => left + right),
      fc.tuple(tie('node'), tie('node')).map(([left, right]) => `(?:${left}|${right})`),
      fc
        .tuple(
          tie('node'),
          fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,1}', '{2,}', '*?', '+?', '{1,2}?'),
        )
        .map(([inner, quantifier]) => `(?:${inner})${quantifier}`),
    ),
  }));
  return node;
}

const flagSets = fc.subarray(['i', 'm', 's']);

function textOf(characters: string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...characters), { maxLength: 10 }).map((list) => list.join(''));
}

function agreesWithJavaScript(characters: string[], edges: string[]): void {
  fc.assert(
    fc.property(commonPatterns(characters, edges), flagSets, textOf(characters), (pattern, flags, text) => {
      const ours = flags.length === 0 ? pattern : `(?${flags.join('')})${pattern}`;
      expect(occurs(ours, text)).toBe(new RegExp(pattern, `u${flags.join('')}`).test(text));
    }),
    { numRuns: 2_000 },
  );
}

describe('against the platform, on patterns that mean the same to both', () => {
  test('random patterns match the same texts, in Unicode and under flags', () => {
    agreesWithJavaScript(
      ['a', 'b', 'A', 'k', 'K', '\u212a', 'ß', 'é', '1', ' ', '\n', '.', '😀', '日'],
      ['^', '$', ''],
    );
  });

  test('random patterns with word boundaries match the same ASCII texts', () => {
    agreesWithJavaScript(['a', 'b', 'C', '_', '7', ' ', '-', '\n'], ['^', '$', '\\b', '\\B']);
  }, 60_000);

  test('every code point of the first plane is classed as the platform classes it', () => {
    const members = compileRegex('^[\\p{L}\\p{Nd}--\\p{Script=Greek}]$');
    const folded = compileRegex('(?i)^[a-zα-ω]$');
    for (let codePoint = 0; codePoint < 0x10000; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue;
      const character = String.fromCharCode(codePoint);
      if (
        members.test(character) !==
        (/^[\p{L}\p{Nd}]$/u.test(character) && /^\P{Script=Greek}$/u.test(character))
      ) {
        throw new Error(`members of U+${codePoint.toString(16)} differ`);
      }
      if (folded.test(character) !== /^[a-zα-ω]$/iu.test(character)) {
        throw new Error(`case variants of U+${codePoint.toString(16)} differ`);
      }
    }
    expect(members.test('\u{10400}')).toBe(true);
  });
});

describe('work', () => {
  /** Instructions visited over one text, and what linear allows: each instruction once per place between characters. */
  function work(pattern: string, text: string): { visits: number; bound: number } {
    const regex = compileRegex(pattern);
    regex.test(text);
    const { visits, instructions } = regex.stats();
    return { visits, bound: (text.length + 1) * instructions };
  }

  test.each(['(a+)+$', '(a|a)*$', '(a|aa)+$', '(?:a*)*b', '(.*)(.*)(.*)(.*)(.*)x', '^(a?){30}a{30}$'])(
    '%s, which backtracking never finishes, settles into states it knows',
    (pattern) => {
      const short = work(pattern, `${'a'.repeat(2_000)}!`);
      const long = work(pattern, `${'a'.repeat(200_000)}!`);
      expect(long.visits).toBeLessThan(long.bound);
      // A hundred times the text finds no state the short one had not found.
      expect(long.visits).toBe(short.visits);
    },
  );

  test.each(['[ab]*a[ab]{14}c', '(a|b)*a(a|b){300}c', '(?:a?b?){500}c'])(
    '%s, which has more states than can be kept, visits each instruction at most once per character',
    (pattern) => {
      let seed = 1;
      const text = Array.from({ length: 4_000 }, () => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return seed & 0x10000 ? 'a' : 'b';
      }).join('');
      const { visits, bound } = work(pattern, text);
      expect(visits).toBeGreaterThan(0);
      expect(visits).toBeLessThanOrEqual(bound);
    },
  );

  test('states are dropped when there are too many, and the answers stay right', () => {
    const regex = compileRegex('a[ab]{200}c');
    let seed = 7;
    const next = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 16;
    let found = 0;
    for (let round = 0; round < 40; round++) {
      const text = Array.from({ length: 600 }, () =>
        next() % 220 === 0 ? 'c' : next() % 2 === 0 ? 'a' : 'b',
      ).join('');
      const expected = Array.from(text).some(
        (letter, i) => letter === 'c' && text[i - 201] === 'a' && !text.slice(i - 200, i).includes('c'),
      );
      expect(regex.test(text)).toBe(expected);
      if (expected) found++;
    }
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(35);
    expect(regex.stats().states).toBeLessThanOrEqual(1_000);
    expect(regex.stats().visits).toBeGreaterThan(1_000 * 50);
  });

  test('more classes than a row of the table begins with are found on the way', () => {
    const letters = Array.from({ length: 50 }, (_, i) =>
      String.fromCodePoint((i % 2 === 0 ? 0x61 : 0x3b1) + (i >> 1)),
    );
    const regex = compileRegex(letters.map((letter, i) => `${letter}${letters[(i * 7 + 3) % 50]}`).join('|'));
    letters.forEach((left) =>
      letters.forEach((right, j) => {
        const i = letters.indexOf(left);
        expect(regex.test(`!${left}${right}!`)).toBe(j === (i * 7 + 3) % 50);
      }),
    );
  });
});

describe('what is refused', () => {
  test.each([
    ['a(?=b)', 'look-around', 1],
    ['(?!b)', 'look-around', 0],
    ['(?<=a)b', 'look-around', 0],
    ['(?<!a)b', 'look-around', 0],
    ['(a)\\1', 'back-references', 3],
    ['(?P<n>a)(?P=n)', 'back-references', 8],
    ['(?<n>a)\\k<n>', 'back-references', 7],
    ['ab(c', 'without its closing )', 2],
    ['ab)c', 'without its group', 2],
    ['a[b', 'without its closing ]', 1],
    ['[a-', 'without its closing ]', 0],
    ['*a', 'nothing before it', 0],
    ['a|+', 'nothing before it', 2],
    ['(?i)*', 'nothing before it', 4],
    ['(?)', 'nothing before it', 1],
    ['a{', 'none of {m}', 1],
    ['a{,2}', 'none of {m}', 1],
    ['a{3,2}', 'below its least', 1],
    ['[z-a]', 'ends before it begins', 1],
    ['[a-\\d]', 'single character', 3],
    ['[\\b]', 'an assertion inside a class', 1],
    ['a\\', 'backslash at the end', 1],
    ['a\\e', 'unknown escape \\e', 1],
    ['\\é', 'unknown escape \\é', 0],
    ['\\x{D800}', 'not a Unicode character', 2],
    ['\\x{110000}', 'not a Unicode character', 2],
    ['\\u12', '4 hexadecimal digits', 2],
    ['\\p{Klingon}', 'unknown Unicode property "Klingon"', 0],
    ['\\p{Age=6.0}', 'unknown Unicode property', 0],
    ['\\p{a}|b]', 'unknown Unicode property "a"', 0],
    ['\\pé', 'unknown Unicode property "é"', 0],
    ['\\p{L', 'closing }', 0],
    ['\\b{middle}', 'not one of start', 2],
    ['(?<n>a)(?<n>b)', 'a second group named n', 10],
    ['(?<1>a)', 'group name', 3],
    ['(?ii)a', 'twice among the flags', 3],
    ['(?i-)a', '- without a flag', 3],
    ['(?z)a', 'unknown flag z', 2],
    ['(?#c)a', 'unknown flag #', 2],
    ['(?R)a', 'flag R is not supported', 2],
    ['(?-u)a', 'flag -u is not supported', 3],
    ['(?i', 'without its closing )', 0],
    ['a\ud800', 'surrogate', 1],
    ['('.repeat(251), 'inside one another', 250],
    ['['.repeat(251), 'inside one another', 250],
  ])('%j: %s, at position %i', (pattern, says, position) => {
    const error = refusal(pattern);
    expect(error).toBeInstanceOf(ChromaClientError);
    expect(error.code).toBe('VALUE_REGEX');
    expect(error.message).toContain(says);
    expect(error.message).toMatch(/^where\.\$regex: /);
    expect(error.details).toMatchObject({ path: 'where.$regex', position });
  });

  test('a pattern of more than 1,000 characters is refused, one of 1,000 is not', () => {
    expect(refusal('a'.repeat(1_001)).details).toMatchObject({ length: 1_001, limit: 1_000 });
    expect(occurs('a'.repeat(1_000), 'a'.repeat(1_000))).toBe(true);
  });

  test.each([
    'a{5000}',
    '(a{100}){100}',
    '((a{99}){99}){99}',
    '(?:a?){0,2500}',
    '(?:){1000}{1000}',
    'a{99999999999999999999}',
  ])('%s needs more instructions than a program may have', (pattern) => {
    expect(refusal(pattern)).toMatchObject({ code: 'VALUE_REGEX', details: { limit: MAX_INSTRUCTIONS } });
  });

  test('counts below the limit are taken', () => {
    expect(occurs('foo.{0,1000}bar', `foo${'x'.repeat(1_000)}bar`)).toBe(true);
    expect(occurs('foo.{0,1000}bar', `foo${'x'.repeat(1_001)}bar`)).toBe(false);
    expect(occurs('^\\w{1000}$', 'ä'.repeat(1_000))).toBe(true);
  });

  test('any string is a pattern or a VALUE_REGEX, and a pattern takes any text, also an ill-formed one', () => {
    const signs = fc.constantFrom(...Array.from('()[]{}|*+?^$\\-&~:,<>!=#ixmspPbwd0129aA\n😀'));
    const patterns = fc.oneof(
      fc.array(signs, { maxLength: 12 }).map((list) => list.join('')),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    let taken = 0;
    fc.assert(
      fc.property(
        patterns,
        fc.string({ unit: fc.constantFrom('a', '1', '\n', '\ud83d', '\ude00', '😀') }),
        (pattern, text) => {
          try {
            const regex = compileRegex(pattern);
            taken++;
            expect(typeof regex.test(text)).toBe('boolean');
          } catch (error) {
            expect(error).toMatchObject({ code: 'VALUE_REGEX' });
          }
        },
      ),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(500);
  }, 60_000);
});
