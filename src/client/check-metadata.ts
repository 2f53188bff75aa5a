/** What metadata may hold, with chromadb's messages and the path to the fault. Loaded when metadata is written. */
import { kindexError, type ChromaError } from '../base/errors.js';
import type { Metadata, SparseVector } from '../base/types.js';
import { isSparseVector, refuse, shorten, typeName, type Place } from './check-records.js';

/** @throws VALUE_METADATA · VALUE_METADATA_KEY · VALUE_METADATA_NUMBER naming the key */
export function checkMetadata(
  metadata: unknown,
  at: Place = { path: 'metadata' },
): asserts metadata is Metadata {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw refuse('VALUE_METADATA', `Expected metadata to be an object, but got ${typeName(metadata)}`, at);
  }
  const entries = Object.entries(metadata);
  if (entries.length === 0) throw refuse('VALUE_METADATA', 'Expected metadata to be non-empty', at);
  for (const [name, value] of entries) {
    const key = shorten(name);
    const place = {
      ...at,
      path: at.path + (/^\w+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`),
      key,
    };
    if (!name || /^([#$]|chroma:)/.test(name) || !name.isWellFormed()) {
      throw refuse('VALUE_METADATA_KEY', `Metadata key '${key}' cannot be used`, place);
    }
    checkMetadataValue(value, place);
  }
}

/** Of a new collection: chromadb leaves it to its server to refuse. @throws as `checkMetadata`, all as ChromaClientError */
export function checkNewMetadata(metadata: Metadata): void {
  try {
    checkMetadata(metadata);
  } catch (error) {
    const { code, message, fix, details } = error as ChromaError;
    throw kindexError(code, message, { fix, details, as: 'client' });
  }
}

/** The check a record's or a collection's metadata goes through; nothing given is fine. @throws as `checkMetadata` */
export function validateMetadata(metadata?: Metadata | null): void {
  if (metadata !== undefined && metadata !== null) checkMetadata(metadata);
}

function checkMetadataValue(value: unknown, at: Place): void {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean')
    return;
  if (typeof value === 'number') checkMetadataNumber(value, at);
  else if (Array.isArray(value)) checkMetadataList(value, at);
  else if (isSparseVector(value)) checkSparseVector(value, at);
  else {
    throw refuse(
      'VALUE_METADATA',
      `Expected metadata value for key '${String(at['key'])}' to be a string, number, boolean, SparseVector, typed array (string[], number[], boolean[]), or null, got ${typeName(value)}`,
      at,
    );
  }
}

function checkMetadataNumber(value: number, at: Place): void {
  if (Number.isFinite(value)) return;
  throw refuse(
    'VALUE_METADATA_NUMBER',
    `Metadata value for key '${String(at['key'])}' is ${value}, which is not finite`,
    { ...at, value: String(value) },
  );
}

function checkMetadataList(list: unknown[], at: Place): void {
  const fault = (rest: string): ChromaError =>
    refuse('VALUE_METADATA', `Expected metadata list value for key '${String(at['key'])}' to ${rest}`, at);
  if (list.length === 0) throw fault('be non-empty');
  const type = typeof list[0];
  for (const item of list) {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean') {
      throw fault(`contain only strings, numbers, or booleans, got ${typeName(item)}`);
    }
    if (typeof item !== type) throw fault('contain only the same type, got mixed types');
    if (typeof item === 'number') checkMetadataNumber(item, at);
  }
}

function checkSparseVector({ indices, values }: SparseVector, at: Place): void {
  const increasing = indices.every(
    (index, i) =>
      Number.isInteger(index) &&
      index >= 0 &&
      index <= 0xffffffff &&
      (i === 0 || index > (indices[i - 1] ?? 0)),
  );
  if (indices.length !== values.length || !increasing || !values.every((value) => Number.isFinite(value))) {
    throw refuse(
      'VALUE_METADATA',
      `Sparse vector of key '${String(at['key'])}' needs strictly increasing indices and as many finite values (${indices.length} indices, ${values.length} values)`,
      at,
      'client',
    );
  }
}
