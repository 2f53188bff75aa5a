/** Seeded vectors for benchmarks: a mixture of clusters in a low-rank space plus isotropic noise, unit length. */

/**
 * A small fast generator (mulberry32): same seed, same numbers, everywhere.
 * @param {number} seed u32
 * @returns {() => number} uniform in [0, 1)
 */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param {() => number} random */
function createNormal(random) {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Draws unit vectors from one mixture, one after the other, of which none is kept: 200 centres with sd 1 and within-cluster sd 1 in a
 * rank-32 space, noise sd 0.5 per dimension.
 * @param {{ dimensions: number, seed: number }} options
 * @returns {(out: Float32Array, at: number) => number} writes the next vector from `at` on; its centre
 */
export function clusteredSource({ dimensions, seed }) {
  const random = createRandom(seed);
  const normal = createNormal(random);
  const rank = 32;
  const centres = Array.from({ length: 200 * rank }, normal);
  const map = Array.from({ length: rank * dimensions }, () => normal() / Math.sqrt(rank));
  return (out, at) => {
    const cluster = Math.floor(random() * 200);
    const centre = cluster * rank;
    const latent = Array.from({ length: rank }, (_, r) => (centres[centre + r] ?? 0) + normal());
    let norm = 0;
    for (let d = 0; d < dimensions; d++) {
      let value = normal() * 0.5;
      for (let r = 0; r < rank; r++) value += (latent[r] ?? 0) * (map[r * dimensions + d] ?? 0);
      out[at + d] = value;
      norm += value * value;
    }
    const scale = 1 / Math.sqrt(norm);
    for (let d = 0; d < dimensions; d++) out[at + d] = (out[at + d] ?? 0) * scale;
    return cluster;
  };
}

/**
 * `rows` + `queries` vectors of `clusteredSource`.
 * @param {{ rows: number, queries: number, dimensions: number, seed: number }} options
 * @returns {{ base: Float32Array<ArrayBuffer>, queries: Float32Array<ArrayBuffer>, clusters: Uint32Array }} row-major; of each base row its centre
 */
export function clusteredVectors({ rows, queries, dimensions, seed }) {
  const draw = clusteredSource({ dimensions, seed });
  const base = new Float32Array(rows * dimensions);
  const held = new Float32Array(queries * dimensions);
  const clusters = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) clusters[row] = draw(base, row * dimensions);
  for (let row = 0; row < queries; row++) draw(held, row * dimensions);
  return { base, queries: held, clusters };
}

/**
 * Components spread evenly in −0.5…0.5: for cases in which what is near to what plays no part.
 * @param {{ rows: number, dimensions: number, seed: number }} options
 * @returns {Float32Array<ArrayBuffer>} row-major
 */
export function evenVectors({ rows, dimensions, seed }) {
  const random = createRandom(seed);
  return Float32Array.from({ length: rows * dimensions }, () => random() - 0.5);
}

/**
 * The exact squared-L2 distance of each query's k-th nearest base row: what recall is judged by, so that ties count.
 * @param {Float32Array} base
 * @param {Float32Array} queries
 * @param {{ dimensions: number, k: number }} options
 * @returns {Float64Array} one distance per query
 */
export function kthDistances(base, queries, { dimensions, k }) {
  const count = queries.length / dimensions;
  const result = new Float64Array(count);
  for (let q = 0; q < count; q++) {
    const distances = new Float64Array(base.length / dimensions);
    for (let row = 0; row < distances.length; row++) {
      distances[row] = squaredDistance(base, row * dimensions, queries, q * dimensions, dimensions);
    }
    result[q] = distances.toSorted()[k - 1] ?? Infinity;
  }
  return result;
}

/**
 * @param {Float32Array} a
 * @param {number} i
 * @param {Float32Array} b
 * @param {number} j
 * @param {number} dimensions
 */
function squaredDistance(a, i, b, j, dimensions) {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) {
    const difference = (a[i + d] ?? 0) - (b[j + d] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

/**
 * Share of returned rows that are no farther than the true k-th nearest.
 * @param {number[][]} found rows returned, per query
 * @param {Float64Array} kth
 * @param {Float32Array} base
 * @param {Float32Array} queries
 * @param {{ dimensions: number, k: number }} options
 */
export function recall(found, kth, base, queries, { dimensions, k }) {
  let hits = 0;
  found.forEach((rows, q) => {
    const limit = (kth[q] ?? 0) * (1 + 1e-5) + 1e-7;
    for (const row of rows) {
      if (squaredDistance(base, row * dimensions, queries, q * dimensions, dimensions) <= limit) hits++;
    }
  });
  return hits / (found.length * k);
}

/**
 * Documents of `characters` characters made of ordinary words, each different.
 * @param {{ rows: number, characters: number, seed: number }} options
 */
export function wordDocuments({ rows, characters, seed }) {
  const random = createRandom(seed);
  const words =
    'river window simple garden letter morning engine summer paper mountain quiet table silver answer bridge market winter story signal harbor'.split(
      ' ',
    );
  return Array.from({ length: rows }, (_, i) => {
    let text = `Record ${i}.`;
    while (text.length < characters) text += ` ${words[Math.floor(random() * words.length)]}`;
    return text.slice(0, characters);
  });
}

/** @param {number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * Nearest-rank quantile.
 * @param {number[]} values
 * @param {number} share 0…1
 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Dimensions that some embedding models use far beyond the others. */
const OUTLIERS = [7, 101, 300];

/**
 * The same vectors with three dimensions twenty times as wide, of unit length again.
 * @param {Float32Array} vectors
 * @param {number} dimensions more than 300
 */
export function withOutlierDimensions(vectors, dimensions) {
  const result = vectors.slice();
  for (let at = 0; at < result.length; at += dimensions) {
    for (const d of OUTLIERS) result[at + d] = 20 * (result[at + d] ?? 0);
    normalize(result.subarray(at, at + dimensions));
  }
  return result;
}

/** @param {Float32Array} vector */
function normalize(vector) {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1;
  vector.forEach((x, d) => (vector[d] = x / length));
}

/**
 * Half-precision floats as single ones, each vector brought to unit length.
 * @param {Uint16Array} halves row-major
 * @param {number} dimensions
 */
export function unitVectorsFromHalves(halves, dimensions) {
  const result = Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
  for (let at = 0; at < result.length; at += dimensions) normalize(result.subarray(at, at + dimensions));
  return result;
}
