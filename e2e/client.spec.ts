/** The built library in a real page: persistence, tabs, a dead worker, a main thread that stays free. */
import { expect, test } from './library-page.js';

test('what was added is found by meaning, and is there after a reload', async ({ open }) => {
  const first = await open();
  await first.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.getOrCreateCollection({ name: 'notes' });
    await notes.add({
      ids: ['1', '2', '3'],
      documents: ['Buy oat milk', 'See the dentist on Tuesday', 'Oil the bicycle chain'],
    });
  });
  await first.close();
  const second = await open();
  const found = await second.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const notes = await client.getCollection({ name: 'notes' });
    const result = await notes.query({ queryTexts: ['medical appointment'], nResults: 1 });
    const { storage, core, role } = await client.diagnostics();
    return { count: await notes.count(), documents: result.documents, storage, core, role };
  });
  expect(found).toEqual({
    count: 3,
    documents: [['See the dentist on Tuesday']],
    storage: 'indexeddb:kindex',
    core: 'wasm-relaxed',
    role: 'leader',
  });
});

test('two tabs share one store, and the second goes on when the first is closed', async ({ open }) => {
  const [first, second] = [await open(), await open()];
  await first.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const shared = await client.createCollection({ name: 'shared', embeddingFunction: null });
    await shared.add({ ids: ['from the first'], embeddings: [[1, 0]] });
  });
  const seen = await second.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const shared = await client.getCollection({ name: 'shared' });
    await shared.add({ ids: ['from the second'], embeddings: [[0, 1]] });
    return { ids: (await shared.get()).ids, role: (await client.diagnostics()).role };
  });
  expect(seen).toEqual({ ids: ['from the first', 'from the second'], role: 'follower' });
  await first.close();
  const after = await second.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const shared = await client.getCollection({ name: 'shared' });
    await shared.add({ ids: ['alone'], embeddings: [[1, 1]] });
    return { ids: (await shared.get()).ids, role: (await client.diagnostics()).role };
  });
  expect(after).toEqual({ ids: ['from the first', 'from the second', 'alone'], role: 'leader' });
});

test('adding 10,000 records as number[][] with documents leaves the main thread free', async ({ open }) => {
  const page = await open();
  const report = await page.evaluate(async () => {
    const rows = 10_000;
    const embeddings = Array.from({ length: rows }, (_, i) =>
      Array.from({ length: 384 }, (_unused, d) => Math.sin(i * 384 + d)),
    );
    const ids = embeddings.map((_, i) => `record-${i}`);
    const documents = ids.map((id) => `${id} `.padEnd(300, 'lorem ipsum dolor '));
    const metadatas = ids.map((id, i) => ({ source: id, page: i, even: i % 2 === 0 }));
    const client = new kindex.ChromaClient();
    const collection = await client.createCollection({ name: 'large', embeddingFunction: null });

    const long: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) long.push(Math.round(entry.duration));
    });
    observer.observe({ type: 'longtask' });
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
    // The watch must be able to see a long task, or its silence means nothing.
    await settle();
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        const end = performance.now() + 80;
        while (performance.now() < end);
        resolve();
      });
    });
    await settle();
    const planted = long.splice(0);
    await collection.add({ ids, embeddings, documents, metadatas });
    await settle();
    return { planted, caused: long, count: await collection.count() };
  });
  expect(report.planted.some((duration) => duration >= 80)).toBe(true);
  expect(report.caused).toEqual([]);
  expect(report.count).toBe(10_000);
});

test('S32 a worker killed in the middle of calls: every call is answered, and no write is done twice', async ({
  open,
}) => {
  const page = await open();
  const outcome = await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const collection = await client.createCollection({ name: 'victim', embeddingFunction: null });
    await collection.add({
      ids: Array.from({ length: 40 }, (_, i) => `old${i}`),
      embeddings: Array.from({ length: 40 }, (_, i) => [i, 1, 1]),
      metadatas: Array.from({ length: 40 }, () => ({ old: true })),
    });
    const reads = Array.from({ length: 20 }, () => collection.query({ queryEmbeddings: [[1, 2, 3]] }));
    const writes = Array.from({ length: 20 }, (_, i) =>
      collection.add({ ids: [`u${i}`], embeddings: [[i, 1, 1]] }),
    );
    // Done twice, one of them would delete two records.
    const deletes = Array.from({ length: 20 }, () => collection.delete({ where: { old: true }, limit: 1 }));
    // Packing takes a few microtasks; the messages have left after a task, the replies have not come.
    await Promise.resolve();
    await collection.count();
    const late = collection.count();
    for (const worker of startedWorkers) worker.terminate();
    await Promise.all([...reads, ...writes, ...deletes, late]);
    return { count: await collection.count(), workers: startedWorkers.length };
  });
  expect(outcome).toEqual({ count: 40, workers: 2 });
});

test('errors tell what happened and what to do, and store nothing', async ({ open }) => {
  const page = await open();
  const errors = await page.evaluate(async () => {
    const client = new kindex.ChromaClient();
    const collection = await client.createCollection({ name: 'notes', embeddingFunction: null });
    await collection.add({ ids: ['a'], embeddings: [[1, 2]] });
    const told = async (call: Promise<unknown>): Promise<object> => {
      const error = await call.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (!(error instanceof kindex.ChromaError)) return { unexpected: String(error) };
      return {
        code: error.code,
        message: error.message,
        fix: error.fix,
        client: error instanceof kindex.ChromaClientError,
      };
    };
    return {
      dimension: await told(collection.add({ ids: ['b'], embeddings: [[1, 2, 3]] })),
      nan: await told(collection.add({ ids: ['b'], embeddings: [[1, Number.NaN]] })),
      missing: await told(client.getCollection({ name: 'note' })),
      count: await collection.count(),
    };
  });
  expect(errors.dimension).toMatchObject({ code: 'VALUE_DIMENSION', client: true });
  expect(errors.nan).toMatchObject({ code: 'VALUE_NOT_FINITE', client: true });
  expect(errors.missing).toMatchObject({ code: 'NOT_FOUND_COLLECTION' });
  expect(JSON.stringify(errors.missing)).toContain('notes');
  expect(errors.count).toBe(1);
});
