/**
 * The engines that case `vector-search` compares, behind one small face, and their measurement. The same file runs in Node and in a
 * worker of a browser, so it imports nothing; each side hands in the modules it has.
 */

/**
 * @typedef {{
 *   name: string,
 *   create: () => Promise<Index> | Index,
 * }} Engine
 * @typedef {{
 *   add: (vectors: Float32Array, first: number, count: number) => void,
 *   finish: () => void,
 *   prepare: (query: Float32Array) => any,
 *   search: (query: any, k: number, ef: number) => ArrayLike<number>,
 *   close: () => void,
 * }} Index  `prepare` is not timed: engines differ in what they take
 * @typedef {{ dimensions: number, rows: number, maxNeighbors: number, efConstruction: number }} Shape
 */

/**
 * Our engine. `createHnswIndex` and `loadWasmCore`: of the build.
 * @param {{ createHnswIndex: any, loadWasmCore: any }} modules
 * @param {Shape & { precision: 'int8' | 'f32' }} options
 * @returns {Engine}
 */
export function kindexEngine(
  { createHnswIndex, loadWasmCore },
  { dimensions, rows, precision, ...parameters },
) {
  return {
    name: precision,
    async create() {
      const index = createHnswIndex(await loadWasmCore(), {
        space: 'ip',
        dimensions,
        precision,
        seed: 1,
        ...parameters,
      });
      index.reserve(rows);
      return {
        add(vectors, first, count) {
          const numbers = Uint32Array.from({ length: count }, (_, i) => first + i);
          index.add(numbers, { data: vectors, rows: count, dimensions });
          while (!index.build(100_000));
        },
        finish() {
          while (!index.build(100_000));
          if (index.indexed !== index.size) throw new Error('rows are left out of the graph');
        },
        prepare: (query) => query,
        search: (query, k, ef) => index.search(query, k, { ef }).rows,
        close: () => index.dispose(),
      };
    },
  };
}

/**
 * `module`: what the factory of hnswlib-wasm gives.
 * @param {any} module
 * @param {Shape} shape
 * @returns {Engine}
 */
export function hnswlibWasmEngine(module, { dimensions, rows, maxNeighbors, efConstruction }) {
  return {
    name: 'hnswlib_wasm',
    create() {
      const index = new module.HierarchicalNSW('ip', dimensions, '');
      index.initIndex(rows, maxNeighbors, efConstruction, 1);
      return {
        add(vectors, first, count) {
          const points = [];
          const labels = [];
          for (let i = 0; i < count; i++) {
            points.push(vectors.subarray(i * dimensions, (i + 1) * dimensions));
            labels.push(first + i);
          }
          index.addPoints(points, labels, false);
        },
        finish() {},
        prepare: (query) => query,
        search(query, k, ef) {
          index.setEfSearch(ef);
          return index.searchKnn(query, k, undefined).neighbors;
        },
        close: () => index.delete?.(),
      };
    },
  };
}

/**
 * `HierarchicalNSW`: of hnswlib-node, which takes lists of numbers; they are made outside the measured time.
 * @param {any} HierarchicalNSW
 * @param {Shape} shape
 * @returns {Engine}
 */
export function hnswlibNodeEngine(HierarchicalNSW, { dimensions, rows, maxNeighbors, efConstruction }) {
  return {
    name: 'hnswlib_sse',
    create() {
      const index = new HierarchicalNSW('ip', dimensions);
      index.initIndex({ maxElements: rows, m: maxNeighbors, efConstruction, randomSeed: 1 });
      return {
        add(vectors, first, count) {
          for (let i = 0; i < count; i++) {
            index.addPoint(Array.from(vectors.subarray(i * dimensions, (i + 1) * dimensions)), first + i);
          }
        },
        finish() {},
        prepare: (query) => Array.from(query),
        search(query, k, ef) {
          index.setEf(ef);
          return index.searchKnn(query, k).neighbors;
        },
        close() {},
      };
    },
  };
}

const BATCH = 1_000;
/** Queries of one slice: long enough for the coarsest clock of a browser. */
const SLICE = 100;
const RECALLS = /** @type {const} */ ([0.95, 0.99]);

/**
 * Builds every engine once a round, batch by batch in turns, then asks the queries at the smallest `ef` that reaches each recall,
 * again in turns. All in milliseconds.
 * @param {{
 *   engines: Engine[],
 *   base: Float32Array,
 *   queries: Float32Array,
 *   recall: (found: number[][]) => number,
 *   shape: Shape,
 *   k: number,
 *   rounds: number,
 *   log: (line: string) => void,
 * }} options
 * @returns {Promise<Record<string, { buildMs: number[], at: { recall: number, ef: number, queryMs: number[] }[] }>>}
 */
export async function measureEngines({ engines, base, queries, recall, shape, k, rounds, log }) {
  const { dimensions, rows } = shape;
  const count = queries.length / dimensions;
  /** @type {Record<string, { buildMs: number[], at: { recall: number, ef: number, queryMs: number[] }[] }>} */
  const results = Object.fromEntries(engines.map(({ name }) => [name, { buildMs: [], at: [] }]));
  for (let round = 0; round < rounds; round++) {
    const indexes = await Promise.all(engines.map(async ({ create }) => create()));
    const buildMs = engines.map(() => 0);
    for (let first = 0; first < rows; first += BATCH) {
      const size = Math.min(BATCH, rows - first);
      const vectors = base.slice(first * dimensions, (first + size) * dimensions);
      indexes.forEach(
        (index, e) => (buildMs[e] = (buildMs[e] ?? 0) + timed(() => index.add(vectors, first, size))),
      );
    }
    indexes.forEach((index, e) => (buildMs[e] = (buildMs[e] ?? 0) + timed(() => index.finish())));
    const prepared = indexes.map((index) =>
      Array.from({ length: count }, (_, q) =>
        index.prepare(queries.slice(q * dimensions, (q + 1) * dimensions)),
      ),
    );
    const ask = (/** @type {number} */ e, /** @type {number} */ q, /** @type {number} */ ef) =>
      indexes[e]?.search(prepared[e]?.[q], k, ef) ?? [];

    engines.forEach(({ name }, e) => {
      const result = results[name];
      if (!result) return;
      result.buildMs.push(buildMs[e] ?? 0);
      if (round > 0) return;
      // The graph of each round is the same: one seed. So is its recall.
      const recallAt = (/** @type {number} */ ef) =>
        recall(Array.from({ length: count }, (_, q) => Array.from(ask(e, q, ef))));
      for (const wanted of RECALLS) {
        const ef = smallest(k, 1024, (width) => recallAt(width) >= wanted);
        result.at.push({ recall: recallAt(ef), ef, queryMs: [] });
      }
    });
    for (const level of RECALLS.keys()) {
      // An unmeasured pass first: compiled code, warm caches.
      for (const measured of [false, true, true, true]) {
        const passMs = engines.map(() => 0);
        for (let from = 0; from < count; from += SLICE) {
          engines.forEach(({ name }, e) => {
            const ef = results[name]?.at[level]?.ef ?? k;
            passMs[e] =
              (passMs[e] ?? 0) +
              timed(() => {
                for (let q = from; q < Math.min(count, from + SLICE); q++) ask(e, q, ef);
              });
          });
        }
        if (measured)
          engines.forEach(({ name }, e) => results[name]?.at[level]?.queryMs.push(passMs[e] ?? 0));
      }
    }
    for (const index of indexes) index.close();
    log(
      `round ${round + 1}/${rounds}: ` +
        engines
          .map(({ name }, e) => {
            const speeds = results[name]?.at.map(({ queryMs }) =>
              Math.round((count * 1000) / (queryMs.at(-1) ?? 1)),
            );
            return `${name} ${Math.round((rows * 1000) / (buildMs[e] ?? 1))} vectors/s, ${speeds?.join(' / ')} queries/s`;
          })
          .join('; '),
    );
  }
  return results;
}

/** @param {() => void} work */
function timed(work) {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/**
 * Smallest whole number of `low`…`high` for which `holds`, which holds from there on.
 * @param {number} low
 * @param {number} high
 * @param {(value: number) => boolean} holds
 */
function smallest(low, high, holds) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
