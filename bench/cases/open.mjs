/**
 * Case `open`: opening a closed store of 50,000 × 384 with documents from the segments of a checkpoint, and from its log alone, by
 * turns, in Chromium on IndexedDB: time, and bytes read against the bytes of the data. Needs `dist/`.
 */
import { chromium } from '@playwright/test';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchOptions } from '../../tools/browser.mjs';
import { serve } from '../../tools/serve.mjs';
import { median } from '../data.mjs';

const SHAPE = { rows: 50_000, dimensions: 384, batch: 2_000 };

/** @typedef {{ ms: number, bytes: number, records: number }} Opening */

/** @param {{ rounds: number, log: (line: string) => void }} options */
export async function run({ rounds, log }) {
  const root = await mkdtemp(join(tmpdir(), 'kindex-bench-'));
  await cp('dist/src', join(root, 'kindex/src'), { recursive: true });
  await cp('dist/wasm', join(root, 'kindex/wasm'), { recursive: true });
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
    const dataBytes = await page.evaluate(fill, SHAPE);
    /** @type {{ segments: Opening[], log: Opening[] }} */
    const found = { segments: [], log: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of /** @type {const} */ (['segments', 'log'])) {
        const opening = await page.evaluate(open, name);
        if (opening.records !== SHAPE.rows)
          throw new Error(`${name} opened with ${opening.records} records.`);
        log(`round ${round + 1} ${name}: ${Math.round(opening.ms)} ms, ${opening.bytes} bytes`);
        found[name].push(opening);
      }
    }
    const bytes = found.segments[0]?.bytes ?? NaN;
    return {
      dataset: `random vectors, ${SHAPE.dimensions} dimensions, with ids, metadata and documents of about 300 bytes`,
      rows: SHAPE.rows,
      environment: { chromium: browser.version() },
      ratios: {
        open_50k_vs_log: median(found.segments.map(({ ms }, i) => (found.log[i]?.ms ?? NaN) / ms)),
        open_50k_bytes_per_data: bytes / dataBytes,
      },
      values: {
        open_ms_50k: median(found.segments.map(({ ms }) => ms)),
        open_log_ms_50k: median(found.log.map(({ ms }) => ms)),
        open_bytes_50k: bytes,
        data_bytes_50k: dataBytes,
      },
    };
  } finally {
    await browser.close();
    await server.close();
    await rm(root, { recursive: true });
  }
}

/** In the page: the same records twice, once checkpointed and once in the log alone. Resolves to the bytes of their values. @param {typeof SHAPE} shape */
async function fill({ rows, dimensions, batch }) {
  const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
  const { Store } = await load('./kindex/src/store/store.js');
  const { Checkpointer } = await load('./kindex/src/store/checkpoint.js');
  const { loadCore } = await load('./kindex/src/core/load.js');
  const { openIndexedDbStorage } = await load('./kindex/src/storage/indexeddb.js');
  const { packTexts } = await load('./kindex/src/base/packed-texts.js');
  const { core } = await loadCore();
  const startIfDue = Checkpointer.prototype.startIfDue;
  let bytes = 0;
  for (const name of ['segments', 'log']) {
    bytes = 0;
    // Only this store's log is to grow beyond what a store lets it.
    Checkpointer.prototype.startIfDue = name === 'log' ? () => {} : startIfDue;
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
      const texts = {
        documents: packTexts(ids.map((each) => `${each} ${'lorem ipsum '.repeat(24)}`)),
        metadatas: packTexts(ids.map((_, i) => JSON.stringify({ n: i, tag: 'x' }))),
      };
      const data = Float32Array.from({ length: batch * dimensions }, () => Math.random() - 0.5);
      bytes +=
        data.byteLength + texts.documents.bytes.length + texts.metadatas.bytes.length + ids.join('').length;
      const vectors = { data, rows: batch, dimensions };
      await store.write({ collectionId: id, mode: 'add', batch: { ids, vectors, ...texts, uris: null } });
    }
    if (name === 'segments') await store.checkpoint();
    await store.close();
  }
  return bytes;
}

/** In the page. @param {string} name @returns {Promise<Opening>} */
async function open(name) {
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
  const ms = performance.now() - started;
  const { records } = await store.diagnostics();
  await store.close();
  return { ms, bytes, records };
}
