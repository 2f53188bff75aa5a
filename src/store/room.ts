/** Room in the storage: whether it is used up, and a reserve that is given up so that deletes can still be stored (SPEC.md S53). */
import { ChromaError } from '../base/errors.js';
import type { WriteLog } from './write-log.js';

/** Key in the object store `meta`. */
export const RESERVE_KEY = 'reserve';

/** From so much log on a reserve is kept: a store that holds less has little to delete. */
const RESERVE_FROM_BYTES = 256 * 1024;

export interface RoomOptions {
  log: WriteLog;
  /** Of the reserve; 0: none is kept. */
  reserveBytes: number;
  /** True: one is stored already. */
  reserved: boolean;
}

export class Room {
  readonly #log: WriteLog;
  readonly reserveBytes: number;
  #reserved: boolean;
  #keeping: Promise<void> | null = null;
  /** Size of the log from which on the reserve is tried again. */
  #tryAt = RESERVE_FROM_BYTES;
  #shortage: ChromaError | null = null;

  constructor({ log, reserveBytes, reserved }: RoomOptions) {
    this.#log = log;
    this.reserveBytes = reserveBytes;
    this.#reserved = reserved;
  }

  /** The last refusal; null while there is room. */
  get shortage(): ChromaError | null {
    return this.#shortage;
  }

  /** A write found no room. */
  noteShortage(error: ChromaError): void {
    this.#shortage = error;
  }

  /** A write was stored. */
  noteRoom(): void {
    this.#shortage = null;
  }

  /** Does `work`, which stores something; where that finds no room, once more in place of the reserve. @throws as `work` */
  async spending(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.noteShortage(error);
      if (!(await this.#spend())) throw error;
      await work();
    }
  }

  /** Gives the reserve up; true when there was one. @throws as `WriteLog.store` */
  async #spend(): Promise<boolean> {
    await this.#keeping;
    if (!this.#reserved) return false;
    // A transaction that only deletes needs no room.
    await this.#log.store({ puts: [], deletes: [{ store: 'meta', from: RESERVE_KEY, to: RESERVE_KEY }] });
    this.#reserved = false;
    return true;
  }

  /** Stores the reserve where it is missing, which also proves that there is room again. Never rejects. */
  async keep(): Promise<void> {
    const missing = this.reserveBytes > 0 && !this.#reserved;
    const wanted = this.#shortage !== null || this.#log.pending.bytes >= this.#tryAt;
    if (missing && wanted) this.#keeping ??= this.#store().finally(() => (this.#keeping = null));
    await this.#keeping;
  }

  async #store(): Promise<void> {
    try {
      const value = noise(this.reserveBytes);
      await this.#log.store({ puts: [{ store: 'meta', key: RESERVE_KEY, value }], deletes: [] });
      this.#reserved = true;
      this.#shortage = null;
    } catch {
      // Whatever is wrong with the storage shows at the next write; too little room shows as a missing reserve alone.
      this.#tryAt = this.#log.pending.bytes + this.reserveBytes;
    }
  }
}

export function isShortage(error: unknown): error is ChromaError {
  return error instanceof ChromaError && error.code === 'STORAGE_QUOTA';
}

/** Bytes that no storage can press together, the same every time. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 0x9e37_79b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
