/**
 * Where we answer otherwise than Chroma, on purpose: case by case and step by step, with our own answer and the row of
 * "Different on purpose" in docs/guide/moving-from-chromadb.md that tells users. What is not listed here must agree.
 */
import type { Step } from './run-case.mjs';

/** First cells of the table's rows that a case shows at work. */
export const GUIDE_ROWS = [
  '`configuration` values out of range',
  '`nResults: 0`',
  '`null` as a metadata value in `update` and `upsert`',
  '`peek()`',
  'a name that is taken, in `modify`',
  'a record with a uri and no metadata',
  'a zero vector under `cosine`',
  'an embedding function in `configuration` alone',
  'an unknown id in `query({ ids })`',
  'comparing integers and fractions',
  'failed `modify`',
  'keys of `configuration`',
  'malformed values that the client did not check',
  'metadata keys that begin with `chroma:`',
  'records per call',
  'texts of errors',
  'typed arrays',
] as const;

export interface Deviation {
  /** Place of the answer in the case, from 0. */
  step: number;
  row: (typeof GUIDE_ROWS)[number];
  /** What we answer instead. */
  ours: Step;
}

/** By name of the case. */
export const DEVIATIONS: Readonly<Record<string, readonly Deviation[]>> = {
  'a collection may not be named with 513 characters': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'Validation error: name: Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (513 characters)',
          code: 'VALUE_NAME',
        },
      },
    },
  ],
  'a collection may not be named with two periods in a row': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'Validation error: name: Expected a name that does not contain two consecutive periods (..). Got: a..b',
          code: 'VALUE_NAME',
        },
      },
    },
  ],
  'a collection may not be named with an IP address': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Validation error: name: Expected a name that is not a valid ip address. Got: 192.168.1.1',
          code: 'VALUE_NAME',
        },
      },
    },
  ],
  'a collection may not be named with two pluses': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'Validation error: name: Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: abc+def+ghi',
          code: 'VALUE_NAME',
        },
      },
    },
  ],
  'modify holds a new name to the same rules': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'Validation error: name: Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: x',
          code: 'VALUE_NAME',
        },
      },
    },
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'Validation error: name: Expected a name that does not contain two consecutive periods (..). Got: a..b',
          code: 'VALUE_NAME',
        },
      },
    },
  ],
  'creating a collection that exists is refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaUniqueError'],
          message: 'Collection "records" already exists in database "default_database".',
          code: 'EXISTS_COLLECTION',
        },
      },
    },
  ],
  'getCollection of a missing name is not found': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection "nowhere" does not exist in database "default_database".',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
  'deleteCollection of a missing name is not found': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection "nowhere" does not exist in database "default_database".',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
  'a handle of a deleted collection is not found by any call': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
    {
      step: 3,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
    {
      step: 4,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
    {
      step: 5,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
  'getCollectionById finds by id and knows the name': [
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 2>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
  'getCollections with one missing name is not found': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection "gone" does not exist in database "default_database".',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
  'modify changes the name and keeps records and id': [
    {
      step: 3,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection "records" does not exist in database "default_database".',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
  'a failed modify leaves the stored collection as it was': [
    {
      step: 0,
      row: 'a name that is taken, in `modify`',
      ours: {
        error: {
          classes: ['ChromaUniqueError'],
          message: 'Collection "taken" already exists in database "default_database".',
          code: 'EXISTS_COLLECTION',
        },
      },
    },
  ],
  'the handle after a failed modify': [
    {
      step: 0,
      row: 'failed `modify`',
      ours: {
        value: {
          name: 'records',
          metadata: {
            a: 1,
          },
        },
      },
    },
  ],
  'empty metadata of a new collection is refused': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected metadata to be non-empty',
          code: 'VALUE_METADATA',
        },
      },
    },
  ],
  'nested objects in the metadata of a collection are refused': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "Expected metadata value for key 'nested' to be a string, number, boolean, SparseVector, typed array (string[], number[], boolean[]), or null, got object",
          code: 'VALUE_METADATA',
        },
      },
    },
  ],
  'reset drops every collection': [
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
  'the largest batch': [
    {
      step: 0,
      row: 'records per call',
      ours: {
        value: 100000,
      },
    },
  ],
  'a null value in an update': [
    {
      step: 2,
      row: '`null` as a metadata value in `update` and `upsert`',
      ours: {
        value: {
          ids: ['a', 'b', 'c'],
          documents: ['first', 'second', 'third'],
          embeddings: [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          metadatas: [
            {
              tag: 'x',
            },
            {
              n: 2,
            },
            {
              n: 3,
            },
          ],
          uris: ['u:a', 'u:b', 'u:c'],
          include: ['documents', 'metadatas', 'embeddings', 'uris'],
        },
      },
    },
  ],
  'a null value in an upsert': [
    {
      step: 2,
      row: '`null` as a metadata value in `update` and `upsert`',
      ours: {
        value: {
          ids: ['a', 'b', 'c'],
          documents: ['first', 'second', 'third'],
          embeddings: [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          metadatas: [
            {
              tag: 'x',
              z: 1,
            },
            {
              n: 2,
            },
            {
              n: 3,
            },
          ],
          uris: ['u:a', 'u:b', 'u:c'],
          include: ['documents', 'metadatas', 'embeddings', 'uris'],
        },
      },
    },
  ],
  'a record with a uri and no metadata': [
    {
      step: 0,
      row: 'a record with a uri and no metadata',
      ours: {
        value: {
          ids: ['a'],
          documents: [null],
          embeddings: [[1]],
          metadatas: [null],
          uris: ['u:a'],
          include: ['documents', 'metadatas', 'embeddings', 'uris'],
        },
      },
    },
  ],
  'metadata keys that begin with chroma:': [
    {
      step: 0,
      row: 'metadata keys that begin with `chroma:`',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Metadata key 'chroma:document' at index 0 cannot be used",
          code: 'VALUE_METADATA_KEY',
        },
      },
    },
    {
      step: 1,
      row: 'metadata keys that begin with `chroma:`',
      ours: {
        value: {
          ids: [],
          documents: [],
          embeddings: [],
          metadatas: [],
          uris: [],
          include: ['documents', 'metadatas'],
        },
      },
    },
  ],
  'an id must not be empty': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Empty ID at index 0, ID must have at least one character',
          code: 'VALUE_EMPTY_ID',
        },
      },
    },
  ],
  'documents alone need an embedding function': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "No embedding function found for collection 'records'. You can either provide embeddings directly, or get the collection with an embedding function.",
          code: 'EMBED_NO_FUNCTION',
        },
      },
    },
  ],
  'updated documents alone need an embedding function': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "No embedding function found for collection 'records'. You can either provide embeddings directly, or get the collection with an embedding function.",
          code: 'EMBED_NO_FUNCTION',
        },
      },
    },
  ],
  'query texts need an embedding function': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "No embedding function found for collection 'records'. You can either provide embeddings directly, or get the collection with an embedding function.",
          code: 'EMBED_NO_FUNCTION',
        },
      },
    },
  ],
  'an embedding must be an array': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each embedding to be an array of numbers, but got string at index 0',
          code: 'VALUE_EMBEDDING',
        },
      },
    },
  ],
  'an embedding must be of finite numbers': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'The vector of the record "b" (index 0) is NaN at component 1.',
          code: 'VALUE_NOT_FINITE',
        },
      },
    },
  ],
  'an embedding must not hold infinity': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'The vector of the record "b" (index 0) is Infinity at component 1.',
          code: 'VALUE_NOT_FINITE',
        },
      },
    },
  ],
  'a document must be a string': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each document to be a string, but got number at index 0',
          code: 'VALUE_DOCUMENT',
        },
      },
    },
  ],
  'a document must not be null': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each document to be a string, but got null at index 0',
          code: 'VALUE_DOCUMENT',
        },
      },
    },
  ],
  'a uri must be a string': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each uri to be a string, but got number at index 0',
          code: 'VALUE_DOCUMENT',
        },
      },
    },
  ],
  'a metadata list must not hold lists': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "Expected metadata list value for key 'k' to contain only strings, numbers, or booleans, got array",
          code: 'VALUE_METADATA',
        },
      },
    },
  ],
  'a metadata list must not hold null': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "Expected metadata list value for key 'k' to contain only strings, numbers, or booleans, got null",
          code: 'VALUE_METADATA',
        },
      },
    },
  ],
  'a metadata number must be finite': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Metadata value for key 'k' is NaN, which is not finite",
          code: 'VALUE_METADATA_NUMBER',
        },
      },
    },
  ],
  'a metadata key must not be empty': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Metadata key '' at index 0 cannot be used",
          code: 'VALUE_METADATA_KEY',
        },
      },
    },
  ],
  'a metadata key must not begin with #': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Metadata key '#document' at index 0 cannot be used",
          code: 'VALUE_METADATA_KEY',
        },
      },
    },
  ],
  'a metadata key must not begin with $': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Metadata key '$k' at index 0 cannot be used",
          code: 'VALUE_METADATA_KEY',
        },
      },
    },
  ],
  'indices of a sparse vector must increase': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "Sparse vector of key 'k' needs strictly increasing indices and as many finite values (2 indices, 2 values)",
          code: 'VALUE_METADATA',
        },
      },
    },
  ],
  'include must be an array': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: "Expected 'include' to be an array, but got string",
          code: 'VALUE_INCLUDE',
        },
      },
    },
  ],
  'nResults must be positive': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Number of requested results has to be positive, got -1',
          code: 'VALUE_N_RESULTS',
        },
      },
    },
  ],
  'nResults of zero': [
    {
      step: 0,
      row: '`nResults: 0`',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Number of requested results has to be positive, got 0',
          code: 'VALUE_N_RESULTS',
        },
      },
    },
  ],
  'nResults must be whole': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Number of requested results has to be an integer from 1 to 2147483647, got 1.5',
          code: 'VALUE_N_RESULTS',
        },
      },
    },
  ],
  'limit must not be negative': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'limit must be a non-negative integer, got -1',
          code: 'VALUE_LIMIT',
        },
      },
    },
  ],
  'offset must not be negative': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'offset must be a non-negative integer, got -1',
          code: 'VALUE_LIMIT',
        },
      },
    },
  ],
  'limit must be whole': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'limit must be a non-negative integer, got 1.5',
          code: 'VALUE_LIMIT',
        },
      },
    },
  ],
  'query embeddings must not be empty': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Non-empty lists are required for queryEmbeddings',
          code: 'VALUE_LENGTHS',
        },
      },
    },
  ],
  'query texts must not be empty': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Non-empty lists are required for queryTexts',
          code: 'VALUE_LENGTHS',
        },
      },
    },
  ],
  'where must not be empty': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where to be a condition with exactly one key, but got an object without keys',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'where has one key': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected where to be a condition with exactly one key, but got an object with 2 keys n, m',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'a field has one operator': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected where.n to be an operator expression with exactly one key, but got an object with 2 keys $gt, $lt',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$and needs two members': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.$and to be a list of at least two conditions, but got a list of 1',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$or needs a list': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.$or to be a list of at least two conditions, but got an object with key n',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'an unknown operator of a field': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected operator to be one of $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $contains, $not_contains at where.n.$like, but got string "$like"',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'an unknown operator of where': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected operator to be one of $and, $or at where.$not, but got string "$not"',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$gt needs a number': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected operand value to be a finite number for $gt at where.n.$gt, but got string "1"',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$lte needs a number': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected operand value to be a finite number for $lte at where.n.$lte, but got boolean true',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$in needs a value': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.n.$in to be a non-empty list of values, but got an empty list',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$in needs values of one type': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected all values of where.n.$in to be of one type, but the first is number 1 and where.n.$in[1] is string "a"',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$nin needs a list': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.n.$nin to be a non-empty list of values, but got number 1',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  '$regex is not for metadata': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: '$regex at where.n.$regex works on the document only',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'a null operand': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected where.n to be an operator expression (an object with exactly one key), but got null',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'whereDocument must not be empty': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected whereDocument to be an operator expression with exactly one key, but got an object without keys',
          code: 'VALUE_WHERE_DOCUMENT',
        },
      },
    },
  ],
  'whereDocument has one key': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected whereDocument to be an operator expression with exactly one key, but got an object with 2 keys $contains, $regex',
          code: 'VALUE_WHERE_DOCUMENT',
        },
      },
    },
  ],
  'whereDocument needs an operator': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected operator to be one of $contains, $not_contains, $regex, $not_regex, $and, $or at whereDocument.text, but got string "text"',
          code: 'VALUE_WHERE_DOCUMENT',
        },
      },
    },
  ],
  'whereDocument needs a string': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected whereDocument.$contains to be a string, but got number 7',
          code: 'VALUE_WHERE_DOCUMENT',
        },
      },
    },
  ],
  'whereDocument $or needs two members': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected whereDocument.$or to be a list of at least two conditions, but got a list of 1',
          code: 'VALUE_WHERE_DOCUMENT',
        },
      },
    },
  ],
  'a regular expression must be well formed': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'whereDocument.$regex: a group without its closing ), at position 0 of "("',
          code: 'VALUE_REGEX',
        },
      },
    },
  ],
  'a regular expression has no look-ahead': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'whereDocument.$regex: look-around is not supported, at position 1 of "a(?=b)"',
          code: 'VALUE_REGEX',
        },
      },
    },
  ],
  'a regular expression has no back-reference': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'whereDocument.$regex: back-references are not supported, at position 3 of "(a)\\\\1"',
          code: 'VALUE_REGEX',
        },
      },
    },
  ],
  'peek without an argument': [
    {
      step: 0,
      row: '`peek()`',
      ours: {
        value: {
          ids: ['a'],
          documents: ['text'],
          embeddings: [],
          metadatas: [
            {
              n: 1,
            },
          ],
          uris: [],
          include: ['documents', 'metadatas'],
        },
      },
    },
  ],
  'typed arrays as query embeddings': [
    {
      step: 0,
      row: 'typed arrays',
      ours: {
        value: {
          ids: [['a']],
          distances: [[0]],
          documents: [],
          embeddings: [],
          metadatas: [],
          uris: [],
          include: ['distances'],
        },
      },
    },
  ],
  'query with an unknown id': [
    {
      step: 0,
      row: 'an unknown id in `query({ ids })`',
      ours: {
        value: {
          ids: [['b']],
          distances: [[18]],
          documents: [['beta']],
          embeddings: [],
          metadatas: [
            [
              {
                n: 2,
                even: true,
              },
            ],
          ],
          uris: [],
          include: ['metadatas', 'documents', 'distances'],
        },
      },
    },
  ],
  'a zero vector under cosine': [
    {
      step: 0,
      row: 'a zero vector under `cosine`',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'The vector of the record "zero" (index 0) has length zero, and collection "records" has space cosine.',
          code: 'VALUE_ZERO_VECTOR',
        },
      },
    },
    {
      step: 1,
      row: 'a zero vector under `cosine`',
      ours: {
        value: 0,
      },
    },
  ],
  'a fraction against integers': [
    {
      step: 0,
      row: 'comparing integers and fractions',
      ours: {
        value: ['int1', 'negative', 'half'],
      },
    },
    {
      step: 2,
      row: 'comparing integers and fractions',
      ours: {
        value: [],
      },
    },
    {
      step: 3,
      row: 'comparing integers and fractions',
      ours: {
        value: [
          'int1',
          'int2',
          'int7',
          'negative',
          'half',
          'text',
          'numeral',
          'blank',
          'yes',
          'no',
          'ints',
          'floats',
          'texts',
          'flags',
          'other',
          'nothing',
        ],
      },
    },
  ],
  '$in with integers and fractions': [
    {
      step: 0,
      row: 'comparing integers and fractions',
      ours: {
        value: ['int1', 'half'],
      },
    },
  ],
  'integers and fractions in one list': [
    {
      step: 2,
      row: 'comparing integers and fractions',
      ours: {
        value: ['mixed'],
      },
    },
  ],
  'an unknown space is refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Space must be 'l2', 'cosine' or 'ip', got 'manhattan'",
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'a space in upper case is refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Space must be 'l2', 'cosine' or 'ip', got 'L2'",
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'an unknown hnsw parameter is refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "configuration.hnsw has no key 'ef'",
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'a negative parameter is refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'configuration.hnsw.ef_search must be an integer from 1 to 10000, got -1',
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'a fractional parameter is refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'configuration.hnsw.max_neighbors must be an integer from 2 to 512, got 3.5',
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'ef_construction of zero': [
    {
      step: 0,
      row: '`configuration` values out of range',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'configuration.hnsw.ef_construction must be an integer from 1 to 10000, got 0',
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'max_neighbors of zero': [
    {
      step: 0,
      row: '`configuration` values out of range',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'configuration.hnsw.max_neighbors must be an integer from 2 to 512, got 0',
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'modify cannot change the space': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'space of a collection cannot be changed (asked for cosine)',
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'modify cannot change ef_construction': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'ef_construction of a collection cannot be changed (asked for 200)',
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'modify refuses a negative parameter': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'configuration.hnsw.ef_search must be an integer from 1 to 10000, got -5',
          code: 'VALUE_CONFIGURATION',
        },
      },
    },
  ],
  'the keys of a configuration': [
    {
      step: 0,
      row: 'keys of `configuration`',
      ours: {
        value: ['embeddingFunction', 'embedding_function', 'hnsw', 'spann'],
      },
    },
  ],
  'a function that nobody registered is not rebuilt': [
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            "Collection 'records' was created with the embedding function 'unknown_for_tests', which is not registered here",
          code: 'EMBED_UNKNOWN_FUNCTION',
        },
      },
    },
  ],
  'a function in the configuration alone is used': [
    {
      step: 1,
      row: 'an embedding function in `configuration` alone',
      ours: {
        value: '<undefined>',
      },
    },
    {
      step: 2,
      row: 'an embedding function in `configuration` alone',
      ours: {
        value: {
          ids: ['a'],
          documents: [],
          embeddings: [[3, 1, 2]],
          metadatas: [],
          uris: [],
          include: ['embeddings'],
        },
      },
    },
  ],
  'a handle by id embeds nothing': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'This operation requires an embedding function, which is not available on a collection obtained via client.collection(id).',
          code: 'EMBED_NO_FUNCTION',
        },
      },
    },
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'This operation requires an embedding function, which is not available on a collection obtained via client.collection(id).',
          code: 'EMBED_NO_FUNCTION',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'This operation requires an embedding function, which is not available on a collection obtained via client.collection(id).',
          code: 'EMBED_NO_FUNCTION',
        },
      },
    },
    {
      step: 3,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'This operation requires an embedding function, which is not available on a collection obtained via client.collection(id).',
          code: 'EMBED_NO_FUNCTION',
        },
      },
    },
  ],
  'a handle by id modifies nothing': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'modify() is not supported on a collection obtained via client.collection(id).',
          code: 'VALUE_ARGUMENT',
        },
      },
    },
  ],
  'a handle of an unknown id is not found at its first use': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaNotFoundError'],
          message: 'Collection with id "<uuid 1>" does not exist.',
          code: 'NOT_FOUND_COLLECTION',
        },
      },
    },
  ],
};
