/** Reading a schema from JSON: as chromadb reads it, with a named fault where the JSON is malformed, and without losing anything. */
import { beforeAll, describe, expect, test } from 'vitest';
import { ours, outcomeOfAsync, theirs, type Builders } from '../search/fixtures/chromadb.js';
import {
  functions,
  Known,
  KnownSparse,
  legacy,
  registerKnown,
  Unregistered,
} from './fixtures/embedding-functions.js';
import type { Schema } from './schema.js';

beforeAll(registerKnown);

describe('reading a schema has the outcome of chromadb', () => {
  const index = { enabled: true, config: {} };
  const known = { type: 'known', name: 'schema-test-dense', config: { size: 5 } };
  const inputs: [name: string, json: unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['nothing in it', {}],
    ['nulls where something may be', { defaults: null, keys: null, cmek: null }],
    [
      'nulls further inside',
      { defaults: { string: null, int: { int_inverted_index: null } }, keys: { a: {} } },
    ],
    ['indexes without configuration', { defaults: { string: { fts_index: { enabled: true } } } }],
    ['indexes without enabled', { defaults: { bool: { bool_inverted_index: { config: {} } } } }],
    ['names nobody knows', { defaults: { date: { date_index: index }, int: { tree: index } }, version: 2 }],
    [
      'every index',
      {
        defaults: {
          string: { fts_index: index, string_inverted_index: index },
          int: { int_inverted_index: index },
          float: { float_inverted_index: index },
          bool: { bool_inverted_index: { enabled: false, config: {} } },
          float_list: {
            vector_index: {
              enabled: true,
              config: { space: 'ip', source_key: 'a', hnsw: { ef_search: 3 }, spann: { write_nprobe: 1 } },
            },
          },
          sparse_vector: { sparse_vector_index: { enabled: true, config: { source_key: 'a', bm25: false } } },
        },
      },
    ],
    [
      'a registered function',
      {
        keys: {
          '#embedding': {
            float_list: { vector_index: { enabled: true, config: { embedding_function: known } } },
          },
        },
      },
    ],
    [
      'a registered function and a space',
      {
        keys: {
          '#embedding': {
            float_list: {
              vector_index: { enabled: true, config: { embedding_function: known, space: 'l2' } },
            },
          },
        },
      },
    ],
    [
      'a legacy function',
      {
        defaults: {
          float_list: { vector_index: { enabled: true, config: { embedding_function: { type: 'legacy' } } } },
        },
      },
    ],
    [
      'a sparse function',
      {
        keys: {
          s: {
            sparse_vector: {
              sparse_vector_index: {
                enabled: true,
                config: {
                  embedding_function: { type: 'known', name: 'schema-test-sparse', config: {} },
                  bm25: true,
                },
              },
            },
          },
        },
      },
    ],
    ['a key of encryption', { cmek: { gcp: 'projects/p' } }],
    ['a key of encryption nobody knows', { cmek: { aws: 'x' } }],
  ];

  test.each(inputs)('%s', async (_name, json) => {
    const read = (c: Builders): Promise<unknown> =>
      c.Schema.deserializeFromJSON(json as never, undefined, functions);
    expect(await outcomeOfAsync(read, ours)).toEqual(await outcomeOfAsync(read, theirs));
  });

  test('functions come from the registry when nobody else is named', async () => {
    const [, json] = inputs.find(([name]) => name === 'a registered function')!;
    const schema = await ours.Schema.deserializeFromJSON(json as never);
    expect(schema?.resolveEmbeddingFunction()).toBeInstanceOf(Known);
    expect(schema?.keys['#embedding']?.floatList?.vectorIndex?.config.space).toBe('cosine');
  });
});

describe('nothing is lost in a page that does not know a function', () => {
  const written = new ours.Schema()
    .createIndex(new ours.VectorIndexConfig({ embeddingFunction: new Unregistered(7), space: 'l2' }))
    .createIndex(
      new ours.SparseVectorIndexConfig({ embeddingFunction: new KnownSparse(), sourceKey: '#document' }),
      'sparse',
    )
    .serializeToJSON();
  const read = async (): Promise<Schema> => (await ours.Schema.deserializeFromJSON(written))!;
  const vectorConfig = (schema: Schema): unknown =>
    schema.serializeToJSON().keys['#embedding']?.float_list?.vector_index?.config;

  test('its place is empty, its name and configuration are written again', async () => {
    const schema = await read();
    expect(schema.resolveEmbeddingFunction()).toBeUndefined();
    expect(schema.keys['sparse']?.sparseVector?.sparseVectorIndex?.config.embeddingFunction).toBeNull();
    expect(schema.serializeToJSON()).toEqual(written);
  });

  test('a configuration taken over into another schema brings it along', async () => {
    const { config } = (await read()).keys['#embedding']!.floatList!.vectorIndex!;
    expect(vectorConfig(new ours.Schema().createIndex(config))).toEqual(vectorConfig(await read()));
  });

  test('another function in its place is written instead', async () => {
    const schema = await read();
    const { config } = schema.keys['#embedding']!.floatList!.vectorIndex!;
    config.embeddingFunction = legacy;
    expect(vectorConfig(schema)).toMatchObject({ embedding_function: { type: 'legacy' } });
    expect(vectorConfig(new ours.Schema().createIndex(config))).toMatchObject({
      embedding_function: { type: 'legacy' },
    });
    config.embeddingFunction = new Known(2);
    expect(vectorConfig(schema)).toMatchObject({
      embedding_function: { type: 'known', config: { size: 2 } },
    });
  });
});
describe('what is malformed is named', () => {
  test.each([
    ['json', 5],
    ['defaults', { defaults: [] }],
    ['keys', { keys: 'abc' }],
    ['keys.a', { keys: { a: true } }],
    ['keys.a.string', { keys: { a: { string: 'x' } } }],
    ['defaults.int.int_inverted_index', { defaults: { int: { int_inverted_index: true } } }],
    [
      'defaults.float_list.vector_index.config',
      { defaults: { float_list: { vector_index: { config: 1 } } } },
    ],
    [
      'defaults.float_list.vector_index.config.hnsw',
      { defaults: { float_list: { vector_index: { config: { hnsw: 'x' } } } } },
    ],
    [
      'defaults.float_list.vector_index.config.space',
      { defaults: { float_list: { vector_index: { config: { space: 5 } } } } },
    ],
    [
      'keys.s.sparse_vector.sparse_vector_index.config.source_key',
      { keys: { s: { sparse_vector: { sparse_vector_index: { config: { source_key: {} } } } } } },
    ],
    ['cmek', { cmek: 'x' }],
  ])('JSON that is malformed at %s', async (path, json) => {
    await expect(ours.Schema.deserializeFromJSON(json as never)).rejects.toMatchObject({
      code: 'VALUE_SCHEMA',
      message: expect.stringContaining(`${path} of a schema must be`),
      details: { path },
    });
  });
});
