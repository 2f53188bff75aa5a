/** The automaton behind a pattern, where it grows, forgets and classifies: its answers must not notice. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRegex } from './regex.js';
import type { Regex } from './regex.js';

const compileRegex = (pattern: string): Regex => readRegex(pattern).compile();

/** The same pattern in the platform's engine, for patterns both read alike. */
const expected = (pattern: string, text: string): boolean => new RegExp(pattern, 'u').test(text);

describe('classes of characters', () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];

  test('a pattern that tells many characters apart answers the same before and after its table widens', () => {
    // Every letter must be followed by its neighbour: some forty classes, in states that outlive the widening.
    const pattern = `^(?:${letters.map((letter, i) => `${letter}${letters[(i + 1) % letters.length]}`).join('|')})+!$`;
    const regex = compileRegex(pattern);
    const pairs = letters.map((letter, i) => `${letter}${letters[(i + 1) % letters.length]}`);
    const texts = [
      ...pairs.map((pair) => `${pair}!`),
      `${pairs.join('')}!`,
      pairs.join(''),
      `${pairs.toReversed().join('')}!`,
      'aa!',
      'ab',
      '!',
    ];
    for (let round = 0; round < 3; round++) {
      for (const text of texts) expect(regex.test(text), text).toBe(expected(pattern, text));
    }
  });

  test('random texts over many classes match as in the platform', () => {
    const pattern = `(?:${letters.map((letter, i) => `${letter}[${letters[(i * 7 + 3) % 36]}${letters[(i * 5 + 1) % 36]}]`).join('|')}){2}é🚲?\\n`;
    const regex = compileRegex(pattern);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...letters, 'é', '🚲', '\n'), { maxLength: 12 }), (units) => {
        const text = units.join('');
        expect(regex.test(text)).toBe(expected(pattern, text));
      }),
    );
  });

  test('characters of every length in UTF-16 keep their class from text to text', () => {
    const regex = compileRegex('^[aé🚲]x$');
    for (let round = 0; round < 3; round++) {
      for (const text of ['ax', 'éx', '🚲x']) expect(regex.test(text)).toBe(true);
      for (const text of ['bx', 'èx', '🚃x', '\ud83dx', '\udeb2x']) expect(regex.test(text)).toBe(false);
    }
  });
});

describe('bounds', () => {
  test('states that no text needs again are forgotten at 1,000, and the answers stay', () => {
    const pattern = 'a(?:a|b){12}c';
    const regex = compileRegex(pattern);
    let most = 0;
    let fell = false;
    let seed = 1;
    for (let n = 0; n < 60; n++) {
      let text = '';
      for (let i = 0; i < 200; i++) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        text += seed >>> 30 === 0 && i % 50 === 49 ? 'c' : seed & 0x10000 ? 'a' : 'b';
      }
      expect(regex.test(text)).toBe(expected(pattern, text));
      const { states } = regex.stats();
      fell ||= states < most;
      most = Math.max(most, states);
      expect(states).toBeLessThanOrEqual(1_000);
    }
    expect(most).toBeGreaterThan(500);
    expect(fell).toBe(true);
  });

  test.each([
    ['(?:ab|cd)+e', 'abcdabe'],
    ['(?:éü|cd)+e', 'éücdéüe'],
    ['(?:🚲🚃|cd)+e', '🚲🚃cd🚲🚃e'],
  ])('%s: a text met before costs no visits', (pattern, text) => {
    const regex = compileRegex(pattern);
    expect(regex.stats().visits).toBe(0);
    expect(regex.test(text)).toBe(true);
    const { visits, states } = regex.stats();
    expect(visits).toBeGreaterThan(0);
    for (let round = 0; round < 10; round++) expect(regex.test(text)).toBe(true);
    expect(regex.stats()).toMatchObject({ visits, states });
  });

  test.each([
    ['^a', 'ba', false],
    ['^a', 'ab', true],
    ['^ab?$', 'a', true],
    ['ab', 'xxab', true],
    ['ab', 'xxa', false],
    ['abc?d', 'ababd', true],
    ['abc?d', 'ababce', false],
    ['(?m)^b', 'a\nb', true],
    ['^b', 'a\nb', false],
  ])('%s in %j is %s, from the first literal on', (pattern, text, found) => {
    expect(compileRegex(pattern).test(text)).toBe(found);
  });
});
