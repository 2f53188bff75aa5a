/** F43: ids of every shape are kept exactly or refused, and no two become one. */
import { describe, expect, test } from 'vitest';
import { expectRefused, useStore, type FaultTarget, type Refusal } from './harness.contract.js';

/** Each differs from all others, some in what is hard to see. */
const KEPT = [
  'plain',
  ' ',
  'a ',
  ' a',
  'a',
  'A',
  '\n',
  '\r\n',
  '\t',
  '\u0000',
  'a\u0000b',
  'a\u0000',
  '\u0001',
  '0',
  '-0',
  '00',
  '1e3',
  '1000',
  'null',
  'undefined',
  'NaN',
  'true',
  '[object Object]',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'length',
  '#id',
  '$eq',
  'é',
  'e\u0301',
  'ﬁ',
  'fi',
  'ß',
  'SS',
  'İ',
  'i̇',
  'Å',
  '\u212b',
  '🚲',
  '👩‍👩‍👧',
  '👩👩👧',
  '🏳️‍🌈',
  'שלום',
  'مرحبا',
  '\u202eabc',
  '\u200b',
  '\ufeff',
  '\ufffe',
  '\uffff',
  '\u{10ffff}',
  '../../etc/passwd',
  "'; DROP TABLE records; --",
  '%',
  '_',
  '*',
  'x'.repeat(1_000_000),
  'x'.repeat(999_999),
];

const REFUSED: readonly (readonly [string, unknown, Refusal])[] = [
  ['an empty text', '', { code: 'VALUE_EMPTY_ID', name: 'ChromaClientError', path: 'ids[1]' }],
  ['a lone high surrogate', 'a\ud800', { code: 'VALUE_ILL_FORMED_TEXT', path: 'ids[1]' }],
  ['a lone low surrogate', '\udc00a', { code: 'VALUE_ILL_FORMED_TEXT', path: 'ids[1]' }],
  ['surrogates the wrong way round', '\udc00\ud800', { code: 'VALUE_ILL_FORMED_TEXT', path: 'ids[1]' }],
  ['a number', 7, { code: 'VALUE_IDS', name: 'ChromaValueError', path: 'ids[1]' }],
  ['a BigInt', 7n, { code: 'VALUE_IDS', path: 'ids[1]' }],
  ['null', null, { code: 'VALUE_IDS', path: 'ids[1]' }],
  ['undefined', undefined, { code: 'VALUE_IDS', path: 'ids[1]' }],
  ['a symbol', Symbol('id'), { code: 'VALUE_IDS', path: 'ids[1]' }],
  ['a String object', Object('id'), { code: 'VALUE_IDS', path: 'ids[1]' }],
  ['an object with toString', { toString: () => 'id' }, { code: 'VALUE_IDS', path: 'ids[1]' }],
];

export function describeIdFaults(target: FaultTarget): void {
  describe(`F43 ids over ${target.name}`, () => {
    const store = useStore(target);

    test('F43 ids of every script and shape come back exactly, each with its own record', async () => {
      const collection = await store.client.createCollection({ name: 'odd', embeddingFunction: null });
      const embeddings = KEPT.map((_, i) => [i, 1]);
      await collection.add({ ids: KEPT, embeddings, metadatas: KEPT.map((_, i) => ({ i })) });
      const all = await collection.get({ include: ['embeddings', 'metadatas'] });
      expect(all.ids.length).toBe(KEPT.length);
      expect(all.ids.findIndex((id, i) => id !== KEPT[i])).toBe(-1);
      for (const [i, id] of KEPT.entries()) {
        const one = await collection.get({ ids: [id], include: ['embeddings', 'metadatas'] });
        expect([one.ids.length, one.ids[0] === id, one.embeddings, one.metadatas]).toEqual([
          1,
          true,
          [[i, 1]],
          [{ i }],
        ]);
      }
      const nearest = await collection.query({ queryEmbeddings: embeddings, nResults: 1, include: [] });
      expect(nearest.ids.findIndex(([id], i) => id !== KEPT[i])).toBe(-1);
    });

    test('F43 one of two ids that look alike is changed and deleted without the other', async () => {
      const collection = await store.client.createCollection({ name: 'odd', embeddingFunction: null });
      await collection.add({ ids: KEPT, embeddings: KEPT.map((_, i) => [i]) });
      const gone = KEPT.filter((_, i) => i % 2 === 0);
      await collection.delete({ ids: gone });
      expect((await collection.get()).ids).toEqual(KEPT.filter((_, i) => i % 2 === 1));
      await collection.upsert({ ids: ['é', 'e\u0301'], embeddings: [[100], [200]] });
      const pair = await collection.get({ ids: ['é', 'e\u0301'], include: ['embeddings'] });
      expect(Object.fromEntries(pair.rows().map((row) => [row.id, row.embedding]))).toEqual({
        é: [100],
        ['e\u0301']: [200],
      });
    });

    test('F43 ids are found by a filter on #id, whatever they are called', async () => {
      const collection = await store.client.createCollection({ name: 'odd', embeddingFunction: null });
      const ids = KEPT.filter((id) => id.length < 100);
      await collection.add({ ids, embeddings: ids.map((_, i) => [i]) });
      expect((await collection.get({ where: { '#id': '__proto__' } })).ids).toEqual(['__proto__']);
      expect((await collection.get({ where: { '#id': { $in: ['constructor', 'a\u0000b'] } } })).ids).toEqual([
        'a\u0000b',
        'constructor',
      ]);
    });

    test.each(REFUSED)('F43 C4 %s as an id is refused in every call', async (_, id, refusal) => {
      const collection = await store.filled();
      const ids = ['x', id] as string[];
      const embeddings = [
        [1, 1, 1],
        [2, 2, 2],
      ];
      const acts = [
        () => collection.add({ ids, embeddings }),
        () => collection.update({ ids, embeddings }),
        () => collection.upsert({ ids, embeddings }),
        () => collection.get({ ids }),
        () => collection.query({ queryEmbeddings: embeddings, ids }),
        () => collection.delete({ ids }),
      ];
      for (const act of acts) await expectRefused(collection, act, refusal);
    });

    test('F43 C4 lone surrogates in documents, uris and metadata keys are refused with their place', async () => {
      const collection = await store.filled();
      const record = { ids: ['x'], embeddings: [[1, 1, 1]] };
      const code = 'VALUE_ILL_FORMED_TEXT';
      await expectRefused(collection, () => collection.add({ ...record, documents: ['a\ud800'] }), {
        code,
        path: 'documents[0]',
      });
      await expectRefused(collection, () => collection.add({ ...record, uris: ['\udfff'] }), {
        code,
        path: 'uris[0]',
      });
      await expectRefused(collection, () => collection.add({ ...record, metadatas: [{ ['a\ud800']: 1 }] }), {
        code: 'VALUE_METADATA_KEY',
      });
    });

    test('F43 C20 names of that kind are refused for collections, tenants and databases', async () => {
      const collection = await store.filled();
      for (const name of [
        '',
        '__proto__',
        '🚲🚲🚲',
        'a\u0000b',
        'é'.repeat(5),
        'a\ud800b',
        'x'.repeat(1_000_000),
      ]) {
        await expectRefused(collection, () => store.client.createCollection({ name }), {
          code: 'VALUE_NAME',
          name: 'ChromaClientError',
        });
      }
      for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
        await store.client.createCollection({ name, embeddingFunction: null });
        expect((await store.client.getCollection({ name })).name).toBe(name);
      }
    });
  });
}
