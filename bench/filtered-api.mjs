/** Filtered searches through a client in Chromium: `collection.query` with `where`, judged against every matching row. */
import { median } from './data.mjs';
import { openBenchPage } from './page.mjs';

const BATCH = 2_000;
/** Of distances that are equal but for the order of summing. */
const TOLERANCE = 1e-6;

/**
 * Row `i` carries `{ every_P: i % P }` for the period P of each share, so that `{ every_P: 0 }` matches every P-th row.
 * @param {{ base: Float32Array, queries: Float32Array, dimensions: number, k: number, shares: number[], rounds: number, log: (line: string) => void }} options
 *   unit vectors; `shares`: of rows that match, each 1 ÷ a whole number
 */
export async function askWithWhere({ base, queries, dimensions, k, shares, rounds, log }) {
  const rows = base.length / dimensions;
  const count = queries.length / dimensions;
  const periods = shares.map((share) => Math.round(1 / share));
  const bench = await openBenchPage({
    library: 'cdn',
    onDisk: true,
    data: { 'base.bin': base, 'queries.bin': queries },
  });
  /** @type {Record<string, number | number[]>} */
  const values = {};
  let worst = 1;
  let missing = 0;
  try {
    log(`filling a collection of ${rows} rows`);
    await bench.page.evaluate(fill, { dimensions, periods, batch: BATCH });
    for (const [i, period] of periods.entries()) {
      const { ms, found } = await bench.page.evaluate(ask, { dimensions, period, k, rounds });
      const wanted = Math.min(k, Math.ceil(rows / period));
      let hits = 0;
      for (let q = 0; q < count; q++) {
        const product = (/** @type {number} */ row) => {
          let sum = 0;
          for (let d = 0; d < dimensions; d++)
            sum += (base[row * dimensions + d] ?? 0) * (queries[q * dimensions + d] ?? 0);
          return sum;
        };
        const products = Array.from({ length: Math.ceil(rows / period) }, (_, j) => product(j * period));
        const least = (products.toSorted((a, b) => b - a)[wanted - 1] ?? Infinity) - TOLERANCE;
        const answer = new Set(found[q]);
        missing += wanted - answer.size;
        for (const row of answer) {
          if (row % period !== 0) throw new Error(`Row ${row} does not match the filter.`);
          if (product(row) >= least) hits++;
        }
      }
      const recall = hits / (count * wanted);
      worst = Math.min(worst, recall);
      const name = `api_${String((shares[i] ?? 0) * 100).replace('.', 'p')}pc`;
      values[`filtered_ms_${name}`] = ms;
      values[`filtered_recall_${name}`] = recall;
      log(`${name}: recall ${recall.toFixed(4)}, ${median(ms).toFixed(3)} ms`);
    }
    return { values, worst, missing, environment: bench.environment };
  } finally {
    await bench.close();
  }
}

/** In the page: resolves once the index is complete. @param {{ dimensions: number, periods: number[], batch: number }} options */
async function fill({ dimensions, periods, batch }) {
  const { ChromaClient } = await import(new URL('./kindex/index.js', location.href).href);
  const floats = async (/** @type {string} */ file) =>
    new Float32Array(await (await fetch(file)).arrayBuffer());
  const [base, queries] = await Promise.all([floats('base.bin'), floats('queries.bin')]);
  const collection = await new ChromaClient().createCollection({
    name: 'filtered',
    embeddingFunction: null,
    configuration: { hnsw: { space: 'cosine' } },
  });
  const rows = base.length / dimensions;
  for (let from = 0; from < rows; from += batch) {
    const size = Math.min(batch, rows - from);
    const numbers = Array.from({ length: size }, (_, i) => from + i);
    await collection.add({
      ids: numbers.map(String),
      embeddings: {
        data: base.slice(from * dimensions, (from + size) * dimensions),
        rows: size,
        dimensions,
      },
      metadatas: numbers.map((n) =>
        Object.fromEntries(periods.map((period) => [`every_${period}`, n % period])),
      ),
    });
  }
  while ((await collection.getIndexingStatus()).num_unindexed_ops > 0)
    await new Promise((resolve) => setTimeout(resolve, 100));
  Object.assign(globalThis, { collection, queries });
}

/**
 * In the page. `ms`: of a query, one figure a round; `found`: rows of the last round.
 * @param {{ dimensions: number, period: number, k: number, rounds: number }} options
 * @returns {Promise<{ ms: number[], found: number[][] }>}
 */
async function ask({ dimensions, period, k, rounds }) {
  const { collection, queries } = /** @type {any} */ (globalThis);
  const count = queries.length / dimensions;
  /** @type {number[]} */
  const ms = [];
  /** @type {number[][]} */
  let found = [];
  // One round does not count: the first query of a filter reads its index.
  for (let round = -1; round < rounds; round++) {
    found = [];
    const from = performance.now();
    for (let q = 0; q < count; q++) {
      const { ids } = await collection.query({
        queryEmbeddings: [Array.from(queries.subarray(q * dimensions, (q + 1) * dimensions))],
        nResults: k,
        where: { [`every_${period}`]: 0 },
        include: [],
      });
      found.push(ids[0].map(Number));
    }
    if (round >= 0) ms.push((performance.now() - from) / count);
  }
  return { ms, found };
}
