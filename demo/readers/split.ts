/** Running text to passages of at most 200 tokens, by the library's own chunker, block by block so that pauses fit in between. */
import { chunkText } from 'kindex/text';
import type { Passage } from '../documents.js';

/** Split in one go: a few milliseconds of work. */
const BLOCK_CHARACTERS = 16_384;

/** Passages of `text` in order, all under `heading`; none for a text of white space. */
export function* splitText(text: string, heading: string): Generator<Passage> {
  for (const block of blocksOf(text)) {
    for (const chunk of chunkText(block)) {
      // JSON escapes can spell half a character, which no store accepts.
      const passage = chunk.text.trim().toWellFormed();
      if (passage !== '') yield { heading: heading.toWellFormed(), text: passage };
    }
  }
}

/** Cuts a long text at the blank line, line break or space nearest before each 16,384th character. */
export function* blocksOf(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > BLOCK_CHARACTERS) {
    const end = start + BLOCK_CHARACTERS;
    const seam = ['\n\n', '\n', ' ']
      .map((mark) => text.lastIndexOf(mark, end))
      .find((at) => at > start + BLOCK_CHARACTERS / 2);
    // Without any seam a surrogate pair must stay whole.
    const cut = seam ?? (isLowSurrogate(text.charCodeAt(end)) ? end - 1 : end);
    yield text.slice(start, cut);
    start = cut;
  }
  if (start < text.length) yield text.slice(start);
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
