/** A browser for case `peers`: one page per peer with one worker, so that memory and crashes are the peer's own. */
import { chromium } from '@playwright/test';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { launchOptions } from '../tools/browser.mjs';
import { serve } from '../tools/serve.mjs';

const HNSWLIB_WASM = 'node_modules/hnswlib-wasm/dist';
const FILES = ['vector-engines.mjs', 'page/engines.mjs'];
const PEER_FILES = [
  'page/peer-indexes.mjs',
  'page/peer-seat.mjs',
  'page/peers.worker.mjs',
  'page/wasm-memories.mjs',
];

/** What browsers ask before they tell how much memory a page takes. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
/** Measures memory at once, after a collection, instead of at the next one. */
const MEASURE_AT_ONCE = '--enable-blink-features=ForceEagerMeasureMemory';

/**
 * @typedef {{
 *   call: (method: string, options: object, limitMs: number) => Promise<any>,
 *   memory: () => Promise<{ script: number, wasm: number } | null>,
 *   close: () => Promise<void>,
 * }} RemoteSeat `memory`: bytes that JavaScript holds after a collection, and wasm; null where it cannot be told
 */

/** The caller closes it. @param {{ base: Float32Array, queries: Float32Array }} data */
export async function openPeerBrowser({ base, queries }) {
  const hnswlib = (await readdir(HNSWLIB_WASM)).find((name) => /^hnswlib-\w+\.js$/.test(name));
  if (!hnswlib) throw new Error(`${HNSWLIB_WASM} holds no module of hnswlib-wasm: run npm ci.`);
  const root = await mkdtemp(join(tmpdir(), 'kindex-bench-'));
  for (const file of [...FILES, ...PEER_FILES]) await cp(join('bench', file), join(root, file));
  const folders = [
    ['dist/src', 'kindex/src'],
    ['dist/wasm', 'kindex/wasm'],
    [HNSWLIB_WASM, 'hnswlib'],
    ['bench/peers/node_modules', 'peers'],
  ];
  await mkdir(join(root, 'kindex'));
  for (const [from = '', to = ''] of folders) await symlink(resolve(from), join(root, to), 'dir');
  await writeFile(
    join(root, 'index.html'),
    '<!doctype html><title>bench</title><link rel="icon" href="data:,">',
  );
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries({ base, queries })) {
    await writeFile(join(root, `${name}.bin`), new Uint8Array(buffer, byteOffset, byteLength));
  }
  // hnswlib-wasm compiles its bindings from strings, which our own policy forbids.
  const server = await serve({ root, csp: null, headers: ISOLATED });
  const options = launchOptions();
  const browser = await chromium.launch({ ...options, args: [...options.args, MEASURE_AT_ONCE] });
  return {
    version: browser.version(),
    /** @param {{ peer: string, shape: import('./vector-engines.mjs').Shape, k: number }} options @returns {Promise<RemoteSeat>} */
    async open({ peer, shape, k }) {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.evaluate(startWorker);
      const call = (
        /** @type {string} */ method,
        /** @type {object} */ given,
        /** @type {number} */ limitMs,
      ) => within(limitMs, method, page.evaluate(callWorker, { method, options: given }));
      await call('open', { peer, shape, k, hnswlib }, 60_000);
      return {
        call,
        async memory() {
          const script = await within(60_000, 'measuring memory', page.evaluate(measureMemory));
          return script === null ? null : { script, wasm: await call('wasmBytes', {}, 60_000) };
        },
        close: () => page.close(),
      };
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(root, { recursive: true });
    },
  };
}

/** Runs in the page. */
function startWorker() {
  Object.assign(globalThis, { benchWorker: new Worker('./page/peers.worker.mjs', { type: 'module' }) });
}

/** Runs in the page: one call at a time. @param {{ method: string, options: object }} message */
function callWorker(message) {
  return new Promise((settled, reject) => {
    /** @type {Worker} */
    const worker = /** @type {any} */ (globalThis).benchWorker;
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : settled(data.result));
    worker.postMessage(message);
  });
}

/** Runs in the page: what JavaScript holds in it and in its worker. */
async function measureMemory() {
  const { measureUserAgentSpecificMemory: measure } = /** @type {any} */ (performance);
  if (!measure) return null;
  return /** @type {number} */ ((await measure.call(performance)).bytes);
}

/** @template T @param {number} limitMs @param {string} what @param {Promise<T>} answer @returns {Promise<T>} */
async function within(limitMs, what, answer) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return /** @type {T} */ (await Promise.race([answer, late]));
  } finally {
    clearTimeout(timer);
  }
}
