/** What case `peers` compares in a worker of a browser: each through its public API, as its documentation says, behind one face. */
import { hnswlibWasmEngine, kindexEngine } from '../vector-engines.mjs';
import { loadEngine, loadHnswlib } from './engines.mjs';

/** @typedef {import('../vector-engines.mjs').Shape} Shape */
/**
 * `batch` and `prepare` bring vectors into the form a peer takes; they are not timed. `width`: what the peer's search parameter is set
 * to, and of no effect where it has none. `search` answers with rows, nearest first. `ownIds`: it gives each vector an id itself.
 * @typedef {{
 *   batch: (vectors: Float32Array[], first: number) => any,
 *   add: (batch: any) => unknown,
 *   finish: () => unknown,
 *   prepare: (query: Float32Array) => any,
 *   search: (query: any, k: number, width: number) => ArrayLike<number> | Promise<ArrayLike<number>>,
 *   close: () => unknown,
 *   ownIds?: boolean,
 * }} PeerIndex
 * @typedef {(shape: Shape) => PeerIndex | Promise<PeerIndex>} CreatePeer
 */

/** Folder of the served packages. */
const PACKAGES = '/peers/';

/** @param {string} path @returns {Promise<any>} */
function load(path) {
  return import(new URL(`${PACKAGES}${path}`, location.href).href);
}

/**
 * The module is loaded once, so that `create` times nothing of it.
 * @param {string} name one of peers.mjs
 * @param {{ hnswlib: string }} options name of the module of hnswlib-wasm
 * @returns {Promise<CreatePeer>}
 */
export async function loadPeer(name, { hnswlib }) {
  switch (name) {
    case 'kindex_int8':
    case 'kindex_f32':
    case 'kindex_exact':
      return kindex(name);
    case 'hnswlib_wasm': {
      const module = await loadHnswlib(hnswlib);
      return (shape) => adapt(hnswlibWasmEngine(module, shape));
    }
    case 'edgevec':
      return edgevec({ width: 24 });
    case 'edgevec_wide':
      return edgevec({ width: 64 });
    case 'edgevec_binary':
      return edgevec({ width: null });
    case 'mememo':
      return mememo();
    case 'pgvector':
      return pgvector();
    case 'orama':
      return orama();
    case 'voy':
      return voy();
    default:
      throw new Error(`There is no peer "${name}".`);
  }
}

/** @param {'kindex_int8' | 'kindex_f32' | 'kindex_exact'} name @returns {Promise<CreatePeer>} */
async function kindex(name) {
  const { modules } = await loadEngine();
  if (name !== 'kindex_exact') {
    const precision = name === 'kindex_int8' ? 'int8' : 'f32';
    return (shape) => adapt(kindexEngine(modules, { ...shape, precision }));
  }
  return async ({ dimensions, rows }) => {
    const index = modules.createHnswIndex(await modules.loadWasmCore(), {
      space: 'ip',
      dimensions,
      precision: 'f32',
      // Never: every row is compared.
      graphFromRows: 2 ** 31,
    });
    index.reserve(rows);
    return {
      batch: (vectors, first) => [
        Uint32Array.from(vectors, (_, i) => first + i),
        { data: flat(vectors), rows: vectors.length, dimensions },
      ],
      add: ([numbers, matrix]) => index.add(numbers, matrix),
      finish() {},
      prepare: (query) => query,
      search: (query, k) => index.search(query, k).rows,
      close: () => index.dispose(),
    };
  };
}

/** @param {import('../vector-engines.mjs').Engine} engine @returns {Promise<PeerIndex>} */
export async function adapt({ create }) {
  const index = await create();
  return {
    ...index,
    batch: (vectors, first) => [flat(vectors), first, vectors.length],
    add: ([vectors, first, count]) => index.add(vectors, first, count),
  };
}

/**
 * Its own `ef` is fixed when an index is made (`efSearch` of `searchFiltered` is without effect), so each width is an index of its own.
 * `l2`, which on unit vectors orders as cosine does: under `cosine` and `dot` it answers with the farthest. Ids are its own, from 1.
 * `width: null`: binary codes beside, searched by `searchBQRescored`, whose factor is the parameter.
 * @param {{ width: number | null }} options
 * @returns {Promise<CreatePeer>}
 */
async function edgevec({ width }) {
  const module = await load('edgevec/edgevec.js');
  await module.default();
  return ({ dimensions, maxNeighbors, efConstruction }) => {
    const config = new module.EdgeVecConfig(dimensions);
    config.metric = 'l2';
    config.m = maxNeighbors;
    config.m0 = 2 * maxNeighbors;
    config.ef_construction = efConstruction;
    if (width !== null) config.ef_search = width;
    const index = new module.EdgeVec(config);
    if (width === null) index.enableBQ();
    /** @type {number[]} by id */
    const rows = [];
    /** @param {{ id: number }[]} found */
    const answer = (found) => found.map(({ id }) => rows[id] ?? -1);
    return {
      batch: (vectors, first) => ({ data: flat(vectors), first, count: vectors.length, vectors }),
      add({ data, first, count, vectors }) {
        // The batch call makes no binary codes.
        const ids =
          width === null
            ? vectors.map((/** @type {Float32Array} */ each) => index.insert(each))
            : index.insertBatchFlat(data, count);
        ids.forEach((/** @type {number} */ id, /** @type {number} */ i) => (rows[id] = first + i));
      },
      finish() {},
      prepare: (query) => query,
      search: (query, k, factor) =>
        answer(width === null ? index.searchBQRescored(query, k, factor) : index.search(query, k)),
      close: () => index.free(),
      ownIds: true,
    };
  };
}

/** In memory: with its default, IndexedDB, each search reads the vectors that are not cached. @returns {Promise<CreatePeer>} */
async function mememo() {
  const { HNSW } = await load('mememo/dist/index.es.js');
  return ({ maxNeighbors, efConstruction }) => {
    const index = new HNSW({
      distanceFunction: 'cosine-normalized',
      m: maxNeighbors,
      efConstruction,
      seed: 1,
      useIndexedDB: false,
    });
    return {
      batch: (vectors, first) => ({
        keys: vectors.map((_, i) => String(first + i)),
        values: vectors.map((each) => Array.from(each)),
      }),
      add: ({ keys, values }) => index.bulkInsert(keys, values),
      finish() {},
      prepare: (query) => Array.from(query),
      search: async (query, k, ef) => (await index.query(query, k, ef)).keys.map(Number),
      close() {},
    };
  };
}

/**
 * As pgvector's notes on performance say: load with binary COPY, then build the index in enough memory, inner product for unit vectors.
 * @returns {Promise<CreatePeer>}
 */
async function pgvector() {
  const { PGlite } = await load('@electric-sql/pglite/dist/index.js');
  const { vector } = await load('@electric-sql/pglite-pgvector/dist/index.js');
  return async ({ dimensions, maxNeighbors, efConstruction }) => {
    const db = await PGlite.create({ extensions: { vector } });
    await db.exec(
      `CREATE EXTENSION vector; CREATE TABLE items (id integer PRIMARY KEY, embedding vector(${dimensions}));`,
    );
    let current = 0;
    return {
      batch: copyBlob,
      add: (blob) => db.query("COPY items FROM '/dev/blob' WITH (FORMAT binary)", [], { blob }),
      finish: () =>
        db.exec(
          `SET maintenance_work_mem = '512MB';
           CREATE INDEX ON items USING hnsw (embedding vector_ip_ops) WITH (m = ${maxNeighbors}, ef_construction = ${efConstruction});
           ANALYZE items;
           SET enable_seqscan = off;`,
        ),
      prepare: (query) => `[${query.join(',')}]`,
      async search(query, k, ef) {
        if (ef !== current) await db.exec(`SET hnsw.ef_search = ${ef}`);
        current = ef;
        const { rows } = await db.query('SELECT id FROM items ORDER BY embedding <#> $1 LIMIT $2', [
          query,
          k,
        ]);
        return rows.map((/** @type {{ id: number }} */ { id }) => id);
      },
      close: () => db.close(),
    };
  };
}

/** PostgreSQL's binary COPY of (integer, vector). @param {Float32Array[]} vectors @param {number} first */
function copyBlob(vectors, first) {
  const signature = Uint8Array.from('PGCOPY\n\xff\r\n\0', (letter) => letter.charCodeAt(0));
  const size = vectors.reduce((sum, { length }) => sum + 2 + 8 + 8 + 4 * length, signature.length + 8 + 2);
  const view = new DataView(new ArrayBuffer(size));
  new Uint8Array(view.buffer).set(signature);
  let at = signature.length + 8;
  const put = {
    short: (/** @type {number} */ value) =>
      (view.setInt16(at, value), (at += 2)),
    int: (/** @type {number} */ value) =>
      (view.setInt32(at, value), (at += 4)),
    float: (/** @type {number} */ value) =>
      (view.setFloat32(at, value), (at += 4)),
  };
  vectors.forEach((vector, i) => {
    put.short(2);
    put.int(4);
    put.int(first + i);
    put.int(4 + 4 * vector.length);
    put.short(vector.length);
    put.short(0);
    vector.forEach(put.float);
  });
  put.short(-1);
  return new Blob([view.buffer]);
}

/** `similarity: 0`: its default hides all below 0.8, which may be all there is. @returns {Promise<CreatePeer>} */
async function orama() {
  const { create, insertMultiple, search } = await load('@orama/orama/dist/browser/index.js');
  return ({ dimensions }) => {
    const db = create({ schema: { embedding: `vector[${dimensions}]` } });
    return {
      batch: (vectors, first) =>
        vectors.map((each, i) => ({ id: String(first + i), embedding: Array.from(each) })),
      add: (documents) => insertMultiple(db, documents, documents.length),
      finish() {},
      prepare: (query) => Array.from(query),
      async search(value, k) {
        const { hits } = await search(db, {
          mode: 'vector',
          vector: { value, property: 'embedding' },
          similarity: 0,
          limit: k,
        });
        return hits.map((/** @type {{ id: string }} */ { id }) => Number(id));
      },
      close() {},
    };
  };
}

/** Its module imports wasm, which only bundlers can: this is what they make of it. @returns {Promise<CreatePeer>} */
async function voy() {
  const glue = await load('voy-search/voy_search_bg.js');
  const { instance } = await WebAssembly.instantiateStreaming(
    fetch(new URL(`${PACKAGES}voy-search/voy_search_bg.wasm`, location.href)),
    { './voy_search_bg.js': glue },
  );
  glue.__wbg_set_wasm(instance.exports);
  return () => {
    /** @type {object[]} */
    let embeddings = [];
    /** @type {any} */
    let index = null;
    return {
      batch: (vectors, first) =>
        vectors.map((each, i) => ({
          id: String(first + i),
          title: '',
          url: '',
          embeddings: Array.from(each),
        })),
      add: (/** @type {object[]} */ resources) => void embeddings.push(...resources),
      finish() {
        index = new glue.Voy({ embeddings });
        embeddings = [];
      },
      prepare: (query) => query,
      search: (query, k) =>
        index.search(query, k).neighbors.map((/** @type {{ id: string }} */ { id }) => Number(id)),
      close: () => index?.free(),
    };
  };
}

/** One after another. @param {Float32Array[]} vectors */
function flat(vectors) {
  const result = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of vectors) {
    result.set(vector, at);
    at += vector.length;
  }
  return result;
}
