/** Checks what a caller hands to a collection, with chromadb's messages, before anything is embedded or sent. */
import { kindexError, type ChromaError, type ErrorCode, type ErrorDetails } from '../base/errors.js';
import type { Include, Matrix, Metadata, SparseVector } from '../base/types.js';

/** Embeddings as Chroma takes them, or without the detour over `number[][]`: a typed array each, or one matrix. */
export type EmbeddingsInput = readonly (readonly number[] | Float32Array | Float64Array)[] | Matrix;

/** Records to write, column by column; every given column has one entry per id. */
export interface WriteArgs {
  ids: string[];
  embeddings?: EmbeddingsInput;
  metadatas?: (Metadata | null)[];
  documents?: string[];
  uris?: string[];
}

/** Records as Chroma types them: every `RecordSet` is a `WriteArgs`. */
export interface RecordSet {
  ids: string[];
  embeddings?: number[][];
  metadatas?: Metadata[];
  documents?: string[];
  uris?: string[];
}

export function isMatrix(value: unknown): value is Matrix {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && 'data' in value && 'rows' in value
  );
}

/** Number of vectors in `embeddings`. */
export function embeddingCount(embeddings: EmbeddingsInput): number {
  return isMatrix(embeddings) ? embeddings.rows : embeddings.length;
}

/** A refusal that names the place of the fault, in its message and as `details.path`: `metadatas[2].year`. */
export function refuse(code: ErrorCode, message: string, at: Place, as?: 'client'): ChromaError {
  return kindexError(code, `${message} (${at.path})`, { details: at, as });
}

/** Where in the arguments something stands. */
export interface Place extends ErrorDetails {
  path: string;
}

/** Entry `index` of a list of the arguments. */
export function placeOf(field: string, index: number): Place {
  return { path: `${field}[${index}]`, index };
}

/** What is long is shown by its beginning: ids and keys may have megabytes. */
export function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/**
 * Every given column is a list, none is empty, all are of one length.
 * @throws VALUE_ARGUMENT · VALUE_LENGTHS
 */
export function checkLengths(records: WriteArgs): void {
  const columns = (['ids', 'embeddings', 'metadatas', 'documents', 'uris'] as const).filter(
    (field) => records[field] !== undefined,
  );
  const lengths = columns.map((field) => {
    const column: unknown = records[field];
    if (isMatrix(column)) return column.rows;
    if (!Array.isArray(column)) {
      throw kindexError('VALUE_ARGUMENT', `Expected '${field}' to be an array, but got ${typeName(column)}`, {
        details: { path: field },
      });
    }
    return column.length;
  });
  const empty = columns.filter((_, i) => lengths[i] === 0);
  if (empty.length > 0) {
    throw kindexError('VALUE_LENGTHS', `Non-empty lists are required for ${empty.join(', ')}`, {
      details: { path: empty[0] },
    });
  }
  if (new Set(lengths).size > 1) {
    throw kindexError('VALUE_LENGTHS', `Unequal lengths for fields ${columns.join(', ')}`, {
      details: Object.fromEntries(columns.map((field, i) => [field, lengths[i]])),
    });
  }
}

/** @throws VALUE_IDS · VALUE_EMPTY_ID · VALUE_ILL_FORMED_TEXT · VALUE_DUPLICATE_IDS */
export function checkIds(ids: unknown): asserts ids is string[] {
  if (!Array.isArray(ids)) {
    throw kindexError('VALUE_IDS', `Expected 'ids' to be an array, but got ${typeName(ids)}`);
  }
  if (ids.length === 0) throw kindexError('VALUE_IDS', "Expected 'ids' to be a non-empty list");
  const wrong: number[] = [];
  for (let i = 0; i < ids.length; i++) if (typeof ids[i] !== 'string') wrong.push(i);
  if (wrong.length > 0) {
    // As many as anybody reads: there may be a hundred thousand.
    const shown = wrong.slice(0, 100);
    throw kindexError(
      'VALUE_IDS',
      `Found non-string IDs at ${shown.join(', ')}${wrong.length > shown.length ? ', …' : ''}`,
      { details: { path: `ids[${wrong[0]}]`, indexes: shown } },
    );
  }
  const texts = ids as string[];
  const seen = new Set<string>();
  const duplicates: number[] = [];
  texts.forEach((id, i) => {
    const at = (): Place => placeOf('ids', i);
    if (id === '') throw refuse('VALUE_EMPTY_ID', 'Empty ID, ID must have at least one character', at());
    if (!id.isWellFormed()) throw illFormed(at(), id);
    if (seen.has(id)) duplicates.push(i);
    seen.add(id);
  });
  if (duplicates.length > 0) {
    const names = duplicates.slice(0, 100).map((i) => shorten(texts[i]!));
    const last = duplicates.slice(-5).map((i) => shorten(texts[i]!));
    const shown = duplicates.length <= 5 ? names : [...names.slice(0, 5), '...', ...last];
    throw kindexError(
      'VALUE_DUPLICATE_IDS',
      `Expected IDs to be unique, but found duplicates of ${shown.join(', ')}`,
      { details: { path: `ids[${duplicates[0]}]`, duplicates: names } },
    );
  }
}

/** One document or uri. @throws VALUE_DOCUMENT · VALUE_ILL_FORMED_TEXT */
export function checkText(field: 'documents' | 'uris', index: number, text: unknown): asserts text is string {
  const at = placeOf(field, index);
  if (typeof text !== 'string') {
    // Where there is nothing chromadb's client refuses it, and leaves all else to the server.
    throw refuse(
      'VALUE_DOCUMENT',
      `Expected each ${field.slice(0, -1)} to be a string, but got ${typeName(text)}`,
      at,
      text ? 'client' : undefined,
    );
  }
  if (!text.isWellFormed()) throw illFormed(at, text);
}

export function isSparseVector(value: unknown): value is SparseVector {
  return (
    typeof value === 'object' &&
    value !== null &&
    'indices' in value &&
    'values' in value &&
    Array.isArray(value.indices) &&
    Array.isArray(value.values)
  );
}

const INCLUDES: readonly string[] = ['distances', 'documents', 'embeddings', 'metadatas', 'uris'];

/** @throws VALUE_INCLUDE */
export function checkInclude(
  include: unknown,
  options: { allowDistances: boolean },
): asserts include is Include[] {
  if (!Array.isArray(include)) {
    throw kindexError('VALUE_INCLUDE', `Expected 'include' to be an array, but got ${typeName(include)}`);
  }
  for (const item of include as unknown[]) {
    if (typeof item !== 'string')
      throw kindexError('VALUE_INCLUDE', "Expected 'include' items to be strings");
    if (!INCLUDES.includes(item)) {
      throw kindexError(
        'VALUE_INCLUDE',
        `Expected 'include' items to be one of ${INCLUDES.join(', ')}, but got ${item}`,
      );
    }
    if (item === 'distances' && !options.allowDistances) {
      throw kindexError('VALUE_INCLUDE', 'distances is not allowed for this operation');
    }
  }
}

/** More than there are returns all; the bound only keeps typing slips out. @throws VALUE_N_RESULTS */
export function checkResultCount(nResults: unknown): asserts nResults is number {
  if (typeof nResults === 'number' && Number.isInteger(nResults) && nResults >= 1 && nResults <= 0x7fffffff)
    return;
  const isNumber = typeof nResults === 'number';
  throw kindexError(
    'VALUE_N_RESULTS',
    isNumber && nResults <= 0
      ? `Number of requested results has to be positive, got ${nResults}`
      : `Number of requested results has to be an integer from 1 to 2147483647, got ${String(nResults)}`,
    {
      details: { path: 'nResults', nResults: String(nResults) },
      // Fractions and what is too large are refused by chromadb's server, all else by its client.
      as: isNumber && nResults > 0 ? 'client' : undefined,
    },
  );
}

/** `limit` or `offset`. @throws VALUE_LIMIT */
export function checkLimit(name: 'limit' | 'offset', value: unknown): void {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return;
  throw kindexError('VALUE_LIMIT', `${name} must be a non-negative integer, got ${String(value)}`, {
    details: { path: name, [name]: String(value) },
  });
}

function illFormed(at: Place, text: string): Error {
  const repaired = text.toWellFormed();
  let character = 0;
  while (text[character] === repaired[character]) character++;
  return refuse(
    'VALUE_ILL_FORMED_TEXT',
    `Expected text, but there is a lone surrogate near character ${character}`,
    {
      ...at,
      at: character,
    },
  );
}

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
