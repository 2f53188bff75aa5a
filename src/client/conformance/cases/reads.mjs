/** get, peek, query, rows: order, pages, columns, distances. */

const topic = 'reads';

const filled = async (collection, args) => {
  const records = await collection(args);
  await records.add({
    ids: ['e', 'd', 'c', 'b', 'a'],
    embeddings: [
      [5, 0],
      [4, 1],
      [3, 2],
      [2, 3],
      [1, 4.5],
    ],
    documents: ['epsilon', 'delta', 'gamma', 'beta', 'alpha'],
    metadatas: [{ n: 5 }, { n: 4 }, { tag: 'middle' }, { n: 2, even: true }, { n: 1 }],
    uris: ['u:e', 'u:d', 'u:c', 'u:b', 'u:a'],
  });
  return records;
};

/** The same five records, then calls on them, each written down. */
const reading = (name, calls, args) => ({
  name,
  topic,
  script: async ({ note, collection }) => {
    const records = await filled(collection, args);
    for (const call of calls) await note(() => call(records));
  },
});

const near = { queryEmbeddings: [[5, 0]] };

export const cases = [
  reading('get includes documents and metadatas by default', [(r) => r.get()]),
  reading('get returns insertion order, whatever the order of ids', [(r) => r.get({ ids: ['a', 'e', 'c'] })]),
  reading('get ignores unknown ids', [
    (r) => r.get({ ids: ['nobody', 'b'] }),
    (r) => r.get({ ids: ['nobody'] }),
  ]),
  reading('an empty list of ids', [
    (r) => r.get({ ids: [] }),
    (r) => r.query({ ...near, ids: [] }),
    (r) => r.delete({ ids: [] }),
    (r) => r.count(),
  ]),
  reading('get pages with limit and offset', [
    (r) => r.get({ limit: 2, include: [] }),
    (r) => r.get({ limit: 2, offset: 2, include: [] }),
    (r) => r.get({ limit: 2, offset: 4, include: [] }),
    (r) => r.get({ offset: 3, include: [] }),
    (r) => r.get({ limit: 100, include: [] }),
  ]),
  reading('an offset beyond the end gives nothing', [
    (r) => r.get({ offset: 5 }),
    (r) => r.get({ offset: 99, limit: 1 }),
  ]),
  reading('a limit of zero gives nothing', [(r) => r.get({ limit: 0 })]),
  reading('limit and offset count matches only', [
    (r) => r.get({ where: { n: { $gt: 1 } }, limit: 2, offset: 1 }),
  ]),
  reading('get includes only what is asked for', [
    (r) => r.get({ include: [] }),
    (r) => r.get({ include: ['embeddings'] }),
    (r) => r.get({ include: ['uris', 'documents'] }),
    (r) => r.get({ include: ['metadatas'] }),
  ]),
  reading('get with ids and where gives what fits both', [
    (r) => r.get({ ids: ['a', 'b', 'c'], where: { n: { $gte: 2 } } }),
  ]),
  reading('get with where and whereDocument gives what fits both', [
    (r) => r.get({ where: { n: { $lt: 5 } }, whereDocument: { $contains: 'eta' } }),
  ]),
  reading('rows of get hold what was included', [
    async (r) => (await r.get({ ids: ['c', 'b'] })).rows(),
    async (r) => (await r.get({ ids: ['b'], include: ['embeddings', 'uris'] })).rows(),
    async (r) => (await r.get({ ids: ['nobody'] })).rows(),
  ]),
  reading('peek shows the first records', [(r) => r.peek({ limit: 2 }), async (r) => (await r.peek({})).ids]),
  reading('count counts', [(r) => r.count()]),
  reading('query orders by distance and includes metadatas, documents and distances', [(r) => r.query(near)]),
  reading('query gives nResults hits, or all there are', [
    (r) => r.query({ ...near, nResults: 1 }),
    (r) => r.query({ ...near, nResults: 3 }),
    async (r) => (await r.query({ ...near, nResults: 50 })).ids[0].length,
  ]),
  reading('query answers several queries at once', [
    (r) =>
      r.query({
        queryEmbeddings: [
          [5, 0],
          [1, 5],
        ],
        nResults: 2,
      }),
  ]),
  reading('query includes only what is asked for', [
    (r) => r.query({ ...near, nResults: 2, include: [] }),
    (r) => r.query({ ...near, nResults: 2, include: ['embeddings', 'uris'] }),
    (r) => r.query({ ...near, nResults: 2, include: ['documents'] }),
  ]),
  reading('query filters by metadata before it searches', [
    (r) => r.query({ ...near, where: { n: { $lte: 2 } }, nResults: 2 }),
    (r) => r.query({ ...near, where: { n: 77 }, nResults: 2 }),
  ]),
  reading('query filters by document', [
    (r) => r.query({ ...near, whereDocument: { $contains: 'a' }, nResults: 3 }),
  ]),
  reading('query searches among the ids given', [(r) => r.query({ ...near, ids: ['a', 'b'], nResults: 5 })]),
  reading('query with ids, where and whereDocument gives what fits all', [
    (r) =>
      r.query({ ...near, ids: ['a', 'b', 'd'], where: { n: { $gt: 1 } }, whereDocument: { $contains: 'l' } }),
  ]),
  reading('query with an unknown id', [(r) => r.query({ ...near, ids: ['nobody', 'b'] })]),
  reading('query with an unknown id beside a filter', [
    (r) => r.query({ ...near, ids: ['nobody', 'b'], where: { n: { $gt: 0 } } }),
  ]),
  reading('rows of query hold a distance each', [
    async (r) => (await r.query({ ...near, nResults: 2 })).rows(),
    async (r) =>
      (
        await r.query({
          queryEmbeddings: [
            [5, 0],
            [1, 4],
          ],
          nResults: 1,
          include: ['uris'],
        })
      ).rows(),
  ]),
  reading('query embeddings win over query texts', [
    (r) => r.query({ ...near, queryTexts: ['nothing'], nResults: 1 }),
  ]),
  reading('query sees updated and deleted records', [
    (r) => r.update({ ids: ['a'], embeddings: [[5, 0.5]] }),
    (r) => r.delete({ ids: ['e'] }),
    (r) => r.query({ ...near, nResults: 3 }),
  ]),
  reading('distances in l2 are squared', [
    (r) => r.query({ queryEmbeddings: [[0, 0]], include: ['distances'] }),
  ]),
  reading(
    'distances in ip are one minus the dot product',
    [(r) => r.query({ queryEmbeddings: [[1, 0.5]], include: ['distances'] })],
    {
      configuration: { hnsw: { space: 'ip' } },
    },
  ),
  reading(
    'distances in cosine are one minus the cosine',
    [(r) => r.query({ queryEmbeddings: [[1, 1]], include: ['distances'] })],
    {
      configuration: { hnsw: { space: 'cosine' } },
    },
  ),
  reading(
    'cosine does not depend on the length of the query',
    [(r) => r.query({ queryEmbeddings: [[1000, 2000]], include: ['distances'] })],
    {
      configuration: { hnsw: { space: 'cosine' } },
    },
  ),
  reading(
    'embeddings in cosine come back as long as they were',
    [(r) => r.get({ include: ['embeddings'] })],
    {
      configuration: { hnsw: { space: 'cosine' } },
    },
  ),
  {
    name: 'records at equal distance',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({
        ids: ['f', 'e', 'd', 'c', 'b', 'a'],
        embeddings: [
          [0, 1],
          [1, 0],
          [0, -1],
          [-1, 0],
          [2, 0],
          [0, 0],
        ],
      });
      await note(() => records.query({ queryEmbeddings: [[0, 0]] }));
    },
  },
  {
    name: 'a zero vector under cosine',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ configuration: { hnsw: { space: 'cosine' } } });
      await note(() => records.add({ ids: ['zero'], embeddings: [[0, 0]] }));
      await note(() => records.count());
    },
  },
  {
    name: 'an empty collection answers get and query with nothing',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await note(() => records.get());
      await note(() => records.count());
      await note(() =>
        records.query({
          queryEmbeddings: [
            [1, 2],
            [3, 4],
          ],
        }),
      );
      await note(() => records.query({ queryEmbeddings: [[1, 2, 3]] }));
      await note(() => records.peek({ limit: 3 }));
      await note(() => records.delete({ where: { a: 1 } }));
    },
  },
  {
    name: 'an emptied collection keeps its dimension',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['a'], embeddings: [[1, 2]] });
      await records.delete({ ids: ['a'] });
      await note(() => records.count());
      await note(() => records.add({ ids: ['b'], embeddings: [[1, 2, 3]] }));
      await note(() => records.query({ queryEmbeddings: [[1, 2, 3]] }));
      await note(() => records.query({ queryEmbeddings: [[1, 2]] }));
    },
  },
  {
    name: 'a failed first write fixes no dimension',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await note(() =>
        records.add({
          ids: ['a', 'b'],
          embeddings: [
            [1, 2],
            [1, 2, 3],
          ],
        }),
      );
      await note(() => records.add({ ids: ['a'], embeddings: [[1, 2, 3, 4]] }));
      await note(() => records.get({ include: ['embeddings'] }));
    },
  },
  {
    name: 'two hundred records in a row: pages and nearest neighbours',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      const ids = Array.from({ length: 200 }, (_, i) => `r${i}`);
      await records.add({
        ids,
        embeddings: ids.map((_, i) => [i, i * 0.5, 1]),
        metadatas: ids.map((_, i) => ({ i, third: i % 3 === 0 })),
      });
      await note(() => records.get({ limit: 5, offset: 120, include: ['metadatas'] }));
      await note(() => records.query({ queryEmbeddings: [[50.2, 25.1, 1]], nResults: 4 }));
      await note(() =>
        records.query({ queryEmbeddings: [[50.2, 25.1, 1]], nResults: 4, where: { third: true } }),
      );
      await note(() =>
        records.query({ queryEmbeddings: [[50.2, 25.1, 1]], nResults: 3, where: { i: { $gte: 190 } } }),
      );
    },
  },
  {
    name: 'one wide vector of 1,536 dimensions',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ configuration: { hnsw: { space: 'cosine' } } });
      const wide = (step) => Array.from({ length: 1536 }, (_, i) => Math.sin(i * step) + 0.01);
      await records.add({ ids: ['a', 'b', 'c'], embeddings: [wide(0.1), wide(0.2), wide(0.3)] });
      await note(() => records.query({ queryEmbeddings: [wide(0.21)], include: ['distances'] }));
    },
  },
];
