/** Which errors tell of damaged bytes. */
import { ChromaError } from '../base/errors.js';

/** True for bytes that are not what was stored; other errors say nothing about them. */
export function isDamage(error: unknown): error is ChromaError {
  return error instanceof ChromaError && error.code === 'FORMAT_CORRUPT';
}

/** As `isDamage`, or a value that the browser cannot read: a salvage goes on without it. */
export function isUnreadable(error: unknown): error is ChromaError {
  return isDamage(error) || (error instanceof ChromaError && error.code === 'STORAGE_FAILED');
}
