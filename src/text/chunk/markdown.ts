/** A Markdown text as chunks that each lie in one headed section and know the headings above them. */
import type { Span } from '../segment.js';
import { findHeadings } from './headings.js';
import { checkChunkOptions, chunkSpan, type Chunk, type ChunkOptions } from './recursive.js';

export interface MarkdownChunk extends Chunk {
  /** Titles from the outermost heading to the one this chunk stands under; empty before the first heading. */
  headings: string[];
}

interface Section extends Span {
  headings: string[];
}

/**
 * Chunks in order; without overlap they cover the text exactly, as those of `chunkText`. A section that fits is one chunk,
 * a longer one is cut as `chunkText` cuts, overlap stays inside it. A heading with nothing under it goes with what follows.
 * @throws VALUE_ARGUMENT when `text` is no string · VALUE_CONFIGURATION for a number out of range
 */
export function chunkMarkdown(text: string, options: ChunkOptions = {}): MarkdownChunk[] {
  const settings = checkChunkOptions(text, options);
  return sectionsOf(text).flatMap(({ headings, ...span }) =>
    chunkSpan(text, span, [], settings).map((chunk) => ({ ...chunk, headings })),
  );
}

function sectionsOf(text: string): Section[] {
  const found = findHeadings(text);
  const sections: Section[] = [];
  const path: { level: number; title: string }[] = [];
  let start = 0;
  /** Closes the section that reaches to `end` and whose own text begins at `bodyStart`; an empty one stays open. */
  const close = (bodyStart: number, end: number): void => {
    if (text.slice(bodyStart, end).trim() === '') return;
    sections.push({ start, end, headings: path.map(({ title }) => title) });
    start = end;
  };
  let bodyStart = 0;
  for (const heading of found) {
    close(bodyStart, heading.start);
    while ((path.at(-1)?.level ?? 0) >= heading.level) path.pop();
    path.push({ level: heading.level, title: heading.title });
    bodyStart = heading.end;
  }
  close(bodyStart, text.length);
  const last = sections.at(-1);
  if (start < text.length && last && text.slice(start).trim() === '') last.end = text.length;
  else if (start < text.length && text.trim() !== '') close(start, text.length);
  return sections;
}
