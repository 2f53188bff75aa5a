/** Calls of which so many are always under way, until it is enough: each settled one is followed by the next. */
import { codeOf } from './texts.mjs';
import { columnsOf } from './workload.mjs';

/** @typedef {{ kind: 'read' | 'write', code: string, ms: number, from: number, to: number }} Settled `from`, `to`: by the wall clock, ms */

/** @param {{ collectionOf: (name: string) => any, tell: (note: Record<string, unknown>) => Promise<void> }} page */
export function siegeActions({ collectionOf, tell }) {
  const state = { enough: false };
  return {
    /**
     * @param {{ collection: string, reads: number, writes: number, tag: string }} argument
     * @returns {Promise<Settled[]>} after `relent`, when the last call has settled
     */
    async siege({ collection, reads, writes, tag }) {
      state.enough = false;
      const target = await collectionOf(collection);
      /** @type {Settled[]} */
      const settled = [];
      const line = async (/** @type {'read' | 'write'} */ kind, /** @type {number} */ place) => {
        for (let n = 0; !state.enough; n++) {
          const [from, start] = [Date.now(), performance.now()];
          const call =
            kind === 'read'
              ? target.get({ limit: 3 })
              : target.add(columnsOf({ kind: 'add', ids: [`${tag}/${place}/${n}`], version: 1 }));
          const code = await call.then(() => 'ok', codeOf);
          settled.push({ kind, code, ms: performance.now() - start, from, to: Date.now() });
        }
      };
      const lines = [
        ...Array.from({ length: writes }, (_, place) => line('write', place)),
        ...Array.from({ length: reads }, (_, place) => line('read', place)),
      ];
      await tell({ siege: tag });
      await Promise.all(lines);
      return settled;
    },
    relent() {
      state.enough = true;
    },
  };
}
