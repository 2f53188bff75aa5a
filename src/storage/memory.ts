/** Storage in memory: for Node and tests. What is stored lives as long as its `MemoryData`, so a store can be reopened on it. */
import { kindexError } from '../base/errors.js';
import { sameBytes } from './same-bytes.js';
import { STORE_NAMES } from './storage.js';
import type {
  StorageBackend,
  StorageDelete,
  StorageEntry,
  StorageKey,
  StoragePut,
  StoreName,
} from './storage.js';

/** The stored bytes; hand the same object to a second backend to reopen them. */
export type MemoryData = Record<StoreName, Map<StorageKey, Uint8Array<ArrayBuffer>>>;

export function createMemoryData(): MemoryData {
  return { meta: new Map(), log: new Map(), manifest: new Map(), seg: new Map() };
}

export interface MemoryStorageOptions {
  /** Shown in diagnostics. Default `memory`. */
  name?: string;
  /** Default: a new, empty one. */
  data?: MemoryData;
  /** Largest sum of value bytes; a commit beyond it fails with STORAGE_QUOTA. Default: none. */
  quotaBytes?: number;
}

const BATCH_BYTES = 4 * 1024 * 1024;

/** The caller closes it. */
export function createMemoryStorage(options: MemoryStorageOptions = {}): StorageBackend {
  const { name = 'memory', data = createMemoryData(), quotaBytes = null } = options;
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw kindexError('CLOSED', `Storage "${name}" is closed.`);
  };

  /** A batch that does not grow what is stored always passes: deleting must work at the limit. */
  const checkQuota = (puts: StoragePut[], deletes: StorageDelete[], doomed: StorageKey[][]): void => {
    const after = createMemoryData();
    for (const store of STORE_NAMES) after[store] = new Map(data[store]);
    deletes.forEach(({ store }, i) => doomed[i]?.forEach((key) => after[store].delete(key)));
    for (const { store, key, value } of puts) after[store].set(key, value);
    const neededBytes = sumBytes(after);
    if (quotaBytes === null || neededBytes <= quotaBytes || neededBytes <= sumBytes(data)) return;
    throw kindexError(
      'STORAGE_QUOTA',
      `Storage "${name}" may hold ${quotaBytes} bytes, ${neededBytes} are needed.`,
      {
        details: { quotaBytes, neededBytes },
      },
    );
  };

  return {
    name,

    async read(store, key) {
      checkOpen();
      return data[store].get(key)?.slice() ?? null;
    },

    async keys(store) {
      checkOpen();
      return [...data[store].keys()].sort(ascending);
    },

    async *list(store, { after } = {}) {
      checkOpen();
      const keys = [...data[store].keys()]
        .filter((key) => after === undefined || key > after)
        .sort(ascending);
      let batch: StorageEntry[] = [];
      let bytes = 0;
      for (const key of keys) {
        const value = data[store].get(key);
        if (value === undefined) continue;
        if (bytes + value.length > BATCH_BYTES && batch.length > 0) {
          yield batch;
          checkOpen();
          batch = [];
          bytes = 0;
        }
        batch.push({ key, value: value.slice() });
        bytes += value.length;
      }
      if (batch.length > 0) yield batch;
    },

    async commit({ expect, puts, deletes }) {
      checkOpen();
      if (!sameBytes(data[expect.store].get(expect.key) ?? null, expect.value)) {
        throw kindexError('STORAGE_FENCED', `Another owner has written to storage "${name}".`);
      }
      // All or nothing: whatever can fail comes before the first change.
      const copies = puts.map((put) => put.value.slice());
      const doomed = deletes.map(({ store, from, to }) =>
        [...data[store].keys()].filter((key) => key >= from && key <= to),
      );
      if (quotaBytes !== null) checkQuota(puts, deletes, doomed);
      deletes.forEach(({ store }, i) => doomed[i]?.forEach((key) => data[store].delete(key)));
      puts.forEach(({ store, key }, i) => data[store].set(key, copies[i]!));
    },

    async estimate() {
      checkOpen();
      return { usageBytes: sumBytes(data), quotaBytes };
    },

    async close() {
      closed = true;
    },
  };
}

function ascending(a: StorageKey, b: StorageKey): number {
  return a < b ? -1 : 1;
}

function sumBytes(data: MemoryData): number {
  let sum = 0;
  for (const store of STORE_NAMES) for (const value of data[store].values()) sum += value.length;
  return sum;
}
