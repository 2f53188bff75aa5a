/** The part of a long passage worth showing at first: around the sentence that was found. */
import type { Span } from './highlight.js';

/** About four lines on a wide screen. */
const SHOWN_CHARACTERS = 420;

/** All of a short text; else about 420 characters that hold `around`, cut at spaces. */
export function excerptSpan(text: string, around: Span | null): Span {
  if (text.length <= SHOWN_CHARACTERS * 1.25) return { start: 0, end: text.length };
  const focus = around ?? { start: 0, end: 0 };
  const spare = Math.max(0, SHOWN_CHARACTERS - (focus.end - focus.start));
  // A third of the room before the sentence, the rest after it; what one side does not need goes to the other.
  let start = Math.max(0, focus.start - Math.round(spare / 3));
  const end = Math.min(text.length, start + Math.max(SHOWN_CHARACTERS, focus.end - start));
  if (end === text.length) start = Math.max(0, Math.min(focus.start, end - SHOWN_CHARACTERS));
  return {
    start: start === 0 ? 0 : afterSpace(text, start, focus.start),
    end: end === text.length ? end : beforeSpace(text, end, focus.end),
  };
}

/** The start of the first word that begins in [from, limit]. */
function afterSpace(text: string, from: number, limit: number): number {
  const space = /\s+/.exec(text.slice(from, limit));
  return space ? from + space.index + space[0].length : limit;
}

/** The end of the last word that ends in [limit, to]. */
function beforeSpace(text: string, to: number, limit: number): number {
  const cut = text.slice(limit, to).search(/\s+\S*$/);
  return cut === -1 ? Math.max(limit, to) : limit + cut;
}

/** `span` seen from inside `window`; null where they do not meet. */
export function shiftInto(span: Span | null, window: Span): Span | null {
  if (!span) return null;
  const start = Math.max(span.start, window.start) - window.start;
  const end = Math.min(span.end, window.end) - window.start;
  return end > start ? { start, end } : null;
}
