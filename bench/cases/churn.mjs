/**
 * Case `churn`: what deleting 30 % and replacing 30 % of 20,000 rows costs in recall, against an index built afresh from what is
 * left, at the same ef. In Node, on the engine. Needs `dist/`.
 */
import { clusteredVectors } from '../data.mjs';
import { loadEngine } from '../engine.mjs';

const ROWS = 20_000;
const DIMENSIONS = 384;
const QUERIES = 300;
const K = 10;
const EFS = [20, 40, 100];

/** @param {{ rounds: number, log: (line: string) => void }} options @returns {Promise<import('../result.mjs').Measured>} */
export async function run({ rounds, log }) {
  const { createHnswIndex, loadWasmCore } = await loadEngine();
  const core = await loadWasmCore();
  /** @type {Map<string, number[]>} */
  const found = new Map();
  for (let round = 0; round < rounds; round++) {
    const seed = round + 1;
    const { base, queries } = clusteredVectors({
      rows: ROWS + ROWS * 0.3,
      queries: QUERIES,
      dimensions: DIMENSIONS,
      seed,
    });
    const vector = (/** @type {number} */ i) => base.slice(i * DIMENSIONS, (i + 1) * DIMENSIONS);
    const create = () => createHnswIndex(core, { space: 'ip', dimensions: DIMENSIONS, seed });
    const add = (
      /** @type {ReturnType<typeof create>} */ index,
      /** @type {Uint32Array} */ rows,
      /** @type {Float32Array<ArrayBuffer>} */ data,
    ) => index.add(rows, { data, rows: rows.length, dimensions: DIMENSIONS });
    const build = (/** @type {ReturnType<typeof create>} */ index) => {
      while (!index.build(200_000));
    };

    const churned = create();
    const all = Uint32Array.from({ length: ROWS }, (_, i) => i);
    add(churned, all, base.slice(0, ROWS * DIMENSIONS));
    build(churned);
    // In ten steps, as an application does it: some are deleted, some replaced, and the index catches up.
    const order = Array.from(all).toSorted((a, b) => hash(a, seed) - hash(b, seed));
    const deleted = order.slice(0, ROWS * 0.3);
    const replaced = order.slice(ROWS * 0.3, ROWS * 0.6);
    for (let step = 0; step < 10; step++) {
      const part = (/** @type {number[]} */ rows) =>
        rows.slice((step * rows.length) / 10, ((step + 1) * rows.length) / 10);
      churned.remove(Uint32Array.from(part(deleted)));
      const rows = part(replaced);
      const data = new Float32Array(rows.length * DIMENSIONS);
      rows.forEach((row, i) => data.set(vector(ROWS + replaced.indexOf(row)), i * DIMENSIONS));
      add(churned, Uint32Array.from(rows), data);
      build(churned);
    }
    const left = Uint32Array.from(order.slice(ROWS * 0.3)).toSorted();
    const fresh = create();
    add(fresh, left, churned.read(left).data);
    build(fresh);
    for (const ef of EFS) {
      const recalls = [churned, fresh].map((index) => recallOf(index, queries, ef));
      const [after = Number.NaN, anew = Number.NaN] = recalls;
      for (const [key, value] of Object.entries({
        [`recall_after_churn_ef${ef}`]: after,
        [`recall_fresh_ef${ef}`]: anew,
        [`recall_after_churn_minus_fresh_ef${ef}`]: after - anew,
      }))
        found.set(key, [...(found.get(key) ?? []), value]);
      log(`round ${round + 1} ef ${ef}: ${after.toFixed(4)} after churn, ${anew.toFixed(4)} built afresh`);
    }
    churned.dispose();
    fresh.dispose();
  }
  const worst = Array.from({ length: rounds }, (_, round) =>
    Math.min(...EFS.map((ef) => found.get(`recall_after_churn_minus_fresh_ef${ef}`)?.[round] ?? -1)),
  );
  return {
    dataset: `clustered synthetic, one seed a round, ${DIMENSIONS} dimensions, ${QUERIES} held-out queries, k ${K}, M 16, efConstruction 100; 30 % deleted and 30 % replaced in ten steps`,
    rows: ROWS,
    seed: Array.from({ length: rounds }, (_, round) => round + 1),
    ratios: {},
    // Of each round the width at which the difference is worst.
    values: { recall_after_churn_minus_fresh: worst, ...Object.fromEntries(found) },
  };
}

/** @param {any} index @param {Float32Array} queries @param {number} ef */
function recallOf(index, queries, ef) {
  let hits = 0;
  for (let q = 0; q < QUERIES; q++) {
    const query = queries.subarray(q * DIMENSIONS, (q + 1) * DIMENSIONS);
    const limit = (index.search(query, K, { exact: true }).distances.at(-1) ?? Infinity) + 1e-6;
    hits += index.search(query, K, { ef }).distances.filter((/** @type {number} */ d) => d <= limit).length;
  }
  return hits / (QUERIES * K);
}

/** @param {number} value @param {number} seed */
function hash(value, seed) {
  let z = Math.imul(value ^ (seed * 0x9e37_79b9), 0x85eb_ca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
