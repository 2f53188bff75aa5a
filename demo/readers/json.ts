/** Reads JSON and JSON lines: each element of a list becomes a passage, an object is read as `field: value` lines. */
import type { Passage } from '../documents.js';
import { splitText } from './split.js';
import { UnreadableFile } from './unreadable.js';

/** Fields that name an element, in order of preference. */
const NAMING = ['title', 'name', 'subject', 'headline', 'question', 'label', 'id'];

/** Throws UnreadableFile where the text is neither JSON nor one JSON value per line. */
export function* readJson(text: string): Generator<Passage> {
  let number = 0;
  for (const element of elementsOf(text)) {
    number++;
    const name = nameOf(element);
    yield* splitText(linesOf(element, '').join('\n'), name ?? `Entry ${number}`);
  }
}

function* elementsOf(text: string): Generator<unknown> {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch (error) {
    yield* linesAsElements(text, error);
    return;
  }
  yield* unwrap(whole);
}

/** The list inside `{ "items": […] }` is what the file is about; other objects are one element. */
function unwrap(whole: unknown): unknown[] {
  if (Array.isArray(whole)) return whole;
  if (typeof whole === 'object' && whole !== null) {
    const values: unknown[] = Object.values(whole);
    const [only] = values;
    if (values.length === 1 && Array.isArray(only)) return only;
  }
  return [whole];
}

function* linesAsElements(text: string, wholeError: unknown): Generator<unknown> {
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    if (line.trim() === '') continue;
    try {
      yield JSON.parse(line);
    } catch (error) {
      // A first line that is no value of its own tells that the file was meant to be one value.
      const reason = number === 1 ? wholeError : error;
      const where = number === 1 ? '' : ` in line ${number}`;
      throw new UnreadableFile(
        `Not valid JSON${where}: ${reason instanceof Error ? reason.message : String(reason)}.`,
      );
    }
  }
}

function nameOf(element: unknown): string | null {
  if (typeof element !== 'object' || element === null) return null;
  for (const field of NAMING) {
    const value = (element as Record<string, unknown>)[field];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** Every text, number and truth value inside `value`, each line led by the path of fields that leads to it. */
function linesOf(value: unknown, path: string): string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) {
    if (value.every((entry) => typeof entry !== 'object' || entry === null)) {
      return value.length === 0 ? [] : [labelled(path, value.join(', '))];
    }
    return value.flatMap((entry) => linesOf(entry, path));
  }
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([field, entry]) =>
      linesOf(entry, path === '' ? field : `${path}.${field}`),
    );
  }
  return [labelled(path, String(value))];
}

function labelled(path: string, value: string): string {
  return path === '' ? value : `${path}: ${value}`;
}
