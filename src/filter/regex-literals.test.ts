import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RequiredText } from './regex-literals.js';
import { readRegex } from './regex.js';

/** Short form: text, [and …] or { or: […] }. */
function shortly(required: RequiredText | null): unknown {
  if (required === null) return null;
  if (required.kind === 'text') return required.text;
  const members = required.members.map(shortly);
  return required.kind === 'and' ? members : { or: members };
}

function isIn(required: RequiredText, text: string): boolean {
  if (required.kind === 'text') return text.includes(required.text);
  return required.kind === 'and'
    ? required.members.every((member) => isIn(member, text))
    : required.members.some((member) => isIn(member, text));
}

describe('the text a pattern requires', () => {
  test.each<[string, unknown]>([
    ['river', 'river'],
    ['^river$', 'river'],
    ['ri\\bver', 'river'],
    ['river [a-z]+ stone', ['river ', ' stone']],
    ['rivers?', 'river'],
    ['(?:ab){3}', 'ababab'],
    ['x(?:ab){3}y', 'xabababy'],
    ['x(?:ab){2,}y', ['x', 'abab', 'y']],
    ['(?:ab)*c', 'c'],
    ['cat|dog', { or: ['cat', 'dog'] }],
    ['a (?:cat|dog) sat', ['a ', { or: ['cat', 'dog'] }, ' sat']],
    ['cat|d?', null],
    ['(?:x[ab])+', 'x'],
    ['日本😀', '日本😀'],
    ['a\\.b', 'a.b'],
    ['(?i)river 42', ' 42'],
    ['(?i)river', null],
    ['(?i:a)bc', 'bc'],
    ['.*', null],
    ['', null],
    ['\\d+', null],
  ])('%j: %j', (pattern, expected) => {
    expect(shortly(readRegex(pattern).required())).toEqual(expected);
  });

  test('is in every text the pattern occurs in', () => {
    const { texts, patterns } = JSON.parse(
      readFileSync(new URL('./fixtures/regex.json', import.meta.url), 'utf8'),
    ) as { texts: string[]; patterns: [string, number[] | null][] };
    let checked = 0;
    for (const [pattern] of patterns) {
      let read;
      try {
        read = readRegex(pattern);
      } catch {
        continue;
      }
      const required = read.required();
      if (required === null) continue;
      const regex = read.compile();
      for (const text of texts.filter((each) => regex.test(each))) {
        expect(isIn(required, text), `${pattern} in ${text}`).toBe(true);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(200);
  });
});
