/**
 * What the fault cases write, as a pure function of names and numbers: the page makes it, the runner knows it, and both
 * say of any record found later whether its bytes are the right ones. No imports: it runs in Node and in every browser.
 */

const DIMENSIONS = 24;

/** @param {string} text @returns {number} FNV-1a, 32 bits */
export function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** @param {number} seed @returns {() => number} numbers in [0, 1), the same ones for the same seed (mulberry32) */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * An element that is there.
 * @template T
 * @param {readonly T[]} list
 * @param {number} index
 * @returns {T}
 * @throws RangeError
 */
export function at(list, index) {
  const found = list[index];
  if (found === undefined) throw new RangeError(`no element ${index} of ${list.length}`);
  return found;
}

const WORDS = [
  'swift',
  'Ufer',
  'zażółć',
  'ночь',
  '海',
  'oat',
  '😀',
  'émile',
  'q\u0301',
  'nul\u0000',
  '"quoted"',
];

/** Of 50 documents one is longer than a log row, so that writes of several rows are cut through too; none of ids with `b/`, for brief. */
const LONG_DOCUMENT = 70_000;

/**
 * One record. Everything in it follows from `id` and `version`.
 * @param {string} id
 * @param {number} version
 * @returns {{ id: string, embedding: number[], document: string, metadata: Record<string, string | number | boolean> }}
 */
export function recordOf(id, version) {
  const random = randomFrom(hashOf(`${id}#${version}`));
  const embedding = Array.from({ length: DIMENSIONS }, () => Math.fround(random() * 2 - 1));
  const length = random() < 0.02 && !id.startsWith('b/') ? LONG_DOCUMENT : 10 + Math.floor(random() * 300);
  const parts = [];
  for (let size = 0; size < length;) {
    const word = WORDS[Math.floor(random() * WORDS.length)] ?? '';
    const part = `${word}${Math.floor(random() * 1e6)} `;
    parts.push(part);
    size += part.length;
  }
  return {
    id,
    embedding,
    document: parts.join(''),
    metadata: { version, id, even: version % 2 === 0, weight: Math.fround(random()) },
  };
}

/**
 * @typedef {{ kind: 'add' | 'upsert' | 'update' | 'delete', ids: string[], version: number }} Operation
 * @typedef {Map<string, number>} State id → version
 */

/** The history of one writer: operation k follows from the writer's name, k, and the operations before. */
export class Writer {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    /** Operations taken so far. */
    this.count = 0;
    /** @type {State} what is there when all of them have happened */
    this.state = new Map();
  }

  /** Takes the next operation and applies it to `state`. @returns {Operation} */
  next() {
    const version = ++this.count;
    const random = randomFrom(hashOf(`${this.name}@${version}`));
    const live = [...this.state.keys()];
    const some = (/** @type {number} */ most) => {
      const ids = new Set();
      for (let n = 1 + Math.floor(random() * most); n > 0 && live.length > 0; n--) {
        ids.add(live[Math.floor(random() * live.length)]);
      }
      return [...ids];
    };
    const roll = random();
    /** @type {Operation} */
    let operation;
    if (roll < 0.55 || live.length < 4) {
      const ids = Array.from(
        { length: 1 + Math.floor(random() * 8) },
        (_, j) => `${this.name}/${version}/${j}`,
      );
      operation = { kind: 'add', ids, version };
    } else if (roll < 0.75) {
      operation = { kind: 'upsert', ids: [...some(3), `${this.name}/${version}/new`], version };
    } else if (roll < 0.87) {
      operation = { kind: 'update', ids: some(4), version };
    } else {
      operation = { kind: 'delete', ids: some(3), version };
    }
    for (const id of operation.ids) {
      if (operation.kind === 'delete') this.state.delete(id);
      else this.state.set(id, version);
    }
    return operation;
  }

  /** @param {string} name @param {number} count @returns {Writer} after `count` operations */
  static after(name, count) {
    const writer = new Writer(name);
    while (writer.count < count) writer.next();
    return writer;
  }
}

/**
 * The columns of an operation, as the API takes them.
 * @param {Operation} operation
 */
export function columnsOf({ ids, version }) {
  const records = ids.map((id) => recordOf(id, version));
  return {
    ids,
    embeddings: records.map((record) => record.embedding),
    documents: records.map((record) => record.document),
    metadatas: records.map((record) => record.metadata),
  };
}

/**
 * Whether a record read back is, byte for byte, the one its id and version call for.
 * @param {{ id: string, embedding: ArrayLike<number> | null, document: string | null, metadata: Record<string, unknown> | null }} found
 * @param {typeof recordOf} [wantedOf] with a memory, where the same records are checked again and again
 * @returns {{ version: number, right: boolean }}
 */
export function checkRecord(found, wantedOf = recordOf) {
  const version = Number(found.metadata?.['version'] ?? Number.NaN);
  if (!Number.isSafeInteger(version)) return { version: -1, right: false };
  const wanted = wantedOf(found.id, version);
  const keys = Object.keys(wanted.metadata);
  const right =
    found.document === wanted.document &&
    found.embedding !== null &&
    found.embedding.length === wanted.embedding.length &&
    wanted.embedding.every((value, i) => found.embedding?.[i] === value) &&
    Object.keys(found.metadata ?? {}).length === keys.length &&
    keys.every((key) => found.metadata?.[key] === wanted.metadata[key]);
  return { version, right };
}

/**
 * `found`: what `get` gives with everything included.
 * @param {any} found @param {typeof recordOf} [wantedOf]
 * @returns {[id: string, version: number, right: boolean][]} as `checkRecord`
 */
export const checkedRows = (found, wantedOf) =>
  found.ids.map((/** @type {string} */ id, /** @type {number} */ i) => {
    const { version, right } = checkRecord(
      {
        id,
        embedding: found.embeddings?.[i] ?? null,
        document: found.documents?.[i] ?? null,
        metadata: found.metadatas?.[i] ?? null,
      },
      wantedOf,
    );
    return [id, version, right];
  });
