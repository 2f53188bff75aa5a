/** Odd arguments, one by one: null, other types, numbers at the edges of theirs; what is taken, what is refused, and as what. */

const topic = 'arguments';

/** Calls on a collection with two records of two dimensions, each noted; then the ids that are there. */
const calls = (name, list) => ({
  name,
  topic,
  script: async ({ note, collection, client }) => {
    const records = await collection();
    await records.add({
      ids: ['a', 'b'],
      embeddings: [
        [1, 2],
        [3, 4],
      ],
      documents: ['first', 'second'],
      metadatas: [{ n: 1 }, { n: 2 }],
    });
    for (const call of list) await note(() => call(records, client));
    await note(async () => (await records.get()).ids);
  },
});

const ids = async (result) => (await result).ids;
const near = { queryEmbeddings: [[1, 2]] };
const one = { ids: ['c'], embeddings: [[5, 6]] };
const stored = async (r, include = ['metadatas']) => {
  const { embeddings, metadatas, uris } = await r.get({ ids: ['c'], include });
  return { embeddings, metadatas, uris };
};
const added = (entry, include) => async (r) => {
  await r.add({ ...one, ...entry });
  return stored(r, include);
};

export const cases = [
  calls('null is the same as left out in get', [
    (r) => ids(r.get({ ids: null })),
    (r) => ids(r.get({ limit: null, offset: null })),
    (r) => ids(r.get({ where: null, whereDocument: null })),
  ]),
  calls('null is the same as left out in query', [
    (r) => ids(r.query({ ...near, ids: null, where: null, whereDocument: null })),
    (r) => ids(r.query({ ...near, nResults: null })),
  ]),
  calls('null is the same as left out in delete', [
    (r) => r.delete({ ids: null }),
    (r) => r.delete({ where: null }),
    (r) => r.delete({ ids: ['a'], where: null, whereDocument: null }),
  ]),
  calls('null is the same as left out in other calls', [
    (r) => r.count(null),
    (r) => r.count({ readLevel: null }),
    (r) => r.modify({ metadata: null }),
    async (_, client) => (await client.listCollections(null)).length,
    async (_, client) =>
      (await client.createCollection({ name: 'nothing', metadata: null, embeddingFunction: null })).metadata,
    async (_, client) =>
      (await client.createCollection({ name: 'plain', configuration: null, embeddingFunction: null }))
        .configuration.hnsw.space,
  ]),
  calls('null where a list or a limit is needed', [
    (r) => r.get({ include: null }),
    (r) => r.delete({ where: { n: 1 }, limit: null }),
  ]),
  calls('empty lists of ids', [
    (r) => r.get({ ids: [] }),
    (r) => r.query({ ...near, ids: [] }),
    (r) => r.delete({ ids: [] }),
  ]),
  calls('nResults of other kinds', [
    (r) => ids(r.query({ ...near, nResults: 2 ** 31 - 1 })),
    (r) => r.query({ ...near, nResults: '3' }),
    (r) => r.query({ ...near, nResults: 2 ** 32 }),
    (r) => r.query({ ...near, nResults: -0.5 }),
  ]),
  calls('nResults and limit that are no number', [
    (r) => ids(r.query({ ...near, nResults: Number.NaN })),
    (r) => ids(r.get({ limit: Number.NaN })),
  ]),
  calls('limits at their ends', [
    (r) => ids(r.get({ limit: 2 ** 32 - 1 })),
    (r) => ids(r.get({ limit: 0 })),
    (r) => ids(r.get({ limit: '1' })),
    (r) => r.delete({ where: { n: 9 }, limit: 1.5 }),
  ]),
  calls('listCollections with limits at their ends', [
    async (_, client) => (await client.listCollections({ limit: 0 })).length,
    (_, client) => client.listCollections({ limit: -1 }),
    (_, client) => client.listCollections({ limit: 1.5 }),
    async (_, client) => (await client.listCollections({ limit: 1, offset: 7 })).length,
  ]),
  calls('URIs alone are no query', [(r) => r.query({ queryURIs: ['file:a'] })]),
  calls('embeddings that are no lists of lists', [
    (r) => r.query({ queryEmbeddings: [1, 2] }),
    (r) => r.query({ queryEmbeddings: 'near' }),
    (r) => r.add({ ids: ['c'], embeddings: { 0: [1, 2], length: 1 } }),
  ]),
  calls('components that are no numbers', [
    (r) => r.query({ queryEmbeddings: [['1', 2]] }),
    (r) => r.query({ queryEmbeddings: [[1, Number.NaN]] }),
    (r) => r.query({ queryEmbeddings: [[1, -Infinity]] }),
    (r) => r.add({ ...one, embeddings: [[1, undefined]] }),
  ]),
  calls('a text in place of a component', [added({ embeddings: [['1', 2]] }, ['embeddings'])]),
  calls('null in place of a component', [added({ embeddings: [[null, 2]] }, ['embeddings'])]),
  calls('a BigInt in place of a component', [(r) => r.add({ ...one, embeddings: [[1n, 2n]] })]),
  calls('components beyond 32-bit floats in add', [(r) => r.add({ ...one, embeddings: [[1e300, 2]] })]),
  calls('components beyond 32-bit floats in query', [(r) => ids(r.query({ queryEmbeddings: [[1e300, 2]] }))]),
  calls('a vector too long for its square to be a 32-bit float', [
    (r) => r.add({ ...one, embeddings: [[3e38, 1]] }),
  ]),
  calls('minus zero and the smallest floats', [
    async (r) => {
      await r.add({ ...one, embeddings: [[-0, 1e-40]] });
      const [vector] = (await r.get({ ids: ['c'], include: ['embeddings'] })).embeddings;
      return [Object.is(vector[0], -0), vector[1] > 9.9e-41 && vector[1] < 1.1e-40];
    },
  ]),
  calls('typed arrays in add', [
    added({ embeddings: [new Float32Array([7, 8])] }, ['embeddings']),
    async (r) => {
      await r.update({ ids: ['c'], embeddings: [new Float64Array([9, 10])] });
      return stored(r, ['embeddings']);
    },
  ]),
  calls('null in place of a column', [
    (r) => r.add({ ...one, metadatas: null }),
    (r) => r.add({ ids: ['c'], embeddings: null, documents: ['text'] }),
  ]),
  calls('a document that is not there', [
    (r) => r.add({ ...one, documents: [undefined] }),
    (r) => r.update({ ids: ['a'], embeddings: [[1, 2]], documents: [null] }),
  ]),
  calls('a uri that is not there', [
    added({ uris: [null] }, ['uris']),
    async (r) => {
      await r.update({ ids: ['c'], uris: ['file:c'] });
      await r.update({ ids: ['c'], uris: [null] });
      return stored(r, ['uris']);
    },
  ]),
  calls('metadata that is not there', [
    added({ metadatas: [null] }),
    async (r) => {
      await r.update({ ids: ['a'], metadatas: [null] });
      return (await r.get({ ids: ['a'] })).metadatas;
    },
  ]),
  calls('undefined as a metadata value', [added({ metadatas: [{ k: undefined, n: 1 }] })]),
  calls('undefined as the only metadata value', [added({ metadatas: [{ k: undefined }] })]),
  calls('a list in place of metadata', [added({ metadatas: [['x']] })]),
  calls('a text in place of metadata', [added({ metadatas: ['x'] })]),
  calls('metadata keys that objects inherit', [
    added({ metadatas: [{ constructor: 'x', toString: 1, hasOwnProperty: true, valueOf: 'v' }] }),
    (r) => ids(r.get({ where: { constructor: 'x' } })),
    (r) => ids(r.get({ where: { toString: { $gte: 1 } } })),
  ]),
  calls('a metadata key named __proto__', [
    async (r) => {
      await r.add({ ...one, metadatas: [JSON.parse('{"__proto__":"x","n":1}')] });
      return Object.entries((await r.get({ ids: ['c'] })).metadatas[0]).map(([key]) => key);
    },
  ]),
  calls('numbers at the edges of what metadata keeps', [
    added({ metadatas: [{ whole: 2 ** 53 - 1, large: 1e300, small: 5e-324, negative: -1.5 }] }),
  ]),
  calls('metadata values of other kinds', [
    (r) => r.add({ ...one, metadatas: [{ k: 1n }] }),
    (r) => r.add({ ...one, metadatas: [{ k: new Date(0) }] }),
    (r) => r.add({ ...one, metadatas: [{ k: () => 1 }] }),
    (r) => r.add({ ...one, metadatas: [{ k: new Map() }] }),
    (r) => r.add({ ...one, metadatas: [{ k: new Uint8Array(2) }] }),
    (r) => r.add({ ...one, metadatas: [{ k: { indices: [1] } }] }),
    (r) => r.add({ ...one, metadatas: [{ l: [1, Number.NaN] }] }),
    (r) => r.add({ ...one, metadatas: 'x' }),
  ]),
  {
    name: 'ids of every script and shape',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      const odd = [
        '__proto__',
        'constructor',
        'hasOwnProperty',
        ' ',
        '\n',
        '0',
        'null',
        'é',
        'e\u0301',
        '🚲',
        '👩‍👩‍👧',
        'ا',
        '\u200b',
        '\ufeff',
        'x'.repeat(5000),
        "'; DROP TABLE embeddings; --",
        '%',
        '_',
      ];
      await note(() => records.add({ ids: odd, embeddings: odd.map((_, i) => [i]) }));
      await note(() => records.count());
      await note(async () => (await records.get()).ids.every((id, i) => id === odd[i]));
      for (const id of ['__proto__', 'e\u0301', '👩‍👩‍👧', '\ufeff', '%']) {
        await note(async () => (await records.get({ ids: [id], include: ['embeddings'] })).embeddings);
      }
      await note(() => records.delete({ ids: ['é', 'constructor'] }));
      await note(async () => (await records.get()).ids.length);
    },
  },
  {
    name: 'one document of a megabyte',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      const text = `${'lorem ipsum '.repeat(90_000)}needle`;
      await note(() => records.add({ ids: ['a'], embeddings: [[1]], documents: [text] }));
      await note(async () => (await records.get()).documents[0] === text);
      await note(async () => (await records.get({ whereDocument: { $contains: 'needle' } })).ids);
    },
  },
  calls('modify with values of other kinds', [
    (r) => r.modify({ name: '' }),
    (r) => r.modify({ metadata: { a: { b: 1 } } }),
    (r) => r.modify({ metadata: { a: [] } }),
    (r) => r.modify({ configuration: { hnsw: { ef: 1 } } }),
    async (r) => {
      await r.modify({ metadata: { a: null, b: 1 } });
      return r.metadata.b;
    },
  ]),
  calls('collections without a proper name', [
    (_, client) => client.createCollection({ embeddingFunction: null }),
    (_, client) => client.createCollection({ name: 7, embeddingFunction: null }),
    (_, client) => client.getOrCreateCollection({ name: '', embeddingFunction: null }),
    (_, client) => client.getCollection({ name: '' }),
    (_, client) => client.deleteCollection({ name: '' }),
    (_, client) => client.getCollectionById('records'),
  ]),
  calls('metadata of a collection of other kinds', [
    (_, client) => client.createCollection({ name: 'more', embeddingFunction: null, metadata: { a: NaN } }),
    (_, client) => client.createCollection({ name: 'more', embeddingFunction: null, metadata: { '': 1 } }),
    (_, client) => client.createCollection({ name: 'more', embeddingFunction: null, metadata: { $a: 1 } }),
  ]),
  calls('names and objects mixed in getCollections', [
    async (_, client) =>
      (await client.getCollections(['records', { name: 'records' }])).map((each) => each.name),
  ]),
  calls('getCollections of nothing', [async (_, client) => client.getCollections([])]),
  calls('where of other kinds', [
    (r) => r.get({ where: 'n' }),
    (r) => r.get({ where: [] }),
    (r) => r.get({ where: 7 }),
    (r) => r.get({ where: { n: undefined } }),
    (r) => r.get({ where: { n: { $eq: null } } }),
    (r) => r.get({ where: { n: { $contains: null } } }),
    (r) => r.get({ where: { n: {} } }),
    (r) => r.get({ where: { n: [1] } }),
    (r) => r.get({ where: { $and: [] } }),
  ]),
  calls('operands that a server refuses', [
    (r) => r.get({ where: { n: { $eq: Number.NaN } } }),
    (r) => r.get({ where: { n: { $eq: [1] } } }),
    (r) => r.get({ where: { n: { $gt: Infinity } } }),
  ]),
  calls('whereDocument of other kinds', [
    (r) => r.get({ whereDocument: 'first' }),
    (r) => r.get({ whereDocument: 7 }),
    (r) => r.get({ whereDocument: { $and: 'ab' } }),
    (r) => r.get({ whereDocument: { $or: [] } }),
  ]),
  calls('whereDocument operands that a server refuses', [
    (r) => r.get({ whereDocument: { $contains: null } }),
    (r) => r.get({ whereDocument: { $regex: 7 } }),
    (r) => r.get({ whereDocument: { $not_regex: '[' } }),
    (r) => r.query({ ...near, whereDocument: { $regex: '*' } }),
    (r) => r.delete({ whereDocument: { $regex: '(' } }),
  ]),
  calls('several queries with a filter that nothing meets', [
    (r) =>
      r.query({
        queryEmbeddings: [
          [1, 2],
          [3, 4],
        ],
        where: { n: 9 },
      }),
    async (r) => (await r.query({ ...near, where: { n: 9 } })).rows(),
  ]),
  calls('an empty include', [
    (r) => r.get({ include: [] }),
    (r) => r.query({ ...near, include: [] }),
    async (r) => (await r.get({ include: [] })).rows().map((row) => row.id),
  ]),
  calls('every include at once, in an order of its own', [
    (r) => r.get({ ids: ['b'], include: ['uris', 'embeddings', 'metadatas', 'documents'] }),
    (r) =>
      r.query({
        ...near,
        nResults: 1,
        include: ['distances', 'uris', 'embeddings', 'metadatas', 'documents'],
      }),
  ]),
  calls('upsert of known and new ids in one call', [
    async (r) => {
      await r.upsert({
        ids: ['b', 'c', 'a'],
        embeddings: [
          [9, 9],
          [8, 8],
          [7, 7],
        ],
        metadatas: [{ m: 1 }, { m: 2 }, null],
      });
      return r.get({ include: ['embeddings', 'metadatas', 'documents'] });
    },
  ]),
  calls('peek with limits', [
    (r) => ids(r.peek({})),
    (r) => ids(r.peek({ limit: 1 })),
    (r) => ids(r.peek({ limit: 0 })),
    (r) => r.peek({ limit: -1 }),
  ]),
];
