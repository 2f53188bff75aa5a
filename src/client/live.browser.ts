/** Live queries and snapshots in a real browser: over real workers, and between two of them on one IndexedDB. */
import { expect, test } from 'vitest';
import { ChromaClient } from '../index.js';
import { ChromaClient as InlineClient } from '../inline.js';
import { workersConnector } from '../rpc/connect.js';
import { openFeed } from '../rpc/feed.js';
import { spawnEmbedWorker, spawnStoreWorker } from '../rpc/spawn.js';
import { describeLive, heard } from './live.contract.js';
import type { GetResult } from './results.js';
import { describeSnapshots } from './snapshot.contract.js';

describeLive('a worker', { open: (storage) => new ChromaClient({ storage }) });
describeSnapshots('a worker', { open: (storage) => new ChromaClient({ storage }), damaged: 100 });

test('C62 a page that is shown again asks again', async () => {
  const storage = `memory:${crypto.randomUUID()}` as const;
  const client = new ChromaClient({ storage });
  const notes = await client.createCollection({ name: 'notes', embeddingFunction: null });
  const feed = openFeed(storage);
  await heard(feed, notes);
  feed?.close();
  let asked = 0;
  const get = notes.get.bind(notes);
  notes.get = (args) => {
    asked += 1;
    return get(args);
  };
  const stop = notes.live({}, () => {});
  await expect.poll(() => asked).toBe(1);
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(() => asked).toBe(2);
  window.dispatchEvent(new Event('pageshow'));
  await expect.poll(() => asked).toBe(3);
  stop();
  document.dispatchEvent(new Event('visibilitychange'));
  await client.close();
  expect(asked).toBe(3);
});

test('C63 a snapshot of a worker on IndexedDB, of a store in the page, and of its import are the same bytes', async () => {
  const fill = async (client: ChromaClient): Promise<void> => {
    const notes = await client.createCollection({
      name: 'notes',
      embeddingFunction: null,
      metadata: { n: 1 },
    });
    const rows = 3_000;
    const data = Float32Array.from({ length: rows * 16 }, (_, i) => Math.fround(Math.sin(i)));
    await notes.add({
      ids: Array.from({ length: rows }, (_, i) => `${i}`),
      embeddings: { data, rows, dimensions: 16 },
      documents: Array.from({ length: rows }, (_, i) => `document ${i}`),
      metadatas: Array.from({ length: rows }, (_, i) => ({ i })),
    });
  };
  const stored = new ChromaClient({ storage: `indexeddb:${crypto.randomUUID()}` });
  const inline = new InlineClient({ storage: `memory:${crypto.randomUUID()}` });
  const third = new ChromaClient({ storage: `indexeddb:${crypto.randomUUID()}` });
  await Promise.all([fill(stored), fill(inline)]);
  const bytesOf = async (client: ChromaClient): Promise<Uint8Array> =>
    new Uint8Array(await (await (await client.export()).blob()).arrayBuffer());
  const bytes = await bytesOf(stored);
  expect(await bytesOf(inline)).toEqual(bytes);
  await third.import(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  expect(await bytesOf(third)).toEqual(bytes);
  const embedding = Array.from({ length: 16 }, (_, i) => Math.sin(i));
  const [a, b] = await Promise.all(
    [stored, third].map(async (client) => {
      const notes = await client.getCollection({ name: 'notes' });
      return (await notes.query({ queryEmbeddings: [embedding], nResults: 10 })).ids;
    }),
  );
  expect(b).toEqual(a);
  for (const client of [stored, inline, third]) await client.close();
});

test('C60 S22 what one worker writes, the live query over another worker shows, also after the owner has gone', async () => {
  const storage = `indexeddb:${crypto.randomUUID()}` as const;
  // Two connections of one page would share a worker: each client brings its own, as two tabs do.
  const connectors = [0, 1].map(() => workersConnector({ store: spawnStoreWorker, embed: spawnEmbedWorker }));
  const owner = connectors[0]!.connect(storage);
  const other = connectors[1]!.connect(storage);
  const scope = { tenant: 'default_tenant', database: 'default_database' };
  const index = {
    space: 'l2',
    efConstruction: 100,
    efSearch: 100,
    maxNeighbors: 16,
    resizeFactor: 1.2,
    syncThreshold: 1000,
  } as const;
  const record = await owner.store.createCollection({
    ...scope,
    name: 'notes',
    metadata: null,
    configuration: { index, embeddingFunction: null },
    getOrCreate: false,
  });
  const add = (store: typeof owner.store, id: string): Promise<unknown> =>
    store.write({
      collectionId: record.id,
      mode: 'add',
      batch: {
        ids: [id],
        vectors: { data: Float32Array.of(1), rows: 1, dimensions: 1 },
        documents: null,
        metadatas: null,
        uris: null,
      },
    });
  const { CollectionImpl } = await import('./collection.js');
  const watched = new CollectionImpl({ store: other.store, record });
  const ids: string[][] = [];
  const stop = watched.live({}, (result: GetResult) => void ids.push(result.ids));
  await expect.poll(() => ids).toEqual([[]]);
  await add(owner.store, 'by the owner');
  await expect.poll(() => ids.at(-1)).toEqual(['by the owner']);
  await owner.close();
  await add(other.store, 'by its heir');
  await expect.poll(() => ids.at(-1)).toEqual(['by the owner', 'by its heir']);
  stop();
  await other.close();
});
