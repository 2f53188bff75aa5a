/** Reads plain text: passages and nothing else, since a text file says nothing about its structure. */
import type { Passage } from '../documents.js';
import { splitText } from './split.js';

/** Width at which people and programs break lines; shorter ones are meant as they are (lists, verse, addresses). */
const WRAPPED_LINE = /^.{50,100}$/;

export function readText(text: string): Generator<Passage> {
  return splitText(unwrapped(text.replaceAll('\r\n', '\n')), '');
}

/** Paragraphs whose lines were all broken at one width become one line each, so that their sentences are whole again. */
function unwrapped(text: string): string {
  return text
    .split(/(\n[ \t]*\n\s*)/)
    .map((part) => {
      const lines = part.split('\n');
      const isWrapped = lines.length > 1 && lines.slice(0, -1).every((line) => WRAPPED_LINE.test(line));
      return isWrapped && lines.slice(1).every((line) => /^\S/.test(line)) ? lines.join(' ') : part;
    })
    .join('');
}
