/** Who has a wasm instance, and who would like one: browsers have room for about 120 memories in a process, however small they are. */
import { ChromaError, kindexError } from '../base/errors.js';

/**
 * So many go to whoever asks. The others are left for graphs and large indexes, for other stores of the process, and for whatever else
 * runs WebAssembly in it: a model, above all.
 */
const FOR_ALL = 64;

/** f32 components from which on an index may have one of the others: 4 MiB, which take 1.5 ms to compare without one. */
const LARGE_FLOATS = 2 ** 20;

/** Other stores of the process may have ended meanwhile, of which nobody here hears. */
const ASK_AGAIN_MS = 60_000;

export interface Wish {
  /** f32 components that are to be held. */
  floats: number;
  /** True for a graph, which there is none of without an instance. */
  urgent: boolean;
  /** `floats` when it was last refused by the engine; Infinity: never. */
  refusedAt: number;
}

export class Instances {
  /** Those that have been refused one and do without. */
  readonly waiting: Set<object> = new Set();
  #lent = 0;
  /** When an instance was refused, until one comes back: before each refusal V8 collects all garbage, several times. */
  #refused = -Infinity;
  readonly #now: () => number;

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** False: it would be refused, as far as can be known. What has grown to twice the size since its last refusal may ask again. */
  mayTake({ floats, urgent, refusedAt }: Wish): boolean {
    if (this.#lent >= FOR_ALL && !urgent && floats < LARGE_FLOATS) return false;
    return this.#now() - this.#refused > ASK_AGAIN_MS || floats >= 2 * refusedAt;
  }

  /** `make` takes an instance. To be given back. @throws what `make` throws, RUNTIME_OUT_OF_MEMORY above all */
  take<T>(make: () => T): T {
    try {
      const made = make();
      this.#lent++;
      this.#refused = -Infinity;
      return made;
    } catch (error) {
      if (isOutOfMemory(error)) this.#refused = this.#now();
      throw error;
    }
  }

  giveBack(): void {
    this.#lent--;
    this.#refused = -Infinity;
  }
}

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof ChromaError && error.code === 'RUNTIME_OUT_OF_MEMORY';
}

/** The error where an index cannot do without an instance; the caller throws it. */
export function noInstance(): Error {
  return kindexError('RUNTIME_OUT_OF_MEMORY', 'There is no memory for another index.');
}
