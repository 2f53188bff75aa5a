/** Durable bytes behind one interface: IndexedDB in browsers, memory in tests and Node. Knows nothing of collections. */
import type { ChromaError } from '../base/errors.js';

/** The object stores every backend has. Keys of `log` are integers from 1, those of the others are strings. */
export type StoreName = 'meta' | 'log' | 'manifest' | 'seg';
export const STORE_NAMES: readonly StoreName[] = ['meta', 'log', 'manifest', 'seg'];
export type StorageKey = string | number;

export interface StoragePut {
  store: StoreName;
  key: StorageKey;
  value: Uint8Array<ArrayBuffer>;
}

/** Deletes keys in [from, to], both included. */
export interface StorageDelete {
  store: StoreName;
  from: StorageKey;
  to: StorageKey;
}

export interface StorageBatch {
  /**
   * Compare and swap: the batch is applied only if this key holds exactly these bytes (null: holds nothing).
   * This is the fence that keeps a former owner from writing.
   */
  expect: { store: StoreName; key: StorageKey; value: Uint8Array | null };
  /** Values of at most 48 KiB, in `seg` and `manifest` of about 4 MiB, each in a buffer of its own; the backend keeps copies. */
  puts: StoragePut[];
  /** Done before the puts. */
  deletes: StorageDelete[];
}

export interface StorageEntry {
  key: StorageKey;
  value: Uint8Array<ArrayBuffer>;
}

export interface StorageEstimate {
  usageBytes: number | null;
  quotaBytes: number | null;
}

export interface StorageBackend {
  /** E.g. `indexeddb:kindex`, `memory`. */
  readonly name: string;
  /** @throws STORAGE_LOST · STORAGE_FAILED · CLOSED */
  read(store: StoreName, key: StorageKey): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Every entry with key > `after`, ascending, in batches of bounded bytes. @throws as `read` */
  list(store: StoreName, options?: { after?: StorageKey }): AsyncIterable<StorageEntry[]>;
  /** Every key, ascending, without its value. @throws as `read` */
  keys(store: StoreName): Promise<StorageKey[]>;
  /**
   * All or nothing; resolves only when the bytes are durable (`strict`) or handed over (`relaxed`).
   * @throws STORAGE_FENCED (expectation not met) · STORAGE_QUOTA · STORAGE_LOST · STORAGE_FAILED · CLOSED; nothing is stored then
   */
  commit(batch: StorageBatch, options: { durability: 'strict' | 'relaxed' }): Promise<void>;
  estimate(): Promise<StorageEstimate>;
  /** Asks to be told when the storage goes away by itself: every later call rejects with the same STORAGE_LOST. */
  onLost?(listener: (error: ChromaError) => void): void;
  /** Waits for commits in progress. Closing twice is fine. */
  close(): Promise<void>;
}
