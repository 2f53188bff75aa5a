/** A worker that dies, in a real browser: no call waits for ever, nothing acknowledged is lost, the next call works. */
import { describe, expect, test } from 'vitest';
import { ChromaClient } from '../client/chroma-client.js';
import { workersConnector } from './connect.js';
import { spawnEmbedWorker, spawnStoreWorker } from './spawn.js';
import { WorkerLink } from './worker-link.js';

describe('a worker that ends', () => {
  test('pending reads reject with WORKER_DIED, pending writes with OUTCOME_UNKNOWN, and the store lives on', async () => {
    const workers: Worker[] = [];
    const connector = workersConnector({
      store(name) {
        const worker = spawnStoreWorker(name);
        workers.push(worker);
        return worker;
      },
      embed: spawnEmbedWorker,
    });
    const client = new ChromaClient({ storage: `indexeddb:${crypto.randomUUID()}` }, connector);
    const collection = await client.createCollection({ name: 'kept', embeddingFunction: null });
    await collection.add({ ids: ['acknowledged'], embeddings: [[1, 2]] });

    const rows = 20_000;
    const pending = [
      collection.add({
        ids: Array.from({ length: rows }, (_, i) => `p${i}`),
        embeddings: { data: new Float32Array(rows * 2).fill(1), rows, dimensions: 2 },
      }),
      collection.query({ queryEmbeddings: [[1, 2]] }),
      collection.count(),
    ];
    // The add packs its columns before it sends: terminate once it must have been sent.
    await collection.count();
    const settled = Promise.allSettled(pending);
    const late = [collection.get(), collection.upsert({ ids: ['u'], embeddings: [[3, 4]] })];
    workers[0]?.terminate();
    const lateSettled = await Promise.allSettled(late);
    expect(
      lateSettled.map((result) => (result.status === 'rejected' ? result.reason.code : 'fulfilled')),
    ).toEqual(['WORKER_DIED', 'OUTCOME_UNKNOWN']);
    for (const result of await settled) {
      if (result.status === 'rejected')
        expect(['WORKER_DIED', 'OUTCOME_UNKNOWN']).toContain(result.reason.code);
    }

    expect((await collection.get({ ids: ['acknowledged'], include: ['embeddings'] })).embeddings).toEqual([
      [1, 2],
    ]);
    expect([1, 2, rows + 1, rows + 2]).toContain(await collection.count());
    expect(workers).toHaveLength(2);
    await client.close();
  });

  test('a worker file that is missing rejects the call instead of leaving it hanging', async () => {
    const link = new WorkerLink({
      name: 'missing worker',
      spawn: () => new Worker('/does-not-exist.js', { type: 'module' }),
    });
    await expect(link.call('anything', {})).rejects.toMatchObject({ code: 'WORKER_DIED' });
    link.close();
    await expect(link.call('anything', {})).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
