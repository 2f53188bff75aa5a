/** Keeps the mark outside the database up to date behind the calls, and says what it means for what was opened (SPEC.md S50). */
import { kindexError } from '../base/errors.js';
import type { ChromaError } from '../base/errors.js';
import type { DamageNote } from '../rpc/service.js';
import type { FoundMark, Mark, StoreMarker } from '../storage/marker.js';

/** Writes in quick succession share one mark: a commit that no mark knows yet is at most so old. */
const DELAY_MS = 200;

export class MarkKeeper {
  readonly #marker: StoreMarker;
  readonly #now: () => Mark;
  readonly #delayMs: number;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  /** `now`: what is durable at this moment. */
  constructor(marker: StoreMarker, now: () => Mark, delayMs: number = DELAY_MS) {
    this.#marker = marker;
    this.#now = now;
    this.#delayMs = delayMs;
  }

  /** Something has become durable. Returns at once. */
  touch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, this.#delayMs);
  }

  /** Writes the mark now. A mark that cannot be written is no reason for a call to fail: `warning` tells of it. */
  async settle(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#write();
    await this.#writing;
  }

  /** Null while the mark is kept somewhere. */
  get warning(): string | null {
    return this.#failed
      ? 'No mark is kept outside the database (neither a private file nor a cache entry could be written): should the browser lose the store, it will look new.'
      : null;
  }

  #write(): void {
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#marker.write(this.#now());
        this.#failed = false;
      } catch {
        this.#failed = true;
      }
    });
  }
}

/** An empty database where a mark says that there was a store. */
export function lostStoreError(storage: string, { mark }: FoundMark): ChromaError {
  const what = mark === null ? 'a store' : `a store of ${mark.records} records`;
  return kindexError(
    'STORAGE_LOST',
    `The database of "${storage}" is empty, but ${what} was kept there: the browser has lost or removed it.`,
    {
      fix: "Restore from an export: call reset(), or open with ifLost: 'recreate', to begin a new store.",
      details: { storage, reason: 'missing', ...mark },
    },
  );
}

/** What lies there now, as the mark counts it. */
export type OpenedState = Pick<Mark, 'uuid' | 'epoch' | 'lastSeq' | 'generation'>;

/** Null: what was opened is not older than its mark. */
export function olderNote({ mark }: FoundMark, opened: OpenedState): DamageNote | null {
  if (mark === null) return null;
  if (mark.uuid !== opened.uuid) {
    return {
      effect: 'older',
      message: `Another store lies where one of ${mark.records} records was kept.`,
      details: { reason: 'other', was: mark.uuid, is: opened.uuid, records: mark.records },
    };
  }
  const older = (['epoch', 'lastSeq', 'generation'] as const).filter((key) => opened[key] < mark[key]);
  if (older.length === 0) return null;
  const missing = Math.max(0, mark.lastSeq - opened.lastSeq);
  return {
    effect: 'older',
    message: `The browser has put an older state of the database in place: at least ${missing} rows of the log that were durable are gone.`,
    details: { reason: 'older', marked: { ...mark }, found: { ...opened }, missingRows: missing },
  };
}
