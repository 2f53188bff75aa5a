/** A program written for chromadb runs with the import changed; that it compiles is checked with all the rest of src/. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { AdminClient, ChromaClient } from '../inline.js';
import type { StorageOption } from './storage-option.js';
import * as program from './fixtures/drop-in-kindex.js';

const text = async (name: string): Promise<string[]> =>
  (await readFile(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')).split('\n').slice(1);

test('C1 the two programs differ in the package they import, and in nothing else', async () => {
  const official = await text('drop-in-chromadb.ts');
  const ours = await text('drop-in-kindex.ts');
  const different = ours.flatMap((line, i) => (line === official[i] ? [] : [[official[i], line]]));
  expect(different).toEqual([["} from 'chromadb';", "} from 'kindex';"]]);
  expect(official).toHaveLength(ours.length);
});

test('C1 a program written with chromadb runs unchanged over our client', async () => {
  const storage: StorageOption = `memory:${crypto.randomUUID()}`;
  const client = new ChromaClient({ path: 'http://localhost:8000', storage });
  program.register();
  const collection = await program.openArticles(client);
  await program.write(collection);
  expect(await program.read(collection)).toEqual(['garden', 'a', 'a', 'b', '3']);
  expect(await program.search(collection)).toEqual(['a 0 x,y', 'b 1 z']);
  for (const where of program.filters) {
    expect((await collection.get({ where })).ids.length).toBeGreaterThan(0);
  }
  for (const whereDocument of program.documentFilters) {
    expect((await collection.get({ whereDocument })).ids.length).toBeGreaterThan(0);
  }
  expect((await collection.get({ where: program.equals('topic', 'kitchen') })).ids).toEqual(['b']);
  expect((await collection.get({ where: program.above('year', 2024) })).ids).toEqual(['a']);
  expect(await program.beyond(collection)).toEqual(['4', '0', '4', 'file:a']);
  expect(await program.registered(client)).toBe('letter-counts true');
  expect(await program.withSchema(client)).toBe('object cosine 1');
  await expect(program.hybrid(collection)).rejects.toMatchObject({ code: 'RUNTIME_NOT_AVAILABLE' });
  await program.openArticles(client);
  expect(await program.manage(client, collection)).toEqual([
    'default_tenant',
    'default_database',
    '4',
    '1',
    'articles-2',
    'cosine',
    'id',
  ]);
  expect(await program.explain(client)).toBe('ChromaNotFoundError');
  const admin = new AdminClient({ storage });
  expect(await program.administer(admin)).toEqual(['archive', 'press', '1', 'press']);
  await admin.close();
  await client.close();
});

test('C1 its helpers build and read what they are typed to', () => {
  expect(program.connect().database).toBe('default_database');
  const records = {
    ids: ['a', 'b', 'c'],
    embeddings: [[1], [2], [3]],
    metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }],
  };
  expect(program.firstHalf(records)).toEqual({
    ids: ['a', 'b'],
    embeddings: [[1], [2]],
    documents: [],
    metadatas: [
      { n: 1, half: 1 },
      { n: 2, half: 1 },
    ],
  });
  expect(program.shown({ id: 'x', embedding: [1, 2] })).toBe('x 2');
});
