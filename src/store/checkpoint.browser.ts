/** The checkpoint contract on the IndexedDB of a real browser. */
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { loadCore } from '../core/load.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { checkpointContract } from './checkpoint.contract.js';
import { batchOf, contents, create } from './fixtures/records.js';
import { Store } from './store.js';

const freshName = (): string => `checkpoint-${Math.random().toString(36).slice(2)}`;

checkpointContract('IndexedDB in a browser', {
  createDatabase: () => {
    const name = freshName();
    return () => openIndexedDbStorage(name);
  },
});

test('S14 segments of 4 MiB written with WebAssembly are read with the scalar core, and the other way round', async () => {
  const name = freshName();
  const { core } = await loadCore();
  const first = await Store.open({ backend: await openIndexedDbStorage(name), core });
  const { id } = await create(first);
  for (let from = 0; from < 3_000; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({
      id: `r${from + i}`,
      vector: Array.from({ length: 512 }, (__, j) => ((from + i) * 31 + j) % 97),
      document: `document ${from + i}`,
    }));
    await first.write({ collectionId: id, mode: 'add', batch: batchOf(...rows) });
  }
  await first.delete({ collectionId: id, ids: ['r17', 'r2999'] });
  await first.checkpoint();
  const told = await contents(first, id);
  await first.close();
  for (const reader of [createScalarCore(), core]) {
    const store = await Store.open({ backend: await openIndexedDbStorage(name), core: reader });
    expect((await store.diagnostics()).logBytes).toBe(0);
    expect(await contents(store, id)).toEqual(told);
    await store.delete({ collectionId: id, ids: [`r${told.length}`] });
    told.splice(
      told.findIndex((record) => record.id === `r${told.length}`),
      1,
    );
    await store.checkpoint();
    await store.close();
  }
}, 60_000);
