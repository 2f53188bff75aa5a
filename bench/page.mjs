/** A page of Chromium with the built library and what a case needs beside it, served from a folder of its own. */
import { chromium } from '@playwright/test';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchOptions } from '../tools/browser.mjs';
import { serve } from '../tools/serve.mjs';

const HNSWLIB_WASM = 'node_modules/hnswlib-wasm/dist';

/**
 * `library`: `cdn` is the build that pages load from one address, under the strict policy; `modules` the build for npm, module by
 * module, so that a case reaches inside. Either lies in `kindex/`. `files`: of this folder, served under the same names. `client`: the
 * build `cdn` in `client/` beside `modules`, whose worker finds no packages. `hnswlib`: hnswlib-wasm too, which compiles from strings
 * and so needs a page without policy. `data`: file name → text or numbers. `onDisk`: a profile in a folder, because a context without
 * one keeps IndexedDB in memory, and little of it.
 * @typedef {{
 *   library: 'cdn' | 'modules',
 *   files?: string[],
 *   client?: boolean,
 *   hnswlib?: boolean,
 *   data?: Record<string, string | Float32Array>,
 *   onDisk?: boolean,
 * }} Options
 * @typedef {Awaited<ReturnType<typeof openBenchPage>>} BenchPage
 */

/** The caller closes it. @param {Options} options */
export async function openBenchPage({
  library,
  files = [],
  client = false,
  hnswlib = false,
  data = {},
  onDisk = false,
}) {
  const root = await mkdtemp(join(tmpdir(), 'kindex-bench-'));
  const copy = (/** @type {string} */ from, /** @type {string} */ to) =>
    cp(from, join(root, to), { recursive: true });
  let head = '<!doctype html><title>bench</title><link rel="icon" href="data:,">';
  if (library === 'cdn') await copy('dist/cdn', 'kindex');
  else {
    await copy('dist/src', 'kindex/src');
    await copy('dist/wasm', 'kindex/wasm');
    await copy('node_modules/idb/build', 'idb');
    await copy('node_modules/comlink/dist/esm', 'comlink');
    head += `<script type="importmap">${JSON.stringify({ imports: { idb: '/idb/index.js', comlink: '/comlink/comlink.mjs' } })}</script>`;
  }
  if (client) await copy('dist/cdn', 'client');
  if (hnswlib) await copy(HNSWLIB_WASM, 'hnswlib');
  for (const file of files) await copy(join('bench', file), file);
  await writeFile(join(root, 'index.html'), head);
  for (const [name, content] of Object.entries(data)) {
    await writeFile(join(root, name), typeof content === 'string' ? content : bytesOf(content));
  }
  const server = await serve(library === 'cdn' && !hnswlib ? { root } : { root, csp: null });
  const profile = onDisk ? await mkdtemp(join(tmpdir(), 'kindex-bench-profile-')) : null;
  const browser = profile === null ? await chromium.launch(launchOptions()) : null;
  const context =
    browser === null
      ? await chromium.launchPersistentContext(profile ?? '', launchOptions())
      : await browser.newContext();
  const newPage = async () => {
    const page = await context.newPage();
    page.on('pageerror', (error) => process.stderr.write(`page: ${error.message}\n`));
    page.on('crash', () => process.stderr.write('page: crashed\n'));
    await page.goto(server.url);
    return page;
  };
  const page = await newPage();
  const session = await context.newCDPSession(page);
  const { product } = await session.send('Browser.getVersion');
  await session.detach();
  return {
    page,
    /** One more tab of the same profile, on the same address. */
    newPage,
    version: product.slice(product.indexOf('/') + 1),
    /** For results of cases that store something. */
    environment: {
      chromium: product.slice(product.indexOf('/') + 1),
      indexedDb: onDisk ? 'on disk' : 'in memory',
    },
    /** Name of the module in `hnswlib/`: it carries a hash. */
    hnswlib: hnswlib ? await hnswlibModule() : '',
    async close() {
      await (browser ?? context).close();
      await server.close();
      await rm(root, { recursive: true });
      if (profile !== null) await rm(profile, { recursive: true });
    },
  };
}

/**
 * Starts a module worker in the page, hands it `task`, and waits for what it sends as `result`; each `line` it sends is logged.
 * @param {BenchPage} bench
 * @param {{ worker: string, task: object, log: (line: string) => void }} options `worker`: one of the served files
 * @returns {Promise<any>}
 */
export async function runWorker({ page }, { worker, task, log }) {
  const name = `log${Math.random().toString(36).slice(2)}`;
  await page.exposeFunction(name, log);
  return page.evaluate(startWorker, { worker, task, name });
}

/** Runs in the page. @param {{ worker: string, task: object, name: string }} options */
function startWorker({ worker: file, task, name }) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(`./${file}`, { type: 'module' });
    const end = (/** @type {() => void} */ settle) => {
      worker.terminate();
      settle();
    };
    worker.onerror = (event) => end(() => reject(new Error(event.message)));
    worker.onmessage = ({ data }) => {
      if (data.error) end(() => reject(new Error(data.error)));
      else if (data.result) end(() => resolve(data.result));
      else /** @type {any} */ (globalThis)[name](data.line);
    };
    worker.postMessage(task);
  });
}

/** @param {Float32Array} numbers */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function hnswlibModule() {
  const found = (await readdir(HNSWLIB_WASM)).find((name) => /^hnswlib-\w+\.js$/.test(name));
  if (!found) throw new Error(`${HNSWLIB_WASM} holds no module of hnswlib-wasm: run npm ci.`);
  return found;
}
