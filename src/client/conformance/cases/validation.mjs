/** What is refused, where it is refused, and in which words; nothing of a refused call is stored. */

const topic = 'validation';

/** One refused call on a collection with one record of two dimensions; then the record count. */
const refusal = (name, call) => ({
  name,
  topic,
  script: async ({ note, collection }) => {
    const records = await collection();
    await records.add({ ids: ['a'], embeddings: [[1, 2]], documents: ['text'], metadatas: [{ n: 1 }] });
    await note(() => call(records));
    await note(() => records.count());
  },
});

const one = { ids: ['b'], embeddings: [[1, 2]] };

export const cases = [
  refusal('ids must not be empty', (r) => r.add({ ids: [], embeddings: [] })),
  refusal('ids must be an array', (r) => r.add({ ids: 'b', embeddings: [[1, 2]] })),
  refusal('ids must be strings', (r) =>
    r.add({
      ids: ['b', 7, null],
      embeddings: [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    }),
  ),
  refusal('an id must not be empty', (r) => r.add({ ids: [''], embeddings: [[1, 2]] })),
  refusal('ids must be unique in one add', (r) =>
    r.add({
      ids: ['b', 'b', 'c', 'c'],
      embeddings: [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    }),
  ),
  refusal('ids must be unique in one update', (r) =>
    r.update({ ids: ['a', 'a'], metadatas: [{ n: 2 }, { n: 3 }] }),
  ),
  refusal('ids must be unique in one upsert', (r) =>
    r.upsert({
      ids: ['a', 'a'],
      embeddings: [
        [1, 2],
        [1, 2],
      ],
    }),
  ),
  refusal('ids must be unique in get', (r) => r.get({ ids: ['a', 'a'] })),
  refusal('ids must be unique in query', (r) => r.query({ queryEmbeddings: [[1, 2]], ids: ['a', 'a'] })),
  refusal('ids must be unique in delete', (r) => r.delete({ ids: ['a', 'a'] })),
  refusal('many duplicates are shortened in the message', (r) => {
    const ids = Array.from({ length: 20 }, (_, i) => `id${i % 10}`);
    return r.add({ ids, embeddings: ids.map(() => [1, 2]) });
  }),
  refusal('every field has one entry per id', (r) => r.add({ ids: ['b', 'c'], embeddings: [[1, 2]] })),
  refusal('documents must be as many as ids', (r) =>
    r.add({ ids: ['b'], embeddings: [[1, 2]], documents: ['x', 'y'] }),
  ),
  refusal('metadatas must be as many as ids', (r) =>
    r.upsert({ ids: ['b'], embeddings: [[1, 2]], metadatas: [] }),
  ),
  refusal('add needs embeddings or documents', (r) => r.add({ ids: ['b'] })),
  refusal('upsert needs embeddings or documents', (r) => r.upsert({ ids: ['b'], metadatas: [{ n: 1 }] })),
  refusal('query needs embeddings or texts', (r) => r.query({})),
  refusal('documents alone need an embedding function', (r) => r.add({ ids: ['b'], documents: ['x'] })),
  refusal('updated documents alone need an embedding function', (r) =>
    r.update({ ids: ['a'], documents: ['x'] }),
  ),
  refusal('query texts need an embedding function', (r) => r.query({ queryTexts: ['x'] })),
  refusal('embeddings must be an array', (r) => r.add({ ids: ['b'], embeddings: 'x' })),
  refusal('an embedding must be an array', (r) => r.add({ ids: ['b'], embeddings: ['x'] })),
  refusal('an embedding must not be empty', (r) => r.add({ ids: ['b'], embeddings: [[]] })),
  refusal('an embedding must be of finite numbers', (r) =>
    r.add({ ids: ['b'], embeddings: [[1, Number.NaN]] }),
  ),
  refusal('an embedding must not hold infinity', (r) => r.add({ ids: ['b'], embeddings: [[1, Infinity]] })),
  refusal('embeddings of one call are of one dimension', (r) =>
    r.add({
      ids: ['b', 'c'],
      embeddings: [
        [1, 2],
        [1, 2, 3],
      ],
    }),
  ),
  refusal('add keeps to the dimension of the collection', (r) =>
    r.add({ ids: ['b'], embeddings: [[1, 2, 3]] }),
  ),
  refusal('upsert keeps to the dimension of the collection', (r) =>
    r.upsert({ ids: ['a'], embeddings: [[1]] }),
  ),
  refusal('update keeps to the dimension of the collection', (r) =>
    r.update({ ids: ['a'], embeddings: [[1, 2, 3]] }),
  ),
  refusal('query keeps to the dimension of the collection', (r) => r.query({ queryEmbeddings: [[1, 2, 3]] })),
  refusal('a document must be a string', (r) => r.add({ ...one, documents: [7] })),
  refusal('a document must not be null', (r) => r.add({ ...one, documents: [null] })),
  refusal('a uri must be a string', (r) => r.add({ ...one, uris: [7] })),
  refusal('metadata must not be empty', (r) => r.add({ ...one, metadatas: [{}] })),
  refusal('metadata of an update must not be empty', (r) => r.update({ ids: ['a'], metadatas: [{}] })),
  refusal('a metadata value must not be an object', (r) => r.add({ ...one, metadatas: [{ k: { a: 1 } }] })),
  refusal('a metadata list must not be empty', (r) => r.add({ ...one, metadatas: [{ k: [] }] })),
  refusal('a metadata list must be of one type', (r) => r.add({ ...one, metadatas: [{ k: [1, 'a'] }] })),
  refusal('a metadata list must not hold lists', (r) => r.add({ ...one, metadatas: [{ k: [[1]] }] })),
  refusal('a metadata list must not hold null', (r) => r.add({ ...one, metadatas: [{ k: ['a', null] }] })),
  refusal('a metadata number must be finite', (r) => r.add({ ...one, metadatas: [{ k: Number.NaN }] })),
  refusal('a metadata key must not be empty', (r) => r.add({ ...one, metadatas: [{ '': 1 }] })),
  refusal('a metadata key must not begin with #', (r) =>
    r.add({ ...one, metadatas: [{ '#document': 'x' }] }),
  ),
  refusal('a metadata key must not begin with $', (r) => r.add({ ...one, metadatas: [{ $k: 'x' }] })),
  refusal('indices of a sparse vector must increase', (r) =>
    r.add({ ...one, metadatas: [{ k: { indices: [2, 1], values: [1, 2] } }] }),
  ),
  refusal('include must be an array', (r) => r.get({ include: 'documents' })),
  refusal('include must be of the five names', (r) => r.get({ include: ['documents', 'everything'] })),
  refusal('include must be strings', (r) => r.query({ queryEmbeddings: [[1, 2]], include: [1] })),
  refusal('get cannot include distances', (r) => r.get({ include: ['distances'] })),
  refusal('nResults must be positive', (r) => r.query({ queryEmbeddings: [[1, 2]], nResults: -1 })),
  refusal('nResults of zero', (r) => r.query({ queryEmbeddings: [[1, 2]], nResults: 0 })),
  refusal('nResults must be whole', (r) => r.query({ queryEmbeddings: [[1, 2]], nResults: 1.5 })),
  refusal('limit must not be negative', (r) => r.get({ limit: -1 })),
  refusal('offset must not be negative', (r) => r.get({ offset: -1 })),
  refusal('limit must be whole', (r) => r.get({ limit: 1.5 })),
  refusal('delete takes a limit only with a filter', (r) => r.delete({ ids: ['a'], limit: 1 })),
  refusal('delete takes no negative limit', (r) => r.delete({ where: { n: 1 }, limit: -1 })),
  refusal('query embeddings must not be empty', (r) => r.query({ queryEmbeddings: [] })),
  refusal('a query embedding must not be empty', (r) => r.query({ queryEmbeddings: [[]] })),
  refusal('query texts must not be empty', (r) => r.query({ queryTexts: [] })),
  refusal('where must not be empty', (r) => r.get({ where: {} })),
  refusal('where has one key', (r) => r.get({ where: { n: 1, m: 2 } })),
  refusal('a field has one operator', (r) => r.get({ where: { n: { $gt: 1, $lt: 3 } } })),
  refusal('$and needs two members', (r) => r.get({ where: { $and: [{ n: 1 }] } })),
  refusal('$or needs a list', (r) => r.get({ where: { $or: { n: 1 } } })),
  refusal('an unknown operator of a field', (r) => r.get({ where: { n: { $like: 'x' } } })),
  refusal('an unknown operator of where', (r) => r.get({ where: { $not: [{ n: 1 }, { n: 2 }] } })),
  refusal('$gt needs a number', (r) => r.get({ where: { n: { $gt: '1' } } })),
  refusal('$lte needs a number', (r) => r.get({ where: { n: { $lte: true } } })),
  refusal('$in needs a value', (r) => r.get({ where: { n: { $in: [] } } })),
  refusal('$in needs values of one type', (r) => r.get({ where: { n: { $in: [1, 'a'] } } })),
  refusal('$nin needs a list', (r) => r.get({ where: { n: { $nin: 1 } } })),
  refusal('$regex is not for metadata', (r) => r.get({ where: { n: { $regex: 'a' } } })),
  refusal('a null operand', (r) => r.get({ where: { n: null } })),
  refusal('whereDocument must not be empty', (r) => r.get({ whereDocument: {} })),
  refusal('whereDocument has one key', (r) => r.get({ whereDocument: { $contains: 'a', $regex: 'b' } })),
  refusal('whereDocument needs an operator', (r) => r.get({ whereDocument: { text: 'a' } })),
  refusal('whereDocument needs a string', (r) => r.get({ whereDocument: { $contains: 7 } })),
  refusal('whereDocument $or needs two members', (r) =>
    r.get({ whereDocument: { $or: [{ $contains: 'a' }] } }),
  ),
  refusal('a regular expression must be well formed', (r) => r.get({ whereDocument: { $regex: '(' } })),
  refusal('a regular expression has no look-ahead', (r) => r.get({ whereDocument: { $regex: 'a(?=b)' } })),
  refusal('a regular expression has no back-reference', (r) =>
    r.get({ whereDocument: { $regex: '(a)\\1' } }),
  ),
  refusal('peek without an argument', (r) => r.peek()),
  refusal('typed arrays as query embeddings', (r) =>
    r.query({ queryEmbeddings: [new Float32Array([1, 2])], include: ['distances'] }),
  ),
];
