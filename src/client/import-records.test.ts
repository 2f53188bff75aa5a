import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChromaClient } from '../inline.js';
import type { Collection, ImportProgress, ImportRecord } from '../inline.js';

let client: ChromaClient;
let collection: Collection;
let storage = 0;

beforeEach(async () => {
  client = new ChromaClient({ storage: `memory:import-${storage++}` });
  collection = await client.createCollection({ name: 'things', embeddingFunction: null });
});

afterEach(() => client.close());

function record(n: number): ImportRecord {
  return { id: `id-${n}`, embedding: [n, 1, 0], metadata: { n } };
}

async function* recordsTo(count: number, from = 0): AsyncGenerator<ImportRecord> {
  for (let n = from; n < count; n++) yield record(n);
}

const OPTIONS = { batchSize: 10 };

describe('C48 importing records', () => {
  test('stores every record of an async source, with what it carries', async () => {
    const done = await collection.import(recordsTo(25), OPTIONS);
    expect(done).toEqual({ read: 25, written: 25, skipped: 0 });
    const { ids, embeddings, metadatas } = await collection.get({ include: ['embeddings', 'metadatas'] });
    expect(ids).toEqual(Array.from({ length: 25 }, (_, n) => `id-${n}`));
    expect(embeddings[24]).toEqual([24, 1, 0]);
    expect(metadatas[24]).toEqual({ n: 24 });
  });

  test.each([
    ['a list', () => [record(0), record(1)]],
    ['a generator', () => [record(0), record(1)].values()],
    [
      'columns in a list',
      () => [
        {
          ids: ['id-0', 'id-1'],
          embeddings: [
            [0, 1, 0],
            [1, 1, 0],
          ],
          metadatas: [{ n: 0 }, { n: 1 }],
        },
      ],
    ],
    [
      'columns with one matrix',
      () => [
        {
          ids: ['id-0', 'id-1'],
          embeddings: { data: new Float32Array([0, 1, 0, 1, 1, 0]), rows: 2, dimensions: 3 },
          metadatas: [{ n: 0 }, { n: 1 }],
        },
      ],
    ],
    [
      'a stream',
      () =>
        new ReadableStream<ImportRecord>({
          start(out) {
            out.enqueue(record(0));
            out.enqueue(record(1));
            out.close();
          },
        }),
    ],
    [
      'a stream that cannot be iterated',
      () => {
        const from = [record(0), record(1)].values();
        return {
          getReader: () => ({ read: async () => from.next(), cancel: async () => {} }),
        } as unknown as ReadableStream<ImportRecord>;
      },
    ],
  ])('takes %s', async (_, source) => {
    expect(await collection.import(source())).toEqual({ read: 2, written: 2, skipped: 0 });
    const { ids, embeddings } = await collection.get({ include: ['embeddings'] });
    expect([ids, embeddings]).toEqual([
      ['id-0', 'id-1'],
      [
        [0, 1, 0],
        [1, 1, 0],
      ],
    ]);
  });

  test('skips what is stored already, so that a second call with the same source goes on', async () => {
    await collection.import(recordsTo(12), OPTIONS);
    expect(await collection.import(recordsTo(25), OPTIONS)).toEqual({ read: 25, written: 13, skipped: 12 });
    expect(await collection.count()).toBe(25);
  });

  test('does not embed the texts of records that are stored already', async () => {
    const generate = vi.fn(async (texts: string[]) => texts.map(() => [1, 0]));
    const texts = await client.createCollection({
      name: 'texts',
      embeddingFunction: { name: 'counts', generate },
    });
    const source = [
      { id: 'a', document: 'one' },
      { id: 'b', document: 'two' },
    ];
    await texts.import(source.slice(0, 1));
    await texts.import(source);
    expect(generate.mock.calls).toEqual([[['one']], [['two']]]);
  });

  test('counts an id that comes twice as skipped, in one chunk and across two; the first one stays', async () => {
    const twice = [
      { id: 'a', embedding: [1, 0, 0] },
      { id: 'a', embedding: [2, 0, 0] },
      { id: 'b', embedding: [3, 0, 0] },
      { id: 'a', embedding: [4, 0, 0] },
    ];
    expect(await collection.import(twice, { batchSize: 3 })).toEqual({ read: 4, written: 2, skipped: 2 });
    expect((await collection.get({ ids: ['a'], include: ['embeddings'] })).embeddings).toEqual([[1, 0, 0]]);
  });

  test('counts what the store has added: an id that another call stores meanwhile is skipped, not written', async () => {
    let asked = 0;
    const late = record(3);
    Object.defineProperty(late.embedding, 0, {
      get() {
        // The chunk has been asked after and is about to be stored: another call is faster.
        if (asked++ === 0)
          void collection.add({
            ids: ['id-3', 'id-4'],
            embeddings: [
              [9, 9, 9],
              [9, 9, 9],
            ],
          });
        return 3;
      },
    });
    async function* source(): AsyncGenerator<ImportRecord> {
      yield* recordsTo(3);
      yield late;
      yield* recordsTo(25, 4);
    }
    const seen: ImportProgress[] = [];
    const onProgress = (progress: ImportProgress): void => void seen.push(progress);
    expect(await collection.import(source(), { ...OPTIONS, onProgress })).toEqual({
      read: 25,
      written: 23,
      skipped: 2,
    });
    expect(seen[0]).toMatchObject({ written: 8, skipped: 2 });
    expect(await collection.count()).toBe(25);
  });

  test('with upsert replaces what is stored, and the last of several counts', async () => {
    await collection.add({ ids: ['a'], embeddings: [[1, 0, 0]], metadatas: [{ kept: true }] });
    const source = [
      { id: 'a', embedding: [2, 0, 0] },
      { id: 'b', embedding: [5, 0, 0] },
      { id: 'a', embedding: [3, 0, 0] },
    ];
    expect(await collection.import(source, { mode: 'upsert' })).toEqual({ read: 3, written: 2, skipped: 1 });
    const { ids, embeddings, metadatas } = await collection.get({ include: ['embeddings', 'metadatas'] });
    expect([ids, embeddings, metadatas]).toEqual([
      ['a', 'b'],
      [
        [3, 0, 0],
        [5, 0, 0],
      ],
      [{ kept: true }, null],
    ]);
  });

  test('keeps the order of the source where columns come and go', async () => {
    const embeddingFunction = {
      name: 'ones',
      generate: async (texts: string[]) => texts.map(() => [1, 1, 1]),
    };
    const mixed = await client.createCollection({ name: 'mixed', embeddingFunction });
    await mixed.import([
      { id: '1', embedding: [1, 0, 0] },
      { id: '2', document: 'two' },
      { id: '3', document: 'three', uri: 'u' },
      { id: '4', embedding: [4, 0, 0], document: 'four' },
    ]);
    const { ids, documents, uris } = await mixed.get({ include: ['documents', 'uris'] });
    expect(ids).toEqual(['1', '2', '3', '4']);
    expect(documents).toEqual([null, 'two', 'three', 'four']);
    expect(uris).toEqual([null, null, 'u', null]);
  });

  test('reports progress after each chunk, never more written than read', async () => {
    const seen: ImportProgress[] = [];
    await collection.import(recordsTo(25), { ...OPTIONS, onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ written }) => written)).toEqual([10, 20, 25]);
    for (const { read, written, skipped } of seen) expect(written + skipped).toBeLessThanOrEqual(read);
  });

  test('never holds more than two chunks of a source that has no end', async () => {
    let taken = 0;
    let written = 0;
    let most = 0;
    async function* endless(): AsyncGenerator<ImportRecord> {
      while (true) {
        most = Math.max(most, taken - written);
        yield record(taken++);
      }
    }
    const abort = new AbortController();
    const importing = collection.import(endless(), {
      ...OPTIONS,
      signal: abort.signal,
      onProgress: (progress) => {
        written = progress.written;
        if (written >= 200) abort.abort();
      },
    });
    await expect(importing).rejects.toMatchObject({ code: 'ABORTED' });
    expect(most).toBeLessThanOrEqual(21);
  });
});

describe('C49 an import that ends early', () => {
  test('rejects with ABORTED and the counts; what was stored stays and is skipped next time', async () => {
    const abort = new AbortController();
    const onProgress = ({ written }: ImportProgress): void => {
      if (written === 20) abort.abort(new Error('enough'));
    };
    const error = await collection
      .import(recordsTo(100), { ...OPTIONS, signal: abort.signal, onProgress })
      .then(
        () => null,
        (reason: unknown) => reason,
      );
    expect(error).toMatchObject({ code: 'ABORTED', details: { written: 20 }, cause: new Error('enough') });
    const stored = await collection.count();
    expect(stored).toBeLessThanOrEqual(30);
    expect(await collection.import(recordsTo(100), OPTIONS)).toEqual({
      read: 100,
      written: 100 - stored,
      skipped: stored,
    });
  });

  test('does nothing with a signal that is aborted already', async () => {
    const source = recordsTo(5);
    await expect(collection.import(source, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(await collection.count()).toBe(0);
    expect(await source.next()).toMatchObject({ done: true });
  });

  test('is aborted while texts are embedded: it waits for no embedding, and nothing of that chunk is stored', async () => {
    const calls: string[][] = [];
    let finish = (): void => {};
    const slow = {
      name: 'slow',
      generate: async (texts: string[]) => {
        calls.push(texts);
        if (calls.length === 2) await new Promise<void>((resolve) => (finish = resolve));
        return texts.map(() => [1, 0]);
      },
    };
    const embedded = await client.createCollection({ name: 'slowly', embeddingFunction: slow });
    const texts = Array.from({ length: 30 }, (_, n) => ({ id: `t-${n}`, document: `text ${n}` }));
    const abort = new AbortController();
    const importing = embedded.import(texts, { ...OPTIONS, signal: abort.signal });
    importing.catch(() => {});
    await vi.waitUntil(() => calls.length === 2);
    abort.abort(new Error('enough'));
    await expect(importing).rejects.toMatchObject({
      code: 'ABORTED',
      details: { written: 10 },
      cause: new Error('enough'),
    });
    finish();
    await vi.waitUntil(async () => (await embedded.count()) === 10);
    expect(await embedded.import(texts, OPTIONS)).toEqual({ read: 30, written: 20, skipped: 10 });
  });

  test('counts a chunk that is being stored when it is aborted', async () => {
    const abort = new AbortController();
    const first = record(0);
    // Read when the chunk is stored, and not before.
    Object.defineProperty(first.embedding, 0, {
      get() {
        abort.abort();
        return 0;
      },
    });
    async function* source(): AsyncGenerator<ImportRecord> {
      yield first;
      yield* recordsTo(25, 1);
    }
    const error = await collection.import(source(), { ...OPTIONS, signal: abort.signal }).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'ABORTED', details: { written: 10 } });
    expect(await collection.count()).toBe(10);
  });

  test('is aborted while the source keeps it waiting', async () => {
    const abort = new AbortController();
    async function* silent(): AsyncGenerator<ImportRecord> {
      yield record(0);
      await new Promise(() => {});
    }
    const importing = collection.import(silent(), { signal: abort.signal });
    setTimeout(() => abort.abort(), 5);
    await expect(importing).rejects.toMatchObject({ code: 'ABORTED', details: { read: 1, written: 0 } });
  });

  test('hands on the error of the source, and keeps the chunks before it', async () => {
    async function* broken(): AsyncGenerator<ImportRecord> {
      yield* recordsTo(15);
      throw new RangeError('disk unplugged');
    }
    await expect(collection.import(broken(), OPTIONS)).rejects.toThrow(new RangeError('disk unplugged'));
    expect(await collection.count()).toBe(10);
  });

  test('names the records by their place in the source when a chunk is refused, and ends the source', async () => {
    let ended = false;
    async function* faulty(): AsyncGenerator<ImportRecord> {
      try {
        yield* recordsTo(14);
        yield { id: 'bad', embedding: [Number.NaN, 1, 0] };
        yield* recordsTo(100, 15);
      } finally {
        ended = true;
      }
    }
    await expect(collection.import(faulty(), OPTIONS)).rejects.toMatchObject({
      code: 'VALUE_NOT_FINITE',
      message: expect.stringContaining('in records 10 to 19 of the import') as string,
      details: { firstRecord: 10, lastRecord: 19 },
    });
    expect(await collection.count()).toBe(10);
    expect(ended).toBe(true);
  });

  test('ends with what onProgress throws', async () => {
    const onProgress = (): void => {
      throw new TypeError('mine');
    };
    await expect(collection.import(recordsTo(50), { ...OPTIONS, onProgress })).rejects.toThrow(
      new TypeError('mine'),
    );
  });

  test('tells a refused chunk although the source is silent', async () => {
    async function* silentAfter(): AsyncGenerator<ImportRecord> {
      yield* recordsTo(9);
      yield { id: 'wide', embedding: [1, 2, 3, 4] };
      await new Promise(() => {});
    }
    await collection.add({ ids: ['x'], embeddings: [[0, 0, 1]] });
    await expect(collection.import(silentAfter(), OPTIONS)).rejects.toMatchObject({
      code: 'VALUE_DIMENSION',
    });
  });
});

describe('arguments of an import', () => {
  test.each([
    ['null', null, 'VALUE_ARGUMENT'],
    ['a number', 7, 'VALUE_ARGUMENT'],
    ['text', 'abc', 'VALUE_ARGUMENT'],
    ['a record without id', [{ embedding: [1] }], 'VALUE_IDS'],
    ['a record that is text', ['abc'], 'VALUE_ARGUMENT'],
    ['a record that is null', [null], 'VALUE_ARGUMENT'],
    ['columns of unequal length', [{ ids: ['a', 'b'], embeddings: [[1, 2, 3]] }], 'VALUE_LENGTHS'],
    ['a record with nothing to search by', [{ id: 'a', metadata: { n: 1 } }], 'VALUE_MISSING'],
    ['ids that are text', [{ ids: 'ab', embeddings: [[1], [2]] }], 'VALUE_IDS'],
    ['an empty id', [{ id: '', embedding: [1, 2, 3] }], 'VALUE_EMPTY_ID'],
  ])('%s is refused with nothing stored', async (_, source, code) => {
    await expect(collection.import(source as never)).rejects.toMatchObject({ code });
    expect(await collection.count()).toBe(0);
  });

  test.each([
    [{ batchSize: 0 }],
    [{ batchSize: 1.5 }],
    [{ batchSize: 100_001 }],
    [{ mode: 'update' as never }],
  ])('options %o are refused', async (options) => {
    await expect(collection.import([record(0)], options)).rejects.toMatchObject({ code: 'VALUE_ARGUMENT' });
  });

  test('an empty source is fine', async () => {
    expect(await collection.import([])).toEqual({ read: 0, written: 0, skipped: 0 });
  });
});
