/** In a page: a large collection is imported while its vectors are drawn, and asked. */
import { clusteredSource } from '../data.mjs';
import { watchWasmMemory } from './memory.mjs';

/** @typedef {{ rows: number, queries: number, k: number, dimensions: number, seed: number }} Shape */

const BATCH = 2_000;

/** @type {{ collection: any, queries: Float32Array, shape: Shape, nearest: Nearest[] } | null} */
let filled = null;

/** The `k` nearest rows so far, of one query, among unit vectors. */
class Nearest {
  /** @param {number} k */
  constructor(k) {
    this.products = new Float32Array(k).fill(-2);
    this.rows = new Uint32Array(k);
  }

  /** @param {number} product @param {number} row */
  offer(product, row) {
    const { products, rows } = this;
    let at = products.length - 1;
    if (product <= (products[at] ?? 0)) return;
    for (; at > 0 && (products[at - 1] ?? 0) < product; at--) {
      products[at] = products[at - 1] ?? 0;
      rows[at] = rows[at - 1] ?? 0;
    }
    products[at] = product;
    rows[at] = row;
  }
}

/** @param {Shape} shape @returns {Promise<{ importS: number, linkedS: number }>} */
export async function fill(shape) {
  const { rows, queries: count, k, dimensions, seed } = shape;
  watchWasmMemory();
  /** @type {typeof import('../../src/inline.js')} */
  const { ChromaClient } = await import(new URL('/kindex/src/inline.js', location.href).href);
  const client = new ChromaClient({ storage: 'indexeddb:scale-1m' });
  const collection = await client.createCollection({
    name: 'scale',
    embeddingFunction: null,
    configuration: { hnsw: { space: 'cosine', vectors: 'disk' } },
  });
  const draw = clusteredSource({ dimensions, seed });
  const queries = new Float32Array(count * dimensions);
  for (let q = 0; q < count; q++) draw(queries, q * dimensions);
  const nearest = Array.from({ length: count }, () => new Nearest(k));
  const started = performance.now();
  let generating = 0;
  const batches = async function* () {
    for (let from = 0; from < rows; from += BATCH) {
      const begun = performance.now();
      const size = Math.min(BATCH, rows - from);
      const data = new Float32Array(size * dimensions);
      for (let i = 0; i < size; i++) {
        draw(data, i * dimensions);
        for (let q = 0; q < count; q++)
          nearest[q]?.offer(dot(queries, q * dimensions, data, i * dimensions, dimensions), from + i);
      }
      generating += performance.now() - begun;
      const ids = Array.from({ length: size }, (_, i) => `record-${from + i}`);
      yield { ids, embeddings: { data, rows: size, dimensions } };
    }
  };
  let told = 0;
  await collection.import(batches(), {
    batchSize: BATCH,
    onProgress: ({ written }) => {
      if (written - told < 50_000) return;
      told = written;
      const seconds = (performance.now() - started - generating) / 1000;
      /** @type {any} */ (globalThis).logLine(
        `${written} written, ${seconds.toFixed(0)} s without drawing them`,
      );
    },
  });
  const importS = (performance.now() - started - generating) / 1000;
  for (;;) {
    const { num_unindexed_ops: left } = await collection.getIndexingStatus();
    if (left === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  const linkedS = (performance.now() - started - generating) / 1000;
  filled = { collection, queries, shape, nearest };
  return { importS: Math.round(importS), linkedS: Math.round(linkedS) };
}

/**
 * @param {{ width: number, rounds: number }} options
 * @returns {Promise<{ recall: number, ms: number[][] }>} of each round the time of each query
 */
export async function ask({ width, rounds }) {
  if (!filled) throw new Error('Nothing was filled.');
  const { collection, queries, shape, nearest } = filled;
  const { queries: count, dimensions, k } = shape;
  await collection.modify({ configuration: { hnsw: { ef_search: width } } });
  let hits = 0;
  /** @type {number[][]} */
  const ms = [];
  for (let round = 0; round < rounds; round++) {
    /** @type {number[]} */
    const times = [];
    for (let q = 0; q < count; q++) {
      const query = queries.slice(q * dimensions, (q + 1) * dimensions);
      const begun = performance.now();
      const { ids } = await collection.query({ queryEmbeddings: [query], nResults: k, include: [] });
      times.push(performance.now() - begun);
      if (round > 0) continue;
      const truth = new Set([...(nearest[q]?.rows ?? [])].map((row) => `record-${row}`));
      for (const id of ids[0] ?? []) if (truth.has(id)) hits++;
    }
    ms.push(times);
  }
  return { recall: hits / (count * k), ms };
}

/** @param {Float32Array} a @param {number} i @param {Float32Array} b @param {number} j @param {number} length */
function dot(a, i, b, j, length) {
  let s = 0;
  let t = 0;
  for (let d = 0; d < length; d += 2) {
    s += (a[i + d] ?? 0) * (b[j + d] ?? 0);
    t += (a[i + d + 1] ?? 0) * (b[j + d + 1] ?? 0);
  }
  return s + t;
}
