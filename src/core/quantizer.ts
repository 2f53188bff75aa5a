/**
 * How vectors become int8 codes: one step for all dimensions and a whole multiple of it, 1 for most, for each that reaches farther.
 * So products of two codes are whole numbers, the same on every CPU, and dimensions twenty times as wide as the others, which
 * embeddings of some models have, neither clip nor coarsen the rest.
 */

/** Codes are −63…63. */
export const CODE_LIMIT = 63;

/** 63 · 22² still fits i16. */
const MAX_MULTIPLE = 22;

/**
 * Where no dimension reaches beyond this times the base, all get the multiple 1 and little is clipped: then what codes are compared
 * with fits i8, and relaxed SIMD takes a quarter less time. Recall is the same (20,000 × 384, three seeds: within 0.001).
 */
const EVEN_REACH = 1.5;

/** 63² · Σ multiple² stays under 2³¹. */
const MAX_SQUARES = 500_000;

/** Rows whose extent decides; more change little. */
export const SAMPLE_ROWS = 1024;

export interface QuantizerTables {
  /** multiple² per dimension, i16: what turns a code into the side that is compared. */
  weights: Int16Array<ArrayBuffer>;
  /** 1 / (step · multiple) per dimension: value · factor is the code. */
  codeFactors: Float32Array<ArrayBuffer>;
  /** multiple / step per dimension: what turns a query into units of codes. */
  queryFactors: Float32Array<ArrayBuffer>;
}

/**
 * `vectors`: f32 [rows × dimensions], finite, a sample of what will be coded; at least one row.
 * What lies outside its extent is clipped to it. Cost: one pass.
 */
export function fitQuantizer(vectors: Float32Array, dimensions: number): QuantizerTables {
  const extents = extentsOf(vectors, dimensions);
  // Dimensions slightly wider than most are clipped a little rather than coded with half the precision.
  let base = 1.1 * extents.toSorted()[Math.floor(dimensions * 0.75)]!;
  const widest = extents.reduce((a, b) => Math.max(a, b), 0);
  base = Math.max(base, widest / MAX_MULTIPLE, 1e-30);
  let multiples = widest < EVEN_REACH * base ? extents.map(() => 1) : multiplesOf(extents, base);
  while (multiples.reduce((sum, m) => sum + m * m, 0) > MAX_SQUARES) {
    base *= 1.25;
    multiples = multiplesOf(extents, base);
  }
  const step = base / CODE_LIMIT;
  return {
    weights: Int16Array.from(multiples, (m) => m * m),
    codeFactors: Float32Array.from(multiples, (m) => 1 / (step * m)),
    queryFactors: Float32Array.from(multiples, (m) => m / step),
  };
}

/** Brings each vector of `vectors` to length 1 in place, as cosine space compares them; zero vectors stay. */
export function toUnitLength(vectors: Float32Array, dimensions: number): Float32Array {
  for (let at = 0; at < vectors.length; at += dimensions) {
    const vector = vectors.subarray(at, at + dimensions);
    const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1;
    for (let d = 0; d < dimensions; d++) vector[d]! /= length;
  }
  return vectors;
}

function multiplesOf(extents: Float32Array, base: number): Float32Array {
  return extents.map((extent) => Math.min(MAX_MULTIPLE, Math.max(1, Math.ceil(extent / base - 0.15))));
}

/** How far each dimension reaches: its largest value, unless that is over twice the third largest: one odd vector changes nothing. */
function extentsOf(vectors: Float32Array, dimensions: number): Float32Array {
  const first = new Float32Array(dimensions);
  const second = new Float32Array(dimensions);
  const third = new Float32Array(dimensions);
  for (let at = 0; at < vectors.length; at += dimensions) {
    for (let d = 0; d < dimensions; d++) {
      const value = Math.abs(vectors[at + d]!);
      if (value <= third[d]!) continue;
      if (value > first[d]!) {
        third[d] = second[d]!;
        second[d] = first[d]!;
        first[d] = value;
      } else if (value > second[d]!) {
        third[d] = second[d]!;
        second[d] = value;
      } else {
        third[d] = value;
      }
    }
  }
  if (vectors.length < 64 * dimensions) return first;
  return first.map((value, d) => (third[d]! > 0 ? Math.min(value, 2 * third[d]!) : value));
}
