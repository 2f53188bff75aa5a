/**
 * One peer of case `peers` with its index: builds it, asks it, tries bad input. The same file runs in a worker of a browser and in
 * Node. It keeps no vectors of its own, so that memory is the peer's.
 */

/** @typedef {import('../vector-engines.mjs').Shape} Shape */
/** @typedef {import('./peer-indexes.mjs').PeerIndex} PeerIndex */
/** @typedef {import('./peer-indexes.mjs').CreatePeer} CreatePeer */
/** @typedef {ReturnType<typeof createSeat>} Seat */

const BATCH = 1_000;
/** Rows that bad input is tried on. */
const FEW = 40;

/**
 * @param {CreatePeer} create
 * @param {{ shape: Shape, queries: Float32Array, k: number, base: () => Promise<Float32Array> }} options `base`: read for each build
 */
export function createSeat(create, { shape, queries, k, base }) {
  const { dimensions } = shape;
  /** @type {PeerIndex | null} */
  let index = null;
  /** @type {any[]} */
  let prepared = [];
  const opened = () => {
    if (!index) throw new Error('There is no index.');
    return index;
  };

  return {
    /** Builds the first `rows` anew. @param {{ rows: number }} options @returns {Promise<{ ms: number }>} */
    async build({ rows }) {
      await index?.close();
      prepared = [];
      const vectors = await base();
      let ms = 0;
      const timed = async (/** @type {() => unknown} */ work) => {
        const started = performance.now();
        await work();
        ms += performance.now() - started;
      };
      const built = await create({ ...shape, rows });
      index = built;
      for (let first = 0; first < rows; first += BATCH) {
        const batch = built.batch(rowsOf(vectors, dimensions, first, Math.min(first + BATCH, rows)), first);
        await timed(() => built.add(batch));
      }
      await timed(() => built.finish());
      return { ms };
    },

    /**
     * Asks the first `count` queries one after another, each as soon as the last is answered.
     * @param {{ width: number, count: number, found?: boolean }} options `found`: whether the answers are wanted
     * @returns {Promise<{ ms: number, found: number[][] }>}
     */
    async ask({ width, count, found: wanted = false }) {
      const { prepare, search } = opened();
      if (prepared.length === 0) {
        prepared = rowsOf(queries, dimensions, 0, queries.length / dimensions).map((each) => prepare(each));
      }
      /** @type {number[][]} */
      const found = [];
      const started = performance.now();
      for (let q = 0; q < count; q++) {
        const answer = search(prepared[q], k, width);
        // Those that answer at once do not wait for a turn of the loop.
        const rows = answer instanceof Promise ? await answer : answer;
        if (wanted) found.push(Array.from(rows));
      }
      return { ms: performance.now() - started, found };
    },

    /** What becomes of input that is none, by an index of a few rows each. @param {{ width: number }} options @returns {Promise<Record<string, string>>} */
    async probe({ width }) {
      await index?.close();
      index = null;
      const few = rowsOf(await base(), dimensions, 0, FEW);
      /** @type {PeerIndex | null} */
      let made = null;
      const filled = async (/** @type {Float32Array[][]} */ ...batches) => {
        const { batch, add, finish, prepare, search } = (made = await create({ ...shape, rows: 2 * FEW }));
        for (const vectors of batches) await add(batch(vectors, 0));
        await finish();
        return async (/** @type {Float32Array} */ asked, wanted = k) =>
          Array.from(await search(prepare(asked), wanted, width));
      };
      const outcome = async (/** @type {() => Promise<string>} */ attempt) => {
        const said = await outcomeOf(attempt);
        try {
          await made?.close();
        } catch {
          // What has trapped may not close either.
        }
        made = null;
        return said;
      };
      const [query = new Float32Array(dimensions)] = few;
      const nan = query.map((value, d) => (d === 3 ? Number.NaN : value));
      const short = query.slice(0, dimensions / 2);
      const count = (/** @type {number[]} */ rows) => `${rows.length} results`;
      return {
        'more asked than there are': await outcome(async () =>
          count(await (await filled(few))(query, 2 * FEW)),
        ),
        'asked when empty': await outcome(async () => count(await (await filled())(query))),
        'NaN in a query': await outcome(async () => count(await (await filled(few))(nan))),
        'query of half the dimensions': await outcome(async () => count(await (await filled(few))(short))),
        'NaN in a vector': await outcome(async () => {
          const rows = await (await filled([nan, ...few.slice(1)]))(few[1] ?? query, 2 * FEW);
          return `taken; then ${rows.length} of ${FEW} rows answered, the nearest ${rows[0] === 1 ? '' : 'not '}first`;
        }),
        'vector of half the dimensions': await outcome(async () => {
          await filled([short, ...few.slice(1)]);
          return 'taken';
        }),
        'an id twice': await outcome(async () => {
          const ask = await filled(few, few);
          if (made?.ownIds) return 'ids are its own';
          const rows = await ask(query, 2 * FEW);
          return `taken; then ${rows.length - new Set(rows).size} ids answered twice`;
        }),
      };
    },

    async close() {
      await index?.close();
      index = null;
    },
  };
}

/** Views, not copies. @param {Float32Array} vectors @param {number} dimensions @param {number} from @param {number} to */
function rowsOf(vectors, dimensions, from, to) {
  return Array.from({ length: to - from }, (_, i) =>
    vectors.subarray((from + i) * dimensions, (from + i + 1) * dimensions),
  );
}

/** @param {() => Promise<string>} attempt @returns {Promise<string>} */
async function outcomeOf(attempt) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in 20 s')), 20_000);
  });
  try {
    return /** @type {string} */ (await Promise.race([attempt(), late]));
  } catch (error) {
    return `error: ${messageOf(error).slice(0, 90)}`;
  } finally {
    clearTimeout(timer);
  }
}

/** Peers throw strings, plain objects, arrays. @param {unknown} thrown @returns {string} */
function messageOf(thrown) {
  const message = /** @type {{ message?: unknown } | null} */ (thrown)?.message ?? thrown;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
