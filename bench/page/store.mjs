/** In a page: stores of the built library, filled and opened without the client between, so that each part can be counted. */

/** @typedef {import('../../src/store/store.js').Store} Store */
/**
 * `durability`: of each write, default that of the store. `documents`: texts, default none; `metadatas`: JSON-able, default none.
 * @typedef {{ ids: string[], data: Float32Array<ArrayBuffer>, documents?: string[], metadatas?: object[], durability?: 'strict' | 'relaxed' }} Records
 */

/** The built modules, with the types of their source. */
export async function loadLibrary() {
  const load = (/** @type {string} */ path) => import(new URL(`/kindex/src/${path}`, location.href).href);
  /** @type {typeof import('../../src/store/store.js')} */
  const { Store } = await load('store/store.js');
  /** @type {typeof import('../../src/store/checkpoint.js')} */
  const { Checkpointer } = await load('store/checkpoint.js');
  /** @type {typeof import('../../src/core/load.js')} */
  const { loadCore } = await load('core/load.js');
  /** @type {typeof import('../../src/storage/indexeddb.js')} */
  const { openIndexedDbStorage } = await load('storage/indexeddb.js');
  /** @type {typeof import('../../src/base/packed-texts.js')} */
  const { packTexts } = await load('base/packed-texts.js');
  return { Store, Checkpointer, loadCore, openIndexedDbStorage, packTexts };
}

/** A store in IndexedDB under `name`, made when there is none. @param {string} name */
export async function openStore(name) {
  const { Store, loadCore, openIndexedDbStorage } = await loadLibrary();
  const { core } = await loadCore();
  return Store.open({ backend: await openIndexedDbStorage(name), core });
}

const NOTES = { tenant: 'default_tenant', database: 'default_database', name: 'notes' };

/** A collection with the defaults of the client. @param {Store} store @returns {Promise<string>} its id */
export async function createNotes(store) {
  const index = /** @type {const} */ ({
    space: 'cosine',
    efConstruction: 100,
    efSearch: 100,
    maxNeighbors: 16,
    resizeFactor: 1.2,
    syncThreshold: 1000,
  });
  const { id } = await store.createCollection({
    ...NOTES,
    metadata: null,
    configuration: { index, embeddingFunction: null },
    getOrCreate: false,
  });
  return id;
}

/**
 * What `store.write` takes to add `records`.
 * @param {string} collectionId
 * @param {Records} records
 * @param {Awaited<ReturnType<typeof loadLibrary>>} library
 * @returns {Parameters<Store['write']>[0]}
 */
export function addRequest(collectionId, { ids, data, documents, metadatas, durability }, { packTexts }) {
  return {
    collectionId,
    mode: 'add',
    ...(durability ? { durability } : {}),
    batch: {
      ids,
      vectors: { data, rows: ids.length, dimensions: data.length / ids.length },
      documents: documents ? packTexts(documents) : null,
      metadatas: metadatas ? packTexts(metadatas.map((each) => JSON.stringify(each))) : null,
      uris: null,
    },
  };
}

/**
 * Adds all of `base` as `record-0`…, batch by batch, with one metadata key where `metadata` says so.
 * @param {Store} store
 * @param {{ collectionId: string, base: Float32Array, dimensions: number, batch: number, metadata: boolean }} options
 * @returns {Promise<number>} bytes of ids and metadata
 */
export async function fillNotes(store, { collectionId, base, dimensions, batch, metadata }) {
  const library = await loadLibrary();
  const rows = base.length / dimensions;
  let bytes = 0;
  for (let from = 0; from < rows; from += batch) {
    const ids = Array.from({ length: Math.min(batch, rows - from) }, (_, i) => `record-${from + i}`);
    const metadatas = ids.map((_, i) => ({ n: from + i }));
    bytes +=
      ids.join('').length + (metadata ? metadatas.map((each) => JSON.stringify(each)).join('').length : 0);
    const data = base.slice(from * dimensions, (from + ids.length) * dimensions);
    const records = metadata ? { ids, data, metadatas } : { ids, data };
    await store.write(addRequest(collectionId, records, library));
  }
  return bytes;
}

/** Resolves when no row waits for the index any more. @param {Store} store @param {string} collectionId */
export async function untilIndexed(store, collectionId) {
  for (;;) {
    const { indexed, total } = await store.indexingStatus({ collectionId });
    if (indexed === total) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Opens a closed store, asks for the 10 nearest, and closes it. `bytes`: values read until then.
 * @param {{ name: string, dimensions: number }} options
 * @returns {Promise<{ ms: number, bytes: number, records: number, indexed: number }>}
 */
export async function openToFirstAnswer({ name, dimensions }) {
  const { Store, loadCore, openIndexedDbStorage } = await loadLibrary();
  const { core } = await loadCore();
  let bytes = 0;
  const started = performance.now();
  const backend = await openIndexedDbStorage(name);
  const { read, list } = backend;
  backend.read = async (...args) => {
    const value = await read.apply(backend, args);
    bytes += value?.length ?? 0;
    return value;
  };
  backend.list = async function* (...args) {
    for await (const batch of list.apply(backend, args)) {
      for (const { value } of batch) bytes += value.length;
      yield batch;
    }
  };
  const store = await Store.open({ backend, core });
  const { id: collectionId } = await store.getCollection(NOTES);
  const vectors = { data: new Float32Array(dimensions).fill(0.5), rows: 1, dimensions };
  const { results } = await store.query({ collectionId, vectors, nResults: 10, include: ['distances'] });
  const ms = performance.now() - started;
  if (results[0]?.ids.length !== 10) throw new Error('The first answer is not whole.');
  const { records } = await store.diagnostics();
  const { indexed } = await store.indexingStatus({ collectionId });
  await store.close();
  return { ms, bytes, records, indexed };
}

/**
 * A stored collection, opened and left open. `ask`: the 10 nearest to a random vector.
 * @param {string} name
 * @param {number} dimensions
 */
export async function openNotes(name, dimensions) {
  const store = await openStore(name);
  const { id: collectionId } = await store.getCollection(NOTES);
  const ask = async () => {
    const data = Float32Array.from({ length: dimensions }, () => Math.random() - 0.5);
    const vectors = { data, rows: 1, dimensions };
    const { results } = await store.query({ collectionId, vectors, nResults: 10, include: ['distances'] });
    if (results[0]?.ids.length !== 10) throw new Error('An answer is not whole.');
  };
  return { store, ask };
}

/** @param {string} name of a store that nobody has open @returns {Promise<void>} */
export function deleteStore(name) {
  return new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(name);
    deleting.onsuccess = () => resolve();
    deleting.onerror = () => reject(new Error(`IndexedDB could not delete "${name}".`));
  });
}
