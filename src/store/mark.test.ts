/** The mark outside the database: what it says about an empty database, an older one, another one. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createCrc32c } from '../base/crc32c.js';
import { kindexError } from '../base/errors.js';
import { decodeHead } from '../format/head.js';
import { createStoreMarker } from '../storage/marker.js';
import type { FoundMark, MarkPlace, StoreMarker } from '../storage/marker.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { STORE_NAMES } from '../storage/storage.js';
import { createScalarCore } from '../core/scalar.js';
import { batchOf, create, DATABASE, openStore } from './fixtures/records.js';
import { MarkKeeper } from './mark-keeper.js';
import { copyData } from './fixtures/copy-data.js';
import { Store } from './store.js';

interface TestPlace extends MarkPlace {
  text: string | null;
  broken: boolean;
  writes: number;
}

function place(): TestPlace {
  const found: TestPlace = {
    kind: 'test',
    text: null,
    broken: false,
    writes: 0,
    async read() {
      if (found.broken) throw new Error('broken');
      return found.text;
    },
    async write(text) {
      if (found.broken) throw new Error('broken');
      found.text = text;
      found.writes += 1;
    },
    async remove() {
      found.text = null;
    },
  };
  return found;
}

async function opened(
  data: MemoryData,
  kept: TestPlace,
  ifLost: 'throw' | 'recreate' = 'throw',
): Promise<Store> {
  return (await openStore(data, { marker: createStoreMarker([kept]), ifLost })).store;
}

async function add(store: Store, id: string, ...names: string[]): Promise<void> {
  await store.write({
    collectionId: id,
    mode: 'add',
    batch: batchOf(...names.map((name) => ({ id: name, vector: [1, 2] }))),
  });
}

/** A store with two records and a checkpoint, closed. */
async function kept(): Promise<{ data: MemoryData; place: TestPlace; id: string }> {
  const data = createMemoryData();
  const where = place();
  const store = await opened(data, where);
  const { id } = await create(store);
  await add(store, id, 'a', 'b');
  await store.checkpoint();
  await store.close();
  return { data, place: where, id };
}

async function markOf({ text }: TestPlace): Promise<FoundMark | null> {
  return createStoreMarker([{ ...place(), read: async () => text }]).read();
}

describe('S50 the mark', () => {
  test('S50 a storage too full to be taken over keeps the mark of its last owner', async () => {
    const { data, place: where } = await kept();
    const before = where.text;
    const inner = createMemoryStorage({ data });
    const { store } = await openStore(data, {
      backend: {
        ...inner,
        commit: async () => {
          throw kindexError('STORAGE_QUOTA', 'No room.');
        },
      },
      marker: createStoreMarker([where]),
    });
    expect((await store.diagnostics()).state).toBe('full');
    await store.close();
    expect(where.text).toBe(before);
    const again = await opened(data, where);
    expect((await again.diagnostics()).damage).toEqual([]);
    await again.close();
    expect(where.text).not.toBe(before);
  });

  test('tells after closing what is durable: identity, epoch, log, generation, records', async () => {
    const { place: where } = await kept();
    expect(await markOf(where)).toMatchObject({ mark: { epoch: 1, lastSeq: 2, generation: 1, records: 2 } });
  });

  test('follows writes and checkpoints behind the calls', async () => {
    const { data, place: where, id } = await kept();
    const store = await opened(data, where);
    await add(store, id, 'c');
    await expect
      .poll(async () => (await markOf(where))?.mark)
      .toMatchObject({ epoch: 2, lastSeq: 3, records: 3 });
    await store.checkpoint();
    await expect.poll(async () => (await markOf(where))?.mark?.generation).toBe(2);
    await store.close();
  });

  test('and an empty database: STORAGE_LOST at every opening, never a new store, and nothing is written', async () => {
    const { place: where } = await kept();
    const empty = createMemoryData();
    for (let opening = 0; opening < 2; opening++) {
      await expect(opened(empty, where)).rejects.toMatchObject({
        code: 'STORAGE_LOST',
        details: { reason: 'missing', records: 2, generation: 1 },
        fix: expect.stringContaining('recreate'),
      });
    }
    expect(STORE_NAMES.map((name) => empty[name].size)).toEqual([0, 0, 0, 0]);
  });

  test('that cannot be read, and an empty database: STORAGE_LOST all the same', async () => {
    const where = place();
    where.text = 'half a ma';
    await expect(opened(createMemoryData(), where)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  });

  test('and an empty database, with ifLost recreate: a new store that says so, once', async () => {
    const { place: where } = await kept();
    const empty = createMemoryData();
    const store = await opened(empty, where, 'recreate');
    expect((await store.diagnostics()).damage).toMatchObject([
      { effect: 'recreated', details: { reason: 'missing', records: 2 } },
    ]);
    await create(store);
    await store.close();
    const again = await opened(empty, where);
    expect((await again.diagnostics()).damage).toEqual([]);
    expect(await again.countCollections(DATABASE)).toBe(1);
  });

  test('no mark and an empty database are a new store', async () => {
    const where = place();
    const store = await opened(createMemoryData(), where);
    expect((await store.diagnostics()).damage).toEqual([]);
    await store.close();
    expect(where.text).not.toBeNull();
  });

  test('no mark and a store: the store, and a mark from then on', async () => {
    const { data, place: where, id } = await kept();
    where.text = null;
    const store = await opened(data, where);
    expect(await store.count({ collectionId: id })).toBe(2);
    await store.close();
    expect(await markOf(where)).toMatchObject({ mark: { records: 2 } });
  });

  test('and an older state of the database: it opens, and the damage is told until the next mark', async () => {
    const { data, place: where, id } = await kept();
    const older = copyData(data);
    const store = await opened(data, where);
    await add(store, id, 'c', 'd');
    await add(store, id, 'e');
    await store.checkpoint();
    await store.close();
    const back = await opened(older, where);
    expect(await back.count({ collectionId: id })).toBe(2);
    expect((await back.diagnostics()).damage).toMatchObject([
      {
        effect: 'older',
        details: {
          reason: 'older',
          missingRows: 2,
          marked: { lastSeq: 4, generation: 2 },
          found: { generation: 1 },
        },
      },
    ]);
    await back.close();
    expect((await (await opened(older, where)).diagnostics()).damage).toEqual([]);
  });

  test('and another store in its place: told', async () => {
    const { place: where } = await kept();
    const { data } = await kept();
    const store = await opened(data, where);
    expect((await store.diagnostics()).damage).toMatchObject([
      { effect: 'older', details: { reason: 'other' } },
    ]);
  });

  test('a reset is no loss', async () => {
    const { data, place: where } = await kept();
    const store = await opened(data, where);
    await store.reset();
    await store.checkpoint();
    await store.close();
    expect((await (await opened(data, where)).diagnostics()).damage).toEqual([]);
  });

  test('what a power cut may take from relaxed writes is no loss either: the mark counts what is durable', async () => {
    const { data, place: where, id } = await kept();
    const store = await opened(data, where);
    const durable = copyData(data);
    await store.write({
      collectionId: id,
      mode: 'add',
      durability: 'relaxed',
      batch: batchOf({ id: 'c', vector: [1, 2] }),
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await (await opened(durable, where)).diagnostics()).damage).toEqual([]);
  });

  test('counts the records of the log up to its last durable row, however flushes and relaxed writes meet', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    type Step = 'relaxed' | 'strict' | 'delete' | 'flush' | 'mark';
    // By chance alone one run of this test in sixteen met too few marks behind which something is not durable.
    const oftenAhead: Step[] = [
      'strict',
      ...Array.from({ length: 6 }, (): Step[] => ['relaxed', 'mark']).flat(),
      'delete',
      'mark',
      'flush',
      'mark',
    ];
    let ahead = 0;
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom<Step>('relaxed', 'strict', 'delete', 'flush', 'mark'), { maxLength: 30 }),
          async (steps) => {
            const where = place();
            const data = createMemoryData();
            const store = await opened(data, where);
            const { id: collectionId } = await create(store);
            const recordsAt = new Map([[1, 0]]);
            const check = async (): Promise<void> => {
              const mark = (await markOf(where))?.mark;
              if (mark) expect(mark.records).toBe(recordsAt.get(mark.lastSeq));
              const { records, unflushed } = await store.diagnostics();
              if (unflushed > 0 && mark && mark.records < records) ahead += 1;
            };
            for (const [i, step] of steps.entries()) {
              const durability = step === 'strict' ? 'strict' : 'relaxed';
              if (step === 'mark') await vi.advanceTimersByTimeAsync(250).then(check);
              else if (step === 'flush') await store.flush();
              else if (step === 'delete')
                await store.delete({ collectionId, ids: [`r${i - 1}`], durability });
              else {
                const batch = batchOf({ id: `r${i}`, vector: [1, 2] });
                await store.write({ collectionId, mode: 'add', durability, batch });
              }
              recordsAt.set(
                decodeHead(data.meta.get('head')!, createCrc32c()).lastSeq,
                await store.count({ collectionId }),
              );
            }
            const closing = store.close();
            await vi.advanceTimersByTimeAsync(10_000);
            await closing;
            expect((await markOf(where))?.mark?.records).toBe([...recordsAt.values()].at(-1));
          },
        ),
        { numRuns: 60, examples: [[oftenAhead]] },
      );
    } finally {
      vi.useRealTimers();
    }
    expect(ahead).toBeGreaterThan(5);
  });

  test('that no place takes is a warning and nothing else', async () => {
    const where = place();
    where.broken = true;
    const store = await opened(createMemoryData(), where);
    await expect
      .poll(async () => (await store.diagnostics()).warnings)
      .toEqual([expect.stringContaining('No mark is kept')]);
    await store.close();
  });

  test('is known to the page that wrote it even when the browser deletes both while it is open', async () => {
    const data = createMemoryData();
    const where = place();
    const marker: StoreMarker = createStoreMarker([where]);
    const options = { core: createScalarCore(), marker };
    const store = await Store.open({ backend: createMemoryStorage({ data }), ...options });
    await create(store);
    await store.close();
    where.text = null;
    for (const name of STORE_NAMES) data[name].clear();
    await expect(Store.open({ backend: createMemoryStorage({ data }), ...options })).rejects.toMatchObject({
      code: 'STORAGE_LOST',
    });
    await marker.remove();
    await (await Store.open({ backend: createMemoryStorage({ data }), ...options })).close();
  });
});

test('S50 many writes in quick succession share one mark', async () => {
  const where = place();
  let lastSeq = 0;
  const keeper = new MarkKeeper(
    createStoreMarker([where]),
    () => ({ uuid: '00000000-0000-4000-8000-000000000001', epoch: 1, lastSeq, generation: 0, records: 0 }),
    5,
  );
  for (lastSeq = 1; lastSeq < 100; lastSeq++) keeper.touch();
  await expect.poll(() => where.writes).toBe(1);
  expect(await markOf(where)).toMatchObject({ mark: { lastSeq: 100 } });
  keeper.touch();
  await keeper.settle();
  expect(where.writes).toBe(2);
});

/** A store with a mark: `a` in the first generation, `b` in the second, or both in the log alone. */
async function twoRecords({
  checkpoints,
}: {
  checkpoints: boolean;
}): Promise<{ data: MemoryData; place: TestPlace }> {
  const data = createMemoryData();
  const where = place();
  const store = await opened(data, where);
  const { id } = await create(store);
  for (const name of ['a', 'b']) {
    await add(store, id, name);
    if (checkpoints) await store.checkpoint();
  }
  await store.close();
  await (await opened(data, where)).close();
  return { data, place: where };
}

describe('S50 S16 what makes up for damage is told once, as neither an older state nor another store:', () => {
  test.each<[string, boolean, (data: MemoryData) => void]>([
    ['the newest manifest', true, (data) => void (data.manifest.get('b')![20]! ^= 1)],
    ['the head beside manifests', true, (data) => void (data.meta.get('head')![20]! ^= 1)],
    ['the head beside a log alone', false, (data) => void (data.meta.get('head')![20]! ^= 1)],
  ])('%s', async (_, checkpoints, damage) => {
    const { data, place: where } = await twoRecords({ checkpoints });
    damage(data);
    const found = await (await opened(data, where)).diagnostics();
    expect(found.damage.map(({ effect }) => effect)).toEqual(['covered']);
    expect(found.records).toBe(2);
  });
});

describe('S50 S5 the mark of a later owner stays', () => {
  test('when a former one closes', async () => {
    const data = createMemoryData();
    const where = place();
    const former = await opened(data, where);
    const { id } = await create(former);
    await expect.poll(() => where.writes).toBe(1);
    const later = await opened(data, where);
    await add(later, id, 'a');
    await later.close();
    const { text } = where;
    await former.close();
    expect(where.text).toBe(text);
    expect(await markOf(where)).toMatchObject({ mark: { epoch: 2, records: 1 } });
  });

  test('when a former one closes that was fenced before it wrote any', async () => {
    const data = createMemoryData();
    const where = place();
    const former = await opened(data, where);
    const { id } = await create(former);
    await (await opened(data, where)).close();
    await expect(add(former, id, 'a')).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await former.close();
    expect(await markOf(where)).toMatchObject({ mark: { epoch: 2 } });
  });

  test('when a former one wakes up with a mark to write, and the clock was set back meanwhile', async () => {
    vi.useFakeTimers();
    try {
      const where = place();
      const mark = {
        uuid: '00000000-0000-4000-8000-000000000001',
        epoch: 1,
        lastSeq: 1,
        generation: 0,
        records: 0,
      };
      const former = new MarkKeeper(createStoreMarker([where]), () => mark);
      await former.settle();
      former.touch();
      await createStoreMarker([where]).write({ ...mark, epoch: 2 });
      const { text } = where;
      const steady = performance.now.bind(performance);
      vi.spyOn(performance, 'now').mockImplementation(() => steady() + 60_000);
      vi.setSystemTime(Date.now() - 3_600_000);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(where.text).toBe(text);
    } finally {
      vi.restoreAllMocks();
      vi.useRealTimers();
    }
  });
});
