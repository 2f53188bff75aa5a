import { ChromaClient } from 'kindex/inline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Collection } from 'kindex';
import { computeFacets, type Facet } from './facets.js';
import { NO_FILTER, toggle, type Filter } from './filter.js';
import { FACET_CAP, listCollections, PAGE_SIZE, readFacets, readPage, summarize } from './records.js';

const client = new ChromaClient({ storage: 'memory:explorer-records' });
const MANY = FACET_CAP + 300;

let few: Collection;
let many: Collection;

const metadataOf = (i: number): { color: string; size: number; tags?: string[] } => ({
  color: ['red', 'green', 'blue'][i % 3] ?? '',
  size: i % 40,
  ...(i % 2 === 0 ? { tags: ['even', `t${i % 4}`] } : {}),
});

async function fill(name: string, records: number): Promise<Collection> {
  const collection = await client.createCollection({ name, embeddingFunction: null });
  const all = Array.from({ length: records }, (_, i) => i);
  await collection.add({
    ids: all.map(String),
    embeddings: all.map((i) => [i, 1]),
    documents: all.map((i) => `number ${i}`),
    metadatas: all.map(metadataOf),
  });
  return collection;
}

beforeAll(async () => {
  few = await fill('few', 120);
  many = await fill('many', MANY);
});

afterAll(() => client.close());

const facetOf = (facets: readonly Facet[], key: string): Facet | undefined =>
  facets.find((facet) => facet.key === key);

describe('facets under a filter', () => {
  const filter: Filter = {
    ...toggle(toggle(NO_FILTER, 'color', { is: 'red' }), 'size', { in: { from: 10, to: 30 } }),
    document: { mode: 'regex', text: '[05]$' },
  };
  const passes = (i: number, except: string): boolean =>
    (except === 'color' || metadataOf(i).color === 'red') &&
    (except === 'size' || (metadataOf(i).size >= 10 && metadataOf(i).size < 30)) &&
    i % 5 === 0;

  test.each(['color', 'size', 'tags'])(
    '%s counts what matches, leaving out only its own condition',
    async (key) => {
      const { facets, total, sampled, atLeast } = await readFacets(few, filter);
      const matching = Array.from({ length: 120 }, (_, i) => i).filter((i) => passes(i, key));
      expect(matching.length).toBeGreaterThan(0);
      expect(facetOf(facets, key)).toEqual(facetOf(computeFacets(matching.map(metadataOf)), key));
      const all = Array.from({ length: 120 }, (_, i) => i).filter((i) => passes(i, '')).length;
      expect({ total, sampled, atLeast }).toEqual({ total: all, sampled: all, atLeast: false });
    },
  );

  test('stop at the cap, and say so', async () => {
    const whole = await readFacets(many, NO_FILTER);
    expect(whole).toMatchObject({ total: MANY, sampled: FACET_CAP, atLeast: false });
    const filtered = await readFacets(many, { keys: [], document: { mode: 'contains', text: 'number' } });
    expect(filtered).toMatchObject({ total: FACET_CAP, sampled: FACET_CAP, atLeast: true });
    expect(facetOf(filtered.facets, 'color')?.records).toBe(FACET_CAP);
  });
});

test('pages follow each other without gap, and one beyond the end falls back to the last that has records', async () => {
  const seen: string[] = [];
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const { rows, hasNext } = await readPage(few, NO_FILTER, offset);
    seen.push(...rows.map(({ id }) => id));
    if (!hasNext) break;
  }
  expect(seen).toEqual(Array.from({ length: 120 }, (_, i) => String(i)));
  const beyond = await readPage(few, NO_FILTER, 150);
  expect(beyond.offset).toBe(100);
  expect(beyond.rows).toHaveLength(20);
  expect((await readPage(few, toggle(NO_FILTER, 'color', { is: 'none' }), 75)).rows).toEqual([]);
});

test('collections are listed with their records and dimensions, however many there are', async () => {
  for (let i = 0; i < 105; i++)
    await client.createCollection({ name: `empty-${i}`, embeddingFunction: null });
  const all = await listCollections(client);
  expect(all).toHaveLength(107);
  expect(
    all.slice(0, 3).map(({ collection, records, dimensions }) => [collection.name, records, dimensions]),
  ).toEqual([
    ['few', 120, 2],
    ['many', MANY, 2],
    ['empty-0', 0, null],
  ]);
  expect((await summarize(few)).records).toBe(120);
});
