import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkMarkdown } from './markdown.js';

const GUIDE = `---
title: Guide
---
Before any heading.

# Guide

## Install

Run this:

\`\`\`sh
# not a heading
npm install
\`\`\`

### On Windows

Use a terminal.

## Use

Import it.

## See also
`;

describe('chunks of a Markdown text', () => {
  test('are its sections, each with the headings above it', () => {
    expect(
      chunkMarkdown(GUIDE).map(({ headings, text }) => [headings.join(' > '), text.trim().split('\n')[0]]),
    ).toEqual([
      ['', '---'],
      ['Guide > Install', '# Guide'],
      ['Guide > Install > On Windows', '### On Windows'],
      ['Guide > Use', '## Use'],
      ['Guide > See also', '## See also'],
    ]);
  });

  test('join to the text exactly, with any nesting of headings, fences and blank lines', () => {
    const line = fc.constantFrom(
      '# A',
      '### B',
      '## C',
      '',
      'text of a line',
      '```',
      '# c',
      '---',
      'word '.repeat(40),
      '\t',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 25 }), fc.integer({ min: 3, max: 60 }), (lines, maxTokens) => {
        const text = lines.join('\n');
        const chunks = chunkMarkdown(text, { maxTokens });
        if (text.trim() === '') expect(chunks).toEqual([]);
        else expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
        for (const { start, end, text: own, tokens } of chunks) {
          expect(own).toBe(text.slice(start, end));
          expect(tokens).toBeLessThanOrEqual(maxTokens);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('of a long section all carry its headings', () => {
    const chunks = chunkMarkdown(`# Long\n\n${'A sentence of some words. '.repeat(100)}\n\n# Next\n\nEnd.`, {
      maxTokens: 50,
    });
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.slice(0, -1).every(({ headings }) => headings.join() === 'Long')).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ headings: ['Next'], text: '# Next\n\nEnd.' });
  });

  test('leave a deeper heading behind when a higher one follows, also when levels are skipped', () => {
    const text = '### C\nc\n# A\na\n#### D\nd\n## B\nb\n';
    expect(chunkMarkdown(text).map(({ headings }) => headings.join(' > '))).toEqual([
      'C',
      'A',
      'A > D',
      'A > B',
    ]);
  });

  test('do not overlap into another section', () => {
    const text = `# A\n\n${'Words of the first one. '.repeat(20)}\n\n# B\n\nThe second one.`;
    const chunks = chunkMarkdown(text, { maxTokens: 40, overlap: 10 });
    expect(chunks.at(-1)?.text).toBe('# B\n\nThe second one.');
  });

  test('refuse numbers out of range', () => {
    expect(() => chunkMarkdown('# A', { maxTokens: 0 })).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION' }),
    );
  });
});
