/**
 * Every error kindex throws: one catalogue from code to class, meaning and remedy.
 * Class names are chromadb's, so that existing `instanceof` checks work; unlike there, all share `ChromaError`.
 */

/** Codes are API: added freely, never renamed. */
export type ErrorCode = keyof typeof ERRORS;

/** JSON-able facts about the fault: the values, the position, the limit. */
export type ErrorDetails = Record<string, unknown>;

export interface ErrorInit {
  /** What to do, one sentence; the catalogue's own when not given. */
  fix?: string;
  details?: ErrorDetails;
  cause?: unknown;
}

/** Base of everything kindex throws. `message` tells what happened with the values, `fix` what to do. */
export class ChromaError extends Error {
  readonly code: ErrorCode;
  readonly fix: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, init: ErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = new.target.name;
    this.code = code;
    this.fix = init.fix ?? ERRORS[code].fix;
    this.details = init.details ?? {};
  }

  /** `ChromaTypeError` descends from `TypeError` and still counts as a `ChromaError`; subclasses keep the plain rule. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return super[Symbol.hasInstance](value) || (this === ChromaError && value instanceof ChromaTypeError);
  }
}

/** A `TypeError` where chromadb throws one, with all that a `ChromaError` carries; `instanceof` says yes to both. */
export class ChromaTypeError extends TypeError {
  override readonly name: string = 'ChromaTypeError';
  readonly code: ErrorCode;
  readonly fix: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, init: ErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.fix = init.fix ?? ERRORS[code].fix;
    this.details = init.details ?? {};
  }
}

export class ChromaValueError extends ChromaError {
  override readonly name: string = 'ChromaValueError';
}
export class ChromaClientError extends ChromaError {
  override readonly name: string = 'ChromaClientError';
}
export class ChromaServerError extends ChromaError {
  override readonly name: string = 'ChromaServerError';
}
export class ChromaConnectionError extends ChromaError {
  override readonly name: string = 'ChromaConnectionError';
}
export class ChromaNotFoundError extends ChromaError {
  override readonly name: string = 'ChromaNotFoundError';
}
export class ChromaUniqueError extends ChromaError {
  override readonly name: string = 'ChromaUniqueError';
}
export class ChromaQuotaExceededError extends ChromaError {
  override readonly name: string = 'ChromaQuotaExceededError';
}
export class InvalidArgumentError extends ChromaError {
  override readonly name: string = 'InvalidArgumentError';
}

const CLASSES = {
  value: ChromaValueError,
  client: ChromaClientError,
  server: ChromaServerError,
  connection: ChromaConnectionError,
  notFound: ChromaNotFoundError,
  unique: ChromaUniqueError,
  quota: ChromaQuotaExceededError,
  argument: InvalidArgumentError,
  type: ChromaTypeError,
} as const;

/** code → class, when it is thrown, default fix. docs/guide/errors.md is written from this table. */
export const ERRORS = {
  VALUE_ARGUMENT: {
    class: 'value',
    when: 'An argument has the wrong type or shape.',
    fix: 'Pass a value of the type the message names.',
  },
  VALUE_IDS: {
    class: 'value',
    when: 'The ids are not a non-empty array of strings.',
    fix: 'Pass an array with one non-empty string per record.',
  },
  VALUE_EMPTY_ID: {
    class: 'client',
    when: 'An id is the empty string.',
    fix: 'Give every record an id of at least one character.',
  },
  VALUE_ILL_FORMED_TEXT: {
    class: 'value',
    when: 'An id, document or uri holds half of a surrogate pair, which no text encoding can store.',
    fix: 'Cut strings between characters, or repair them with text.toWellFormed() first.',
  },
  VALUE_DUPLICATE_IDS: {
    class: 'value',
    when: 'One call names the same id twice.',
    fix: 'Remove the duplicates, or write them in separate calls.',
  },
  VALUE_LENGTHS: {
    class: 'value',
    when: 'The fields of a record set have different lengths, or one of them is empty.',
    fix: 'Pass one entry per id in every field.',
  },
  VALUE_MISSING: {
    class: 'value',
    when: 'Neither of two fields is given where one is needed.',
    fix: 'Give one of the fields the message names.',
  },
  VALUE_EMBEDDING: {
    class: 'value',
    when: 'An embedding is not a non-empty list of numbers.',
    fix: 'Pass each embedding as an array of numbers or a Float32Array.',
  },
  VALUE_NOT_FINITE: {
    class: 'client',
    when: 'A vector component is NaN or infinite, or does not fit a 32-bit float.',
    fix: 'Find out why the embedding function returned it; store finite numbers only.',
  },
  VALUE_ZERO_VECTOR: {
    class: 'client',
    when: 'A vector of zeros in a collection whose space is cosine: it has no direction.',
    fix: 'Leave that record out, or use a collection with space l2.',
  },
  VALUE_DIMENSION: {
    class: 'client',
    when: 'A vector has another length than the collection, or than its neighbours in the call.',
    fix: 'Embed with the function this collection was created with, or create a new collection.',
  },
  VALUE_DOCUMENT: {
    class: 'value',
    when: 'A document or uri is not a string.',
    fix: 'Pass one string per record.',
  },
  VALUE_METADATA: {
    class: 'value',
    when: 'Metadata is empty, or a key or value is of a kind that cannot be stored.',
    fix: 'Use strings, finite numbers, booleans, sparse vectors or non-empty lists of one scalar type.',
  },
  VALUE_METADATA_KEY: {
    class: 'client',
    when: 'A metadata key is empty, ill-formed, or starts with "#", "$" or "chroma:".',
    fix: 'Rename the key; those beginnings are reserved.',
  },
  VALUE_METADATA_NUMBER: {
    class: 'client',
    when: 'A number in metadata is NaN or infinite.',
    fix: 'Store finite numbers, or leave the key out.',
  },
  VALUE_N_RESULTS: {
    class: 'value',
    when: 'nResults is not an integer from 1 to 2,147,483,647.',
    fix: 'Ask for at least 1 result; more than there are returns all.',
  },
  VALUE_LIMIT: {
    class: 'client',
    when: 'limit or offset is not a non-negative integer, or not allowed in this call.',
    fix: 'Pass a non-negative integer.',
  },
  VALUE_INCLUDE: {
    class: 'value',
    when: 'include names something a record does not have, or that this call cannot return.',
    fix: 'Use documents, embeddings, metadatas, uris, and distances in query.',
  },
  VALUE_WHERE: {
    class: 'value',
    when: 'where is not a condition on metadata: the message holds the path to the fault.',
    fix: 'Write { field: { $eq: value } } with one field and one operator each; combine conditions with $and or $or.',
  },
  VALUE_WHERE_DOCUMENT: {
    class: 'value',
    when: 'whereDocument is not a condition on the text: the message holds the path to the fault.',
    fix: "Write { $contains: 'text' } with one operator each; combine conditions with $and or $or.",
  },
  VALUE_REGEX: {
    class: 'value',
    when: 'A pattern of $regex or $not_regex is malformed, too large, or uses what linear-time matching cannot express.',
    fix: 'Correct the pattern at the position the message names; look-around and back-references are not available.',
  },
  VALUE_SEARCH: {
    class: 'value',
    when: 'A part of a search is empty, out of range or unknown: an operator, a list of keys, a count, a weight.',
    fix: 'Correct the part of the search that the message names.',
  },
  VALUE_SEARCH_TYPE: {
    class: 'type',
    when: 'A part of a search is of the wrong kind: a limit, a key, a query vector, an operand, a filter.',
    fix: 'Pass a value of the kind the message names.',
  },
  VALUE_SCHEMA: {
    class: 'value',
    when: 'A schema is asked for an index that a key cannot have, or its JSON is malformed.',
    fix: 'Give the index configuration together with a key that may have it.',
  },
  VALUE_NAME: {
    class: 'client',
    when: 'A collection, database or tenant name breaks the naming rules.',
    fix: 'Use 3–512 characters of [a-zA-Z0-9._-], first and last alphanumeric, no "..", not an IP address.',
  },
  VALUE_BATCH_SIZE: {
    class: 'value',
    when: 'One call carries more records than a batch may hold.',
    fix: 'Split the records into batches of at most getMaxBatchSize().',
  },
  VALUE_CONFIGURATION: {
    class: 'client',
    when: 'A configuration names an unknown key, or a value is out of range.',
    fix: 'Correct the key or value the message names.',
  },
  VALUE_CONFIGURATION_CONFLICT: {
    class: 'value',
    when: 'Two parts of a configuration exclude each other.',
    fix: 'Give one of them.',
  },
  VALUE_STORAGE: {
    class: 'value',
    when: 'The storage option is none of the known forms, or not available here.',
    fix: "Use 'indexeddb:NAME' in browsers or 'memory' anywhere.",
  },
  NOT_FOUND_COLLECTION: {
    class: 'notFound',
    when: 'No collection has this name or id.',
    fix: 'Check the name with listCollections(), or use getOrCreateCollection().',
  },
  EXISTS_COLLECTION: {
    class: 'unique',
    when: 'A collection of this name exists.',
    fix: 'Choose another name, or use getOrCreateCollection().',
  },
  EMBED_NO_FUNCTION: {
    class: 'value',
    when: 'Text is given to a collection that has no embedding function.',
    fix: 'Pass embeddings, or get the collection with an embeddingFunction.',
  },
  EMBED_UNKNOWN_FUNCTION: {
    class: 'value',
    when: 'The embedding function a collection remembers is not registered here.',
    fix: 'Pass embeddingFunction to getCollection(), or register its class first.',
  },
  EMBED_FAILED: {
    class: 'server',
    when: 'The embedding function threw, or returned something that is not one vector per text.',
    fix: 'See the cause; nothing was stored.',
  },
  EMBED_LOAD: {
    class: 'connection',
    when: 'A model file could not be fetched.',
    fix: 'Serve the model file beside the application, or load it once while online.',
  },
  EMBED_INTEGRITY: {
    class: 'server',
    when: 'A model file differs from the one this version was built with.',
    fix: 'Clear the cached copy and serve the file that belongs to this version.',
  },
  EMBED_CANARY: {
    class: 'server',
    when: 'The loaded model does not reproduce its reference vectors: its numbers cannot be trusted here.',
    fix: 'Report the browser and CPU; do not mix these vectors with stored ones.',
  },
  EMBED_REVISION: {
    class: 'value',
    when: 'A collection was embedded with another revision of the built-in model than the one here.',
    fix: 'Add the documents to a new collection, or use the version of kindex that wrote this one.',
  },
  STORAGE_UNAVAILABLE: {
    class: 'connection',
    when: 'The browser offers no usable IndexedDB here (blocked, opaque origin, or not a browser).',
    fix: "Allow storage for this site, or ask for storage: 'memory' and accept that nothing is kept.",
  },
  STORAGE_BLOCKED: {
    class: 'connection',
    when: 'Another tab or worker owns this store.',
    fix: 'Close the other tab, or use another storage name.',
  },
  STORAGE_FENCED: {
    class: 'connection',
    when: 'Another owner has taken over the store; this one may no longer write.',
    fix: 'Reload this tab.',
  },
  STORAGE_QUOTA: {
    class: 'quota',
    when: 'The browser refused to store more; nothing of the write was kept.',
    fix: 'Delete records or collections, or ask the user for persistent storage.',
  },
  STORAGE_LOST: {
    class: 'connection',
    when: 'The database was deleted or closed by the browser while it was open.',
    fix: 'Reload; restore from an export if the data is gone.',
  },
  STORAGE_FAILED: {
    class: 'connection',
    when: 'The platform reported a storage error of another kind.',
    fix: 'See the cause; try again, then reload.',
  },
  FORMAT_CORRUPT: {
    class: 'server',
    when: 'Stored bytes fail their checksum or contradict each other.',
    fix: 'Restore from an export; the damaged bytes are left as they are.',
  },
  FORMAT_TOO_NEW: {
    class: 'client',
    when: 'The store was written by a newer version than this one can read.',
    fix: 'Update kindex; nothing was changed.',
  },
  RUNTIME_NO_WASM: {
    class: 'connection',
    when: 'The WebAssembly core could not be loaded or is not the one this version was built with.',
    fix: "Serve core.wasm beside the worker, and allow 'wasm-unsafe-eval' in the content security policy.",
  },
  RUNTIME_OUT_OF_MEMORY: {
    class: 'quota',
    when: 'The vectors do not fit the memory of the core.',
    fix: 'Use fewer or shorter vectors, or split the collection.',
  },
  RUNTIME_INTERNAL: {
    class: 'server',
    when: 'Something failed that should not be able to fail.',
    fix: 'Please report it with the cause.',
  },
  WORKER_DIED: {
    class: 'connection',
    when: 'The worker ended while a call was waiting; the call changed nothing.',
    fix: 'Call again: the next call starts a new worker from what is stored.',
  },
  OUTCOME_UNKNOWN: {
    class: 'connection',
    when: 'The worker ended while a write was waiting: it is stored as a whole or not at all, which of the two is not known.',
    fix: 'Read the records back, or repeat the write with upsert.',
  },
  CLOSED: {
    class: 'client',
    when: 'The client, store or index was used after close.',
    fix: 'Create a new client.',
  },
  ABORTED: {
    class: 'client',
    when: 'The AbortSignal of the call fired; nothing was stored.',
    fix: 'Call again without aborting.',
  },
} as const;

/** A new error of the class its code belongs to; the caller throws it. */
export function kindexError(code: ErrorCode, message: string, init: ErrorInit = {}): ChromaError {
  return new CLASSES[ERRORS[code].class](code, message, init);
}

/** `error` itself when it is ours, else RUNTIME_INTERNAL around it. */
export function asKindexError(error: unknown, doing: string): ChromaError {
  if (error instanceof ChromaError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return kindexError('RUNTIME_INTERNAL', `${doing} failed: ${reason}`, { cause: error });
}

/** What survives structured clone: enough to make the same error on the other side. */
export interface SerializedError {
  code: ErrorCode;
  message: string;
  fix: string;
  details: ErrorDetails;
  stack: string | undefined;
  cause: { name: string; message: string } | null;
}

export function serializeError(error: ChromaError): SerializedError {
  const { cause } = error;
  return {
    code: error.code,
    message: error.message,
    fix: error.fix,
    details: JSON.parse(JSON.stringify(error.details)) as ErrorDetails,
    stack: error.stack,
    cause:
      cause === undefined
        ? null
        : cause instanceof Error
          ? { name: cause.name, message: cause.message }
          : { name: typeof cause, message: String(cause) },
  };
}

export function reviveError(data: SerializedError): ChromaError {
  const init: ErrorInit = { fix: data.fix, details: data.details };
  if (data.cause) {
    const cause = new Error(data.cause.message);
    cause.name = data.cause.name;
    init.cause = cause;
  }
  const error = kindexError(data.code, data.message, init);
  if (data.stack) error.stack = data.stack;
  return error;
}
