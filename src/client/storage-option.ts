/** The `storage` option of a client: where its store lives. */
import { kindexError } from '../base/errors.js';

/** `indexeddb:NAME` is kept by the browser; `memory` (or `memory:NAME`) ends with the page or process. */
export type StorageOption = `indexeddb:${string}` | 'memory' | `memory:${string}`;

const FORM = /^(?:indexeddb:(?=.)|memory(?::(?=.)|$)).{0,200}$/u;

/** @throws VALUE_STORAGE */
export function checkStorage(storage: unknown): string {
  if (typeof storage === 'string' && FORM.test(storage) && storage.isWellFormed()) return storage;
  throw kindexError(
    'VALUE_STORAGE',
    `Storage must be 'indexeddb:NAME', 'memory' or 'memory:NAME', got '${String(storage)}'`,
    {
      details: { storage: String(storage) },
    },
  );
}
