/**
 * Ends the wait for a storage that does not answer: a tab frozen inside a transaction holds up every other one, and the
 * browser says nothing (SPEC.md S32).
 */
import { kindexError } from '../base/errors.js';
import type { ErrorCode } from '../base/errors.js';
import type { StorageBackend, StorageEntry } from '../storage/storage.js';

/** Of one operation: a transaction, or one batch of a list. Measured ones take under 1 s, on slow disks too. */
const PATIENCE_MS = 30_000;

/** `inner`, with STORAGE_BLOCKED for a read and STORAGE_LOST for a commit that takes too long: whether it was stored is not known. */
export function patientStorage(inner: StorageBackend, patienceMs: number = PATIENCE_MS): StorageBackend {
  const within = async <T>(doing: string, code: ErrorCode, work: Promise<T>): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const impatience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          kindexError(code, `Storage "${inner.name}" did not answer a ${doing} in ${patienceMs / 1000} s.`, {
            details: {
              storage: inner.name,
              doing,
              waitedMs: patienceMs,
              ...(code === 'STORAGE_LOST' && { reason: 'silent' }),
            },
            fix: 'Close other tabs of this site: one of them may be frozen in the middle of a transaction.',
          }),
        );
      }, patienceMs);
    });
    try {
      return await Promise.race([work, impatience]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    name: inner.name,
    read: (store, key) => within('read', 'STORAGE_BLOCKED', inner.read(store, key)),
    keys: (store) => within('list', 'STORAGE_BLOCKED', inner.keys(store)),
    async *list(store, options): AsyncGenerator<StorageEntry[]> {
      const batches = inner.list(store, options)[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await within('list', 'STORAGE_BLOCKED', batches.next());
        if (done) return;
        yield value;
      }
    },
    commit: (batch, options) => within('commit', 'STORAGE_LOST', inner.commit(batch, options)),
    estimate: () => inner.estimate(),
    onLost: (listener) => inner.onLost?.(listener),
    // It waits for commits, and one that hangs has been told.
    close: () => within('close', 'STORAGE_BLOCKED', inner.close()).catch(() => {}),
  };
}
