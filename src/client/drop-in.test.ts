/** A program written for chromadb runs with the import changed; that it compiles is checked with all the rest of src/. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ChromaClient } from '../inline.js';
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
  const client = new ChromaClient({
    path: 'http://localhost:8000',
    storage: `memory:${crypto.randomUUID()}`,
  });
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
  await client.close();
});
