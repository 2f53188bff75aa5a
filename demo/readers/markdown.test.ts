import { describe, expect, test } from 'vitest';
import { readMarkdown } from './markdown.js';

describe('title', () => {
  test('comes from front matter, else from the first top heading, else is empty', () => {
    expect(readMarkdown('---\ntitle: "From the front"\n---\n# Heading\n\ntext').title).toBe('From the front');
    expect(readMarkdown('intro\n\n# The *first* #\n\ntext').title).toBe('The first');
    expect(readMarkdown('just text').title).toBe('');
  });
});

describe('passages', () => {
  test('stand under the headings above them, without the title and without repeating them', () => {
    const { passages } = readMarkdown(
      '# Bread\n\nIntro.\n\n## Dough\n\nKnead **well**.\n\n### Salt\n\nTwo percent.\n\n## Oven\n\nHot.',
    );
    expect([...passages]).toEqual([
      { heading: '', text: 'Intro.' },
      { heading: 'Dough', text: 'Knead well.' },
      { heading: 'Dough › Salt', text: 'Two percent.' },
      { heading: 'Oven', text: 'Hot.' },
    ]);
  });

  test('keep what a code block holds, even lines that look like headings', () => {
    const { passages } = readMarkdown('# Shell\n\n```sh\n# a comment\nls\n```\n');
    expect([...passages]).toEqual([{ heading: '', text: '# a comment\nls' }]);
  });

  test('of a long text are all there, in order', () => {
    const sections = Array.from(
      { length: 400 },
      (_, i) => `## Part ${i}\n\n${'word '.repeat(60)}number${i}.\n`,
    );
    const passages = [...readMarkdown(sections.join('\n')).passages];
    const numbers = passages.flatMap(({ text }) => /number(\d+)/.exec(text)?.[1] ?? []);
    expect(numbers).toEqual(sections.map((_, i) => String(i)));
    expect(
      passages.every(
        ({ heading, text }) => text.includes(heading.replace('Part ', 'number')) || !text.includes('number'),
      ),
    ).toBe(true);
  });

  test('of a text with Windows line ends read the same', () => {
    expect([...readMarkdown('# A\r\n\r\nOne.\r\n').passages]).toEqual([{ heading: '', text: 'One.' }]);
  });
});
