/**
 * Case `filters`: `get` with where and whereDocument over 100,000 records, through the public API in Chromium, beside the
 * official chromadb client on a real Chroma server. Both sides hold the same records and answer the same requests, one
 * call at a time, interleaved; their answers are compared.
 */
import { ChromaClient } from 'chromadb';
import { median, quantile, wordDocuments } from '../data.mjs';
import { openBenchPage } from '../page.mjs';

const ROWS = 100_000;
/** Vectors play no part here. */
const DIMENSIONS = 8;
const BATCH = 5_000;
const REQUESTS = 20;
const LIMIT = 100;

/** @typedef {{ where?: object, whereDocument?: object, limit?: number }} Request */

/**
 * Request `i` of each kind, all different: nothing can be remembered from one to the next.
 * @type {Record<string, (i: number) => Request>}
 */
const KINDS = {
  equality: (i) => ({ where: { source: `file-${i % 100}.md` }, limit: LIMIT }),
  equality_all: (i) => ({ where: { source: `file-${i % 100}.md` } }),
  range: (i) => ({
    where: { $and: [{ page: { $gte: i * 613 } }, { page: { $lt: i * 613 + 500 } }] },
    limit: LIMIT,
  }),
  in: (i) => ({
    where: { source: { $in: [0, 33, 66].map((step) => `file-${(i + step) % 100}.md`) } },
    limit: LIMIT,
  }),
  contains: (i) => ({ whereDocument: { $contains: `ecord ${i * 977}` }, limit: LIMIT }),
  contains_common: (i) => ({
    whereDocument: { $contains: `${WORDS[i % WORDS.length]} ${WORDS[(i * 7 + 3) % WORDS.length]}` },
    limit: LIMIT,
  }),
  regex: (i) => ({ whereDocument: { $regex: `ecord ${i * 97}\\d\\. [a-z]+` }, limit: LIMIT }),
};
const WORDS = [
  'river',
  'window',
  'garden',
  'letter',
  'morning',
  'engine',
  'quiet',
  'harbor',
  'market',
  'winter',
];

/**
 * @param {{ chroma: string | null, rounds: number, log: (line: string) => void }} options
 * @returns {Promise<import('../result.mjs').Measured>}
 */
export async function run({ chroma, rounds, log }) {
  if (!chroma) {
    throw new Error(
      'Case filters needs a Chroma server: npm run bench -- filters --chroma http://localhost:8000',
    );
  }
  const documents = wordDocuments({ rows: ROWS, characters: 300, seed: 2 });
  const page = await openPage(documents);
  const server = await fillServer(new ChromaClient({ path: chroma }), documents);
  log(`${ROWS} records on both sides; kindex: ${JSON.stringify(page.setUp)}`);
  /** @type {Record<string, { kindex: number[], chroma: number[] }[]>} per kind, per round: ms of each request */
  const times = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
  try {
    // One unmeasured round warms both sides.
    for (let round = -1; round < rounds; round++) {
      for (const [kind, requestOf] of Object.entries(KINDS)) {
        const requests = Array.from({ length: REQUESTS }, (_, i) => requestOf((round + 1) * REQUESTS + i));
        const ours = await page.run(requests);
        const theirs = await server.run(requests);
        checkSame(kind, requests, ours.ids, theirs.ids);
        if (round >= 0) times[kind]?.push({ kindex: ours.ms, chroma: theirs.ms });
      }
      log(`round ${round + 1}/${rounds}`);
    }
  } finally {
    await page.close();
    await server.close();
  }
  return report(times, page.setUp, { ...page.environment, chromaServer: server.version });
}

/** @param {string} kind @param {Request[]} requests @param {string[][]} ours @param {string[][]} theirs */
function checkSame(kind, requests, ours, theirs) {
  requests.forEach((request, i) => {
    const [left, right] = [ours[i] ?? [], theirs[i] ?? []].map((ids) => ids.toSorted().join());
    if (left !== right) {
      throw new Error(
        `${kind}: ${JSON.stringify(request)} finds ${ours[i]?.length} records in kindex, ${theirs[i]?.length} in Chroma, or others.`,
      );
    }
  });
}

/** @param {number} i */
function metadataOf(i) {
  return { source: `file-${i % 100}.md`, page: i, even: i % 2 === 0 };
}

/** @param {number} i */
function vectorOf(i) {
  return Array.from({ length: DIMENSIONS }, (_, d) => Math.sin(i * DIMENSIONS + d));
}

/** @param {ChromaClient} client @param {string[]} documents */
async function fillServer(client, documents) {
  const name = `bench-filters-${Date.now()}`;
  const collection = await client.createCollection({ name, embeddingFunction: null });
  for (let from = 0; from < ROWS; from += BATCH) {
    const indices = Array.from({ length: BATCH }, (_, i) => from + i);
    await collection.add({
      ids: indices.map((i) => `r${i}`),
      embeddings: indices.map(vectorOf),
      documents: indices.map((i) => documents[i] ?? ''),
      metadatas: indices.map(metadataOf),
    });
  }
  return {
    version: await client.version(),
    /** @param {Request[]} requests */
    async run(requests) {
      const ms = [];
      const ids = [];
      for (const request of requests) {
        const at = performance.now();
        const result = await collection.get(/** @type {any} */ ({ ...request, include: [] }));
        ms.push(performance.now() - at);
        ids.push(result.ids);
      }
      return { ms, ids };
    },
    close: () => client.deleteCollection({ name }),
  };
}

/** A page with the built library and the records in it. @param {string[]} documents */
async function openPage(documents) {
  const bench = await openBenchPage({
    library: 'cdn',
    onDisk: true,
    data: { 'documents.json': JSON.stringify(documents) },
  });
  return {
    environment: bench.environment,
    setUp: await bench.page.evaluate(fillPage, { dimensions: DIMENSIONS, batch: BATCH }),
    /** @param {Request[]} requests @returns {Promise<{ ms: number[], ids: string[][] }>} */
    run: (requests) => bench.page.evaluate(runInPage, requests),
    close: () => bench.close(),
  };
}

/** Runs in the page. @param {{ dimensions: number, batch: number }} options */
async function fillPage({ dimensions, batch }) {
  const { ChromaClient: Client } = await import(new URL('./kindex/index.js', location.href).href);
  const documents = await (await fetch('documents.json')).json();
  const collection = await new Client().createCollection({ name: 'filters', embeddingFunction: null });
  const started = performance.now();
  for (let from = 0; from < documents.length; from += batch) {
    const indices = Array.from({ length: batch }, (_, i) => from + i);
    await collection.add({
      ids: indices.map((i) => `r${i}`),
      embeddings: indices.map((i) =>
        Array.from({ length: dimensions }, (_, d) => Math.sin(i * dimensions + d)),
      ),
      documents: indices.map((i) => documents[i]),
      metadatas: indices.map((i) => ({ source: `file-${i % 100}.md`, page: i, even: i % 2 === 0 })),
    });
  }
  const addMs = performance.now() - started;
  const timed = async (/** @type {object} */ request) => {
    const at = performance.now();
    await collection.get({ ...request, include: [] });
    return performance.now() - at;
  };
  const firstWhereMs = await timed({ where: { page: -1 } });
  const firstContainsMs = await timed({ whereDocument: { $contains: 'nowhere' } });
  // What is indexed behind the requests is done after a few seconds.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  Object.assign(globalThis, { collection });
  return { addMs, firstWhereMs, firstContainsMs };
}

/** Runs in the page. @param {object[]} requests */
async function runInPage(requests) {
  const { collection } = /** @type {any} */ (globalThis);
  const ms = [];
  const ids = [];
  for (const request of requests) {
    const at = performance.now();
    const result = await collection.get({ ...request, include: [] });
    ms.push(performance.now() - at);
    ids.push(result.ids);
  }
  return { ms, ids };
}

/**
 * @param {Record<string, { kindex: number[], chroma: number[] }[]>} times
 * @param {{ addMs: number, firstWhereMs: number, firstContainsMs: number }} setUp
 * @param {Record<string, unknown>} versions
 */
function report(times, setUp, versions) {
  /** @type {import('../result.mjs').Figures} */
  const values = {
    kindex_adds_per_s: Math.round((ROWS * 1000) / setUp.addMs),
    first_where_ms: setUp.firstWhereMs,
    first_contains_ms: setUp.firstContainsMs,
  };
  /** @type {Record<string, number[]>} */
  const ratioOf = {};
  for (const [kind, rounds] of Object.entries(times)) {
    for (const side of /** @type {const} */ (['kindex', 'chroma']))
      values[`${kind}_${side}_p50_ms`] = rounds.map((round) => quantile(round[side], 0.5));
    // By round: both sides of one met the same load. Of sums, because the page's clock has steps of 0.1 ms, which is half of what a
    // request takes.
    const ratios = rounds.map(({ kindex, chroma }) => sum(chroma) / sum(kindex));
    ratioOf[kind] = ratios;
    values[`${kind}_ratio`] = ratios;
  }
  // The kind whose median is worst counts.
  const worst = (/** @type {string[]} */ ...kinds) =>
    kinds.map((kind) => ratioOf[kind] ?? []).toSorted((a, b) => median(a) - median(b))[0] ?? [];
  return {
    dataset: `documents of 300 characters, 3 metadata keys; limit ${LIMIT}, include []; ${REQUESTS} requests a round and kind`,
    rows: ROWS,
    seed: 2,
    environment: versions,
    ratios: {
      where_vs_chroma: worst('equality', 'equality_all', 'range', 'in'),
      contains_vs_chroma: worst('contains', 'contains_common'),
      regex_vs_chroma: worst('regex'),
    },
    values,
  };
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((a, b) => a + b, 0);
}
