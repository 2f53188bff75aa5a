import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateTokens } from '../estimate-tokens.js';
import { cutsInside } from './cuts.js';
import { chunkText } from './recursive.js';

const sentence = (name: string): string => `This is sentence ${name} of the text. `;
const paragraph = (name: string, sentences: number): string =>
  Array.from({ length: sentences }, (_, index) => sentence(`${name}${index}`))
    .join('')
    .trimEnd();

/** Texts of the shapes that matter: headings, blank lines, long words, other scripts, joined characters. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '# Title\n',
        '\n\n',
        '\n',
        '\r\n\r\n',
        ' ',
        '. ',
        '```\n',
        '漢字かな。',
        'e\u0301',
        '👩‍👩‍👧',
        '\t',
        'x'.repeat(50),
      ),
      fc.lorem({ maxCount: 20 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

describe('chunks of a text', () => {
  test('touch, cover the text and stay within the limit, whatever the text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, maxTokens) => {
        const chunks = chunkText(text, { maxTokens });
        if (text.trim() === '') {
          expect(chunks).toEqual([]);
          return;
        }
        expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
        let at = 0;
        for (const { start, end, text: own, tokens } of chunks) {
          expect(start).toBe(at);
          expect(own).toBe(text.slice(start, end));
          expect(own).not.toBe('');
          expect(tokens).toBe(estimateTokens(own));
          // A character that is made of several counts more than one and is never cut.
          const visible = own.trim();
          if (cutsInside(visible, { start: 0, end: visible.length }, 'character', []).length > 0) {
            expect(tokens).toBeLessThanOrEqual(maxTokens);
          }
          at = end;
        }
        expect(at).toBe(text.length);
      }),
      { numRuns: 400 },
    );
  });

  test('never cut a letter from its accent, or an emoji from what it is joined with', () => {
    const text = 'e\u0301🧑‍🚀👍🏽漢';
    expect(chunkText(text, { maxTokens: 1 }).map((chunk) => chunk.text)).toEqual([
      'e\u0301',
      '🧑‍🚀',
      '👍🏽',
      '漢',
    ]);
  });

  test('are never white space alone because of a character that counts too much', () => {
    const chunks = chunkText('\n\n👩‍👩‍👧 a', { maxTokens: 1 });
    expect(chunks.map((chunk) => chunk.text)).toEqual(['\n\n👩‍👩‍👧', ' a']);
  });

  test('never cut a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (text) => {
        for (const chunk of chunkText(text, { maxTokens: 1 })) expect(chunk.text.isWellFormed()).toBe(true);
      }),
    );
  });

  test('are one when the text fits, and none when it is blank', () => {
    expect(chunkText('A short text.')).toEqual([{ start: 0, end: 13, text: 'A short text.', tokens: 4 }]);
    expect(chunkText('')).toEqual([]);
    expect(chunkText(' \n\t ')).toEqual([]);
  });

  test('end before headings first', () => {
    const sections = ['A', 'B', 'C'].map(
      (name) => `## ${name}\n\n${paragraph(name, 6)}\n\n${paragraph(name, 6)}\n\n`,
    );
    expect(chunkText(sections.join(''), { maxTokens: 130 }).map((chunk) => chunk.text)).toEqual(sections);
  });

  test('end after paragraphs where sections are too long, and put neighbours together while they fit', () => {
    const paragraphs = [paragraph('a', 3), paragraph('b', 3), paragraph('c', 5)].map((text) => `${text}\n\n`);
    const [a = '', b = '', c = ''] = paragraphs;
    expect(chunkText(paragraphs.join(''), { maxTokens: 60 }).map((chunk) => chunk.text)).toEqual([a + b, c]);
  });

  test('end after lines, sentences and words where nothing coarser is there', () => {
    const texts = (text: string, maxTokens: number): string[] =>
      chunkText(text, { maxTokens }).map((chunk) => chunk.text);
    expect(texts('one two\nthree four\nfive six', 4)).toEqual(['one two\nthree four\n', 'five six']);
    expect(texts('One two. Three four. Five six.', 6)).toEqual(['One two. Three four. ', 'Five six.']);
    expect(texts('one two three four five', 2)).toEqual(['one two ', 'three four ', 'five']);
    expect(texts('漢字仮名', 3)).toEqual(['漢字仮', '名']);
  });

  test('keep a title with the long paragraph under it', () => {
    const [first] = chunkText(`A title\n\n${paragraph('a', 20)}`, { maxTokens: 100 });
    expect(first?.text).toContain('A title\n\nThis is sentence a0');
  });

  test('join the short end of a long paragraph with the next one', () => {
    const chunks = chunkText(`${paragraph('a', 13)}\n\n${paragraph('b', 6)}`, { maxTokens: 100 });
    const last = chunks.at(-1);
    expect(last?.text).toContain('sentence a12');
    expect(last?.text).toContain('sentence b5');
    expect(chunks).toHaveLength(2);
  });

  test('count with the function they are given', () => {
    const chunks = chunkText('aaa bbb ccc', { maxTokens: 8, countTokens: (text) => text.length });
    expect(chunks.map((chunk) => [chunk.text, chunk.tokens])).toEqual([
      ['aaa bbb ', 8],
      ['ccc', 3],
    ]);
  });

  test('end even when a single character counts too much', () => {
    const chunks = chunkText('ab', { maxTokens: 1, countTokens: (text) => text.length * 5 });
    expect(chunks.map((chunk) => chunk.text)).toEqual(['a', 'b']);
  });
});

describe('overlap', () => {
  test('repeats whole sentences of the chunk before, within the limit', () => {
    const text = paragraph('a', 20);
    const chunks = chunkText(text, { maxTokens: 40, overlap: 10 });
    expect(chunks.length).toBeGreaterThan(3);
    for (const [index, chunk] of chunks.entries()) {
      const before = chunks[index - 1];
      expect(chunk.tokens).toBeLessThanOrEqual(40);
      expect(chunk.text).toMatch(/^This/);
      if (!before) continue;
      expect(chunk.start).toBeLessThan(before.end);
      expect(estimateTokens(text.slice(chunk.start, before.end))).toBeLessThanOrEqual(10);
    }
    expect(chunks.at(-1)?.end).toBe(text.length);
  });

  test('repeats words when the last sentence is too long for it', () => {
    const text = Array.from({ length: 30 }, (_, index) => `w${index}`).join(' ');
    const [first, second] = chunkText(text, { maxTokens: 10, overlap: 3 });
    expect(first?.text.trimEnd().endsWith('w6')).toBe(true);
    expect(second?.text.startsWith('w4 w5 w6 w7')).toBe(true);
  });

  test('leaves no gap, whatever the text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 30 }), fc.nat(), (text, maxTokens, overlap) => {
        let covered = 0;
        let lastStart = -1;
        for (const { start, end } of chunkText(text, { maxTokens, overlap: overlap % maxTokens })) {
          expect(start).toBeLessThanOrEqual(covered);
          expect(start).toBeGreaterThanOrEqual(lastStart);
          expect(end).toBeGreaterThan(covered);
          covered = end;
          lastStart = start;
        }
        expect(covered).toBe(text.trim() === '' ? 0 : text.length);
      }),
    );
  });
});

describe('arguments of chunkText', () => {
  test.each([0, -1, 1.5, NaN, Infinity])('refuse maxTokens %d', (maxTokens) => {
    expect(() => chunkText('a', { maxTokens })).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION', message: expect.stringContaining('maxTokens') }),
    );
  });

  test.each([-1, 0.5, 200, NaN])('refuse overlap %d beside 200 tokens', (overlap) => {
    expect(() => chunkText('a', { overlap })).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION', message: expect.stringContaining('0 to 199') }),
    );
  });

  test('refuse a text that is no string', () => {
    expect(() => chunkText(7 as never)).toThrow(expect.objectContaining({ code: 'VALUE_ARGUMENT' }));
  });
});
