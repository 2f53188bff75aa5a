/** What a page can be asked to do for cases of want: transactions that stay open, memory that is refused, models that do not come. */
import { Pressure } from './pressure.mjs';
import { codeOf } from './texts.mjs';
import { recordOf } from './workload.mjs';
import { postToWorkers } from './workers.mjs';

const MODEL_CACHE = 'kindex-models';
/** Words so many that a chunk takes a while to embed. */
const LONG = 40;

/** @param {number} i */
const recordAt = (i) => {
  const { document, metadata } = recordOf(`e/${i}`, 1);
  return { id: `e/${i}`, document: document.slice(0, 300).repeat(LONG), metadata };
};

/** @param {{ opened: () => any }} page @returns {Record<string, (argument: any) => unknown>} */
export function hardshipActions({ opened }) {
  /** @type {Pressure | undefined} */
  let pressure;
  return {
    /** A transaction over a whole database that never ends while the page runs. @param {{ database: string }} argument */
    holdTransaction: ({ database }) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(database);
        request.onerror = () => reject(request.error ?? new Error('open failed'));
        request.onsuccess = () => {
          const names = [...request.result.objectStoreNames];
          const tx = request.result.transaction(names, 'readwrite');
          let turns = 0;
          const turn = () => {
            tx.objectStore(names[0] ?? '').count().onsuccess = turn;
            if (++turns === 3) resolve(null);
          };
          turn();
        };
      }),

    /** @param {{ fresh: boolean, again: boolean }} argument */
    async press({ fresh, again }) {
      if (fresh || !pressure) pressure = new Pressure(opened());
      else pressure.goOn(opened());
      const done = await pressure.write({ again });
      return { ...done, codes: pressure.codes };
    },
    pressed: () => {
      pressure?.goOn(opened());
      return pressure?.check();
    },
    /** @param {import('./scarcity.mjs').Scarcity | null} scarcity */
    scarce: (scarcity) => postToWorkers({ faults: 'memory', scarcity }),

    /**
     * An import of texts whose signal is given while a chunk is being embedded: chunk `at`, after `afterMs`.
     * @param {{ collection: string, count: number, batchSize: number, at: number, afterMs: number }} argument
     */
    async importAborted({ collection, count, batchSize, at, afterMs }) {
      const target = await opened().getOrCreateCollection({ name: collection });
      const embed = target.embeddingFunction;
      const generate = embed.generateMatrix.bind(embed);
      const abort = new AbortController();
      const reason = `enough of ${collection}`;
      let calls = 0;
      let embedding = 0;
      /** The chunk that was being embedded when the signal came; null: none was. @type {number | null} */
      let during = null;
      embed.generateMatrix = async (/** @type {string[]} */ texts, /** @type {string} */ kind) => {
        embedding++;
        if (calls++ === at) {
          setTimeout(() => {
            if (embedding > 0) during = calls - 1;
            abort.abort(reason);
          }, afterMs);
        }
        try {
          return await generate(texts, kind);
        } finally {
          embedding--;
        }
      };
      const start = performance.now();
      try {
        await target.import(
          Array.from({ length: count }, (_, i) => recordAt(i)),
          { batchSize, signal: abort.signal },
        );
        return { code: 'ok', written: count, during, reason: true, ms: 0 };
      } catch (error) {
        const { details, cause } = /** @type {any} */ (error);
        const ms = performance.now() - start;
        return { code: codeOf(error), written: details?.written ?? -1, during, reason: cause === reason, ms };
      } finally {
        embed.generateMatrix = generate;
      }
    },
    /** The rest of such an import. @param {{ collection: string, count: number, batchSize: number }} argument */
    async importRest({ collection, count, batchSize }) {
      const target = await opened().getOrCreateCollection({ name: collection });
      const start = performance.now();
      const done = await target.import(
        Array.from({ length: count }, (_, i) => recordAt(i)),
        { batchSize },
      );
      return { ...done, ms: performance.now() - start };
    },
    /** What is there of such an import: its records, and how many have other bytes than they should. @param {{ collection: string }} argument */
    async imported({ collection }) {
      const target = await opened().getOrCreateCollection({ name: collection });
      const found = await target.get({ include: ['documents', 'metadatas', 'embeddings'] });
      const vectors = found.ids.length === 0 ? [] : await target.embeddingFunction.generate(found.documents);
      let wrong = 0;
      for (const [i, id] of found.ids.entries()) {
        const wanted = recordAt(Number(id.slice(2)));
        const vector = vectors[i];
        const right =
          found.documents[i] === wanted.document &&
          found.metadatas[i]?.id === wanted.metadata.id &&
          vector.every(
            (/** @type {number} */ value, /** @type {number} */ d) => found.embeddings[i][d] === value,
          );
        if (!right) wrong++;
      }
      return { ids: found.ids, count: await target.count(), wrong };
    },

    /** Texts through the built-in model. @param {{ collection: string, id: string, text: string }} argument */
    async embed({ collection, id, text }) {
      const target = await opened().getOrCreateCollection({ name: collection });
      try {
        await target.add({ ids: [id], documents: [text] });
        const { embeddings } = await target.get({ ids: [id], include: ['embeddings'] });
        return { code: 'ok', vector: Array.from(embeddings[0]) };
      } catch (error) {
        const { message } = /** @type {Error} */ (error);
        return { code: codeOf(error), message, count: await target.count() };
      }
    },
    /** How many files of models are kept, and how many of them are not what their address says. */
    async keptModels() {
      const cache = await caches.open(MODEL_CACHE);
      let bad = 0;
      const keys = await cache.keys();
      for (const key of keys) {
        const bytes = await (await cache.match(key))?.arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes ?? new ArrayBuffer(0)));
        const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
        if (new URL(key.url).searchParams.get('kindex-sha256') !== hex) bad++;
      }
      return { kept: keys.length, bad };
    },
    /** Nothing is kept, or what is kept is damaged. @param {{ how: 'drop' | 'damage' }} argument */
    async changeModels({ how }) {
      const cache = await caches.open(MODEL_CACHE);
      for (const key of await cache.keys()) {
        if (how === 'drop') await cache.delete(key);
        else {
          const bytes = new Uint8Array((await (await cache.match(key))?.arrayBuffer()) ?? new ArrayBuffer(0));
          bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
          await cache.put(key, new Response(bytes));
        }
      }
    },

    /** A snapshot by its address: streamed, or as a whole. @param {{ url: string, streamed: boolean }} argument */
    async importFrom({ url, streamed }) {
      const response = await fetch(url);
      const start = performance.now();
      try {
        await opened().import(streamed ? response : await response.blob());
        return { code: 'ok', size: 0, ms: 0 };
      } catch (error) {
        const { details } = /** @type {any} */ (error);
        return { code: codeOf(error), size: details?.size ?? 0, ms: performance.now() - start };
      }
    },
  };
}
