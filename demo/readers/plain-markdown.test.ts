import { expect, test } from 'vitest';
import { plainMarkdown } from './plain-markdown.js';

test.each([
  ['Use **bold**, *italic*, _too_ and ~~gone~~.', 'Use bold, italic, too and gone.'],
  ['See [the guide](./guide.md "title") and ![a picture](x.png).', 'See the guide and a picture.'],
  ['Mail <https://example.org> or [ref][1].', 'Mail https://example.org or ref.'],
  ['Call `open(a * b)` and ``a `b` c``.', 'Call open(a * b) and a `b` c.'],
  ['snake_case_name stays, 2 * 3 * 4 too', 'snake_case_name stays, 2 * 3 * 4 too'],
  ['Escaped \\*stars\\*', 'Escaped *stars*'],
  ['<b>Tags</b> go, a < b stays', 'Tags go, a < b stays'],
  ['- one\n  * two\n1. three\n- [x] done', '• one\n  • two\n• three\n• done'],
  ['> quoted\n> > twice', 'quoted\ntwice'],
  ['one line\nof a paragraph\n\nand another', 'one line of a paragraph\n\nand another'],
  ['- an item\n  that goes on\n- the next', '• an item that goes on\n• the next'],
  ['a hard  \nbreak and\\\nanother', 'a hard\nbreak and\nanother'],
  ['## Heading\ntext', 'Heading\ntext'],
  ['above\n\n---\n\nbelow', 'above\n\nbelow'],
  ['| a | **b** |\n| --- | :-: |\n| 1 | 2 |', 'a · b\n1 · 2'],
  ['```ts\nconst a = **b**;\n```\nafter', 'const a = **b**;\nafter'],
])('%j reads as %j', (source, plain) => {
  expect(plainMarkdown(source)).toBe(plain);
});
