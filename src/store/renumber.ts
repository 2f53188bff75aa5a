/**
 * Brings neighbors of complete graphs together in memory, in a moment in which nobody waits: it is a pause that no slices make
 * shorter (docs/adr/0025). Nothing stored depends on it: graphs are stored by rows, which keep their numbers.
 */

/** Nobody has used the store for so long. */
const QUIET_MS = 2_000;

export interface Renumbered {
  /** False where there was nothing to do, at the cost of a few numbers. @throws RUNTIME_OUT_OF_MEMORY. Nothing is changed then. */
  renumberIfItPays(): boolean;
}

export interface RenumbererOptions {
  /** Looked up afresh each time. */
  collections: () => Iterable<Renumbered>;
  /** For how long nobody has used the store, ms; 0 while links are made or read. */
  quietFor: () => number;
  /** Default: 2 s. */
  quietMs?: number;
}

export class Renumberer {
  readonly #options: Required<RenumbererOptions>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;

  constructor(options: RenumbererOptions) {
    this.#options = { quietMs: QUIET_MS, ...options };
  }

  /** A graph is complete: looks what pays once it is quiet. */
  wake(): void {
    if (!this.#stopped) this.#timer ??= this.#after(this.#options.quietMs);
  }

  /** Nothing is moved after this. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #after(ms: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#look(), ms);
    // In Node it keeps no process alive.
    (timer as { unref?: () => void }).unref?.();
    return timer;
  }

  #look(): void {
    this.#timer = null;
    const { collections, quietFor, quietMs } = this.#options;
    const left = quietMs - quietFor();
    if (left > 0) {
      this.#timer = this.#after(left);
      return;
    }
    for (const collection of collections()) {
      if (!renumber(collection)) continue;
      // Calls that came meanwhile go before the next one.
      this.#timer = this.#after(quietMs / 4);
      return;
    }
  }
}

/** A graph that stays as it was is no failure. */
function renumber(collection: Renumbered): boolean {
  try {
    return collection.renumberIfItPays();
  } catch {
    return false;
  }
}
