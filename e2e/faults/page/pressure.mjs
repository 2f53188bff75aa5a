/**
 * Work that takes memory again and again, for cases in which some of it is refused: many collections, each with an index of its
 * own, which grows. Knows what was acknowledged, what was refused, and what nobody can know. Runs in pages and in Node.
 */
import { codeOf } from './texts.mjs';
import { checkRecord, columnsOf } from './workload.mjs';

/** Chromium has room for 124 memories of WebAssembly in a process, and those of a worker that has ended may not be gone yet. */
const COLLECTIONS = 44;
/** Records of the calls to each: each makes its index grow. */
const CALLS = [3, 62, 70, 70];
/** Vectors of the workload one after another, so wide that from the second call on each collection has an instance of its own. */
const REPEATED = 86;

/** @typedef {{ acknowledged: number, lost: number, torn: number, undetected: number, duplicated: number, extra: number, problems: string[] }} Found */

/** @param {string[]} ids */
function wideColumns(ids) {
  const columns = columnsOf({ kind: 'add', ids, version: 1 });
  const embeddings = columns.embeddings.map((vector) =>
    Array.from({ length: REPEATED }, () => vector).flat(),
  );
  return { ...columns, embeddings };
}

/** The vector of the workload, if this is one after another of it. @param {number[] | null | undefined} wide */
function narrow(wide) {
  const length = (wide?.length ?? 0) / REPEATED;
  return wide?.every((value, i) => value === wide[i % length]) ? wide.slice(0, length) : null;
}

export class Pressure {
  #client;
  /** Calls that were acknowledged, or whose end is not known. @type {Map<string, { ids: string[], state: 'there' | 'absent' | 'unknown' }[]>} */
  #calls = new Map();
  #acknowledged = 0;
  /** How calls failed. @type {Record<string, number>} */
  codes = {};

  /** @param {any} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {any} client the same store, opened anew */
  goOn(client) {
    this.#client = client;
  }

  /**
   * Each call that fails is made once more if `again`, which must succeed.
   * @param {{ again: boolean }} options
   * @returns {Promise<{ failed: number, problems: string[] }>}
   */
  async write({ again }) {
    let failed = 0;
    /** @type {string[]} */
    const problems = [];
    for (let c = 0; c < COLLECTIONS; c++) {
      const name = `pressure${String(c).padStart(3, '0')}`;
      const known = this.#calls.get(name) ?? [];
      this.#calls.set(name, known);
      for (const [i, size] of CALLS.entries()) {
        const ids = Array.from({ length: size }, (_, n) => `b/${name}/${i}/${n}`);
        const call = known[i] ?? { ids, state: /** @type {const} */ ('absent') };
        known[i] = call;
        if (call.state === 'there') continue;
        for (let attempt = 0; ; attempt++) {
          try {
            const target = await this.#client.getOrCreateCollection({ name, embeddingFunction: null });
            // An unknown one may be there: the same bytes again are no harm, and `add` passes over ids that exist.
            await target.add(wideColumns(ids));
            call.state = 'there';
            this.#acknowledged++;
            break;
          } catch (error) {
            failed++;
            const code = codeOf(error);
            this.codes[code] = (this.codes[code] ?? 0) + 1;
            // Only this code says that nothing has changed.
            if (code !== 'RUNTIME_OUT_OF_MEMORY') call.state = 'unknown';
            if (!again) break;
            if (attempt === 1) {
              problems.push(`${name}: with memory again, a call ended with ${code}`);
              break;
            }
          }
        }
      }
    }
    return { failed, problems };
  }

  /** Everything, record by record. @returns {Promise<Found>} */
  async check() {
    /** @type {Found} */
    const found = {
      acknowledged: this.#acknowledged,
      lost: 0,
      torn: 0,
      undetected: 0,
      duplicated: 0,
      extra: 0,
      problems: [],
    };
    const names = new Set((await this.#client.listCollections()).map((/** @type {any} */ { name }) => name));
    for (const [name, calls] of this.#calls) {
      /** @type {Set<string>} */
      const there = new Set();
      if (names.has(name)) {
        const target = await this.#client.getCollection({ name });
        const rows = await target.get({ include: ['documents', 'metadatas', 'embeddings'] });
        for (const [i, id] of rows.ids.entries()) {
          const { version, right } = checkRecord({
            id,
            embedding: narrow(rows.embeddings?.[i]),
            document: rows.documents?.[i] ?? null,
            metadata: rows.metadatas?.[i] ?? null,
          });
          if (!right || version !== 1) found.undetected++;
          if (there.has(id)) found.duplicated++;
          there.add(id);
        }
        if ((await target.count()) !== there.size) found.duplicated++;
        await this.#ask(target, rows, there, found);
      }
      for (const { ids, state } of calls) {
        const present = ids.filter((id) => there.has(id)).length;
        for (const id of ids) there.delete(id);
        if (state === 'there') found.lost += ids.length - present;
        else if (present > 0 && present < ids.length) found.torn++;
        else if (present > 0 && state === 'unknown') found.extra++;
        else if (present > 0)
          found.problems.push(`${name}: a call that was refused for want of memory is there`);
      }
      found.undetected += there.size;
    }
    return found;
  }

  /** Two of its records are nearest to themselves. @param {any} target @param {any} rows @param {Set<string>} there @param {Found} found */
  async #ask(target, rows, there, found) {
    const places = [0, rows.ids.length - 1].filter((i) => rows.ids[i] !== undefined);
    if (places.length === 0) return;
    const queryEmbeddings = places.map((i) => Array.from(rows.embeddings[i]));
    const { ids } = await target.query({ queryEmbeddings, nResults: 3, include: [] });
    for (const [q, i] of places.entries()) {
      const nearest = ids[q] ?? [];
      if (!nearest.includes(rows.ids[i]))
        found.problems.push(`${rows.ids[i]} is not found by its own vector`);
      found.undetected += nearest.filter((/** @type {string} */ id) => !there.has(id)).length;
    }
  }
}
