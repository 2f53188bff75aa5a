/**
 * Case `api`: the whole way through the public API, in Chromium with strict durability, beside the official chromadb
 * client on a real Chroma server. Both sides get the same records in the same batches, one call at a time, interleaved. Queries
 * are asked twice: right after the last add, when we still build our index and the server has built its own during the adds, and
 * again when ours is complete and stored, then again and again for two seconds on either side: a turn of equal time.
 */
import { ChromaClient } from 'chromadb';
import { slowServer } from '../baselines.mjs';
import { clusteredVectors, kthDistances, median, quantile, recall, wordDocuments } from '../data.mjs';
import { openBenchPage } from '../page.mjs';

const ROWS = 10_000;
const DIMENSIONS = 384;
const BATCH = 1_000;
const QUERIES = 1_000;
const TURN_MS = 2_000;
const K = 10;

/** @typedef {{ addMs: number, buildMs: number, freshMs: number[], queryMs: number[], found: number[][] }} Round `freshMs`: right after the adds; `buildMs`: from then until the index is complete */

/**
 * @param {{ chroma: string | null, rounds: number, log: (line: string) => void }} options
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ chroma, rounds, log }) {
  if (!chroma) {
    throw new Error('Case api needs a Chroma server: npm run bench -- api --chroma http://localhost:8000');
  }
  const { base, queries } = clusteredVectors({
    rows: ROWS,
    queries: QUERIES,
    dimensions: DIMENSIONS,
    seed: 1,
  });
  const documents = wordDocuments({ rows: ROWS, characters: 300, seed: 2 });
  const kth = kthDistances(base, queries, { dimensions: DIMENSIONS, k: K });
  const page = await openPage({ base, queries, documents });
  const server = new ChromaClient({ path: chroma });
  const serverVersion = await server.version();
  const records = {
    embeddings: toLists(base),
    queries: toLists(queries),
    ids: documents.map((_, i) => `r${i}`),
    documents,
    metadatas: documents.map((_, i) => metadataOf(i)),
  };
  /** @type {{ kindex: Round, chroma: Round }[]} */
  const results = [];
  try {
    // One unmeasured round warms both sides: connections, compiled code, files.
    for (let round = -1; round < rounds; round++) {
      const ours = await page.run(`round${round}`);
      const theirs = await chromaRound(server, `round${round}`, records);
      if (round < 0) continue;
      results.push({ kindex: ours, chroma: theirs });
      log(`round ${round + 1}/${rounds}: kindex ${perSecond(ours)}, chroma ${perSecond(theirs)}`);
    }
  } finally {
    await page.close();
  }
  const busy = slowServer({
    addsPerS: median(results.map(({ chroma: { addMs } }) => (ROWS * 1000) / addMs)),
    queriesPerS: median(results.map(({ chroma: { queryMs } }) => 1000 / mean(queryMs))),
  });
  for (const line of busy) log(`VOID: ${line}`);
  return {
    ...report(results, { kth, base, queries }, { ...page.environment, chromaServer: serverVersion }),
    ...(busy.length > 0 ? { void: busy } : {}),
  };
}

/** @param {number} i */
function metadataOf(i) {
  return { source: `file-${i % 100}.md`, page: i, even: i % 2 === 0 };
}

/** @param {Float32Array} matrix */
function toLists(matrix) {
  return Array.from({ length: matrix.length / DIMENSIONS }, (_, row) =>
    Array.from(matrix.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)),
  );
}

/** @param {Round} round */
function perSecond(round) {
  const queries = (round.queryMs.length / round.queryMs.reduce((a, b) => a + b)) * 1000;
  return `${Math.round((ROWS / round.addMs) * 1000)} adds/s, ${Math.round(queries)} queries/s`;
}

/**
 * @param {ChromaClient} client
 * @param {string} name
 * @param {{ embeddings: number[][], queries: number[][], ids: string[], documents: string[], metadatas: object[] }} records
 * @returns {Promise<Round>}
 */
async function chromaRound(client, name, records) {
  const collection = await client.createCollection({
    name: `bench-${name}-${Date.now()}`,
    embeddingFunction: null,
  });
  const started = performance.now();
  for (let from = 0; from < ROWS; from += BATCH) {
    const to = from + BATCH;
    await collection.add({
      ids: records.ids.slice(from, to),
      embeddings: records.embeddings.slice(from, to),
      documents: records.documents.slice(from, to),
      metadatas: /** @type {any} */ (records.metadatas.slice(from, to)),
    });
  }
  const addMs = performance.now() - started;
  const ask = async (/** @type {number} */ turnMs) => {
    const queryMs = [];
    const found = [];
    for (const end = performance.now() + turnMs; queryMs.length === 0 || performance.now() < end;) {
      for (const query of records.queries) {
        const at = performance.now();
        const result = await collection.query({ queryEmbeddings: [query], nResults: K });
        queryMs.push(performance.now() - at);
        if (found.length < QUERIES) found.push((result.ids[0] ?? []).map((id) => Number(id.slice(1))));
      }
    }
    return { queryMs, found };
  };
  const { queryMs: freshMs } = await ask(0);
  const { queryMs, found } = await ask(TURN_MS);
  await client.deleteCollection({ name: collection.name });
  return { addMs, buildMs: 0, freshMs, queryMs, found };
}

/** A page with the built library and the data, ready to run rounds. */
async function openPage(
  /** @type {{ base: Float32Array, queries: Float32Array, documents: string[] }} */ data,
) {
  const bench = await openBenchPage({
    library: 'cdn',
    onDisk: true,
    data: {
      'base.bin': data.base,
      'queries.bin': data.queries,
      'documents.json': JSON.stringify(data.documents),
    },
  });
  await bench.page.evaluate(prepareInPage, { dimensions: DIMENSIONS });
  return {
    environment: bench.environment,
    /** @param {string} name @returns {Promise<Round>} */
    run: (name) => bench.page.evaluate(roundInPage, { name, batch: BATCH, k: K, turnMs: TURN_MS }),
    close: () => bench.close(),
  };
}

/** Runs in the page. @param {{ dimensions: number }} options */
async function prepareInPage({ dimensions }) {
  const { ChromaClient: Client } = await import(new URL('./kindex/index.js', location.href).href);
  const lists = async (/** @type {string} */ file) => {
    const matrix = new Float32Array(await (await fetch(file)).arrayBuffer());
    return Array.from({ length: matrix.length / dimensions }, (_, row) =>
      Array.from(matrix.subarray(row * dimensions, (row + 1) * dimensions)),
    );
  };
  const documents = await (await fetch('documents.json')).json();
  Object.assign(globalThis, {
    bench: {
      client: new Client(),
      embeddings: await lists('base.bin'),
      queries: await lists('queries.bin'),
      documents,
      ids: documents.map((/** @type {string} */ _, /** @type {number} */ i) => `r${i}`),
      metadatas: documents.map((/** @type {string} */ _, /** @type {number} */ i) => ({
        source: `file-${i % 100}.md`,
        page: i,
        even: i % 2 === 0,
      })),
    },
  });
}

/** Runs in the page. @param {{ name: string, batch: number, k: number, turnMs: number }} options @returns {Promise<Round>} */
async function roundInPage({ name, batch, k, turnMs }) {
  const { client, embeddings, queries, documents, ids, metadatas } = /** @type {any} */ (globalThis).bench;
  const collection = await client.createCollection({ name, embeddingFunction: null });
  const started = performance.now();
  for (let from = 0; from < ids.length; from += batch) {
    const to = from + batch;
    await collection.add({
      ids: ids.slice(from, to),
      embeddings: embeddings.slice(from, to),
      documents: documents.slice(from, to),
      metadatas: metadatas.slice(from, to),
    });
  }
  const addMs = performance.now() - started;
  const ask = async (/** @type {number} */ forMs) => {
    const queryMs = [];
    const found = [];
    for (const end = performance.now() + forMs; queryMs.length === 0 || performance.now() < end;) {
      for (const query of queries) {
        const at = performance.now();
        const result = await collection.query({ queryEmbeddings: [query], nResults: k });
        queryMs.push(performance.now() - at);
        if (found.length < queries.length)
          found.push(result.ids[0].map((/** @type {string} */ id) => Number(id.slice(1))));
      }
    }
    return { queryMs, found };
  };
  const { queryMs: freshMs } = await ask(0);
  const building = performance.now();
  const waitUntil = async (/** @type {() => Promise<boolean>} */ reached) => {
    for (let turn = 0; !(await reached()); turn++) {
      if (turn > 3_000) throw new Error('The index was not complete and stored within a minute.');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await waitUntil(async () => (await collection.getIndexingStatus()).num_unindexed_ops === 0);
  const buildMs = performance.now() - building;
  // The checkpoint that stores the index has ended, too.
  await waitUntil(async () => (await client.diagnostics()).logBytes === 0);
  const { queryMs, found } = await ask(turnMs);
  await client.deleteCollection({ name });
  return { addMs, buildMs, freshMs, queryMs, found };
}

/**
 * @param {{ kindex: Round, chroma: Round }[]} results
 * @param {{ kth: Float64Array, base: Float32Array, queries: Float32Array }} truth
 * @param {Record<string, unknown>} versions
 */
function report(results, truth, versions) {
  /** @type {import('../result.mjs').Figures} */
  const values = {};
  for (const side of /** @type {const} */ (['kindex', 'chroma'])) {
    const rounds = results.map((round) => round[side]);
    const each = (/** @type {(round: Round) => number} */ figure) => rounds.map(figure);
    Object.assign(values, {
      [`${side}_adds_per_s`]: each(({ addMs }) => Math.round((ROWS * 1000) / addMs)),
      [`${side}_queries_per_s`]: each(({ queryMs }) => Math.round(1000 / mean(queryMs))),
      [`${side}_query_p50_ms`]: each(({ queryMs }) => quantile(queryMs, 0.5)),
      [`${side}_query_fresh_p50_ms`]: each(({ freshMs }) => quantile(freshMs, 0.5)),
      [`${side}_query_p95_ms`]: each(({ queryMs }) => quantile(queryMs, 0.95)),
      [`${side}_recall_at_10`]: each(({ found }) =>
        recall(found, truth.kth, truth.base, truth.queries, { dimensions: DIMENSIONS, k: K }),
      ),
    });
  }
  // By round: both sides of one met the same load.
  const perRound = (/** @type {(round: Round) => number} */ time) =>
    results.map(({ kindex, chroma }) => time(chroma) / time(kindex));
  return {
    dataset: `clustered synthetic, seed 1, ${DIMENSIONS} dimensions, documents of 300 characters, batches of ${BATCH}`,
    rows: ROWS,
    seed: 1,
    environment: versions,
    ratios: {
      add_vs_chroma: perRound((round) => round.addMs),
      query_vs_chroma: perRound((round) => mean(round.queryMs)),
      query_fresh_vs_chroma: perRound((round) => mean(round.freshMs)),
    },
    values: { ...values, kindex_build_ms: results.map(({ kindex }) => kindex.buildMs) },
  };
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
