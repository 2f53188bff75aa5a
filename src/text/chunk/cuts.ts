/** Where a text may be cut, from the coarsest seam to the finest. Offsets only; which cuts are used is decided elsewhere. */
import { segmentSentences, type Span } from '../segment.js';

export const CUT_LEVELS = ['heading', 'paragraph', 'line', 'sentence', 'word', 'character'] as const;
export type CutLevel = (typeof CUT_LEVELS)[number];

/** A line break, then at least one blank line. The indentation of what follows stays with it. */
const BLANK_LINES = /\n[ \t]*\r?\n(?:[ \t]*\r?\n)*/g;
const LINE_BREAK = /\n/g;
const WHITE_SPACE = /\s+/g;

/** Cuts strictly inside `span`, ascending. `headingStarts` are offsets into `text`, ascending. */
export function cutsInside(
  text: string,
  span: Span,
  level: CutLevel,
  headingStarts: readonly number[],
): number[] {
  switch (level) {
    case 'heading':
      return headingStarts.filter((start) => start > span.start && start < span.end);
    case 'paragraph':
      return cutsAfter(text, span, BLANK_LINES);
    case 'line':
      return cutsAfter(text, span, LINE_BREAK);
    case 'sentence':
      return segmentSentences(text.slice(span.start, span.end))
        .map((sentence) => span.start + sentence.end)
        .filter((cut) => cut < span.end);
    case 'word':
      return cutsAfter(text, span, WHITE_SPACE);
    case 'character':
      return characterCuts(text, span);
    default:
      return level satisfies never;
  }
}

function cutsAfter(text: string, span: Span, seam: RegExp): number[] {
  const cuts: number[] = [];
  for (const match of text.slice(span.start, span.end).matchAll(seam)) {
    const cut = span.start + match.index + match[0].length;
    if (cut < span.end) cuts.push(cut);
  }
  return cuts;
}

/** A mark, joiner or selector belongs to the character before it; what follows a joiner too. */
const EXTENDS = /\p{M}|\p{Emoji_Modifier}|\u200d/u;
const ZERO_WIDTH_JOINER = 0x200d;

function characterCuts(text: string, span: Span): number[] {
  const cuts: number[] = [];
  let previous = text.codePointAt(span.start) ?? 0;
  for (let at = span.start + width(previous); at < span.end;) {
    const code = text.codePointAt(at) ?? 0;
    const joined = previous === ZERO_WIDTH_JOINER || (code > 127 && EXTENDS.test(String.fromCodePoint(code)));
    if (!joined) cuts.push(at);
    previous = code;
    at += width(code);
  }
  return cuts;
}

function width(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
