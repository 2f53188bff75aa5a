/** What pages are asked about the answers of a store: queries, snapshots, clocks. */
import { datasetsOf, differences, fill } from './dataset.mjs';
import { tryImport } from './imports.mjs';
import { postToWorkers } from './workers.mjs';
import { fromBase64, toBase64 } from './texts.mjs';
import { checkedRows, checkRecord } from './workload.mjs';

/** @param {any} collection @returns {Promise<[id: string, version: number, right: boolean][]>} */
async function rowsOf(collection) {
  const found = await collection.get({ include: ['documents', 'metadatas', 'embeddings'] });
  return checkedRows(found);
}

/** How often a timer of 100 ms fires in 3 s where this text runs. */
const TICKS = `new Promise((resolve) => { let ticks = 0; setInterval(() => ticks++, 100); const end = performance.timeOrigin + performance.now() + 3000;
  const look = () => { if (performance.timeOrigin + performance.now() >= end) resolve(ticks); else fetch('/faults/index.html').then(look, look); }; look(); })`;

/** @param {{ opened: () => any, load: () => Promise<any> }} page */
export const answerActions = ({ opened, load }) => ({
  /** @param {{ seed: number }} argument */
  async fillDatasets({ seed }) {
    for (const data of datasetsOf(seed)) await fill(opened(), data);
  },
  /** @param {{ seed: number }} argument @returns {Promise<string[]>} */
  async compareDatasets({ seed }) {
    const found = [];
    for (const data of datasetsOf(seed)) found.push(...(await differences(opened(), data)));
    return found;
  },
  /**
   * Whole records of collections, in their order. Each has to be found by its own vector too.
   * @param {{ collections: string[] }} argument
   * @throws Error naming the one that is not found
   */
  async everything({ collections }) {
    /** @type {Record<string, unknown[][]>} */
    const all = {};
    for (const name of collections) {
      const target = await opened().getCollection({ name });
      const found = await target.get({ include: ['documents', 'metadatas', 'embeddings', 'uris'] });
      all[name] = found.ids.map((/** @type {string} */ id, /** @type {number} */ i) => [
        id,
        Array.from(found.embeddings[i]),
        found.documents[i],
        found.metadatas[i],
        found.uris[i],
      ]);
      if (found.ids.length === 0) continue;
      const { ids } = await target.query({
        queryEmbeddings: found.embeddings.map((/** @type {number[]} */ one) => Array.from(one)),
        nResults: 3,
      });
      for (const [i, id] of found.ids.entries())
        if (!ids[i].includes(id)) throw new Error(`"${id}" of "${name}" is not found by its vector`);
    }
    return all;
  },
  /** Into the open store, which is empty. @param {{ snapshots: string[] }} argument base64 */
  async tryImports({ snapshots }) {
    const tried = [];
    for (const one of snapshots) tried.push(await tryImport(opened(), fromBase64(one)));
    return tried;
  },
  /** @returns {Promise<string>} base64 */
  async exportAll() {
    const blob = await (await opened().export()).blob();
    return toBase64(new Uint8Array(await blob.arrayBuffer()));
  },
  /** @param {{ bytes: string }} argument */
  async importAll({ bytes }) {
    return opened().import(fromBase64(bytes));
  },
  /**
   * @param {{ collection: string, queries: number[][], nResults: number, where?: Record<string, unknown>, checked?: boolean }} argument
   *   `checked`: every record's bytes are compared with what its id and version call for
   * @returns {Promise<{ ids: string[], distances: number[], versions: number[], wrong: number }[]>} one for each query
   */
  async answers({ collection, queries, nResults, where, checked = false }) {
    const target = await opened().getCollection({ name: collection });
    const found = await target.query({
      queryEmbeddings: queries,
      nResults,
      ...(where && { where }),
      include: ['distances', ...(checked ? ['embeddings', 'documents', 'metadatas'] : [])],
    });
    return queries.map((_, q) => {
      const ids = found.ids[q];
      const records = checked
        ? ids.map((/** @type {string} */ id, /** @type {number} */ i) =>
            checkRecord({
              id,
              embedding: found.embeddings[q][i],
              document: found.documents[q][i],
              metadata: found.metadatas[q][i],
            }),
          )
        : [];
      return {
        ids,
        distances: found.distances[q],
        versions: records.map((/** @type {{ version: number }} */ { version }) => version),
        wrong: records.filter((/** @type {{ right: boolean }} */ { right }) => !right).length,
      };
    });
  },
  /** A collection by way of a snapshot and another store, in memory. @param {{ collection: string }} argument */
  async exportedRows({ collection }) {
    const blob = await (await opened().export({ collections: [collection] })).blob();
    const { ChromaClient } = await load();
    const copy = new ChromaClient({ storage: `memory:copy${performance.now()}` });
    try {
      await copy.import(blob);
      const target = await copy.getCollection({ name: collection });
      return { rows: await rowsOf(target), count: await target.count() };
    } finally {
      await copy.close();
    }
  },
  /** @param {{ collection: string }} argument @returns {Promise<{ indexed: number, total: number }>} */
  async indexing({ collection }) {
    const target = await opened().getCollection({ name: collection });
    const { num_indexed_ops: indexed, total_ops: total } = await target.getIndexingStatus();
    return { indexed, total };
  },
  /**
   * Sets the clocks of the page and its workers. @param {{ wall: number, steady: number, restless: boolean }} argument milliseconds
   * off; `restless`: and off by another half day at most, each time the wall clock is asked
   */
  async setClocks({ wall, steady, restless }) {
    // What the page measures with its steady clock are the runner's deadlines.
    (await import('./clock.mjs')).setClock({ wall, restless });
    postToWorkers({ faults: 'clock', to: { wall, steady, restless } });
  },
  /** Whether the tab is seen, and how often timers of 100 ms fire in 3 s, here and in a worker. */
  async timers() {
    const code = `${TICKS}.then((ticks) => postMessage(ticks));`.replaceAll(
      "'/faults",
      `'${location.origin}/faults`,
    );
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    const inWorker = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
    // eslint-disable-next-line no-eval -- the same text runs in the worker
    const [page, other] = await Promise.all([(0, eval)(TICKS), inWorker]);
    worker.terminate();
    return { visibility: document.visibilityState, page, worker: other };
  },
});
