/** The scrub on the IndexedDB of a real browser: damage written behind an open store is found, told, and made up for. */
import { expect, test } from 'vitest';
import { loadCore } from '../core/load.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { HEAD_KEY } from '../format/head.js';
import { manualScrub } from './fixtures/manual-scrub.js';
import { batchOf, contents, create } from './fixtures/records.js';
import { Store } from './store.js';

test('S61 segments, manifests and rows of the log that are damaged behind an open store in IndexedDB are found and whole again', async () => {
  const name = `scrub-${Math.random().toString(36).slice(2)}`;
  const { core } = await loadCore();
  const scrub = manualScrub();
  const store = await Store.open({
    backend: await openIndexedDbStorage(name),
    core,
    scrub: scrub.times,
    segmentBytes: 2_000,
  });
  const { id } = await create(store);
  const records = Array.from({ length: 60 }, (_, i) => ({
    id: `r${i}`,
    vector: [i, 1],
    document: `text ${i}`,
  }));
  await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records.slice(0, 50)) });
  await store.checkpoint();
  await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records.slice(50)) });
  const told = await contents(store, id);
  await scrub.ready();
  const beside = await openIndexedDbStorage(name);
  let found = 0;
  for (const place of ['manifest', 'log', 'seg'] as const) {
    const keys = await beside.keys(place);
    const key = keys.at(-1)!;
    const value = (await beside.read(place, key))!;
    value[value.length >> 1]! ^= 8;
    const head = await beside.read('meta', HEAD_KEY);
    const fence = { store: 'meta', key: HEAD_KEY, value: head } as const;
    await beside.commit(
      { expect: fence, puts: [{ store: place, key, value }], deletes: [] },
      { durability: 'strict' },
    );
    found += 1;
    for (let step = 0; step < 60 && (await store.diagnostics()).damage.length < found; step++)
      await scrub.step();
    const { damage } = await store.diagnostics();
    expect(damage, place).toHaveLength(found);
    expect(damage.at(-1), place).toMatchObject({
      effect: 'covered',
      details: { found: 'scrub', mended: true },
    });
    expect(await contents(store, id)).toEqual(told);
  }
  await beside.close();
  await store.close();
  const again = await Store.open({ backend: await openIndexedDbStorage(name), core, verify: true });
  expect(await again.diagnostics()).toMatchObject({ damage: [], warnings: [], setAside: 0 });
  expect(await contents(again, id)).toEqual(told);
  await again.close();
});
