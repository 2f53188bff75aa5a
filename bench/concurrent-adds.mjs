/** Transactions that IndexedDB is asked for while many adds wait together, counted in the worker of a client as applications use it. */
import { openBenchPage } from './page.mjs';

/**
 * One collection; in each round `adds` calls of `collection.add` are made in one turn, one record each, and awaited together. Every
 * readwrite transaction that the client's worker begins until the last one is acknowledged counts, whoever wants it.
 * @param {{ adds: number, dimensions: number, rounds: number, log: (line: string) => void }} options
 * @returns {Promise<number[]>} one count per round
 */
export async function countTransactions({ adds, dimensions, rounds, log }) {
  const bench = await openBenchPage({ library: 'cdn', onDisk: true });
  const { page } = bench;
  try {
    await page.evaluate(prepare, { dimensions });
    const counters = page.workers();
    if (counters.length === 0) throw new Error('The client has no worker.');
    for (const worker of counters) await worker.evaluate(watchTransactions);
    /** @type {number[]} */
    const counts = [];
    // One round does not count: code is loaded, and memory grows.
    for (let round = -1; round < rounds; round++) {
      await Promise.all(counters.map((worker) => worker.evaluate(takeCount)));
      const records = await page.evaluate(addTogether, { adds, dimensions, round });
      const found = await Promise.all(counters.map((worker) => worker.evaluate(takeCount)));
      if (records !== 1 + (round + 2) * adds) throw new Error(`${records} records are stored.`);
      const count = found.reduce((sum, each) => sum + each, 0);
      if (count === 0)
        throw new Error('No transaction was seen: the count is not of the worker that writes.');
      if (round < 0) continue;
      log(`round ${round + 1} api: ${count} transactions for ${adds} adds at once`);
      counts.push(count);
    }
    return counts;
  } finally {
    await bench.close();
  }
}

/** In the page. @param {{ dimensions: number }} options */
async function prepare({ dimensions }) {
  const { ChromaClient } = await import(new URL('./kindex/index.js', location.href).href);
  const collection = await new ChromaClient().createCollection({ name: 'together', embeddingFunction: null });
  await collection.add({ ids: ['first'], embeddings: [new Array(dimensions).fill(0.1)] });
  Object.assign(globalThis, { collection });
}

/** In a worker. */
function watchTransactions() {
  const worker = /** @type {any} */ (globalThis);
  worker.transactions = 0;
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (names, mode, ...rest) {
    if (mode === 'readwrite') worker.transactions += 1;
    return transaction.call(this, names, mode, ...rest);
  };
}

/** In a worker: the count so far, which starts anew. @returns {number} */
function takeCount() {
  const worker = /** @type {any} */ (globalThis);
  const { transactions } = worker;
  worker.transactions = 0;
  return transactions;
}

/** In the page. @param {{ adds: number, dimensions: number, round: number }} options @returns {Promise<number>} records stored */
async function addTogether({ adds, dimensions, round }) {
  const { collection } = /** @type {any} */ (globalThis);
  const vectors = Array.from({ length: adds }, (_, i) =>
    Array.from({ length: dimensions }, (_each, d) => Math.sin((round + 2) * adds + i * dimensions + d)),
  );
  await Promise.all(
    vectors.map((vector, i) => collection.add({ ids: [`${round}-${i}`], embeddings: [vector] })),
  );
  return collection.count();
}
