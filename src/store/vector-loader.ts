/** Brings vectors that an opening has left in segments into memory, behind the calls, some segments at a time (SPEC.md S56). */
import { nextTask } from '../base/slices.js';
import type { CollectionState } from './collection-state.js';

/** The first answers after an opening go before. */
const DELAY_MS = 1_000;

export class VectorLoader {
  readonly #collections: Iterable<CollectionState>;
  readonly #onDone: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running: Promise<void> | null = null;
  #stopped = false;

  /** `onDone`: everything is there. It is called once, if anything was missing. */
  constructor(collections: Iterable<CollectionState>, onDone: () => void) {
    this.#collections = collections;
    this.#onDone = onDone;
    if (this.#waiting() === null) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, DELAY_MS);
  }

  /** Nothing is read after this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  #waiting(): CollectionState | null {
    for (const collection of this.#collections) if (collection.vectors.absent > 0) return collection;
    return null;
  }

  /** Never rejects: damage has ended the store, and what else fails is met again, and told, by the calls that need the vectors. */
  async #run(): Promise<void> {
    try {
      for (let next = this.#waiting(); next !== null && !this.#stopped; next = this.#waiting()) {
        await next.vectors.load();
        await nextTask();
      }
    } catch {
      return;
    }
    if (!this.#stopped) this.#onDone();
  }
}
