/** What a page can be asked to do: use the package, look at and damage the raw rows, and report. */
import { answerActions } from './answers.mjs';
import { boundActions } from './bounds.mjs';
import { crashActions } from './crash.mjs';
import { extensionActions } from './extension.mjs';
import { hardshipActions } from './hardship.mjs';
import { siegeActions } from './siege.mjs';
import { codeOf, fromBase64, toBase64 } from './texts.mjs';
import { checkedRows, columnsOf, Writer } from './workload.mjs';
import { postToWorkers, terminateWorkers } from './workers.mjs';

const query = new URLSearchParams(location.search);

/** The built package, whatever it exports. @returns {Promise<any>} */
const load = () => import(new URL(`/${query.get('build') ?? 'kindex'}/index.js`, location.href).href);

/** @type {any} */
let client;
const control = { stopping: false };

function opened() {
  if (!client) throw new Error('open() comes first');
  return client;
}

/** @param {string} name */
const collectionOf = (name) => opened().getOrCreateCollection({ name, embeddingFunction: null });

/** Without making it: a store that is open for reading only has it, or has not. @param {string} name @param {boolean | undefined} existing */
const readable = (name, existing) => (existing ? opened().getCollection({ name }) : collectionOf(name));

/** @param {Record<string, unknown>} note */
const tell = (note) =>
  /** @type {{ tellRunner: (note: Record<string, unknown>) => Promise<void> }} */ (
    /** @type {unknown} */ (globalThis)
  ).tellRunner(note);

/**
 * Writes until `stop`, or `most` operations: each is announced before and reported after, and goes on only when the runner
 * knows it.
 * @param {Awaited<ReturnType<typeof collectionOf>>} collection
 * @param {Writer} writer
 * @param {{ most: number, retry: boolean, deadlineMs: number, paceMs: number }} options `paceMs`: rest between two operations
 */
async function writeOn(collection, writer, { most, retry, deadlineMs, paceMs }) {
  const failures = [];
  let slowestMs = 0;
  await tell({ writer: writer.name, started: writer.count + 1 });
  while (!control.stopping && writer.count < most) {
    const operation = writer.next();
    for (let attempt = 0; ; attempt++) {
      const start = performance.now();
      try {
        if (operation.kind === 'delete') await collection.delete({ ids: operation.ids });
        else await collection[operation.kind](columnsOf(operation));
        slowestMs = Math.max(slowestMs, performance.now() - start);
        break;
      } catch (error) {
        slowestMs = Math.max(slowestMs, performance.now() - start);
        failures.push({ code: codeOf(error), ms: performance.now() - start });
        if (retry && attempt < 50 && !control.stopping) continue;
        await tell({ writer: writer.name, failed: operation.version, code: codeOf(error) });
        return { count: writer.count - 1, failures, slowestMs };
      }
    }
    if (slowestMs > deadlineMs) failures.push({ code: 'SLOW', ms: slowestMs });
    await tell({ writer: writer.name, acknowledged: writer.count, started: writer.count + 1 });
    if (paceMs > 0) await new Promise((resolve) => setTimeout(resolve, paceMs));
  }
  return { count: writer.count, failures, slowestMs };
}

/** @param {IDBRequest<T>} request @returns {Promise<T>} @template T */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('failed'));
  });

/**
 * Opens the database itself, as it is.
 * @param {string} name
 */
async function raw(name) {
  return done(indexedDB.open(name));
}

/** @param {IDBTransaction} tx */
const finished = (tx) =>
  /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error ?? new Error('aborted'));
    })
  );

/** @type {IDBDatabase | undefined} */
let held;

export const actions = {
  ...answerActions({ opened, load }),
  ...boundActions({ opened }),
  ...hardshipActions({ opened }),
  ...siegeActions({ collectionOf, tell }),
  ...extensionActions({ collectionOf }),
  ...crashActions({ collectionOf, opened }),
  /** @param {{ storage: string, ifLost?: 'throw' | 'recreate', durability?: 'strict' | 'relaxed' }} argument */
  async open({ storage, ifLost, durability }) {
    const { ChromaClient } = await load();
    client = new ChromaClient({
      storage: /** @type {`indexeddb:${string}`} */ (storage),
      ...(ifLost === undefined ? {} : { ifLost }),
      ...(durability === undefined ? {} : { durability }),
    });
    return client.diagnostics();
  },
  /** A client whose worker is not started yet. @param {{ storage: string }} argument */
  async prepare({ storage }) {
    const { ChromaClient } = await load();
    client = new ChromaClient({ storage });
  },
  diagnostics: () => opened().diagnostics(),
  async close() {
    const closing = client;
    client = undefined;
    await closing?.close();
  },
  /** @param {{ collection: string, writers: { name: string, count: number }[], most?: number, retry?: boolean, deadlineMs?: number, paceMs?: number }} argument */
  async write({ collection, writers, most = Infinity, retry = false, deadlineMs = 60_000, paceMs = 0 }) {
    control.stopping = false;
    const target = await collectionOf(collection);
    return Promise.all(
      writers.map(({ name, count }) =>
        writeOn(target, Writer.after(name, count), { most, retry, deadlineMs, paceMs }),
      ),
    );
  },
  stop() {
    control.stopping = true;
  },
  /** Everything in a collection, each record checked. @param {{ collection: string, existing?: boolean }} argument `existing`: it is not made */
  async dump({ collection, existing }) {
    const target = await readable(collection, existing);
    const found = await target.get({ include: ['documents', 'metadatas', 'embeddings'] });
    const rows = checkedRows(found);
    return { rows, count: await target.count() };
  },
  /** Answers of queries: ids that are not live, and whether each record is nearest to itself. @param {{ collection: string, limit: number, existing?: boolean }} argument */
  async probe({ collection, limit, existing }) {
    const target = await readable(collection, existing);
    const all = await target.get({ include: ['embeddings'] });
    const live = new Set(all.ids);
    let dead = 0;
    let missed = 0;
    const step = Math.max(1, Math.floor(all.ids.length / limit));
    for (let i = 0; i < all.ids.length; i += step) {
      const embedding = all.embeddings?.[i];
      if (!embedding) continue;
      const { ids } = await target.query({ queryEmbeddings: [Array.from(embedding)], nResults: 5 });
      dead += (ids[0] ?? []).filter((/** @type {string} */ id) => !live.has(id)).length;
      if (!(ids[0] ?? []).includes(all.ids[i] ?? '')) missed++;
    }
    return { live: live.size, dead, missed };
  },
  /** One call of a collection. @param {{ collection: string, method: string, argument: unknown }} argument */
  async on({ collection, method, argument }) {
    const target = /** @type {Record<string, (argument: unknown) => Promise<unknown>>} */ (
      /** @type {unknown} */ (await collectionOf(collection))
    );
    return JSON.parse(JSON.stringify((await target[method]?.(argument)) ?? null));
  },
  /** One call of the client. @param {{ method: string, argument: unknown }} argument */
  async client({ method, argument }) {
    const target = /** @type {Record<string, (argument: unknown) => Promise<unknown>>} */ (
      /** @type {unknown} */ (opened())
    );
    return JSON.parse(JSON.stringify((await target[method]?.(argument)) ?? null));
  },
  /**
   * `reads` + `writes` calls that are all under way at once; tells how each ended.
   * @param {{ collection: string, reads: number, writes: number, tag: string }} argument
   */
  async storm({ collection, reads, writes, tag }) {
    const target = await collectionOf(collection);
    const start = performance.now();
    const settle = async (/** @type {Promise<unknown>} */ call) => {
      try {
        await call;
        return { code: 'ok', ms: performance.now() - start };
      } catch (error) {
        return { code: codeOf(error), ms: performance.now() - start };
      }
    };
    const calls = [
      ...Array.from({ length: writes }, (_, i) =>
        settle(target.add(columnsOf({ kind: 'add', ids: [`${tag}/${i}`], version: 1 }))),
      ),
      ...Array.from({ length: reads }, () => settle(target.get({ limit: 3 }))),
    ];
    await tell({ storm: tag });
    return Promise.all(calls);
  },
  /**
   * `count` writes of one record each, all under way at once: they share transactions, and each is a log entry. They go round
   * `records` ids, each always with the same content; the runner is told of each that was acknowledged.
   * @param {{ collection: string, from: number, count: number, prefix: string, records: number }} argument
   */
  async burst({ collection, from, count, prefix, records }) {
    const target = await collectionOf(collection);
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const id = `${prefix}/${(from + i) % records}`;
        await target.upsert(columnsOf({ kind: 'upsert', ids: [id], version: 1 }));
        await tell({ stored: id });
      }),
    );
  },
  /** @param {{ bytes: number, count: number, collection: string, prefix: string }} argument */
  async fill({ bytes, count, collection, prefix }) {
    const target = await collectionOf(collection);
    let stored = 0;
    for (let i = 0; i < count; i++) {
      try {
        // Letters that no compression makes small.
        const noise = crypto.getRandomValues(new Uint8Array(Math.min(65_536, bytes)));
        const letters = String.fromCharCode(...noise.map((byte) => 33 + (byte % 90)));
        await target.add({
          ids: [`${prefix}/${i}`],
          embeddings: [[1, 2, 3]],
          documents: [letters.repeat(Math.ceil(bytes / letters.length))],
        });
        stored++;
      } catch (error) {
        return { stored, code: codeOf(error), message: String(/** @type {Error} */ (error).message) };
      }
    }
    return { stored, code: null, message: '' };
  },
  terminate: () => terminateWorkers(),
  /** Holds up the page's workers for ever, if their script was prepared (`/hooked/`). @param {{ within?: boolean } | null} argument `within`: inside a transaction, else outside of any */
  loop: (argument) => postToWorkers({ faults: 'loop', within: argument?.within ?? false }),
  /** Holds them up outside of any transaction, until the runner lets them go on (point `held TAG`); same condition. @param {{ tag: string }} argument */
  hold: ({ tag }) => postToWorkers({ faults: 'hold', tag }),
  /** Closes the databases of the page's workers as a browser does that loses its storage process; same condition. */
  forceClose: () => postToWorkers({ faults: 'close' }),
  /** @param {{ url: string, sandbox?: string }} argument */
  frame({ url, sandbox }) {
    const frame = document.createElement('iframe');
    if (sandbox !== undefined) frame.setAttribute('sandbox', sandbox);
    frame.src = url;
    document.body.append(frame);
  },
  /** @param {{ collection: string, count: number, prefix: string }} argument */
  async prefill({ collection, count, prefix }) {
    const target = await collectionOf(collection);
    for (let from = 0; from < count; from += 1000) {
      const ids = Array.from({ length: Math.min(1000, count - from) }, (_, i) => `${prefix}/${from + i}`);
      await target.add(columnsOf({ kind: 'add', ids, version: 1 }));
    }
  },
  /** Opens another tab of this page; the browser decides where. @param {{ url: string }} argument */
  openTab({ url }) {
    // Without an opener it gets a process of its own where the browser has several.
    globalThis.open(url, '_blank', 'noopener');
  },
  closeTab() {
    setTimeout(() => globalThis.close(), 0);
  },
  /** @param {{ database: string }} argument @returns {Promise<number | undefined>} the version of it that is open or stored */
  async rawVersion({ database }) {
    return (await indexedDB.databases()).find(({ name }) => name === database)?.version;
  },
  /** Every row of an object store as base64. @param {{ database: string, store: string }} argument */
  async rawDump({ database, store }) {
    const db = await raw(database);
    try {
      if (!db.objectStoreNames.contains(store)) return [];
      const tx = db.transaction(store, 'readonly');
      const [keys, values] = await Promise.all([
        done(tx.objectStore(store).getAllKeys()),
        done(tx.objectStore(store).getAll()),
      ]);
      return keys.map((key, i) => [key, toBase64(/** @type {Uint8Array} */ (values[i]))]);
    } finally {
      db.close();
    }
  },
  /**
   * Changes rows behind the package's back.
   * @param {{ database: string, changes: { store: string, key: IDBValidKey, value: string | null }[] }} argument
   */
  async rawChange({ database, changes }) {
    const db = await raw(database);
    try {
      const tx = db.transaction([...db.objectStoreNames], 'readwrite');
      for (const { store, key, value } of changes) {
        if (value === null) tx.objectStore(store).delete(key);
        else tx.objectStore(store).put(fromBase64(value), key);
      }
      await finished(tx);
    } finally {
      db.close();
    }
  },
  /**
   * Makes a database of a given layout with given rows, as another version of the package would have, and keeps it open when
   * asked to. `polite`: it closes when another version wants in.
   * @param {{ database: string, version: number, stores: string[], rows: Record<string, [IDBValidKey, string][]>, hold: boolean, polite: boolean }} argument
   */
  async rawCreate({ database, version, stores, rows, hold, polite }) {
    const request = indexedDB.open(database, version);
    request.onupgradeneeded = () => {
      for (const store of stores) {
        if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store);
      }
    };
    const db = await done(request);
    const names = Object.keys(rows);
    if (names.length > 0) {
      const tx = db.transaction(names, 'readwrite');
      for (const name of names) {
        for (const [key, value] of rows[name] ?? []) tx.objectStore(name).put(fromBase64(value), key);
      }
      await finished(tx);
    }
    if (!hold) db.close();
    else {
      held = db;
      if (polite) db.onversionchange = () => db.close();
    }
    return { objectStores: [...db.objectStoreNames] };
  },
  release() {
    held?.close();
    held = undefined;
  },
  /** @param {{ database: string }} argument */
  async rawDelete({ database }) {
    await done(indexedDB.deleteDatabase(database));
  },
  /** Removes what lies beside IndexedDB: OPFS, caches, local storage. */
  async clearOutside() {
    localStorage.clear();
    for (const name of await caches.keys()) await caches.delete(name);
    const root = await navigator.storage.getDirectory();
    const names = [];
    for await (const name of /** @type {AsyncIterable<string>} */ (
      /** @type {{ keys(): unknown }} */ (/** @type {unknown} */ (root)).keys()
    ))
      names.push(name);
    for (const name of names) await root.removeEntry(name, { recursive: true });
    return names;
  },
};
