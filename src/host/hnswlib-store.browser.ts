/** A store whose engine is hnswlib-wasm: the same answers, and its graph built anew from what is stored. */
import { expect, test } from 'vitest';
import type { Matrix } from '../base/types.js';
import { clusteredMatrix } from '../core/fixtures/matrices.js';
import { hnswlibEngine } from '../hnswlib.js';
import type { StoreService } from '../rpc/service.js';
import { configuration } from '../store/fixtures/records.js';
import { createStoreService, type StoreServiceOptions } from './store-service.js';

const ROWS = 5_500;
const DIMENSIONS = 8;
const matrix = clusteredMatrix(ROWS, DIMENSIONS, 5);
const queries: Matrix = { data: matrix.data.slice(0, DIMENSIONS * 20), rows: 20, dimensions: DIMENSIONS };
const place = { tenant: 'default_tenant', database: 'default_database' };

async function open(storage: string, options: StoreServiceOptions = {}): Promise<StoreService> {
  const store = createStoreService({ engine: hnswlibEngine(), ...options });
  await store.open({ storage });
  return store;
}

async function fill(store: StoreService): Promise<string> {
  const { id } = await store.createCollection({
    ...place,
    name: 'things',
    metadata: null,
    configuration: configuration('l2'),
    getOrCreate: false,
  });
  const ids = Array.from({ length: ROWS }, (_, i) => `id-${i}`);
  const batch = {
    ids,
    vectors: { ...matrix, data: matrix.data.slice() },
    documents: null,
    metadatas: null,
    uris: null,
  };
  await store.write({ collectionId: id, mode: 'add', batch });
  return id;
}

async function built(store: StoreService, collectionId: string): Promise<void> {
  await expect
    .poll(() => store.indexingStatus({ collectionId }), { timeout: 60_000, interval: 100 })
    .toEqual({ indexed: ROWS, total: ROWS });
}

async function answers(store: StoreService, collectionId: string): Promise<string[][]> {
  const vectors = { ...queries, data: queries.data.slice() };
  const { results } = await store.query({ collectionId, vectors, nResults: 10, include: [] });
  return results.map(({ ids }) => ids);
}

test('answers as the default engine does, and builds its graph again when the store opens', async () => {
  const storage = `indexeddb:hnswlib-${crypto.randomUUID()}`;
  const first = await open(storage);
  expect(await first.diagnostics()).toMatchObject({ engine: 'hnswlib' });
  const id = await fill(first);
  const scanned = await answers(first, id);
  await built(first, id);
  const found = await answers(first, id);
  const same = found.flatMap((ids, q) => ids.filter((each) => scanned[q]!.includes(each))).length;
  expect(same / 200).toBeGreaterThanOrEqual(0.95);
  await first.close();

  const again = await open(storage);
  expect(await answers(again, id)).toEqual(scanned);
  await built(again, id);
  expect((await answers(again, id)).map(([nearest]) => nearest)).toEqual(scanned.map(([nearest]) => nearest));
  await again.close();
});

test('an engine that cannot be loaded keeps the store shut, with the reason', async () => {
  const engine = hnswlibEngine({ module: () => Promise.reject(new Error('no such package')) });
  await expect(open('memory:no-engine', { engine })).rejects.toThrow('no such package');
});
