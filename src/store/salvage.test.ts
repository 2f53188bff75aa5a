/** What is exported of stores that do not open: what is whole comes out as it was, what is not is told, and nothing else comes out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCrc32c } from '../base/crc32c.js';
import { kindexError } from '../base/errors.js';
import { unpackText } from '../base/packed-texts.js';
import type { Metadata } from '../base/types.js';
import { generationOfKey } from '../format/segment.js';
import type { RecordBatch, SalvagedCollection, SalvageNote } from '../rpc/service.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend, StorageKey, StoreName } from '../storage/storage.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, configuration, contents, create, DATABASE, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import { Salvage } from './salvage.js';
import type { Store } from './store.js';

type Whole = Required<TestRecord>;

interface Salvaged {
  parts: Map<string, SalvagedCollection & { found: Whole[] }>;
  missing: SalvageNote[];
}

async function salvaged(data: MemoryData): Promise<Salvaged> {
  const salvage = await Salvage.open({ backend: createMemoryStorage({ data }), checksum: createCrc32c() });
  const { collections, missing } = salvage.collections(DATABASE);
  const parts: Salvaged['parts'] = new Map();
  for (const each of collections) {
    const found: Whole[] = [];
    for (let row = 0; ;) {
      const { batch, next } = await salvage.read(each.collection.id, row);
      if (!batch) break;
      found.push(...recordsOfBatch(batch));
      row = next;
    }
    expect(found).toHaveLength(each.records);
    parts.set(each.collection.name, { ...each, found });
  }
  return { parts, missing };
}

function recordsOfBatch({ ids, vectors, documents, metadatas, uris }: RecordBatch): Whole[] {
  const { data, dimensions } = vectors!;
  return ids.map((id, i) => {
    const metadata = metadatas && unpackText(metadatas, i);
    return {
      id,
      vector: Array.from(data.subarray(i * dimensions, (i + 1) * dimensions)),
      document: documents && unpackText(documents, i),
      metadata: metadata === null ? null : (JSON.parse(metadata) as Metadata),
      uri: uris && unpackText(uris, i),
    };
  });
}

function record(i: number, version = 0): Whole {
  return {
    id: `r${i}`,
    vector: [i, version],
    document: i % 3 === 0 ? null : `document ${i}.${version} ü`,
    metadata: i % 4 === 0 ? null : { n: i, version },
    uri: i % 2 === 0 ? null : `u${i}`,
  };
}

const records = (from: number, to: number, version = 0): Whole[] =>
  Array.from({ length: to - from }, (_, i) => record(from + i, version));

const write = (store: Store, collectionId: string, ...some: TestRecord[]): Promise<unknown> =>
  store.write({ collectionId, mode: 'upsert', batch: batchOf(...some) });

const SMALL = { segmentBytes: 400 };

/** Two generations, a log after them, deletes in both and in the log, changes everywhere. */
async function scene(): Promise<{ data: MemoryData; truth: Map<string, Whole[]> }> {
  const { store, data } = await openStore(createMemoryData(), SMALL);
  const { id: notes } = await create(store, 'notes', 'cosine');
  const { id: other } = await create(store, 'other');
  await write(store, notes, ...records(1, 30));
  await write(store, other, ...records(1, 5));
  await store.delete({ collectionId: notes, ids: ['r3', 'r4'] });
  await store.checkpoint();
  await write(store, notes, ...records(10, 14, 1), ...records(40, 45));
  await store.delete({ collectionId: notes, ids: ['r12', 'r20'] });
  await store.checkpoint();
  await write(store, notes, ...records(11, 16, 2), ...records(50, 53));
  await store.delete({ collectionId: notes, ids: ['r50', 'r15'] });
  await store.forkCollection({ id: other, name: 'copy' });
  const truth = new Map<string, Whole[]>();
  for (const { id, name } of await store.listCollections({ ...DATABASE, limit: 10, offset: 0 }))
    truth.set(name, await contents(store, id));
  const left = copyData(data);
  await store.close();
  return { data: left, truth };
}

function damage(data: MemoryData, store: StoreName, key: StorageKey): void {
  const bytes = data[store].get(key)!.slice();
  bytes[bytes.length >> 1]! ^= 4;
  data[store].set(key, bytes);
}

const keysOf = (data: MemoryData, kind: number): string[] =>
  [...data.seg.keys()].map(String).filter((key) => Number(key.split('.')[1]) === kind);
const damageAll = (data: MemoryData, kind: number): void =>
  keysOf(data, kind).forEach((key) => damage(data, 'seg', key));

const foundIn = ({ parts }: Salvaged): Map<string, Whole[]> =>
  new Map([...parts].map(([name, { found }]) => [name, found]));

describe('S60 of a store whose', () => {
  test('every byte is whole, everything comes out', async () => {
    const { data, truth } = await scene();
    const all = await salvaged(data);
    expect(foundIn(all)).toEqual(truth);
    expect(all.missing).toEqual([]);
    expect([...all.parts.values()].every(({ incomplete, described }) => incomplete === 0 && described)).toBe(
      true,
    );
    expect(all.parts.get('notes')!.collection.configuration).toEqual(configuration('cosine'));
  });

  test('manifests are both damaged, everything comes out, and it is told that they are', async () => {
    const { data, truth } = await scene();
    damage(data, 'manifest', 'a');
    damage(data, 'manifest', 'b');
    await expect(openStore(data)).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
    const all = await salvaged(data);
    expect(foundIn(all)).toEqual(truth);
    expect(all.missing.filter(({ details }) => details['what'] === 'manifest')).toHaveLength(2);
  });

  test('manifests are both gone, everything comes out', async () => {
    const { data, truth } = await scene();
    data.manifest.clear();
    expect(foundIn(await salvaged(data))).toEqual(truth);
  });

  test.each([true, false])(
    'catalog is damaged (manifests whole: %s), the records come out under made-up names',
    async (manifests) => {
      const { data, truth } = await scene();
      damageAll(data, 1);
      if (!manifests) data.manifest.clear();
      else await expect(openStore(data)).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
      const all = await salvaged(data);
      const made = [...all.parts.values()].filter(({ described }) => !described);
      expect(made.map(({ found }) => found)).toEqual(
        expect.arrayContaining([truth.get('notes'), truth.get('other')]),
      );
      expect(made.every(({ collection }) => collection.name === `salvaged-${collection.id}`)).toBe(true);
      // Only the log tells of it.
      expect(all.parts.get('copy')?.found).toEqual(truth.get('copy'));
      expect(all.missing.some(({ details }) => details['kind'] === 'catalog')).toBe(true);
    },
  );

  test('tombstones are damaged, everything comes out with what was deleted long ago, and that is told', async () => {
    const { store, data: stored } = await openStore();
    const { id } = await create(store);
    const { id: other } = await create(store, 'other');
    await write(store, other, ...records(1, 5));
    await write(store, id, ...records(1, 30));
    await store.checkpoint();
    await store.delete({ collectionId: id, ids: ['r3', 'r4', 'r9'] });
    await store.checkpoint();
    // An id that was given again: its first record is known to be gone.
    await write(store, id, record(9, 1));
    await store.checkpoint();
    await store.delete({ collectionId: id, ids: ['r5'] });
    await store.checkpoint();
    await store.delete({ collectionId: id, ids: ['r6'] });
    const truth = await contents(store, id);
    const data = copyData(stored);
    await store.close();
    damageAll(data, 7);
    await expect(openStore(data)).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
    for (const manifests of [true, false]) {
      if (!manifests) data.manifest.clear();
      const { parts } = await salvaged(data);
      const notes = parts.get('notes')!;
      expect(notes.deletionsLost).toBe(true);
      const there = new Set(truth.map((each) => each.id));
      expect(notes.found.filter((each) => there.has(each.id))).toEqual(truth);
      // What the log of the last two generations deletes is known to be gone.
      expect(notes.found.map((each) => each.id).filter((each) => !there.has(each))).toEqual(['r3', 'r4']);
      expect(parts.get('other')!.found).toEqual(records(1, 5));
    }
  });

  test('head is damaged too, nothing else is lost by that', async () => {
    const { data, truth } = await scene();
    damage(data, 'meta', 'head');
    data.manifest.clear();
    const all = await salvaged(data);
    expect(foundIn(all)).toEqual(truth);
    expect(all.missing.some(({ details }) => details['what'] === 'head')).toBe(true);
  });

  test('log is damaged, what is before and after comes out, and the row is told', async () => {
    const { data } = await scene();
    data.manifest.clear();
    const rows = [...data.log.keys()].map(Number).sort((a, b) => a - b);
    const seq = rows.at(-3)!;
    damage(data, 'log', seq);
    const { parts, missing } = await salvaged(data);
    expect(missing.filter(({ details }) => details['what'] === 'log')).toMatchObject([{ details: { seq } }]);
    expect(parts.get('notes')!.records).toBeGreaterThan(20);
    expect(parts.get('other')!.found).toEqual(records(1, 5));
  });

  test('values are damaged in both generations, those records are listed and do not come out', async () => {
    const { data, truth } = await scene();
    damageAll(data, 1);
    const [documents] = keysOf(data, 4);
    damage(data, 'seg', documents!);
    const { parts } = await salvaged(data);
    const notes = [...parts.values()].find(({ records: count }) => count > 5)!;
    expect(notes.incomplete).toBeGreaterThan(0);
    expect(notes.ids).toHaveLength(notes.incomplete);
    const wanted = truth.get('notes')!;
    expect(notes.found).toEqual(wanted.filter(({ id }) => !notes.ids.includes(id)));
    expect(notes.records + notes.incomplete).toBe(wanted.length);
  });

  test('newest value of a record is lost, no older one comes out in its place', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await write(store, id, ...records(1, 20));
    await store.checkpoint();
    await write(store, id, record(7, 1));
    await store.checkpoint();
    await store.checkpoint();
    await write(store, id, record(100));
    await store.checkpoint();
    await store.close();
    // Without a manifest it is not even known which records a damaged segment was of.
    const [, ...newer] = keysOf(data, 2).sort();
    expect(newer.length).toBeGreaterThan(0);
    for (const key of newer) damage(data, 'seg', key);
    data.manifest.clear();
    const { parts } = await salvaged(data);
    const { found, incomplete } = parts.get('notes')!;
    expect(found.filter((each) => each.id === 'r7')).toEqual([]);
    expect(incomplete).toBeGreaterThan(0);
  });
});

/** A storage with room for log rows only: no checkpoint succeeds. */
function withoutRoom(data: MemoryData): StorageBackend {
  const inner = createMemoryStorage({ data });
  return {
    ...inner,
    commit: (batch, options) =>
      batch.puts.some((put) => put.store === 'seg')
        ? Promise.reject(kindexError('STORAGE_QUOTA', 'No room for segments.'))
        : inner.commit(batch, options),
  };
}

test('S60 a fork whose source has changed since is not made without a manifest, and that is told', async () => {
  const { store: first, data } = await openStore();
  const { id } = await create(first);
  await write(first, id, ...records(1, 10));
  await first.checkpoint();
  await first.checkpoint();
  await first.close();
  const { store } = await openStore(data, { backend: withoutRoom(data) });
  const { id: copy } = await store.forkCollection({ id, name: 'copy' });
  const then = await contents(store, copy);
  await store.delete({ collectionId: id, ids: ['r4'] });
  const left = copyData(data);
  await store.close();
  expect((await salvaged(left)).parts.get('copy')!.found).toEqual(then);
  left.manifest.clear();
  const { parts, missing } = await salvaged(left);
  expect(parts.get('copy')!.found).toEqual([]);
  expect(missing.map(({ details }) => details['collection'])).toContain('copy');
  expect(parts.get('notes')!.records).toBe(8);
});

test('S60 of nothing, nothing comes out', async () => {
  expect((await salvaged(createMemoryData())).parts).toEqual(new Map());
});

test('S60 without a manifest, a damaged segment is missed by records whose ids were written anew after it', async () => {
  const { store, data } = await openStore(createMemoryData(), SMALL);
  const { id } = await create(store);
  await write(store, id, ...records(1, 5));
  await store.checkpoint();
  for (const version of [1, 2]) {
    await write(store, id, record(0, version));
    await store.checkpoint();
  }
  const truth = await contents(store, id);
  await store.close();
  data.manifest.clear();
  const [oldest] = keysOf(data, 4).sort();
  const [ids] = keysOf(data, 3).sort();
  expect(generationOfKey(oldest!)).toBeLessThan(generationOfKey(ids!));
  damage(data, 'seg', oldest!);
  const { found, incomplete } = (await salvaged(data)).parts.get('notes')!;
  expect(found).toEqual(truth.filter((each) => each.id === 'r0'));
  expect(incomplete).toBe(4);
});

test('S60 segments without a manifest cost no record by their order, whatever was written when', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        from: fc.nat(20),
        count: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('delete' as const),
        from: fc.nat(20),
        count: fc.integer({ min: 1, max: 4 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('checkpoint' as const),
        from: fc.constant(0),
        count: fc.constant(0),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      fc.boolean(),
      async (steps, hurt, keepManifests) => {
        const { store, data } = await openStore(createMemoryData(), SMALL);
        const { id } = await create(store);
        for (const [version, { do: what, from, count }] of steps.entries()) {
          if (what === 'checkpoint') await store.checkpoint();
          else if (what === 'write') await write(store, id, ...records(from, from + count, version));
          else
            await store.delete({ collectionId: id, ids: records(from, from + count).map((each) => each.id) });
        }
        const truth = await contents(store, id);
        const left = copyData(data);
        await store.close();
        if (!keepManifests) left.manifest.clear();
        const whole = await salvaged(left);
        expect(whole.parts.get('notes')!.found).toEqual(truth);
        expect(whole.parts.get('notes')!.incomplete).toBe(0);
        // Damaged values: what comes out is still true, and every record is there or told.
        const keys = [...left.seg.keys()].map(String).filter((key) => /^\d+\.00[2-6]\./.test(key));
        for (const at of keys.length > 0 ? hurt : []) damage(left, 'seg', keys[at % keys.length]!);
        const { parts } = await salvaged(left);
        const { found, incomplete } = parts.get('notes')!;
        const there = new Set(found.map((each) => each.id));
        expect(found).toEqual(truth.filter((each) => there.has(each.id)));
        if (keepManifests) expect(found.length + incomplete).toBe(truth.length);
      },
    ),
    { numRuns: 120 },
  );
});
