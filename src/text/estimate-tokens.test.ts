import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { estimateTokens } from './estimate-tokens.js';
import { parseTokenizer } from './wordpiece.js';

const read = (path: string): string => readFileSync(new URL(`../../models/${path}`, import.meta.url), 'utf8');

describe('the estimate of tokens', () => {
  test.each([
    ['', 0],
    [' \n\t', 0],
    ['a short text.', 4],
    ['internationalisation', 3],
    ["don't", 3],
    ['漢字', 2],
    ['🦜🦜', 2],
    ['Zürich', 1],
  ])('of %j is %i', (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens);
  });

  test('is within a quarter of what the built-in tokenizer counts in a page of prose', () => {
    const tokenizer = parseTokenizer(JSON.parse(read('kindex-static-en/tokenizer.json')));
    const text = read('README.md');
    const ratio = estimateTokens(text) / tokenizer.countTokens(text);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });
});
