/**
 * Headings of a Markdown text, by offset. Knows code fences and front matter, so that a `#` comment in a shell example is
 * no heading; it is not a Markdown parser (no HTML blocks, no headings inside lists or quotes).
 */
import type { Span } from '../segment.js';

/** `start` … `end` are the lines of the heading, with the final line break. */
export interface Heading extends Span {
  /** 1 … 6. */
  level: number;
  /** Without `#` marks and outer white space; inline markup as written. */
  title: string;
}

interface Line extends Span {
  /** Without the line break. */
  text: string;
}

/** In order of position. Both forms: `## Title`, and a line underlined with `===` or `---`. Cost: linear. */
export function findHeadings(text: string): Heading[] {
  const headings: Heading[] = [];
  let fence: string | null = null;
  let previous: Line | null = null;
  let beforePrevious: Line | null = null;
  for (const line of linesOf(text, frontMatterEnd(text))) {
    let next: Line | null = line;
    if (fence !== null) {
      if (closesFence(line.text, fence)) fence = null;
      next = null;
    } else {
      fence = openedFence(line.text);
      const heading = hashHeading(line) ?? underlinedHeading(line, previous, beforePrevious);
      if (heading) headings.push(heading);
      if (heading || fence !== null) next = null;
    }
    beforePrevious = previous;
    previous = next;
  }
  return headings;
}

/** Lines with their offsets; `null` stands for one that cannot be part of a paragraph. */
function* linesOf(text: string, from: number): Generator<Line> {
  for (let start = from; start < text.length;) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak + 1;
    yield { start, end, text: text.slice(start, end).trimEnd() };
    start = end;
  }
}

/** Offset after a `---` (YAML) or `+++` (TOML) block that opens the text; 0 without one. */
function frontMatterEnd(text: string): number {
  const opening = /^(---|\+\+\+)[ \t]*\r?\n/.exec(text);
  if (!opening) return 0;
  for (const line of linesOf(text, opening[0].length)) {
    if (line.text === opening[1] || (line.text === '...' && opening[1] === '---')) return line.end;
  }
  return 0;
}

/** The run of ` or ~ that opens a code block in this line, at any depth of indentation (lists). */
function openedFence(line: string): string | null {
  const match = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
  const [, marks = '', info = ''] = match ?? [];
  if (marks === '' || (marks.startsWith('`') && info.includes('`'))) return null;
  return marks;
}

function closesFence(line: string, fence: string): boolean {
  const marks = line.trim();
  return marks.startsWith(fence) && marks === fence.charAt(0).repeat(marks.length);
}

function hashHeading(line: Line): Heading | null {
  const marks = /^ {0,3}(#{1,6})(?=[ \t]|$)/.exec(line.text);
  if (!marks) return null;
  let title = line.text.slice(marks[0].length).trim();
  let end = title.length;
  while (end > 0 && title.charAt(end - 1) === '#') end--;
  if (end < title.length && (end === 0 || /[ \t]/.test(title.charAt(end - 1))))
    title = title.slice(0, end).trim();
  return { start: line.start, end: line.end, level: marks[1]?.length ?? 1, title };
}

/** Only a paragraph of one line is taken for a title: `---` under a longer one is more often meant as a rule. */
function underlinedHeading(line: Line, previous: Line | null, beforePrevious: Line | null): Heading | null {
  const underline = /^ {0,3}(=+|-+)$/.exec(line.text);
  if (
    !underline ||
    !previous ||
    !isParagraph(previous.text) ||
    (beforePrevious && beforePrevious.text !== '')
  )
    return null;
  const level = underline[1]?.startsWith('=') ? 1 : 2;
  return { start: previous.start, end: line.end, level, title: previous.text.trim() };
}

function isParagraph(line: string): boolean {
  return line !== '' && !/^(?: {4}|\t|\s*(?:[>|<]|[-*+] |\d+[.)] ))/.test(line);
}
