/** Storage in IndexedDB: one database per name, one transaction per commit. With indexeddb-delete.ts the only one that knows `idb`. */
import { openDB, unwrap } from 'idb';
import type { IDBPDatabase } from 'idb';
import { ChromaError, kindexError } from '../base/errors.js';
import type { ErrorDetails } from '../base/errors.js';
import {
  CLOSED_BY_BROWSER,
  isConnectionGone,
  isRefusal,
  isUnreadable,
  lostError,
  mayOpenLater,
  openError,
  storageError,
  unreadableError,
} from './indexeddb-errors.js';
import type { Loss } from './indexeddb-errors.js';
import { sameBytes } from './same-bytes.js';
import { STORE_NAMES } from './storage.js';
import type { StorageBackend, StorageBatch, StorageEntry, StorageKey, StoreName } from './storage.js';
import { turnsOf } from './turns.js';
import type { Turn } from './turns.js';

const PREFIX = 'indexeddb:';

/** IndexedDB's own version is the version of the object stores; the version of the bytes in them is the head's. */
export const LAYOUT_VERSION = 2;

/** The object stores a layout version adds to the one before. */
const ADDED_STORES: readonly { layout: number; stores: readonly StoreName[] }[] = [
  { layout: 1, stores: ['meta', 'log'] },
  { layout: 2, stores: ['manifest', 'seg'] },
];

/** A tab that holds an older layout open is asked to close at once; one that does not answer in this time will not. */
const BLOCKED_MS = 3_000;

/** Behind a deletion that waits for somebody, an opening gets no event at all. Measured openings take under 0.1 s. */
const OPEN_MS = 30_000;

/** Before an opening that failed is tried once more: a backing store that was busy has let go by then. */
const REOPEN_MS = 200;

const BATCH_BYTES = 4 * 1024 * 1024;
const FIRST_BATCH_ROWS = 85; // × 48 KiB, the largest row, is 4 MiB
const MAX_BATCH_ROWS = 512; // a batch of small rows may be followed by large ones: at worst 24 MiB

export interface IndexedDbOptions {
  /** How long an older version in another tab may hold up the opening. Default 3,000 ms. */
  blockedMs?: number;
  /** How long the opening may take at all. Default 30,000 ms. */
  openMs?: number;
  /** What the engine calls itself. Default: the platform's. */
  userAgent?: string;
}

/**
 * Opens the database `name` of this origin, creating it when it is missing. The caller closes it.
 * @throws STORAGE_UNAVAILABLE · STORAGE_BLOCKED · FORMAT_TOO_NEW · STORAGE_QUOTA · STORAGE_FAILED
 */
export async function openIndexedDbStorage(
  name: string,
  options: IndexedDbOptions = {},
): Promise<StorageBackend> {
  const storage = new IndexedDbStorage(name, turnsOf(options.userAgent));
  await storage.open(options.blockedMs ?? BLOCKED_MS, options.openMs ?? OPEN_MS);
  return storage;
}

class IndexedDbStorage implements StorageBackend {
  readonly name: string;
  #database: IDBPDatabase | null = null;
  /** Why the connection is gone, once it is. */
  #gone: ChromaError | null = null;
  readonly #running = new Set<Promise<void>>();
  #listener: ((error: ChromaError) => void) | null = null;
  #blockedMs = BLOCKED_MS;
  #openMs = OPEN_MS;
  #reopening: Promise<void> | null = null;
  readonly #turn: Turn;

  constructor(name: string, turn: Turn) {
    this.name = `${PREFIX}${name}`;
    this.#turn = turn;
  }

  async open(blockedMs: number, openMs: number): Promise<void> {
    this.#blockedMs = blockedMs;
    this.#openMs = openMs;
    await this.#open();
    this.#checkLayout();
  }

  async #open(): Promise<void> {
    const [blockedMs, openMs] = [this.#blockedMs, this.#openMs];
    if (typeof indexedDB === 'undefined') throw openError(this.name, new Error('indexedDB is not defined'));
    let timer: ReturnType<typeof setTimeout> | undefined;
    let giveUp: ((error: ChromaError) => void) | undefined;
    const impatience = new Promise<never>((_, reject) => (giveUp = reject));
    const waitFor = (waitedMs: number, holder: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const details = { storage: this.name, waitedMs };
        giveUp?.(kindexError('STORAGE_BLOCKED', `"${this.name}" did not open: ${holder}.`, { details }));
      }, waitedMs);
    };
    waitFor(openMs, 'the browser gave no answer, another tab may be deleting it');
    const onBlocked = (): void => waitFor(blockedMs, 'another tab keeps an older version of it open');
    const opening = this.#openDatabase(onBlocked).catch(async (error: unknown) => {
      if (!mayOpenLater(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
      return this.#openDatabase(onBlocked);
    });
    try {
      this.#database = await Promise.race([opening, impatience]);
      // Asked to let go before the opening was even reported.
      if (this.#gone) this.#database.close();
    } catch (error) {
      // The request cannot be taken back: whatever it opens later is closed at once.
      opening.then((late) => late.close()).catch(() => {});
      throw error instanceof ChromaError ? error : openError(this.name, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #openDatabase(onBlocked: () => void): Promise<IDBPDatabase> {
    return openDB(this.name.slice(PREFIX.length), LAYOUT_VERSION, {
      upgrade(database, from) {
        for (const { layout, stores } of ADDED_STORES) {
          if (from < layout) for (const store of stores) database.createObjectStore(store);
        }
      },
      blocked: onBlocked,
      // Somebody wants to change or delete the database: running commits still finish, an upgrade is never held up.
      blocking: (_, wanted) =>
        this.#lose(
          wanted === null
            ? { reason: 'deleted', why: 'somebody deletes the database' }
            : { reason: 'upgrade', why: 'another tab needs it for a newer version' },
        ),
      terminated: () => this.#lose(CLOSED_BY_BROWSER),
    });
  }

  #checkLayout(): void {
    const database = this.#connection();
    for (const store of STORE_NAMES) {
      if (database.objectStoreNames.contains(store)) continue;
      database.close();
      throw kindexError(
        'FORMAT_CORRUPT',
        `The database of "${this.name}" is not one of kindex: it has no object store "${store}".`,
        {
          fix: 'Choose another storage name.',
          details: { storage: this.name, store },
        },
      );
    }
  }

  async read(store: StoreName, key: StorageKey): Promise<Uint8Array<ArrayBuffer> | null> {
    const value = await this.#reading(
      'read',
      async (database) => {
        const tx = database.transaction(store, 'readonly');
        const [found] = await Promise.all([tx.store.get(key) as Promise<unknown>, tx.done]);
        return found;
      },
      { store, key },
    );
    return value === undefined ? null : this.#bytes(value, store, key);
  }

  async keys(store: StoreName): Promise<StorageKey[]> {
    return this.#reading('list', async (database) => {
      const tx = database.transaction(store, 'readonly');
      const [keys] = await Promise.all([tx.store.getAllKeys() as Promise<StorageKey[]>, tx.done]);
      return keys;
    });
  }

  async *list(store: StoreName, { after }: { after?: StorageKey } = {}): AsyncGenerator<StorageEntry[]> {
    let rows = FIRST_BATCH_ROWS;
    let next: Promise<StorageEntry[]> | null = this.#batch(store, after, rows);
    while (next !== null) {
      const batch: StorageEntry[] = await next;
      const last = batch.at(-1);
      if (last === undefined) return;
      if (batch.length < rows) {
        next = null;
      } else {
        // The following batch is read while the caller works on this one; it fails when it is awaited, or for nobody.
        rows = rowsLike(batch);
        next = this.#batch(store, last.key, rows);
        next.catch(() => {});
      }
      yield batch;
    }
  }

  async #batch(store: StoreName, after: StorageKey | undefined, rows: number): Promise<StorageEntry[]> {
    const range = after === undefined ? null : IDBKeyRange.lowerBound(after, true);
    try {
      const [keys, values] = await this.#reading(
        'list',
        async (database) => {
          const tx = database.transaction(store, 'readonly');
          return Promise.all([
            tx.store.getAllKeys(range, rows) as Promise<StorageKey[]>,
            tx.store.getAll(range, rows) as Promise<unknown[]>,
            tx.done,
          ]);
        },
        { store, key: 'a batch' },
      );
      return keys.map((key, i) => ({ key, value: bytesOrNone(values[i]) }));
    } catch (error) {
      if (!isDamage(error)) throw error;
      return this.#oneByOne(store, range, rows);
    }
  }

  /** One value that cannot be read fails the whole batch: which one it is shows alone. It is given as no bytes. */
  async #oneByOne(store: StoreName, range: IDBKeyRange | null, rows: number): Promise<StorageEntry[]> {
    const keys = await this.#reading('list', async (database) => {
      const tx = database.transaction(store, 'readonly');
      const [found] = await Promise.all([tx.store.getAllKeys(range, rows) as Promise<StorageKey[]>, tx.done]);
      return found;
    });
    const entries: StorageEntry[] = [];
    for (const key of keys) {
      const value = await this.read(store, key).catch((error: unknown) => {
        if (isDamage(error)) return null;
        throw error;
      });
      entries.push({ key, value: value ?? bytesOrNone(null) });
    }
    return entries;
  }

  /**
   * Where the browser cannot read, the connection is made anew, once: some go bad and stay so. `at`: what is read; when a fresh
   * connection cannot read it either, that is damage.
   */
  async #reading<T>(
    doing: string,
    read: (database: IDBPDatabase) => Promise<T>,
    at?: { store: StoreName; key: StorageKey },
  ): Promise<T> {
    let used: IDBPDatabase | null = null;
    try {
      return await this.#inTurn(async (database) => read((used = database)));
    } catch (error) {
      if (used === null || !isUnreadable(error) || this.#isGone()) throw this.#failure(doing, error);
    }
    await this.#reopen(used);
    try {
      return await this.#inTurn(read);
    } catch (error) {
      if (at && isUnreadable(error) && !this.#isGone()) throw unreadableError(this.name, at, error);
      throw this.#failure(doing, error);
    }
  }

  /** `work` is one transaction, on the connection there is when its turn comes. @throws CLOSED · STORAGE_LOST */
  async #inTurn<T>(work: (database: IDBPDatabase) => Promise<T>): Promise<T> {
    this.#connection();
    return this.#turn(async () => {
      if (this.#reopening) await this.#reopening;
      // Closing waits for what has got a turn.
      return work(this.#database ?? this.#connection());
    });
  }

  /** Once for all that found the same connection bad. Commits on it still finish. */
  async #reopen(bad: IDBPDatabase): Promise<void> {
    if (this.#database === bad) {
      this.#reopening ??= (async (): Promise<void> => {
        bad.close();
        await this.#open();
      })().finally(() => (this.#reopening = null));
    }
    await this.#reopening;
  }

  /** One that is closed to be made anew is not gone. */
  #isGone(): boolean {
    if (this.#gone !== null) return true;
    return this.#reopening === null && this.#database !== null && isConnectionGone(unwrap(this.#database));
  }

  async commit(batch: StorageBatch, { durability }: { durability: 'strict' | 'relaxed' }): Promise<void> {
    const commit = this.#commit(batch, durability);
    this.#running.add(commit);
    try {
      await commit;
    } finally {
      this.#running.delete(commit);
    }
  }

  async #commit(batch: StorageBatch, durability: 'strict' | 'relaxed'): Promise<void> {
    try {
      const stored = await this.#inTurn(async (database) => {
        try {
          return await transact(unwrap(database), batch, durability);
        } catch (error) {
          if (!isRefusal(error) || this.#isGone()) throw error;
          // After one that found no room Firefox opens a transaction in which nothing can be put, and then as always.
          return transact(unwrap(database), batch, durability);
        }
      });
      if (!stored)
        throw kindexError('STORAGE_FENCED', `Another owner has written to storage "${this.name}".`);
    } catch (error) {
      const neededBytes = batch.puts.reduce((sum, { value }) => sum + value.length, 0);
      throw this.#failure('commit', error, { neededBytes });
    }
  }

  #bytes(value: unknown, store: StoreName, key: StorageKey): Uint8Array<ArrayBuffer> {
    if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>;
    throw kindexError(
      'FORMAT_CORRUPT',
      `Key ${String(key)} of "${store}" in "${this.name}" does not hold bytes.`,
      {
        details: { storage: this.name, store, key },
      },
    );
  }

  /** @throws CLOSED · STORAGE_LOST */
  #connection(): IDBPDatabase {
    if (this.#gone) throw this.#gone;
    if (!this.#database) throw kindexError('CLOSED', `Storage "${this.name}" is closed.`);
    return this.#database;
  }

  #failure(doing: string, error: unknown, facts?: ErrorDetails): ChromaError {
    if (error instanceof ChromaError) return error;
    // A connection closed by force aborts its transactions first and says so afterwards, or never: ask it.
    if (this.#gone === null && this.#isGone()) this.#lose(CLOSED_BY_BROWSER);
    return this.#gone?.code === 'STORAGE_LOST'
      ? kindexError('STORAGE_LOST', this.#gone.message, { details: this.#gone.details, cause: error })
      : storageError(this.name, doing, error, facts);
  }

  #lose(loss: Loss): void {
    const lost = lostError(this.name, loss);
    if (this.#gone === null) {
      this.#gone = lost;
      this.#listener?.(lost);
    }
    this.#database?.close();
  }

  async estimate(): Promise<{ usageBytes: number | null; quotaBytes: number | null }> {
    this.#connection();
    // WebKitGTK has no estimate(); some contexts refuse it.
    const estimate = await globalThis.navigator?.storage?.estimate?.().catch(() => null);
    return { usageBytes: estimate?.usage ?? null, quotaBytes: estimate?.quota ?? null };
  }

  onLost(listener: (error: ChromaError) => void): void {
    this.#listener = listener;
    if (this.#gone?.code === 'STORAGE_LOST') listener(this.#gone);
  }

  async close(): Promise<void> {
    this.#gone ??= kindexError('CLOSED', `Storage "${this.name}" is closed.`);
    await Promise.allSettled(this.#running);
    this.#database?.close();
    this.#database = null;
  }
}

/** As many rows as fit a batch when they are as large as the largest of the last one. */
function rowsLike(batch: StorageEntry[]): number {
  const largest = batch.reduce((max, { value }) => Math.max(max, value.length), 1);
  return Math.min(MAX_BATCH_ROWS, Math.max(FIRST_BATCH_ROWS, Math.floor(BATCH_BYTES / largest)));
}

/**
 * The batch as one transaction; false: its expectation was not met, and nothing is stored.
 * Only requests of the transaction itself happen between its start and its end: it can never be left open.
 * The raw transaction, because `idb` rejects `done` on the first failed request, before the abort tells the reason.
 */
async function transact(
  database: IDBDatabase,
  { expect, puts, deletes }: StorageBatch,
  durability: 'strict' | 'relaxed',
): Promise<boolean> {
  // Never IndexedDB's `relaxed`: in Firefox a power cut then costs the whole database (SPEC.md S54). Chromium's default is relaxed.
  const hint = durability === 'strict' ? 'strict' : 'default';
  const tx = database.transaction(STORE_NAMES as StoreName[], 'readwrite', { durability: hint });
  const done = completed(tx);
  let fenced = false;
  try {
    const expected = tx.objectStore(expect.store).get(expect.key);
    let last: IDBRequest = expected;
    expected.onsuccess = () => {
      fenced = !holds(expected.result, expect.value);
      if (fenced) tx.abort();
    };
    for (const { store, from, to } of deletes)
      last = tx.objectStore(store).delete(IDBKeyRange.bound(from, to));
    for (const { store, key, value } of puts) last = tx.objectStore(store).put(value, key);
    // Not before every request has succeeded: Firefox completes what was told to commit without those that fail (SPEC.md S63).
    last.addEventListener('success', () => {
      if (!fenced) tx.commit();
    });
  } catch (error) {
    // A request that could not even be made (a value that cannot be cloned): the others must not stay.
    tx.abort();
    await done.catch(() => {});
    throw error;
  }
  await done.catch((error: unknown) => {
    if (!fenced) throw error;
  });
  return !fenced;
}

/** Settles with the transaction: a success of its requests promises nothing. */
function completed(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new DOMException('The transaction was aborted.', 'AbortError'));
  });
}

function holds(value: unknown, expected: Uint8Array | null): boolean {
  if (value === undefined || expected === null) return value === undefined && expected === null;
  return value instanceof Uint8Array && sameBytes(value, expected);
}

/** What is no bytes is given as none: whoever reads a list tells which key that is. */
function bytesOrNone(value: unknown): Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array ? (value as Uint8Array<ArrayBuffer>) : new Uint8Array(0);
}

function isDamage(error: unknown): boolean {
  return error instanceof ChromaError && error.code === 'FORMAT_CORRUPT';
}
