/** S12: tenants, databases and forks, across reopening and faults. */
import { describe, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import { createScalarCore } from '../core/scalar.js';
import { encodeEntry, decodeEntry } from '../format/entry.js';
import type { LogEntry } from '../format/entry.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import { batchOf, configuration, contents, create, DATABASE, openStore } from './fixtures/records.js';
import { Store } from './store.js';

const ACME = { tenant: 'acme', database: 'main' };

async function acme(): Promise<Awaited<ReturnType<typeof openStore>>> {
  const opened = await openStore();
  await opened.store.createTenant({ name: 'acme' });
  await opened.store.createDatabase(ACME);
  return opened;
}

describe('S12 tenants and databases', () => {
  test('survive reopening, in creation order, with their ids', async () => {
    const { store, data } = await acme();
    await store.createDatabase({ tenant: 'acme', database: 'alpha' });
    const before = await store.listDatabases({ tenant: 'acme', limit: 10, offset: 0 });
    expect(before.map(({ name }) => name)).toEqual(['main', 'alpha']);
    const { store: again } = await openStore(data);
    expect(await again.listDatabases({ tenant: 'acme', limit: 10, offset: 0 })).toEqual(before);
    expect(await again.getDatabase(ACME)).toEqual(before[0]);
    await expect(again.createDatabase(ACME)).rejects.toMatchObject({ code: 'EXISTS_DATABASE' });
    await expect(again.createTenant({ name: 'acme' })).rejects.toMatchObject({ code: 'EXISTS_TENANT' });
  });

  test('a deleted database takes its collections with it, in one commit, and they stay gone', async () => {
    const { store, data } = await acme();
    const inside = { ...ACME, metadata: null, configuration: configuration(), getOrCreate: false };
    const ids = [];
    for (const name of ['one', 'two']) ids.push((await store.createCollection({ ...inside, name })).id);
    const kept = await create(store, 'one');
    const { commits } = await store.diagnostics();
    await store.deleteDatabase(ACME);
    expect((await store.diagnostics()).commits).toBe(commits + 1);
    for (const each of [store, (await openStore(data)).store]) {
      for (const id of ids) {
        await expect(each.getCollection({ id })).rejects.toMatchObject({ code: 'NOT_FOUND_COLLECTION' });
      }
      expect(await each.getCollection({ id: kept.id })).toEqual(kept);
      await expect(each.getDatabase(ACME)).rejects.toMatchObject({ code: 'NOT_FOUND_DATABASE' });
    }
  });

  test('a collection is not created in a missing database; getOrCreate finds one that is there', async () => {
    const { store } = await acme();
    const request = { metadata: null, configuration: configuration(), name: 'notes', getOrCreate: true };
    await expect(store.createCollection({ ...request, ...ACME, database: 'other' })).rejects.toMatchObject({
      code: 'VALUE_DATABASE',
      details: { database: 'other', tenant: 'acme' },
    });
    const first = await store.createCollection({ ...request, ...ACME });
    expect(await store.createCollection({ ...request, ...ACME })).toEqual(first);
  });

  test('reset drops them, the default pair stays and cannot be deleted', async () => {
    const { store, data } = await acme();
    await store.reset();
    await expect(store.deleteDatabase(DATABASE)).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
    for (const each of [store, (await openStore(data)).store]) {
      await expect(each.getTenant({ name: 'acme' })).rejects.toMatchObject({ code: 'NOT_FOUND_TENANT' });
      expect(await each.listDatabases({ tenant: 'default_tenant', limit: 9, offset: 0 })).toHaveLength(1);
    }
  });

  test('a commit that fails creates nothing', async () => {
    const backend = createMemoryStorage({ data: createMemoryData() });
    const store = await Store.open({ backend, core: createScalarCore() });
    const commit = backend.commit.bind(backend);
    backend.commit = () => Promise.reject(kindexError('STORAGE_FAILED', 'planned'));
    await expect(store.createTenant({ name: 'acme' })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    backend.commit = commit;
    await expect(store.getTenant({ name: 'acme' })).rejects.toMatchObject({ code: 'NOT_FOUND_TENANT' });
    await store.createTenant({ name: 'acme' });
    expect(await store.getTenant({ name: 'acme' })).toBe('acme');
  });
});

describe('S12 forks', () => {
  test('a fork of thousands of records, many deleted, equals its source, also after reopening', async () => {
    const { store, data } = await openStore();
    const source = await create(store, 'source', 'cosine');
    const records = Array.from({ length: 9_000 }, (_, i) => ({
      id: `id-${i}`,
      vector: [i + 1, 1],
      document: i % 3 === 0 ? null : `document ${i}`,
      metadata: i % 2 === 0 ? null : { n: i },
      uri: i % 5 === 0 ? `u:${i}` : null,
    }));
    await store.write({ collectionId: source.id, mode: 'add', batch: batchOf(...records) });
    await store.delete({ collectionId: source.id, where: { n: { $lt: 4_000 } } });
    const copy = await store.forkCollection({ id: source.id, name: 'copy' });
    expect(copy).toEqual({ ...source, id: copy.id, name: 'copy', dimensions: 2 });
    const expected = await contents(store, source.id);
    expect(expected.length).toBe(7_000);
    await store.delete({ collectionId: source.id, ids: ['id-0'] });
    for (const each of [store, (await openStore(data)).store]) {
      expect(await contents(each, copy.id)).toEqual(expected);
      expect(await each.count({ collectionId: source.id })).toBe(6_999);
      expect(await each.indexingStatus({ collectionId: copy.id })).toMatchObject({ total: 7_000 });
    }
  });

  test('S12 S14 a fork and a schema are there whether a checkpoint came before or after', async () => {
    const { store, data } = await openStore();
    const schema = { defaults: {}, keys: { title: {} } };
    const request = {
      ...DATABASE,
      name: 'source',
      metadata: null,
      configuration: configuration(),
      getOrCreate: false,
    };
    const { id } = await store.createCollection({ ...request, schema });
    const records = Array.from({ length: 50 }, (_, i) => ({ id: `${i}`, vector: [i], document: `d${i}` }));
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records) });
    await store.delete({ collectionId: id, ids: ['3', '4'] });
    const expected = await contents(store, id);
    const copies = [await store.forkCollection({ id, name: 'before' })];
    await store.checkpoint();
    copies.push(await store.forkCollection({ id, name: 'after' }));
    await store.write({
      collectionId: copies[1]!.id,
      mode: 'add',
      batch: batchOf({ id: 'new', vector: [1] }),
    });
    await store.deleteCollection(request);
    const { store: again } = await openStore(data);
    for (const [i, copy] of copies.entries()) {
      expect(await again.getCollection({ id: copy.id })).toEqual({ ...copy, schema });
      expect((await contents(again, copy.id)).slice(0, expected.length)).toEqual(expected);
      expect(await again.count({ collectionId: copy.id })).toBe(expected.length + i);
    }
  });

  test('a fork that cannot be stored leaves nothing behind', async () => {
    const backend = createMemoryStorage({ data: createMemoryData() });
    const store = await Store.open({ backend, core: createScalarCore() });
    const source = await create(store, 'source');
    await store.write({ collectionId: source.id, mode: 'add', batch: batchOf({ id: 'a', vector: [1] }) });
    const commit = backend.commit.bind(backend);
    backend.commit = () => Promise.reject(kindexError('STORAGE_QUOTA', 'planned'));
    await expect(store.forkCollection({ id: source.id, name: 'copy' })).rejects.toMatchObject({
      code: 'STORAGE_QUOTA',
    });
    backend.commit = commit;
    expect(await store.countCollections(DATABASE)).toBe(1);
    const copy = await store.forkCollection({ id: source.id, name: 'copy' });
    expect(await contents(store, copy.id)).toEqual(await contents(store, source.id));
  });
});

describe('their entries', () => {
  const id = '00000000-0000-4000-8000-000000000007';
  const database = { id, name: 'main', tenant: 'acme' };
  const collection = { ...DATABASE, id, name: 'copy', metadata: null, configuration: configuration() };
  const entries: LogEntry[] = [
    { op: 'createTenant', name: 'acmé 🚲' },
    { op: 'createDatabase', database },
    { op: 'deleteDatabase', databaseId: id },
    { op: 'forkCollection', sourceId: id, collection },
    { op: 'createCollection', collection: { ...collection, schema: { defaults: {}, keys: {} } } },
  ];

  const bytesOf = (entry: LogEntry): { op: number; bytes: Uint8Array<ArrayBuffer> } => {
    const { op, payload } = encodeEntry(entry);
    return { op, bytes: new Uint8Array(Buffer.concat(payload.pieces)) };
  };

  test.each(entries)('$op is read as it was written', (entry) => {
    const { op, bytes } = bytesOf(entry);
    expect(decodeEntry(op, bytes)).toEqual(entry);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeEntry(op, bytes.slice(0, length))).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    }
  });

  test.each([
    ['a tenant without a name', { op: 'createTenant', name: 7 }],
    ['a database with a bad id', { op: 'createDatabase', database: { ...database, id: 'x' } }],
    ['a database without a tenant', { op: 'createDatabase', database: { id, name: 'main' } }],
    ['a schema that is no object', { op: 'createCollection', collection: { ...collection, schema: 'x' } }],
  ])('%s is damage', (_, entry) => {
    const { op, bytes } = bytesOf(entry as never);
    expect(() => decodeEntry(op, bytes)).toThrow(expect.objectContaining({ code: 'FORMAT_CORRUPT' }));
  });
});
