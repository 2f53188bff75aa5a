/** Stores of every format that was ever written open for ever, with exactly what they held (FORMAT.md §6). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { FORMAT_VERSION } from '../format/head.js';
import { decodeManifest } from '../format/manifest.js';
import { STORE_NAMES } from '../storage/storage.js';
import { configuration, contents, DATABASE, openStore } from './fixtures/records.js';
import { buildIndexedStore, buildStore, freeze, STILL_ENGINE, tell, thaw } from './fixtures/frozen-store.js';
import type { FrozenStore } from './fixtures/frozen-store.js';

/** `store-v1` is of before tenants and databases; the last one is what this code writes. */
const FIXTURES = ['store-v1', 'store-v1-namespaces', 'store-v2', 'store-v3', 'store-v4'];

/** Beside `store-v3` and `store-v4`, with indexes in segments. */
const INDEXED = ['store-v3-indexes', 'store-v4-indexes'] as const;

/** Of the newest version: what writes them anew. */
const NEWEST = new Map([
  ['store-v4', async (): Promise<FrozenStore> => freeze(await buildStore())],
  [
    'store-v4-indexes',
    async (): Promise<FrozenStore> => freeze(await buildIndexedStore(), { deflated: true }),
  ],
]);

/** Writes a file of the newest version if there is none and WRITE_FIXTURES=1; an existing one is never touched. */
async function frozen(name: string): Promise<FrozenStore> {
  const path = fileURLToPath(new URL(`../format/fixtures/${name}.json`, import.meta.url));
  const build = NEWEST.get(name);
  if (build && !existsSync(path) && process.env['WRITE_FIXTURES'] === '1')
    writeFileSync(path, `${JSON.stringify(await build(), null, 1)}\n`);
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

test('this code writes format 4 byte for byte as it is frozen: other bytes need another version', async () => {
  expect(FORMAT_VERSION).toBe(4);
  expect(freeze(await buildStore())).toEqual(await frozen('store-v4'));
});

test.each([
  // All but r9, whose vector changed, and r3, which is gone; since version 4 r5 has changed too.
  [INDEXED[0], 42],
  [INDEXED[1], 41],
] as const)('S40 S56 %s opens with exactly what it held, and with its indexes', async (name, indexed) => {
  const data = thaw(await frozen(name));
  const { store } = await openStore(data, { engine: STILL_ENGINE });
  const { id } = await store.getCollection({ ...DATABASE, name: 'indexed' });
  expect(await store.indexingStatus({ collectionId: id })).toEqual({ indexed, total: 43 });
  const told = await contents(store, id);
  expect(told.map((record) => record.id)).toEqual(
    Array.from({ length: 44 }, (_, i) => `r${i}`).filter((each) => each !== 'r3'),
  );
  expect(told[8]).toEqual({
    id: 'r9',
    vector: [20, 20],
    document: 'changed words',
    metadata: null,
    uri: null,
  });
  const whereDocument = { $contains: 'words' };
  expect((await store.get({ collectionId: id, whereDocument, include: [] })).ids).toEqual([
    'r0',
    'r1',
    'r2',
    'r9',
  ]);
  expect((await store.diagnostics()).warnings).toEqual([]);
});

test('this code writes indexes of format 4 byte for byte as they are frozen', async () => {
  const [now, then] = [await buildIndexedStore(), thaw(await frozen('store-v4-indexes'))];
  for (const store of STORE_NAMES) {
    expect([...now[store].keys()], store).toEqual([...then[store].keys()]);
    for (const [key, value] of now[store])
      expect(Buffer.compare(value, then[store].get(key)!), `${store} ${key}`).toBe(0);
  }
  const kinds = [...now.seg.keys()].map((key) => String(key).slice(17, 20));
  expect(kinds).toEqual(expect.arrayContaining(['128', '129', '130', '131', '132', '133']));
});
