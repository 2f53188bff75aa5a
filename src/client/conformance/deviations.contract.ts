/**
 * Where we answer otherwise than Chroma, on purpose: case by case and step by step, with our own answer and the row of
 * "Different on purpose" in docs/guide/moving-from-chromadb.md that tells users. What is not listed here must agree.
 */
import type { Step } from './run-case.mjs';

/** First cells of the table's rows that a case shows at work. */
export const GUIDE_ROWS = [
  '`configuration` values out of range',
  '`nResults: 0`, and `NaN` as `nResults` or `limit`',
  '`null` as a metadata value in `update` and `upsert`',
  '`peek()`',
  'a list or a text in place of metadata',
  'a metadata key `__proto__`',
  'a name that is taken, in `modify`',
  'a query beyond 32-bit floats',
  'a record with a uri and no metadata',
  'a text or `null` in place of a component',
  'a vector longer than 1.8 · 10¹⁹',
  'a zero vector under `cosine`',
  'an embedding function in `configuration` alone',
  'an unknown id in `query({ ids })`',
  'comparing integers and fractions',
  'failed `modify`',
  'keys of `configuration`',
  'malformed values that the client did not check',
  'metadata keys that begin with `chroma:`',
  'names and objects mixed in `getCollections`',
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
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'Validation error: new_name: Expected a name that does not contain two consecutive periods (..). Got: a..b',
          code: 'VALUE_NAME',
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
          message:
            'The resource already exists: Collection "taken" already exists in database "default_database".',
          code: 'EXISTS_COLLECTION',
        },
      },
    },
  ],
  'the handle after a failed modify': [
    { step: 0, row: 'failed `modify`', ours: { value: { metadata: { a: 1 }, name: 'records' } } },
  ],
  'empty metadata of a new collection is refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Expected metadata to be non-empty (metadata)',
          code: 'VALUE_METADATA',
        },
      },
    },
  ],
  'nested objects in the metadata of a collection are refused': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            "Expected metadata value for key 'nested' to be a string, number, boolean, SparseVector, typed array (string[], number[], boolean[]), or null, got object (metadata.nested)",
          code: 'VALUE_METADATA',
        },
      },
    },
  ],
  'the largest batch': [{ step: 0, row: 'records per call', ours: { value: 100000 } }],
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
          metadatas: [{ tag: 'x' }, { n: 2 }, { n: 3 }],
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
          metadatas: [{ tag: 'x', z: 1 }, { n: 2 }, { n: 3 }],
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
          message: 'Metadata key \'chroma:document\' cannot be used (metadatas[0]["chroma:document"])',
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
          message: 'Expected each embedding to be an array of numbers, but got string (embeddings[0])',
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
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Expected each document to be a string, but got number (documents[0])',
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
          message: 'Expected each document to be a string, but got null (documents[0])',
          code: 'VALUE_DOCUMENT',
        },
      },
    },
  ],
  'a uri must be a string': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Expected each uri to be a string, but got number (uris[0])',
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
            "Expected metadata list value for key 'k' to contain only strings, numbers, or booleans, got array (metadatas[0].k)",
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
            "Expected metadata list value for key 'k' to contain only strings, numbers, or booleans, got null (metadatas[0].k)",
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
          message: "Metadata value for key 'k' is NaN, which is not finite (metadatas[0].k)",
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
          message: 'Metadata key \'\' cannot be used (metadatas[0][""])',
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
          message: 'Metadata key \'#document\' cannot be used (metadatas[0]["#document"])',
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
          message: 'Metadata key \'$k\' cannot be used (metadatas[0]["$k"])',
          code: 'VALUE_METADATA_KEY',
        },
      },
    },
  ],
  'indices of a sparse vector must increase': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            "Sparse vector of key 'k' needs strictly increasing indices and as many finite values (2 indices, 2 values) (metadatas[0].k)",
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
      row: '`nResults: 0`, and `NaN` as `nResults` or `limit`',
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
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
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
          message: 'Expected queryEmbeddings to be an array with at least one item',
          code: 'VALUE_EMBEDDING',
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
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'whereDocument.$regex: a group without its closing ), at position 0 of "("',
          code: 'VALUE_REGEX',
        },
      },
    },
  ],
  'a regular expression has no look-ahead': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'whereDocument.$regex: look-around is not supported, at position 1 of "a(?=b)"',
          code: 'VALUE_REGEX',
        },
      },
    },
  ],
  'a regular expression has no back-reference': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
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
          metadatas: [{ n: 1 }],
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
          metadatas: [[{ even: true, n: 2 }]],
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
    { step: 1, row: 'a zero vector under `cosine`', ours: { value: 0 } },
  ],
  'a fraction against integers': [
    { step: 0, row: 'comparing integers and fractions', ours: { value: ['int1', 'negative', 'half'] } },
    { step: 2, row: 'comparing integers and fractions', ours: { value: [] } },
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
    { step: 0, row: 'comparing integers and fractions', ours: { value: ['int1', 'half'] } },
  ],
  'integers and fractions in one list': [
    { step: 2, row: 'comparing integers and fractions', ours: { value: ['mixed'] } },
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
      ours: { value: ['embeddingFunction', 'embedding_function', 'hnsw', 'spann'] },
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
    { step: 1, row: 'an embedding function in `configuration` alone', ours: { value: '<undefined>' } },
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
  'null where a list or a limit is needed': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: "Expected 'include' to be an array, but got null",
          code: 'VALUE_INCLUDE',
        },
      },
    },
  ],
  'nResults of other kinds': [
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Number of requested results has to be an integer from 1 to 2147483647, got 3',
          code: 'VALUE_N_RESULTS',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Number of requested results has to be an integer from 1 to 2147483647, got 4294967296',
          code: 'VALUE_N_RESULTS',
        },
      },
    },
    {
      step: 3,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Number of requested results has to be positive, got -0.5',
          code: 'VALUE_N_RESULTS',
        },
      },
    },
  ],
  'nResults and limit that are no number': [
    {
      step: 0,
      row: '`nResults: 0`, and `NaN` as `nResults` or `limit`',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Number of requested results has to be an integer from 1 to 2147483647, got NaN',
          code: 'VALUE_N_RESULTS',
        },
      },
    },
    {
      step: 1,
      row: '`nResults: 0`, and `NaN` as `nResults` or `limit`',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'limit must be a non-negative integer, got NaN',
          code: 'VALUE_LIMIT',
        },
      },
    },
  ],
  'limits at their ends': [
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'limit must be a non-negative integer, got 1',
          code: 'VALUE_LIMIT',
        },
      },
    },
  ],
  'listCollections with limits at their ends': [
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'limit must be a non-negative integer, got -1',
          code: 'VALUE_LIMIT',
        },
      },
    },
    {
      step: 2,
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
  'embeddings that are no lists of lists': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each embedding to be an array of numbers, but got number (queryEmbeddings[0])',
          code: 'VALUE_EMBEDDING',
        },
      },
    },
  ],
  'components that are no numbers': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected each embedding to be an array of numbers, but got string (queryEmbeddings[0][0])',
          code: 'VALUE_EMBEDDING',
        },
      },
    },
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'The vector of query 0 (index 0) is NaN at component 1.',
          code: 'VALUE_NOT_FINITE',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'The vector of query 0 (index 0) is -Infinity at component 1.',
          code: 'VALUE_NOT_FINITE',
        },
      },
    },
    {
      step: 3,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each embedding to be an array of numbers, but got undefined (embeddings[0][1])',
          code: 'VALUE_EMBEDDING',
        },
      },
    },
  ],
  'a text in place of a component': [
    {
      step: 0,
      row: 'a text or `null` in place of a component',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each embedding to be an array of numbers, but got string (embeddings[0][0])',
          code: 'VALUE_EMBEDDING',
        },
      },
    },
    { step: 1, row: 'a text or `null` in place of a component', ours: { value: ['a', 'b'] } },
  ],
  'null in place of a component': [
    {
      step: 0,
      row: 'a text or `null` in place of a component',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each embedding to be an array of numbers, but got null (embeddings[0][0])',
          code: 'VALUE_EMBEDDING',
        },
      },
    },
    { step: 1, row: 'a text or `null` in place of a component', ours: { value: ['a', 'b'] } },
  ],
  'a BigInt in place of a component': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each embedding to be an array of numbers, but got bigint (embeddings[0][0])',
          code: 'VALUE_EMBEDDING',
        },
      },
    },
  ],
  'components beyond 32-bit floats in add': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'The vector of the record "c" (index 0) is Infinity at component 0.',
          code: 'VALUE_NOT_FINITE',
        },
      },
    },
  ],
  'components beyond 32-bit floats in query': [
    {
      step: 0,
      row: 'a query beyond 32-bit floats',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'The vector of query 0 (index 0) is Infinity at component 0.',
          code: 'VALUE_NOT_FINITE',
        },
      },
    },
  ],
  'null in place of a column': [
    {
      step: 0,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: "Expected 'metadatas' to be an array, but got null",
          code: 'VALUE_ARGUMENT',
        },
      },
    },
    {
      step: 1,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: "Expected 'embeddings' to be an array, but got null",
          code: 'VALUE_ARGUMENT',
        },
      },
    },
  ],
  'a document that is not there': [
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected each document to be a string, but got null (documents[0])',
          code: 'VALUE_DOCUMENT',
        },
      },
    },
  ],
  'a list in place of metadata': [
    {
      step: 0,
      row: 'a list or a text in place of metadata',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected metadata to be an object, but got array (metadatas[0])',
          code: 'VALUE_METADATA',
        },
      },
    },
    { step: 1, row: 'a list or a text in place of metadata', ours: { value: ['a', 'b'] } },
  ],
  'a text in place of metadata': [
    {
      step: 0,
      row: 'a list or a text in place of metadata',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected metadata to be an object, but got string (metadatas[0])',
          code: 'VALUE_METADATA',
        },
      },
    },
    { step: 1, row: 'a list or a text in place of metadata', ours: { value: ['a', 'b'] } },
  ],
  'a metadata key named __proto__': [
    { step: 0, row: 'a metadata key `__proto__`', ours: { value: ['__proto__', 'n'] } },
  ],
  'metadata values of other kinds': [
    {
      step: 6,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Metadata value for key 'l' is NaN, which is not finite (metadatas[0].l)",
          code: 'VALUE_METADATA_NUMBER',
        },
      },
    },
    {
      step: 7,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: "Expected 'metadatas' to be an array, but got string",
          code: 'VALUE_ARGUMENT',
        },
      },
    },
  ],
  'modify with values of other kinds': [
    {
      step: 3,
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
  'collections without a proper name': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'name must be a string, got undefined',
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
          message: 'name must be a string, got number',
          code: 'VALUE_NAME',
        },
      },
    },
    {
      step: 5,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Collection ID is not a valid UUIDv4: "records"',
          code: 'VALUE_COLLECTION_ID',
        },
      },
    },
  ],
  'metadata of a collection of other kinds': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: "Metadata value for key 'a' is NaN, which is not finite (metadata.a)",
          code: 'VALUE_METADATA_NUMBER',
        },
      },
    },
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Metadata key \'\' cannot be used (metadata[""])',
          code: 'VALUE_METADATA_KEY',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Metadata key \'$a\' cannot be used (metadata["$a"])',
          code: 'VALUE_METADATA_KEY',
        },
      },
    },
  ],
  'names and objects mixed in getCollections': [
    { step: 0, row: 'names and objects mixed in `getCollections`', ours: { value: ['records', 'records'] } },
  ],
  'where of other kinds': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where to be a condition (an object with exactly one key), but got string "n"',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 1,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where to be a condition (an object with exactly one key), but got an empty list',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where to be a condition (an object with exactly one key), but got number 7',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 3,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.n to be a string, finite number or boolean, but got undefined',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 4,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.n.$eq to be a string, finite number or boolean, but got null',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 5,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.n.$contains to be a string, finite number or boolean, but got null',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 6,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected where.n to be an operator expression with exactly one key, but got an object without keys',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 7,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected where.n to be an operator expression (an object with exactly one key), but got a list of 1',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 8,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.$and to be a list of at least two conditions, but got an empty list',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'operands that a server refuses': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'Expected where.n.$eq to be a string, finite number or boolean, but got number NaN',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 1,
      row: 'malformed values that the client did not check',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected where.n.$eq to be a string, finite number or boolean, but got a list of 1',
          code: 'VALUE_WHERE',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'Expected operand value to be a finite number for $gt at where.n.$gt, but got number Infinity',
          code: 'VALUE_WHERE',
        },
      },
    },
  ],
  'whereDocument of other kinds': [
    {
      step: 0,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message:
            'Expected whereDocument to be an operator expression (an object with exactly one key), but got string "first"',
          code: 'VALUE_WHERE_DOCUMENT',
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
            'Expected whereDocument to be an operator expression (an object with exactly one key), but got number 7',
          code: 'VALUE_WHERE_DOCUMENT',
        },
      },
    },
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaValueError'],
          message: 'Expected whereDocument.$and to be a list of at least two conditions, but got string "ab"',
          code: 'VALUE_WHERE_DOCUMENT',
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
            'Expected whereDocument.$or to be a list of at least two conditions, but got an empty list',
          code: 'VALUE_WHERE_DOCUMENT',
        },
      },
    },
  ],
  'whereDocument operands that a server refuses': [
    {
      step: 2,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'whereDocument.$not_regex: a class without its closing ], at position 0 of "["',
          code: 'VALUE_REGEX',
        },
      },
    },
    {
      step: 3,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'whereDocument.$regex: * with nothing before it to repeat, at position 0 of "*"',
          code: 'VALUE_REGEX',
        },
      },
    },
    {
      step: 4,
      row: 'texts of errors',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message: 'whereDocument.$regex: a group without its closing ), at position 0 of "("',
          code: 'VALUE_REGEX',
        },
      },
    },
  ],
  'peek with limits': [
    {
      step: 3,
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
  'a vector too long for its square to be a 32-bit float': [
    {
      step: 0,
      row: 'a vector longer than 1.8 · 10¹⁹',
      ours: {
        error: {
          classes: ['ChromaClientError'],
          message:
            'The vector of the record "c" (index 0) is too long: the sum of its squares does not fit a 32-bit float.',
          code: 'VALUE_NOT_FINITE',
        },
      },
    },
    { step: 1, row: 'a vector longer than 1.8 · 10¹⁹', ours: { value: ['a', 'b'] } },
  ],
};
