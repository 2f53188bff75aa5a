/** Reads plain text: passages and nothing else, since a text file says nothing about its structure. */
import type { Passage } from '../documents.js';
import { splitText } from './split.js';

export function readText(text: string): Generator<Passage> {
  return splitText(text.replaceAll('\r\n', '\n'), '');
}
