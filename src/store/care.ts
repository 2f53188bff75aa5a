/** What a store does about its storage beside reading and writing: the mark, the room, the damage it was opened with (SPEC.md S50–S53). */
import type { ChromaError } from '../base/errors.js';
import type { DamageNote, StoreState } from '../rpc/service.js';
import type { Checkpointer } from './checkpoint.js';
import type { MarkKeeper } from './mark-keeper.js';
import type { Room } from './room.js';
import type { WriteLog } from './write-log.js';

export interface StoreCareOptions {
  log: WriteLog;
  checkpointer: Checkpointer;
  room: Room;
  /** Null: the storage ends with the store. */
  keeper: MarkKeeper | null;
  damage: DamageNote[];
  /** What every write gets; null: it is stored. */
  readOnly: ChromaError | null;
}

export class StoreCare {
  /** Grows where more is found while the store is open. */
  readonly damage: DamageNote[];
  readonly #options: StoreCareOptions;
  #readOnly: ChromaError | null;
  #reclaiming: Promise<void> | null = null;
  #wasFull = false;

  constructor(options: StoreCareOptions) {
    this.#options = options;
    this.damage = options.damage;
    this.#readOnly = options.readOnly;
  }

  get state(): StoreState {
    if (this.#readOnly) return 'read-only';
    return this.#options.room.shortage === null ? 'ok' : 'full';
  }

  /** @throws STORAGE_READ_ONLY */
  checkWritable(): void {
    if (this.#readOnly) throw this.#readOnly;
  }

  /** Takes the store over as far as it is whole: what follows the damage is dropped. @throws as `WriteLog.takeOver` */
  async makeWritable(): Promise<void> {
    if (this.#readOnly === null) return;
    await this.#options.log.takeOver();
    await this.#options.log.cutOff();
    this.#readOnly = null;
    this.#options.checkpointer.held = false;
    await this.#options.checkpointer.sweep();
  }

  /** Something was stored: looks after room behind the calls. Returns at once. */
  afterWrite(): void {
    const { room, checkpointer } = this.#options;
    if (room.shortage !== null) {
      this.#wasFull = true;
      this.#reclaiming ??= this.#reclaim().finally(() => (this.#reclaiming = null));
    } else if (this.#wasFull) {
      this.#wasFull = false;
      checkpointer.retry();
    } else {
      void room.keep();
    }
  }

  /** What was deleted is freed, and the reserve is laid in again: that ends the shortage. Never rejects. */
  async #reclaim(): Promise<void> {
    const { room, checkpointer } = this.#options;
    try {
      // Else the reserve stays spent: it is what the next deletes are stored in.
      if (await checkpointer.reclaim(room.reserveBytes)) await room.keep();
    } catch {
      // Diagnostics tell of it; what else is deleted may make the room it lacks.
    }
    if (room.shortage === null) this.afterWrite();
  }

  warnings(): string[] {
    const { room, keeper } = this.#options;
    const { shortage } = room;
    return [
      ...this.damage.map(({ message }) => message),
      ...(shortage === null ? [] : [`The storage is full: ${shortage.message} Reads and deletes go on.`]),
      ...(keeper?.warning ? [keeper.warning] : []),
    ];
  }

  /** Nothing goes on behind the calls after this; what was acknowledged is durable, if the storage lets it. */
  async close(): Promise<void> {
    const { log, keeper } = this.#options;
    await this.#reclaiming;
    await log.flush().catch(() => {
      // Whoever needs to know calls `flush`.
    });
    if (this.#readOnly === null) await keeper?.settle();
  }
}
