import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentSentences } from './segment.js';

const rules = ['platform', 'simple'] as const;
const sentences = (text: string, by: (typeof rules)[number]): string[] =>
  segmentSentences(text, { rules: by }).map(({ start, end }) => text.slice(start, end));

describe.each(rules)('sentences by the %s rules', (by) => {
  test('end after their closing marks and white space', () => {
    expect(sentences('One. "Two!" (Three?) Four', by)).toEqual(['One. ', '"Two!" ', '(Three?) ', 'Four']);
  });

  test('end at line breaks', () => {
    expect(sentences('A title\nA sentence.\n', by)).toEqual(['A title\n', 'A sentence.\n']);
  });

  test('do not end inside numbers and names of files', () => {
    expect(sentences('Set it to 3.14 in a.txt now.', by)).toHaveLength(1);
  });

  test('end at full-width marks without white space', () => {
    expect(sentences('一つ。二つ！三つ', by)).toEqual(['一つ。', '二つ！', '三つ']);
  });

  test('are none in an empty text', () => {
    expect(sentences('', by)).toEqual([]);
  });

  test('touch and cover any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'B', '.', '?', ' ', '\n', '"', '。', '9') }),
        (text) => {
          const parts = sentences(text, by);
          expect(parts.join('')).toBe(text);
          expect(parts).not.toContain('');
        },
      ),
    );
  });
});

describe('sentences of long texts', () => {
  test('are those the platform finds in one go', () => {
    const words = [
      'Reset it.',
      'Why?',
      'see e.g. the guide',
      'v1.2.3',
      '(He said "no.") ',
      '12.',
      '\n',
      'and so on...',
      '。',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { minLength: 500, maxLength: 1_500 }), (list) => {
        const text = list.join(' ');
        const whole = [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)];
        expect(sentences(text, 'platform')).toEqual(whole.map(({ segment }) => segment));
      }),
      { numRuns: 20 },
    );
  });

  test('may be longer than the window they are looked for in', () => {
    const text = `${'word '.repeat(5_000)}end. ${'Next '.repeat(3_000)}`;
    expect(sentences(text, 'platform').map(({ length }) => length)).toEqual([25_005, 15_000]);
  });
});
