/**
 * The index grows behind the writes: rows that no graph has linked yet are linked in slices between the calls, so that
 * a query never waits longer than one slice. What is not linked is found all the same, by the scan.
 */
import { asKindexError, type ChromaError } from '../base/errors.js';
import { nextTask } from '../base/slices.js';

/** Distances in one slice: 1–2 ms at 384 dimensions (0.1 µs each, from memory), a small part of what a query may wait. */
const SLICE_DISTANCES = 15_000;

/** After a call the next one often follows at once: the builder stays out of its way for so long. */
const QUIET_MS = 4;
/** So long at most between two slices: building ends under any load. */
const HOLD_BACK_MS = 24;

/** Want of memory may pass: a collection that found none is tried again by the first write after so long. */
const RETRY_MS = 10_000;

/** Something with an index that may lag behind its rows. */
export interface Indexed {
  /** For diagnostics. */
  readonly name?: string;
  /** Works for about `distances` distances; true when nothing is left to do. @throws RUNTIME_OUT_OF_MEMORY · RUNTIME_INTERNAL */
  buildIndex(distances: number): boolean;
}

export interface IndexBuilderOptions {
  /** All that may need work, looked up afresh for each slice. */
  indexed: () => Iterable<Indexed>;
  /** Lets other calls go first. Default: the next task. */
  pause?: () => Promise<void>;
  sliceDistances?: number;
  /** Called whenever nothing is left to link. */
  onDone?: () => void;
}

export class IndexBuilder {
  readonly #options: Required<IndexBuilderOptions>;
  #running: Promise<void> | null = null;
  #stopped = false;
  #lastCall = -Infinity;
  /** What was given up, each alone. */
  readonly #failures = new WeakMap<Indexed, { error: ChromaError; at: number }>();
  /** Those for whom no slice may run, and slices that wait for them. */
  #holds = 0;
  #waiting: (() => void)[] = [];

  constructor(options: IndexBuilderOptions) {
    this.#options = { pause: nextTask, sliceDistances: SLICE_DISTANCES, onDone: () => {}, ...options };
  }

  /** What is built no further, and why; searches of it are exact but slower from then on. Of what is gone nothing is told. */
  get failures(): { name: string | undefined; error: ChromaError }[] {
    return [...this.#options.indexed()].flatMap((indexed) => {
      const failure = this.#failures.get(indexed);
      return failure ? [{ name: indexed.name, error: failure.error }] : [];
    });
  }

  /** For how long nobody has used the store, ms; 0 while rows are linked or somebody holds the builder. */
  get quietMs(): number {
    return this.#running === null && this.#holds === 0 ? performance.now() - this.#lastCall : 0;
  }

  /** Something was written: goes on, or begins, unless stopped. `freed`: memory may have come back. Returns at once. */
  wake(freed = false): void {
    if (this.#stopped) return;
    for (const indexed of this.#options.indexed()) {
      const failure = this.#failures.get(indexed);
      if (failure?.error.code !== 'RUNTIME_OUT_OF_MEMORY') continue;
      if (freed || performance.now() - failure.at >= RETRY_MS) this.#failures.delete(indexed);
    }
    this.#running ??= this.#run();
  }

  /** Somebody uses the store now: calls in quick succession go before slices. */
  noteCall(): void {
    this.#lastCall = performance.now();
  }

  /** No slice runs until what this returns is called. */
  hold(): () => void {
    this.#holds += 1;
    return () => {
      this.#holds -= 1;
      if (this.#holds === 0) this.#letGo();
    };
  }

  #letGo(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves when nothing is left to link. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** No slice begins after this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#letGo();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      let done = false;
      while (!done) {
        await this.#options.pause();
        await this.#holdBack();
        while (this.#holds > 0 && !this.#stopped)
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        if (this.#stopped) break;
        done = this.#slice();
      }
      if (done) this.#options.onDone();
    } finally {
      this.#running = null;
    }
  }

  async #holdBack(): Promise<void> {
    const since = performance.now();
    for (;;) {
      const now = performance.now();
      if (this.#stopped || now - this.#lastCall >= QUIET_MS || now - since >= HOLD_BACK_MS) return;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
  }

  /** One slice for the first that has work: one collection after the other, never two at once. */
  #slice(): boolean {
    for (const indexed of this.#options.indexed()) {
      if (this.#failures.has(indexed)) continue;
      try {
        if (!indexed.buildIndex(this.#options.sliceDistances)) return false;
      } catch (error) {
        const failure = { error: asKindexError(error, 'building an index'), at: performance.now() };
        this.#failures.set(indexed, failure);
      }
    }
    return true;
  }
}
