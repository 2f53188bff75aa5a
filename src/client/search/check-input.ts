/** How the Search builders tell a caller that an argument does not fit: chromadb's classes and words, our codes and details. */
import { kindexError, type ChromaError } from '../../base/errors.js';

/** Made of braces or parsed from JSON: no array, no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** For an argument of the wrong kind, where chromadb throws a `TypeError`; `got` ends up in `details`, shortened. */
export function wrongType(message: string, got: unknown, cause?: unknown): ChromaError {
  return kindexError('VALUE_SEARCH_TYPE', message, {
    details: { got: describe(got) },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** For an argument of the right kind that is empty, unknown or out of range, where chromadb throws a plain `Error`. */
export function wrongValue(message: string, fix?: string): ChromaError {
  return kindexError('VALUE_SEARCH', message, fix === undefined ? {} : { fix });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'object' : String(value).slice(0, 60);
}
