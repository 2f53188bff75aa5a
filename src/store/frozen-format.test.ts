/** Stores of every format that was ever written open for ever, with exactly what they held (FORMAT.md §6). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { FORMAT_VERSION } from '../format/head.js';
import { decodeManifest } from '../format/manifest.js';
import { configuration, DATABASE, openStore } from './fixtures/records.js';
import { buildStore, freeze, tell, thaw } from './fixtures/frozen-store.js';
import type { FrozenStore } from './fixtures/frozen-store.js';

/** `store-v1` is of before tenants and databases; the last one is what this code writes. */
const FIXTURES = ['store-v1', 'store-v1-namespaces', 'store-v2', 'store-v3'];

/** Writes the newest file if there is none and WRITE_FIXTURES=1; an existing one is never touched. */
async function frozen(name: string): Promise<FrozenStore> {
  const path = fileURLToPath(new URL(`../format/fixtures/${name}.json`, import.meta.url));
  if (name === FIXTURES.at(-1) && !existsSync(path) && process.env['WRITE_FIXTURES'] === '1') {
    writeFileSync(path, `${JSON.stringify(freeze(await buildStore()), null, 1)}\n`);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as FrozenStore;
}

test('a store of format 1 opens with exactly what it held', async () => {
  const { store } = await openStore(thaw(await frozen('store-v1')));
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

test.each(FIXTURES.slice(1))(
  '%s, with tenants, databases and a fork, opens with exactly what it held',
  async (name) => {
    const { store } = await openStore(thaw(await frozen(name)));
    expect(
      (await store.listDatabases({ tenant: 't', limit: 9, offset: 0 })).map((database) => database.name),
    ).toEqual(['kept']);
    const told = (await tell(store)) as { name: string; records: object[] }[];
    const { store: first } = await openStore(thaw(await frozen('store-v1')));
    expect(told.map((collection) => collection.name)).toEqual(['renamed', 'empty', 'copy']);
    expect(told[0]).toEqual(((await tell(first)) as object[])[0]);
    expect(told[2]?.records).toEqual(told[0]?.records);
  },
);

test.each(FIXTURES)('%s can be written to, checkpointed and opened again', async (name) => {
  const data = thaw(await frozen(name));
  const { store } = await openStore(data);
  const { id } = await store.getCollection({ ...DATABASE, name: 'renamed' });
  await store.delete({ collectionId: id, ids: ['e', 'c'] });
  await store.checkpoint();
  await store.close();
  expect(
    decodeManifest(data.manifest.get('a')!, (bytes) => createScalarCore().crc32c(bytes)).gen,
  ).toBeGreaterThan(0);
  const { store: again } = await openStore(data);
  expect((await again.get({ collectionId: id, include: [] })).ids).toEqual(['a', '😀']);
});

test('this code writes format 3 byte for byte as it is frozen: other bytes need another version', async () => {
  expect(FORMAT_VERSION).toBe(3);
  expect(freeze(await buildStore())).toEqual(await frozen('store-v3'));
});
