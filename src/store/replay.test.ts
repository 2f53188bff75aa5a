/** Opening damaged stores: what is wrong is told, nothing wrong is ever answered, and the bytes stay as they are. */
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { encodeEntry } from '../format/entry.js';
import type { LogEntry } from '../format/entry.js';
import { decodeHead, encodeHead, FORMAT_VERSION } from '../format/head.js';
import type { Head } from '../format/head.js';
import { encodeRows } from '../format/log-row.js';
import type { StoredCollection } from '../format/stored-collection.js';
import { createMemoryData } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StoreDiagnostics } from '../rpc/service.js';
import {
  batchOf,
  configuration,
  contents,
  countingUuid,
  create,
  DATABASE,
  openStore,
} from './fixtures/records.js';

const core = createScalarCore();
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);

/** Two collections, 6 entries, 8 rows: row 3…5 are the three parts of one entry. */
async function filled(): Promise<{ data: MemoryData; id: string }> {
  const { store, data } = await openStore(undefined, { uuid: countingUuid() });
  const { id } = await create(store);
  const write = (mode: 'add' | 'upsert', ...records: Parameters<typeof batchOf>): Promise<unknown> =>
    store.write({ collectionId: id, mode, batch: batchOf(...records) });
  await write(
    'add',
    { id: 'a', vector: [1, 2], document: 'one', metadata: { k: 1 }, uri: 'u' },
    { id: 'b', vector: [3, 4], document: 'two', metadata: null, uri: null },
  );
  await write('add', { id: 'long', vector: [5, 6], document: 'z'.repeat(120_000) });
  await write('upsert', { id: 'a', metadata: { l: 2 } });
  await store.delete({ collectionId: id, ids: ['b'] });
  await create(store, 'second');
  expect([...data.log.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  return { data, id };
}

function copyOf(data: MemoryData): MemoryData {
  const copy = createMemoryData();
  for (const store of ['meta', 'log'] as const)
    for (const [key, value] of data[store]) copy[store].set(key, value.slice());
  return copy;
}

/** The error of opening, after proving that opening changed no byte. */
async function refusal(data: MemoryData): Promise<unknown> {
  const before = copyOf(data);
  const error: unknown = await openStore(data).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(sameData(data, before)).toBe(true);
  return error;
}

interface Outcome {
  /** Ids of the collection `notes`; null: there is none. */
  ids: string[] | null;
  state: string;
  damage: StoreDiagnostics['damage'];
}

/** What a damaged store opens as; one that is open for reading only proves that it writes nothing. */
async function outcome(data: MemoryData, id: string): Promise<Outcome> {
  const before = copyOf(data);
  const { store } = await openStore(data);
  const { state, damage, warnings } = await store.diagnostics();
  const ids = await store.get({ collectionId: id, include: [] }).then(
    (reply) => reply.ids,
    () => null,
  );
  if (state === 'read-only') {
    const write = store.write({
      collectionId: id,
      mode: 'add',
      batch: batchOf({ id: 'new', vector: [9, 9] }),
    });
    await expect(write).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY', details: damage.at(-1)?.details });
    await expect(store.createTenant({ name: 't' })).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    await expect(store.checkpoint()).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    await store.close();
    expect(sameData(data, before)).toBe(true);
  }
  expect(warnings).toEqual(damage.map(({ message }) => message));
  return { ids, state, damage };
}

function sameData(a: MemoryData, b: MemoryData): boolean {
  return (['meta', 'log'] as const).every(
    (store) =>
      a[store].size === b[store].size &&
      [...a[store]].every(([key, value]) => Buffer.from(value).equals(b[store].get(key) ?? Buffer.of())),
  );
}

describe('damaged bytes', () => {
  /** Ids before the entry that row `seq` belongs to. */
  const before = (seq: number): string[] => {
    if (seq === 2) return [];
    if (seq <= 5) return ['a', 'b'];
    return seq <= 7 ? ['a', 'b', 'long'] : ['a', 'long'];
  };

  test('S52 whatever bit of a row is flipped: what is before it can be read, and only a damaged last write is dropped', async () => {
    const { data, id } = await filled();
    for (const [key, row] of data.log) {
      const everyByte = row.length < 1000;
      for (let byte = 0; byte < row.length; byte += everyByte ? 1 : 997) {
        const damaged = copyOf(data);
        damaged.log.get(key)![byte]! ^= 1 << (byte & 7);
        const where = `row ${key} byte ${byte}`;
        if (key === 1) {
          expect(await refusal(damaged), where).toMatchObject({
            code: 'FORMAT_CORRUPT',
            details: { seq: 1 },
          });
          continue;
        }
        const isLast = key === 8;
        expect(await outcome(damaged, id), where).toMatchObject({
          ids: before(Number(key)),
          state: isLast ? 'ok' : 'read-only',
          damage: [{ effect: isLast ? 'dropped' : 'read-only', details: { seq: key } }],
        });
      }
    }
  }, 60_000);

  test('S52 a damaged last write is dropped once: afterwards the store is whole and goes on', async () => {
    const { data, id } = await filled();
    data.log.get(8)![60]! ^= 1;
    expect((await outcome(data, id)).damage).toMatchObject([
      { effect: 'dropped', details: { seq: 8, firstSeq: 8, lostWrites: 1 } },
    ]);
    expect([...data.log.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const { store } = await openStore(data);
    expect((await store.diagnostics()).damage).toEqual([]);
    expect(await store.countCollections(DATABASE)).toBe(1);
    await create(store, 'second');
    expect(await outcome(data, id)).toMatchObject({ ids: ['a', 'long'], state: 'ok', damage: [] });
  });

  test('S52 a store open for reading only goes on with what is before the damage once that is given up', async () => {
    const { data, id } = await filled();
    data.log.get(4)![60]! ^= 1;
    const { store } = await openStore(data);
    expect(await store.dropDamaged({ what: 'log' })).toEqual({ dropped: 0 });
    await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: 'new', vector: [9, 9] }) });
    expect((await store.diagnostics()).state).toBe('ok');
    await store.checkpoint();
    await store.close();
    expect(await outcome(data, id)).toMatchObject({ ids: ['a', 'b', 'new'], state: 'ok', damage: [] });
  });

  test('S16 whatever bit of the head is flipped: it is made again, and nothing is lost', async () => {
    const { data, id } = await filled();
    const { uuid, lastSeq, lastEntry } = decodeHead(data.meta.get('head')!, checksum);
    for (let byte = 0; byte < data.meta.get('head')!.length; byte++) {
      const damaged = copyOf(data);
      damaged.meta.get('head')![byte]! ^= 1 << (byte & 7);
      expect(await outcome(damaged, id), `byte ${byte}`).toMatchObject({
        ids: ['a', 'long'],
        state: 'ok',
        damage: [{ effect: 'covered' }],
      });
      expect(decodeHead(damaged.meta.get('head')!, checksum)).toMatchObject({ epoch: 2, lastSeq, lastEntry });
    }
    // Once there is a checkpoint, the store keeps its identity too.
    const { store } = await openStore(data);
    await store.checkpoint();
    await store.close();
    data.meta.get('head')![20]! ^= 1;
    expect((await outcome(data, id)).damage).toMatchObject([{ effect: 'covered' }]);
    expect(decodeHead(data.meta.get('head')!, checksum).uuid).toBe(uuid);
  });

  test.each<[string, (data: MemoryData) => void, object]>([
    ['the first row is missing', ({ log }) => log.delete(1), { seq: 2, what: 'sequence', missing: 1 }],
    ['every row is missing', ({ log }) => log.clear(), { what: 'lastSeq', seq: 0, lastSeq: 8 }],
    [
      'a row is of an epoch that has not been',
      (data) => changeHead(data, { epoch: 0 }),
      { seq: 1, what: 'epoch', epoch: 1 },
    ],
    [
      'neither head nor log is whole',
      ({ meta, log }) => [meta.set('head', new Uint8Array(0)), log.clear()],
      { what: 'head length' },
    ],
  ])('S13 %s: FORMAT_CORRUPT, and nothing is touched', async (_, damage, details) => {
    const { data } = await filled();
    damage(data);
    expect(await refusal(data)).toMatchObject({ code: 'FORMAT_CORRUPT', details });
  });

  test.each<[string, (data: MemoryData) => void, object, string[]]>([
    [
      'a row in the middle is missing',
      ({ log }) => log.delete(4),
      { seq: 5, what: 'sequence', missing: 4, firstSeq: 3, lostWrites: 4 },
      ['a', 'b'],
    ],
    [
      'the last three rows are missing',
      ({ log }) => [6, 7, 8].forEach((key) => log.delete(key)),
      { what: 'lastSeq', seq: 5, lostWrites: 3 },
      ['a', 'b', 'long'],
    ],
    [
      'a whole row lies beyond the end',
      ({ log }) => log.set(9, log.get(8)!),
      { seq: 9, what: 'row key', holds: 8 },
      ['a', 'long'],
    ],
    ['two rows are swapped', ({ log }) => swap(log, 2, 6), { seq: 2, what: 'row key', holds: 6 }, []],
    [
      'two parts of one entry are swapped',
      ({ log }) => swap(log, 3, 4),
      { seq: 3, what: 'row key', holds: 4 },
      ['a', 'b'],
    ],
    [
      'a row is cut short',
      ({ log }) => log.set(5, log.get(5)!.slice(0, 100)),
      { seq: 5, what: 'row length' },
      ['a', 'b'],
    ],
    [
      'a row is empty',
      ({ log }) => log.set(5, new Uint8Array(0)),
      { seq: 5, what: 'row length' },
      ['a', 'b'],
    ],
    [
      'the head says the log is shorter',
      (data) => changeHead(data, { lastSeq: 7 }),
      { seq: 8, what: 'lastSeq', lastSeq: 7 },
      ['a', 'long'],
    ],
    [
      'the head says the log is longer',
      (data) => changeHead(data, { lastSeq: 9 }),
      { what: 'lastSeq', seq: 8, lastSeq: 9 },
      ['a', 'long'],
    ],
    [
      'the head counts other entries',
      (data) => changeHead(data, { lastEntry: 5 }),
      { what: 'lastEntry', lastEntry: 5 },
      ['a', 'long'],
    ],
  ])('S52 %s: what is before it can be read, and nothing is written', async (_, damage, details, ids) => {
    const { data, id } = await filled();
    damage(data);
    expect(await outcome(data, id)).toMatchObject({
      ids,
      state: 'read-only',
      damage: [{ effect: 'read-only', details }],
    });
  });

  test.each<[string, (data: MemoryData) => void, object]>([
    ['the last row is missing', ({ log }) => log.delete(8), { what: 'lastSeq', seq: 7, lostWrites: 1 }],
    [
      'garbage lies beyond the end',
      ({ log }) => log.set(9, new Uint8Array(80)),
      { seq: 9, what: 'row magic', lostWrites: 0 },
    ],
  ])('S52 %s: that is dropped, and the store goes on', async (_, damage, details) => {
    const { data, id } = await filled();
    damage(data);
    expect(await outcome(data, id)).toMatchObject({
      ids: ['a', 'long'],
      state: 'ok',
      damage: [{ effect: 'dropped', details }],
    });
    expect(await outcome(data, id)).toMatchObject({ ids: ['a', 'long'], state: 'ok', damage: [] });
  });

  test.each<[string, (data: MemoryData) => void]>([
    ['missing', ({ meta }) => meta.delete('head')],
    ['empty', ({ meta }) => meta.set('head', new Uint8Array(0))],
  ])('S16 a head that is %s is made again', async (_, damage) => {
    const { data, id } = await filled();
    damage(data);
    expect(await outcome(data, id)).toMatchObject({
      ids: ['a', 'long'],
      state: 'ok',
      damage: [{ effect: 'covered' }],
    });
    expect(await outcome(data, id)).toMatchObject({ state: 'ok', damage: [] });
  });

  test('S13 a store of a newer format is FORMAT_TOO_NEW, and nothing is touched', async () => {
    const { data } = await filled();
    changeHead(data, { format: FORMAT_VERSION + 1, minReader: FORMAT_VERSION + 1 });
    expect(await refusal(data)).toMatchObject({
      code: 'FORMAT_TOO_NEW',
      details: { minReader: FORMAT_VERSION + 1 },
    });
  });

  test('a newer format that old code may open keeps its version and its extra fields', async () => {
    const { data, id } = await filled();
    changeHead(data, { format: FORMAT_VERSION + 1, extra: new Uint8Array([1, 2, 3, 4]) });
    const { store } = await openStore(data);
    await store.delete({ collectionId: id, ids: ['a'] });
    expect(decodeHead(data.meta.get('head')!, checksum)).toMatchObject({
      format: FORMAT_VERSION + 1,
      minReader: FORMAT_VERSION,
      extra: new Uint8Array([1, 2, 3, 4]),
    });
  });

  test('the undamaged store opens with exactly what it held', async () => {
    const { data, id } = await filled();
    const { store } = await openStore(data);
    expect(await contents(store, id)).toEqual([
      { id: 'a', vector: [1, 2], document: 'one', metadata: { k: 1, l: 2 }, uri: 'u' },
      { id: 'long', vector: [5, 6], document: 'z'.repeat(120_000), metadata: null, uri: null },
    ]);
  });

  test('an empty backend is a new store, of epoch 1', async () => {
    const { data } = await openStore();
    expect(decodeHead(data.meta.get('head')!, checksum)).toMatchObject({
      format: FORMAT_VERSION,
      minReader: FORMAT_VERSION,
      epoch: 1,
      lastSeq: 0,
      lastEntry: 0,
    });
    await openStore(data);
    expect(decodeHead(data.meta.get('head')!, checksum).epoch).toBe(2);
  });
});

function swap(log: MemoryData['log'], a: number, b: number): void {
  const kept = log.get(a)!;
  log.set(a, log.get(b)!);
  log.set(b, kept);
}

function changeHead(data: MemoryData, change: Partial<Head>): void {
  const head = decodeHead(data.meta.get('head')!, checksum);
  data.meta.set('head', encodeHead({ ...head, ...change }, checksum));
}

const COLLECTION: StoredCollection = {
  ...DATABASE,
  id: '00000000-0000-4000-8000-00000000000a',
  name: 'notes',
  metadata: null,
  configuration: configuration(),
};
const CREATE: LogEntry = { op: 'createCollection', collection: COLLECTION };

function writeOf(rows: number[], ids: string[], vectors: number[] | null, dimensions = 2): LogEntry {
  return {
    op: 'write',
    write: {
      collectionId: COLLECTION.id,
      rows: Uint32Array.from(rows),
      ids,
      vectors: vectors === null ? null : { data: Float32Array.from(vectors), rows: rows.length, dimensions },
      documents: null,
      metadatas: null,
      uris: null,
    },
  };
}

/** A log with sound checksums and numbers, whatever its entries say. */
function logOf(...entries: LogEntry[]): MemoryData {
  const data = createMemoryData();
  let seq = 0;
  entries.forEach((entry, i) => {
    for (const row of encodeRows(encodeEntry(entry), { seq: seq + 1, entry: i + 1, epoch: 1 }, checksum))
      data.log.set((seq += 1), row);
  });
  const head: Head = {
    format: 1,
    minReader: 1,
    uuid: COLLECTION.id,
    epoch: 1,
    lastSeq: seq,
    lastEntry: entries.length,
    extra: new Uint8Array(0),
  };
  data.meta.set('head', encodeHead(head, checksum));
  return data;
}

describe('entries that contradict each other', () => {
  test.each<[string, LogEntry[], object]>([
    ['a write to an unknown collection', [writeOf([0], ['a'], [1, 2])], { seq: 1, what: 'collection' }],
    ['a collection created twice', [CREATE, CREATE], { seq: 2, what: 'collection' }],
    [
      'two collections of one name',
      [
        CREATE,
        { op: 'createCollection', collection: { ...COLLECTION, id: '00000000-0000-4000-8000-00000000000b' } },
      ],
      { seq: 2, what: 'collection' },
    ],
    [
      "a collection that takes another one's name",
      [
        CREATE,
        {
          op: 'createCollection',
          collection: { ...COLLECTION, id: '00000000-0000-4000-8000-00000000000b', name: 'b' },
        },
        { op: 'modifyCollection', collection: { ...COLLECTION, name: 'b' } },
      ],
      { seq: 3, what: 'collection' },
    ],
    [
      'a collection that changes its database',
      [CREATE, { op: 'modifyCollection', collection: { ...COLLECTION, database: 'other' } }],
      { seq: 2, what: 'collection' },
    ],
    [
      'an unknown collection deleted',
      [{ op: 'deleteCollection', collectionId: COLLECTION.id }],
      { seq: 1, what: 'collection' },
    ],
    ['a row that skips one', [CREATE, writeOf([1], ['a'], [1, 2])], { seq: 2, what: 'rows', row: 1 }],
    [
      'an existing id in a new row',
      [CREATE, writeOf([0], ['a'], [1, 2]), writeOf([1], ['a'], [1, 2])],
      { seq: 3, what: 'ids', row: 1 },
    ],
    ['one new id twice', [CREATE, writeOf([0, 1], ['a', 'a'], [1, 2, 3, 4])], { seq: 2, what: 'ids' }],
    [
      'a row changed under another id',
      [CREATE, writeOf([0], ['a'], [1, 2]), writeOf([0], ['b'], [1, 2])],
      { seq: 3, what: 'rows', row: 0 },
    ],
    [
      'other dimensions',
      [CREATE, writeOf([0], ['a'], [1, 2]), writeOf([1], ['b'], [1, 2, 3], 3)],
      { seq: 3, what: 'dimensions' },
    ],
    ['a new record without a vector', [CREATE, writeOf([0], ['a'], null)], { seq: 2, what: 'vectors' }],
    ['a vector that is not finite', [CREATE, writeOf([0], ['a'], [1, NaN])], { seq: 2, what: 'values' }],
    [
      'a dead row deleted',
      [
        CREATE,
        writeOf([0], ['a'], [1, 2]),
        { op: 'deleteRows', collectionId: COLLECTION.id, rows: Uint32Array.of(1) },
      ],
      { seq: 3, what: 'rows', row: 1 },
    ],
  ])('S13 S52 %s: reading stops before it, and nothing is written', async (_, entries, details) => {
    const data = logOf(...entries);
    if (entries.length === 1) {
      expect(await refusal(data)).toMatchObject({ code: 'FORMAT_CORRUPT', details });
      return;
    }
    expect(await outcome(data, COLLECTION.id)).toMatchObject({
      ids: entries.length === 2 ? [] : entries[1]!.op === 'write' ? ['a'] : [],
      state: 'read-only',
      damage: [{ effect: 'read-only', details }],
    });
  });

  test('S13 rows of one entry that do not belong together are FORMAT_CORRUPT', async () => {
    const long: LogEntry = {
      op: 'createCollection',
      collection: { ...COLLECTION, metadata: { text: 'x'.repeat(100_000) } },
    };
    const data = logOf(long);
    const [, second] = encodeRows({ ...encodeEntry(long), op: 2 }, { seq: 1, entry: 1, epoch: 1 }, checksum);
    data.log.set(2, second!);
    expect(await refusal(data)).toMatchObject({
      code: 'FORMAT_CORRUPT',
      details: { seq: 2, what: 'entry order' },
    });
  });

  test('S13 a log that ends inside an entry is FORMAT_CORRUPT, even if the head says that it ends there', async () => {
    const data = logOf({
      op: 'createCollection',
      collection: { ...COLLECTION, metadata: { text: 'x'.repeat(100_000) } },
    });
    expect(data.log.delete(3)).toBe(true);
    changeHead(data, { lastSeq: 2 });
    expect(await refusal(data)).toMatchObject({
      code: 'FORMAT_CORRUPT',
      details: { what: 'lastEntry', seq: 2 },
    });
  });

  test('a log may begin with the reset that dropped what was before it', async () => {
    const data = logOf(CREATE, { op: 'reset' }, CREATE);
    data.log.delete(1);
    const { store } = await openStore(data);
    expect(await store.countCollections(DATABASE)).toBe(1);
    const reset = logOf(CREATE, CREATE);
    reset.log.delete(1);
    expect(await refusal(reset)).toMatchObject({ code: 'FORMAT_CORRUPT', details: { seq: 2, missing: 1 } });
  });
});
