/**
 * When each error is thrown, one sentence per code: with the classes and fixes of errors.ts it makes docs/guide/errors.md.
 * Apart from errors.ts, because no page needs it at run time.
 */
import type { ErrorCode } from './errors.js';

export const ERROR_GUIDE: Readonly<Record<ErrorCode, string>> = {
  VALUE_ARGUMENT: 'An argument has the wrong type or shape.',
  VALUE_IDS: 'The ids are not a non-empty array of strings.',
  VALUE_EMPTY_ID: 'An id is the empty string.',
  VALUE_ILL_FORMED_TEXT:
    'An id, document or uri holds half of a surrogate pair, which no text encoding can store.',
  VALUE_DUPLICATE_IDS: 'One call names the same id twice.',
  VALUE_LENGTHS: 'The fields of a record set have different lengths, or one of them is empty.',
  VALUE_MISSING: 'Neither of two fields is given where one is needed.',
  VALUE_EMBEDDING: 'An embedding is not a non-empty list of numbers.',
  VALUE_NOT_FINITE: 'A vector component is NaN or infinite, or does not fit a 32-bit float.',
  VALUE_ZERO_VECTOR: 'A vector of zeros in a collection whose space is cosine: it has no direction.',
  VALUE_DIMENSION: 'A vector has another length than the collection, or than its neighbours in the call.',
  VALUE_DOCUMENT: 'A document or uri is not a string.',
  VALUE_METADATA: 'Metadata is empty, or a key or value is of a kind that cannot be stored.',
  VALUE_METADATA_KEY: 'A metadata key is empty, ill-formed, or starts with "#", "$" or "chroma:".',
  VALUE_METADATA_NUMBER: 'A number in metadata is NaN or infinite.',
  VALUE_N_RESULTS: 'nResults is not an integer from 1 to 2,147,483,647.',
  VALUE_LIMIT: 'limit or offset is not a non-negative integer, or not allowed in this call.',
  VALUE_INCLUDE: 'include names something a record does not have, or that this call cannot return.',
  VALUE_WHERE: 'where is not a condition on metadata: the message holds the path to the fault.',
  VALUE_WHERE_DOCUMENT:
    'whereDocument is not a condition on the text: the message holds the path to the fault.',
  VALUE_REGEX:
    'A pattern of $regex or $not_regex is malformed, too large, or uses what linear-time matching cannot express.',
  VALUE_SEARCH:
    'A part of a search is empty, out of range or unknown: an operator, a list of keys, a count, a weight.',
  VALUE_SEARCH_TYPE:
    'A part of a search is of the wrong kind: a limit, a key, a query vector, an operand, a filter.',
  VALUE_SCHEMA: 'A schema is asked for an index that a key cannot have, or its JSON is malformed.',
  VALUE_NAME: 'A collection, database or tenant name breaks the naming rules.',
  VALUE_READ_LEVEL: 'readLevel is none of the three values of ReadLevel.',
  VALUE_COLLECTION_ID: 'The id of a collection is not a UUID.',
  VALUE_BATCH_SIZE: 'One call carries more records than a batch may hold.',
  VALUE_CONFIGURATION: 'A configuration names an unknown key, or a value is out of range.',
  VALUE_CONFIGURATION_CONFLICT: 'Two parts of a configuration exclude each other.',
  VALUE_STORAGE: 'The storage option is none of the known forms, or not available here.',
  VALUE_DATABASE: 'A collection is to be created in a database that does not exist.',
  VALUE_INDEX_DISABLED: 'A filter needs an index that the schema of the collection turns off.',
  NOT_FOUND_TENANT: 'No tenant has this name.',
  NOT_FOUND_DATABASE: 'The tenant has no database of this name.',
  NOT_FOUND_COLLECTION: 'No collection has this name or id.',
  EXISTS_TENANT: 'A tenant of this name exists.',
  EXISTS_DATABASE: 'The tenant has a database of this name.',
  EXISTS_COLLECTION: 'A collection of this name exists.',
  EMBED_NO_FUNCTION: 'Text is given to a collection that has no embedding function.',
  EMBED_UNKNOWN_FUNCTION: 'The embedding function a collection remembers is not registered here.',
  EMBED_FAILED: 'The embedding function threw, or returned something that is not one vector per text.',
  EMBED_LOAD: 'A model file could not be fetched.',
  EMBED_INTEGRITY: 'A model file differs from the one this version was built with.',
  EMBED_CANARY:
    'The loaded model does not reproduce its reference vectors: its numbers cannot be trusted here.',
  EMBED_REVISION: 'A collection was embedded with another revision of the built-in model than the one here.',
  STORAGE_UNAVAILABLE:
    'The browser offers no usable IndexedDB here (blocked, opaque origin, or not a browser).',
  STORAGE_BLOCKED: 'Another tab or worker owns this store.',
  STORAGE_FENCED: 'Another owner has taken over the store; this one may no longer write.',
  STORAGE_QUOTA: 'The browser refused to store more; nothing of the write was kept.',
  STORAGE_LOST:
    'The database was deleted or closed by the browser: while it was open, or since, in which case an empty one lies in its place.',
  STORAGE_READ_ONLY:
    'The log is damaged in the middle: what was stored before is there to be read, and nothing is written.',
  STORAGE_FAILED: 'The platform reported a storage error of another kind.',
  FORMAT_CORRUPT: 'Stored bytes fail their checksum or contradict each other.',
  FORMAT_TOO_NEW: 'The store, or the snapshot, was written by a newer version than this one can read.',
  FORMAT_SNAPSHOT:
    'What is to be imported is no snapshot, or a damaged, truncated or forged one; the message says where. Nothing of it is stored.',
  RUNTIME_NO_WASM: 'The WebAssembly core could not be loaded or is not the one this version was built with.',
  RUNTIME_OUT_OF_MEMORY: 'The vectors do not fit the memory of the core.',
  RUNTIME_NOT_AVAILABLE: 'This version does not have what was called; a later one will.',
  RUNTIME_INTERNAL: 'Something failed that should not be able to fail.',
  WORKER_DIED:
    'The worker ended while a call was waiting, and so did those started after it; the call changed nothing.',
  OUTCOME_UNKNOWN:
    'Worker after worker ended while a write was waiting, or its storage went away and could not be opened again: it is stored as a whole or not at all, which of the two is not known.',
  TIMEOUT: 'A worker gave no sign of life for 20 seconds while a call waited, and was ended.',
  ABORTED: "The caller's `AbortSignal` ended a long call; the message says how far it came.",
  CLOSED: 'The client, store or index was used after close.',
};
