/** Some rows of a column, copied together. Used only where a write leaves records out; whole columns pass untouched. */
import type { Matrix, PackedTexts } from '../base/types.js';

/** `indices`: ascending positions in the matrix. */
export function gatherMatrix({ data, dimensions }: Matrix, indices: Uint32Array): Matrix {
  const gathered = new Float32Array(indices.length * dimensions);
  indices.forEach((index, i) => {
    gathered.set(data.subarray(index * dimensions, (index + 1) * dimensions), i * dimensions);
  });
  return { data: gathered, rows: indices.length, dimensions };
}

/** `indices`: ascending positions in `texts`. */
export function gatherTexts(texts: PackedTexts, indices: Uint32Array): PackedTexts {
  const starts = indices.map((index) => (index === 0 ? 0 : texts.ends[index - 1]!));
  const ends = new Uint32Array(indices.length);
  let length = 0;
  indices.forEach((index, i) => {
    length += texts.ends[index]! - starts[i]!;
    ends[i] = length;
  });
  const bytes = new Uint8Array(length);
  indices.forEach((index, i) => {
    bytes.set(texts.bytes.subarray(starts[i], texts.ends[index]), i === 0 ? 0 : ends[i - 1]);
  });
  const { present } = texts;
  return {
    bytes,
    ends,
    present: present === null ? null : Uint8Array.from(indices, (index) => present[index]!),
  };
}
