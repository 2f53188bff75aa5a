/** A matrix as the arrays of numbers that Chroma's interface returns. */
import type { Matrix } from '../base/types.js';

export function matrixRows(matrix: Matrix): number[][] {
  const { data, rows, dimensions } = matrix;
  return Array.from({ length: rows }, (_, row) =>
    Array.from(data.subarray(row * dimensions, (row + 1) * dimensions)),
  );
}
