import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blocksOf, splitText } from './split.js';

test('blocks join to the text they came from and none is over 16,384 characters', () => {
  const word = fc.constantFrom('word', ' ', '\n', '\n\n', 'x'.repeat(9_000), '𝄞'.repeat(9_000));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (words) => {
      const text = words.join('');
      const blocks = [...blocksOf(text)];
      expect(blocks.join('')).toBe(text);
      expect(blocks.every((block) => block.length <= 16_384 && block.isWellFormed())).toBe(true);
    }),
  );
});

test('no word of a long text is lost, and every passage stands under the heading', () => {
  const words = Array.from({ length: 9_000 }, (_, i) => `w${i}${i % 17 === 0 ? '.' : ''}`);
  const passages = [...splitText(words.join(' '), 'Here')];
  expect(
    passages
      .map(({ text }) => text)
      .join(' ')
      .split(/\s+/),
  ).toEqual(words);
  expect(new Set(passages.map(({ heading }) => heading))).toEqual(new Set(['Here']));
});

test('white space alone gives no passage', () => {
  expect([...splitText(' \n\t ', '')]).toEqual([]);
});
