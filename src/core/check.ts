/** Argument checks shared by every core, so that all refuse the same things in the same words. */
import type { Matrix, Row } from '../base/types.js';
import { kindexError } from '../base/errors.js';
import type { CodeTables, CodedVectors, GraphOptions } from './core.js';

const MAX_DIMENSIONS = 65_536;

/** @throws VALUE_DIMENSION */
export function checkDimensions(dimensions: number): void {
  if (Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= MAX_DIMENSIONS) return;
  throw kindexError('VALUE_DIMENSION', `Vectors of ${dimensions} dimensions cannot be held.`, {
    fix: `Use vectors of 1 to ${MAX_DIMENSIONS} dimensions.`,
    details: { dimensions, limit: MAX_DIMENSIONS },
  });
}

/** @throws VALUE_DIMENSION · VALUE_ARGUMENT */
export function checkGraphOptions(options: GraphOptions): void {
  checkDimensions(options.dimensions);
  checkLimits(options);
  checkRange('seed', options.seed, 0, 2 ** 32 - 1);
  const { codesFrom: sample } = options;
  if (!sample) return;
  if ('codeFactors' in sample) {
    checkTables(sample, options);
    return;
  }
  if (sample.dimensions !== options.dimensions) {
    throw otherLength('The vectors to fit codes to have', sample.dimensions, options.dimensions);
  }
  checkMatrix(sample);
  if (!sample.data.every(Number.isFinite)) throw notFinite('The sample for codes', sample.data, {});
  if (sample.rows > 0 && options.quantized) return;
  throw kindexError('VALUE_ARGUMENT', 'Codes alone need vectors to fit them to, and to be compared.', {
    fix: 'Pass a sample of the vectors, with `quantized`.',
    details: { rows: sample.rows, quantized: options.quantized },
  });
}

/** @throws VALUE_ARGUMENT */
export function checkTables(
  { weights, codeFactors, queryFactors }: CodeTables,
  { dimensions, quantized }: Pick<GraphOptions, 'dimensions' | 'quantized'>,
): void {
  const fits =
    quantized &&
    [weights, codeFactors, queryFactors].every(({ length }) => length === dimensions) &&
    weights.every((weight) => weight >= 1 && weight <= 22 * 22) &&
    weights.reduce((sum, weight) => sum + weight, 0) <= 500_000 &&
    [codeFactors, queryFactors].every((factors) => factors.every((x) => x > 0 && Number.isFinite(x)));
  if (fits) return;
  throw kindexError(
    'VALUE_ARGUMENT',
    'The tables are not those of an index with codes of as many dimensions.',
    {
      fix: 'Use tables that such an index gave.',
      details: { dimensions, quantized, length: codeFactors.length },
    },
  );
}

/** @throws VALUE_DIMENSION · VALUE_ARGUMENT */
export function checkCoded(rows: Uint32Array, coded: CodedVectors, dimensions: number): void {
  if (coded.dimensions !== dimensions) throw otherLength('The codes have', coded.dimensions, dimensions);
  const { codes, inverseLengths } = coded;
  const fits =
    rows.length === coded.rows &&
    inverseLengths.length === coded.rows &&
    codes.length === coded.rows * dimensions &&
    inverseLengths.every((x) => x >= 0 && Number.isFinite(x)) &&
    areCodes(codes);
  if (fits) return;
  throw kindexError('VALUE_ARGUMENT', `${rows.length} row numbers came with codes that are not theirs.`, {
    fix: 'Pass what `readCodes` gave for as many rows.',
    details: { rows: rows.length, coded: coded.rows, codes: codes.length },
  });
}

/** @throws VALUE_ARGUMENT */
export function checkLimits(limits: Pick<GraphOptions, 'maxNeighbors' | 'efConstruction'>): void {
  checkRange('maxNeighbors', limits.maxNeighbors, 2, 256);
  checkRange('efConstruction', limits.efConstruction, 1, 4096);
}

/** @throws VALUE_ARGUMENT unless `value` is a whole number of `least`…`most` */
export function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw kindexError('VALUE_ARGUMENT', `${name} is ${value}.`, {
    fix: `Use a whole number of ${least} to ${most}.`,
    details: { [name]: String(value), least, most },
  });
}

/** @throws VALUE_DIMENSION · VALUE_ARGUMENT */
export function checkMatrix({ data, rows, dimensions }: Matrix): void {
  checkDimensions(dimensions);
  if (data.length === rows * dimensions) return;
  throw kindexError(
    'VALUE_ARGUMENT',
    `A matrix of ${rows} × ${dimensions} holds ${data.length} numbers instead of ${rows * dimensions}.`,
    { details: { rows, dimensions, length: data.length } },
  );
}

/** One row number per vector, and vectors of the length wanted. @throws VALUE_DIMENSION · VALUE_ARGUMENT */
export function checkVectors(rows: Uint32Array, matrix: Matrix, dimensions: number): void {
  if (matrix.dimensions !== dimensions) throw otherLength('The vectors have', matrix.dimensions, dimensions);
  checkMatrix(matrix);
  if (rows.length === matrix.rows) return;
  throw kindexError('VALUE_ARGUMENT', `${rows.length} row numbers came with ${matrix.rows} vectors.`, {
    fix: 'Pass one row number per vector.',
    details: { rows: rows.length, vectors: matrix.rows },
  });
}

/** `squaredNorms`: those of `matrix`. @throws VALUE_NOT_FINITE */
export function checkStorable(squaredNorms: Float32Array, rows: Uint32Array, matrix: Matrix): void {
  const { data, dimensions } = matrix;
  const index = squaredNorms.findIndex((norm) => !Number.isFinite(norm));
  if (index < 0) return;
  const row = rows[index] ?? 0;
  const vector = data.subarray(index * dimensions, (index + 1) * dimensions);
  throw notFinite(`Vector ${index} of ${matrix.rows} (row ${row})`, vector, { index, row });
}

/** @throws VALUE_DIMENSION */
export function checkQueryLength(query: Float32Array, dimensions: number): void {
  if (query.length !== dimensions) throw otherLength('The query has', query.length, dimensions);
}

/** `squaredNorm`: that of `query`. @throws VALUE_NOT_FINITE */
export function checkQueryFinite(squaredNorm: number, query: Float32Array): void {
  if (!Number.isFinite(squaredNorm)) throw notFinite('The query', query, {});
}

/** @throws VALUE_ARGUMENT */
export function checkK(k: number): void {
  if (Number.isInteger(k) && k >= 0) return;
  throw kindexError('VALUE_ARGUMENT', `k is ${k}.`, {
    fix: 'Ask for a non-negative whole number of neighbors.',
    details: { k: String(k) },
  });
}

/** A copy's room: a failed allocation must not look like a broken core. @throws RUNTIME_OUT_OF_MEMORY */
export function allocateMatrix(rows: number, dimensions: number): Matrix {
  try {
    return { data: new Float32Array(rows * dimensions), rows, dimensions };
  } catch (error) {
    throw kindexError(
      'RUNTIME_OUT_OF_MEMORY',
      `There is no memory for a copy of ${rows} × ${dimensions} numbers.`,
      {
        fix: 'Read fewer vectors at a time.',
        details: { rows, dimensions },
        cause: error,
      },
    );
  }
}

/** The error for reading a row that holds no vector; the caller throws it. */
export function rowNotLive(row: Row): Error {
  return kindexError('VALUE_ARGUMENT', `Row ${row} holds no vector.`, {
    fix: 'Read rows that were stored and not removed.',
    details: { row },
  });
}

/** A loop: a callback for each of millions would take longer than reading them. */
function areCodes(codes: Uint8Array): boolean {
  for (let i = 0; i < codes.length; i++) {
    // 0 becomes 255.
    if (((codes[i]! - 1) & 255) > 126) return false;
  }
  return true;
}

/** The error for reading the vector of an absent row; the caller throws it. */
export function rowAbsent(row: Row): Error {
  return kindexError('VALUE_ARGUMENT', `The vector of row ${row} is not in memory.`, {
    fix: 'Fill the row first.',
    details: { row },
  });
}

/** The error for codes that are not there; the caller throws it. */
export function noCodes(): Error {
  return kindexError('VALUE_ARGUMENT', 'This index has no codes, or they are fitted to other rows already.', {
    fix: 'Use codes of an index that is quantized, and tables before the first row.',
  });
}

/** The error for a call after `dispose`; the caller throws it. */
export function vectorsClosed(): Error {
  return kindexError('CLOSED', 'The vectors of this index were freed.', {
    fix: 'Create a new index.',
  });
}

function otherLength(subject: string, got: number, wanted: number): Error {
  return kindexError('VALUE_DIMENSION', `${subject} ${got} dimensions; the index has ${wanted}.`, {
    details: { got, wanted },
  });
}

function notFinite(subject: string, vector: Float32Array, where: Record<string, number>): Error {
  const component = vector.findIndex((value) => !Number.isFinite(value));
  if (component < 0) {
    return kindexError(
      'VALUE_NOT_FINITE',
      `${subject} is longer than 1.8e19: its square does not fit a 32-bit float.`,
      {
        details: where,
      },
    );
  }
  const value = String(vector[component]);
  return kindexError('VALUE_NOT_FINITE', `${subject} has ${value} as component ${component}.`, {
    details: { ...where, component, value },
  });
}
