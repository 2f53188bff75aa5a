/** Deletes what imports have left that ended in the middle: at opening, and when a tab that imports is gone (SPEC.md S21). */
import { IMPORT_LOCK } from '../rpc/feed.js';
import { importOf, isStaged } from '../store/staged-name.js';
import type { Store } from '../store/store.js';

interface ImportSweeperOptions {
  locks: LockManager | null;
  /** Without locks: asks every tab which imports go on. Default: they are asked over their channel. */
  ask?: (heard: (id: string) => void) => Promise<boolean>;
}

/** A running import holds a Web Lock of its own: whoever gets that lock knows that the import has ended, one way or the other. */
export class ImportSweeper {
  readonly #store: Pick<Store, 'sweepStaged'>;
  readonly #locks: LockManager | null;
  readonly #ask: (heard: (id: string) => void) => Promise<boolean>;
  readonly #watched = new Set<string>();
  readonly #closing = new AbortController();

  /** Without Web Locks the page that imports answers when it is asked: its worker may have ended, or its storage, and not the import. */
  constructor(store: Pick<Store, 'sweepStaged'>, { locks, ask }: ImportSweeperOptions) {
    this.#store = store;
    this.#locks = locks;
    this.#ask =
      ask ??
      (async (heard) => (await import('./running-imports.js')).askForImports(heard, this.#closing.signal));
  }

  /** Never rejects: where it fails, the next opening tries again. */
  async sweep(): Promise<void> {
    try {
      if (this.#locks) for (const id of await this.#running(this.#locks)) this.#watch(id);
      // Nobody can say what goes on: nothing is deleted.
      else if (!(await this.#ask((id) => this.#watched.add(id)))) return;
      // One that began while it was asked for is not in that answer.
      await this.#store.sweepStaged(new Set(this.#watched));
    } catch {
      // Nobody sees what is left, and every call tells the error itself.
    }
  }

  /** A collection of this name is being created. */
  note(name: unknown): void {
    if (typeof name === 'string' && isStaged({ name })) this.#watch(importOf({ name }));
  }

  /** Nothing is asked, and nothing deleted, any more. */
  close(): void {
    this.#closing.abort();
  }

  #watch(id: string): void {
    if (this.#watched.has(id)) return;
    this.#watched.add(id);
    this.#locks
      ?.request(IMPORT_LOCK + id, () => {
        this.#watched.delete(id);
      })
      .then(() => this.sweep())
      .catch(() => {
        // Refused where a page is being closed.
      });
  }

  /** Of this origin, in whatever tab. */
  async #running(locks: LockManager): Promise<string[]> {
    const { held = [] } = await locks.query();
    const names = held.map(({ name = '' }) => name);
    return names.filter((name) => name.startsWith(IMPORT_LOCK)).map((name) => name.slice(IMPORT_LOCK.length));
  }
}
