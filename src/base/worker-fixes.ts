/**
 * What to do about errors that only a worker's side throws, or code that a page loads on demand. Apart from errors.ts because pages
 * get them with the error.
 */
import { ChromaError, type ErrorCode } from './errors.js';

export const WORKER_FIXES: Readonly<Partial<Record<ErrorCode, string>>> = {
  VALUE_READ_LEVEL: 'Use a value of ReadLevel, or leave it out.',
  EMBED_REVISION: 'Add the documents to a new collection, or use the version of kindex that wrote this one.',
  VALUE_WHERE:
    'Write { field: { $eq: value } } with one field and one operator each; combine conditions with $and or $or.',
  VALUE_WHERE_DOCUMENT:
    "Write { $contains: 'text' } with one operator each; combine conditions with $and or $or.",
  VALUE_REGEX:
    'Correct the pattern at the position the message names; look-around and back-references are not available.',
  EMBED_LOAD: 'Serve the model file beside the application, or load it once while online.',
  EMBED_INTEGRITY: 'Clear the cached copy and serve the file that belongs to this version.',
  EMBED_CANARY: 'Report the browser and CPU; do not mix these vectors with stored ones.',
  VALUE_ZERO_VECTOR: 'Leave that record out, or use a collection with space l2.',
  VALUE_NOT_FINITE: 'Find out why the embedding function returned it; store finite numbers only.',
  VALUE_DATABASE: 'Create the database with AdminClient.createDatabase(), or leave tenant and database out.',
  VALUE_INDEX_DISABLED:
    'Filter on another key, or create the collection with a schema that leaves that index on.',
  VALUE_COLLECTION_ID: 'Use the id of a collection, or find it by name with getCollection().',
  NOT_FOUND_TENANT: 'Check the name, or create the tenant with AdminClient.createTenant().',
  NOT_FOUND_DATABASE: 'Check the name with AdminClient.listDatabases(), or create the database.',
  NOT_FOUND_COLLECTION: 'Check the name with listCollections(), or use getOrCreateCollection().',
  EXISTS_TENANT: 'Use the tenant that exists, or choose another name.',
  EXISTS_DATABASE: 'Use the database that exists, or choose another name.',
  EXISTS_COLLECTION: 'Choose another name, or use getOrCreateCollection().',
  STORAGE_UNAVAILABLE:
    "Allow storage for this site, or ask for storage: 'memory' and accept that nothing is kept.",
  STORAGE_BLOCKED: 'Close the other tab, or use another storage name.',
  STORAGE_FENCED: 'Reload this tab.',
  STORAGE_QUOTA: 'Delete records or collections, or ask the user for persistent storage.',
  STORAGE_LOST: 'Reload; restore from an export if the data is gone.',
  STORAGE_READ_ONLY: 'Export what is there, then call repair({ drop: true }) to give up the rest.',
  STORAGE_FAILED: 'See the cause; try again, then reload.',
  TIMEOUT:
    'Call again: the next call starts a new worker. A write may be stored already: repeat it with upsert.',
  FORMAT_CORRUPT:
    'Export what is whole with export({ salvage: true }), or restore from an export; nothing damaged is changed.',
  FORMAT_TOO_NEW: 'Update kindex; nothing was changed.',
  FORMAT_SNAPSHOT: 'Use another copy of the file, or export it again; nothing was stored.',
  RUNTIME_NO_WASM:
    "Serve core.wasm beside the worker, and allow 'wasm-unsafe-eval' in the content security policy.",
  RUNTIME_OUT_OF_MEMORY: 'Use fewer or shorter vectors, or split the collection.',
};

/** Gives an error its fix, where it has none of its own. Returns the same error. */
export function withFix(error: unknown): unknown {
  if (error instanceof ChromaError && error.fix === '') {
    Object.assign(error, { fix: WORKER_FIXES[error.code] ?? '' });
  }
  return error;
}
