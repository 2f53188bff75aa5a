/**
 * Whether the disk itself has room, which neither a quota nor `estimate()` tells of. Asked before Chromium opens a database that may have
 * met the end of the disk: what it left torn there, an opening without room costs (SPEC.md S64, docs/adr/0038-no-opening-without-room.md).
 */
import { kindexError } from '../base/errors.js';
import { isChromium } from './engines.js';

/** What an opening may write at once: the table of a log of 4 MiB, and as much again when tables are merged. */
const ROOM_BYTES = 8 * 1024 ** 2;

/**
 * There, empty, from when a disk was found full until it is found to have room; left too by a tab that ended while it asked. A Web Lock
 * of the same name lets one ask at a time: who finds room removes the file, also from under one who writes to it.
 */
export const ROOM_FILE = 'kindex-room';

/** An answer takes 5–130 ms. */
const PATIENCE_MS = 5_000;

/** How long a refusal holds: each call to a store that is not open asks. */
const FRESH_MS = 250;

/** TypeScript knows sync access handles in its worker library only. */
interface SyncHandle {
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  close(): void;
}

export interface DiskRoomOptions {
  /** Default: the platform's; undefined where there is none. */
  storage?: StorageManager | undefined;
  /** What the engine calls itself. Default: the platform's. */
  userAgent?: string;
  /** Default: the platform's; undefined where there are none: one tab alone has the store then. */
  locks?: LockManager | undefined;
  /** Default 8 MiB. */
  bytes?: number;
  /** How long to wait for another tab that asks. Default 5,000 ms. */
  patienceMs?: number;
}

/** The disk under a storage, as one worker knows it. */
export class DiskRoom {
  readonly #name: string;
  readonly #storage: StorageManager | undefined;
  readonly #locks: LockManager | undefined;
  readonly #bytes: number;
  readonly #patienceMs: number;
  readonly #isAsked: boolean;
  #isSuspect = false;
  #refusedAt = -Infinity;

  /** @param name of the storage, for errors */
  constructor(name: string, options: DiskRoomOptions = {}) {
    const {
      storage = globalThis.navigator?.storage,
      locks = globalThis.navigator?.locks,
      userAgent,
    } = options;
    this.#name = name;
    this.#storage = storage;
    this.#locks = locks;
    this.#bytes = options.bytes ?? ROOM_BYTES;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#isAsked = isChromium(userAgent);
  }

  /** The browser has closed the database, or did not open it. A full disk is one of the reasons. */
  suspect(): void {
    this.#isSuspect = true;
  }

  /**
   * Before the database is opened. Costs a look for a file (2 ms) unless there is reason for suspicion. Passes where nobody can say:
   * in other engines, outside of workers, without private files, near the quota.
   * @throws STORAGE_QUOTA while the disk is full
   */
  async check(): Promise<void> {
    if (!this.#isAsked || !this.#storage) return;
    if (performance.now() - this.#refusedAt >= FRESH_MS) {
      if (await this.#isThere(this.#storage)) {
        this.#isSuspect = false;
        return;
      }
      this.#isSuspect = true;
      this.#refusedAt = performance.now();
    }
    throw kindexError(
      'STORAGE_QUOTA',
      `The disk has no room: "${this.#name}" is not opened before there is, because opening it now could cost the data.`,
      {
        fix: 'Free some space on the disk, then call again; nothing is lost.',
        details: { storage: this.#name, doing: 'open', neededBytes: this.#bytes },
      },
    );
  }

  async #isThere(storage: StorageManager): Promise<boolean> {
    try {
      const folder = await storage.getDirectory();
      if (!this.#isSuspect && !(await isNamed(folder))) return true;
      const ask = () => this.#ask(folder);
      const signal = AbortSignal.timeout(this.#patienceMs);
      return await (this.#locks?.request(ROOM_FILE, { signal }, ask) ?? ask());
    } catch (error) {
      // The file itself found no place. Anything else says nothing.
      return !isNoRoom(error);
    }
  }

  /** @throws DOMException or TypeError where it cannot be tried */
  async #ask(folder: FileSystemDirectoryHandle): Promise<boolean> {
    const file = (await folder.getFileHandle(ROOM_FILE, { create: true })) as FileSystemFileHandle & {
      createSyncAccessHandle(): Promise<SyncHandle>;
    };
    const access = await file.createSyncAccessHandle();
    let isThere: boolean;
    try {
      // The quota refuses that a file grows, the disk that it is written: the other way round nobody could tell them apart.
      isThere = !grows(access, this.#bytes) || isWritten(access, this.#bytes);
    } finally {
      access.truncate(0);
      access.close();
    }
    if (isThere) await folder.removeEntry(ROOM_FILE);
    return isThere;
  }
}

async function isNamed(folder: FileSystemDirectoryHandle): Promise<boolean> {
  try {
    await folder.getFileHandle(ROOM_FILE);
    return true;
  } catch {
    return false;
  }
}

/** Takes no room where files may have holes. On a disk where they may not, this is refused as by a quota, and nobody can say. */
function grows(access: SyncHandle, bytes: number): boolean {
  return isDone(() => access.truncate(bytes));
}

/** The bytes need not reach the disk: file systems refuse at the write. */
function isWritten(access: SyncHandle, bytes: number): boolean {
  const piece = new Uint8Array(Math.min(bytes, 1024 ** 2)).fill(1);
  for (let at = 0; at < bytes; at += piece.length) {
    if (!isDone(() => access.write(piece, { at }) === piece.length)) return false;
  }
  return true;
}

/** False when it is refused for want of room. */
function isDone(work: () => boolean | void): boolean {
  try {
    return work() ?? true;
  } catch (error) {
    if (isNoRoom(error)) return false;
    throw error;
  }
}

function isNoRoom(error: unknown): boolean {
  return (error as Error).name === 'QuotaExceededError';
}
