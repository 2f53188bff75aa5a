/** Deleting a database of IndexedDB as a whole: the way out of one that cannot be opened, loaded only then. */
import { deleteDB } from 'idb';
import { ChromaError, kindexError } from '../base/errors.js';
import { openError } from './indexeddb-errors.js';

/** A tab that has it open is asked to let go at once; one that does not in this time will not. */
const BLOCKED_MS = 3_000;

/**
 * Deletes the database, damaged or not. Whoever has it open is asked to let go.
 * @throws STORAGE_UNAVAILABLE · STORAGE_BLOCKED when somebody does not · STORAGE_FAILED
 */
export async function deleteIndexedDbStorage(name: string, blockedMs: number = BLOCKED_MS): Promise<void> {
  const storage = `indexeddb:${name}`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const blocked = (): void => {
        timer = setTimeout(() => {
          const message = `"${storage}" was not deleted: another tab keeps it open.`;
          reject(kindexError('STORAGE_BLOCKED', message, { details: { storage, waitedMs: blockedMs } }));
        }, blockedMs);
      };
      deleteDB(name, { blocked }).then(resolve, reject);
    });
  } catch (error) {
    throw error instanceof ChromaError ? error : openError(storage, error);
  } finally {
    clearTimeout(timer);
  }
}
