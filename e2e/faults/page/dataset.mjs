/** Collections of every kind that there is, as a pure function of a seed: the same in every engine, so that only +, × and rounding make numbers. */
import { randomFrom } from './workload.mjs';

/**
 * @typedef {'l2' | 'cosine' | 'ip'} Space
 * @typedef {object} Dataset
 * @property {string} name
 * @property {Space} space
 * @property {number} dimensions
 * @property {string[]} ids
 * @property {number[][]} embeddings
 * @property {(string | null)[]} documents
 * @property {(Record<string, unknown> | null)[]} metadatas
 */

const LETTERS = ['a', 'ż', 'ß', '海', '😀', 'q\u0301', '\u0000', '"', '\\', '\u2028', ' ', 'Z'];
/** A graph is made of so many. */
const LARGE = 5_200;
const SMALL = 300;

/** @param {() => number} random @param {number} length */
const textOf = (random, length) =>
  Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)] ?? '').join('');

/** @param {() => number} random @param {number} dimensions */
const vectorOf = (random, dimensions) =>
  Array.from({ length: dimensions }, () => Math.fround(random() * 2 - 1));

/**
 * @param {number} seed
 * @returns {Dataset[]} what is in the collections when `history` has been done
 */
export function datasetsOf(seed) {
  const random = randomFrom(seed);
  return /** @type {const} */ ([
    ['l2', 24, SMALL],
    ['cosine', 384, SMALL],
    ['ip', 3, SMALL],
    ['l2', 16, LARGE],
  ]).map(([space, dimensions, count], n) => {
    const ids = Array.from({ length: count }, (_, i) => `${n}/${i}/${textOf(random, i % 5)}`);
    const embeddings = ids.map(() => vectorOf(random, dimensions));
    // Numbers at the edges of float32.
    if (n === 0 && embeddings[1])
      embeddings[1] = embeddings[1].map((_, i) => (i % 2 ? Math.fround(1e-45) : -0));
    return {
      name: `data-${n}`,
      space,
      dimensions,
      ids,
      embeddings,
      documents: ids.map((_, i) => (i % 4 === 0 ? null : textOf(random, Math.floor(random() * 60)))),
      metadatas: ids.map((_, i) =>
        i % 5 === 0
          ? null
          : {
              whole: Math.floor(random() * 2 ** 53) * (i % 2 ? 1 : -1),
              broken: random() * 10 ** Math.floor(random() * 20),
              even: i % 2 === 0,
              [`ключ${i % 3}`]: textOf(random, 8),
              // A list is of one type, and never empty.
              list: i % 2 ? [1, 2, i] : ['x', textOf(random, 3)],
            },
      ),
    };
  });
}

/**
 * What is done to a client so that it holds these: not straight, so that rows are changed and gone.
 * @param {any} client
 * @param {Dataset} data
 */
export async function fill(client, { name, space, ids, embeddings, documents, metadatas }) {
  const collection = await client.createCollection({
    name,
    embeddingFunction: null,
    configuration: { hnsw: { space } },
    metadata: { about: 'é😀', number: 1.5 },
  });
  const step = 700;
  for (let from = 0; from < ids.length; from += step) {
    const part = (/** @type {unknown[]} */ list) => list.slice(from, from + step);
    await collection.add({
      ids: [...part(ids), `gone/${from}`],
      // What comes first is not what stays.
      embeddings: [
        ...embeddings.slice(from, from + step).map((one, i) => (i % 9 ? one : one.map((x) => -x))),
        embeddings[0],
      ],
      metadatas: [...part(metadatas), null],
    });
    await collection.delete({ ids: [`gone/${from}`] });
    const changed = ids.map((_, i) => i).filter((i) => i >= from && i < from + step && (i - from) % 9 === 0);
    await collection.update({
      ids: changed.map((i) => ids[i]),
      embeddings: changed.map((i) => embeddings[i]),
    });
    // Some have no document.
    const told = ids.map((_, i) => i).filter((i) => i >= from && i < from + step && documents[i] !== null);
    await collection.update({
      ids: told.map((i) => ids[i]),
      embeddings: told.map((i) => embeddings[i]),
      documents: told.map((i) => documents[i]),
    });
  }
}

/**
 * @param {any} client
 * @param {Dataset} data
 * @returns {Promise<string[]>} what differs, in words
 */
export async function differences(client, { name, ids, embeddings, documents, metadatas }) {
  const collection = await client.getCollection({ name });
  const found = await collection.get({ include: ['documents', 'metadatas', 'embeddings'] });
  if (found.ids.join('\n') !== ids.join('\n')) return [`${name}: ${found.ids.length} ids, not ${ids.length}`];
  const wrong = [];
  for (const [i, id] of ids.entries()) {
    const same =
      Object.is(found.documents[i] ?? null, documents[i]) &&
      text(found.metadatas[i] ?? null) === text(metadatas[i]) &&
      (embeddings[i] ?? []).every((x, d) => Object.is(found.embeddings[i][d], x));
    if (!same) wrong.push(`${name}: record ${i}, "${id}"`);
  }
  return wrong;
}

/** Keys in order. @param {unknown} value @returns {string} */
const text = (value) =>
  JSON.stringify(value, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );

/** @param {number} seed @param {Dataset} data @param {number} count @returns {number[][]} */
export function queriesOf(seed, { dimensions }, count) {
  const random = randomFrom(seed ^ dimensions);
  return Array.from({ length: count }, () => vectorOf(random, dimensions));
}

/**
 * The nearest of some records, compared one by one in double precision.
 * @param {{ space: Space, ids: string[], embeddings: ArrayLike<number>[] }} records
 * @param {number[]} query
 * @returns {{ id: string, distance: number }[]} all, nearest first
 */
export function nearest({ space, ids, embeddings }, query) {
  const length = Math.sqrt(query.reduce((sum, x) => sum + x * x, 0));
  return ids
    .map((id, i) => {
      const one = embeddings[i] ?? [];
      let dot = 0;
      let squares = 0;
      let apart = 0;
      for (const [d, x] of query.entries()) {
        const y = one[d] ?? 0;
        dot += x * y;
        squares += y * y;
        apart += (x - y) * (x - y);
      }
      const distance =
        space === 'l2' ? apart : space === 'ip' ? 1 - dot : 1 - dot / (length * Math.sqrt(squares));
      return { id, distance };
    })
    .sort((a, b) => a.distance - b.distance);
}
