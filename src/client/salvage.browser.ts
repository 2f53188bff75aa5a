/** Stores in IndexedDB that are damaged so that they do not open: exported with what is whole, imported elsewhere, begun anew. */
import { openDB } from 'idb';
import { afterEach, describe, expect, test } from 'vitest';
import { ChromaClient } from '../index.js';

const clients: ChromaClient[] = [];

function open(storage: string): ChromaClient {
  const client = new ChromaClient({ storage: storage as `memory:${string}` });
  clients.push(client);
  return client;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const freshName = (): string => `salvage-${Math.random().toString(36).slice(2)}`;

/** One bit in the middle of each value that is there under `keys` of an object store. */
async function damage(name: string, store: string, keys: (key: IDBValidKey) => boolean): Promise<number> {
  const database = await openDB(name);
  let damaged = 0;
  const tx = database.transaction(store, 'readwrite');
  for (const key of (await tx.store.getAllKeys()).filter(keys)) {
    const bytes = (await tx.store.get(key)) as Uint8Array;
    bytes[bytes.length >> 1]! ^= 4;
    await tx.store.put(bytes, key);
    damaged += 1;
  }
  await tx.done;
  database.close();
  return damaged;
}

const COUNT = 440;
const DIMENSIONS = 16;
/** Of a document: a half of them is more than 8 MiB. */
const LENGTH = 40_000;

/** Two generations of it, so that the log alone no longer tells all: each half is more than a checkpoint waits for. */
async function filled(name: string): Promise<unknown> {
  const client = open(`indexeddb:${name}`);
  const notes = await client.createCollection({
    name: 'notes',
    metadata: { about: 'swifts' },
    embeddingFunction: null,
  });
  const half = COUNT / 2;
  for (const [generation, from] of [0, half].entries()) {
    const numbers = Array.from({ length: half }, (_, i) => from + i);
    await notes.add({
      ids: numbers.map((i) => `n${i}`),
      embeddings: {
        data: Float32Array.from({ length: half * DIMENSIONS }, (_, i) => i + from),
        rows: half,
        dimensions: DIMENSIONS,
      },
      documents: numbers.map((i) => `document ${i} `.padEnd(LENGTH, 'abc ')),
      metadatas: numbers.map((i) => ({ i })),
    });
    // The checkpoint runs behind the write.
    await expect.poll(() => manifests(name), { timeout: 30_000, interval: 100 }).toBe(generation + 1);
  }
  await notes.delete({ ids: ['n17'] });
  const rows = (await notes.get({ include: ['documents', 'embeddings', 'metadatas'] })).rows();
  await client.close();
  return rows;
}

async function manifests(name: string): Promise<number> {
  const database = await openDB(name);
  const count = await database.count('manifest');
  database.close();
  return count;
}

describe('C67 a store that does not open', () => {
  test('because both manifests are damaged, is exported whole, and what was exported is taken by import', async () => {
    const name = freshName();
    const rows = await filled(name);
    expect(await damage(name, 'manifest', () => true)).toBeGreaterThan(0);
    const client = open(`indexeddb:${name}`);
    await expect(client.heartbeat()).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
    const blob = async (): Promise<Blob> => {
      const snapshot = await client.export({ salvage: true, gzip: true });
      expect(snapshot.salvaged).toMatchObject({
        needed: true,
        collections: [{ name: 'notes', records: COUNT - 1, incomplete: 0, described: true }],
      });
      expect(snapshot.salvaged?.missing.length).toBeGreaterThan(0);
      return snapshot.blob();
    };
    const first = await blob();
    // Asked again, it is read again.
    expect((await blob()).size).toBe(first.size);
    const target = open(`memory:${name}`);
    await target.import(first);
    const notes = await target.getCollection({ name: 'notes' });
    expect(notes.metadata).toEqual({ about: 'swifts' });
    expect((await notes.get({ include: ['documents', 'embeddings', 'metadatas'] })).rows()).toEqual(rows);
    // And back, into a store that is begun anew.
    await client.reset();
    await client.import(first);
    expect(await (await client.getCollection({ name: 'notes' })).count()).toBe(COUNT - 1);
  });

  test('because its log is damaged at the beginning, gives what comes after, and rejects when nothing is left', async () => {
    const name = freshName();
    const first = open(`indexeddb:${name}`);
    const a = await first.createCollection({ name: 'aaa', embeddingFunction: null });
    await a.add({ ids: ['x'], embeddings: [[1, 2]] });
    await first.close();
    await damage(name, 'log', (key) => key === 1);
    const client = open(`indexeddb:${name}`);
    await expect(client.export()).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
    // What the record was told before is not known: it is listed, and does not come out.
    await expect(client.export({ salvage: true })).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      message: expect.stringContaining('Nothing is left that could be exported'),
      fix: expect.stringContaining('reset()'),
    });
  });
});

test('C67 a store that opens is exported as always, and nothing is told to be missing', async () => {
  const client = open(`indexeddb:${freshName()}`);
  const a = await client.createCollection({ name: 'aaa', embeddingFunction: null });
  await a.add({ ids: ['x'], embeddings: [[1, 2]] });
  const snapshot = await client.export({ salvage: true });
  expect(snapshot.salvaged).toEqual({
    needed: false,
    collections: [{ name: 'aaa', records: 1, incomplete: 0, ids: [], described: true, deletionsLost: false }],
    missing: [],
  });
  const bytes = async (from: Blob): Promise<Uint8Array> => new Uint8Array(await from.arrayBuffer());
  expect(await bytes(await snapshot.blob())).toEqual(await bytes(await (await client.export()).blob()));
  await expect(client.export({ salvage: true, collections: ['b'] })).rejects.toMatchObject({
    code: 'NOT_FOUND_COLLECTION',
  });
});
