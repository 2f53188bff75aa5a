/** Squared lengths of many vectors in one call. */
import { squaredNorm } from './kernels';

/** Replaces float i at `at` by Σx² of row i: f32 [rows × dimensions] in, f32 [rows] out. */
export function squaredNorms(at: usize, rows: u32, dimensions: u32): void {
  const rowBytes = dimensions << 2;
  // Result i lies at or before row i, which has been read by then.
  for (let i: u32 = 0; i < rows; i++) {
    store<f32>(at + (i << 2), squaredNorm(at + i * rowBytes, dimensions));
  }
}
