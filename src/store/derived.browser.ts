/** Stored indexes at their real size, with the WebAssembly core on the IndexedDB of a real browser. */
import { expect, test } from 'vitest';
import { packTexts } from '../base/packed-texts.js';
import { clusteredMatrix } from '../core/fixtures/matrices.js';
import { loadCore } from '../core/load.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { settled } from './fixtures/graph-engine.js';
import { create, DATABASE } from './fixtures/records.js';
import { Store } from './store.js';

const ROWS = 12_000;
const DIMENSIONS = 48;

test('S40 a store of 12,000 records opens with its graph linked, and answers as before; calls go on while the graph is taken up', async () => {
  const name = `derived-${Math.random().toString(36).slice(2)}`;
  const { core, degraded } = await loadCore();
  expect(degraded).toBe(null);
  const first = await Store.open({ backend: await openIndexedDbStorage(name), core });
  const { id } = await create(first, 'notes', 'cosine');
  const matrix = clusteredMatrix(ROWS, DIMENSIONS, 1);
  for (let from = 0; from < ROWS; from += 2000) {
    const ids = Array.from({ length: 2000 }, (_, i) => `r${from + i}`);
    const data = matrix.data.slice(from * DIMENSIONS, (from + 2000) * DIMENSIONS);
    await first.write({
      collectionId: id,
      mode: 'add',
      batch: {
        ids,
        vectors: { data, rows: 2000, dimensions: DIMENSIONS },
        documents: packTexts(ids.map((each) => `document ${each} of ${'many words '.repeat(12)}`)),
        metadatas: null,
        uris: null,
      },
    });
  }
  await settled(first);
  const query = async (store: Store): Promise<unknown> => {
    const data = matrix.data.slice(0, 20 * DIMENSIONS);
    const vectors = { data, rows: 20, dimensions: DIMENSIONS };
    return store.query({ collectionId: id, vectors, nResults: 10, include: ['distances'] });
  };
  const told = await query(first);
  const checkpoint = first.checkpoint();
  for (let i = 0; i < 5; i++) expect(await query(first)).toEqual(told);
  await checkpoint;
  await first.close();

  const backend = await openIndexedDbStorage(name);
  const keys = (await backend.keys('seg')).map(String);
  expect(keys.some((key) => key.includes('.128.'))).toBe(true);
  const second = await Store.open({ backend, core });
  // Before the builder has had a turn.
  expect(await second.indexingStatus({ collectionId: id })).toEqual({ indexed: ROWS, total: ROWS });
  expect(await query(second)).toEqual(told);
  const whereDocument = { $contains: 'document r777 ' };
  const found = await second.get({ collectionId: id, whereDocument, include: [] });
  expect(found.ids).toEqual(['r777']);
  await expect
    .poll(async () => {
      await second.get({ collectionId: id, whereDocument, include: [] });
      await second.checkpoint();
      return (await backend.keys('seg')).some((key) => String(key).includes('.130.'));
    })
    .toBe(true);
  await second.close();

  const third = await Store.open({ backend: await openIndexedDbStorage(name), core });
  expect((await third.getCollection({ ...DATABASE, name: 'notes' })).id).toBe(id);
  expect(await third.get({ collectionId: id, whereDocument, include: [] })).toEqual(found);
  expect((await third.diagnostics()).warnings).toEqual([]);
  await third.close();
}, 120_000);
