/** Reads Markdown: one or more passages per section, under the headings above it, with the marks of the format taken off. */
import { chunkMarkdown } from 'kindex/text';
import type { Passage } from '../documents.js';
import { plainMarkdown } from './plain-markdown.js';

/** Larger texts are split part by part: the chunker works through a whole part without a pause. */
const PART_CHARACTERS = 32_768;

export interface MarkdownText {
  /** From front matter or the first top heading; empty where there is none. */
  title: string;
  passages: Iterable<Passage>;
}

export function readMarkdown(source: string): MarkdownText {
  const { body, title } = takeFrontMatter(source.replaceAll('\r\n', '\n'));
  const heading = /^#[ \t]+(.+?)[ \t]*#*$/m.exec(body)?.[1] ?? '';
  const shown = title === '' ? plainMarkdown(heading) : title;
  return { title: shown, passages: passagesOf(body, shown) };
}

function* passagesOf(body: string, title: string): Generator<Passage> {
  for (const part of partsOf(body)) {
    for (const { text, headings } of chunkMarkdown(part)) {
      const shown = headings.map(plainMarkdown);
      const plain = plainMarkdown(withoutHeadingLines(text, headings));
      // The document's own title is said once, not above each passage.
      if (plain !== '')
        yield { heading: (shown[0] === title ? shown.slice(1) : shown).join(' › '), text: plain };
    }
  }
}

/** The first lines of a section repeat the headings it stands under. */
function withoutHeadingLines(text: string, headings: readonly string[]): string {
  const lines = text.trim().split('\n');
  while (lines.length > 0) {
    const first = lines[0] ?? '';
    const title = /^#{1,6}[ \t]+(.*?)[ \t]*#*$/.exec(first)?.[1];
    if (first.trim() !== '' && (title === undefined || !headings.includes(title))) break;
    lines.shift();
  }
  return lines.join('\n');
}

/** Cut before headings of the two highest levels, outside code blocks, once a part is long enough. */
function* partsOf(body: string): Generator<string> {
  let start = 0;
  let fence = '';
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\n', at) === -1 ? body.length : body.indexOf('\n', at) + 1;
    const line = body.slice(at, end);
    const marks = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (fence === '') fence = marks;
    else if (marks.startsWith(fence)) fence = '';
    if (fence === '' && /^##? /.test(line) && at - start >= PART_CHARACTERS) {
      yield body.slice(start, at);
      start = at;
    }
    at = end;
  }
  yield body.slice(start);
}

function takeFrontMatter(source: string): { body: string; title: string } {
  const block = /^---\n([\s\S]*?)\n---(?:\n|$)/.exec(source);
  if (!block) return { body: source, title: '' };
  const title = /^title:[ \t]*(.+)$/m.exec(block[1] ?? '')?.[1] ?? '';
  return { body: source.slice(block[0].length), title: title.trim().replace(/^(["'])(.*)\1$/, '$2') };
}
