/**
 * Case `scale-1m`: 1,000,000 × 384 through `collection.import` into one tab of Chromium, f32 vectors in segments alone (`vectors: 'disk'`),
 * then queries: seconds, recall, and the peak of what the tab holds. Vectors are drawn in the page and not kept; the true neighbors of
 * 200 queries are found meanwhile. Needs `dist/`. `--rows N` for fewer.
 */
import { DIMENSIONS } from '../data-sets.mjs';
import { quantile } from '../data.mjs';
import { openBenchPage } from '../page.mjs';

const ROWS = 1_000_000;
const QUERIES = 200;
const K = 10;
const SEED = 1;
const SAMPLE_MS = 200;
/** The first of these that reaches the recall wanted is what is told. */
const WIDTHS = [40, 60, 80, 100, 140, 200];
const RECALL = 0.93;

/** @typedef {{ importS: number, linkedS: number, width: number, recall: number, p50: number, peak: { bytes: number, wasm: number, heap: number, buffers: number }, environment: Record<string, unknown> }} Round */

/**
 * @param {{ rounds: number, rows: number | null, log: (line: string) => void }} options each round in a browser of its own
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ rounds, rows: asked, log }) {
  const rows = asked ?? ROWS;
  /** @type {Round[]} */
  const results = [];
  for (let round = 1; round <= rounds; round++)
    results.push(await measure(rows, (line) => log(`round ${round}/${rounds} ${line}`)));
  const [first] = results;
  if (!first) throw new Error('No round.');
  const size = rows === ROWS ? '1m' : `${rows / 1000}k`;
  const mb = (/** @type {number} */ bytes) => Math.round(bytes / 1e5) / 10;
  const each = (/** @type {(round: Round) => number} */ figure) => results.map(figure);
  return {
    dataset: `clustered synthetic, seed ${SEED}, ${DIMENSIONS} dimensions, cosine, ids alone; f32 vectors in segments alone, M 16, ef ${first.width}`,
    rows,
    seed: SEED,
    environment: first.environment,
    ...(rows === ROWS ? {} : { file: `scale-${size}` }),
    ratios: {},
    values: {
      [`p50_ms_${size}`]: each(({ p50 }) => p50),
      [`recall_${size}`]: each(({ recall }) => recall),
      [`peak_mb_${size}`]: each(({ peak }) => mb(peak.bytes)),
      [`peak_wasm_mb_${size}`]: each(({ peak }) => mb(peak.wasm)),
      [`peak_heap_mb_${size}`]: each(({ peak }) => mb(peak.heap + peak.buffers)),
      [`import_s_${size}`]: each(({ importS }) => importS),
      [`linked_s_${size}`]: each(({ linkedS }) => linkedS),
    },
  };
}

/** @param {number} rows @param {(line: string) => void} log @returns {Promise<Round>} */
async function measure(rows, log) {
  const bench = await openBenchPage({
    library: 'modules',
    files: ['data.mjs', 'page/memory.mjs', 'page/scale-1m.mjs'],
    onDisk: true,
  });
  const { page } = bench;
  const state = { ended: false };
  try {
    await page.exposeFunction('logLine', log);
    const session = await page.context().newCDPSession(page);
    let peak = { bytes: 0, wasm: 0, heap: 0, buffers: 0 };
    const watching = (async () => {
      while (!state.ended) {
        const usage = /** @type {{ usedSize: number, backingStorageSize?: number }} */ (
          await session.send('Runtime.getHeapUsage')
        );
        const wasm = await page.evaluate(wasmInPage);
        const { usedSize: heap, backingStorageSize: buffers = 0 } = usage;
        const bytes = wasm + heap + buffers;
        if (bytes > peak.bytes) peak = { bytes, wasm, heap, buffers };
        await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      }
    })();
    // Of a page that has failed, whoever uses it tells.
    watching.catch(() => {});
    const filled = await page.evaluate(fill, {
      rows,
      queries: QUERIES,
      k: K,
      dimensions: DIMENSIONS,
      seed: SEED,
    });
    log(`import ${filled.importS} s, all linked after ${filled.linkedS} s, peak ${JSON.stringify(peak)}`);
    let reached = { width: 0, recall: 0, p50: Infinity };
    for (const width of WIDTHS) {
      const { recall, ms } = await page.evaluate(ask, { width, rounds: 1 });
      reached = { width, recall, p50: quantile(ms.flat(), 0.5) };
      log(`ef ${width}: recall ${recall.toFixed(4)}, p50 ${reached.p50.toFixed(2)} ms`);
      if (recall >= RECALL) break;
    }
    state.ended = true;
    await watching;
    const { importS, linkedS } = filled;
    return { importS, linkedS, ...reached, peak, environment: bench.environment };
  } finally {
    state.ended = true;
    await bench.close();
  }
}

/** In the page. @returns {Promise<number>} */
async function wasmInPage() {
  /** @type {typeof import('../page/memory.mjs')} */
  const { wasmBytes } = await import(new URL('/page/memory.mjs', location.href).href);
  return wasmBytes();
}

/** In the page. @param {import('../page/scale-1m.mjs').Shape} shape */
async function fill(shape) {
  /** @type {typeof import('../page/scale-1m.mjs')} */
  const page = await import(new URL('/page/scale-1m.mjs', location.href).href);
  return page.fill(shape);
}

/** In the page. @param {{ width: number, rounds: number }} options */
async function ask(options) {
  /** @type {typeof import('../page/scale-1m.mjs')} */
  const page = await import(new URL('/page/scale-1m.mjs', location.href).href);
  return page.ask(options);
}
