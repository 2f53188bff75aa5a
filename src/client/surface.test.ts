/** Both doors offer every name of chromadb, as the same kind of thing with the same values. */
import * as chromadb from 'chromadb';
import { describe, expect, test, vi } from 'vitest';
import * as workerDoor from '../index.js';
import * as inlineDoor from '../inline.js';

/** Names chromadb has and we do not, each with its reason. */
const MISSING: Readonly<Record<string, string>> = {};

/** Names we have and chromadb does not. */
const OURS = ['ChromaTypeError', 'KindexClient', 'validateMetadata'];

const theirs = chromadb as unknown as Record<string, unknown>;

describe.each([
  ['kindex', workerDoor as unknown as Record<string, unknown>],
  ['kindex/inline', inlineDoor as unknown as Record<string, unknown>],
])('%s', (_, door) => {
  test('offers every name of chromadb, and no other than these', () => {
    const names = Object.keys(door);
    expect(Object.keys(theirs).filter((name) => !names.includes(name))).toEqual(Object.keys(MISSING));
    expect(names.filter((name) => !(name in theirs)).sort()).toEqual(OURS);
  });

  test('its classes have every method of chromadb’s', () => {
    /** Private in chromadb's types, for its own use. */
    const own =
      /^(?:_path|path|(?:sparse)?embed\w*|apply\w+|prepare\w+|validate\w+|hasStringKnnQuery|get(?:Sparse|Schema)\w+)$/i;
    const members = (type: { prototype: object }): string[] => {
      const names: string[] = [];
      for (let at = type.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
        names.push(...Object.getOwnPropertyNames(at));
      }
      return names;
    };
    for (const name of [
      'ChromaClient',
      'AdminClient',
      'CollectionHandle',
      'GetResult',
      'QueryResult',
      'SearchResult',
    ]) {
      const ours = new Set(members(door[name] as { prototype: object }));
      const missing = members(theirs[name] as { prototype: object }).filter(
        (each) => !ours.has(each) && !own.test(each),
      );
      expect(missing, name).toEqual([]);
    }
  });

  test('each name is of the same kind, and constants have the same values', () => {
    for (const [name, value] of Object.entries(theirs)) {
      expect(typeof door[name], name).toBe(typeof value);
      if (typeof value === 'object' && !(value instanceof Map)) expect(door[name], name).toEqual(value);
      if (typeof value === 'string') expect(door[name], name).toBe(value);
    }
    expect(door['knownEmbeddingFunctions']).toBeInstanceOf(Map);
    expect(door['knownSparseEmbeddingFunctions']).toBeInstanceOf(Map);
  });
});

describe('errors made by callers', () => {
  const names = Object.keys(theirs).filter((name) => name.endsWith('Error') && name !== 'ChromaError');

  test.each(names)('%s takes message and cause, and is an Error of the same name', (name) => {
    type Made = new (message: string, cause?: unknown) => Error;
    const cause = new Error('why');
    const expected = new (theirs[name] as Made)('what', cause);
    const made = new ((workerDoor as unknown as Record<string, Made>)[name] as Made)('what', cause);
    expect(made).toBeInstanceOf(workerDoor.ChromaError);
    expect([made.name, made.message, made.cause]).toEqual([expected.name, 'what', cause]);
  });

  test('ChromaError takes a name first, createErrorByType knows two types', () => {
    expect(new workerDoor.ChromaError('MyError', 'what')).toMatchObject({ name: 'MyError', message: 'what' });
    expect(workerDoor.createErrorByType('InvalidCollection', 'x')).toBeInstanceOf(
      workerDoor.InvalidCollectionError,
    );
    expect(workerDoor.createErrorByType('InvalidArgumentError', 'x')).toBeInstanceOf(
      workerDoor.InvalidArgumentError,
    );
    expect(workerDoor.createErrorByType('other', 'x')).toBeUndefined();
  });
});

describe('clients of the hosted service', () => {
  test.each([inlineDoor.CloudClient, inlineDoor.AdminCloudClient])('%o says that there is none', (Client) => {
    expect(() => new Client({ apiKey: 'k' })).toThrow(inlineDoor.ChromaValueError);
    expect(() => new Client()).toThrow(/hosted service/);
  });
});

describe('small helpers', () => {
  test('validateMetadata lets nothing and good metadata pass, and refuses as chromadb does', () => {
    for (const good of [undefined, null, { a: 1 }, { a: null }, { a: ['x'] }]) {
      expect(() => inlineDoor.validateMetadata(good)).not.toThrow();
    }
    for (const bad of [{}, { a: [] }, { a: [1, 'x'] }, { a: { b: 1 } }]) {
      expect(() => inlineDoor.validateMetadata(bad as never)).toThrow(inlineDoor.ChromaValueError);
    }
  });

  test('withChroma keeps a Next.js configuration and its webpack hook', () => {
    const webpack = vi.fn();
    expect(inlineDoor.withChroma({ reactStrictMode: true, webpack })).toEqual({
      reactStrictMode: true,
      webpack,
    });
    expect(inlineDoor.withChroma()).toEqual({});
  });

  test('SearchResult gives rows as chromadb does', () => {
    const response = {
      ids: [['a', 'b'], ['c']],
      documents: [['da', null], null],
      embeddings: [null, [[1, 2]]],
      metadatas: [[{ n: 1 }, null], null],
      scores: [[0.5, 0], null],
      select: [],
    };
    const ours = new inlineDoor.SearchResult(response);
    const other = new chromadb.SearchResult(response);
    expect(ours.rows()).toEqual(other.rows());
    expect({ ...ours }).toEqual({ ...other });
  });
});

describe('configuration helpers', () => {
  class Doubling {
    readonly name = 'surface-doubling';
    static buildFromConfig(): Doubling {
      return new Doubling();
    }
    async generate(texts: string[]): Promise<number[][]> {
      return texts.map((text) => [text.length * 2]);
    }
    defaultSpace(): 'ip' {
      return 'ip';
    }
    supportedSpaces(): ('ip' | 'l2')[] {
      return ['ip', 'l2'];
    }
    getConfig(): Record<string, unknown> {
      return { factor: 2 };
    }
    validateConfigUpdate(next: Record<string, unknown>): void {
      if (next['factor'] !== 2) throw new Error('factor is fixed');
    }
  }
  const stored = { type: 'known', name: 'surface-doubling', config: { factor: 2 } } as const;

  test('getEmbeddingFunction and serializeEmbeddingFunction take chromadb’s forms too', async () => {
    inlineDoor.registerEmbeddingFunction('surface-doubling', Doubling);
    const found = await inlineDoor.getEmbeddingFunction({
      collectionName: 'x',
      client: null,
      efConfig: stored,
    });
    expect(found).toBeInstanceOf(Doubling);
    expect(inlineDoor.knownEmbeddingFunctions.get('surface-doubling')).toBe(Doubling);
    for (const efConfig of [undefined, null, { type: 'legacy' }, { type: 'unknown' }] as const) {
      expect(
        await inlineDoor.getEmbeddingFunction({
          client: null,
          ...(efConfig === undefined ? {} : { efConfig }),
        }),
      ).toBeUndefined();
    }
    const embed = new Doubling();
    for (const places of [{ embeddingFunction: embed }, { configEmbeddingFunction: embed }, {}]) {
      expect(inlineDoor.serializeEmbeddingFunction(places)).toEqual(
        chromadb.serializeEmbeddingFunction(places),
      );
    }
    expect(() =>
      inlineDoor.serializeEmbeddingFunction({ embeddingFunction: embed, configEmbeddingFunction: embed }),
    ).toThrow(inlineDoor.ChromaValueError);
  });

  test('sparse functions are registered once, found by name and by schema', async () => {
    class Ones {
      readonly name = 'surface-ones';
      static buildFromConfig(): Ones {
        return new Ones();
      }
      async generate(texts: string[]): Promise<{ indices: number[]; values: number[] }[]> {
        return texts.map(() => ({ indices: [1], values: [1] }));
      }
      getConfig(): Record<string, unknown> {
        return {};
      }
    }
    inlineDoor.registerSparseEmbeddingFunction('surface-ones', Ones);
    expect(() => inlineDoor.registerSparseEmbeddingFunction('surface-ones', Ones)).toThrow(
      'Sparse embedding function with name surface-ones is already registered.',
    );
    const config = { type: 'known', name: 'surface-ones', config: {} } as const;
    expect(await inlineDoor.getSparseEmbeddingFunction(null, config)).toBeInstanceOf(Ones);
    expect(await inlineDoor.getSparseEmbeddingFunction(null, { ...config, name: 'nobody' })).toBeUndefined();
    expect(await inlineDoor.getSparseEmbeddingFunction(null)).toBeUndefined();
    const schema = new inlineDoor.Schema().createIndex(
      new inlineDoor.SparseVectorIndexConfig({ embeddingFunction: new Ones(), sourceKey: '#document' }),
      'sparse',
    );
    const again = await inlineDoor.Schema.deserializeFromJSON(schema.serializeToJSON());
    const index = again?.keys['sparse']?.sparseVector?.sparseVectorIndex;
    expect(index?.config.embeddingFunction).toBeInstanceOf(Ones);
  });

  test('processCreateCollectionConfig gives what a created collection stores', async () => {
    const given: inlineDoor.ProcessCreateArgs[] = [
      { configuration: { hnsw: { space: 'l2', ef_search: 50 } } },
      { embeddingFunction: new Doubling() },
      { embeddingFunction: null },
      { metadata: { 'hnsw:space': 'l2' } },
    ];
    const client = new inlineDoor.ChromaClient({ storage: `memory:${crypto.randomUUID()}` });
    for (const [i, args] of given.entries()) {
      const { configuration } = await client.createCollection({ name: `process-${i}`, ...args });
      expect(await inlineDoor.processCreateCollectionConfig(args)).toEqual(configuration);
    }
    expect(await inlineDoor.getDefaultEFConfig()).toMatchObject({ type: 'known', name: 'kindex-static' });
    await client.close();
  });

  test('processUpdateCollectionConfig asks the present function', async () => {
    const newConfiguration = { hnsw: { ef_search: 7 }, embeddingFunction: new Doubling() };
    const args = {
      collectionName: 'x',
      currentConfiguration: { embeddingFunction: stored },
      newConfiguration,
    };
    expect(await inlineDoor.processUpdateCollectionConfig(args)).toEqual({
      updateConfiguration: { hnsw: { ef_search: 7 }, spann: undefined, embedding_function: stored },
      updateEmbeddingFunction: newConfiguration.embeddingFunction,
    });
    const other = Object.assign(new Doubling(), { getConfig: () => ({ factor: 3 }) });
    await expect(
      inlineDoor.processUpdateCollectionConfig({ ...args, newConfiguration: { embeddingFunction: other } }),
    ).rejects.toThrow('factor is fixed');
    await expect(
      inlineDoor.processUpdateCollectionConfig({ ...args, newConfiguration: { hnsw: { ef_search: 0 } } }),
    ).rejects.toThrow(/ef_search/);
  });
});
