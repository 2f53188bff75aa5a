/** What callers of a store see: writes, reads, deletes, collections, errors. Rule numbers are those of SPEC.md. */
import { describe, expect, test } from 'vitest';
import { packTexts } from '../base/packed-texts.js';
import type { Metadata } from '../base/types.js';
import type { GetReply } from '../rpc/service.js';
import {
  batchOf,
  configuration,
  contents,
  create,
  DATABASE,
  EVERYTHING,
  openStore,
  recordsOf,
} from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import type { Store } from './store.js';

interface Opened {
  store: Store;
  id: string;
  add(...records: TestRecord[]): Promise<unknown>;
  update(...records: TestRecord[]): Promise<unknown>;
  upsert(...records: TestRecord[]): Promise<unknown>;
  all(): Promise<Required<TestRecord>[]>;
  /** Everything again, from a second store on the same bytes. */
  reopened(): Promise<Required<TestRecord>[]>;
}

async function opened(space: 'l2' | 'cosine' | 'ip' = 'l2'): Promise<Opened> {
  const { store, data } = await openStore();
  const { id } = await create(store, 'notes', space);
  const write =
    (mode: 'add' | 'update' | 'upsert') =>
    (...records: TestRecord[]): Promise<unknown> =>
      store.write({ collectionId: id, mode, batch: batchOf(...records) });
  return {
    store,
    id,
    add: write('add'),
    update: write('update'),
    upsert: write('upsert'),
    all: () => contents(store, id),
    reopened: async () => contents((await openStore(data)).store, id),
  };
}

const A: Required<TestRecord> = {
  id: 'a',
  vector: [1, 0],
  document: 'first',
  metadata: { n: 1, tag: 'x' },
  uri: 'u:a',
};
const B: Required<TestRecord> = {
  id: 'b',
  vector: [0, 1],
  document: 'second',
  metadata: { n: 2 },
  uri: 'u:b',
};
const C: Required<TestRecord> = {
  id: 'c',
  vector: [1, 1],
  document: 'third',
  metadata: { n: 3 },
  uri: 'u:c',
};

describe('writing', () => {
  test('S7 add stores new records in order, and passes over ids that exist without changing them', async () => {
    const { add, all, reopened } = await opened();
    expect(await add(B, A)).toEqual({ added: 2, updated: 0, durable: true });
    const other = { ...A, document: 'changed', vector: [9, 9] };
    expect(await add(other, C)).toEqual({ added: 1, updated: 0, durable: true });
    expect(await add(other)).toEqual({ added: 0, updated: 0, durable: true });
    expect(await all()).toEqual([B, A, C]);
    expect(await reopened()).toEqual([B, A, C]);
  });

  test('S7 update changes what it is given, keeps the rest and the place, and passes over unknown ids', async () => {
    const { add, update, all, reopened } = await opened();
    await add(A, B, C);
    expect(await update({ id: 'zz', document: 'nobody' }, { id: 'a', document: 'new' })).toEqual({
      added: 0,
      updated: 1,
      durable: true,
    });
    await update({ id: 'b', vector: [5, 5] });
    await update({ id: 'c', uri: 'u:new' });
    const expected = [
      { ...A, document: 'new' },
      { ...B, vector: [5, 5] },
      { ...C, uri: 'u:new' },
    ];
    expect(await all()).toEqual(expected);
    expect(await reopened()).toEqual(expected);
  });

  test('S7 update with nothing but ids changes nothing', async () => {
    const { store, add, update, all } = await opened();
    await add(A);
    const { commits } = await store.diagnostics();
    expect(await update({ id: 'a' })).toEqual({ added: 0, updated: 0, durable: true });
    expect((await store.diagnostics()).commits).toBe(commits);
    expect(await all()).toEqual([A]);
  });

  test('S7 upsert stores what is new, changes what exists, and keeps the place of what exists', async () => {
    const { add, upsert, all, reopened } = await opened();
    await add(A, B);
    const { id, vector } = A;
    expect(await upsert(C, { id, vector: [7, 7], document: 'A2', metadata: null, uri: null })).toEqual({
      added: 1,
      updated: 1,
      durable: true,
    });
    const expected = [{ ...A, vector: [7, 7], document: 'A2' }, B, C];
    expect(await all()).toEqual(expected);
    await upsert({ id, vector }, { id: 'd', vector: [2, 2] });
    const after = [
      { ...A, document: 'A2' },
      B,
      C,
      { id: 'd', vector: [2, 2], document: null, metadata: null, uri: null },
    ];
    expect(await all()).toEqual(after);
    expect(await reopened()).toEqual(after);
  });

  test('S8 a record that is deleted and added again moves to the end', async () => {
    const { store, id, add, all, reopened } = await opened();
    await add(A, B);
    await store.delete({ collectionId: id, ids: ['a'] });
    await add(A);
    expect((await all()).map((record) => record.id)).toEqual(['b', 'a']);
    expect((await reopened()).map((record) => record.id)).toEqual(['b', 'a']);
  });

  test.each<[string, Metadata, Metadata, Metadata | null]>([
    ['keys are merged', { a: 1, b: 2 }, { b: 3, c: 4 }, { a: 1, b: 3, c: 4 }],
    ['null deletes its key', { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ['nothing left is no metadata', { a: 1 }, { a: null }, null],
    ['lists are replaced whole', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['a key may change its type', { a: 'text' }, { a: 5 }, { a: 5 }],
    ['null for a key that is not there', { a: 1 }, { z: null }, { a: 1 }],
    ['a value that is the text null', { a: 1 }, { b: 'null' }, { a: 1, b: 'null' }],
  ])('S9 on update and upsert %s', async (_, stored, given, merged) => {
    for (const mode of ['update', 'upsert'] as const) {
      const each = await opened();
      await each.add({ id: 'a', vector: [1, 0], metadata: stored });
      await each[mode]({ id: 'a', metadata: given });
      expect((await each.all())[0]!.metadata).toEqual(merged);
      expect((await each.reopened())[0]!.metadata).toEqual(merged);
    }
  });

  test('S9 null values and empty metadata of a new record are left out', async () => {
    const { add, all, reopened } = await opened();
    await add(
      { id: 'a', vector: [1, 0], metadata: { k: null } },
      { id: 'b', vector: [1, 0], metadata: { k: null, l: 'null' } },
      { id: 'c', vector: [1, 0], metadata: {} },
      { id: 'd', vector: [1, 0], metadata: null },
      { id: 'e', vector: [1, 0], metadata: { sparse: { indices: [1], values: [0.5], tokens: null } } },
    );
    const expected = [
      null,
      { l: 'null' },
      null,
      null,
      { sparse: { indices: [1], values: [0.5], tokens: null } },
    ];
    expect((await all()).map(({ metadata }) => metadata)).toEqual(expected);
    expect((await reopened()).map(({ metadata }) => metadata)).toEqual(expected);
  });

  test('S9 a key named __proto__ is a key like any other', async () => {
    const { add, update, all } = await opened();
    const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":"x"}') as Metadata;
    await add({ id: 'a', vector: [1, 0], metadata: { n: 1 } });
    await update({ id: 'a', metadata: hostile });
    const { metadata } = (await all())[0]!;
    expect(Object.keys(metadata!).sort()).toEqual(['__proto__', 'constructor', 'n']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('S6 ids are exact: no two of these are merged, and each comes back as it was', async () => {
    const ids = [
      'é',
      'e\u0301',
      '😀',
      '\0',
      'a\0',
      '__proto__',
      'constructor',
      'x'.repeat(5000),
      ' ',
      '\ufeffbom',
      'bom',
    ];
    const { add, all, reopened } = await opened();
    await add(...ids.map((id, i) => ({ id, vector: [i, 1], document: `\ufeff${id}` })));
    expect((await all()).map(({ id }) => id)).toEqual(ids);
    expect((await reopened()).map(({ id }) => id)).toEqual(ids);
    expect((await reopened()).map(({ document }) => document)).toEqual(ids.map((id) => `\ufeff${id}`));
  });

  test('a document may be empty, and is not the same as none', async () => {
    const { add, all } = await opened();
    await add({ id: 'a', vector: [1, 0], document: '' }, { id: 'b', vector: [1, 0], document: null });
    expect((await all()).map(({ document }) => document)).toEqual(['', null]);
  });
});

describe('refusals before anything is stored', () => {
  test.each<[string, (each: Opened) => Promise<unknown>, object]>([
    [
      'NaN',
      ({ add }) => add(A, { ...B, vector: [0, NaN] }),
      { code: 'VALUE_NOT_FINITE', message: 'The vector of the record "b" (index 1) is NaN at component 1.' },
    ],
    [
      'Infinity',
      ({ add }) => add({ ...A, vector: [-Infinity, 0] }),
      { code: 'VALUE_NOT_FINITE', details: { index: 0, component: 0 } },
    ],
    [
      'a length that overflows',
      ({ add }) => add({ ...A, vector: [3e38, 3e38] }),
      { code: 'VALUE_NOT_FINITE', details: { index: 0, component: null } },
    ],
    [
      'a new record without a vector',
      ({ upsert }) => upsert({ id: 'n', document: 'text' }),
      { code: 'VALUE_MISSING', details: { index: 0, id: 'n' } },
    ],
    ['an empty id', ({ add }) => add({ id: '', vector: [1, 0] }), { code: 'VALUE_EMPTY_ID' }],
    [
      'half a surrogate pair',
      ({ add }) => add({ id: 'a\ud800', vector: [1, 0] }),
      { code: 'VALUE_ILL_FORMED_TEXT' },
    ],
    ['the same id twice', ({ add }) => add(A, B, A), { code: 'VALUE_DUPLICATE_IDS', details: { id: 'a' } }],
    ['no ids', ({ add }) => add(), { code: 'VALUE_IDS' }],
    ['no dimensions', ({ add }) => add({ id: 'a', vector: [] }), { code: 'VALUE_EMBEDDING' }],
    [
      'a column of another length',
      ({ store, id }) =>
        store.write({
          collectionId: id,
          mode: 'add',
          batch: { ...batchOf(A, B), documents: batchOf(A).documents },
        }),
      { code: 'VALUE_LENGTHS' },
    ],
    [
      'vectors of another count',
      ({ store, id }) =>
        store.write({
          collectionId: id,
          mode: 'add',
          batch: { ...batchOf(A, B), vectors: batchOf(A).vectors },
        }),
      { code: 'VALUE_LENGTHS' },
    ],
    [
      'metadata that is not an object',
      ({ store, id }) =>
        store.write({
          collectionId: id,
          mode: 'add',
          batch: {
            ...batchOf(A),
            metadatas: batchOf({ ...A, metadata: [1] as unknown as Metadata }).metadatas,
          },
        }),
      { code: 'VALUE_METADATA' },
    ],
    [
      'texts that do not add up',
      ({ store, id }) =>
        store.write({
          collectionId: id,
          mode: 'add',
          batch: {
            ...batchOf(A),
            documents: { bytes: new Uint8Array(3), ends: Uint32Array.of(2), present: null },
          },
        }),
      { code: 'VALUE_ARGUMENT' },
    ],
    [
      'an unknown collection',
      ({ store }) =>
        store.write({ collectionId: '00000000-0000-4000-8000-0000000000ff', mode: 'add', batch: batchOf(A) }),
      { code: 'NOT_FOUND_COLLECTION' },
    ],
  ])('%s', async (_, attempt, error) => {
    const each = await opened();
    await expect(attempt(each)).rejects.toMatchObject(error);
    expect(await each.all()).toEqual([]);
    expect(await each.reopened()).toEqual([]);
  });

  test('another dimension than the collection has', async () => {
    const { add, update, all, reopened } = await opened();
    await add(A);
    for (const write of [add, update]) {
      await expect(write({ id: 'a', vector: [1, 2, 3] })).rejects.toMatchObject({
        code: 'VALUE_DIMENSION',
        message: 'Collection expecting embedding with dimension of 2, got 3 (collection "notes").',
        details: { collection: 'notes', expected: 2, got: 3 },
      });
    }
    expect(await all()).toEqual([A]);
    expect(await reopened()).toEqual([A]);
  });

  test('a zero vector is refused under cosine only', async () => {
    const cosine = await opened('cosine');
    await expect(cosine.add(A, { ...B, vector: [0, 0] })).rejects.toMatchObject({
      code: 'VALUE_ZERO_VECTOR',
      message:
        'The vector of the record "b" (index 1) has length zero, and collection "notes" has space cosine.',
    });
    expect(await cosine.all()).toEqual([]);
    for (const space of ['l2', 'ip'] as const) {
      const each = await opened(space);
      await each.add({ ...B, vector: [0, 0] });
      expect(await each.all()).toHaveLength(1);
    }
  });

  test('the dimension is fixed by the first write for ever, also when every record is gone', async () => {
    const { store, id, add } = await opened();
    expect((await store.getCollection({ id })).dimensions).toBeNull();
    await add(A);
    expect((await store.getCollection({ id })).dimensions).toBe(2);
    await store.delete({ collectionId: id, ids: ['a'] });
    await expect(add({ id: 'n', vector: [1, 2, 3] })).rejects.toMatchObject({ code: 'VALUE_DIMENSION' });
    await expect(query(store, id, [1, 2, 3])).rejects.toMatchObject({ code: 'VALUE_DIMENSION' });
  });

  test('a refused first write does not fix the dimension', async () => {
    const { add, all } = await opened();
    await expect(add({ id: 'a', vector: [1, 2, NaN] })).rejects.toMatchObject({ code: 'VALUE_NOT_FINITE' });
    await add(A);
    expect(await all()).toEqual([A]);
  });
});

function query(
  store: Store,
  collectionId: string,
  vector: number[],
  more: object = {},
): Promise<QueryResult> {
  return store
    .query({
      collectionId,
      vectors: { data: new Float32Array(vector), rows: 1, dimensions: vector.length },
      nResults: 10,
      include: ['distances'],
      ...more,
    })
    .then(({ results }) => ({
      ids: results[0]!.ids,
      distances: Array.from(results[0]!.distances ?? []),
      reply: results[0]!,
    }));
}

interface QueryResult {
  ids: string[];
  distances: number[];
  reply: GetReply;
}

describe('reading', () => {
  test('S10 get is in insertion order whatever the order of ids, with offset and limit', async () => {
    const { store, id, add } = await opened();
    await add(A, B, C);
    const ids = async (request: object): Promise<string[]> =>
      (await store.get({ collectionId: id, include: [], ...request })).ids;
    expect(await ids({})).toEqual(['a', 'b', 'c']);
    expect(await ids({ ids: ['c', 'nobody', 'a'] })).toEqual(['a', 'c']);
    expect(await ids({ ids: [] })).toEqual([]);
    expect(await ids({ limit: 2 })).toEqual(['a', 'b']);
    expect(await ids({ limit: 0 })).toEqual([]);
    expect(await ids({ offset: 1 })).toEqual(['b', 'c']);
    expect(await ids({ offset: 1, limit: 1 })).toEqual(['b']);
    expect(await ids({ offset: 9 })).toEqual([]);
    expect(await ids({ ids: ['c', 'b', 'a'], offset: 1, limit: 5 })).toEqual(['b', 'c']);
    expect(await ids({ where: { n: { $gte: 2 } } })).toEqual(['b', 'c']);
    expect(await ids({ where: { n: { $gte: 2 } }, ids: ['a', 'b'] })).toEqual(['b']);
    expect(await ids({ where: { n: { $gte: 1 } }, whereDocument: { $contains: 'ir' } })).toEqual(['a', 'c']);
    expect(await ids({ where: { n: { $gte: 2 } }, offset: 1, limit: 1 })).toEqual(['c']);
  });

  test('S10 columns that are not asked for are null', async () => {
    const { store, id, add } = await opened();
    await add(A);
    expect(await store.get({ collectionId: id, include: [] })).toEqual({
      ids: ['a'],
      documents: null,
      metadatas: null,
      uris: null,
      embeddings: null,
    });
    const all = await store.get({ collectionId: id, include: EVERYTHING });
    expect(recordsOf(all)).toEqual([A]);
    expect(all.embeddings).toEqual({ data: new Float32Array([1, 0]), rows: 1, dimensions: 2 });
  });

  test('S10 query answers nearest first with ids, filters and texts, and never more than match', async () => {
    const { store, id, add } = await opened();
    await add(A, B, C);
    expect(await query(store, id, [1, 0.1])).toMatchObject({ ids: ['a', 'c', 'b'] });
    const near = await query(store, id, [1, 0], { nResults: 1 });
    expect(near).toMatchObject({ ids: ['a'], distances: [0] });
    expect(near.reply.documents).toBeNull();
    expect((await query(store, id, [1, 0], { where: { n: { $gt: 1 } } })).ids).toEqual(['c', 'b']);
    expect((await query(store, id, [1, 0], { ids: ['b', 'nobody'] })).ids).toEqual(['b']);
    expect((await query(store, id, [1, 0], { ids: ['nobody'] })).ids).toEqual([]);
    expect((await query(store, id, [1, 0], { whereDocument: { $contains: 'nothing' } })).ids).toEqual([]);
    const { reply } = await query(store, id, [0, 1], { nResults: 1, include: EVERYTHING });
    expect(recordsOf(reply)).toEqual([B]);
    expect(reply).toMatchObject({ distances: null });
  });

  test('S10 several query vectors get one result each', async () => {
    const { store, id, add } = await opened();
    await add(A, B);
    const { results } = await store.query({
      collectionId: id,
      vectors: { data: new Float32Array([0, 1, 1, 0]), rows: 2, dimensions: 2 },
      nResults: 1,
      include: ['distances', 'documents'],
    });
    expect(results.map(({ ids, documents }) => [ids, documents])).toEqual([
      [['b'], ['second']],
      [['a'], ['first']],
    ]);
  });

  test('S10 ties come in insertion order', async () => {
    const { store, id, add } = await opened();
    await add(...['d', 'b', 'a', 'c'].map((each) => ({ id: each, vector: [1, 1] })));
    expect((await query(store, id, [0, 0])).ids).toEqual(['d', 'b', 'a', 'c']);
  });

  test('a collection never written to answers any dimension with nothing', async () => {
    const { store, id } = await opened();
    expect((await query(store, id, [1, 2, 3])).ids).toEqual([]);
    expect(recordsOf(await store.get({ collectionId: id, include: EVERYTHING }))).toEqual([]);
    expect(await store.count({ collectionId: id })).toBe(0);
  });

  test.each<[string, object, string]>([
    [
      'NaN in a query',
      { vectors: { data: new Float32Array([NaN, 0]), rows: 1, dimensions: 2 } },
      'VALUE_NOT_FINITE',
    ],
    [
      'another dimension',
      { vectors: { data: new Float32Array(3), rows: 1, dimensions: 3 } },
      'VALUE_DIMENSION',
    ],
    [
      'a matrix that does not add up',
      { vectors: { data: new Float32Array(3), rows: 1, dimensions: 2 } },
      'VALUE_EMBEDDING',
    ],
    ['nResults 0', { nResults: 0 }, 'VALUE_N_RESULTS'],
    ['nResults -1', { nResults: -1 }, 'VALUE_N_RESULTS'],
    ['nResults 1.5', { nResults: 1.5 }, 'VALUE_N_RESULTS'],
    ['nResults NaN', { nResults: NaN }, 'VALUE_N_RESULTS'],
    ['nResults beyond 2^31', { nResults: 2 ** 31 }, 'VALUE_N_RESULTS'],
    ['a malformed filter', { where: { n: { $near: 1 } } }, 'VALUE_WHERE'],
    [
      'an unknown collection',
      { collectionId: '00000000-0000-4000-8000-0000000000ff' },
      'NOT_FOUND_COLLECTION',
    ],
  ])('query refuses %s', async (_, more, code) => {
    const { store, id, add } = await opened();
    await add(A);
    await expect(query(store, id, [1, 0], more)).rejects.toMatchObject({ code });
  });

  test('nResults may be as large as it can be named', async () => {
    const { store, id, add } = await opened();
    await add(A, B);
    expect((await query(store, id, [1, 0], { nResults: 0x7fffffff })).ids).toEqual(['a', 'b']);
  });

  test.each<[string, object, string]>([
    ['a negative limit', { limit: -1 }, 'VALUE_LIMIT'],
    ['a fractional offset', { offset: 0.5 }, 'VALUE_LIMIT'],
    ['distances', { include: ['distances'] }, 'VALUE_INCLUDE'],
    ['duplicate ids', { ids: ['a', 'a'] }, 'VALUE_DUPLICATE_IDS'],
    [
      'an unknown collection',
      { collectionId: '00000000-0000-4000-8000-0000000000ff' },
      'NOT_FOUND_COLLECTION',
    ],
  ])('get refuses %s', async (_, more, code) => {
    const { store, id } = await opened();
    await expect(store.get({ collectionId: id, include: [], ...more })).rejects.toMatchObject({ code });
  });

  test('S10 reading writes nothing', async () => {
    const { store, id, add } = await opened();
    await add(A, B);
    const before = await store.diagnostics();
    await contents(store, id);
    await query(store, id, [1, 0], { where: { n: 1 } });
    await store.count({ collectionId: id });
    await store.listCollections({ ...DATABASE, limit: 10, offset: 0 });
    expect(await store.diagnostics()).toEqual(before);
  });
});

describe('deleting', () => {
  test('S11 by ids: all that exist are gone, the count is of those asked for', async () => {
    const { store, id, add, all, reopened } = await opened();
    await add(A, B, C);
    expect(await store.delete({ collectionId: id, ids: ['c', 'nobody', 'a'] })).toEqual({ deleted: 3 });
    expect(await all()).toEqual([B]);
    expect(await reopened()).toEqual([B]);
    expect((await query(store, id, [1, 0])).ids).toEqual(['b']);
    expect(await store.count({ collectionId: id })).toBe(1);
  });

  test.each<[string, object, number, string[]]>([
    ['where', { where: { n: { $gte: 2 } } }, 2, ['a']],
    ['whereDocument', { whereDocument: { $contains: 'first' } }, 1, ['b', 'c']],
    ['ids and where', { ids: ['a', 'b'], where: { n: { $gte: 2 } } }, 1, ['a', 'c']],
    ['limit takes the first in insertion order', { where: { n: { $gte: 1 } }, limit: 2 }, 2, ['c']],
    ['limit with ids', { ids: ['c', 'b'], limit: 1 }, 1, ['a', 'c']],
    ['limit 0', { where: { n: 1 }, limit: 0 }, 0, ['a', 'b', 'c']],
    ['nothing named', {}, 0, ['a', 'b', 'c']],
    ['nothing named but a limit', { limit: 2 }, 0, ['a', 'b', 'c']],
    ['an empty list of ids', { ids: [] }, 0, ['a', 'b', 'c']],
    ['no match', { where: { n: 99 } }, 0, ['a', 'b', 'c']],
  ])('S11 %s', async (_, request, deleted, left) => {
    const { store, id, add, all, reopened } = await opened();
    await add(A, B, C);
    expect(await store.delete({ collectionId: id, ...request })).toEqual({ deleted });
    expect((await all()).map((record) => record.id)).toEqual(left);
    expect((await reopened()).map((record) => record.id)).toEqual(left);
  });
});

describe('large calls', () => {
  test('S7 S10 S11 100,000 records in one call are written, read, reopened and deleted whole', async () => {
    const count = 100_000;
    const { store, data } = await openStore();
    const { id } = await create(store);
    const ids = Array.from({ length: count }, (_, i) => `id-${i}`);
    const vectors = { data: new Float32Array(count * 2).fill(1), rows: count, dimensions: 2 };
    const batch = { ids, vectors, documents: packTexts(ids), metadatas: null, uris: null };
    expect(await store.write({ collectionId: id, mode: 'add', batch })).toMatchObject({ added: count });
    expect((await store.diagnostics()).commits).toBe(2);
    const { store: second } = await openStore(data);
    const { ids: found, documents } = await second.get({ collectionId: id, ids, include: ['documents'] });
    expect(found.every((each, i) => each === ids[i]) && found.length === count).toBe(true);
    expect(documents!.every((each, i) => each === ids[i])).toBe(true);
    expect(await second.delete({ collectionId: id, ids })).toEqual({ deleted: count });
    expect(await second.count({ collectionId: id })).toBe(0);
    expect(await contents((await openStore(data)).store, id)).toEqual([]);
  }, 60_000);
});

describe('collections', () => {
  test('S12 are found by name and id, listed in creation order, inside their own database', async () => {
    const { store, data } = await openStore();
    const first = await create(store, 'zeta');
    const second = await create(store, 'alpha');
    await store.createTenant({ name: 't' });
    await store.createDatabase({ tenant: 't', database: 'd' });
    const elsewhere = await store.createCollection({
      tenant: 't',
      database: 'd',
      name: 'zeta',
      metadata: { k: 1 },
      configuration: configuration('ip'),
      getOrCreate: false,
    });
    for (const each of [store, (await openStore(data)).store]) {
      expect(await each.getCollection({ ...DATABASE, name: 'zeta' })).toEqual(first);
      expect(await each.getCollection({ id: elsewhere.id })).toEqual(elsewhere);
      const list = (limit: number, offset: number): Promise<object[]> =>
        each.listCollections({ ...DATABASE, limit, offset });
      expect(await list(10, 0)).toEqual([first, second]);
      expect(await list(1, 1)).toEqual([second]);
      expect(await list(0, 0)).toEqual([]);
      expect(await each.countCollections(DATABASE)).toBe(2);
      expect(await each.countCollections({ tenant: 't', database: 'd' })).toBe(1);
      expect(await each.countCollections({ tenant: 't', database: 'other' })).toBe(0);
    }
  });

  test('S12 creating an existing one is refused, or returns it unchanged', async () => {
    const { store } = await openStore();
    const first = await create(store, 'notes', 'cosine');
    const again = { ...DATABASE, name: 'notes', metadata: { other: 1 }, configuration: configuration('ip') };
    await expect(store.createCollection({ ...again, getOrCreate: false })).rejects.toMatchObject({
      code: 'EXISTS_COLLECTION',
    });
    expect(await store.createCollection({ ...again, getOrCreate: true })).toEqual(first);
  });

  test('S12 concurrent getOrCreate of one name gives one collection', async () => {
    const { store } = await openStore();
    const request = {
      ...DATABASE,
      name: 'notes',
      metadata: null,
      configuration: configuration(),
      getOrCreate: true,
    };
    const all = await Promise.all(Array.from({ length: 5 }, () => store.createCollection(request)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await store.countCollections(DATABASE)).toBe(1);
  });

  test('an unknown name gets the nearest one of its database', async () => {
    const { store } = await openStore();
    await create(store, 'recipes');
    await create(store, 'notes');
    await expect(store.getCollection({ ...DATABASE, name: 'recipies' })).rejects.toMatchObject({
      code: 'NOT_FOUND_COLLECTION',
      message:
        'The requested resource could not be found: Collection "recipies" does not exist in database "default_database".',
      fix: expect.stringContaining('Did you mean "recipes"?') as string,
      details: { suggestion: 'recipes' },
    });
    await expect(store.getCollection({ ...DATABASE, name: 'something else' })).rejects.toMatchObject({
      details: { suggestion: null },
    });
    await expect(store.deleteCollection({ ...DATABASE, name: 'note' })).rejects.toMatchObject({
      details: { suggestion: 'notes' },
    });
  });

  test('S12 a deleted collection is gone with its records; its name is free', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(A) });
    await store.deleteCollection({ ...DATABASE, name: 'notes' });
    for (const each of [store, (await openStore(data)).store]) {
      await expect(each.count({ collectionId: id })).rejects.toMatchObject({ code: 'NOT_FOUND_COLLECTION' });
      expect(await each.countCollections(DATABASE)).toBe(0);
    }
  });

  test('S12 modify changes what is given: name, whole metadata, index parameters, embedding function', async () => {
    const { store, data } = await openStore();
    const { id } = await store.createCollection({
      ...DATABASE,
      name: 'notes',
      metadata: { a: 1, b: 2 },
      configuration: configuration(),
      getOrCreate: false,
    });
    await create(store, 'taken');
    const embeddingFunction = { type: 'known', name: 'kindex-static', config: { revision: 'r1' } } as const;
    const changed = await store.modifyCollection({
      id,
      name: 'renamed',
      metadata: { c: 3 },
      configuration: { efSearch: 50 },
      embeddingFunction,
    });
    expect(changed).toEqual({
      ...DATABASE,
      id,
      name: 'renamed',
      metadata: { c: 3 },
      configuration: { index: { ...configuration().index, efSearch: 50 }, embeddingFunction },
      dimensions: null,
    });
    const { store: again } = await openStore(data);
    expect(await again.getCollection({ ...DATABASE, name: 'renamed' })).toEqual(changed);
    await expect(again.getCollection({ ...DATABASE, name: 'notes' })).rejects.toMatchObject({
      code: 'NOT_FOUND_COLLECTION',
    });
    expect(
      (await again.listCollections({ ...DATABASE, limit: 9, offset: 0 })).map(({ name }) => name),
    ).toEqual(['renamed', 'taken']);
    expect(await again.modifyCollection({ id })).toEqual(changed);
    await expect(again.modifyCollection({ id, name: 'taken' })).rejects.toMatchObject({
      code: 'EXISTS_COLLECTION',
    });
    await expect(again.modifyCollection({ id, configuration: { space: 'ip' } })).rejects.toMatchObject({
      code: 'VALUE_CONFIGURATION',
    });
    expect(await again.getCollection({ id })).toEqual(changed);
  });

  test('what could not be read back is refused', async () => {
    const { store } = await openStore();
    const bad = configuration();
    bad.index.efSearch = NaN;
    await expect(
      store.createCollection({
        ...DATABASE,
        name: 'notes',
        metadata: null,
        configuration: bad,
        getOrCreate: false,
      }),
    ).rejects.toMatchObject({
      code: 'VALUE_CONFIGURATION',
      details: { field: 'configuration.index.efSearch' },
    });
  });

  test('records handed out are copies', async () => {
    const { store } = await openStore();
    const record = await create(store);
    record.configuration.index.space = 'ip';
    expect((await store.getCollection({ id: record.id })).configuration.index.space).toBe('l2');
  });
});

describe('the store as a whole', () => {
  test('reset drops every collection and every log row of before', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(A, B, C) });
    await store.reset();
    expect(data.log.size).toBe(1);
    expect(await store.diagnostics()).toMatchObject({ collections: 0, records: 0, logBytes: 52 });
    const again = await create(store);
    await store.write({ collectionId: again.id, mode: 'add', batch: batchOf(C) });
    const { store: reopened } = await openStore(data);
    expect(await contents(reopened, again.id)).toEqual([C]);
    expect(await reopened.countCollections(DATABASE)).toBe(1);
    await reopened.reset();
    await reopened.reset();
    expect((await openStore(data)).store).toBeDefined();
  });

  test('diagnostics tells what is held', async () => {
    const { store, id, add } = await opened();
    await add(A, B);
    await store.delete({ collectionId: id, ids: ['a'] });
    const diagnostics = await store.diagnostics();
    expect(diagnostics).toMatchObject({
      storage: 'memory',
      core: 'scalar',
      engine: 'flat',
      collections: 1,
      records: 1,
      commits: 3,
      originQuotaBytes: null,
      warnings: [],
    });
    expect(diagnostics.logBytes).toBeGreaterThan(0);
    expect(diagnostics.originUsageBytes).toBeGreaterThan(diagnostics.logBytes);
  });

  test('logBytes is the same after reopening', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(A, B) });
    const { logBytes } = await store.diagnostics();
    expect((await (await openStore(data)).store.diagnostics()).logBytes).toBe(logBytes);
  });

  test('close finishes the writes before it, and refuses every call after it', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    const write = store.write({ collectionId: id, mode: 'add', batch: batchOf(A) });
    const closing = store.close();
    await expect(store.count({ collectionId: id })).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(write).resolves.toMatchObject({ added: 1 });
    await closing;
    await store.close();
    await expect(store.write({ collectionId: id, mode: 'add', batch: batchOf(B) })).rejects.toMatchObject({
      code: 'CLOSED',
    });
    await expect(store.diagnostics()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await contents((await openStore(data)).store, id)).toEqual([A]);
  });

  test('relaxed durability is told in the reply', async () => {
    const { store } = await openStore(undefined, { durability: 'relaxed' });
    const { id } = await create(store);
    expect(await store.write({ collectionId: id, mode: 'add', batch: batchOf(A) })).toEqual({
      added: 1,
      updated: 0,
      durable: false,
    });
  });
});
