/**
 * F27 to F31: rows of a store are damaged behind its back, then it is opened. In Node over an IndexedDB in memory, where
 * thousands of damages take minutes, and some of them in browsers.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOT } from '../../../tools/run.mjs';
import { cleanVerdict } from '../judge.mjs';
import { at, checkedRows, columnsOf, randomFrom, recordOf } from '../page/workload.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '..', 'corpus', 'rows');
const COLLECTION = 'rows';
/** Records of each generation and of the log after them. */
const SMALL = [150, 100, 40];
/** A graph is made from 5,000 records on. */
const LARGE = [5_000, 400, 40];
const FIRST_DERIVED = 128;
const CONTAINS = 'swift1';
const CORPUS_BYTES = 3_000_000;

/**
 * @typedef {{ store: string, key: string | number, value: Uint8Array }} Row
 * @typedef {{ store: string, key: string | number, value: string | null }} Change `value` in base64; null: the row is gone
 * @typedef {{ version: number, rows: Row[], warnings: string[], records: number }} Baseline
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
function openRaw(version, stores = []) {
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
const finished = (tx) =>
  new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new Error('aborted'));
  });

/** Two generations, a graph and a log: written through the API, checkpointed by hand because so small a store never would be. */
async function makeBaseline(/** @type {number[]} */ stages) {
  // Without Web Locks, which Node has not, opening would ask other tabs and wait for their answer.
  Reflect.deleteProperty(globalThis, 'BroadcastChannel');
  await freshIndexedDb();
  const records = stages.reduce((a, b) => a + b, 0);
  let from = 0;
  for (const [stage, count] of stages.entries()) {
    const { ChromaClient } = await built('inline.js');
    const client = new ChromaClient({ storage: 'indexeddb:faults' });
    const collection = await client.getOrCreateCollection({ name: COLLECTION, embeddingFunction: null });
    for (const end = from + count, step = Math.max(10, count / 20); from < end; from += step) {
      const ids = Array.from({ length: step }, (_, i) => `f/${from + i}`);
      await collection.add(columnsOf({ kind: 'add', ids, version: 1 }));
    }
    // Something changed and something gone in every generation.
    await collection.add(columnsOf({ kind: 'add', ids: [`f/gone${stage}`], version: 1 }));
    await collection.delete({ ids: [`f/gone${stage}`] });
    await collection.upsert(columnsOf({ kind: 'upsert', ids: ['f/0'], version: 1 }));
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
  const looked = await lookHere({ warnings: [], records });
  if (looked.verdict === 'silent') throw new Error(`the undamaged store is not right: ${looked.note}`);
  const { ChromaClient } = await built('inline.js');
  const client = new ChromaClient({ storage: 'indexeddb:faults' });
  const { warnings } = await client.diagnostics();
  await client.close();
  return { version, rows, warnings, records };
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

/** @typedef {{ verdict: 'harmless' | 'recovered' | 'partly' | 'refused' | 'silent', note: string }} Looked */

/**
 * @param {{ rows: [string, number, boolean][], count: number, dead: number, told: string[], records: number }} found
 * @returns {Looked}
 */
function judged({ rows, count, dead, told, records }) {
  // What the log's end had deleted may be back when that end is damaged, and only if that is told.
  const known = told.length > 0 ? /^f\/(gone)?\d+$/ : /^f\/\d+$/;
  const wrong = rows.filter(([id, version, right]) => !right || version !== 1 || !known.test(id));
  if (wrong.length > 0)
    return { verdict: 'silent', note: `${wrong.length} records with wrong bytes, e.g. ${wrong[0]?.[0]}` };
  if (dead > 0) return { verdict: 'silent', note: `${dead} ids found that are not there` };
  const whole =
    rows.length === records && count === records && new Set(rows.map(([id]) => id)).size === records;
  if (whole)
    return told.length > 0
      ? { verdict: 'recovered', note: told[0] ?? '' }
      : { verdict: 'harmless', note: '' };
  if (told.length > 0) return { verdict: 'partly', note: `${rows.length} of ${records}; ${told[0]}` };
  return { verdict: 'silent', note: `${rows.length} of ${records} records and not a word` };
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

/**
 * Opens the store of this process and looks at everything.
 * @param {{ warnings: string[], records: number }} baseline
 * @returns {Promise<Looked>}
 */
async function lookHere({ warnings: usual, records }) {
  const { ChromaClient } = await built('inline.js');
  const client = new ChromaClient({ storage: 'indexeddb:faults' });
  try {
    const collection = await client.getCollection({ name: COLLECTION });
    const all = await collection.get({ include: ['documents', 'metadatas', 'embeddings'] });
    const rows = checkedRows(all, remembered);
    const live = new Set(all.ids);
    let dead = 0;
    let missed = 0;
    for (let i = 0; i < all.ids.length; i += Math.ceil(records / 8)) {
      const { ids } = await collection.query({
        queryEmbeddings: [[...(all.embeddings?.[i] ?? [])]],
        nResults: 5,
      });
      dead += (ids[0] ?? []).filter((/** @type {string} */ id) => !live.has(id)).length;
      if (!(ids[0] ?? []).includes(all.ids[i])) missed++;
    }
    // A graph finds nearly always what is nearest; a wrong one hardly ever.
    if (missed > 1) dead += missed;
    const filtered = await collection.get({ whereDocument: { $contains: CONTAINS }, include: [] });
    const meant = all.ids.filter((/** @type {string} */ _, /** @type {number} */ i) =>
      all.documents?.[i]?.includes(CONTAINS),
    );
    if (filtered.ids.join() !== meant.join()) dead++;
    const count = await collection.count();
    const { warnings } = await client.diagnostics();
    return judged({
      rows,
      count,
      dead,
      records,
      told: warnings.filter((/** @type {string} */ warning) => !usual.includes(warning)),
    });
  } catch (error) {
    const { code } = /** @type {{ code?: string }} */ (Object(error));
    // A collection that is not there any more must have been told of.
    if (code === 'NOT_FOUND_COLLECTION') {
      const { warnings } = await client.diagnostics();
      const told = warnings.filter((/** @type {string} */ warning) => !usual.includes(warning));
      return told.length > 0
        ? { verdict: 'partly', note: told[0] }
        : { verdict: 'silent', note: 'the collection is gone and not a word' };
    }
    return refused(error);
  } finally {
    await client.close().catch(() => {});
  }
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
};

/**
 * @param {string} id of the fault
 * @param {Row[]} rows
 * @param {() => number} random
 * @returns {{ what: string, changes: Change[] }}
 */
function strike(id, rows, random) {
  const candidates = rows.filter((row) => STRUCK[id]?.(row));
  const pick = () => at(candidates, Math.floor(random() * candidates.length));
  if (candidates.length === 0) throw new Error(`no row that ${id} could strike`);
  const row = pick();
  const bytes = Uint8Array.from(row.value);
  const to = (/** @type {Uint8Array | null} */ value, target = row) => ({
    store: target.store,
    key: target.key,
    value: value === null ? null : Buffer.from(value).toString('base64'),
  });
  const name = `${row.store} ${row.key}`;
  const roll = random();
  const offset = Math.floor(random() * bytes.length);
  const structural = id === 'F28' ? 0 : id === 'F31' ? 0.9 : 0.6;
  if (roll < structural) {
    if (random() < 0.5) {
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << Math.floor(random() * 8));
      return { what: `bit of ${name} at ${offset}`, changes: [to(bytes)] };
    }
    const length = 1 + Math.floor(random() * 64);
    for (let i = offset; i < Math.min(bytes.length, offset + length); i++)
      bytes[i] = Math.floor(random() * 256);
    return { what: `bytes of ${name} from ${offset}`, changes: [to(bytes)] };
  }
  const kind = Math.floor(random() * 4);
  if (kind === 0) return { what: `${name} cut to ${offset}`, changes: [to(bytes.subarray(0, offset))] };
  if (kind === 1) return { what: `${name} removed`, changes: [to(null)] };
  if (kind === 2) {
    const other = pick();
    return { what: `${name} swapped with ${other.key}`, changes: [to(other.value), to(row.value, other)] };
  }
  const longer = new Uint8Array(bytes.length + 1 + offset);
  longer.set(bytes);
  return { what: `${name} made longer by ${1 + offset}`, changes: [to(longer)] };
}

/** @param {Row[]} rows @param {Change[]} changes @returns {Row[]} */
function apply(rows, changes) {
  const map = new Map(rows.map((row) => [`${row.store} ${typeof row.key} ${row.key}`, row]));
  for (const { store, key, value } of changes) {
    const at = `${store} ${typeof key} ${key}`;
    if (value === null) map.delete(at);
    else map.set(at, { store, key, value: new Uint8Array(Buffer.from(value, 'base64')) });
  }
  return [...map.values()];
}

/** Damages that once went wrong: kept with the whole store they struck. @returns {{ name: string, fault: string, version: number, records: number, rows: [string, string | number, string][], changes: Change[] }[]} */
function corpus() {
  if (!existsSync(CORPUS)) return [];
  return readdirSync(CORPUS)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, ...JSON.parse(readFileSync(join(CORPUS, name), 'utf8')) }));
}

/**
 * @param {Context} context
 * @param {{ fault: string, seed: number, what: string, changes: Change[] }} damage
 * @param {Baseline} baseline
 */
function keepFixture(context, damage, baseline) {
  const rows = baseline.rows.map(({ store, key, value }) => [
    store,
    key,
    Buffer.from(value).toString('base64'),
  ]);
  const { version, warnings, records } = baseline;
  const kept = { ...damage, version, warnings, records, rows };
  const text = `${JSON.stringify(kept)}\n`;
  // What is too large for the repository is kept where the runner keeps profiles.
  if (text.length > CORPUS_BYTES) context.keep(`${damage.seed}`, kept);
  else {
    mkdirSync(CORPUS, { recursive: true });
    writeFileSync(join(CORPUS, `${damage.fault}-${damage.seed}.json`), text);
  }
}

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
      for (const kept of corpus().filter(({ fault }) => fault === id)) {
        const rows = kept.rows.map(([store, key, value]) => ({
          store,
          key,
          value: new Uint8Array(Buffer.from(value, 'base64')),
        }));
        const looked = await bench.look({
          ...baseline,
          version: kept.version,
          records: kept.records,
          rows: apply(rows, kept.changes),
        });
        context.log(`kept ${kept.name}: ${looked.verdict} ${looked.note}`);
        if (looked.verdict === 'silent') throw new Error(`${kept.name}: ${looked.note}`);
      }
      for (const run of context.runs) {
        const seed = context.seedOf(run);
        const { what, changes } = strike(id, baseline.rows, randomFrom(seed));
        const looked = await bench.look({ ...baseline, rows: apply(baseline.rows, changes) });
        const silent = looked.verdict === 'silent';
        if (silent) keepFixture(context, { fault: id, seed, what, changes }, baseline);
        yield {
          run,
          seed,
          acknowledged: baseline.records,
          ...cleanVerdict(),
          undetected: silent ? 1 : 0,
          problems: silent ? [`${what}: ${looked.note}`] : [],
          measures: { verdict: looked.verdict },
        };
      }
    } finally {
      await bench.end();
    }
  };
}

/** @typedef {{ look: (damaged: Baseline) => Promise<Looked>, end: () => Promise<void> }} Bench */

/** @returns {Bench} */
function nodeBench() {
  return {
    async look(damaged) {
      await freshIndexedDb(damaged);
      return lookHere(damaged);
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
  const look = async (/** @type {Baseline} */ damaged) => {
    const database = await put(damaged);
    try {
      const { warnings } = await tab.call('open', { storage: `indexeddb:${database}` }, 60_000);
      usual ??= warnings;
      const { rows, count } = await tab.call('dump', { collection: COLLECTION }, 60_000);
      const { dead, missed } = await tab.call('probe', { collection: COLLECTION, limit: 5 }, 60_000);
      const { warnings: later } = await tab.call('diagnostics');
      const told = [...warnings, ...later].filter(
        (/** @type {string} */ warning) => !usual?.includes(warning),
      );
      return judged({ rows, count, dead: dead + (missed > 1 ? missed : 0), told, records: damaged.records });
    } catch (error) {
      return refused(error);
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
