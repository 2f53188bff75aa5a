/** Checks what a caller hands to a collection, with chromadb's messages, before anything is embedded or sent. */
import { kindexError, type ErrorDetails } from '../base/errors.js';
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
      throw kindexError('VALUE_ARGUMENT', `Expected '${field}' to be an array, but got ${typeName(column)}`);
    }
    return column.length;
  });
  const empty = columns.filter((_, i) => lengths[i] === 0);
  if (empty.length > 0) {
    throw kindexError('VALUE_LENGTHS', `Non-empty lists are required for ${empty.join(', ')}`);
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
    throw kindexError('VALUE_IDS', `Found non-string IDs at ${wrong.join(', ')}`, {
      details: { indexes: wrong },
    });
  }
  const texts = ids as string[];
  const seen = new Set<string>();
  const duplicates: string[] = [];
  texts.forEach((id, i) => {
    if (id === '') {
      throw kindexError('VALUE_EMPTY_ID', `Empty ID at index ${i}, ID must have at least one character`, {
        details: { index: i },
      });
    }
    if (!id.isWellFormed()) throw illFormed('ids', i, id);
    if (seen.has(id)) duplicates.push(id);
    seen.add(id);
  });
  if (duplicates.length > 0) {
    const shown =
      duplicates.length <= 5 ? duplicates : [...duplicates.slice(0, 5), '...', ...duplicates.slice(-5)];
    throw kindexError(
      'VALUE_DUPLICATE_IDS',
      `Expected IDs to be unique, but found duplicates of ${shown.join(', ')}`,
      { details: { duplicates: duplicates.slice(0, 100) } },
    );
  }
}

/** One document or uri. @throws VALUE_DOCUMENT · VALUE_ILL_FORMED_TEXT */
export function checkText(field: 'documents' | 'uris', index: number, text: unknown): asserts text is string {
  if (typeof text !== 'string') {
    const what = field === 'documents' ? 'document' : 'uri';
    throw kindexError(
      'VALUE_DOCUMENT',
      `Expected each ${what} to be a string, but got ${typeName(text)} at index ${index}`,
      {
        details: { field, index },
      },
    );
  }
  if (!text.isWellFormed()) throw illFormed(field, index, text);
}

/** @throws VALUE_METADATA · VALUE_METADATA_KEY · VALUE_METADATA_NUMBER naming the key */
export function checkMetadata(metadata: unknown, at: ErrorDetails = {}): asserts metadata is Metadata {
  const where = 'index' in at ? ` at index ${String(at.index)}` : '';
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw kindexError(
      'VALUE_METADATA',
      `Expected metadata${where} to be an object, but got ${typeName(metadata)}`,
      {
        details: at,
      },
    );
  }
  const entries = Object.entries(metadata);
  if (entries.length === 0) {
    throw kindexError('VALUE_METADATA', `Expected metadata to be non-empty${where}`, { details: at });
  }
  for (const [key, value] of entries) {
    if (
      key === '' ||
      key.startsWith('#') ||
      key.startsWith('$') ||
      key.startsWith('chroma:') ||
      !key.isWellFormed()
    ) {
      throw kindexError('VALUE_METADATA_KEY', `Metadata key '${key}'${where} cannot be used`, {
        details: { ...at, key },
      });
    }
    checkMetadataValue(key, value, { ...at, key });
  }
}

/** The check a record's or a collection's metadata goes through; nothing given is fine. @throws as `checkMetadata` */
export function validateMetadata(metadata?: Metadata | null): void {
  if (metadata !== undefined && metadata !== null) checkMetadata(metadata);
}

function checkMetadataValue(key: string, value: unknown, at: ErrorDetails): void {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean')
    return;
  if (typeof value === 'number') {
    checkMetadataNumber(key, value, at);
    return;
  }
  if (Array.isArray(value)) {
    checkMetadataList(key, value, at);
    return;
  }
  if (typeof value === 'object' && isSparseVector(value)) {
    checkSparseVector(key, value, at);
    return;
  }
  throw kindexError(
    'VALUE_METADATA',
    `Expected metadata value for key '${key}' to be a string, number, boolean, SparseVector, typed array (string[], number[], boolean[]), or null, got ${typeName(value)}`,
    { details: at },
  );
}

function checkMetadataNumber(key: string, value: number, at: ErrorDetails): void {
  if (Number.isFinite(value)) return;
  throw kindexError(
    'VALUE_METADATA_NUMBER',
    `Metadata value for key '${key}' is ${value}, which is not finite`,
    {
      details: { ...at, value: String(value) },
    },
  );
}

function checkMetadataList(key: string, list: unknown[], at: ErrorDetails): void {
  const subject = `Expected metadata list value for key '${key}'`;
  if (list.length === 0) throw kindexError('VALUE_METADATA', `${subject} to be non-empty`, { details: at });
  const type = typeof list[0];
  for (const item of list) {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean') {
      throw kindexError(
        'VALUE_METADATA',
        `${subject} to contain only strings, numbers, or booleans, got ${typeName(item)}`,
        { details: at },
      );
    }
    if (typeof item !== type) {
      throw kindexError('VALUE_METADATA', `${subject} to contain only the same type, got mixed types`, {
        details: at,
      });
    }
    if (typeof item === 'number') checkMetadataNumber(key, item, at);
  }
}

function isSparseVector(value: object): value is SparseVector {
  return (
    'indices' in value && 'values' in value && Array.isArray(value.indices) && Array.isArray(value.values)
  );
}

function checkSparseVector(key: string, vector: SparseVector, at: ErrorDetails): void {
  const { indices, values } = vector;
  const increasing = indices.every(
    (index, i) =>
      Number.isInteger(index) &&
      index >= 0 &&
      index <= 0xffffffff &&
      (i === 0 || index > (indices[i - 1] ?? 0)),
  );
  if (indices.length !== values.length || !increasing || !values.every((value) => Number.isFinite(value))) {
    throw kindexError(
      'VALUE_METADATA',
      `Sparse vector of key '${key}' needs strictly increasing indices and as many finite values (${indices.length} indices, ${values.length} values)`,
      { details: at },
    );
  }
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
  throw kindexError(
    'VALUE_N_RESULTS',
    typeof nResults === 'number' && nResults <= 0
      ? `Number of requested results has to be positive, got ${nResults}`
      : `Number of requested results has to be an integer from 1 to 2147483647, got ${String(nResults)}`,
    { details: { nResults: String(nResults) } },
  );
}

/** `limit` or `offset`. @throws VALUE_LIMIT */
export function checkLimit(name: 'limit' | 'offset', value: unknown): void {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return;
  throw kindexError('VALUE_LIMIT', `${name} must be a non-negative integer, got ${String(value)}`, {
    details: { [name]: String(value) },
  });
}

function illFormed(field: string, index: number, text: string): Error {
  const repaired = text.toWellFormed();
  let at = 0;
  while (text[at] === repaired[at]) at++;
  return kindexError(
    'VALUE_ILL_FORMED_TEXT',
    `${field}[${index}] holds a lone surrogate near character ${at}`,
    {
      details: { field, index, at },
    },
  );
}

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
