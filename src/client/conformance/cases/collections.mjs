/** Life of a collection: create, get, list, count, delete, modify. */

const topic = 'collections';
const none = { embeddingFunction: null };
const namesOf = async (list) => (await list).map(({ name }) => name).sort();

export const cases = [
  {
    name: 'a new collection shows its name, namespace and metadata',
    topic,
    script: async ({ note, collection }) => {
      await note(() => collection({ metadata: { topic: 'garden', year: 2024, draft: false } }));
      await note(() => collection({ name: 'plain' }));
    },
  },
  {
    name: 'creating a collection that exists is refused',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ metadata: { first: true } });
      await note(() => collection({ metadata: { second: true } }));
      await note(async () => (await client.getCollection({ name: 'records', ...none })).metadata);
    },
  },
  {
    name: 'getCollection of a missing name is not found',
    topic,
    script: async ({ client, note }) => {
      await note(() => client.getCollection({ name: 'nowhere' }));
    },
  },
  {
    name: 'deleteCollection of a missing name is not found',
    topic,
    script: async ({ client, note }) => {
      await note(() => client.deleteCollection({ name: 'nowhere' }));
    },
  },
  {
    name: 'deleteCollection returns nothing and frees the name',
    topic,
    script: async ({ client, note, collection }) => {
      const first = await collection();
      await first.add({ ids: ['a'], embeddings: [[1, 2]] });
      await note(() => client.deleteCollection({ name: 'records' }));
      await note(() => client.countCollections());
      const second = await collection();
      await note(() => second.count());
      await note(() => first.id === second.id);
    },
  },
  {
    name: 'a handle of a deleted collection is not found by any call',
    topic,
    script: async ({ client, note, collection }) => {
      const stale = await collection();
      await client.deleteCollection({ name: 'records' });
      await note(() => stale.count());
      await note(() => stale.get());
      await note(() => stale.add({ ids: ['a'], embeddings: [[1]] }));
      await note(() => stale.query({ queryEmbeddings: [[1]] }));
      await note(() => stale.delete({ ids: ['a'] }));
      await note(() => stale.modify({ name: 'other' }));
    },
  },
  {
    name: 'getOrCreateCollection creates what is missing',
    topic,
    script: async ({ client, note }) => {
      await note(() => client.getOrCreateCollection({ name: 'notes', metadata: { a: 1 }, ...none }));
      await note(() => client.countCollections());
    },
  },
  {
    name: 'getOrCreateCollection ignores metadata and configuration of an existing collection',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ metadata: { a: 1 }, configuration: { hnsw: { space: 'cosine' } } });
      const again = await client.getOrCreateCollection({
        name: 'records',
        metadata: { b: 2 },
        configuration: { hnsw: { space: 'ip' } },
        ...none,
      });
      await note(() => again.metadata);
      await note(() => again.configuration.hnsw.space);
      await note(async () => (await client.getCollection({ name: 'records' })).metadata);
    },
  },
  {
    name: 'getCollection gives the same collection again, with its metadata',
    topic,
    script: async ({ client, note, collection }) => {
      const made = await collection({ metadata: { lang: 'en' } });
      await made.add({ ids: ['a'], embeddings: [[1]] });
      const got = await note(() => client.getCollection({ name: 'records' }));
      await note(() => got.id === made.id);
      await note(() => got.count());
    },
  },
  {
    name: 'getCollectionById finds by id and knows the name',
    topic,
    script: async ({ client, note, collection }) => {
      const made = await collection();
      await note(() => client.getCollectionById(made.id));
      await note(() => client.getCollectionById('5d8e1a2c-0c5c-4f1e-9b60-2f6f3d1f0a77'));
    },
  },
  {
    name: 'getCollections takes names, or objects with names, in their order',
    topic,
    script: async ({ client, note, collection }) => {
      for (const name of ['one', 'two', 'three']) await collection({ name });
      await note(async () => (await client.getCollections(['three', 'one'])).map((c) => c.name));
      await note(async () =>
        (await client.getCollections([{ name: 'two' }, { name: 'one' }])).map((c) => c.name),
      );
      await note(() => client.getCollections([]));
    },
  },
  {
    name: 'getCollections with one missing name is not found',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ name: 'one' });
      await note(() => client.getCollections(['one', 'gone']));
    },
  },
  {
    name: 'listCollections and countCollections see all collections',
    topic,
    script: async ({ client, note, collection }) => {
      await note(() => client.listCollections());
      await note(() => client.countCollections());
      for (const name of ['one', 'two', 'three']) await collection({ name });
      await note(() => namesOf(client.listCollections()));
      await note(() => client.countCollections());
    },
  },
  {
    name: 'listCollections pages with limit and offset',
    topic,
    script: async ({ client, note, collection }) => {
      for (const name of ['one', 'two', 'three', 'four']) await collection({ name });
      await note(async () => (await client.listCollections({ limit: 3 })).length);
      await note(async () => (await client.listCollections({ offset: 3 })).length);
      await note(async () => (await client.listCollections({ limit: 2, offset: 3 })).length);
      await note(async () => (await client.listCollections({ offset: 9 })).length);
      const pages = [
        ...(await client.listCollections({ limit: 2 })),
        ...(await client.listCollections({ limit: 2, offset: 2 })),
      ];
      await note(() => namesOf(pages));
    },
  },
  {
    name: 'modify changes the name and keeps records and id',
    topic,
    script: async ({ client, note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['a'], embeddings: [[1]] });
      await note(() => records.modify({ name: 'renamed' }));
      await note(() => records);
      await note(() => records.count());
      await note(() => client.getCollection({ name: 'records' }));
      await note(async () => (await client.getCollection({ name: 'renamed' })).id === records.id);
    },
  },
  {
    name: 'modify replaces the whole metadata',
    topic,
    script: async ({ client, note, collection }) => {
      const records = await collection({ metadata: { a: 1, b: 'two' } });
      await note(() => records.modify({ metadata: { c: 3 } }));
      await note(() => records.metadata);
      await note(async () => (await client.getCollection({ name: 'records' })).metadata);
    },
  },
  {
    name: 'modify without arguments changes nothing',
    topic,
    script: async ({ client, note, collection }) => {
      const records = await collection({ metadata: { a: 1 } });
      await note(() => records.modify({}));
      await note(() => client.getCollection({ name: 'records' }));
    },
  },
  {
    name: 'modify with empty metadata is refused',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ metadata: { a: 1 } });
      await note(() => records.modify({ metadata: {} }));
    },
  },
  {
    name: 'a failed modify leaves the stored collection as it was',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ name: 'taken' });
      const records = await collection({ metadata: { a: 1 } });
      await note(() => records.modify({ name: 'taken' }));
      await note(() => client.getCollection({ name: 'records' }));
      await note(() => client.countCollections());
    },
  },
  {
    name: 'the handle after a failed modify',
    topic,
    script: async ({ note, collection }) => {
      await collection({ name: 'taken' });
      const records = await collection({ metadata: { a: 1 } });
      await records.modify({ name: 'taken', metadata: { b: 2 } }).catch(() => undefined);
      await note(() => ({ name: records.name, metadata: records.metadata }));
    },
  },
  {
    name: 'empty metadata of a new collection is refused',
    topic,
    script: async ({ note, collection }) => {
      await note(() => collection({ metadata: {} }));
    },
  },
  {
    name: 'null values in the metadata of a collection are dropped',
    topic,
    script: async ({ client, note, collection }) => {
      await note(() => collection({ metadata: { kept: 'yes', gone: null } }));
      await note(async () => (await client.getCollection({ name: 'records' })).metadata);
    },
  },
  {
    name: 'nested objects in the metadata of a collection are refused',
    topic,
    script: async ({ note, collection }) => {
      await note(() => collection({ metadata: { nested: { a: 1 } } }));
    },
  },
  {
    name: 'metadata of a collection keeps types',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ metadata: { int: 3, float: 1.5, text: '3', yes: true, no: false, empty: '' } });
      await note(async () => (await client.getCollection({ name: 'records' })).metadata);
    },
  },
  {
    name: 'two collections of one client hold their own records',
    topic,
    script: async ({ note, collection }) => {
      const one = await collection({ name: 'one' });
      const two = await collection({ name: 'two' });
      await one.add({ ids: ['a'], embeddings: [[1, 2]] });
      await two.add({
        ids: ['a', 'b'],
        embeddings: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      });
      await note(() => one.count());
      await note(() => two.count());
      await note(() => one.get({ include: ['embeddings'] }));
    },
  },
  {
    name: 'reset drops every collection',
    topic,
    script: async ({ client, note, collection }) => {
      const stale = await collection();
      await note(() => client.reset());
      await note(() => client.countCollections());
      await note(() => stale.count());
    },
  },
  {
    name: 'heartbeat is in nanoseconds and version has three numbers',
    topic,
    script: async ({ client, note }) => {
      await note(async () => Math.abs((await client.heartbeat()) / 1e6 - Date.now()) < 86_400_000);
      await note(async () => /^\d+\.\d+\.\d+$/.test(await client.version()));
    },
  },
  {
    name: 'a client knows its namespace and its identity',
    topic,
    script: async ({ client, note }) => {
      await note(() => [client.tenant, client.database]);
      await note(() => client.getUserIdentity());
    },
  },
  {
    name: 'preflight checks name the largest batch and the encoding',
    topic,
    script: async ({ client, note }) => {
      await note(async () => Object.keys(await client.getPreflightChecks()).sort());
      await note(() => client.supportsBase64Encoding());
      await note(async () => (await client.getMaxBatchSize()) === client.preflightChecks.max_batch_size);
    },
  },
  {
    name: 'the largest batch',
    topic,
    script: async ({ client, note }) => {
      await note(() => client.getMaxBatchSize());
    },
  },
];
