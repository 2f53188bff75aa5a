/** Repair, as an application calls it: over a store whose segments are damaged while it is closed. */
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { inlineConnector } from '../host/inline-connector.js';
import type { Connector } from '../rpc/connect.js';
import { STORE_METHODS } from '../rpc/service.js';
import type { StoreService } from '../rpc/service.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { Store } from '../store/store.js';
import { ChromaClient } from './chroma-client.js';

/** Clients over the same bytes, one after the other; the store behind each is given to `closing` before it closes. */
function clientOn(
  data: MemoryData,
  name: string,
  closing: (store: Store) => Promise<void> = async () => {},
): ChromaClient {
  const connector: Connector = {
    defaultStorage: `memory:${name}`,
    connect(storage) {
      const opening = Store.open({ backend: createMemoryStorage({ data }), core: createScalarCore() });
      const service: Record<string, (...args: unknown[]) => Promise<unknown>> = {};
      for (const method of STORE_METHODS) {
        service[method] = async (...args) => {
          const store = (await opening) as unknown as Record<
            string,
            (...given: unknown[]) => Promise<unknown>
          >;
          return store[method]!(...args);
        };
      }
      return {
        ...inlineConnector.connect(storage),
        store: service as unknown as StoreService,
        close: async () => {
          const store = await opening;
          await closing(store);
          await store.close();
        },
      };
    },
  };
  return new ChromaClient({}, connector);
}

test('S51 repair makes records whole again from their text, lists the others, and drops them when asked to', async () => {
  const data = createMemoryData();
  const first = clientOn(data, 'repair-1', (store) => store.checkpoint());
  const notes = await first.createCollection({ name: 'notes' });
  await notes.add({
    ids: ['milk', 'tooth'],
    documents: ['Buy oat milk', 'See the dentist on Tuesday'],
    metadatas: [{ n: 1 }, { n: 2 }],
    uris: ['https://example.org/milk', 'https://example.org/tooth'],
  });
  await notes.add({ ids: ['chain'], documents: ['Oil the bicycle chain'] });
  await notes.add({ ids: ['bare'], embeddings: [Array.from({ length: 256 }, () => 1)] });
  const before = await notes.get({ include: ['documents', 'metadatas', 'uris', 'embeddings'] });
  await first.close();
  for (const [key, value] of data.seg) if (String(key).includes('.002.')) value[40]! ^= 1;

  const second = clientOn(data, 'repair-2');
  expect(await (await second.getCollection({ name: 'notes' })).count()).toBe(0);
  expect(await second.diagnostics()).toMatchObject({ setAside: 4, damage: [{ effect: 'set-aside' }] });
  const report = await second.repair();
  expect(report).toMatchObject({
    damage: [{ effect: 'set-aside' }],
    recovered: 3,
    dropped: 0,
    setAside: [{ id: 'bare', lost: ['embedding'], document: null, metadata: null, uri: null }],
  });
  const again = await second.getCollection({ name: 'notes' });
  const after = await again.get({
    ids: ['milk', 'tooth', 'chain'],
    include: ['documents', 'metadatas', 'uris', 'embeddings'],
  });
  for (const [i, id] of before.ids.slice(0, 3).entries()) {
    const at = after.ids.indexOf(id);
    expect([after.documents[at], after.metadatas[at], after.uris[at]]).toEqual([
      before.documents[i],
      before.metadatas[i],
      before.uris[i],
    ]);
    expect(after.embeddings[at]).toEqual(before.embeddings[i]);
  }
  const found = await again.query({ queryTexts: ['medical appointment'], nResults: 1 });
  expect(found.ids).toEqual([['tooth']]);
  expect(await second.repair({ drop: true })).toMatchObject({ recovered: 0, dropped: 1, setAside: [] });
  await second.close();

  const third = clientOn(data, 'repair-3');
  expect((await (await third.getCollection({ name: 'notes' })).get()).ids.sort()).toEqual([
    'chain',
    'milk',
    'tooth',
  ]);
  expect((await third.diagnostics()).setAside).toBe(0);
  await third.close();
});

test('S52 a log damaged in the middle is read until repair drops the rest of it', async () => {
  const data = createMemoryData();
  const first = clientOn(data, 'repair-4');
  const notes = await first.createCollection({ name: 'notes', embeddingFunction: null });
  for (const id of ['a', 'b', 'c']) await notes.add({ ids: [id], embeddings: [[1, 2]] });
  await first.close();
  data.log.get(3)![60]! ^= 1;
  const second = clientOn(data, 'repair-5');
  const damaged = await second.getCollection({ name: 'notes' });
  expect((await damaged.get()).ids).toEqual(['a']);
  await expect(damaged.add({ ids: ['d'], embeddings: [[3, 4]] })).rejects.toMatchObject({
    code: 'STORAGE_READ_ONLY',
  });
  // Without the word for it nothing is given up.
  expect(await second.repair()).toMatchObject({
    damage: [{ effect: 'read-only' }],
    recovered: 0,
    dropped: 0,
  });
  expect((await second.diagnostics()).state).toBe('read-only');
  await second.repair({ drop: true });
  await damaged.add({ ids: ['d'], embeddings: [[3, 4]] });
  expect((await damaged.get()).ids).toEqual(['a', 'd']);
  await second.close();
});

test('S54 a client that asks for relaxed durability says so with its writes alone, and flush makes them durable', async () => {
  const data = createMemoryData();
  const asked: string[] = [];
  const inner = createMemoryStorage({ data });
  const store = await Store.open({
    backend: {
      ...inner,
      commit: (batch, options) => (asked.push(options.durability), inner.commit(batch, options)),
    },
    core: createScalarCore(),
  });
  const connector: Connector = {
    defaultStorage: 'memory:relaxed',
    connect: (storage) => ({
      ...inlineConnector.connect(storage),
      store: Object.fromEntries(
        STORE_METHODS.map((method) => [
          method,
          (argument: unknown) =>
            (store as unknown as Record<string, (given: unknown) => Promise<unknown>>)[method]!(argument),
        ]),
      ) as unknown as StoreService,
      close: () => store.close(),
    }),
  };
  const relaxed = new ChromaClient({ durability: 'relaxed' }, connector);
  const strict = new ChromaClient({}, connector);
  const bulk = await relaxed.createCollection({ name: 'bulk', embeddingFunction: null });
  asked.length = 0;
  await bulk.add({
    ids: ['a', 'b'],
    embeddings: [
      [1, 2],
      [3, 4],
    ],
  });
  await bulk.delete({ ids: ['b'] });
  expect((await relaxed.diagnostics()).unflushed).toBe(2);
  await (await strict.getCollection({ name: 'bulk' })).add({ ids: ['c'], embeddings: [[5, 6]] });
  expect((await strict.diagnostics()).unflushed).toBe(0);
  await bulk.upsert({ ids: ['a'], embeddings: [[7, 8]] });
  await relaxed.flush();
  expect(asked).toEqual(['relaxed', 'relaxed', 'strict', 'relaxed', 'strict']);
  await Promise.all([relaxed.close(), strict.close()]);
});
