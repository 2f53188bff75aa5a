/**
 * Every error kindex throws: one catalogue from code to class, meaning and remedy.
 * Class names are chromadb's, so that existing `instanceof` checks work; unlike there, all share `ChromaError`.
 */

/** Codes are API: added freely, never renamed. */
export type ErrorCode =
  | 'VALUE_ARGUMENT'
  | 'VALUE_IDS'
  | 'VALUE_EMPTY_ID'
  | 'VALUE_ILL_FORMED_TEXT'
  | 'VALUE_DUPLICATE_IDS'
  | 'VALUE_LENGTHS'
  | 'VALUE_MISSING'
  | 'VALUE_EMBEDDING'
  | 'VALUE_NOT_FINITE'
  | 'VALUE_ZERO_VECTOR'
  | 'VALUE_DIMENSION'
  | 'VALUE_DOCUMENT'
  | 'VALUE_METADATA'
  | 'VALUE_METADATA_KEY'
  | 'VALUE_METADATA_NUMBER'
  | 'VALUE_N_RESULTS'
  | 'VALUE_LIMIT'
  | 'VALUE_INCLUDE'
  | 'VALUE_WHERE'
  | 'VALUE_WHERE_DOCUMENT'
  | 'VALUE_REGEX'
  | 'VALUE_SEARCH'
  | 'VALUE_SEARCH_TYPE'
  | 'VALUE_SCHEMA'
  | 'VALUE_NAME'
  | 'VALUE_READ_LEVEL'
  | 'VALUE_COLLECTION_ID'
  | 'VALUE_BATCH_SIZE'
  | 'VALUE_CONFIGURATION'
  | 'VALUE_CONFIGURATION_CONFLICT'
  | 'VALUE_STORAGE'
  | 'VALUE_DATABASE'
  | 'VALUE_INDEX_DISABLED'
  | 'NOT_FOUND_TENANT'
  | 'NOT_FOUND_DATABASE'
  | 'NOT_FOUND_COLLECTION'
  | 'EXISTS_TENANT'
  | 'EXISTS_DATABASE'
  | 'EXISTS_COLLECTION'
  | 'EMBED_NO_FUNCTION'
  | 'EMBED_UNKNOWN_FUNCTION'
  | 'EMBED_FAILED'
  | 'EMBED_LOAD'
  | 'EMBED_INTEGRITY'
  | 'EMBED_CANARY'
  | 'EMBED_REVISION'
  | 'STORAGE_UNAVAILABLE'
  | 'STORAGE_BLOCKED'
  | 'STORAGE_FENCED'
  | 'STORAGE_QUOTA'
  | 'STORAGE_LOST'
  | 'STORAGE_READ_ONLY'
  | 'STORAGE_FAILED'
  | 'FORMAT_CORRUPT'
  | 'FORMAT_TOO_NEW'
  | 'FORMAT_SNAPSHOT'
  | 'RUNTIME_NO_WASM'
  | 'RUNTIME_OUT_OF_MEMORY'
  | 'RUNTIME_NOT_AVAILABLE'
  | 'RUNTIME_INTERNAL'
  | 'WORKER_DIED'
  | 'OUTCOME_UNKNOWN'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'CLOSED';

/** JSON-able facts about the fault: the values, the position, the limit. */
export type ErrorDetails = Record<string, unknown>;

export interface ErrorInit {
  /** What to do, one sentence; the catalogue's own when not given. */
  fix?: string;
  details?: ErrorDetails;
  cause?: unknown;
  /** A `ChromaClientError` whatever the code: chromadb's server refuses this, not its client. */
  as?: 'client' | undefined;
}

/**
 * Base of everything kindex throws. `message` tells what happened with the values, `fix` what to do.
 * The constructors are chromadb's, for code that makes such errors itself: those have the code RUNTIME_INTERNAL and no fix.
 */
export class ChromaError extends Error {
  readonly code: ErrorCode = 'RUNTIME_INTERNAL';
  readonly fix: string = '';
  readonly details: ErrorDetails = {};

  constructor(name: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = name;
  }

  /** `ChromaTypeError` descends from `TypeError` and still counts as a `ChromaError`; subclasses keep the plain rule. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return super[Symbol.hasInstance](value) || (this === ChromaError && value instanceof ChromaTypeError);
  }
}

/** A `TypeError` where chromadb throws one, with all that a `ChromaError` carries; `instanceof` says yes to both. */
export class ChromaTypeError extends TypeError {
  override readonly name: string = 'ChromaTypeError';
  readonly code: ErrorCode = 'RUNTIME_INTERNAL';
  readonly fix: string = '';
  readonly details: ErrorDetails = {};

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** The constructor all but the base share; each class sets its own name. */
class NamedError extends ChromaError {
  constructor(message: string, cause?: unknown) {
    super('', message, cause);
  }
}

export class ChromaValueError extends NamedError {
  override readonly name: string = 'ChromaValueError';
}
export class ChromaClientError extends NamedError {
  override readonly name: string = 'ChromaClientError';
}
export class ChromaServerError extends NamedError {
  override readonly name: string = 'ChromaServerError';
}
export class ChromaConnectionError extends NamedError {
  override readonly name: string = 'ChromaConnectionError';
}
export class ChromaNotFoundError extends NamedError {
  override readonly name: string = 'ChromaNotFoundError';
}
export class ChromaUniqueError extends NamedError {
  override readonly name: string = 'ChromaUniqueError';
}
export class ChromaQuotaExceededError extends NamedError {
  override readonly name: string = 'ChromaQuotaExceededError';
}
export class InvalidArgumentError extends NamedError {
  override readonly name: string = 'InvalidArgumentError';
}

/** Which of the classes a code's errors have. */
type ErrorFamily =
  | 'value'
  | 'client'
  | 'server'
  | 'connection'
  | 'notFound'
  | 'unique'
  | 'quota'
  | 'argument'
  | 'type';

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
} satisfies Record<ErrorFamily, unknown>;

interface CatalogueEntry {
  class: ErrorFamily;
  fix?: string;
}

/**
 * code → class and default fix. Pages carry neither when each is thrown (error-guide.ts) nor the fixes of what only a
 * worker throws (worker-fixes.ts).
 */
export const ERRORS: Readonly<Record<ErrorCode, CatalogueEntry>> = {
  VALUE_ARGUMENT: {
    class: 'value',
    fix: 'Pass a value of the type the message names.',
  },
  VALUE_IDS: {
    class: 'value',
    fix: 'Pass an array with one non-empty string per record.',
  },
  VALUE_EMPTY_ID: {
    class: 'client',
    fix: 'Give every record an id of at least one character.',
  },
  VALUE_ILL_FORMED_TEXT: {
    class: 'value',
    fix: 'Cut strings between characters, or repair them with text.toWellFormed() first.',
  },
  VALUE_DUPLICATE_IDS: {
    class: 'value',
    fix: 'Remove the duplicates, or write them in separate calls.',
  },
  VALUE_LENGTHS: {
    class: 'value',
    fix: 'Pass one entry per id in every field.',
  },
  VALUE_MISSING: {
    class: 'value',
    fix: 'Give one of the fields the message names.',
  },
  VALUE_EMBEDDING: {
    class: 'value',
    fix: 'Pass each embedding as an array of numbers or a Float32Array.',
  },
  VALUE_NOT_FINITE: {
    class: 'client',
  },
  VALUE_ZERO_VECTOR: {
    class: 'client',
  },
  VALUE_DIMENSION: {
    class: 'client',
    fix: 'Embed with the function this collection was created with, or create a new collection.',
  },
  VALUE_DOCUMENT: {
    class: 'value',
    fix: 'Pass one string per record.',
  },
  VALUE_METADATA: {
    class: 'value',
    fix: 'Use strings, finite numbers, booleans, sparse vectors or non-empty lists of one scalar type.',
  },
  VALUE_METADATA_KEY: {
    class: 'client',
    fix: 'Rename the key; those beginnings are reserved.',
  },
  VALUE_METADATA_NUMBER: {
    class: 'client',
    fix: 'Store finite numbers, or leave the key out.',
  },
  VALUE_N_RESULTS: {
    class: 'value',
    fix: 'Ask for at least 1 result; more than there are returns all.',
  },
  VALUE_LIMIT: {
    class: 'client',
    fix: 'Pass a non-negative integer.',
  },
  VALUE_INCLUDE: {
    class: 'value',
    fix: 'Use documents, embeddings, metadatas, uris, and distances in query.',
  },
  VALUE_WHERE: {
    class: 'value',
  },
  VALUE_WHERE_DOCUMENT: {
    class: 'value',
  },
  VALUE_REGEX: {
    class: 'client',
  },
  VALUE_SEARCH: {
    class: 'value',
    fix: 'Correct the part of the search that the message names.',
  },
  VALUE_SEARCH_TYPE: {
    class: 'type',
    fix: 'Pass a value of the kind the message names.',
  },
  VALUE_SCHEMA: {
    class: 'value',
    fix: 'Give the index configuration together with a key that may have it.',
  },
  VALUE_NAME: {
    class: 'client',
    fix: 'Use 3–512 characters of [a-zA-Z0-9._-], first and last alphanumeric, no "..", not an IP address.',
  },
  VALUE_READ_LEVEL: {
    class: 'client',
  },
  VALUE_COLLECTION_ID: {
    class: 'client',
  },
  VALUE_BATCH_SIZE: {
    class: 'value',
    fix: 'Split the records into batches of at most getMaxBatchSize().',
  },
  VALUE_CONFIGURATION: {
    class: 'client',
    fix: 'Correct the key or value the message names.',
  },
  VALUE_CONFIGURATION_CONFLICT: {
    class: 'value',
    fix: 'Give one of them.',
  },
  VALUE_STORAGE: {
    class: 'value',
    fix: "Use 'indexeddb:NAME' in browsers or 'memory' anywhere.",
  },
  VALUE_DATABASE: {
    class: 'client',
  },
  VALUE_INDEX_DISABLED: {
    class: 'client',
  },
  NOT_FOUND_TENANT: {
    class: 'notFound',
  },
  NOT_FOUND_DATABASE: {
    class: 'notFound',
  },
  NOT_FOUND_COLLECTION: {
    class: 'notFound',
  },
  EXISTS_TENANT: {
    class: 'unique',
  },
  EXISTS_DATABASE: {
    class: 'unique',
  },
  EXISTS_COLLECTION: {
    class: 'unique',
  },
  EMBED_NO_FUNCTION: {
    class: 'value',
    fix: 'Pass embeddings, or get the collection with an embeddingFunction.',
  },
  EMBED_UNKNOWN_FUNCTION: {
    class: 'value',
    fix: 'Pass embeddingFunction to getCollection(), or register its class first.',
  },
  EMBED_FAILED: {
    class: 'server',
    fix: 'See the cause; nothing was stored.',
  },
  EMBED_LOAD: {
    class: 'connection',
  },
  EMBED_INTEGRITY: {
    class: 'server',
  },
  EMBED_CANARY: {
    class: 'server',
  },
  EMBED_REVISION: {
    class: 'value',
  },
  STORAGE_UNAVAILABLE: {
    class: 'connection',
  },
  STORAGE_BLOCKED: {
    class: 'connection',
  },
  STORAGE_FENCED: {
    class: 'connection',
  },
  STORAGE_QUOTA: {
    class: 'quota',
  },
  STORAGE_LOST: {
    class: 'connection',
  },
  STORAGE_READ_ONLY: {
    class: 'client',
  },
  STORAGE_FAILED: {
    class: 'connection',
  },
  FORMAT_CORRUPT: {
    class: 'server',
  },
  FORMAT_TOO_NEW: {
    class: 'client',
  },
  FORMAT_SNAPSHOT: {
    class: 'value',
  },
  RUNTIME_NO_WASM: {
    class: 'connection',
  },
  RUNTIME_OUT_OF_MEMORY: {
    class: 'quota',
  },
  RUNTIME_NOT_AVAILABLE: {
    class: 'server',
    fix: 'Use query(), get() and where, which this version has.',
  },
  RUNTIME_INTERNAL: {
    class: 'server',
    fix: 'Please report it with the cause.',
  },
  WORKER_DIED: {
    class: 'connection',
    fix: 'Call again: the next call starts a new worker from what is stored.',
  },
  OUTCOME_UNKNOWN: {
    class: 'connection',
    fix: 'Read the records back, or repeat the write with upsert.',
  },
  TIMEOUT: {
    class: 'connection',
  },
  ABORTED: {
    class: 'client',
    fix: 'Call again to go on: what is stored stays.',
  },
  CLOSED: {
    class: 'client',
    fix: 'Create a new client.',
  },
};

/** A new error of the class its code belongs to; the caller throws it. */
export function kindexError(code: ErrorCode, message: string, init: ErrorInit = {}): ChromaError {
  const { class: className, fix } = ERRORS[code];
  return Object.assign(new CLASSES[init.as ?? className](message, init.cause), {
    code,
    fix: init.fix ?? fix ?? '',
    details: init.details ?? {},
  });
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
  as: ErrorInit['as'];
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
    as: error instanceof ChromaClientError ? 'client' : undefined,
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
  const init: ErrorInit = { fix: data.fix, details: data.details, as: data.as };
  if (data.cause) {
    const cause = new Error(data.cause.message);
    cause.name = data.cause.name;
    init.cause = cause;
  }
  const error = kindexError(data.code, data.message, init);
  if (data.stack) error.stack = data.stack;
  return error;
}
