/** What IndexedDB's exceptions mean, in codes of the catalogue. */
import { kindexError } from '../base/errors.js';
import type { ChromaError, ErrorDetails } from '../base/errors.js';

function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.message : String(error);
}

/** Of a failed opening. */
export function openError(storage: string, error: unknown): ChromaError {
  const name = nameOf(error);
  const details = { storage, error: name };
  switch (name) {
    case 'VersionError':
      return kindexError(
        'FORMAT_TOO_NEW',
        `The database of "${storage}" has a newer layout than this version knows, and is left as it is: ${messageOf(error)}`,
        {
          details,
          cause: error,
        },
      );
    case 'QuotaExceededError':
      return kindexError('STORAGE_QUOTA', `The browser has no room to open "${storage}".`, {
        details,
        cause: error,
      });
    case 'UnknownError': // damaged backing store, full disk: trying again may help
    case 'AbortError':
    case 'TimeoutError':
      return kindexError('STORAGE_FAILED', `Opening "${storage}" failed twice: ${messageOf(error)}`, {
        fix: 'Restart the browser; if it fails again, the data cannot be read: call reset() to begin a new store.',
        details,
        cause: error,
      });
    default:
      // SecurityError (opaque origin, blocked by policy), InvalidAccessError, InvalidStateError (private mode of old engines), absent.
      return kindexError('STORAGE_UNAVAILABLE', `"${storage}" cannot be opened here: ${messageOf(error)}`, {
        details,
        cause: error,
      });
  }
}

/** Of a read or commit on a connection that is still there. Chromium reports a full disk only as the transaction's abort. */
export function storageError(
  storage: string,
  doing: string,
  error: unknown,
  facts: ErrorDetails = {},
): ChromaError {
  const name = nameOf(error);
  const details = { storage, doing, error: name };
  if (name === 'QuotaExceededError') {
    return kindexError('STORAGE_QUOTA', `The browser has no room for this ${doing} in "${storage}".`, {
      details: { ...details, ...facts },
      cause: error,
    });
  }
  return kindexError('STORAGE_FAILED', `Storage "${storage}" failed to ${doing}: ${messageOf(error)}`, {
    details,
    cause: error,
  });
}

/** Why a connection is gone. */
export interface Loss {
  /** `upgrade`: a tab with a newer version asks for the database. `deleted`: somebody deletes it. `closed`: the browser did. */
  reason: 'upgrade' | 'deleted' | 'closed';
  why: string;
}

export const CLOSED_BY_BROWSER: Loss = {
  reason: 'closed',
  why: 'the browser closed it, and may have deleted the data with it',
};

/** True for an opening that may succeed at a second attempt. */
export function mayOpenLater(error: unknown): boolean {
  return ['UnknownError', 'AbortError', 'TimeoutError'].includes(nameOf(error));
}

/** True for what Chromium and Firefox say of a value whose bytes are gone, and of a connection that has gone bad. */
export function isUnreadable(error: unknown): boolean {
  return ['UnknownError', 'NotReadableError', 'DataError', 'InternalError'].includes(nameOf(error));
}

/** True for what Firefox says to a put after a transaction that found no room, and every engine of a connection that is gone. */
export function isRefusal(error: unknown): boolean {
  return nameOf(error) === 'InvalidStateError';
}

/** Of a value that a fresh connection could not read either. */
export function unreadableError(storage: string, at: ErrorDetails, error: unknown): ChromaError {
  return kindexError(
    'FORMAT_CORRUPT',
    `The browser cannot read ${String(at['key'])} of "${String(at['store'])}" in "${storage}": ${messageOf(error)}`,
    { details: { storage, ...at, what: 'unreadable', error: nameOf(error) }, cause: error },
  );
}

/** Of a connection that is gone. */
export function lostError(storage: string, { reason, why }: Loss, cause?: unknown): ChromaError {
  return kindexError('STORAGE_LOST', `The connection to "${storage}" is gone: ${why}.`, {
    details: { storage, reason },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** True when the browser has closed the connection: it then refuses new transactions with InvalidStateError. */
export function isConnectionGone(database: IDBDatabase): boolean {
  try {
    database.transaction('meta', 'readonly');
    return false;
  } catch (error) {
    return isRefusal(error);
  }
}
