/** Deletes what imports have left that ended in the middle: at opening, and when a tab that imports is gone (SPEC.md S21). */
import { IMPORT_LOCK } from '../rpc/feed.js';
import { importOf, isStaged } from '../store/staged-name.js';
import type { Store } from '../store/store.js';

/** A running import holds a Web Lock of its own: whoever gets that lock knows that the import has ended, one way or the other. */
export class ImportSweeper {
  readonly #store: Pick<Store, 'sweepStaged'>;
  readonly #locks: LockManager | null;
  readonly #watched = new Set<string>();

  /** Without Web Locks there is one tab, and nothing goes on when it opens the store. */
  constructor(store: Pick<Store, 'sweepStaged'>, locks: LockManager | null) {
    this.#store = store;
    this.#locks = locks;
  }

  /** Never rejects: where it fails, the next opening tries again. */
  async sweep(): Promise<void> {
    try {
      const running = await this.#running();
      for (const id of running) this.#watch(id);
      // One that began while the locks were asked for is not in that answer.
      await this.#store.sweepStaged(new Set([...running, ...this.#watched]));
    } catch {
      // Nobody sees what is left, and every call tells the error itself.
    }
  }

  /** A collection of this name is being created. */
  note(name: unknown): void {
    if (typeof name === 'string' && isStaged({ name })) this.#watch(importOf({ name }));
  }

  #watch(id: string): void {
    if (!this.#locks || this.#watched.has(id)) return;
    this.#watched.add(id);
    this.#locks
      .request(IMPORT_LOCK + id, () => {
        this.#watched.delete(id);
      })
      .then(() => this.sweep())
      .catch(() => {
        // Refused where a page is being closed.
      });
  }

  /** Of this origin, in whatever tab. */
  async #running(): Promise<Set<string>> {
    const { held = [] } = (await this.#locks?.query()) ?? {};
    const names = held.map(({ name = '' }) => name);
    return new Set(
      names.filter((name) => name.startsWith(IMPORT_LOCK)).map((name) => name.slice(IMPORT_LOCK.length)),
    );
  }
}
