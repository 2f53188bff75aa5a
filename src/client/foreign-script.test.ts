import { expect, test } from 'vitest';
import { isForeignScript } from './foreign-script.js';

test.each([
  ['The cat sat on the mat.', false],
  ['Çà et là, naïvement – übrigens œuvre', false],
  ['12345 !?', false],
  ['', false],
  ['Кот сидел на коврике', true],
  ['猫がマットの上に座った (a cat)', true],
  ['The word кот means cat', false],
  [`${'a'.repeat(300)}${'ж'.repeat(3000)}`, false],
])('%s: %s', (text, expected) => {
  expect(isForeignScript(text)).toBe(expected);
});
