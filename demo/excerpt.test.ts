import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerptSpan, shiftInto } from './excerpt.js';

describe('excerpt', () => {
  test('of a short text is the whole text', () => {
    expect(excerptSpan('Short enough.', { start: 0, end: 5 })).toEqual({ start: 0, end: 13 });
  });

  test('holds the sentence, begins and ends at words, and is not much longer than asked', () => {
    const text = 'lorem ipsum dolor sit amet '.repeat(60);
    const sentence = { start: 27 * 20, end: 27 * 22 - 1 };
    const { start, end } = excerptSpan(text, sentence);
    expect(start).toBeLessThanOrEqual(sentence.start);
    expect(end).toBeGreaterThanOrEqual(sentence.end);
    expect(end - start).toBeLessThanOrEqual(420);
    expect(text[start - 1]).toBe(' ');
    expect(text[end]).toBe(' ');
  });

  test('lies inside the text and around the sentence, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), fc.nat(), fc.nat(), (text, a, b) => {
        const from = a % (text.length + 1);
        const sentence = { start: from, end: from + (b % (text.length - from + 1)) };
        const { start, end } = excerptSpan(text, sentence);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(text.length);
        expect(start).toBeLessThanOrEqual(sentence.start);
        expect(end).toBeGreaterThanOrEqual(sentence.end);
      }),
    );
  });
});

describe('a span inside a window', () => {
  test('counts from the window, cut at its edges', () => {
    expect(shiftInto({ start: 5, end: 20 }, { start: 10, end: 18 })).toEqual({ start: 0, end: 8 });
  });

  test('is null where they do not meet', () => {
    expect(shiftInto({ start: 0, end: 5 }, { start: 5, end: 9 })).toBeNull();
    expect(shiftInto(null, { start: 5, end: 9 })).toBeNull();
  });
});
