/** What is stored is read behind an open store: damage of any part is found within one round, told, and made up for from memory. */
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { SEGMENT_KINDS, segmentKey } from '../format/segment.js';
import type { SegmentKind } from '../format/segment.js';
import type { VectorResidence } from '../base/types.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { copyData } from './fixtures/copy-data.js';
import { createFaultyStorage } from './fixtures/faulty-storage.js';
import { settled, smallGraphEngine } from './fixtures/graph-engine.js';
import { manifestsOf, newestManifest } from './fixtures/manifests.js';
import { manualScrub } from './fixtures/manual-scrub.js';
import type { ManualScrub } from './fixtures/manual-scrub.js';
import { batchOf, contents, create, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import { Store } from './store.js';
import type { StoreOptions } from './store.js';

const core = createScalarCore();
const optionsOf = (): Partial<StoreOptions> & { core: typeof core } => ({
  core,
  segmentBytes: 2_000,
  engine: smallGraphEngine(core, { graphFromRows: 20, efSearch: 40 }),
});

function record(i: number, turn = 0): Required<TestRecord> {
  const vector = Array.from({ length: 6 }, (_, d) =>
    Math.fround(Math.sin((i + turn) * 12.9898 + d * 78.233)),
  );
  return { id: `r${i}`, vector, document: `document ${i} ${turn}`, metadata: { n: i + turn }, uri: `u${i}` };
}

function records(from: number, to: number): Required<TestRecord>[] {
  return Array.from({ length: to - from }, (_, i) => record(from + i));
}

interface Filled {
  data: MemoryData;
  id: string;
  store: Store;
  scrub: ManualScrub;
  backend: StorageBackend & { reads: string[] };
}

/** Notes what is read. */
function watched(inner: StorageBackend): StorageBackend & { reads: string[] } {
  const reads: string[] = [];
  return {
    ...inner,
    reads,
    read: async (store, key) => {
      reads.push(`${store} ${key}`);
      return inner.read(store, key);
    },
  };
}

/** Two generations in which every kind of segment is, and rows in the log after them. */
async function filled(vectors?: VectorResidence): Promise<Filled> {
  const data = createMemoryData();
  const scrub = manualScrub();
  const backend = watched(createMemoryStorage({ data }));
  const store = await Store.open({ backend, ...optionsOf(), scrub: scrub.times });
  const { id } = await create(store, 'notes', 'l2', vectors);
  const write = async (mode: 'add' | 'update', ...some: TestRecord[]): Promise<void> =>
    void (await store.write({ collectionId: id, mode, batch: batchOf(...some) }));
  await write('add', ...records(0, 100));
  await settled(store);
  await store.checkpoint();
  await write('update', ...[7, 9, 80].map((i) => record(i, 500)));
  await store.delete({ collectionId: id, ids: ['r30', 'r31'] });
  await settled(store);
  await store.checkpoint();
  await write('add', record(100));
  await settled(store);
  await scrub.ready();
  backend.reads.length = 0;
  return { data, id, store, scrub, backend };
}

/** Steps that a round has at most. */
const ROUND = 80;

async function untilTold(store: Store, scrub: ManualScrub): Promise<void> {
  for (let step = 0; step < ROUND && (await store.diagnostics()).damage.length === 0; step++)
    await scrub.step();
}

async function expectWhole({ data, id }: Pick<Filled, 'data' | 'id'>, told: TestRecord[]): Promise<void> {
  const { store } = await openStore(copyData(data), { ...optionsOf(), verify: true });
  expect(await store.diagnostics()).toMatchObject({ damage: [], warnings: [], setAside: 0 });
  expect(await contents(store, id)).toEqual(told);
  await store.close();
}

function keyOf(data: MemoryData, kind: SegmentKind): string | undefined {
  const { catalog, collections } = newestManifest(data);
  const all = [...catalog, ...collections.flatMap(({ segments }) => segments)];
  const found = all.find((each) => each.kind === kind);
  return found && segmentKey(found);
}

/** Stored for many texts alone. */
const TEXT_INDEX = ['trigrams', 'trigramChanges'] as const;
const KINDS = (Object.keys(SEGMENT_KINDS) as SegmentKind[]).filter(
  (kind) => !TEXT_INDEX.some((each) => each === kind),
);
const flip = (bytes: Uint8Array): void => void (bytes[bytes.length >> 1]! ^= 4);

describe('damage behind an open store', () => {
  test.each(KINDS)(
    'S61 of a segment of %s is found in one round, told, and written anew from memory',
    async (kind) => {
      const all = await filled();
      const { data, id, store, scrub } = all;
      const told = await contents(store, id);
      const key = keyOf(data, kind);
      expect(key, kind).toBeDefined();
      flip(data.seg.get(key!)!);
      await untilTold(store, scrub);
      const { damage, setAside } = await store.diagnostics();
      expect(damage).toMatchObject([
        { effect: 'covered', details: { found: 'scrub', segment: key, kind, mended: true } },
      ]);
      expect(damage[0]!.message).toContain('was written anew');
      expect(setAside).toBe(0);
      expect(data.seg.has(key!)).toBe(false);
      expect(await contents(store, id)).toEqual(told);
      await expectWhole(all, told);
      // Nothing more is found.
      for (let step = 0; step < ROUND; step++) await scrub.step();
      expect((await store.diagnostics()).damage).toHaveLength(1);
      await store.close();
    },
  );

  test('S61 of an index of documents is told, and it is written anew or made again when it is asked for', async () => {
    const options = { ...optionsOf(), segmentBytes: 400_000 };
    const data = createMemoryData();
    const scrub = manualScrub();
    const store = await Store.open({
      backend: createMemoryStorage({ data }),
      ...options,
      scrub: scrub.times,
    });
    const { id } = await create(store);
    const long = records(0, 60).map((each) => ({
      ...each,
      document: `${each.document} ${'of many words '.repeat(1_300)}`,
    }));
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...long) });
    const find = async (): Promise<string[]> =>
      (await store.get({ collectionId: id, whereDocument: { $contains: 'document 7 ' }, include: [] })).ids;
    await settled(store);
    await expect
      .poll(async () => {
        await find();
        await store.checkpoint();
        return keyOf(data, 'trigrams');
      })
      .toBeDefined();
    await store.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r9', document: 'short' }) });
    await store.checkpoint();
    await scrub.ready();
    for (const [i, kind] of (['trigramChanges', 'trigrams'] as const).entries()) {
      const key = keyOf(data, kind)!;
      flip(data.seg.get(key)!);
      for (let step = 0; step < ROUND && (await store.diagnostics()).damage.length === i; step++)
        await scrub.step();
      const { damage } = await store.diagnostics();
      expect(damage[i]).toMatchObject({ details: { segment: key, kind, mended: true } });
      expect(data.seg.has(key)).toBe(false);
      expect(keyOf(data, 'trigrams')).toBeDefined();
      expect(await find()).toEqual(['r7']);
    }
    await expectWhole({ data, id }, await contents(store, id));
    await store.close();
  });

  test.each(['a', 'b'] as const)(
    'S61 of manifest %s is written over with the same manifest, and the other stays',
    async (slot) => {
      const all = await filled();
      const { data, id, store, scrub } = all;
      const told = await contents(store, id);
      const whole = copyData(data).manifest;
      flip(data.manifest.get(slot)!);
      for (let round = 0; round < 4; round++) await untilTold(store, scrub);
      expect((await store.diagnostics()).damage).toMatchObject([
        { details: { what: 'manifest checksum', mended: true } },
      ]);
      expect(data.manifest).toEqual(whole);
      await expectWhole(all, told);
      await store.close();
    },
  );

  test('S61 of a row of the log: checkpoints make it needless', async () => {
    const all = await filled();
    const { data, id, store, scrub } = all;
    const told = await contents(store, id);
    const last = [...data.log.keys()].sort((a, b) => Number(a) - Number(b)).at(-1)!;
    flip(data.log.get(last)!);
    await untilTold(store, scrub);
    expect((await store.diagnostics()).damage).toMatchObject([
      { details: { what: 'row checksum', mended: true } },
    ]);
    expect(data.log.has(last)).toBe(false);
    await expectWhole(all, told);
    await store.close();
  });

  test('S61 a segment or a row of the log that is missing is damage too', async () => {
    for (const store of ['seg', 'log'] as const) {
      const all = await filled();
      const told = await contents(all.store, all.id);
      const key = store === 'seg' ? keyOf(all.data, 'documents')! : [...all.data.log.keys()].at(-1)!;
      all.data[store].delete(key);
      await untilTold(all.store, all.scrub);
      expect((await all.store.diagnostics()).damage).toMatchObject([{ details: { mended: true } }]);
      await expectWhole(all, told);
      await all.store.close();
    }
  });

  test('S61 what only the second generation names is looked at in every fourth round, and given up for a sound one', async () => {
    const all = await filled();
    const { data, id, store, scrub } = all;
    // Segments that are half gone are written anew: one generation has them as they were.
    const gone = Array.from({ length: 60 }, (_, i) => `r${32 + i}`);
    await store.delete({ collectionId: id, ids: gone });
    await settled(store);
    await store.checkpoint();
    await scrub.ready();
    const told = await contents(store, id);
    const [current, previous] = manifestsOf(data);
    const keys = (manifest = current!): string[] =>
      [...manifest.catalog, ...manifest.collections.flatMap(({ segments }) => segments)].map(segmentKey);
    const live = new Set(keys());
    const key = keys(previous).find((each) => !live.has(each))!;
    flip(data.seg.get(key)!);
    for (let round = 0; round < 4; round++) await untilTold(store, scrub);
    expect((await store.diagnostics()).damage).toMatchObject([{ details: { segment: key, mended: true } }]);
    expect(data.seg.has(key)).toBe(false);
    await expectWhole(all, told);
    await store.close();
  });

  test('S61 vectors that are in the storage alone: no checkpoint gives up an older copy, the store ends and is opened again', async () => {
    const all = await filled('disk');
    const { data, id, store } = all;
    let ended = false;
    await store.close();
    const again = manualScrub();
    const second = await Store.open({
      backend: createMemoryStorage({ data }),
      ...optionsOf(),
      scrub: again.times,
      onDamage: () => (ended = true),
    });
    await settled(second);
    expect((await second.diagnostics()).vectorsOnDisk).toBeGreaterThan(0);
    await again.ready();
    const key = keyOf(data, 'vectors')!;
    flip(data.seg.get(key)!);
    const manifests = copyData(data).manifest;
    for (let step = 0; step < ROUND && !second.ended; step++) await again.step();
    expect([second.ended, ended]).toEqual([true, true]);
    expect(data.manifest).toEqual(manifests);
    const { store: third } = await openStore(data, { ...optionsOf(), verify: true });
    const { damage, setAside } = await third.diagnostics();
    expect(damage).toMatchObject([{ effect: 'set-aside', details: { segment: key } }]);
    expect(setAside).toBeGreaterThan(0);
    expect(await third.count({ collectionId: id })).toBe(99 - setAside);
    await third.close();
  });

  test('S61 a mending that fails is told as not done, and tried again', async () => {
    const data = createMemoryData();
    const scrub = manualScrub();
    const backend = createFaultyStorage(createMemoryStorage({ data }));
    const store = await Store.open({ backend, ...optionsOf(), scrub: scrub.times });
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 30)) });
    await settled(store);
    await store.checkpoint();
    await scrub.ready();
    const told = await contents(store, id);
    flip(data.seg.get(keyOf(data, 'ids')!)!);
    backend.fault = { at: backend.batches.length + 1, stored: false, code: 'STORAGE_QUOTA' };
    await untilTold(store, scrub);
    expect((await store.diagnostics()).damage).toMatchObject([{ details: { mended: false } }]);
    await scrub.step();
    expect((await store.diagnostics()).damage).toMatchObject([{ details: { mended: true } }]);
    await expectWhole({ data, id }, told);
    await store.close();
  });
});

describe('an open store that is whole', () => {
  test('S61 one value is read each time, in a round each once, and nothing is written or told', async () => {
    const { data, store, scrub, backend } = await filled();
    const before = copyData(data);
    const manifest = newestManifest(data);
    const count =
      manifest.catalog.length + manifest.collections.flatMap(({ segments }) => segments).length + 1;
    for (let step = 0; step < count; step++) {
      const { length } = backend.reads;
      await scrub.step();
      expect(backend.reads.length - length).toBe(1);
    }
    expect(new Set(backend.reads).size).toBe(count);
    // Then a part of the log.
    await scrub.step();
    expect(backend.reads).toHaveLength(count);
    expect(data).toEqual(before);
    expect((await store.diagnostics()).damage).toEqual([]);
    expect(new Set(scrub.asked)).toEqual(new Set([60_000]));
    await store.close();
  });

  test('S61 a value that reads well the second time is not damaged', async () => {
    const { data, store, scrub, backend } = await filled();
    const key = keyOf(data, 'ids')!;
    const { read } = backend;
    let faults = 0;
    backend.read = async (name, at) => {
      const bytes = await read(name, at);
      if (at === key && faults++ === 0) flip(bytes!);
      return bytes;
    };
    for (let step = 0; step < ROUND; step++) await scrub.step();
    expect(faults).toBeGreaterThan(1);
    expect((await store.diagnostics()).damage).toEqual([]);
    await store.close();
  });

  test('S61 without the option nothing is read, and after closing neither', async () => {
    const { store, scrub, backend, data } = await filled();
    await store.close();
    const { length } = backend.reads;
    await scrub.late();
    expect(backend.reads).toHaveLength(length);
    const silent = watched(createMemoryStorage({ data }));
    const second = await Store.open({ backend: silent, ...optionsOf() });
    await settled(second);
    const opened = silent.reads.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(silent.reads.length).toBe(opened);
    await second.close();
  });
});
