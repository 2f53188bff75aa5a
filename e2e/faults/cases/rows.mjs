/**
 * F27 to F31: rows of a store are damaged behind its back, then it is opened. In Node over an IndexedDB in memory, where
 * thousands of damages take minutes, and some of them in browsers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOT } from '../../../tools/run.mjs';
import { cleanVerdict } from '../judge.mjs';
import { nearest } from '../page/dataset.mjs';
import { at, checkedRows, columnsOf, randomFrom, recordOf } from '../page/workload.mjs';
import { codeOf, dropProfile, messageOf, newProfile, startSession } from '../session.mjs';
import { NO_MARK } from '../soundness.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '..', 'corpus', 'rows');
const COLLECTION = 'rows';
/** Records of each generation and of the log after them. */
export const SMALL = [150, 100, 40];
/** A graph is made from 5,000 records on. */
const LARGE_FROM = 5_000;
const LARGE = [LARGE_FROM, 400, 40];
const TOMBSTONES = 7;
const FIRST_DERIVED = 128;
const CONTAINS = 'swift1';

/**
 * @typedef {{ store: string, key: string | number, value: Uint8Array }} Row
 * @typedef {{ write: boolean, ids: string[] }} Entry what an entry of the log does to which ids: stores or deletes them
 * @typedef {{ version: number, rows: Row[], warnings: string[], records: number, history: Entry[] }} Baseline
 */

/** @param {string} path below dist/src @returns {Promise<any>} */
export const built = (path) =>
  import(pathToFileURL(join(process.env['KINDEX_FAULTS_NODE'] ?? join(ROOT, 'dist'), 'src', path)).href);

/** A fresh IndexedDB in memory becomes the global one. @param {Baseline} [baseline] what is in it */
export async function freshIndexedDb(baseline) {
  const { IDBFactory } = await import('fake-indexeddb');
  // Its types do not name this door.
  const auto = ['fake-indexeddb', 'auto'].join('/');
  await import(auto);
  const factory = new IDBFactory();
  globalThis.indexedDB = factory;
  if (!baseline) return;
  const db = await openRaw(baseline.version, [
    ...new Set(['meta', 'log', 'manifest', 'seg', ...baseline.rows.map(({ store }) => store)]),
  ]);
  const tx = db.transaction([...db.objectStoreNames], 'readwrite');
  for (const { store, key, value } of baseline.rows) tx.objectStore(store).put(value, key);
  await finished(tx);
  db.close();
}

/** @param {number} [version] @param {string[]} [stores] @returns {Promise<IDBDatabase>} */
export function openRaw(version, stores = []) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('faults', version);
    request.onupgradeneeded = () => {
      for (const store of stores) request.result.createObjectStore(store);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('open failed'));
  });
}

/** @param {IDBTransaction} tx @returns {Promise<void>} */
export const finished = (tx) =>
  new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new Error('aborted'));
  });

/** Two generations, a graph and a log: written through the API, checkpointed by hand because so small a store never would be. */
export async function makeBaseline(/** @type {number[]} */ stages) {
  // Without Web Locks, which Node has not, opening would ask other tabs and wait for their answer.
  Reflect.deleteProperty(globalThis, 'BroadcastChannel');
  await freshIndexedDb();
  const records = stages.reduce((a, b) => a + b, 0);
  // The first one makes the collection.
  /** @type {Entry[]} */
  const history = [{ write: true, ids: [] }];
  let from = 0;
  for (const [stage, count] of stages.entries()) {
    const { ChromaClient } = await built('inline.js');
    const client = new ChromaClient({ storage: 'indexeddb:faults' });
    const collection = await client.getOrCreateCollection({ name: COLLECTION, embeddingFunction: null });
    for (const end = from + count, step = Math.max(10, count / 20); from < end; from += step) {
      const ids = Array.from({ length: step }, (_, i) => `f/${from + i}`);
      await collection.add(columnsOf({ kind: 'add', ids, version: 1 }));
      history.push({ write: true, ids });
    }
    // Something changed and something gone in every generation.
    await collection.add(columnsOf({ kind: 'add', ids: [`f/gone${stage}`], version: 1 }));
    await collection.delete({ ids: [`f/gone${stage}`] });
    await collection.upsert(columnsOf({ kind: 'upsert', ids: ['f/0'], version: 1 }));
    const gone = [`f/gone${stage}`];
    history.push({ write: true, ids: gone }, { write: false, ids: gone }, { write: true, ids: ['f/0'] });
    for (let tries = 0; tries < 100; tries++) {
      const { num_indexed_ops: indexed, total_ops: total } = await collection.getIndexingStatus();
      if (indexed === total) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.close();
    if (stage < stages.length - 1) await checkpoint();
  }
  const db = await openRaw();
  /** @type {Row[]} */
  const rows = [];
  for (const store of db.objectStoreNames) {
    const tx = db.transaction(store, 'readonly');
    const [keys, values] = await Promise.all([
      wait(tx.objectStore(store).getAllKeys()),
      wait(tx.objectStore(store).getAll()),
    ]);
    keys.forEach((key, i) =>
      rows.push({ store, key: /** @type {string | number} */ (key), value: new Uint8Array(values[i]) }),
    );
  }
  const { version } = db;
  db.close();
  const head = rows.find(({ store, key }) => store === 'meta' && key === 'head')?.value ?? new Uint8Array(56);
  const entries = Number(Buffer.from(head).readBigUInt64LE(48));
  if (entries !== history.length) throw new Error(`the log has ${entries} entries, not ${history.length}`);
  const looked = await lookHere({ warnings: [], history });
  if (looked.verdict === 'silent') throw new Error(`the undamaged store is not right: ${looked.note}`);
  const { ChromaClient } = await built('inline.js');
  const client = new ChromaClient({ storage: 'indexeddb:faults' });
  const { warnings } = await client.diagnostics();
  await client.close();
  return { version, rows, warnings, records, history };
}

async function checkpoint() {
  const [{ Store }, { loadCore }, { openIndexedDbStorage }] = await Promise.all([
    built('store/store.js'),
    built('core/load.js'),
    built('storage/indexeddb.js'),
  ]);
  const { core } = await loadCore();
  const backend = await openIndexedDbStorage('faults');
  const store = await Store.open({ backend, core });
  // The graph is part of a generation once it is built.
  for (let tries = 0; tries < 200; tries++) {
    const [found] = await store.listCollections({
      tenant: 'default_tenant',
      database: 'default_database',
      limit: 1,
      offset: 0,
    });
    const { indexed, total } = await store.indexingStatus({ id: found.id, collectionId: found.id });
    if (indexed === total) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // So is the index of texts, once a filter has asked for it.
  const [{ id: collectionId }] = await store.listCollections({
    tenant: 'default_tenant',
    database: 'default_database',
    limit: 1,
    offset: 0,
  });
  await store.get({ collectionId, whereDocument: { $contains: CONTAINS }, include: [] });
  await store.checkpoint();
  await store.close();
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const wait = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('failed'));
  });

/**
 * @typedef {{ warnings: string[], history: Entry[], bound?: number, describes?: boolean, rebuilds?: boolean }} Looking what a look has to
 *   know: what a sound store says, what was written; of the damage how many records it struck at most, and whether the description of the
 *   collection; whether to wait for an index
 */

/** @typedef {{ verdict: 'harmless' | 'recovered' | 'partly' | 'refused' | 'silent', note: string }} Looked */

/** Ids that are there when all but the last entries have happened. @param {Entry[]} history @param {number} without */
function idsAfter(history, without) {
  const ids = new Set();
  for (const entry of history.slice(0, Math.max(0, history.length - without)))
    for (const id of entry.ids)
      if (entry.write) ids.add(id);
      else ids.delete(id);
  return ids;
}

/** @typedef {{ damage: { effect: string, details: Record<string, any> }[], setAside: number, state: string, warnings: string[] }} Told what diagnostics say */

/**
 * What is there must be what was written, but for what diagnostics say is missing: the last writes, as many as they tell, and as
 * many records as they count as set aside.
 * @param {{ rows: [string, number, boolean][], count: number, dead: number, told: string[], diagnostics: Told, baseline: Looking }} found
 *   `bound`: records that miss a part at most, since so many were in what was struck
 * @returns {Looked}
 */
function judged({ rows, count, dead, told, diagnostics, baseline: { history, bound = Infinity } }) {
  const lostWrites = diagnostics.damage.reduce((sum, { details }) => sum + (details['lostWrites'] ?? 0), 0);
  const { setAside } = diagnostics;
  const due = idsAfter(history, lostWrites);
  const wrong = rows.filter(([id, version, right]) => !right || version !== 1 || !due.has(id));
  if (wrong.length > 0)
    return {
      verdict: 'silent',
      note: `${wrong.length} records with wrong bytes, or that are not due, e.g. ${wrong[0]?.[0]}`,
    };
  if (dead > 0)
    return { verdict: 'silent', note: `${dead} ids found that are not there, or none where one is` };
  const distinct = new Set(rows.map(([id]) => id)).size;
  if (distinct !== rows.length || count !== rows.length)
    return { verdict: 'silent', note: `${rows.length} records, of ${distinct} ids, counted as ${count}` };
  const missing = due.size - distinct;
  const said = told.length > 0 ? told[0] : 'not a word';
  if (missing !== setAside)
    return {
      verdict: 'silent',
      note: `${missing} of ${due.size} records are missing, ${setAside} are said to be set aside; ${said}`,
    };
  if (setAside > bound)
    return { verdict: 'silent', note: `${setAside} records are set aside, ${bound} were struck; ${said}` };
  const whole = missing === 0 && lostWrites === 0;
  if (whole)
    return told.length > 0
      ? { verdict: 'recovered', note: told[0] ?? '' }
      : { verdict: 'harmless', note: '' };
  if (told.length > 0)
    return { verdict: 'partly', note: `${rows.length} of ${idsAfter(history, 0).size}; ${told[0]}` };
  return { verdict: 'silent', note: `${rows.length} of ${due.size} records and not a word` };
}

/** What is left must be of use: it takes a write, or says that it is for reading. @param {string} code how a write ended @param {string} state @returns {Looked | null} */
function unusable(code, state) {
  const right = state === 'read-only' ? code === 'STORAGE_READ_ONLY' : code === 'none';
  return right
    ? null
    : { verdict: 'silent', note: `a write afterwards ended with ${code}, the state is ${state}` };
}

/** @param {unknown} error @returns {Looked} */
function refused(error) {
  const { code } = /** @type {{ code?: string }} */ (Object(error));
  if (code && /^(STORAGE|FORMAT)_/.test(code)) return { verdict: 'refused', note: code };
  return { verdict: 'silent', note: `no error of ours: ${messageOf(error)}` };
}

/** @type {Map<string, ReturnType<typeof recordOf>>} */
const wanted = new Map();

/** @type {typeof recordOf} */
const remembered = (id, version) => {
  const key = `${id}#${version}`;
  const known = wanted.get(key) ?? recordOf(id, version);
  wanted.set(key, known);
  return known;
};

/** Queries of a look, each with so many nearest. */
const PROBES = 8;
const K = 5;
/** Of what queries through a graph have to find. */
const LEAST_FOUND = 0.9;
const REBUILT_MS = 60_000;

/**
 * Of the nearest records, compared one by one, how many queries find.
 * @param {any} collection @param {{ ids: string[], embeddings: ArrayLike<number>[] }} all
 * @returns {Promise<{ found: number, due: number, dead: number }>}
 */
async function probe(collection, all) {
  const live = new Set(all.ids);
  let [found, due, dead] = [0, 0, 0];
  for (let i = 0; i < all.ids.length; i += Math.ceil(all.ids.length / PROBES)) {
    const query = Array.from(all.embeddings[i] ?? []);
    const { ids } = await collection.query({ queryEmbeddings: [query], nResults: K });
    /** @type {string[]} */
    const told = ids[0] ?? [];
    const right = nearest({ space: 'l2', ...all }, query)
      .slice(0, K)
      .map(({ id }) => id);
    found += right.filter((id) => told.includes(id)).length;
    due += right.length;
    dead += told.filter((id) => !live.has(id)).length;
  }
  return { found, due, dead };
}

/** @param {any} collection @param {number} ms @returns {Promise<boolean>} whether every record is in the index, in that time */
async function indexedWithin(collection, ms) {
  for (const end = Date.now() + ms; ;) {
    const { num_indexed_ops: indexed, total_ops: total } = await collection.getIndexingStatus();
    if (indexed === total) return true;
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Queries at once: exact while the index is not there, else as good as a graph is; and again when it was made anew.
 * @param {any} collection @param {{ ids: string[], embeddings: ArrayLike<number>[] }} all @param {{ rebuilds: boolean }} options
 * @returns {Promise<{ dead: number, problem: string | null }>}
 */
async function searched(collection, all, { rebuilds }) {
  const { num_indexed_ops: indexed, total_ops: total } = await collection.getIndexingStatus();
  const first = await probe(collection, all);
  const graph = indexed > 0 && total >= LARGE_FROM;
  if (first.found < first.due * (graph ? LEAST_FOUND : 1))
    return { dead: first.dead, problem: `${first.found} of ${first.due} nearest were found at once` };
  if (!rebuilds) return { dead: first.dead, problem: null };
  if (!(await indexedWithin(collection, REBUILT_MS)))
    return { dead: first.dead, problem: 'the index was not made anew in a minute' };
  const second = await probe(collection, all);
  const problem =
    second.found < second.due * LEAST_FOUND
      ? `${second.found} of ${second.due} nearest were found with the index made anew`
      : null;
  return { dead: first.dead + second.dead, problem };
}

/**
 * Opens the store of this process and looks at everything.
 * @param {Looking} baseline
 * @returns {Promise<Looked>}
 */
export async function lookHere(baseline) {
  const { ChromaClient } = await built('inline.js');
  const client = new ChromaClient({ storage: 'indexeddb:faults' });
  // Node has no place for a mark; when that is told depends on when it is looked at.
  const toldOf = (/** @type {Told} */ { warnings }) =>
    warnings.filter((warning) => !baseline.warnings.includes(warning) && !warning.startsWith(NO_MARK));
  try {
    const collection = await client.getCollection({ name: COLLECTION });
    const all = await collection.get({ include: ['documents', 'metadatas', 'embeddings'] });
    const rows = checkedRows(all, remembered);
    const { dead, problem } = await searched(collection, all, { rebuilds: baseline.rebuilds === true });
    if (problem) return { verdict: 'silent', note: problem };
    const filtered = await collection.get({ whereDocument: { $contains: CONTAINS }, include: [] });
    const meant = all.ids.filter((/** @type {string} */ _, /** @type {number} */ i) =>
      all.documents?.[i]?.includes(CONTAINS),
    );
    if (filtered.ids.join() !== meant.join())
      return { verdict: 'silent', note: `a filter of texts finds ${filtered.ids.length} of ${meant.length}` };
    const count = await collection.count();
    const diagnostics = await client.diagnostics();
    const looked = judged({ rows, count, dead, told: toldOf(diagnostics), diagnostics, baseline });
    if (looked.verdict === 'silent') return looked;
    const late = columnsOf({ kind: 'upsert', ids: ['f/late'], version: 1 });
    const code = await codeOf(collection.upsert(late));
    return unusable(code, diagnostics.state) ?? looked;
  } catch (error) {
    if (Object(error).code !== 'NOT_FOUND_COLLECTION') return refused(error);
    return gone(toldOf(await client.diagnostics()), baseline);
  } finally {
    await client.close().catch(() => {});
  }
}

/** A collection that is not there any more: its description was struck, and that is told. @param {string[]} told @param {Looking} baseline @returns {Looked} */
function gone(told, { describes = false }) {
  if (!describes) return { verdict: 'silent', note: `the collection is gone; ${told[0] ?? 'not a word'}` };
  return told.length > 0
    ? { verdict: 'partly', note: told[0] ?? '' }
    : { verdict: 'silent', note: 'the collection is gone and not a word' };
}

/** @param {Row} row @returns {number} kind of a segment, by its key */
const kindOf = ({ key }) => Number(String(key).split('.')[1]);

/** @type {Record<string, (row: Row) => boolean>} which rows a fault strikes */
const STRUCK = {
  F27: (row) => row.store === 'seg' && kindOf(row) < FIRST_DERIVED,
  F28: (row) => row.store === 'seg' && kindOf(row) < FIRST_DERIVED,
  F29: (row) => row.store === 'manifest' || row.store === 'meta',
  F30: (row) => row.store === 'log',
  F31: (row) => row.store === 'seg' && kindOf(row) >= FIRST_DERIVED,
  F55: (row) => row.store !== 'meta',
};

/**
 * One change of a row, small enough to be kept: `xor` into the byte `at`; `put` bytes from `at` on (base64); `cut` to a length; `grow` by
 * zeros; `gone`; `as`: it has what another row had. Places beyond its end count from the beginning again.
 * @typedef {{ store: string, key: string | number, at?: number, xor?: number, put?: string, cut?: number, grow?: number, gone?: true, as?: { store: string, key: string | number } }} Edit
 */

/**
 * @param {string} id of the fault
 * @param {Row[]} rows
 * @param {() => number} random
 * @returns {Edit[]}
 */
export function strike(id, rows, random) {
  const candidates = rows.filter((row) => STRUCK[id]?.(row));
  const pick = () => at(candidates, Math.floor(random() * candidates.length));
  if (candidates.length === 0) throw new Error(`no row that ${id} could strike`);
  const { store, key, value } = pick();
  const roll = random();
  const offset = Math.floor(random() * value.length);
  const structural = id === 'F28' ? 0 : id === 'F31' ? 0.9 : 0.6;
  if (roll < structural) {
    if (random() < 0.5) return [{ store, key, at: offset, xor: 1 << Math.floor(random() * 8) }];
    const length = Math.min(1 + Math.floor(random() * 64), value.length - offset);
    const put = Buffer.from(Array.from({ length }, () => Math.floor(random() * 256))).toString('base64');
    return [{ store, key, at: offset, put }];
  }
  const kind = Math.floor(random() * 4);
  if (kind === 0) return [{ store, key, cut: offset }];
  if (kind === 1) return [{ store, key, gone: true }];
  if (kind === 2) {
    const { store: otherStore, key: otherKey } = pick();
    return [
      { store, key, as: { store: otherStore, key: otherKey } },
      { store: otherStore, key: otherKey, as: { store, key } },
    ];
  }
  return [{ store, key, grow: 1 + offset }];
}

/** @param {Row[]} rows @param {Edit[]} edits @returns {Row[]} @throws Error for a row that is not there */
export function apply(rows, edits) {
  const nameOf = (/** @type {{ store: string, key: string | number }} */ { store, key }) =>
    `${store} ${typeof key} ${key}`;
  const original = new Map(rows.map((row) => [nameOf(row), row]));
  const map = new Map(original);
  const of = (/** @type {{ store: string, key: string | number }} */ row) => {
    const found = original.get(nameOf(row));
    if (!found) throw new Error(`there is no row ${nameOf(row)}`);
    return found.value;
  };
  for (const edit of edits) {
    const { store, key } = edit;
    let value = Uint8Array.from(of(edit.as ?? edit));
    const place = (edit.at ?? 0) % value.length;
    if (edit.xor !== undefined) value[place] = (value[place] ?? 0) ^ edit.xor;
    if (edit.put !== undefined)
      value.set(Buffer.from(edit.put, 'base64').subarray(0, value.length - place), place);
    if (edit.cut !== undefined) value = value.slice(0, edit.cut % value.length);
    if (edit.grow !== undefined) {
      const longer = new Uint8Array(value.length + edit.grow);
      longer.set(value);
      value = longer;
    }
    if (edit.gone) map.delete(nameOf(edit));
    else map.set(nameOf(edit), { store, key, value });
  }
  return [...map.values()];
}

/** Records that may be set aside when a row is lost: a manifest knows the lowest and the highest of a column, and no more. @param {Row} row */
function rangeOf(row) {
  const bytes = Buffer.from(row.value);
  if (row.store !== 'seg' || kindOf(row) === 1 || kindOf(row) >= FIRST_DERIVED) return 0;
  if (kindOf(row) === TOMBSTONES) return 32 * bytes.readUInt32LE(52);
  const rows = bytes.readUInt32LE(12);
  const listed = bytes.readUInt32LE(48) === 1;
  return listed && rows > 0 ? bytes.readUInt32LE(52 + 4 * rows) - bytes.readUInt32LE(56) + 1 : rows;
}

/** What a look has to know of a damage. @param {Baseline} baseline @param {Edit[]} edits @returns {Baseline & Looking} */
function damaged(baseline, edits) {
  const struck = baseline.rows.filter(({ store, key }) =>
    edits.some((edit) => edit.store === store && edit.key === key),
  );
  const bound = struck.reduce((sum, row) => sum + rangeOf(row), 0);
  const describes = struck.some((row) => row.store === 'seg' && kindOf(row) === 1);
  return { ...baseline, rows: apply(baseline.rows, edits), bound, describes };
}

/** @typedef {{ name: string, fault: string, why: string, edits: Edit[], verdicts: string[] }} Kept a damage that once went wrong, with what may come of it */

/** @returns {Kept[]} */
const corpus = () =>
  readdirSync(CORPUS)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, ...JSON.parse(readFileSync(join(CORPUS, name), 'utf8')) }));

/** @param {string} id @returns {(context: Context) => AsyncGenerator<RunResult>} */
function rowDamage(id) {
  return async function* (context) {
    const baseline = await makeBaseline(id === 'F31' ? LARGE : SMALL);
    const bench =
      context.engine === /** @type {string} */ ('node') ? nodeBench() : await browserBench(context);
    try {
      // What a sound store warns of is what it warns of always.
      const sound = await bench.look(baseline);
      if (sound.verdict !== 'harmless') throw new Error(`The store is sound, and: ${sound.note}`);
      for (const { name, edits, verdicts } of corpus().filter(({ fault }) => fault === id)) {
        const { verdict, note } = await bench.look({ ...damaged(baseline, edits), rebuilds: id === 'F31' });
        context.log(`kept ${name}: ${verdict} ${note}`);
        if (!verdicts.includes(verdict))
          throw new Error(`kept ${name}: ${verdict}, not ${verdicts.join(' or ')}; ${note}`);
      }
      for (const run of context.runs) {
        const seed = context.seedOf(run);
        const edits = strike(id, baseline.rows, randomFrom(seed));
        const rebuilds = id === 'F31' && run % 10 === 0;
        const { verdict, note } = await bench.look({ ...damaged(baseline, edits), rebuilds });
        const silent = verdict === 'silent';
        const what = JSON.stringify(edits);
        // Moved to the corpus, with the verdicts that are right, when the cause is mended.
        if (silent) context.keep(`${seed}`, { fault: id, why: note, edits, verdicts: [] });
        yield {
          run,
          seed,
          acknowledged: baseline.records,
          ...cleanVerdict(),
          undetected: silent ? 1 : 0,
          problems: silent ? [`${what}: ${note}`] : [],
          measures: { verdict },
        };
      }
    } finally {
      await bench.end();
    }
  };
}

/** @typedef {{ look: (damaged: Baseline & Looking) => Promise<Looked>, end: () => Promise<void> }} Bench */

/** @returns {Bench} */
function nodeBench() {
  return {
    async look(store) {
      await freshIndexedDb(store);
      return lookHere(store);
    },
    async end() {},
  };
}

/** @param {Context} context @returns {Promise<Bench>} */
async function browserBench(context) {
  const profile = newProfile(context);
  const { browser, tab } = await startSession(context, { profile });
  /** Told by the first look, which is at a sound store. */
  let usual = /** @type {string[] | null} */ (null);
  const stores = ['meta', 'log', 'manifest', 'seg'];
  let number = 0;
  const put = async (/** @type {Baseline} */ { version, rows }) => {
    const database = `faults${++number}`;
    /** @type {Record<string, [string | number, string][]>} */
    const texts = Object.fromEntries(stores.map((store) => [store, []]));
    for (const { store, key, value } of rows)
      texts[store]?.push([key, Buffer.from(value).toString('base64')]);
    await tab.call('rawCreate', {
      database,
      version,
      stores: Object.keys(texts),
      rows: texts,
      hold: false,
      polite: true,
    });
    return database;
  };
  const look = async (/** @type {Baseline & Looking} */ store) => {
    const database = await put(store);
    /** @type {string[]} */
    let told = [];
    try {
      const { warnings } = await tab.call('open', { storage: `indexeddb:${database}` }, 60_000);
      usual ??= warnings;
      const isNew = (/** @type {string} */ warning) => !usual?.includes(warning);
      told = warnings.filter(isNew);
      const of = { collection: COLLECTION, existing: true };
      const { rows, count } = await tab.call('dump', of, 60_000);
      const { dead, missed } = await tab.call('probe', { ...of, limit: PROBES }, 60_000);
      const diagnostics = await tab.call('diagnostics');
      told.push(...diagnostics.warnings.filter(isNew));
      // A graph may miss one.
      const amiss = missed > (store.records >= LARGE_FROM ? 1 : 0) ? missed : 0;
      const looked = judged({ rows, count, dead: dead + amiss, told, diagnostics, baseline: store });
      if (looked.verdict === 'silent') return looked;
      const late = columnsOf({ kind: 'upsert', ids: ['f/late'], version: 1 });
      const code = await codeOf(
        tab.call('on', { collection: COLLECTION, method: 'upsert', argument: late }, 60_000),
      );
      return unusable(code, diagnostics.state) ?? looked;
    } catch (error) {
      return Object(error).code === 'NOT_FOUND_COLLECTION' ? gone(told, store) : refused(error);
    } finally {
      await tab.call('close').catch(() => {});
      await tab.call('rawDelete', { database }).catch(() => {});
    }
  };
  return {
    look,
    async end() {
      await browser.kill();
      await dropProfile(profile);
    },
  };
}

export const rows = {
  F27: rowDamage('F27'),
  F28: rowDamage('F28'),
  F29: rowDamage('F29'),
  F30: rowDamage('F30'),
  F31: rowDamage('F31'),
};
