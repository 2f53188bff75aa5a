/** Schemas give chromadb's JSON and refusals for the same calls: a table of calls, and random ones, run through both packages. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ChromaValueError } from '../../base/errors.js';
import {
  bad,
  ours,
  outcomeOf,
  theirs,
  thrownByOurs,
  type Builders,
  type Case,
} from '../search/fixtures/chromadb.js';
import { functions, Known, registerKnown } from './fixtures/embedding-functions.js';
import { ask, CALLS, everyCall, type Call } from './fixtures/schema-cases.js';
import type { Schema } from './schema.js';

beforeAll(registerKnown);

describe('C26 a schema has the outcome of chromadb', () => {
  test.each(CALLS)('%s', (_name, build) => {
    expect(outcomeOf(build, ours)).toStrictEqual(outcomeOf(build, theirs));
  });

  test.each(everyCall)('$method of $config for $key', (call) => {
    const build = (c: Builders): Schema => ask(c, new c.Schema(), call);
    const expected = outcomeOf(build, theirs);
    expect(outcomeOf(build, ours)).toStrictEqual(expected);
    if (!('error' in expected)) return;
    const error = thrownByOurs(build);
    expect(error).toBeInstanceOf(ChromaValueError);
    expect(error).toMatchObject({ code: 'VALUE_SCHEMA', details: { key: call.key ?? null } });
  });

  test('after any sequence of calls, refused ones included, and so does what reads it back', async () => {
    const sequence = fc.array(fc.constantFrom(...everyCall), {
      maxLength: 8,
    });
    const made = (c: Builders, steps: readonly Call[]): Schema => {
      const schema = new c.Schema();
      for (const step of steps) {
        try {
          ask(c, schema, step);
        } catch {
          // Compared by itself above: here it must only leave the schema as it was.
        }
      }
      return schema;
    };
    await fc.assert(
      fc.asyncProperty(sequence, async (steps) => {
        const json = made(ours, steps).serializeToJSON();
        expect(json).toStrictEqual(made(theirs, steps).serializeToJSON());
        const read = await ours.Schema.deserializeFromJSON(json, undefined, functions);
        expect(read?.serializeToJSON()).toStrictEqual(json);
        expect(json).toStrictEqual(
          (await theirs.Schema.deserializeFromJSON(json, undefined))?.serializeToJSON(),
        );
      }),
      { numRuns: 500 },
    );
  });
});
describe('what chromadb takes without a word is refused', () => {
  test.each<Case>([
    ['an index for the empty key', (c) => new c.Schema().createIndex(new c.IntInvertedIndexConfig(), '')],
    ['no index for the empty key', (c) => new c.Schema().deleteIndex(new c.IntInvertedIndexConfig(), '')],
    [
      'a bare object for one field',
      (c) => new c.Schema().createIndex(bad({ type: 'IntInvertedIndexConfig' }), 'a'),
    ],
    ['a bare object for all', (c) => new c.Schema().deleteIndex(bad({}))],
    ['a key that is no string', (c) => new c.Schema().createIndex(new c.IntInvertedIndexConfig(), bad(5))],
    [
      'a function whose configuration is not JSON',
      (c) =>
        new c.Schema()
          .createIndex(
            new c.VectorIndexConfig({
              embeddingFunction: Object.assign(new Known(), { getConfig: () => bad(7n) }),
            }),
          )
          .serializeToJSON(),
    ],
    [
      'a function without configuration',
      (c) =>
        new c.Schema()
          .createIndex(
            new c.VectorIndexConfig({
              embeddingFunction: Object.assign(new Known(), { getConfig: () => bad(null) }),
            }),
          )
          .serializeToJSON(),
    ],
    ['no data for a key of encryption', (c) => c.Cmek.fromJSON(bad(null))],
  ])('%s', (_name, build) => {
    expect(thrownByOurs(build)).toMatchObject({ code: 'VALUE_SCHEMA', fix: expect.stringMatching(/\.$/) });
  });

  test('and leaves the schema as it was', () => {
    const schema = new ours.Schema();
    thrownByOurs(() => schema.createIndex(bad({}), 'a'));
    expect(schema.serializeToJSON()).toEqual(new ours.Schema().serializeToJSON());
  });
});

test('a field may be named like a property of all objects, and nothing else changes by it', async () => {
  for (const key of ['__proto__', 'constructor', 'valueOf']) {
    const { keys } = new ours.Schema()
      .deleteIndex(new ours.StringInvertedIndexConfig(), key)
      .serializeToJSON();
    expect(Object.keys(keys)).toEqual(['#document', '#embedding', key]);
    expect(Object.getOwnPropertyDescriptor(keys, key)?.value).toEqual({
      string: { string_inverted_index: { enabled: false, config: {} } },
    });
  }
  expect(({} as Record<string, unknown>)['string']).toBeUndefined();
  expect(Object).not.toHaveProperty('string');
});
test('parameters belong to the schema once it has them', () => {
  const hnsw = { ef_search: 5 };
  const schema = new ours.Schema().createIndex(new ours.VectorIndexConfig({ hnsw }));
  const before = JSON.stringify(schema.serializeToJSON());
  hnsw.ef_search = 6;
  Object.assign(schema.serializeToJSON().defaults.float_list!.vector_index!.config.hnsw!, { ef_search: 7 });
  expect(JSON.stringify(schema.serializeToJSON())).toBe(before);
});
