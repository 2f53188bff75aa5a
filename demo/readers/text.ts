/** Reads plain text: passages and nothing else, since a text file says nothing about its structure. */
import type { Passage } from '../documents.js';
import { blocksOf, splitText } from './split.js';

/** Width at which people and programs break lines; shorter ones are meant as they are (lists, verse, addresses). */
const WRAPPED_LINE = /^.{50,100}$/;
const SENTENCE_END = /[.!?:;]["'”’)]*$/;

export function* readText(text: string): Generator<Passage> {
  for (const block of blocksOf(text)) yield* splitText(unwrapped(block.replaceAll('\r\n', '\n')), '');
}

/** Paragraphs whose lines were all broken at one width become one line each, so that their sentences are whole again. */
function unwrapped(text: string): string {
  return text
    .split(/(\n[ \t]*\n\s*)/)
    .map((part) => (isWrapped(part.split('\n')) ? part.replaceAll('\n', ' ') : part))
    .join('');
}

/** Lines that mostly end where sentences end are entries of a list or log, not a broken paragraph. */
function isWrapped(lines: readonly string[]): boolean {
  const broken = lines.slice(0, -1);
  return (
    broken.length > 0 &&
    broken.every((line) => WRAPPED_LINE.test(line)) &&
    lines.slice(1).every((line) => /^\S/.test(line)) &&
    broken.filter((line) => SENTENCE_END.test(line)).length * 2 < lines.length
  );
}
