/** What a write must be whatever the collection holds: checked at once, before it waits for its turn. */
import { kindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { Matrix, PackedTexts } from '../base/types.js';
import type { Core } from '../core/core.js';
import type { RecordBatch } from '../rpc/service.js';

/**
 * The store's own check of ids: cheap, since clients check them with better messages.
 * @throws VALUE_IDS · VALUE_EMPTY_ID · VALUE_ILL_FORMED_TEXT · VALUE_DUPLICATE_IDS
 */
export function checkIds(ids: readonly string[]): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    if (typeof id !== 'string')
      throw kindexError('VALUE_IDS', `The id at index ${i} is not a string.`, { details: { index: i } });
    if (id === '')
      throw kindexError('VALUE_EMPTY_ID', `The id at index ${i} is empty.`, { details: { index: i } });
    if (!id.isWellFormed()) {
      throw kindexError('VALUE_ILL_FORMED_TEXT', `The id at index ${i} holds a lone surrogate.`, {
        details: { index: i },
      });
    }
  }
  if (new Set(ids).size === ids.length) return;
  const seen = new Set<string>();
  const duplicate = ids.find((id) => seen.size === seen.add(id).size);
  throw kindexError('VALUE_DUPLICATE_IDS', `The id "${duplicate}" is named more than once.`, {
    details: { id: duplicate },
  });
}

/**
 * Every column fits the ids, and every vector is finite. Returns the squared norms of the vectors, null without vectors.
 * @throws as `checkIds` · VALUE_LENGTHS · VALUE_EMBEDDING · VALUE_DIMENSION · VALUE_NOT_FINITE · VALUE_ARGUMENT
 */
export function checkBatch(batch: RecordBatch, core: Core): Float32Array | null {
  const { ids, vectors } = batch;
  if (ids.length === 0) throw kindexError('VALUE_IDS', 'A write names no ids.');
  checkIds(ids);
  for (const column of ['documents', 'metadatas', 'uris'] as const) {
    const texts = batch[column];
    if (texts) checkTexts(column, texts, ids.length);
  }
  if (batch.metadatas) checkJsonObjects(batch.metadatas, ids);
  if (!vectors) return null;
  if (vectors.rows !== ids.length) throw wrongLength('vectors', vectors.rows, ids.length);
  const norms = checkMatrix(vectors, core);
  const bad = norms.findIndex((norm) => !Number.isFinite(norm));
  if (bad >= 0) throw notFinite(vectors, bad, `the record "${ids[bad]}"`);
  return norms;
}

/**
 * Query vectors: of one length and finite. Whether the length is the collection's is checked where it is known.
 * @throws VALUE_EMBEDDING · VALUE_DIMENSION · VALUE_NOT_FINITE
 */
export function checkQueryVectors(vectors: Matrix, core: Core): void {
  if (vectors.rows === 0) return;
  const bad = checkMatrix(vectors, core).findIndex((norm) => !Number.isFinite(norm));
  if (bad >= 0) throw notFinite(vectors, bad, `query ${bad}`);
}

function checkMatrix(matrix: Matrix, core: Core): Float32Array {
  const { data, rows, dimensions } = matrix;
  if (!Number.isSafeInteger(dimensions) || dimensions < 1 || data.length !== rows * dimensions) {
    throw kindexError(
      'VALUE_EMBEDDING',
      `A matrix of ${rows} × ${dimensions} holds ${data.length} numbers.`,
      {
        details: { rows, dimensions, numbers: data.length },
      },
    );
  }
  return core.squaredNorms(matrix);
}

function notFinite({ data, dimensions }: Matrix, row: number, whose: string): ChromaError {
  const vector = data.subarray(row * dimensions, (row + 1) * dimensions);
  const component = vector.findIndex((value) => !Number.isFinite(value));
  // Finite components can still be too large for their squares to be summed in 32-bit floats.
  const details = { index: row, component: component < 0 ? null : component };
  const what =
    component < 0
      ? 'is too long: the sum of its squares does not fit a 32-bit float'
      : `is ${vector[component]} at component ${component}`;
  return kindexError('VALUE_NOT_FINITE', `The vector of ${whose} (index ${row}) ${what}.`, { details });
}

function wrongLength(column: string, length: number, expected: number): ChromaError {
  return kindexError('VALUE_LENGTHS', `There are ${expected} ids and ${length} ${column}.`, {
    details: { column, length, ids: expected },
  });
}

/** The same rules the log's reader has: what is stored must be readable. */
function checkTexts(column: string, { bytes, ends, present }: PackedTexts, count: number): void {
  if (ends.length !== count) throw wrongLength(column, ends.length, count);
  if (present && present.length !== count) throw wrongLength(column, present.length, count);
  let start = 0;
  for (let i = 0; i < count; i++) {
    const end = ends[i]!;
    const flag = present ? present[i]! : 1;
    if (end < start || end > bytes.length || flag > 1 || (flag === 0 && end !== start)) {
      throw kindexError('VALUE_ARGUMENT', `The packed ${column} are malformed at index ${i}.`, {
        details: { column, index: i },
      });
    }
    start = end;
  }
  if (start !== bytes.length) {
    throw kindexError(
      'VALUE_ARGUMENT',
      `The packed ${column} have ${bytes.length - start} bytes that belong to no record.`,
    );
  }
}

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** A look at both ends, not a parse: parsing 10,000 texts would cost more than storing them. */
function checkJsonObjects({ bytes, ends, present }: PackedTexts, ids: readonly string[]): void {
  let start = 0;
  for (let i = 0; i < ids.length; i++) {
    const end = ends[i]!;
    if (
      present?.[i] !== 0 &&
      (bytes[start] !== BRACE_OPEN || bytes[end - 1] !== BRACE_CLOSE || end - start < 2)
    ) {
      throw kindexError('VALUE_METADATA', `The metadata of "${ids[i]}" (index ${i}) is not a JSON object.`, {
        details: { index: i },
      });
    }
    start = end;
  }
}
