/**
 * Case `open`: opening a closed store of 100,000 × 384 up to its first answer, from the segments of a checkpoint, graph included, and
 * from its log alone, by turns, in Chromium on IndexedDB: time, and bytes read against the bytes of the data. Needs `dist/`.
 */
import { chromium } from '@playwright/test';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchOptions } from '../../tools/browser.mjs';
import { serve } from '../../tools/serve.mjs';
import { median } from '../data.mjs';

const SHAPE = { rows: 100_000, dimensions: 384, batch: 2_000 };

/** @typedef {{ ms: number, bytes: number, records: number, indexed: number }} Opening */

/** @param {{ rounds: number, log: (line: string) => void }} options */
export async function run({ rounds, log }) {
  const root = await mkdtemp(join(tmpdir(), 'kindex-bench-'));
  await cp('dist/src', join(root, 'kindex/src'), { recursive: true });
  await cp('dist/wasm', join(root, 'kindex/wasm'), { recursive: true });
  await cp('bench/data.mjs', join(root, 'data.mjs'));
  await cp('node_modules/idb/build', join(root, 'idb'), { recursive: true });
  const imports = JSON.stringify({ imports: { idb: '/idb/index.js' } });
  await writeFile(
    join(root, 'index.html'),
    `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="importmap">${imports}</script>`,
  );
  const server = await serve({ root, csp: null });
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    log('filling two stores, and building a graph: a minute or two');
    const held = await page.evaluate(fill, SHAPE);
    /** @type {{ segments: Opening[], log: Opening[] }} */
    const found = { segments: [], log: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of /** @type {const} */ (['segments', 'log'])) {
        const opening = await page.evaluate(open, { name, shape: SHAPE });
        const { ms, bytes, records, indexed } = opening;
        if (records !== SHAPE.rows || (name === 'segments' && indexed !== SHAPE.rows))
          throw new Error(`${name} opened with ${records} records, ${indexed} of them indexed.`);
        log(`round ${round + 1} ${name}: ${Math.round(ms)} ms, ${bytes} bytes`);
        found[name].push(opening);
      }
    }
    const bytes = found.segments[0]?.bytes ?? NaN;
    const { vectors, graph, maps } = held;
    return {
      dataset: `clustered synthetic, seed 1, ${SHAPE.dimensions} dimensions, with ids and one metadata key; first answer: 10 nearest`,
      rows: SHAPE.rows,
      environment: { chromium: browser.version() },
      ratios: {
        open_100k_vs_log: median(found.segments.map(({ ms }, i) => (found.log[i]?.ms ?? NaN) / ms)),
        open_100k_bytes_per_data: bytes / (vectors + graph + maps),
        open_100k_bytes_per_int8_data: bytes / (vectors / 4 + graph + maps),
      },
      values: {
        open_ms_100k: median(found.segments.map(({ ms }) => ms)),
        open_log_ms_100k: median(found.log.map(({ ms }) => ms)),
        open_bytes_100k: bytes,
        vector_bytes_100k: vectors,
        graph_bytes_100k: graph,
        map_bytes_100k: maps,
      },
    };
  } finally {
    await browser.close();
    await server.close();
    await rm(root, { recursive: true });
  }
}

/**
 * In the page: the same records twice, once checkpointed with their graph and once in the log alone. Resolves to the bytes of the
 * values: f32 vectors, the stored graph, ids and metadata.
 * @param {typeof SHAPE} shape
 * @returns {Promise<{ vectors: number, graph: number, maps: number }>}
 */
async function fill({ rows, dimensions, batch }) {
  const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
  const { Store } = await load('./kindex/src/store/store.js');
  const { Checkpointer } = await load('./kindex/src/store/checkpoint.js');
  const { loadCore } = await load('./kindex/src/core/load.js');
  const { openIndexedDbStorage } = await load('./kindex/src/storage/indexeddb.js');
  const { packTexts } = await load('./kindex/src/base/packed-texts.js');
  const { clusteredVectors } = await load('./data.mjs');
  const { core } = await loadCore();
  const { base } = clusteredVectors({ rows, queries: 1, dimensions, seed: 1 });
  const { startIfDue, startIfIndexDue } = Checkpointer.prototype;
  let maps = 0;
  for (const name of ['segments', 'log']) {
    maps = 0;
    // Only this store's log is to grow beyond what a store lets it.
    Checkpointer.prototype.startIfDue = name === 'log' ? () => {} : startIfDue;
    Checkpointer.prototype.startIfIndexDue = name === 'log' ? () => {} : startIfIndexDue;
    const store = await Store.open({ backend: await openIndexedDbStorage(name), core });
    const index = {
      space: 'cosine',
      efConstruction: 100,
      efSearch: 100,
      maxNeighbors: 16,
      resizeFactor: 1.2,
      syncThreshold: 1000,
    };
    const { id } = await store.createCollection({
      tenant: 'default_tenant',
      database: 'default_database',
      name: 'notes',
      metadata: null,
      configuration: { index, embeddingFunction: null },
      getOrCreate: false,
    });
    for (let from = 0; from < rows; from += batch) {
      const ids = Array.from({ length: batch }, (_, i) => `record-${from + i}`);
      const metadatas = packTexts(ids.map((_, i) => JSON.stringify({ n: from + i })));
      maps += metadatas.bytes.length + ids.join('').length;
      const data = base.slice(from * dimensions, (from + batch) * dimensions);
      const vectors = { data, rows: batch, dimensions };
      await store.write({
        collectionId: id,
        mode: 'add',
        batch: { ids, vectors, documents: null, metadatas, uris: null },
      });
    }
    if (name === 'segments') {
      for (;;) {
        const { indexed, total } = await store.indexingStatus({ collectionId: id });
        if (indexed === total) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await store.checkpoint();
    }
    await store.close();
  }
  const backend = await openIndexedDbStorage('segments');
  let graph = 0;
  for (const key of await backend.keys('seg'))
    if (String(key).includes('.128.')) graph += (await backend.read('seg', key)).length;
  await backend.close();
  return { vectors: rows * dimensions * 4, graph, maps };
}

/** In the page. @param {{ name: string, shape: typeof SHAPE }} options @returns {Promise<Opening>} */
async function open({ name, shape: { dimensions } }) {
  const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
  const { Store } = await load('./kindex/src/store/store.js');
  const { loadCore } = await load('./kindex/src/core/load.js');
  const { openIndexedDbStorage } = await load('./kindex/src/storage/indexeddb.js');
  const { core } = await loadCore();
  let bytes = 0;
  const started = performance.now();
  const backend = await openIndexedDbStorage(name);
  const { read, list } = backend;
  backend.read = async (/** @type {[]} */ ...args) => {
    const value = await read.apply(backend, args);
    bytes += value?.length ?? 0;
    return value;
  };
  backend.list = async function* (/** @type {[]} */ ...args) {
    for await (const batch of list.apply(backend, args)) {
      for (const { value } of batch) bytes += value.length;
      yield batch;
    }
  };
  const store = await Store.open({ backend, core });
  const ref = { tenant: 'default_tenant', database: 'default_database', name: 'notes' };
  const { id: collectionId } = await store.getCollection(ref);
  const vectors = { data: new Float32Array(dimensions).fill(0.5), rows: 1, dimensions };
  const { results } = await store.query({ collectionId, vectors, nResults: 10, include: ['distances'] });
  const ms = performance.now() - started;
  if (results[0].ids.length !== 10) throw new Error('The first answer is not whole.');
  const { records } = await store.diagnostics();
  const { indexed } = await store.indexingStatus({ collectionId });
  await store.close();
  return { ms, bytes, records, indexed };
}
