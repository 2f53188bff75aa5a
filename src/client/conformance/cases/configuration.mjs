/** Configuration: defaults, hnsw parameters, legacy metadata keys, what modify may change, what is refused. */

const topic = 'configuration';
const shown = ({ hnsw, spann, embedding_function }) => ({ hnsw, spann, embedding_function });

/** Creates with `args`, shows the configuration of the handle and of the collection got again. */
const created = (name, args) => ({
  name,
  topic,
  script: async ({ client, note, collection }) => {
    const records = await note(() => collection(args));
    if (!records) return;
    await note(() => shown(records.configuration));
    await note(async () => shown((await client.getCollection({ name: 'records' })).configuration));
  },
});

/** Only whether it is taken at all. */
const taken = (name, hnsw) => ({
  name,
  topic,
  script: async ({ note, collection }) => {
    await note(async () => ((await collection({ configuration: { hnsw } })) ? 'created' : 'nothing'));
  },
});

const modified = (name, configuration) => ({
  name,
  topic,
  script: async ({ client, note, collection }) => {
    const records = await collection();
    await note(() => records.modify({ configuration }));
    await note(async () => (await client.getCollection({ name: 'records' })).configuration.hnsw);
  },
});

export const cases = [
  created('the default configuration', {}),
  created('space cosine', { configuration: { hnsw: { space: 'cosine' } } }),
  created('every hnsw parameter', {
    configuration: {
      hnsw: {
        space: 'ip',
        ef_construction: 150,
        ef_search: 70,
        max_neighbors: 24,
        resize_factor: 1.5,
        sync_threshold: 500,
      },
    },
  }),
  created('num_threads and batch_size are accepted and not shown', {
    configuration: { hnsw: { num_threads: 2, batch_size: 50 } },
  }),
  created('spann alone only gives its space', { configuration: { spann: { space: 'cosine' } } }),
  created('hnsw and spann together are refused', {
    configuration: { hnsw: { space: 'l2' }, spann: { space: 'l2' } },
  }),
  created('an unknown space is refused', { configuration: { hnsw: { space: 'manhattan' } } }),
  created('a space in upper case is refused', { configuration: { hnsw: { space: 'L2' } } }),
  created('an unknown hnsw parameter is refused', { configuration: { hnsw: { ef: 10 } } }),
  created('a negative parameter is refused', { configuration: { hnsw: { ef_search: -1 } } }),
  created('a fractional parameter is refused', { configuration: { hnsw: { max_neighbors: 3.5 } } }),
  taken('ef_construction of zero', { ef_construction: 0 }),
  taken('max_neighbors of zero', { max_neighbors: 0 }),
  created('the legacy key of the space', { metadata: { 'hnsw:space': 'cosine' } }),
  created('all legacy keys', {
    metadata: {
      'hnsw:space': 'ip',
      'hnsw:construction_ef': 120,
      'hnsw:search_ef': 60,
      'hnsw:M': 20,
      'hnsw:resize_factor': 1.3,
      'hnsw:sync_threshold': 800,
      mine: 'yes',
    },
  }),
  created('a configuration wins over legacy keys entirely', {
    metadata: { 'hnsw:space': 'ip', 'hnsw:search_ef': 60 },
    configuration: { hnsw: { ef_construction: 120 } },
  }),
  modified('modify changes ef_search', { hnsw: { ef_search: 77 } }),
  modified('modify changes several parameters', {
    hnsw: { ef_search: 40, max_neighbors: 20, resize_factor: 1.4, sync_threshold: 700 },
  }),
  modified('modify cannot change the space', { hnsw: { space: 'cosine' } }),
  modified('modify cannot change ef_construction', { hnsw: { ef_construction: 200 } }),
  modified('modify refuses a negative parameter', { hnsw: { ef_search: -5 } }),
  {
    name: 'legacy keys stay in metadata, and changing them later changes no configuration',
    topic,
    script: async ({ client, note, collection }) => {
      const records = await collection({ metadata: { 'hnsw:space': 'cosine' } });
      await note(() => records.metadata);
      await note(() => records.modify({ metadata: { 'hnsw:space': 'l2' } }));
      await note(async () => (await client.getCollection({ name: 'records' })).configuration.hnsw.space);
    },
  },
  {
    name: 'the keys of a configuration',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await note(() => Object.keys(records.configuration).sort());
    },
  },
  {
    name: 'the space of a collection decides its distances after getCollection, too',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ metadata: { 'hnsw:space': 'ip' } });
      const records = await client.getCollection({ name: 'records' });
      await records.add({
        ids: ['a', 'b'],
        embeddings: [
          [1, 2],
          [3, 4],
        ],
      });
      await note(() => records.query({ queryEmbeddings: [[1, 1]], include: ['distances'] }));
    },
  },
];
