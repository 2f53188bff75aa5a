/**
 * Case `durability`: what strict costs against relaxed, by turns, in Chromium on IndexedDB: acknowledged writes per second of one
 * record each, one after the other; and transactions per group of writes that wait together, counted: of writes that reach a store in one turn,
 * and of 256 `collection.add` made at once through a client and its worker. Needs `dist/`.
 */
import { countTransactions } from '../concurrent-adds.mjs';
import { openBenchPage } from '../page.mjs';

const SEED = 1;
const SHAPE = { writes: 400, dimensions: 384, group: 256, groups: 5, seed: SEED };

/** @typedef {'strict' | 'relaxed'} Durability */

/** @param {{ rounds: number, log: (line: string) => void }} options @returns {Promise<import('../result.mjs').Measured>} */
export async function run({ rounds, log }) {
  const bench = await openBenchPage({
    library: 'modules',
    files: ['data.mjs', 'page/store.mjs'],
    onDisk: true,
  });
  try {
    /** @type {Record<Durability, number[]>} */
    const perSecond = { strict: [], relaxed: [] };
    /** @type {number[]} */
    const commits = [];
    for (let round = 0; round < rounds; round++) {
      for (const durability of /** @type {const} */ (['strict', 'relaxed'])) {
        const found = await bench.page.evaluate(write, {
          ...SHAPE,
          durability,
          name: `${durability}-${round}`,
        });
        if (found.records !== SHAPE.writes + SHAPE.group * SHAPE.groups)
          throw new Error(`${durability} stored ${found.records} records.`);
        log(
          `round ${round + 1} ${durability}: ${Math.round(found.perSecond)} writes/s, ${found.commits} commits`,
        );
        perSecond[durability].push(found.perSecond);
        commits.push(found.commits / SHAPE.groups);
      }
    }
    const together = await countTransactions({
      adds: SHAPE.group,
      dimensions: SHAPE.dimensions,
      rounds,
      log,
    });
    return {
      dataset: `evenly spread vectors, seed ${SEED}, ${SHAPE.dimensions} dimensions, one record a write, with a document of about 300 bytes`,
      rows: SHAPE.writes,
      seed: SEED,
      environment: bench.environment,
      ratios: {
        relaxed_vs_strict: perSecond.relaxed.map((each, i) => each / (perSecond.strict[i] ?? NaN)),
      },
      values: {
        strict_writes_per_s: perSecond.strict,
        relaxed_writes_per_s: perSecond.relaxed,
        writes_per_group: SHAPE.group,
        // Of each round the worse of both.
        commits_per_group: perSecond.strict.map((_, i) => Math.max(...commits.slice(2 * i, 2 * i + 2))),
        [`transactions_per_${SHAPE.group}_concurrent_adds`]: together,
      },
    };
  } finally {
    await bench.close();
  }
}

/**
 * In the page: writes one after the other, timed; then groups of writes made in one turn, whose transactions are counted.
 * @param {typeof SHAPE & { durability: Durability, name: string }} options
 * @returns {Promise<{ perSecond: number, commits: number, records: number }>}
 */
async function write({ writes, dimensions, group, groups, seed, durability, name }) {
  const load = (/** @type {string} */ path) => import(new URL(path, location.href).href);
  /** @type {typeof import('../page/store.mjs')} */
  const tools = await load('/page/store.mjs');
  /** @type {typeof import('../data.mjs')} */
  const { evenVectors } = await load('/data.mjs');
  const library = await tools.loadLibrary();
  const store = await tools.openStore(name);
  const collectionId = await tools.createNotes(store);
  const vectors = evenVectors({ rows: writes + group * groups, dimensions, seed });
  const requests = Array.from({ length: writes + group * groups }, (_, i) =>
    tools.addRequest(
      collectionId,
      {
        ids: [`record-${i}`],
        data: vectors.slice(i * dimensions, (i + 1) * dimensions),
        documents: [`record-${i} ${'lorem ipsum '.repeat(24)}`],
        durability,
      },
      library,
    ),
  );
  const started = performance.now();
  for (const each of requests.slice(0, writes)) await store.write(each);
  const perSecond = (writes * 1000) / (performance.now() - started);
  const before = (await store.diagnostics()).commits;
  for (let i = 0; i < groups; i++) {
    const first = writes + i * group;
    await Promise.all(requests.slice(first, first + group).map((each) => store.write(each)));
  }
  const { commits, records } = await store.diagnostics();
  await store.flush();
  await store.close();
  await tools.deleteStore(name);
  return { perSecond, commits: commits - before, records };
}
