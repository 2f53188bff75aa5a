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
 *   bytes?: () => number,
 *   close: () => void,
 * }} Index  `prepare` is not timed: engines differ in what they take. `bytes`: memory held once built
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
        graphFromRows: 1,
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
          // In its quiet moments the store does so, too.
          if (index.renumberPays) index.renumber();
          if (index.indexed !== index.size) throw new Error('rows are left out of the graph');
        },
        prepare: (query) => query,
        search: (query, k, ef) => index.search(query, k, { ef }).rows,
        bytes: () => index.bytes,
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
 * `HierarchicalNSW`: of hnswlib-node, which takes lists of numbers; for queries they are made outside the measured time.
 * @param {string} name
 * @param {any} HierarchicalNSW
 * @param {Shape} shape
 * @returns {Engine}
 */
export function hnswlibNodeEngine(name, HierarchicalNSW, { dimensions, rows, maxNeighbors, efConstruction }) {
  return {
    name,
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
const RECALLS = /** @type {const} */ ([0.95, 0.99]);

/**
 * Engines take turns of equal time, in which each asks all queries again and again: turns of equal work would give a fast engine a
 * tenth of the time of a slow one, most of it spent on filling the caches again that the other one's vectors have taken, which no
 * application does. The first pass of a turn does not count.
 */
const TURN_MS = 150;
const TURNS = 5;
const CURVE_TURNS = 3;

/** Widths of the curve of recall against speed, beside those that reach a recall. */
const CURVE_EFS = [10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320];

/**
 * `buildMs`: one per build; `queryMs`: of all queries, one per round; `curve`: after the rounds, at widths that grow.
 * @typedef {{
 *   buildMs: number[],
 *   bytes: number,
 *   at: { recall: number, ef: number, queryMs: number[] }[],
 *   curve: { recall: number, ef: number, queryMs: number }[],
 * }} Measured
 */

/**
 * Builds every engine `builds` times, batch by batch in turns, then asks the queries at the smallest `ef` that reaches each recall,
 * again in turns. A round is the median of five turns. All in milliseconds.
 * @param {{
 *   engines: Engine[],
 *   base: Float32Array,
 *   queries: Float32Array,
 *   recall: (found: number[][]) => number,
 *   shape: Shape,
 *   k: number,
 *   rounds: number,
 *   builds: number,
 *   log: (line: string) => void,
 * }} options `builds`: at most `rounds`; the rounds beyond ask the indexes of the last one
 * @returns {Promise<Record<string, Measured>>}
 */
export async function measureEngines({ engines, base, queries, recall, shape, k, rounds, builds, log }) {
  const count = queries.length / shape.dimensions;
  /** @type {Measured[]} */
  const measured = engines.map(() => ({ buildMs: [], bytes: 0, at: [], curve: [] }));
  /** @type {Index[]} */
  let indexes = [];
  /** @type {((q: number, ef: number) => ArrayLike<number>)[]} */
  let asks = [];
  for (let round = 0; round < rounds; round++) {
    if (round < builds) {
      for (const index of indexes) index.close();
      indexes = await Promise.all(engines.map(async ({ create }) => create()));
      buildInTurns(indexes, base, shape).forEach((ms, e) => measured[e]?.buildMs.push(ms));
      asks = indexes.map((index) => askOf(index, queries, shape.dimensions, k));
    }
    // The graph of each build is the same: one seed. So is its recall.
    if (round === 0) {
      measured.forEach((result, e) => {
        const ask = asks[e];
        if (ask)
          result.at = RECALLS.map((wanted) => ({
            ...widthFor(ask, wanted, { count, k, recall }),
            queryMs: [],
          }));
        result.bytes = indexes[e]?.bytes?.() ?? 0;
      });
    }
    for (const level of RECALLS.keys()) {
      const efs = measured.map(({ at }) => at[level]?.ef ?? k);
      steadyPasses(asks, efs, count, round).forEach((ms, e) => measured[e]?.at[level]?.queryMs.push(ms));
    }
    log(`round ${round + 1}/${rounds}: ${engines.map(({ name }, e) => line(name, e)).join('; ')}`);
  }
  for (const [turn, ef] of CURVE_EFS.entries()) {
    const ms = steadyPasses(
      asks,
      asks.map(() => ef),
      count,
      turn,
      CURVE_TURNS,
    );
    measured.forEach(({ curve }, e) => {
      const ask = asks[e];
      if (ask) curve.push({ ef, recall: recallAt(ask, ef, { count, recall }), queryMs: ms[e] ?? NaN });
    });
  }
  log(`curves of ${CURVE_EFS.length} widths`);
  for (const index of indexes) index.close();
  return Object.fromEntries(
    engines.map(({ name }, e) => [name, measured[e] ?? { buildMs: [], bytes: 0, at: [], curve: [] }]),
  );

  /** @param {string} name @param {number} e */
  function line(name, e) {
    const { buildMs, at } = measured[e] ?? { buildMs: [], at: [] };
    const speeds = at.map(({ queryMs }) => Math.round((count * 1000) / (queryMs.at(-1) ?? NaN)));
    return `${name} ${Math.round((shape.rows * 1000) / (buildMs.at(-1) ?? NaN))} vectors/s, ${speeds.join(' / ')} queries/s`;
  }
}

/** @typedef {(q: number, ef: number) => ArrayLike<number>} Ask query `q` at width `ef` */

/** @param {Index} index @param {Float32Array} queries @param {number} dimensions @param {number} k @returns {Ask} */
export function askOf(index, queries, dimensions, k) {
  const prepared = Array.from({ length: queries.length / dimensions }, (_, q) =>
    index.prepare(queries.slice(q * dimensions, (q + 1) * dimensions)),
  );
  return (q, ef) => index.search(prepared[q], k, ef);
}

/** @param {Ask} ask @param {number} ef @param {{ count: number, recall: (found: number[][]) => number }} options */
export function recallAt(ask, ef, { count, recall }) {
  return recall(Array.from({ length: count }, (_, q) => Array.from(ask(q, ef))));
}

/**
 * The smallest width that reaches a recall, and what it reaches.
 * @param {Ask} ask
 * @param {number} wanted
 * @param {{ count: number, k: number, recall: (found: number[][]) => number }} options
 */
export function widthFor(ask, wanted, { k, ...options }) {
  const ef = smallest(k, 1024, (width) => recallAt(ask, width, options) >= wanted);
  return { ef, recall: recallAt(ask, ef, options) };
}

/** Milliseconds of each. @param {Index[]} indexes @param {Float32Array} base @param {Shape} shape @returns {number[]} */
export function buildInTurns(indexes, base, { dimensions, rows }) {
  const ms = indexes.map(() => 0);
  for (let first = 0; first < rows; first += BATCH) {
    const size = Math.min(BATCH, rows - first);
    const vectors = base.slice(first * dimensions, (first + size) * dimensions);
    indexes.forEach((index, e) => (ms[e] = (ms[e] ?? 0) + timed(() => index.add(vectors, first, size))));
  }
  indexes.forEach((index, e) => (ms[e] = (ms[e] ?? 0) + timed(() => index.finish())));
  return ms;
}

/**
 * Milliseconds of a pass of each: the median of its turns. `turn` decides who begins.
 * @param {Ask[]} asks
 * @param {number[]} efs
 * @param {number} count queries of a pass
 * @param {number} turn
 * @param {number} [turns]
 * @returns {number[]}
 */
export function steadyPasses(asks, efs, count, turn, turns = TURNS) {
  const found = asks.map(() => /** @type {number[]} */ ([]));
  for (let t = 0; t < turns; t++) {
    for (let i = 0; i < asks.length; i++) {
      const e = (i + t + turn) % asks.length;
      const pass = () => {
        for (let q = 0; q < count; q++) asks[e]?.(q, efs[e] ?? 1);
      };
      pass();
      let [ms, passes] = [0, 0];
      for (; ms < TURN_MS; passes++) ms += timed(pass);
      found[e]?.push(ms / passes);
    }
  }
  return found.map((each) => each.toSorted((a, b) => a - b)[each.length >> 1] ?? NaN);
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
