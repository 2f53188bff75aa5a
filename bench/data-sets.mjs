/** The data sets of cases over vectors: clustered, the same with outlier dimensions, and real text. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { clusteredVectors, unitVectorsFromHalves, withOutlierDimensions } from './data.mjs';

export const DIMENSIONS = 384;
const QUERIES = 500;
const SEED = 1;

/** @typedef {{ name: 'clustered' | 'outliers' | 'text', base: Float32Array<ArrayBuffer>, queries: Float32Array<ArrayBuffer>, about: string, seed: number }} DataSet unit vectors, row-major */

/**
 * @param {string} name `clustered`, `outliers` (three dimensions × 20), or a folder with `base.f16` and `queries.f16`, half-precision
 *   vectors of 384 dimensions
 * @param {{ rows: number | null, queries?: number }} options `rows`: of a folder, null takes all; otherwise 20,000. `queries`: 500
 * @returns {Promise<DataSet>}
 */
export async function loadDataSet(name, { rows, queries: count = QUERIES }) {
  if (name === 'clustered' || name === 'outliers') {
    const { base, queries } = clusteredVectors({
      rows: rows ?? 20_000,
      queries: count,
      dimensions: DIMENSIONS,
      seed: SEED,
    });
    const about = `clustered synthetic, seed ${SEED}`;
    if (name === 'clustered') return { name, base, queries, about, seed: SEED };
    return {
      name,
      base: withOutlierDimensions(base, DIMENSIONS),
      queries: withOutlierDimensions(queries, DIMENSIONS),
      about: `${about}, three dimensions × 20`,
      seed: SEED,
    };
  }
  const read = async (/** @type {string} */ file, /** @type {number | null} */ wanted) => {
    const bytes = await readFile(join(name, file));
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    return unitVectorsFromHalves(
      halves.subarray(0, wanted === null ? undefined : wanted * DIMENSIONS),
      DIMENSIONS,
    );
  };
  return {
    name: 'text',
    base: await read('base.f16', rows),
    queries: await read('queries.f16', count),
    about: `real text, ${basename(name)}`,
    seed: SEED,
  };
}

/**
 * What a set of so many rows is called in keys, `20k` or `50k_text`.
 * @param {{ name: string, base: Float32Array }} data
 */
export function sizeName({ name, base }) {
  return `${base.length / DIMENSIONS / 1000}k${name === 'clustered' ? '' : `_${name}`}`;
}

/** Rows of the results that carry a case's name alone, or with that of the data set. */
const USUAL_ROWS = { clustered: 20_000, outliers: 20_000, text: 50_000 };

/**
 * Name of the file of results: one for each data set and size.
 * @param {string} name of the case
 * @param {DataSet} data
 */
export function resultFile(name, data) {
  if (data.base.length !== USUAL_ROWS[data.name] * DIMENSIONS)
    return `${name}-${sizeName(data).replace('_', '-')}`;
  return data.name === 'clustered' ? name : `${name}-${data.name}`;
}
