/** Turns checked records into the columns that cross to the store: numbers into one matrix at once, texts into packed UTF-8 in slices. */
import { kindexError } from '../base/errors.js';
import { TextPacker } from '../base/packed-texts.js';
import { forEachSliced } from '../base/slices.js';
import type { Matrix, Metadata, PackedTexts } from '../base/types.js';
import {
  checkText,
  embeddingCount,
  isMatrix,
  isSparseVector,
  placeOf,
  refuse,
  typeName,
  type EmbeddingsInput,
} from './check-records.js';

/**
 * So many numbers of a `number[][]` are copied in one go, which takes a few milliseconds; more would hold up the page, and are
 * copied in slices.
 */
const NUMBERS_AT_ONCE = 1_500_000;

/** Above, metadata is copied in slices too. */
const RECORDS_AT_ONCE = 20_000;

/**
 * A matrix of its own (never the caller's buffer: it will be transferred), made before anything else can run: what the
 * caller changes later is not seen. Cost: about 4 ns a number from `number[][]`, a third of that from typed arrays, a tenth from a matrix.
 * Finiteness is checked where the vectors are stored.
 * @throws VALUE_EMBEDDING · VALUE_DIMENSION
 */
export function packEmbeddings(embeddings: EmbeddingsInput, field = 'embeddings'): Matrix {
  if (isMatrix(embeddings)) return copyMatrix(embeddings, field);
  const { matrix, copy } = startPacking(embeddings, field);
  for (let row = 0; row < matrix.rows; row++) copy(row);
  return matrix;
}

/** `packEmbeddings`, in slices where there are very many lists of numbers: those must be left alone until it is done. Throws, or rejects. */
export function packWrittenEmbeddings(embeddings: EmbeddingsInput): Matrix | Promise<Matrix> {
  const [first] = isMatrix(embeddings) || !Array.isArray(embeddings) ? [] : (embeddings as unknown[]);
  if (!Array.isArray(first) || embeddingCount(embeddings) * first.length <= NUMBERS_AT_ONCE) {
    return packEmbeddings(embeddings);
  }
  const { matrix, copy } = startPacking(embeddings, 'embeddings');
  return forEachSliced(matrix.rows, copy).then(() => matrix);
}

/** `copy` puts one row into `matrix`, checked. */
function startPacking(embeddings: unknown, field: string): { matrix: Matrix; copy: (row: number) => void } {
  if (!Array.isArray(embeddings)) {
    throw kindexError(
      'VALUE_EMBEDDING',
      `Expected '${field}' to be an array, but got ${typeName(embeddings)}`,
      {
        details: { path: field },
      },
    );
  }
  const rows = embeddings.length;
  if (rows === 0) {
    throw kindexError('VALUE_EMBEDDING', `Expected ${field} to be an array with at least one item`, {
      details: { path: field },
    });
  }
  const dimensions = vectorLength(embeddings[0], field, 0);
  const data = new Float32Array(rows * dimensions);
  const copy = (row: number): void => {
    const vector: unknown = embeddings[row];
    const length = vectorLength(vector, field, row);
    if (length !== dimensions) {
      throw refuse(
        'VALUE_DIMENSION',
        `Inconsistent dimensions in provided embeddings: ${dimensions} at index 0, ${length} at index ${row}`,
        { ...placeOf(field, row), expected: dimensions, got: length },
      );
    }
    copyVector(vector as ArrayLike<unknown>, data, row, dimensions, field);
  };
  return { matrix: { data, rows, dimensions }, copy };
}

function vectorLength(vector: unknown, field: string, index: number): number {
  if (!Array.isArray(vector) && !(ArrayBuffer.isView(vector) && 'length' in vector)) {
    throw refuse(
      'VALUE_EMBEDDING',
      `Expected each embedding to be an array of numbers, but got ${typeName(vector)}`,
      placeOf(field, index),
    );
  }
  const { length } = vector as ArrayLike<unknown>;
  if (length === 0) {
    throw refuse(
      'VALUE_EMBEDDING',
      `Expected each embedding to be a non-empty array of numbers, but got an empty array at index ${index}`,
      placeOf(field, index),
    );
  }
  return length;
}

function copyVector(
  vector: ArrayLike<unknown>,
  data: Float32Array,
  row: number,
  dimensions: number,
  field: string,
): void {
  const start = row * dimensions;
  if (vector instanceof Float32Array || vector instanceof Float64Array) {
    data.set(vector, start);
    return;
  }
  for (let d = 0; d < dimensions; d++) {
    const component = vector[d];
    // A Float32Array would turn "2" into 2 and null into 0 without a word.
    if (typeof component !== 'number') {
      const at = placeOf(field, row);
      throw refuse(
        'VALUE_EMBEDDING',
        `Expected each embedding to be an array of numbers, but got ${typeName(component)}`,
        { ...at, path: `${at.path}[${d}]`, component: d },
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
      { details: { path: field } },
    );
  }
  return { data: new Float32Array(data), rows, dimensions };
}

/** A uri may be missing, as in chromadb; a document may not. @throws VALUE_DOCUMENT · VALUE_ILL_FORMED_TEXT */
export async function packTextColumn(
  field: 'documents' | 'uris',
  texts: (string | null | undefined)[],
): Promise<PackedTexts> {
  const packer = new TextPacker(texts.length, guessBytes(texts));
  await forEachSliced(texts.length, (i) => {
    const text = texts[i] ?? null;
    if (field === 'documents' || text !== null) checkText(field, i, texts[i]);
    packer.push(text);
  });
  return packer.finish();
}

/** The metadata of a write as it is now; of very many records copied in slices, and to be left alone until it is done. */
export function copyMetadatas(
  metadatas: readonly (Metadata | null | undefined)[],
): (Metadata | null | undefined)[] | Promise<(Metadata | null | undefined)[]> {
  if (metadatas.length <= RECORDS_AT_ONCE) return metadatas.map(copyMetadata);
  const own = metadatas.slice();
  const copied = forEachSliced(own.length, (i) => {
    own[i] = copyMetadata(own[i]);
  }).then(() => own);
  // Whoever awaits it hears of it, and where something else is refused first nobody does.
  copied.catch(() => {});
  return copied;
}

/**
 * Metadata of the caller as it is now, down to the elements of lists: what he changes later is not seen, and what is
 * checked is what is stored. Of a sparse vector indices and values are kept. Other values are left for the check to refuse.
 */
export function copyMetadata(metadata: Metadata | null | undefined): Metadata | null | undefined {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return metadata;
  // Spreading defines own properties, so a key named __proto__ stays a plain key, here and below.
  const copy = { ...metadata };
  for (const [key, value] of Object.entries(copy)) {
    if (Array.isArray(value)) copy[key] = value.slice() as Metadata[string];
    else if (isSparseVector(value))
      copy[key] = { indices: value.indices.slice(), values: value.values.slice() };
  }
  return copy;
}

function guessBytes(texts: (string | null | undefined)[]): number {
  let total = 0;
  for (const text of texts) total += typeof text === 'string' ? text.length : 0;
  return total;
}
