/** A collection with a graph, as a page sees it: how far it is indexed, and filters with more matches than are compared one by one. */
import { expect, test } from 'vitest';
import { ChromaClient } from '../index.js';

const ROWS = 24_000;
const DIMENSIONS = 8;

test('tells how far it is indexed, and finds 95 of 100 nearest among 60 % of 24,000 records by each kind of filter', async () => {
  const client = new ChromaClient({ storage: `memory:${crypto.randomUUID()}` });
  const notes = await client.createCollection({
    name: 'notes',
    embeddingFunction: null,
    configuration: { hnsw: { space: 'l2' } },
  });
  const data = Float32Array.from({ length: ROWS * DIMENSIONS }, (_, i) => {
    const mixed = Math.imul(i ^ (i >>> 7), 0x9e3779b1);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 31 - 1;
  });
  const passes = (row: number): boolean => row % 5 < 3;
  const all = Array.from({ length: ROWS }, (_, row) => row);
  await notes.add({
    ids: all.map(String),
    embeddings: { data, rows: ROWS, dimensions: DIMENSIONS },
    documents: all.map((row) => (passes(row) ? 'a needle' : 'hay')),
    metadatas: all.map((row) => ({ n: row % 5 })),
  });
  let between = 0;
  await expect
    .poll(
      async () => {
        const status = await notes.getIndexingStatus();
        expect(status.num_indexed_ops + status.num_unindexed_ops).toBe(ROWS);
        if (status.num_indexed_ops > 0 && status.num_unindexed_ops > 0) between += 1;
        return status.num_unindexed_ops;
      },
      { timeout: 60_000, interval: 5 },
    )
    .toBe(0);
  expect(between).toBeGreaterThan(0);

  const filters = [
    { where: { n: { $lt: 3 } } },
    { whereDocument: { $contains: 'needle' } },
    { ids: all.filter(passes).map(String) },
  ];
  for (const filter of filters) {
    let found = 0;
    for (let i = 0; i < 10; i++) {
      const query = Array.from(
        data.subarray(i * 777 * DIMENSIONS, (i * 777 + 1) * DIMENSIONS),
        (x) => x + 0.05,
      );
      const distance = (row: number): number =>
        query.reduce((sum, x, d) => sum + (x - data[row * DIMENSIONS + d]!) ** 2, 0);
      const nearest = all
        .filter(passes)
        .map((row) => ({ row, at: distance(row) }))
        .sort((a, b) => a.at - b.at)
        .slice(0, 10);
      const { ids } = await notes.query({ queryEmbeddings: [query], nResults: 10, ...filter });
      expect(ids[0]).toHaveLength(10);
      expect(ids[0]!.every((id) => passes(Number(id)))).toBe(true);
      found += ids[0]!.filter((id) => nearest.some(({ row }) => row === Number(id))).length;
    }
    expect(found / 100).toBeGreaterThanOrEqual(0.95);
  }

  const changed = all.slice(0, 6_000);
  await notes.update({
    ids: changed.map(String),
    embeddings: {
      data: data.slice(DIMENSIONS, (changed.length + 1) * DIMENSIONS),
      rows: changed.length,
      dimensions: DIMENSIONS,
    },
  });
  const status = await notes.getIndexingStatus();
  expect(status.num_unindexed_ops).toBeGreaterThan(0);
  expect(status.num_indexed_ops + status.num_unindexed_ops).toBe(ROWS);
  await client.close();
}, 90_000);
