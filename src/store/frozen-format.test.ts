/** Stores of every format that was ever written open for ever, with exactly what they held (FORMAT.md §6). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { configuration, DATABASE, openStore } from './fixtures/records.js';
import { buildStore, freeze, tell, thaw } from './fixtures/frozen-store.js';
import type { FrozenStore } from './fixtures/frozen-store.js';

/** The first store of format 1, written before databases were kept, and one with every operation. */
const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../format/fixtures/${name}.json`, import.meta.url));

/** Writes the file if there is none and WRITE_FIXTURES=1; an existing one is never touched. */
async function frozenV1(name = 'store-v1'): Promise<FrozenStore> {
  const path = pathOf(name);
  if (!existsSync(path) && process.env['WRITE_FIXTURES'] === '1') {
    writeFileSync(path, `${JSON.stringify(freeze(await buildStore()), null, 1)}\n`);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as FrozenStore;
}

test('a store of format 1 opens with exactly what it held', async () => {
  const { store } = await openStore(thaw(await frozenV1()));
  expect(await tell(store)).toEqual([
    {
      ...DATABASE,
      id: '00000000-0000-4000-8000-000000000002',
      name: 'renamed',
      metadata: { topic: 'тест', tags: ['a', 'b'] },
      configuration: {
        index: { ...configuration('cosine').index, efSearch: 64 },
        embeddingFunction: { type: 'known', name: 'kindex-static', config: { revision: 'r1' } },
      },
      dimensions: 2,
      records: [
        {
          id: 'a',
          vector: [1, 0.5],
          document: 'first document',
          metadata: { n: 1, added: 'x' },
          uri: 'https://example.org/a',
        },
        { id: '😀', vector: [2, 2], document: 'changed', metadata: null, uri: null },
        { id: 'c', vector: [0.125, 1], document: '', metadata: null, uri: 'c' },
        { id: 'e', vector: [7, 8], document: 'm'.repeat(60_000), metadata: null, uri: null },
      ],
    },
    {
      ...DATABASE,
      id: '00000000-0000-4000-8000-000000000004',
      name: 'empty',
      metadata: null,
      configuration: configuration(),
      dimensions: null,
      records: [],
    },
  ]);
});

test('a store of format 1 with tenants, databases and a fork opens with exactly what it held', async () => {
  const { store } = await openStore(thaw(await frozenV1('store-v1-namespaces')));
  expect((await store.listDatabases({ tenant: 't', limit: 9, offset: 0 })).map(({ name }) => name)).toEqual([
    'kept',
  ]);
  const [renamed, , copy] = (await tell(store)) as { name: string; records: object[] }[];
  expect([renamed?.name, copy?.name]).toEqual(['renamed', 'copy']);
  expect(copy?.records).toEqual(renamed?.records);
});

test('a store of format 1 can be written to and opened again', async () => {
  const data = thaw(await frozenV1());
  const { store } = await openStore(data);
  const { id } = await store.getCollection({ ...DATABASE, name: 'renamed' });
  await store.delete({ collectionId: id, ids: ['e', 'c'] });
  await store.close();
  const { store: again } = await openStore(data);
  expect((await again.get({ collectionId: id, include: [] })).ids).toEqual(['a', '😀']);
});

test('this code writes format 1 byte for byte as it is frozen: other bytes need another version', async () => {
  expect(freeze(await buildStore())).toEqual(await frozenV1('store-v1-namespaces'));
});
