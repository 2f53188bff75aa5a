/** What a page can be asked to do for cases of bounds: very many ids in one call, and filters made to be slow. Each step tells what it took. */
import { codeOf } from './texts.mjs';
import { at, randomFrom } from './workload.mjs';

/** @typedef {{ name: string, ms: number, otherMs: number, problem: string | null }} Step `otherMs`: what the slowest call beside it took */

/** Patterns that take a backtracking engine exponential or cubic time on `SLOW_TEXT`. */
const SLOW = [
  '^(a+)+$',
  '^(a|aa)+$',
  '(.*)*c',
  '(.*a){20}$',
  'a*a*a*a*a*a*a*a*b',
  '(a{1,30}){1,30}!',
  '(?i)(A|a|[aA])*!$',
];
const SLOW_TEXT = `${'a'.repeat(50_000)}!`;
const OPERATORS = [
  '$eq',
  '$ne',
  '$gt',
  '$in',
  '$nin',
  '$and',
  '$or',
  '$contains',
  '$regex',
  '$not_regex',
  'n',
  '__proto__',
  '',
];
const LEAVES = [1, -1.5, 'text', true, null, '', '(', '(a+)+', [], {}, [1, 'a'], [1, 2]];

/**
 * One step, while another call is asked again and again.
 * @param {string} name
 * @param {() => Promise<string | null>} act what is wrong with its answer
 * @param {() => Promise<unknown>} other
 * @returns {Promise<Step>}
 */
async function timed(name, act, other) {
  const ending = new AbortController();
  let otherMs = 0;
  const beside = (async () => {
    while (!ending.signal.aborted) {
      const asked = performance.now();
      await other();
      otherMs = Math.max(otherMs, performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const start = performance.now();
  const problem = await act().catch((error) => `${name}: ${codeOf(error)}`);
  const ms = performance.now() - start;
  ending.abort();
  await beside;
  return { name, ms, otherMs, problem };
}

/** @param {() => number} random @param {number} [depth] @returns {unknown} */
function filterOf(random, depth = 0) {
  const pick = (/** @type {readonly unknown[]} */ list) => at(list, Math.floor(random() * list.length));
  if (depth > 5 || random() < 0.3) return pick(LEAVES);
  if (random() < 0.35)
    return Array.from({ length: Math.floor(random() * 4) }, () => filterOf(random, depth + 1));
  const value = filterOf(random, depth + 1);
  return Object.defineProperty({}, /** @type {string} */ (pick(OPERATORS)), { value, enumerable: true });
}

/** @param {{ opened: () => any }} page @returns {Record<string, (argument: any) => unknown>} */
export function boundActions({ opened }) {
  /** Asked beside, of another collection. */
  const quiet = async () => {
    const collection = await opened().getOrCreateCollection({ name: 'quiet', embeddingFunction: null });
    await collection.upsert({ ids: ['q'], embeddings: [[1]], documents: ['quiet'] });
    return async () => {
      const { documents } = await collection.get({ ids: ['q'] });
      if (documents[0] !== 'quiet') throw new Error('another call was answered wrongly');
    };
  };
  return {
    /** As many records as one call takes, in one call each. @param {{ seed: number }} argument @returns {Promise<Step[]>} */
    async crowd({ seed }) {
      const client = opened();
      const other = await quiet();
      const rows = await client.getMaxBatchSize();
      const name = `crowd-${seed}`;
      const collection = await client.createCollection({ name, embeddingFunction: null });
      const ids = Array.from({ length: rows }, (_, i) => `record ${seed} ${i}`);
      const data = Float32Array.from({ length: rows * 2 }, (_, i) => (i + seed) % 1009);
      const all = (/** @type {string[]} */ found) =>
        found.length === rows && found.every((id, i) => id === ids[i]) ? null : `${found.length} other ids`;
      const size = async (/** @type {number} */ wanted) => {
        const count = await collection.count();
        return count === wanted ? null : `${count} records`;
      };
      /** @type {[string, () => Promise<string | null>][]} */
      const steps = [
        [
          'add',
          async () => (await collection.add({ ids, embeddings: { data, rows, dimensions: 2 } }), size(rows)),
        ],
        ['get', async () => all((await collection.get({ ids, include: ['embeddings'] })).ids)],
        [
          'query',
          async () => {
            const near = await collection.query({
              queryEmbeddings: [[0, 1]],
              ids,
              nResults: rows,
              include: [],
            });
            return near.ids[0].length === rows ? null : `${near.ids[0].length} hits`;
          },
        ],
        [
          'update',
          async () => {
            await collection.update({ ids, metadatas: ids.map((_, n) => ({ n })) });
            return (await collection.get({ where: { n: rows - 1 } })).ids[0] === ids[rows - 1]
              ? null
              : 'not updated';
          },
        ],
        ['delete', async () => (await collection.delete({ ids }), size(0))],
      ];
      const told = [];
      for (const [step, act] of steps) told.push(await timed(step, act, other));
      await client.deleteCollection({ name });
      return told;
    },

    /** Patterns made to be slow, then filters by chance. @param {{ seed: number, count: number }} argument @returns {Promise<Step[]>} */
    async siftHostile({ seed, count }) {
      const client = opened();
      const other = await quiet();
      const name = `sift-${seed}`;
      const collection = await client.createCollection({ name, embeddingFunction: null });
      const ids = Array.from({ length: 200 }, (_, i) => `${i}`);
      await collection.add({
        ids: ['slow', ...ids],
        embeddings: [[0], ...ids.map((_, i) => [i])],
        documents: [SLOW_TEXT, ...ids.map((id) => `text ${id} aaa`)],
        metadatas: [{ n: -1 }, ...ids.map((_, n) => ({ n }))],
      });
      const told = [];
      for (const pattern of SLOW) {
        // Written out, as a backtracking engine could not say in time: only these end in what the text ends in.
        const wanted = pattern.includes('!') ? 1 : 0;
        const act = async () => {
          const { ids: found } = await collection.get({ ids: ['slow'], whereDocument: { $regex: pattern } });
          return found.length === wanted ? null : `${pattern} gave ${found.length}, not ${wanted}`;
        };
        told.push(await timed(pattern, act, other));
      }
      const random = randomFrom(seed);
      for (let i = 0; i < count; i++) {
        const filter = filterOf(random);
        const act = async () => {
          try {
            await collection.get(i % 2 === 0 ? { where: filter } : { whereDocument: filter });
            return null;
          } catch (error) {
            const code = codeOf(error);
            return code.startsWith('VALUE_') ? null : `${JSON.stringify(filter)}: ${code}`;
          }
        };
        told.push(await timed('by chance', act, other));
      }
      told.push(
        await timed(
          'count',
          async () => ((await collection.count()) === 201 ? null : 'records changed'),
          other,
        ),
      );
      await client.deleteCollection({ name });
      return told;
    },
  };
}
