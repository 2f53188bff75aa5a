import { describe, expect, test } from 'vitest';
import { findHeadings } from './headings.js';

const titles = (text: string): string[] => findHeadings(text).map(({ level, title }) => `${level} ${title}`);

describe('headings', () => {
  test('are lines with one to six # marks and a space', () => {
    expect(titles('# One\n\n###### Six\n####### seven\n#tag\n#\tTab\n#\n')).toEqual([
      '1 One',
      '6 Six',
      '1 Tab',
      '1 ',
    ]);
  });

  test('lose the # marks that close them', () => {
    expect(titles('## A ##\n## C#\n## ##\n   # B #  \n')).toEqual(['2 A', '2 C#', '2 ', '1 B']);
  });

  test('may be underlined lines', () => {
    expect(titles('Top\n===\n\nSub\n---\ntext\n')).toEqual(['1 Top', '2 Sub']);
  });

  test('are not lists, quotes, tables or longer paragraphs with a rule under them', () => {
    expect(titles('- item\n---\n\n> quote\n---\n\n| cell |\n---\n\none\ntwo\n---\n\n---\n')).toEqual([]);
  });

  test('are not comments in code', () => {
    expect(titles('# A\n```sh\n# comment\n~~~\n# more\n```\n# B\n')).toEqual(['1 A', '1 B']);
    expect(titles('- list\n\n  ~~~~ python\n  # comment\n  ~~~\n# still code\n  ~~~~\n# B\n')).toEqual([
      '1 B',
    ]);
    expect(titles('# A\n```\n# to the end')).toEqual(['1 A']);
    expect(titles('```inline` code\n# B\n')).toEqual(['1 B']);
    expect(titles('    # indented\n')).toEqual([]);
  });

  test('are not in front matter', () => {
    expect(titles('---\ntitle: x\n# comment\n---\n# A\n')).toEqual(['1 A']);
    expect(titles('+++\n# c = 1\n+++\n# A\n')).toEqual(['1 A']);
    expect(titles('---\n# A\n')).toEqual(['1 A']);
  });

  test('know their offsets, also with Windows line breaks', () => {
    const text = 'x\r\n## A ##\r\ny\r\n\r\nB\r\n---\r\n';
    expect(findHeadings(text).map(({ start, end, title }) => [text.slice(start, end), title])).toEqual([
      ['## A ##\r\n', 'A'],
      ['B\r\n---\r\n', 'B'],
    ]);
  });
});
