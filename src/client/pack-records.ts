/** Turns checked records into the columns that cross to the store: numbers into one matrix, texts into packed UTF-8. Works in slices. */
import { kindexError } from '../base/errors.js';
import { TextPacker } from '../base/packed-texts.js';
import { forEachSliced } from '../base/slices.js';
import type { Matrix, Metadata, PackedTexts } from '../base/types.js';
import { checkMetadata, checkText, isMatrix, typeName, type EmbeddingsInput } from './check-records.js';

/**
 * A matrix of its own (never the caller's buffer: it will be transferred).
 * Finiteness is checked where the vectors are stored.
 * @throws VALUE_EMBEDDING · VALUE_DIMENSION
 */
export async function packEmbeddings(embeddings: EmbeddingsInput, field = 'embeddings'): Promise<Matrix> {
  if (isMatrix(embeddings)) return copyMatrix(embeddings, field);
  if (!Array.isArray(embeddings)) {
    throw kindexError(
      'VALUE_EMBEDDING',
      `Expected '${field}' to be an array, but got ${typeName(embeddings)}`,
    );
  }
  const rows = embeddings.length;
  const first: unknown = embeddings[0];
  if (rows === 0)
    throw kindexError('VALUE_EMBEDDING', `Expected ${field} to be an array with at least one item`);
  const dimensions = vectorLength(first, 0);
  const data = new Float32Array(rows * dimensions);
  await forEachSliced(rows, (row) => {
    const vector: unknown = embeddings[row];
    const length = vectorLength(vector, row);
    if (length !== dimensions) {
      throw kindexError(
        'VALUE_DIMENSION',
        `Inconsistent dimensions in provided embeddings: ${dimensions} at index 0, ${length} at index ${row}`,
        { details: { index: row, expected: dimensions, got: length } },
      );
    }
    copyVector(vector as ArrayLike<unknown>, data, row, dimensions);
  });
  return { data, rows, dimensions };
}

function vectorLength(vector: unknown, index: number): number {
  if (!Array.isArray(vector) && !(ArrayBuffer.isView(vector) && 'length' in vector)) {
    throw kindexError(
      'VALUE_EMBEDDING',
      `Expected each embedding to be an array of numbers, but got ${typeName(vector)} at index ${index}`,
      { details: { index } },
    );
  }
  const { length } = vector as ArrayLike<unknown>;
  if (length === 0) {
    throw kindexError(
      'VALUE_EMBEDDING',
      `Expected each embedding to be a non-empty array of numbers, but got an empty array at index ${index}`,
      { details: { index } },
    );
  }
  return length;
}

function copyVector(vector: ArrayLike<unknown>, data: Float32Array, row: number, dimensions: number): void {
  const start = row * dimensions;
  if (vector instanceof Float32Array || vector instanceof Float64Array) {
    data.set(vector, start);
    return;
  }
  for (let d = 0; d < dimensions; d++) {
    const component = vector[d];
    // A Float32Array would turn "2" into 2 and null into 0 without a word.
    if (typeof component !== 'number') {
      throw kindexError(
        'VALUE_EMBEDDING',
        `Expected each embedding to be an array of numbers, but got ${typeName(component)} at index ${row}, component ${d}`,
        { details: { index: row, component: d } },
      );
    }
    data[start + d] = component;
  }
}

function copyMatrix(matrix: Matrix, field: string): Matrix {
  const { data, rows, dimensions } = matrix;
  const whole = Number.isSafeInteger(rows) && Number.isSafeInteger(dimensions) && rows > 0 && dimensions > 0;
  if (!(data instanceof Float32Array) || !whole || data.length !== rows * dimensions) {
    throw kindexError(
      'VALUE_EMBEDDING',
      `Expected the matrix '${field}' to hold rows × dimensions numbers in a Float32Array (${String(rows)} × ${String(dimensions)}, ${data?.length ?? 'no'} numbers given)`,
    );
  }
  return { data: new Float32Array(data), rows, dimensions };
}

/** @throws VALUE_DOCUMENT · VALUE_ILL_FORMED_TEXT */
export async function packTextColumn(field: 'documents' | 'uris', texts: string[]): Promise<PackedTexts> {
  const packer = new TextPacker(texts.length, guessBytes(texts));
  await forEachSliced(texts.length, (i) => {
    const text: unknown = texts[i];
    checkText(field, i, text);
    packer.push(text);
  });
  return packer.finish();
}

/**
 * One JSON text per record. `keepNulls`: null values stay (they delete keys on update and upsert); without it they are
 * left out, and metadata of which nothing remains is absent.
 * @throws VALUE_METADATA · VALUE_METADATA_KEY · VALUE_METADATA_NUMBER
 */
export async function packMetadatas(
  metadatas: (Metadata | null | undefined)[],
  options: { keepNulls: boolean },
): Promise<PackedTexts> {
  const packer = new TextPacker(metadatas.length, metadatas.length * 64);
  await forEachSliced(metadatas.length, (i) => {
    const metadata: unknown = metadatas[i];
    if (metadata === null || metadata === undefined) {
      packer.push(null);
      return;
    }
    checkMetadata(metadata, { index: i });
    packer.push(metadataText(metadata, options.keepNulls));
  });
  return packer.finish();
}

function metadataText(metadata: Metadata, keepNulls: boolean): string | null {
  const entries = Object.entries(metadata).filter(
    ([, value]) => value !== undefined && (keepNulls || value !== null),
  );
  // fromEntries defines own properties, so a key named __proto__ stays a plain key.
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}

function guessBytes(texts: string[]): number {
  let total = 0;
  for (const text of texts) total += typeof text === 'string' ? text.length : 0;
  return total;
}
