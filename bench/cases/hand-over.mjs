/**
 * Case `hand-over`: how long a tab's calls wait when the tab that owns the store goes, in Chromium on IndexedDB with 10,000
 * records. The staying tab writes one record after the other; the longest time between two acknowledgements around the end
 * is the hand-over. The owner is closed, or its worker is terminated, by turns. Needs `dist/cdn`.
 */
import { quantile } from '../data.mjs';
import { openBenchPage } from '../page.mjs';

const SEED = 1;
const SHAPE = { rows: 10_000, dimensions: 384, batch: 1_000, seed: SEED };
const MIN_RUNS = 20;

/** @typedef {'closed' | 'terminated'} End */
/** @typedef {import('@playwright/test').Page} Page */

/** @param {{ rounds: number, log: (line: string) => void }} options @returns {Promise<import('../result.mjs').Measured>} */
export async function run({ rounds, log }) {
  const bench = await openBenchPage({ library: 'cdn', files: ['data.mjs'], onDisk: true });
  try {
    // The first tab is left as it is: a hidden tab that never opens the store.
    const openTab = async () => {
      const page = await bench.newPage();
      await page.evaluate(prepare);
      return page;
    };
    let leader = await openTab();
    await leader.evaluate(fill, SHAPE);
    /** @type {Record<End, number[]>} */
    const found = { closed: [], terminated: [] };
    const runs = Math.max(MIN_RUNS, rounds * 4);
    let written = 0;
    // One unmeasured run warms files and compiled code.
    for (let i = -1; i < runs; i++) {
      const end = i % 2 === 0 ? 'closed' : 'terminated';
      const follower = await openTab();
      const ms = await handOver(leader, follower, end);
      written += ms.writes;
      if (i >= 0) {
        found[end].push(ms.gap);
        log(`run ${i + 1}/${runs}, ${end}: ${Math.round(ms.gap)} ms`);
      }
      if (end === 'terminated') await leader.close();
      leader = follower;
    }
    const stored = await leader.evaluate(count);
    if (stored !== SHAPE.rows + written)
      throw new Error(`${stored} records, ${SHAPE.rows + written} expected.`);
    const all = [...found.closed, ...found.terminated];
    return {
      dataset: `evenly spread vectors, seed ${SEED}, ${SHAPE.dimensions} dimensions, with documents of about 300 characters`,
      rows: SHAPE.rows,
      seed: SEED,
      environment: bench.environment,
      overAll: ['hand_over_p95_ms'],
      ratios: {},
      values: {
        hand_over_p50_ms: quantile(all, 0.5),
        hand_over_p95_ms: quantile(all, 0.95),
        hand_over_max_ms: Math.max(...all),
        hand_over_closed_p95_ms: quantile(found.closed, 0.95),
        hand_over_terminated_p95_ms: quantile(found.terminated, 0.95),
        hand_over_runs: all.length,
      },
    };
  } finally {
    await bench.close();
  }
}

/**
 * @param {Page} leader
 * @param {Page} follower
 * @param {End} end
 */
async function handOver(leader, follower, end) {
  const role = await follower.evaluate(startWriting);
  if (role !== 'follower') throw new Error(`The second tab is ${role}.`);
  await follower.waitForTimeout(300);
  if (end === 'closed') await leader.close();
  else await leader.evaluate(endWorkers);
  const result = await follower.evaluate(stopWriting);
  if (result.role !== 'leader') throw new Error(`The second tab became ${result.role}.`);
  return result;
}

/** In the page. */
function endWorkers() {
  const page = /** @type {any} */ (globalThis);
  for (const worker of page.startedWorkers) worker.terminate();
}

/** In the page. */
async function prepare() {
  const page = /** @type {any} */ (globalThis);
  page.startedWorkers = [];
  page.Worker = class extends Worker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      page.startedWorkers.push(this);
    }
  };
  const { ChromaClient } = await import(new URL('./kindex/index.js', location.href).href);
  page.client = new ChromaClient();
}

/** In the page. @param {typeof SHAPE} shape */
async function fill({ rows, dimensions, batch, seed }) {
  const page = /** @type {any} */ (globalThis);
  /** @type {typeof import('../data.mjs')} */
  const { evenVectors } = await import(new URL('./data.mjs', location.href).href);
  const base = evenVectors({ rows, dimensions, seed });
  const collection = await page.client.createCollection({ name: 'notes', embeddingFunction: null });
  for (let from = 0; from < rows; from += batch) {
    const ids = Array.from({ length: batch }, (_, i) => `r${from + i}`);
    const data = base.slice(from * dimensions, (from + batch) * dimensions);
    await collection.add({
      ids,
      embeddings: { data, rows: batch, dimensions },
      documents: ids.map((id) => `${id} ${'lorem ipsum '.repeat(24)}`),
    });
  }
}

/** In the page: writes one record after the other until it is told to stop. Resolves to the tab's role. */
async function startWriting() {
  const page = /** @type {any} */ (globalThis);
  const { client } = page;
  const collection = await client.getCollection({ name: 'notes' });
  const { role } = await client.diagnostics();
  const prefix = crypto.randomUUID();
  /** @type {{ writes: number, gap: number, last: number, stop: boolean, done: Promise<void> }} */
  const state = { writes: 0, gap: 0, last: performance.now(), stop: false, done: Promise.resolve() };
  const write = async () => {
    while (!state.stop) {
      await collection.add({ ids: [`${prefix}-${state.writes}`], embeddings: [new Array(384).fill(0.1)] });
      const now = performance.now();
      state.writes += 1;
      state.gap = Math.max(state.gap, now - state.last);
      state.last = now;
    }
  };
  state.done = write();
  page.writing = state;
  return role;
}

/** In the page, after the end of the other: lets it go on until the tab leads, and a little longer. */
async function stopWriting() {
  const page = /** @type {any} */ (globalThis);
  const state = page.writing;
  let role = 'follower';
  for (let tries = 0; role !== 'leader' && tries < 500; tries++) {
    ({ role } = await page.client.diagnostics());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { writes } = state;
  while (state.writes < writes + 5) await new Promise((resolve) => setTimeout(resolve, 5));
  state.stop = true;
  await state.done;
  return { role, gap: state.gap, writes: state.writes };
}

/** In the page. */
async function count() {
  const page = /** @type {any} */ (globalThis);
  return (await page.client.getCollection({ name: 'notes' })).count();
}
