/**
 * Case `durability`: what strict costs against relaxed, by turns, in Chromium on IndexedDB: acknowledged writes per second of one
 * record each, one after the other; and transactions per group of writes that wait together, counted. Needs `dist/`.
 */
import { chromium } from '@playwright/test';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchOptions } from '../../tools/browser.mjs';
import { serve } from '../../tools/serve.mjs';
import { median } from '../data.mjs';

const SHAPE = { writes: 400, dimensions: 384, group: 256, groups: 5 };

/** @typedef {'strict' | 'relaxed'} Durability */

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
    /** @type {Record<Durability, number[]>} */
    const perSecond = { strict: [], relaxed: [] };
    /** @type {number[]} */
    const commits = [];
    for (let round = 0; round < rounds; round++) {
      for (const durability of /** @type {const} */ (['strict', 'relaxed'])) {
        const found = await page.evaluate(write, { ...SHAPE, durability, name: `${durability}-${round}` });
        if (found.records !== SHAPE.writes + SHAPE.group * SHAPE.groups)
          throw new Error(`${durability} stored ${found.records} records.`);
        log(
          `round ${round + 1} ${durability}: ${Math.round(found.perSecond)} writes/s, ${found.commits} commits`,
        );
        perSecond[durability].push(found.perSecond);
        commits.push(found.commits / SHAPE.groups);
      }
    }
    return {
      dataset: `random vectors, ${SHAPE.dimensions} dimensions, one record a write, with a document of about 300 bytes`,
      rows: SHAPE.writes,
      environment: { chromium: browser.version() },
      ratios: {
        relaxed_vs_strict: median(perSecond.relaxed.map((each, i) => each / (perSecond.strict[i] ?? NaN))),
      },
      values: {
        strict_writes_per_s: median(perSecond.strict),
        relaxed_writes_per_s: median(perSecond.relaxed),
        writes_per_group: SHAPE.group,
        commits_per_group: Math.max(...commits),
      },
    };
  } finally {
    await browser.close();
    await server.close();
    await rm(root, { recursive: true });
  }
}

/**
 * In the page: writes one after the other, timed; then groups of writes made in one turn, whose transactions are counted.
 * @param {typeof SHAPE & { durability: Durability, name: string }} options
 * @returns {Promise<{ perSecond: number, commits: number, records: number }>}
 */
async function write({ writes, dimensions, group, groups, durability, name }) {
  const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
  const { Store } = await load('./kindex/src/store/store.js');
  const { loadCore } = await load('./kindex/src/core/load.js');
  const { openIndexedDbStorage } = await load('./kindex/src/storage/indexeddb.js');
  const { packTexts } = await load('./kindex/src/base/packed-texts.js');
  const { core } = await loadCore();
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
  const request = (/** @type {string} */ record) => ({
    collectionId: id,
    mode: 'add',
    durability,
    batch: {
      ids: [record],
      vectors: {
        data: Float32Array.from({ length: dimensions }, () => Math.random() - 0.5),
        rows: 1,
        dimensions,
      },
      documents: packTexts([`${record} ${'lorem ipsum '.repeat(24)}`]),
      metadatas: null,
      uris: null,
    },
  });
  const requests = Array.from({ length: writes }, (_, i) => request(`one-${i}`));
  const started = performance.now();
  for (const each of requests) await store.write(each);
  const perSecond = (writes * 1000) / (performance.now() - started);
  const before = (await store.diagnostics()).commits;
  for (let i = 0; i < groups; i++)
    await Promise.all(Array.from({ length: group }, (_, j) => store.write(request(`group-${i}-${j}`))));
  const { commits, records } = await store.diagnostics();
  await store.flush();
  await store.close();
  await new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(name);
    deleting.onsuccess = resolve;
    deleting.onerror = reject;
  });
  return { perSecond, commits: commits - before, records };
}
