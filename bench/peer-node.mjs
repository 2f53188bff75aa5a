/** What case `peers` compares in Node: ours, native hnswlib and usearch, behind the face of the browser's peers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNodeEngines } from './node-engines.mjs';
import { adapt } from './page/peer-indexes.mjs';

/** @typedef {import('./page/peer-indexes.mjs').CreatePeer} CreatePeer */

/**
 * @param {string} name one of peer-list.mjs
 * @returns {CreatePeer}
 */
export function nodePeer(name) {
  if (name === 'usearch') return usearch('ip', 'f32');
  if (name === 'usearch_i8') return usearch('cos', 'i8');
  return async (shape) => {
    let missing = '';
    const engines = await loadNodeEngines(shape, (line) => (missing += `${line}; `));
    const engine = engines.find((each) => each.name === name);
    if (!engine) throw new Error(missing || `There is no engine "${name}".`);
    return adapt(engine);
  };
}

/**
 * How wide it searches is fixed when an index is opened, so each width opens the saved one again. One thread, as all others.
 * @param {string} metric
 * @param {string} quantization
 * @returns {CreatePeer}
 */
function usearch(metric, quantization) {
  return async ({ dimensions, maxNeighbors, efConstruction }) => {
    const { Index } = createRequire(new URL('./peers/package.json', import.meta.url))('usearch');
    const open = (/** @type {number} */ width) =>
      new Index({
        dimensions,
        metric,
        quantization,
        connectivity: maxNeighbors,
        expansion_add: efConstruction,
        expansion_search: width,
        multi: false,
      });
    const index = open(10);
    const folder = await mkdtemp(join(tmpdir(), 'kindex-bench-usearch-'));
    const file = join(folder, 'index');
    /** @type {Map<number, any>} by width: the two last asked for */
    const opened = new Map();
    const at = (/** @type {number} */ width) => {
      const known = opened.get(width);
      if (known) return known;
      const again = open(width);
      again.load(file);
      for (const oldest of [...opened.keys()].slice(0, -1)) opened.delete(oldest);
      opened.set(width, again);
      return again;
    };
    let saved = false;
    return {
      batch: (vectors, first) => {
        const data = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
        vectors.reduce((start, vector) => (data.set(vector, start), start + vector.length), 0);
        return { keys: BigUint64Array.from(vectors, (_, i) => BigInt(first + i)), data };
      },
      add({ keys, data }) {
        index.add(keys, data, 1);
      },
      finish() {},
      prepare(query) {
        if (!saved) index.save(file);
        saved = true;
        return query;
      },
      search: (query, k, width) => Array.from(at(width).search(query, k, 1).keys, Number),
      close: () => rm(folder, { recursive: true, force: true }),
    };
  };
}
