/**
 * Case `open`: opening a closed store of 100,000 × 384 up to its first answer, from the segments of a checkpoint, graph included, and
 * from its log alone, by turns, in Chromium on IndexedDB: time, and bytes read against the bytes of the data. Needs `dist/`.
 * `--rows N` for others.
 */
import { clusteredVectors, median } from '../data.mjs';
import { openBenchPage } from '../page.mjs';

const ROWS = 100_000;
const DIMENSIONS = 384;
const BATCH = 2_000;
const SEED = 1;

/** @typedef {{ ms: number, bytes: number, records: number, indexed: number }} Opening */

/** @param {{ rounds: number, rows: number | null, log: (line: string) => void }} options @returns {Promise<import('../result.mjs').Measured>} */
export async function run({ rounds, rows: asked, log }) {
  const rows = asked ?? ROWS;
  const { base } = clusteredVectors({ rows, queries: 1, dimensions: DIMENSIONS, seed: SEED });
  const bench = await openBenchPage({
    library: 'modules',
    files: ['page/store.mjs'],
    client: true,
    onDisk: true,
    data: { 'base.bin': base },
  });
  const { page } = bench;
  try {
    log('filling two stores, and building a graph: a minute or two');
    const { graph, maps } = await page.evaluate(fill, { dimensions: DIMENSIONS, batch: BATCH });
    const vectors = base.byteLength;
    /** @type {{ segments: Opening[], log: Opening[] }} */
    const found = { segments: [], log: [] };
    /** @type {number[]} */
    const clientMs = [];
    for (let round = 0; round < rounds; round++) {
      clientMs.push(await openWithClient(bench));
      for (const name of /** @type {const} */ (['segments', 'log'])) {
        const opening = await page.evaluate(open, { name, dimensions: DIMENSIONS });
        const { ms, bytes, records, indexed } = opening;
        if (records !== rows || (name === 'segments' && indexed !== rows))
          throw new Error(`${name} opened with ${records} records, ${indexed} of them indexed.`);
        log(`round ${round + 1} ${name}: ${Math.round(ms)} ms, ${bytes} bytes`);
        found[name].push(opening);
      }
      log(`round ${round + 1} with a client: ${Math.round(clientMs.at(-1) ?? NaN)} ms`);
    }
    const size = `${rows / 1000}k`;
    const bytes = found.segments.map((opening) => opening.bytes);
    return {
      dataset: `clustered synthetic, seed ${SEED}, ${DIMENSIONS} dimensions, with ids and one metadata key; first answer: 10 nearest`,
      rows,
      seed: SEED,
      environment: bench.environment,
      ...(rows === ROWS ? {} : { file: `open-${size}` }),
      ratios: {
        [`open_${size}_vs_log`]: found.segments.map(({ ms }, i) => (found.log[i]?.ms ?? NaN) / ms),
        [`open_${size}_bytes_per_data`]: bytes.map((each) => each / (vectors + graph + maps)),
        [`open_${size}_bytes_per_int8_data`]: bytes.map((each) => each / (vectors / 4 + graph + maps)),
      },
      values: {
        [`open_ms_${size}`]: clientMs,
        [`open_store_ms_${size}`]: found.segments.map(({ ms }) => ms),
        [`open_log_ms_${size}`]: found.log.map(({ ms }) => ms),
        [`open_bytes_${size}`]: median(bytes),
        [`vector_bytes_${size}`]: vectors,
        [`graph_bytes_${size}`]: graph,
        [`map_bytes_${size}`]: maps,
      },
    };
  } finally {
    await bench.close();
  }
}

/**
 * What a user waits for: in a tab opened for it, from `new ChromaClient()` to the first answer, worker and core included. The package
 * itself is loaded before.
 * @param {import('../page.mjs').BenchPage} bench
 * @returns {Promise<number>} ms
 */
async function openWithClient(bench) {
  const page = await bench.newPage();
  try {
    return await page.evaluate(firstAnswer, { storage: 'indexeddb:segments', dimensions: DIMENSIONS });
  } finally {
    await page.close();
  }
}

/** In the page. @param {{ storage: any, dimensions: number }} options @returns {Promise<number>} */
async function firstAnswer({ storage, dimensions }) {
  /** @type {typeof import('../../src/index.js')} */
  const { ChromaClient } = await import(new URL('/client/index.js', location.href).href);
  const query = Array.from({ length: dimensions }, () => 0.5);
  const started = performance.now();
  const client = new ChromaClient({ storage });
  const collection = await client.getCollection({ name: 'notes' });
  const { ids } = await collection.query({ queryEmbeddings: [query], nResults: 10, include: ['distances'] });
  const ms = performance.now() - started;
  if (ids[0]?.length !== 10) throw new Error('The first answer is not whole.');
  await client.close();
  return ms;
}

/**
 * In the page: the same records twice, once checkpointed with their graph and once in the log alone. Resolves to the bytes of the
 * stored graph, and of ids and metadata.
 * @param {{ dimensions: number, batch: number }} options
 * @returns {Promise<{ graph: number, maps: number }>}
 */
async function fill({ dimensions, batch }) {
  /** @type {typeof import('../page/store.mjs')} */
  const tools = await import(new URL('/page/store.mjs', location.href).href);
  const { Checkpointer, openIndexedDbStorage } = await tools.loadLibrary();
  const base = new Float32Array(await (await fetch('base.bin')).arrayBuffer());
  const { startIfDue, startIfIndexDue } = Checkpointer.prototype;
  let maps = 0;
  for (const name of ['segments', 'log']) {
    // Only this store's log is to grow beyond what a store lets it.
    Checkpointer.prototype.startIfDue = name === 'log' ? () => {} : startIfDue;
    Checkpointer.prototype.startIfIndexDue = name === 'log' ? () => {} : startIfIndexDue;
    const store = await tools.openStore(name);
    const collectionId = await tools.createNotes(store);
    maps = await tools.fillNotes(store, { collectionId, base, dimensions, batch, metadata: true });
    if (name === 'segments') {
      await tools.untilIndexed(store, collectionId);
      await store.checkpoint();
    }
    await store.close();
  }
  const backend = await openIndexedDbStorage('segments');
  let graph = 0;
  for (const key of await backend.keys('seg'))
    if (String(key).includes('.128.')) graph += (await backend.read('seg', key))?.length ?? 0;
  await backend.close();
  return { graph, maps };
}

/** In the page. @param {{ name: string, dimensions: number }} options @returns {Promise<Opening>} */
async function open(options) {
  /** @type {typeof import('../page/store.mjs')} */
  const { openToFirstAnswer } = await import(new URL('/page/store.mjs', location.href).href);
  return openToFirstAnswer(options);
}
