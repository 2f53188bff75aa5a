/** Counts signs of life while something is waited for: silence ends a wait, work never does. Counts turns and no clock, because a page may be frozen. */

/** How often a leader is asked while a call waits. */
export const LEADER_PING_MS = 2_000;

/** So many questions without an answer mean death. */
const MISSES = 3;

export interface LivenessOptions {
  everyMs: number;
  /** False: there is nothing to wait for, and nobody is asked. */
  waits: () => boolean;
  /** Asks for a sign of life; `heard` is told of it. */
  ask: () => void;
  /** After three questions in vain; asking goes on. */
  dead: () => void;
}

export class Liveness {
  readonly #options: LivenessOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #missed = 0;
  /** Nobody is taken for dead meanwhile. */
  paused = false;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** Asks from now on, as long as something waits. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#missed = 1;
    this.#options.ask();
    this.#wait();
  }

  heard(): void {
    this.#missed = 0;
  }

  #tick(): void {
    this.#timer = undefined;
    const { waits, ask, dead } = this.#options;
    if (!waits()) return;
    if (this.#missed >= MISSES && !this.paused) {
      this.#missed = 0;
      dead();
    } else {
      ask();
      this.#missed += 1;
    }
    this.#wait();
  }

  /** A little longer each time by chance: of several that wait, one is the first to lose patience, and the others hear of it. */
  #wait(): void {
    const { everyMs } = this.#options;
    this.#timer = setTimeout(() => this.#tick(), everyMs * (1 + Math.random() / 8));
  }
}
