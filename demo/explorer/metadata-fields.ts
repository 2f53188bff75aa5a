/** Metadata as fields of a form, each a key, a type and a text, and back; says what an edit has changed. Pure. */
import type { Metadata, MetadataValue } from 'kindex';

export const FIELD_TYPES = ['text', 'number', 'boolean', 'texts', 'numbers', 'booleans', 'sparse'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export interface Field {
  key: string;
  type: FieldType;
  /** Lists: one element per line. Sparse vectors: JSON. */
  text: string;
}

/** A field that cannot be read, told beside it. */
export class FieldFault extends Error {
  /** Position in the list of fields. */
  readonly index: number;

  constructor(index: number, message: string) {
    super(message);
    this.name = 'FieldFault';
    this.index = index;
  }
}

export function toFields(metadata: Metadata | null): Field[] {
  return Object.entries(metadata ?? {}).flatMap(([key, value]) => {
    if (value === null) return [];
    const type = typeOf(value);
    return [{ key, type, text: textOf(value) }];
  });
}

/** Null for no fields at all. @throws FieldFault with what to change */
export function parseFields(fields: readonly Field[]): Metadata | null {
  const metadata: Metadata = {};
  fields.forEach(({ key, type, text }, index) => {
    if (key === '') throw new FieldFault(index, 'The key is missing.');
    if (Object.hasOwn(metadata, key)) throw new FieldFault(index, `The key “${key}” is there twice.`);
    // Not by assignment: `__proto__` is a key like any other.
    Object.defineProperty(metadata, key, {
      value: parseValue(type, text, index),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  });
  return fields.length === 0 ? null : metadata;
}

/** What to hand to `update` so that `before` becomes `after`: null takes a key away. Null where nothing changed. */
export function changesOf(before: Metadata | null, after: Metadata | null): Metadata | null {
  const changes: [string, MetadataValue][] = [];
  for (const key of Object.keys(before ?? {})) {
    if (!after || !Object.hasOwn(after, key)) changes.push([key, null]);
  }
  for (const [key, value] of Object.entries(after ?? {})) {
    const old = before && Object.hasOwn(before, key) ? before[key] : undefined;
    if (JSON.stringify(old) !== JSON.stringify(value)) changes.push([key, value]);
  }
  return changes.length === 0 ? null : Object.fromEntries(changes);
}

function typeOf(value: NonNullable<MetadataValue>): FieldType {
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string') return 'texts';
    return typeof value[0] === 'number' ? 'numbers' : 'booleans';
  }
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'sparse';
}

function textOf(value: NonNullable<MetadataValue>): string {
  // An element with a line break inside would come back as two: such lists are written as JSON.
  if (Array.isArray(value)) {
    const lines = value.map(String);
    return lines.some(needsJson) ? JSON.stringify(value) : lines.join('\n');
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function needsJson(line: string): boolean {
  return /[\r\n]/.test(line) || line === '' || line.startsWith('[');
}

function parseValue(type: FieldType, text: string, index: number): MetadataValue {
  switch (type) {
    case 'text':
      return text;
    case 'number':
      return parseNumber(text, index);
    case 'boolean':
      return parseBoolean(text, index);
    case 'texts':
      return parseTexts(text, index);
    case 'numbers':
      return listOf(text, index).map((line) => parseNumber(line, index));
    case 'booleans':
      return listOf(text, index).map((line) => parseBoolean(line, index));
    case 'sparse':
      return parseSparse(text, index);
  }
}

function parseNumber(text: string, index: number): number {
  const number = Number(text.trim());
  if (text.trim() === '' || !Number.isFinite(number))
    throw new FieldFault(index, `“${text}” is not a finite number.`);
  return number;
}

function parseBoolean(text: string, index: number): boolean {
  const word = text.trim();
  if (word !== 'true' && word !== 'false')
    throw new FieldFault(index, `“${text}” is neither true nor false.`);
  return word === 'true';
}

function parseTexts(text: string, index: number): string[] {
  if (!text.startsWith('[')) return listOf(text, index);
  const read = parseJson(text, index);
  if (!Array.isArray(read) || read.length === 0 || !read.every((item) => typeof item === 'string'))
    throw new FieldFault(index, 'A list that begins with [ must be a JSON list of texts, not empty.');
  return read;
}

function listOf(text: string, index: number): string[] {
  if (text === '')
    throw new FieldFault(index, 'A list needs at least one element; each goes on its own line.');
  return text.replace(/\n$/, '').split('\n');
}

function parseSparse(text: string, index: number): MetadataValue {
  const read = parseJson(text, index);
  if (typeof read !== 'object' || read === null || !('indices' in read) || !('values' in read))
    throw new FieldFault(
      index,
      'A sparse vector is JSON of the form {"indices": [0, 7], "values": [0.5, 1]}.',
    );
  return read as MetadataValue;
}

function parseJson(text: string, index: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FieldFault(index, `It is not valid JSON: ${(error as Error).message}`);
  }
}
