import { describe, expect, test } from 'vitest';
import { queryWords, wordSpans } from './highlight.js';

const marked = (text: string, query: string): string[] =>
  wordSpans(text, queryWords(query)).map(({ start, end }) => text.slice(start, end));

describe('words of a query', () => {
  test('are lower-cased, each once, without the common ones', () => {
    expect(queryWords('How do I sharpen the Knife, a knife?')).toEqual(['sharpen', 'knife']);
  });

  test('are all kept when every one is common', () => {
    expect(queryWords('to be or not to be')).toEqual(['to', 'be', 'or', 'not']);
  });

  test('are none for a query without letters and digits', () => {
    expect(queryWords(' ?! ')).toEqual([]);
  });
});

describe('places of words', () => {
  test('include other forms of the same word', () => {
    expect(marked('Bake it; baked bread bakes, baking takes long.', 'bake')).toEqual([
      'Bake',
      'baked',
      'bakes',
      'baking',
    ]);
    expect(marked('We stop, stopped and are stopping.', 'stopping')).toEqual(['stop', 'stopped', 'stopping']);
  });

  test('do not include words that merely begin alike', () => {
    expect(marked('The carpet in the car', 'car')).toEqual(['car']);
  });

  test('hold letters of any script and no punctuation', () => {
    expect(marked('Naïve “naïve” café-owner', 'naïve owner')).toEqual(['Naïve', 'naïve', 'owner']);
  });
});
