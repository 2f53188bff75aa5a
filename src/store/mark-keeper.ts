/** Keeps the mark outside the database up to date behind the calls (SPEC.md S50). */
import type { Mark, StoreMarker } from '../storage/marker.js';

/** A timer so late has slept with its page, and another owner may be at work by now. */
const LATE_MS = 1_000;

/** Writes in quick succession share one mark: a commit that no mark knows yet is at most so old. */
const DELAY_MS = 200;

export class MarkKeeper {
  readonly #marker: StoreMarker;
  readonly #now: () => Mark | null;
  readonly #delayMs: number;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;
  #wrote = false;

  /** `now`: what is durable at this moment; null: the storage is known to be another owner's. */
  constructor(marker: StoreMarker, now: () => Mark | null, delayMs: number = DELAY_MS) {
    this.#marker = marker;
    this.#now = now;
    this.#delayMs = delayMs;
  }

  /** Something has become durable. Returns at once. */
  touch(): void {
    // The steady clock: the other may be set back while the page sleeps.
    const due = performance.now() + this.#delayMs;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write({ asks: performance.now() - due > LATE_MS });
    }, this.#delayMs);
  }

  /** Writes the mark now, unless it is another owner's by now. A mark that cannot be written is no reason for a call to fail: `warning` tells of it. */
  async settle(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#write({ asks: true });
    await this.#writing;
  }

  /** Null while the mark is kept somewhere. */
  get warning(): string | null {
    return this.#failed
      ? 'No mark is kept outside the database (neither a private file nor a cache entry could be written): should the browser lose the store, it will look new.'
      : null;
  }

  /** True when the mark is a later owner's. What lay there before this one wrote says nothing: it may be of what was lost. */
  async #isOfAnother(own: Mark): Promise<boolean> {
    const found = this.#wrote ? await this.#marker.read() : null;
    return !!found?.mark && (found.mark.uuid !== own.uuid || found.mark.epoch > own.epoch);
  }

  #write({ asks }: { asks: boolean }): void {
    this.#writing = this.#writing.then(async () => {
      try {
        const mark = this.#now();
        if (mark === null || (asks && (await this.#isOfAnother(mark)))) return;
        await this.#marker.write(mark);
        this.#wrote = true;
        this.#failed = false;
      } catch {
        this.#failed = true;
      }
    });
  }
}

/** What lies there now, as the mark counts it. */
export type OpenedState = Pick<Mark, 'uuid' | 'epoch' | 'lastSeq' | 'generation'>;

/** Numbers that were higher when the mark was written; another store has none. */
export function olderNumbers(mark: Mark, opened: OpenedState): ('epoch' | 'lastSeq' | 'generation')[] {
  return (['epoch', 'lastSeq', 'generation'] as const).filter((key) => opened[key] < mark[key]);
}
