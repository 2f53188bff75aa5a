/** Embedding functions given as objects: when they run, what is stored of them, what is rebuilt. */

const topic = 'embedding functions';

/** A small function with everything Chroma's interface has; vectors are [characters, words, vowels]. */
const countingClass = (name, { space = 'cosine', forQueries = false } = {}) => {
  class Counting {
    name = name;
    calls = [];
    constructor(config = {}) {
      this.config = config;
      if (forQueries) this.generateForQueries = async (texts) => texts.map(() => [100, 0, 0]);
    }
    async generate(texts) {
      this.calls.push([...texts]);
      return texts.map((text) => [
        text.length,
        text.split(/\s+/).filter(Boolean).length,
        text.replace(/[^aeiou]/g, '').length,
      ]);
    }
    defaultSpace() {
      return space;
    }
    supportedSpaces() {
      return ['l2', 'cosine', 'ip'];
    }
    getConfig() {
      return this.config;
    }
    validateConfigUpdate(config) {
      if (config.fixed !== this.config.fixed) throw new Error('fixed cannot change');
    }
    static buildFromConfig(config) {
      return new Counting(config);
    }
  }
  return Counting;
};

const Counting = countingClass('counting_for_tests');
const everything = { include: ['documents', 'metadatas', 'embeddings', 'uris'] };

export const cases = [
  {
    name: 'documents are embedded by the function of the collection',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ embeddingFunction: new Counting() });
      await note(() => records.add({ ids: ['a', 'b'], documents: ['one two', 'a longer text here'] }));
      await note(() => records.get(everything));
      await note(() => records.query({ queryTexts: ['one two'], nResults: 1 }));
    },
  },
  {
    name: 'given embeddings are stored as they are, and no function is called',
    topic,
    script: async ({ note, collection }) => {
      const embed = new Counting();
      const records = await collection({ embeddingFunction: embed });
      await records.add({ ids: ['a'], documents: ['one two'], embeddings: [[9, 9, 9]] });
      await records.update({ ids: ['a'], documents: ['three'], embeddings: [[8, 8, 8]] });
      await note(() => records.get(everything));
      await note(() => embed.calls);
    },
  },
  {
    name: 'an update of documents embeds them again',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ embeddingFunction: new Counting() });
      await records.add({ ids: ['a'], documents: ['one two'] });
      await note(() => records.update({ ids: ['a'], documents: ['one two three'] }));
      await note(() => records.get(everything));
    },
  },
  {
    name: 'an update of metadata calls no function',
    topic,
    script: async ({ note, collection }) => {
      const embed = new Counting();
      const records = await collection({ embeddingFunction: embed });
      await records.add({ ids: ['a'], documents: ['one two'] });
      await records.update({ ids: ['a'], metadatas: [{ n: 1 }] });
      await note(() => embed.calls);
      await note(() => records.get(everything));
    },
  },
  {
    name: 'upsert embeds documents',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ embeddingFunction: new Counting() });
      await records.add({ ids: ['a'], documents: ['one'] });
      await note(() => records.upsert({ ids: ['a', 'b'], documents: ['one again', 'two'] }));
      await note(() => records.get(everything));
    },
  },
  {
    name: 'queries use generateForQueries where there is one',
    topic,
    script: async ({ note, collection }) => {
      const Asking = countingClass('asking_for_tests', { space: 'l2', forQueries: true });
      const records = await collection({ embeddingFunction: new Asking() });
      await records.add({ ids: ['a'], documents: ['one two'] });
      await note(() => records.query({ queryTexts: ['anything'], include: ['distances'] }));
    },
  },
  {
    name: 'several query texts are embedded in one call',
    topic,
    script: async ({ note, collection }) => {
      const embed = new Counting();
      const records = await collection({ embeddingFunction: embed });
      await records.add({ ids: ['a', 'b'], documents: ['one', 'two words'] });
      await note(() => records.query({ queryTexts: ['one', 'two words'], nResults: 1 }));
      await note(() => embed.calls);
    },
  },
  {
    name: 'a function with name and config is stored as known, and gives the space',
    topic,
    script: async ({ client, note, collection }) => {
      const records = await collection({ embeddingFunction: new Counting({ size: 3 }) });
      await note(() => records.configuration.embedding_function);
      await note(() => records.configuration.hnsw.space);
      await note(
        async () => (await client.getCollection({ name: 'records' })).configuration.embedding_function,
      );
    },
  },
  {
    name: 'a space in the configuration wins over that of the function',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({
        embeddingFunction: new Counting(),
        configuration: { hnsw: { space: 'ip' } },
      });
      await note(() => records.configuration.hnsw.space);
    },
  },
  {
    name: 'a legacy key wins over the space of the function',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({
        embeddingFunction: new Counting(),
        metadata: { 'hnsw:space': 'l2' },
      });
      await note(() => records.configuration.hnsw.space);
    },
  },
  {
    name: 'a bare object with generate is stored as legacy',
    topic,
    script: async ({ client, note, collection }) => {
      const embeddingFunction = { generate: async (texts) => texts.map((text) => [text.length, 1]) };
      const records = await collection({ embeddingFunction });
      await note(() => records.configuration.embedding_function);
      await note(() => records.add({ ids: ['a'], documents: ['four'] }));
      const again = await client.getCollection({ name: 'records', embeddingFunction });
      await note(() => again.query({ queryTexts: ['four'], include: ['distances'] }));
    },
  },
  {
    name: 'no function is stored as null',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ embeddingFunction: null });
      await note(() => records.configuration.embedding_function);
      await note(() => records.embeddingFunction ?? null);
    },
  },
  {
    name: 'a registered function is rebuilt by getCollection',
    topic,
    script: async ({ api, client, note, collection }) => {
      const Registered = countingClass('registered_for_tests');
      await note(() => api.registerEmbeddingFunction('registered_for_tests', Registered));
      await note(() => api.registerEmbeddingFunction('registered_for_tests', Registered));
      await collection({ embeddingFunction: new Registered({ size: 3 }) });
      const again = await client.getCollection({ name: 'records' });
      await note(() => again.embeddingFunction instanceof Registered);
      await note(() => again.embeddingFunction.config);
      await note(() => again.add({ ids: ['a'], documents: ['one'] }));
    },
  },
  {
    name: 'a function that nobody registered is not rebuilt',
    topic,
    script: async ({ client, note, collection }) => {
      const Unknown = countingClass('unknown_for_tests');
      await collection({ embeddingFunction: new Unknown() });
      const again = await client.getCollection({ name: 'records' });
      await note(() => again.embeddingFunction ?? null);
      await note(() => again.add({ ids: ['a'], documents: ['one'] }));
      await note(() => again.add({ ids: ['a'], embeddings: [[1, 2, 3]] }));
    },
  },
  {
    name: 'the function given to getCollection is used, the stored one stays',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ embeddingFunction: new Counting() });
      const Other = countingClass('other_for_tests');
      const again = await client.getCollection({ name: 'records', embeddingFunction: new Other() });
      await note(() => again.embeddingFunction.name);
      await note(() => again.configuration.embedding_function.name);
    },
  },
  {
    name: 'the function given to getOrCreateCollection is used, the stored one stays',
    topic,
    script: async ({ client, note, collection }) => {
      await collection({ embeddingFunction: new Counting() });
      const Other = countingClass('third_for_tests');
      const again = await client.getOrCreateCollection({ name: 'records', embeddingFunction: new Other() });
      await note(() => again.embeddingFunction.name);
      await note(() => again.configuration.embedding_function.name);
    },
  },
  {
    name: 'a function in two places is refused',
    topic,
    script: async ({ note, collection }) => {
      await note(() =>
        collection({
          embeddingFunction: new Counting(),
          configuration: { embeddingFunction: new Counting() },
        }),
      );
    },
  },
  {
    name: 'a function in the configuration alone is used',
    topic,
    script: async ({ client, note }) => {
      const records = await client.createCollection({
        name: 'records',
        configuration: { embeddingFunction: new Counting() },
      });
      await note(() => records.configuration.embedding_function);
      await note(() => records.add({ ids: ['a'], documents: ['one'] }));
      await note(() => records.get({ include: ['embeddings'] }));
    },
  },
  {
    name: 'modify may be refused by the function of the collection',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection({ embeddingFunction: new Counting({ fixed: 1 }) });
      await note(() => records.modify({ configuration: { embeddingFunction: new Counting({ fixed: 2 }) } }));
      await note(() =>
        records.modify({ configuration: { embeddingFunction: new Counting({ fixed: 1, free: 2 }) } }),
      );
    },
  },
  {
    name: 'a function that fails stores nothing',
    topic,
    script: async ({ note, collection }) => {
      const broken = {
        generate: async () => {
          throw new Error('no model');
        },
      };
      const records = await collection({ embeddingFunction: broken });
      await note(() => records.add({ ids: ['a'], documents: ['one'] }));
      await note(() => records.count());
    },
  },
];
