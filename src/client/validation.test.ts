/** Every rule of validation with what it answers: the class, the whole message and the place of the fault, call by call. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../base/errors.js';
import { ChromaClient } from '../inline.js';
import type { WriteArgs } from './check-records.js';
import type { Collection } from './collection.js';
import { everything, refusalOf } from './faults/harness.contract.js';

let client: ChromaClient;
let records: Collection;
beforeEach(async () => {
  client = new ChromaClient({ storage: `memory:${crypto.randomUUID()}` });
  records = await client.createCollection({ name: 'records', embeddingFunction: null });
  await records.add({ ids: ['a'], embeddings: [[1, 2]], documents: ['text'], metadatas: [{ n: 1 }] });
});
afterEach(() => client.close());

interface Row {
  name: 'ChromaValueError' | 'ChromaClientError';
  code: ErrorCode;
  message: string;
  /** `details.path`; undefined where the fault has no one place. */
  path?: string;
}

const value = (code: ErrorCode, message: string, path?: string): Row => ({
  name: 'ChromaValueError',
  code,
  message,
  ...(path !== undefined && { path }),
});
const fromServer = (code: ErrorCode, message: string, path?: string): Row => ({
  ...value(code, message, path),
  name: 'ChromaClientError',
});

async function expectRow(act: () => Promise<unknown>, { name, code, message, path }: Row): Promise<void> {
  const before = await everything(records);
  const error = await refusalOf(act());
  expect({ name: error.name, code: error.code, message: error.message, path: error.details['path'] }).toEqual(
    {
      name,
      code,
      message,
      path,
    },
  );
  expect(await everything(records)).toEqual(before);
}

const one = { ids: ['b'], embeddings: [[1, 2]] };
const two = {
  ids: ['b', 'c'],
  embeddings: [
    [1, 2],
    [3, 4],
  ],
};

/** Rules that add, update and upsert share; `args` in whatever form a program without types may hand in. */
const WRITES: readonly (readonly [rule: string, args: object, Row])[] = [
  [
    'a given field is empty',
    { ids: [], embeddings: [] },
    value('VALUE_LENGTHS', 'Non-empty lists are required for ids, embeddings', 'ids'),
  ],
  [
    'another given field is empty',
    { ...one, documents: [] },
    value('VALUE_LENGTHS', 'Non-empty lists are required for documents', 'documents'),
  ],
  [
    'lengths differ',
    { ...two, ids: ['b'] },
    value('VALUE_LENGTHS', 'Unequal lengths for fields ids, embeddings'),
  ],
  [
    'lengths of four fields differ',
    { ...two, documents: ['x', 'y'], uris: ['u'] },
    value('VALUE_LENGTHS', 'Unequal lengths for fields ids, embeddings, documents, uris'),
  ],
  [
    'ids are no array',
    { ...one, ids: 'b' },
    value('VALUE_ARGUMENT', "Expected 'ids' to be an array, but got string", 'ids'),
  ],
  [
    'ids are no strings',
    {
      ids: [7, 'b', null],
      embeddings: [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    },
    value('VALUE_IDS', 'Found non-string IDs at 0, 2', 'ids[0]'),
  ],
  [
    'an id is empty',
    { ...two, ids: ['b', ''] },
    fromServer('VALUE_EMPTY_ID', 'Empty ID, ID must have at least one character (ids[1])', 'ids[1]'),
  ],
  [
    'ids twice in one call',
    {
      ids: ['b', 'c', 'b', 'c'],
      embeddings: [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    },
    value('VALUE_DUPLICATE_IDS', 'Expected IDs to be unique, but found duplicates of b, c', 'ids[2]'),
  ],
  [
    'more than five ids twice',
    { ids: [...'abcdef', ...'abcdef'], embeddings: [...'abcdefabcdef'].map(() => [1, 2]) },
    value(
      'VALUE_DUPLICATE_IDS',
      'Expected IDs to be unique, but found duplicates of a, b, c, d, e, ..., b, c, d, e, f',
      'ids[6]',
    ),
  ],
  [
    'embeddings are no array',
    { ...one, embeddings: 'x' },
    value('VALUE_ARGUMENT', "Expected 'embeddings' to be an array, but got string", 'embeddings'),
  ],
  [
    'an embedding is empty',
    { ...two, embeddings: [[1, 2], []] },
    value(
      'VALUE_EMBEDDING',
      'Expected each embedding to be a non-empty array of numbers, but got an empty array at index 1 (embeddings[1])',
      'embeddings[1]',
    ),
  ],
  [
    'a component is no number',
    {
      ...two,
      embeddings: [
        [1, 2],
        [3, '4'],
      ],
    },
    value(
      'VALUE_EMBEDDING',
      'Expected each embedding to be an array of numbers, but got string (embeddings[1][1])',
      'embeddings[1][1]',
    ),
  ],
  [
    'dimensions differ in one call',
    { ...two, embeddings: [[1, 2], [3]] },
    fromServer(
      'VALUE_DIMENSION',
      'Inconsistent dimensions in provided embeddings: 2 at index 0, 1 at index 1 (embeddings[1])',
      'embeddings[1]',
    ),
  ],
  [
    'a document is null',
    { ...one, documents: [null] },
    value(
      'VALUE_DOCUMENT',
      'Expected each document to be a string, but got null (documents[0])',
      'documents[0]',
    ),
  ],
  [
    'a document is no string',
    { ...two, documents: ['x', 7] },
    fromServer(
      'VALUE_DOCUMENT',
      'Expected each document to be a string, but got number (documents[1])',
      'documents[1]',
    ),
  ],
  [
    'a uri is no string',
    { ...two, uris: ['x', {}] },
    fromServer('VALUE_DOCUMENT', 'Expected each uri to be a string, but got object (uris[1])', 'uris[1]'),
  ],
  [
    'metadatas are no array',
    { ...one, metadatas: { n: 1 } },
    value('VALUE_ARGUMENT', "Expected 'metadatas' to be an array, but got object", 'metadatas'),
  ],
  [
    'metadata is empty',
    { ...two, metadatas: [{ n: 1 }, {}] },
    value('VALUE_METADATA', 'Expected metadata to be non-empty (metadatas[1])', 'metadatas[1]'),
  ],
  [
    'a metadata value is an object',
    { ...two, metadatas: [null, { ok: 1, k: { a: 1 } }] },
    value(
      'VALUE_METADATA',
      "Expected metadata value for key 'k' to be a string, number, boolean, SparseVector, typed array (string[], number[], boolean[]), or null, got object (metadatas[1].k)",
      'metadatas[1].k',
    ),
  ],
  [
    'a metadata list is empty',
    { ...one, metadatas: [{ k: [] }] },
    value(
      'VALUE_METADATA',
      "Expected metadata list value for key 'k' to be non-empty (metadatas[0].k)",
      'metadatas[0].k',
    ),
  ],
  [
    'a metadata list is of two types',
    { ...one, metadatas: [{ 'a key': [1, 'x'] }] },
    value(
      'VALUE_METADATA',
      `Expected metadata list value for key 'a key' to contain only the same type, got mixed types (metadatas[0]["a key"])`,
      'metadatas[0]["a key"]',
    ),
  ],
  [
    'a metadata list holds a list',
    { ...one, metadatas: [{ k: [[1]] }] },
    value(
      'VALUE_METADATA',
      "Expected metadata list value for key 'k' to contain only strings, numbers, or booleans, got array (metadatas[0].k)",
      'metadatas[0].k',
    ),
  ],
  [
    'a metadata number is not finite',
    { ...one, metadatas: [{ k: Number.NaN }] },
    fromServer(
      'VALUE_METADATA_NUMBER',
      "Metadata value for key 'k' is NaN, which is not finite (metadatas[0].k)",
      'metadatas[0].k',
    ),
  ],
  [
    'a metadata key is reserved',
    { ...one, metadatas: [{ $k: 1 }] },
    fromServer(
      'VALUE_METADATA_KEY',
      `Metadata key '$k' cannot be used (metadatas[0]["$k"])`,
      'metadatas[0]["$k"]',
    ),
  ],
  [
    'sparse indices do not increase',
    { ...one, metadatas: [{ k: { indices: [2, 1], values: [1, 2] } }] },
    fromServer(
      'VALUE_METADATA',
      "Sparse vector of key 'k' needs strictly increasing indices and as many finite values (2 indices, 2 values) (metadatas[0].k)",
      'metadatas[0].k',
    ),
  ],
];

describe('add, update and upsert', () => {
  test.each(WRITES)('C4 C70 %s', async (_, args, row) => {
    for (const mode of ['add', 'update', 'upsert'] as const) {
      await expectRow(() => records[mode](args as WriteArgs), row);
    }
  });

  test('C4 C70 neither embeddings nor documents are given, which update may do', async () => {
    const row = value('VALUE_MISSING', "At least one of 'embeddings' and 'documents' must be provided");
    await expectRow(() => records.add({ ids: ['b'] }), row);
    await expectRow(() => records.upsert({ ids: ['b'], metadatas: [{ n: 1 }] }), row);
    await records.update({ ids: ['a'] });
  });

  test('C4 C70 documents without an embedding function', async () => {
    const row = value(
      'EMBED_NO_FUNCTION',
      "No embedding function found for collection 'records'. You can either provide embeddings directly, or get the collection with an embedding function.",
    );
    await expectRow(() => records.add({ ids: ['b'], documents: ['x'] }), row);
    await expectRow(() => records.update({ ids: ['a'], documents: ['x'] }), row);
    await expectRow(() => records.query({ queryTexts: ['x'] }), row);
  });

  test('C4 the first fault in the order of chromadb is the one that is told', async () => {
    const all = { ids: ['b', 'b'], embeddings: [[1, 2], []], documents: ['x', null], metadatas: [{}, {}] };
    const codes: string[] = [];
    for (const args of [
      { ...all, uris: [] },
      all,
      { ...all, ids: ['b', 'c'] },
      { ...all, ids: ['b', 'c'], embeddings: two.embeddings },
      { ...all, ids: ['b', 'c'], embeddings: two.embeddings, documents: ['x', 'y'] },
    ]) {
      codes.push((await refusalOf(records.add(args as WriteArgs))).code);
    }
    expect(codes).toEqual([
      'VALUE_LENGTHS',
      'VALUE_DUPLICATE_IDS',
      'VALUE_EMBEDDING',
      'VALUE_DOCUMENT',
      'VALUE_METADATA',
    ]);
  });
});

describe('get, query and delete', () => {
  const IDS: readonly (readonly [string, unknown, Row])[] = [
    ['are no array', 'a', value('VALUE_IDS', "Expected 'ids' to be an array, but got string")],
    ['are empty', [], value('VALUE_IDS', "Expected 'ids' to be a non-empty list")],
    ['are no strings', ['a', 7], value('VALUE_IDS', 'Found non-string IDs at 1', 'ids[1]')],
    [
      'are there twice',
      ['a', 'a'],
      value('VALUE_DUPLICATE_IDS', 'Expected IDs to be unique, but found duplicates of a', 'ids[1]'),
    ],
  ];
  test.each(IDS)('C4 C70 ids that %s', async (_, ids, row) => {
    const args = { ids: ids as string[] };
    await expectRow(() => records.get(args), row);
    await expectRow(() => records.query({ ...args, queryEmbeddings: [[1, 2]] }), row);
    await expectRow(() => records.delete(args), row);
  });

  const GETS: readonly (readonly [string, object, Row])[] = [
    [
      'include is no array',
      { include: 'documents' },
      value('VALUE_INCLUDE', "Expected 'include' to be an array, but got string"),
    ],
    [
      'include is no string',
      { include: [1] },
      value('VALUE_INCLUDE', "Expected 'include' items to be strings"),
    ],
    [
      'include is unknown',
      { include: ['data'] },
      value(
        'VALUE_INCLUDE',
        "Expected 'include' items to be one of distances, documents, embeddings, metadatas, uris, but got data",
      ),
    ],
    [
      'distances',
      { include: ['distances'] },
      value('VALUE_INCLUDE', 'distances is not allowed for this operation'),
    ],
    [
      'a negative limit',
      { limit: -1 },
      fromServer('VALUE_LIMIT', 'limit must be a non-negative integer, got -1', 'limit'),
    ],
    [
      'a fractional offset',
      { offset: 0.5 },
      fromServer('VALUE_LIMIT', 'offset must be a non-negative integer, got 0.5', 'offset'),
    ],
  ];
  test.each(GETS)('C4 C70 get with %s', async (_, args, row) => {
    await expectRow(() => records.get(args), row);
  });

  const QUERIES: readonly (readonly [string, object, Row])[] = [
    [
      'nothing',
      {},
      value('VALUE_MISSING', "At least one of 'queryEmbeddings' and 'queryTexts' must be provided"),
    ],
    [
      'uris alone',
      { queryURIs: ['u'] },
      value('VALUE_MISSING', "At least one of 'queryEmbeddings' and 'queryTexts' must be provided"),
    ],
    [
      'no embeddings',
      { queryEmbeddings: [] },
      value(
        'VALUE_EMBEDDING',
        'Expected queryEmbeddings to be an array with at least one item',
        'queryEmbeddings',
      ),
    ],
    [
      'embeddings that are none',
      { queryEmbeddings: 'x' },
      value(
        'VALUE_EMBEDDING',
        "Expected 'queryEmbeddings' to be an array, but got string",
        'queryEmbeddings',
      ),
    ],
    [
      'no texts',
      { queryTexts: [] },
      value('VALUE_LENGTHS', "Expected 'queryTexts' to be a non-empty list", 'queryTexts'),
    ],
    [
      'a text that is none',
      { queryTexts: ['x', 7] },
      value('VALUE_ARGUMENT', 'Expected queryTexts[1] to be a string, but got number', 'queryTexts[1]'),
    ],
    [
      'nResults below one',
      { queryEmbeddings: [[1, 2]], nResults: -1 },
      value('VALUE_N_RESULTS', 'Number of requested results has to be positive, got -1', 'nResults'),
    ],
    [
      'fractional nResults',
      { queryEmbeddings: [[1, 2]], nResults: 1.5 },
      fromServer(
        'VALUE_N_RESULTS',
        'Number of requested results has to be an integer from 1 to 2147483647, got 1.5',
        'nResults',
      ),
    ],
  ];
  test.each(QUERIES)('C4 C70 query with %s', async (_, args, row) => {
    await expectRow(() => records.query(args), row);
  });

  test('C4 C70 delete with a limit and no filter', async () => {
    await expectRow(
      () => records.delete({ ids: ['a'], limit: 1 }),
      fromServer(
        'VALUE_LIMIT',
        'limit can only be specified when a where or whereDocument clause is provided',
      ),
    );
  });
});

describe('collections', () => {
  const NAME =
    'Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]';
  test.each([
    ['ab', `Validation error: name: ${NAME}. Got: ab`],
    ['a b', `Validation error: name: ${NAME}. Got: a b`],
    ['-abc', `Validation error: name: ${NAME}. Got: -abc`],
    ['a+b+c', `Validation error: name: ${NAME}. Got: a+b+c`],
    [
      'a..b',
      'Validation error: name: Expected a name that does not contain two consecutive periods (..). Got: a..b',
    ],
    [
      '192.168.1.1',
      'Validation error: name: Expected a name that is not a valid ip address. Got: 192.168.1.1',
    ],
  ])('C20 C70 the name %s', async (name, message) => {
    await expectRow(() => client.createCollection({ name }), fromServer('VALUE_NAME', message));
    await expectRow(
      () => records.modify({ name }),
      fromServer('VALUE_NAME', message.replace('name:', 'new_name:')),
    );
  });

  test('C4 C70 metadata of a new collection is left to the server there, that of modify is not', async () => {
    const metadata = { k: { a: 1 } } as never;
    const message =
      "Expected metadata value for key 'k' to be a string, number, boolean, SparseVector, typed array (string[], number[], boolean[]), or null, got object (metadata.k)";
    await expectRow(
      () => client.createCollection({ name: 'other', metadata }),
      fromServer('VALUE_METADATA', message, 'metadata.k'),
    );
    await expectRow(() => records.modify({ metadata }), value('VALUE_METADATA', message, 'metadata.k'));
    await expectRow(
      () => records.modify({ metadata: {} }),
      value('VALUE_METADATA', 'Expected metadata to be non-empty (metadata)', 'metadata'),
    );
  });

  test('C4 C70 an id that is no UUID', async () => {
    await expectRow(
      () => client.getCollectionById('records'),
      fromServer('VALUE_COLLECTION_ID', 'Collection ID is not a valid UUIDv4: "records"'),
    );
  });
});
