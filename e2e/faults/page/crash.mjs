/** Calls of every kind that are under way when the store's worker crashes: how each ends, and how soon. */
import { postToWorkers } from './workers.mjs';
import { codeOf } from './texts.mjs';
import { columnsOf, recordOf } from './workload.mjs';

/** Of each kind. */
const CALLS = 6;

/** @typedef {{ kind: 'add' | 'get' | 'query', id: string, code: string, ms: number }} Ended `ms`: since the crash was ordered */

/** @param {{ collectionOf: (name: string) => Promise<any>, opened: () => any }} page */
export function crashActions({ collectionOf, opened }) {
  return {
    /**
     * @param {{ collection: string, tag: string, how: string | null }} argument `how`: what the prepared worker is told to do (page/hook.js),
     *   before it gets the calls; null: it crashes by itself
     * @returns {Promise<Ended[]>}
     */
    async crash({ collection, tag, how }) {
      const target = how === null ? null : await collectionOf(collection);
      const start = performance.now();
      if (how !== null) postToWorkers({ faults: 'crash', how });
      const ended = async (
        /** @type {Ended['kind']} */ kind,
        /** @type {string} */ id,
        /** @type {Promise<unknown>} */ call,
      ) => ({ kind, id, code: await call.then(() => 'ok', codeOf), ms: performance.now() - start });
      return Promise.all(
        Array.from({ length: CALLS }, (_, i) => `${tag}/${i}`).flatMap((id) =>
          target === null
            ? [ended('get', id, opened().countCollections())]
            : [
                ended('add', id, target.add(columnsOf({ kind: 'add', ids: [id], version: 1 }))),
                ended('get', id, target.get({ limit: 3 })),
                ended(
                  'query',
                  id,
                  target.query({ queryEmbeddings: [recordOf(id, 1).embedding], nResults: 2 }),
                ),
              ],
        ),
      );
    },
  };
}
