/** The classes of chromadb that kindex itself never throws: there is no server to refuse anyone. Kept so that imports and `instanceof` work. */
import { ChromaError, InvalidArgumentError } from '../base/errors.js';

/** Its `name` is `ChromaAuthError`, as in chromadb. */
export class ChromaUnauthorizedError extends ChromaError {
  constructor(message: string, cause?: unknown) {
    super('ChromaAuthError', message, cause);
  }
}

export class ChromaForbiddenError extends ChromaError {
  constructor(message: string, cause?: unknown) {
    super('ChromaForbiddenError', message, cause);
  }
}

export class ChromaRateLimitError extends ChromaError {
  constructor(message: string, cause?: unknown) {
    super('ChromaRateLimitError', message, cause);
  }
}

export class InvalidCollectionError extends ChromaError {
  constructor(message: string, cause?: unknown) {
    super('InvalidCollectionError', message, cause);
  }
}

/** chromadb's own helper: an error for one of the two types a server may name, undefined for others. */
export function createErrorByType(
  type: string,
  message: string,
): InvalidCollectionError | InvalidArgumentError | undefined {
  if (type === 'InvalidCollection') return new InvalidCollectionError(message);
  return type === 'InvalidArgumentError' ? new InvalidArgumentError(message) : undefined;
}
