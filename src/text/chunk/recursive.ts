/** A text as chunks of at most so many tokens, cut where the text itself has its coarsest seams. */
import { kindexError } from '../../base/errors.js';
import { estimateTokens } from '../estimate-tokens.js';
import type { Span } from '../segment.js';
import { CUT_LEVELS, cutsInside } from './cuts.js';
import { findHeadings } from './headings.js';

export interface ChunkOptions {
  /** Most tokens of a chunk, overlap included: an integer from 1. Default 200. */
  maxTokens?: number;
  /** Most tokens that a chunk repeats from the end of the one before: 0 … maxTokens − 1. Default 0. */
  overlap?: number;
  /** Tokens of a text; longer texts must not count less. Default `estimateTokens`. */
  countTokens?: (text: string) => number;
}

/** `text` is `source.slice(start, end)`. */
export interface Chunk extends Span {
  text: string;
  tokens: number;
}

/** `ChunkOptions`, complete and checked. */
export interface ChunkSettings {
  /** Without what the overlap takes. */
  limit: number;
  overlap: number;
  countTokens: (text: string) => number;
}

/** A leftover below this share of the limit (a title, the last line of a long paragraph) is joined with what follows. */
const SMALL_SHARE = 0.1;
const PARAGRAPH: number = CUT_LEVELS.indexOf('paragraph');

/**
 * Chunks in order. Without overlap they touch and cover the text, white space included: joined they are the text.
 * With overlap each start moves back, to a sentence if one fits, else to a word. Text of white space only has no chunk.
 * Cuts at headings first, then blank lines, line breaks, sentences, words, characters, each only where a piece is still
 * too long; neighbours are put together while they fit. A single character is not cut, however much it counts.
 * Cost: the text is counted about ten times.
 * @throws VALUE_ARGUMENT when `text` is no string · VALUE_CONFIGURATION for a number out of range
 */
export function chunkText(text: string, options: ChunkOptions = {}): Chunk[] {
  const settings = checkChunkOptions(text, options);
  if (text.trim() === '') return [];
  return chunkSpan(
    text,
    { start: 0, end: text.length },
    findHeadings(text).map((heading) => heading.start),
    settings,
  );
}

/** @throws VALUE_ARGUMENT · VALUE_CONFIGURATION */
export function checkChunkOptions(text: unknown, options: ChunkOptions): ChunkSettings {
  const { maxTokens = 200, overlap = 0, countTokens = estimateTokens } = options;
  if (typeof text !== 'string') {
    throw kindexError('VALUE_ARGUMENT', `The text to chunk is of type ${typeof text}, not a string.`);
  }
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw kindexError('VALUE_CONFIGURATION', `maxTokens must be an integer from 1, got ${maxTokens}.`, {
      details: { maxTokens },
    });
  }
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= maxTokens) {
    throw kindexError(
      'VALUE_CONFIGURATION',
      `overlap must be an integer from 0 to ${maxTokens - 1}, got ${overlap}.`,
      {
        details: { overlap, maxTokens },
      },
    );
  }
  return { limit: maxTokens - overlap, overlap, countTokens };
}

/** Chunks of one span of `text`, which is not blank; overlap stays inside the span. */
export function chunkSpan(
  text: string,
  span: Span,
  headingStarts: readonly number[],
  settings: ChunkSettings,
): Chunk[] {
  const { limit, overlap, countTokens } = settings;
  const count = (start: number, end: number): number => countTokens(text.slice(start, end));
  const pieces: Span[] = [];

  /** Cuts a span that is too long, at `level` or finer. */
  function cut(tooLong: Span, level: number): void {
    const name = CUT_LEVELS[level];
    if (name === undefined) {
      pieces.push(tooLong);
      return;
    }
    const ends = [...cutsInside(text, tooLong, name, headingStarts), tooLong.end];
    if (ends.length === 1) {
      cut(tooLong, level + 1);
      return;
    }
    let start = tooLong.start;
    for (let part = 0; part < ends.length;) {
      const fitting = lastFitting(ends, part, (end) => count(start, end) <= limit);
      const fittingEnd = ends[fitting] ?? start;
      const nextEnd = ends[fitting + 1] ?? fittingEnd;
      // What cannot be cut any finer takes only white space before it along.
      const small = name === 'character' ? 1 : limit * SMALL_SHARE;
      const opensTooLong = count(start, fittingEnd) < small && count(fittingEnd, nextEnd) > limit;
      if (fitting >= part && !opensTooLong) {
        pieces.push({ start, end: fittingEnd });
        start = fittingEnd;
        part = fitting + 1;
        continue;
      }
      cut({ start, end: nextEnd }, level + 1);
      start = nextEnd;
      part = fitting + 2;
      const last = pieces.at(-1);
      if (last && level >= PARAGRAPH && part < ends.length && count(last.start, last.end) < small) {
        pieces.pop();
        start = last.start;
      }
    }
  }

  if (count(span.start, span.end) <= limit) pieces.push(span);
  else cut(span, 0);

  return pieces.map((piece, index) => {
    const before = pieces[index - 1];
    const start = before && overlap > 0 ? overlapStart(text, before, overlap, count) : piece.start;
    return { start, end: piece.end, text: text.slice(start, piece.end), tokens: count(start, piece.end) };
  });
}

/**
 * Index of the last of `ends`, from `from` on, that `fits`; `from − 1` when none does. Steps that double, then halves:
 * the number of tries follows the length of the answer, not of the list.
 */
function lastFitting(ends: readonly number[], from: number, fits: (end: number) => boolean): number {
  const fitsAt = (index: number): boolean => {
    const end = ends[index];
    return end !== undefined && fits(end);
  };
  if (!fitsAt(from)) return from - 1;
  let low = from;
  let step = 1;
  while (fitsAt(low + step)) {
    low += step;
    step *= 2;
  }
  let high = low + step;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fitsAt(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The earliest sentence start, else word start, of `before` from which no more than `overlap` tokens remain. */
function overlapStart(
  text: string,
  before: Span,
  overlap: number,
  count: (start: number, end: number) => number,
): number {
  for (const level of ['sentence', 'word'] as const) {
    const starts = [before.start, ...cutsInside(text, before, level, [])].reverse();
    const earliest = lastFitting(starts, 0, (start) => count(start, before.end) <= overlap);
    const start = starts[earliest];
    if (start !== undefined) return start;
  }
  return before.end;
}
