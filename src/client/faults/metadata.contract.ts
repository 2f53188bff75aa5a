/** F44: metadata that attacks: prototypes, depth, cycles, size, proxies, functions. Nothing is polluted, what is stored is what was checked. */
import { describe, expect, test } from 'vitest';
import { ChromaError } from '../../base/errors.js';
import type { Metadata } from '../../base/types.js';
import { validateMetadata } from '../check-metadata.js';
import type { Collection } from '../collection.js';
import { expectRefused, refusalOf, useStore, type FaultTarget, type Refusal } from './harness.contract.js';

const BAD: Refusal = { code: 'VALUE_METADATA', name: 'ChromaValueError' };
const bad = (path: string): Refusal => ({ ...BAD, path });

function cyclic(): object {
  const self: Record<string, unknown> = {};
  self['self'] = self;
  return self;
}

function deep(levels: number): object {
  let value: object = {};
  for (let i = 0; i < levels; i++) value = { k: value };
  return value;
}

const throwing: ProxyHandler<object> = {
  ownKeys() {
    throw new Error('no keys today');
  },
  get() {
    throw new Error('nothing to see');
  },
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const REFUSED: readonly (readonly [string, () => unknown, Refusal])[] = [
  ['a cycle', cyclic, bad('metadatas[1].self')],
  ['100,000 levels', () => deep(100_000), bad('metadatas[1].k')],
  [
    'a cyclic list',
    () => {
      const list: unknown[] = [];
      list.push(list);
      return { list };
    },
    bad('metadatas[1].list'),
  ],
  ['a nested object', () => ({ ok: 1, nested: { a: 1 } }), bad('metadatas[1].nested')],
  ['a function', () => ({ run: () => 1 }), bad('metadatas[1].run')],
  ['a symbol', () => ({ mark: Symbol('m') }), bad('metadatas[1].mark')],
  ['a BigInt', () => ({ big: 1n }), bad('metadatas[1].big')],
  ['a Date', () => ({ on: new Date(0) }), bad('metadatas[1].on')],
  ['a Map', () => ({ map: new Map() }), bad('metadatas[1].map')],
  ['a typed array', () => ({ bytes: new Uint8Array(2) }), bad('metadatas[1].bytes')],
  ['a String object', () => ({ text: Object('x') as unknown }), bad('metadatas[1].text')],
  ['an empty list', () => ({ list: [] }), bad('metadatas[1].list')],
  ['a mixed list', () => ({ list: ['a', 1] }), bad('metadatas[1].list')],
  ['a list with a hole', () => ({ list: Object.assign([], { 0: 'a', 2: 'b' }) }), bad('metadatas[1].list')],
  ['a list of null', () => ({ list: [null] }), bad('metadatas[1].list')],
  [
    'an object inside __proto__',
    () => JSON.parse('{"__proto__":{"polluted":true}}') as object,
    bad('metadatas[1].__proto__'),
  ],
  ['no own keys', () => Object.create({ inherited: 1 }) as object, bad('metadatas[1]')],
  ['nothing', () => ({}), bad('metadatas[1]')],
  ['a list in its place', () => ['x'], bad('metadatas[1]')],
  ['a text in its place', () => 'x', bad('metadatas[1]')],
  ['a number in its place', () => 7, bad('metadatas[1]')],
  ['a function in its place', () => () => 1, bad('metadatas[1]')],
  [
    'NaN',
    () => ({ n: Number.NaN }),
    { code: 'VALUE_METADATA_NUMBER', name: 'ChromaClientError', path: 'metadatas[1].n' },
  ],
  [
    'Infinity in a list',
    () => ({ list: [1, Infinity] }),
    { code: 'VALUE_METADATA_NUMBER', path: 'metadatas[1].list' },
  ],
  [
    'an empty key',
    () => ({ '': 1 }),
    { code: 'VALUE_METADATA_KEY', name: 'ChromaClientError', path: 'metadatas[1][""]' },
  ],
  ['a key with $', () => ({ $set: 1 }), { code: 'VALUE_METADATA_KEY', path: 'metadatas[1]["$set"]' }],
  [
    'a key with #',
    () => ({ '#document': 'x' }),
    { code: 'VALUE_METADATA_KEY', path: 'metadatas[1]["#document"]' },
  ],
  ['a key of chroma', () => ({ 'chroma:document': 'x' }), { code: 'VALUE_METADATA_KEY' }],
  ['a reserved key of 1 MB', () => ({ [`$${'k'.repeat(2 ** 20)}`]: 1 }), { code: 'VALUE_METADATA_KEY' }],
  ['a bad value under a key of 1 MB', () => ({ ['k'.repeat(2 ** 20)]: {} }), BAD],
  [
    'sparse indices that fall',
    () => ({ s: { indices: [2, 1], values: [1, 1] } }),
    { code: 'VALUE_METADATA', name: 'ChromaClientError', path: 'metadatas[1].s' },
  ],
  [
    'sparse values that are texts',
    () => ({ s: { indices: [1], values: ['1'] } }),
    { code: 'VALUE_METADATA', path: 'metadatas[1].s' },
  ],
  ['a proxy that throws', () => new Proxy({}, throwing), { code: 'VALUE_ARGUMENT' }],
  [
    'a value that is a proxy that throws',
    () => ({ s: new Proxy({ indices: [], values: [] }, throwing) }),
    { code: 'VALUE_ARGUMENT' },
  ],
  ['a revoked proxy', revoked, { code: 'VALUE_ARGUMENT' }],
  [
    'a getter that throws',
    () => ({
      get k(): string {
        throw new Error('not now');
      },
    }),
    { code: 'VALUE_ARGUMENT' },
  ],
];

/** Numbers from a seed, so that a failure can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Anything that may stand in metadata, mostly wrong. */
function arbitraryValue(random: () => number, depth: number): unknown {
  const kinds: (() => unknown)[] = [
    () => 'text',
    () => random() * 1e6,
    () => random() < 0.5,
    () => null,
    () => undefined,
    () => Number.NaN,
    () => -Infinity,
    () => 10n,
    () => Symbol('s'),
    () => () => 1,
    () => new Date(Number.NaN),
    () => '\ud800',
    () => ({ indices: [1, 5], values: [random(), -1] }),
    () => ({ indices: [5, 1], values: [1, 2] }),
    () => ({ indices: 'x', values: {} }),
    () => Array.from({ length: Math.floor(random() * 4) }, () => random()),
    () => Array.from({ length: 3 }, () => arbitraryValue(random, depth + 1)),
    () => (depth > 3 ? 'deep' : arbitraryMetadata(random, depth + 1)),
    () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as unknown,
    () => Object.create(null) as unknown,
    () => new Proxy([1, 2, 3], {}),
  ];
  return kinds[Math.floor(random() * kinds.length)]!();
}

function arbitraryMetadata(random: () => number, depth = 0): unknown {
  const keys = [
    'a',
    'b',
    '__proto__',
    'constructor',
    'toJSON',
    'prototype',
    '$or',
    '#id',
    '',
    'length',
    '0',
    'ü',
  ];
  const metadata: object = random() < 0.2 ? (Object.create(null) as object) : {};
  for (let left = Math.floor(random() * 4); left > 0; left--) {
    const key = keys[Math.floor(random() * keys.length)]!;
    const value = arbitraryValue(random, depth);
    Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return metadata;
}

/** Own properties of what all objects inherit: a polluted prototype has more. */
function prototypes(): string {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype]
    .map((each) => Reflect.ownKeys(each).map(String).join())
    .join('|');
}

export function describeMetadataFaults(target: FaultTarget): void {
  describe(`F44 metadata over ${target.name}`, () => {
    const store = useStore(target);
    const add = (collection: Collection, metadata: unknown): Promise<void> =>
      collection.add({
        ids: ['x', 'y'],
        embeddings: [
          [1, 1, 1],
          [2, 2, 2],
        ],
        metadatas: [{ fine: true }, metadata as Metadata],
      });

    test.each(REFUSED)(
      'F44 C4 %s is refused in add, update and upsert, and pollutes nothing',
      async (_, make, refusal) => {
        const before = prototypes();
        const collection = await store.filled();
        await expectRefused(collection, () => add(collection, make()), refusal);
        const metadatas = [{ n: 9 }, make() as Metadata];
        await expectRefused(collection, () => collection.update({ ids: ['a', 'b'], metadatas }), refusal);
        const embeddings = [
          [1, 1, 1],
          [2, 2, 2],
        ];
        await expectRefused(
          collection,
          () => collection.upsert({ ids: ['a', 'b'], embeddings, metadatas: [{ n: 9 }, make() as Metadata] }),
          refusal,
        );
        expect(prototypes()).toBe(before);
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      },
    );

    test('F44 keys that objects inherit are plain keys: stored, filtered by, merged and deleted', async () => {
      const collection = await store.filled();
      const odd = JSON.parse(
        '{"__proto__":"p","constructor":"c","toString":1,"hasOwnProperty":true,"toJSON":"j"}',
      ) as Metadata;
      await add(collection, odd);
      const read = async (): Promise<unknown> => (await collection.get({ ids: ['y'] })).metadatas[0];
      expect(JSON.stringify(await read())).toBe(JSON.stringify(odd));
      expect(Object.getPrototypeOf(await read())).toBe(Object.prototype);
      for (const [key, value] of Object.entries(odd)) {
        const where = JSON.parse(JSON.stringify({ k: value }).replace('"k"', JSON.stringify(key))) as never;
        expect((await collection.get({ where })).ids).toEqual(['y']);
      }
      expect((await collection.get({ where: { valueOf: { $ne: 1 } } as never })).ids).toHaveLength(5);
      await collection.update({
        ids: ['y'],
        metadatas: [JSON.parse('{"__proto__":null,"constructor":"other"}') as Metadata],
      });
      expect(Object.entries((await read()) as object)).toEqual([
        ['constructor', 'other'],
        ['toString', 1],
        ['hasOwnProperty', true],
        ['toJSON', 'j'],
      ]);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });

    test('F44 C5 what a proxy or getter shows first is what is stored, whatever it shows later', async () => {
      const collection = await store.filled();
      let reads = 0;
      const changing = {
        get k(): unknown {
          return reads++ === 0 ? 'first' : { later: 'worse' };
        },
      };
      let listReads = 0;
      const list = new Proxy(['a', 'b'], {
        get: (own, key) => (key === '1' && listReads++ > 0 ? { later: 'worse' } : Reflect.get(own, key)),
      });
      await add(collection, changing);
      await collection.update({ ids: ['x'], metadatas: [{ list }] });
      expect((await collection.get({ ids: ['x', 'y'] })).metadatas).toEqual([
        { fine: true, list: ['a', 'b'] },
        { k: 'first' },
      ]);
    });

    test('F44 of a sparse vector indices and values are kept, and nothing that hangs on it', async () => {
      const collection = await store.filled();
      const hanging = { indices: [1, 4], values: [0.5, 2], tokens: ['a', 'b'], toJSON: () => 'other' };
      await add(collection, { s: Object.assign(hanging, { self: hanging }), n: 1 });
      expect((await collection.get({ ids: ['y'] })).metadatas).toEqual([
        { s: { indices: [1, 4], values: [0.5, 2] }, n: 1 },
      ]);
    });

    test('F44 large metadata is kept: 10,000 keys, a text of 1 MB, a list of 100,000', async () => {
      const collection = await store.filled();
      const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i]));
      await add(collection, wide);
      const text = 'ü🚲'.repeat(2 ** 18);
      const list = Array.from({ length: 100_000 }, (_, i) => i / 2);
      await collection.update({ ids: ['x'], metadatas: [{ text, list }] });
      const [first, second] = (await collection.get({ ids: ['x', 'y'] })).metadatas;
      expect(second).toEqual(wide);
      expect(first?.['text'] === text).toBe(true);
      expect(first?.['list']).toEqual(list);
      expect((await collection.get({ where: { list: { $contains: 49_999.5 } } })).ids).toEqual(['x']);
      expect((await collection.get({ where: { 'key 9999': 9999 } })).ids).toEqual(['y']);
    });

    test('F44 symbol keys, inherited and hidden properties are not metadata', async () => {
      const collection = await store.filled();
      class Fancy {
        own = 1;
        method(): number {
          return this.own;
        }
      }
      const fancy = Object.assign(new Fancy(), { [Symbol('hidden')]: 'x' });
      Object.defineProperty(fancy, 'secret', { value: 'x', enumerable: false });
      await add(collection, fancy);
      const bare = Object.assign(Object.create(null) as object, { n: 1 });
      await collection.update({ ids: ['x'], metadatas: [bare] });
      expect((await collection.get({ ids: ['x', 'y'] })).metadatas).toEqual([
        { fine: true, n: 1 },
        { own: 1 },
      ]);
    });

    test('F44 10,000 random metadata objects are stored as JSON keeps them, or refused by one of our errors', async () => {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const random = randomFrom(seed);
      const before = prototypes();
      const collection = await store.client.createCollection({ name: 'fuzz', embeddingFunction: null });
      const accepted: Metadata[] = [];
      for (let i = 0; i < 10_000; i++) {
        const metadata = arbitraryMetadata(random) as Metadata;
        try {
          validateMetadata(metadata);
          accepted.push(metadata);
        } catch (error) {
          expect(error, `seed ${seed}, object ${i}`).toBeInstanceOf(ChromaError);
        }
        // One in fifty goes the whole way alone, accepted or not.
        if (i % 50 === 0) {
          const alone = collection.add({ ids: [`alone ${i}`], embeddings: [[1]], metadatas: [metadata] });
          await alone.catch((error: unknown) => {
            expect(error, `seed ${seed}, object ${i}`).toBeInstanceOf(ChromaError);
          });
        }
      }
      expect(accepted.length).toBeGreaterThan(500);
      expect(accepted.length).toBeLessThan(9_500);
      const ids = accepted.map((_, i) => `fuzz ${i}`);
      await collection.add({ ids, embeddings: ids.map(() => [1]), metadatas: accepted });
      const { metadatas } = await collection.get({ ids });
      metadatas.forEach((metadata, i) => {
        const kept = Object.entries(accepted[i]!).filter(
          ([, value]) => value !== null && value !== undefined,
        );
        expect(metadata, `seed ${seed}`).toEqual(
          kept.length === 0 ? null : JSON.parse(JSON.stringify(Object.fromEntries(kept))),
        );
      });
      expect(prototypes()).toBe(before);
    });

    test('F44 C4 metadata of a collection is held to the same, with the classes of a server', async () => {
      const collection = await store.filled();
      const rows: [unknown, Refusal][] = [
        [cyclic(), { code: 'VALUE_METADATA', name: 'ChromaClientError', path: 'metadata.self' }],
        [{}, { code: 'VALUE_METADATA', name: 'ChromaClientError', path: 'metadata' }],
        [{ k: () => 1 }, { code: 'VALUE_METADATA', path: 'metadata.k' }],
        [{ n: Number.NaN }, { code: 'VALUE_METADATA_NUMBER', path: 'metadata.n' }],
        [{ $k: 1 }, { code: 'VALUE_METADATA_KEY' }],
      ];
      for (const [metadata, refusal] of rows) {
        await expectRefused(
          collection,
          () => store.client.createCollection({ name: 'bad', metadata: metadata as Metadata }),
          refusal,
        );
        const { code } = await refusalOf(collection.modify({ metadata: metadata as Metadata }));
        expect(code).toBe(refusal.code);
      }
      const odd = JSON.parse('{"__proto__":"p","constructor":"c"}') as Metadata;
      const kept = await store.client.createCollection({
        name: 'kept',
        metadata: odd,
        embeddingFunction: null,
      });
      expect(Object.entries(kept.metadata ?? {})).toEqual(Object.entries(odd));
      expect(await store.client.countCollections()).toBe(2);
    });
  });
}
