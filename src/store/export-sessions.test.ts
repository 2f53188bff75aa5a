/** One moment of a collection, whatever is written while it is read. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unpackText } from '../base/packed-texts.js';
import type { Matrix } from '../base/types.js';
import type { RecordBatch } from '../rpc/service.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import { createScalarCore } from '../core/scalar.js';
import { createFaultyStorage } from './fixtures/faulty-storage.js';
import { batchOf, configuration, contents, create, DATABASE, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import { ExportSessions } from './export-sessions.js';
import { Store } from './store.js';

function recordsIn({ ids, vectors, documents, metadatas, uris }: RecordBatch): Required<TestRecord>[] {
  const dimensions = vectors?.dimensions ?? 0;
  return ids.map((id, i) => {
    const metadata = metadatas ? unpackText(metadatas, i) : null;
    return {
      id,
      vector: Array.from(vectors?.data.subarray(i * dimensions, (i + 1) * dimensions) ?? []),
      document: documents ? unpackText(documents, i) : null,
      metadata: metadata === null ? null : (JSON.parse(metadata) as TestRecord['metadata'] & object),
      uri: uris ? unpackText(uris, i) : null,
    };
  });
}

async function readAll(
  store: Store,
  exportId: string,
  between: (piece: number) => Promise<void> = async () => {},
): Promise<Required<TestRecord>[]> {
  const records: Required<TestRecord>[] = [];
  for (let row = 0, piece = 0; ; piece++) {
    const { batch, next } = await store.exportRead({ exportId, row });
    if (!batch) return records;
    // Asked for again at once, it is the same piece.
    if (piece % 2 === 0) {
      const again = await store.exportRead({ exportId, row });
      expect([recordsIn(again.batch!), again.next]).toEqual([recordsIn(batch), next]);
    }
    records.push(...recordsIn(batch));
    row = next;
    await between(piece);
  }
}

/** Large enough that a few of them fill a piece. */
const long = (n: number): string => `${n} `.padEnd(260_000, 'x');

test('S20 an export gives what there was when it was opened, whatever is written, changed and deleted between its pieces', async () => {
  const change = fc.record({
    op: fc.constantFrom('delete' as const, 'update' as const, 'upsert' as const),
    ids: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 6 }),
    n: fc.integer({ min: 0, max: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 8 }), async (changes) => {
      const { store } = await openStore();
      const { id: collectionId } = await create(store);
      await store.write({
        collectionId,
        mode: 'add',
        batch: batchOf(
          ...Array.from({ length: 20 }, (_, i) => ({
            id: `${i}`,
            vector: [i, 1],
            document: long(i),
            metadata: i % 3 === 0 ? null : { i },
            uri: i % 2 === 0 ? null : `u:${i}`,
          })),
        ),
      });
      await store.delete({ collectionId, ids: ['7'] });
      const before = await contents(store, collectionId);
      const opened = await store.exportOpen({ id: collectionId });
      expect([opened.records, opened.collection.name]).toEqual([19, 'notes']);
      const found = await readAll(store, opened.exportId, async (piece) => {
        for (const { op, ids, n } of changes[piece] ?? []) {
          const names = ids.map(String);
          if (op === 'delete') await store.delete({ collectionId, ids: names });
          else {
            const records = names.map((id) => ({
              id,
              vector: [n, n],
              document: `changed ${n}`,
              metadata: { n },
              uri: null,
            }));
            await store.write({ collectionId, mode: op, batch: batchOf(...records) });
          }
        }
      });
      expect(found).toEqual(before);
      await store.exportClose({ exportId: opened.exportId });
      await store.close();
    }),
    { numRuns: 15 },
  );
});

test('S20 exports of a store that cannot write any more are whole', async () => {
  const backend = createFaultyStorage(createMemoryStorage({ data: createMemoryData() }));
  const store = await Store.open({ backend, core: createScalarCore() });
  const { id } = await create(store);
  await store.write({
    collectionId: id,
    mode: 'add',
    batch: batchOf({ id: 'a', vector: [1, 2], document: 'kept' }),
  });
  backend.fault = { at: backend.batches.length + 1, stored: false, code: 'STORAGE_QUOTA' };
  await expect(
    store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: 'b', vector: [1, 2] }) }),
  ).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
  const commits = backend.batches.length;
  const { exportId } = await store.exportOpen({ ...DATABASE, name: 'notes' });
  expect(await readAll(store, exportId)).toMatchObject([{ id: 'a', vector: [1, 2], document: 'kept' }]);
  await store.exportClose({ exportId });
  expect(backend.batches.length).toBe(commits);
  await store.close();
});

test('S20 an export that is not known, any more or yet, says so; what was closed keeps nothing aside', async () => {
  const { store } = await openStore();
  const { id } = await create(store);
  await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: 'a', vector: [1] }) });
  await expect(store.exportRead({ exportId: 'nobody', row: 0 })).rejects.toMatchObject({
    code: 'WORKER_DIED',
  });
  const first = await store.exportOpen({ id });
  // Readers that never come back do not pile up.
  for (let i = 0; i < 16; i++) await store.exportOpen({ id });
  await expect(store.exportRead({ exportId: first.exportId, row: 0 })).rejects.toMatchObject({
    code: 'WORKER_DIED',
  });
  const last = await store.exportOpen({ id });
  await store.exportRead({ exportId: last.exportId, row: 1 });
  await expect(store.exportRead({ exportId: last.exportId, row: 0 })).rejects.toMatchObject({
    code: 'WORKER_DIED',
  });
  await store.exportClose({ exportId: last.exportId });
  await store.exportClose({ exportId: last.exportId });
  await expect(store.exportRead({ exportId: last.exportId, row: 1 })).rejects.toMatchObject({
    code: 'WORKER_DIED',
  });
  await expect(store.exportOpen({ ...DATABASE, name: 'none' })).rejects.toMatchObject({
    code: 'NOT_FOUND_COLLECTION',
  });
  await store.close();
});

test.each<[string, (store: Store) => Promise<unknown>]>([
  ['is deleted', (store) => store.deleteCollection({ ...DATABASE, name: 'notes' })],
  ['goes with a reset', (store) => store.reset()],
  [
    'goes with its database',
    (store) => store.deleteDatabase({ tenant: 'default_tenant', database: 'other' }),
  ],
])(
  'S20 an export of a collection that %s says so, at its first piece and in the middle, and others go on',
  async (what, remove) => {
    const { store } = await openStore();
    const database = what === 'goes with its database' ? 'other' : DATABASE.database;
    await store.createDatabase({ tenant: DATABASE.tenant, database: 'other' });
    await store.createDatabase({ tenant: DATABASE.tenant, database: 'third' });
    const collection = async (name: string, place: string): Promise<string> =>
      (
        await store.createCollection({
          name,
          tenant: DATABASE.tenant,
          database: place,
          metadata: null,
          configuration: configuration(),
          getOrCreate: false,
        })
      ).id;
    const id = await collection('notes', database);
    const rest = await collection('rest', 'third');
    const batch = (): RecordBatch =>
      batchOf(...Array.from({ length: 9 }, (_, i) => ({ id: `${i}`, vector: [i], document: long(i) })));
    for (const collectionId of [id, rest]) await store.write({ collectionId, mode: 'add', batch: batch() });
    const first = await store.exportOpen({ id });
    const middle = await store.exportOpen({ id });
    const other = await store.exportOpen({ id: rest });
    const { next } = await store.exportRead({ exportId: middle.exportId, row: 0 });
    expect(next).toBeLessThan(9);
    await remove(store);
    for (const { exportId, row } of [
      { ...first, row: 0 },
      { ...middle, row: next },
      { ...middle, row: next },
    ]) {
      await expect(store.exportRead({ exportId, row })).rejects.toMatchObject({
        code: 'NOT_FOUND_COLLECTION',
        details: { name: 'notes' },
      });
    }
    if (what !== 'goes with a reset')
      expect(await readAll(store, other.exportId)).toEqual(await contents(store, rest));
    await store.close();
  },
);

test('S20 more changes than may be kept aside end the export that holds most, and writes go on', async () => {
  let listener: (rows: Uint32Array) => void = () => {};
  const text = (row: number): Uint8Array<ArrayBuffer> => new Uint8Array(100).fill(row);
  const column = { read: text };
  const vectorsOf = (rows: Uint32Array): Matrix => ({
    data: new Float32Array(rows.length),
    rows: rows.length,
    dimensions: 1,
  });
  const collection = {
    rowEnd: 50,
    size: 50,
    dimensions: 1,
    record: { name: 'notes' },
    idOf: (row: number) => `${row}`,
    liveRows: () => Array.from({ length: 50 }, (_, row) => row),
    vectors: {
      areHeld: () => true,
      held: (rows: Uint32Array) => vectorsOf(rows),
      read: async (rows: Uint32Array) => vectorsOf(rows),
    },
    documents: column,
    metadatas: column,
    uris: column,
    watch: (given: typeof listener) => {
      listener = given;
      return () => (listener = () => {});
    },
  };
  const sessions = new ExportSessions({
    uuid: () => 'one',
    maxKeptBytes: 4_000,
  });
  const { exportId } = sessions.open(collection as never);
  listener(Uint32Array.of(1, 2, 3));
  expect((await sessions.read(exportId, 0)).batch?.ids).toHaveLength(50);
  listener(Uint32Array.from({ length: 40 }, (_, row) => row));
  await expect(sessions.read(exportId, 0)).rejects.toMatchObject({ code: 'WORKER_DIED' });
});
