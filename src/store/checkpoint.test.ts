/** Checkpoints: what they write, when, and what opening makes of damaged ones. */
import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import { loadCore } from '../core/load.js';
import { createScalarCore } from '../core/scalar.js';
import { decodeManifest, segmentKeysOf } from '../format/manifest.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { STORE_NAMES } from '../storage/storage.js';
import type { VectorEngine } from '../vector-index/engine.js';
import type { HnswIndex } from '../vector-index/hnsw.js';
import { checkpointContract } from './checkpoint.contract.js';
import { smallGraphEngine } from './fixtures/graph-engine.js';
import { createFaultyStorage, createGate } from './fixtures/faulty-storage.js';
import { copyData } from './fixtures/copy-data.js';
import { manifestsOf } from './fixtures/manifests.js';
import { batchOf, configuration, contents, create, DATABASE, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';

const core = createScalarCore();
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);

checkpointContract('memory', {
  createDatabase: () => {
    const data = createMemoryData();
    return async () => createMemoryStorage({ data });
  },
});

let databases = 0;

checkpointContract('fake-indexeddb', {
  createDatabase: () => {
    const name = `checkpoint-${(databases += 1)}`;
    return () => openIndexedDbStorage(name);
  },
});

function records(from: number, to: number): TestRecord[] {
  return Array.from({ length: to - from }, (_, i) => ({
    id: `r${from + i}`,
    vector: [from + i, 1],
    document: `document ${from + i}`,
    metadata: { n: from + i },
    uri: `u${from + i}`,
  }));
}

function sameData(a: MemoryData, b: MemoryData): boolean {
  return STORE_NAMES.every(
    (store) =>
      a[store].size === b[store].size &&
      [...a[store]].every(([key, value]) => Buffer.from(value).equals(b[store].get(key) ?? Buffer.of())),
  );
}

describe('what a checkpoint writes', () => {
  test('S14 after a checkpoint opening replays nothing, and the log keeps what the generation before needs', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 3)) });
    await store.checkpoint();
    expect([...data.log.keys()]).toEqual([1, 2]);
    expect((await store.diagnostics()).logBytes).toBe(0);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(3, 4)) });
    await store.checkpoint();
    expect([...data.log.keys()]).toEqual([3]);
    const told = await contents(store, id);
    await store.close();
    data.log.clear();
    const { store: again } = await openStore(data);
    expect(await contents(again, id)).toEqual(told);
  });

  test('S14 a checkpoint of nothing new writes nothing', async () => {
    const { store, data } = await openStore();
    await create(store);
    await store.checkpoint();
    const before = copyData(data);
    await store.checkpoint();
    expect(data).toEqual(before);
  });

  test('S15 only what changed is written: segments of unchanged rows stay as they are', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 200)) });
    await store.checkpoint();
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(200, 203)) });
    await store.write({
      collectionId: id,
      mode: 'update',
      batch: batchOf({ id: 'r7', metadata: { n: -1 } }),
    });
    await store.checkpoint();
    const [newest, former] = manifestsOf(data);
    const kept = new Set(segmentKeysOf(former!));
    const written = newest!.collections[0]!.segments.filter(({ gen }) => gen === newest!.gen);
    expect(written.map(({ kind, rows, firstRow, lastRow }) => [kind, rows, firstRow, lastRow])).toEqual([
      ['ids', 3, 200, 202],
      ['vectors', 3, 200, 202],
      ['documents', 3, 200, 202],
      ['metadatas', 4, 7, 202],
      ['uris', 3, 200, 202],
    ]);
    expect(segmentKeysOf(newest!).filter((key) => kept.has(key))).toHaveLength(6);
    expect(data.seg.size).toBe(6 + 5);
  });

  test('S15 many small checkpoints leave few segments', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    for (let i = 0; i < 64; i++) {
      await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(i, i + 1)) });
      await store.checkpoint();
    }
    const { segments } = manifestsOf(data)[0]!.collections[0]!;
    for (const kind of ['ids', 'vectors', 'documents', 'metadatas', 'uris'])
      expect(segments.filter((each) => each.kind === kind).length, kind).toBeLessThanOrEqual(8);
    expect((await contents((await openStore(data)).store, id)).length).toBe(64);
  });

  test('S15 deletes are tombstones until 30 % of a segment are gone, then it is rewritten without them', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 100)) });
    await store.checkpoint();
    const remove = (from: number, to: number): Promise<unknown> =>
      store.delete({ collectionId: id, ids: records(from, to).map((record) => record.id) });
    const rowsOf = (kind: string): number[] =>
      manifestsOf(data)[0]!
        .collections[0]!.segments.filter((each) => each.kind === kind)
        .map(({ rows }) => rows);

    await remove(0, 30);
    await store.checkpoint();
    expect([rowsOf('tombstones'), rowsOf('vectors'), rowsOf('documents')]).toEqual([[30], [100], [100]]);
    await remove(30, 31);
    await store.checkpoint();
    expect([rowsOf('tombstones'), rowsOf('ids'), rowsOf('vectors'), rowsOf('documents')]).toEqual([
      [31],
      [69],
      [69],
      [69],
    ]);
    const { store: again } = await openStore(data);
    expect((await contents(again, id)).map((record) => record.id)).toEqual(
      records(31, 100).map((record) => record.id),
    );
    await again.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 1)) });
    expect((await contents(again, id)).at(-1)!.id).toBe('r0');
  });

  test('S14 the dimensions of a collection whose records are all gone are kept', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 2)) });
    await store.delete({ collectionId: id, ids: ['r0', 'r1'] });
    await store.checkpoint();
    const { store: again } = await openStore(data);
    expect((await again.getCollection({ id })).dimensions).toBe(2);
    expect(await contents(again, id)).toEqual([]);
  });

  test('S14 tenants and databases are in it', async () => {
    const { store, data } = await openStore();
    await store.createTenant({ name: 't' });
    await store.createDatabase({ tenant: 't', database: 'd' });
    await store.createCollection({
      tenant: 't',
      database: 'd',
      name: 'c',
      metadata: null,
      configuration: configuration(),
      getOrCreate: false,
    });
    await store.checkpoint();
    data.log.clear();
    const { store: again } = await openStore(data);
    expect((await again.listDatabases({ tenant: 't', limit: 9, offset: 0 })).map(({ name }) => name)).toEqual(
      ['d'],
    );
    expect(
      (await again.listCollections({ tenant: 't', database: 'd', limit: 9, offset: 0 })).map(
        ({ name }) => name,
      ),
    ).toEqual(['c']);
  });
});

describe('when a checkpoint runs', () => {
  test('S14 by itself after 8 MiB of log, behind the calls', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    for (let i = 0; i < 9; i++)
      await store.write({
        collectionId: id,
        mode: 'add',
        batch: batchOf({ id: `${i}`, vector: [i], document: 'x'.repeat(1_000_000) }),
      });
    await store.close();
    expect(manifestsOf(data)[0]!.checkpointEntry).toBeGreaterThanOrEqual(9);
    const { store: again } = await openStore(data);
    expect(await again.count({ collectionId: id })).toBe(9);
  });

  test.each([
    { residence: 'memory', begins: 17 },
    { residence: 'disk', begins: 9 },
  ] as const)(
    'S14 in a burst of writes it waits until rows are linked, up to 16 MiB; vectors on disk wait for nothing: $residence',
    async ({ residence, begins }) => {
      const wasm = (await loadCore()).core;
      const graphs = smallGraphEngine(wasm);
      let mayLink = false;
      const engine: VectorEngine = {
        kind: 'hnsw',
        create(options) {
          const index = graphs.create(options) as HnswIndex;
          const build = index.build.bind(index);
          return Object.assign(index, { build: (distances: number) => mayLink && build(distances) });
        },
      };
      const open = async (): Promise<{
        data: MemoryData;
        write: (i: number) => Promise<void>;
        end: () => Promise<void>;
      }> => {
        const { store, data } = await openStore(undefined, { engine, core: wasm });
        const { id } = await create(store, 'notes', 'l2', residence);
        await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 20)) });
        const write = async (i: number): Promise<void> => {
          const document = 'x'.repeat(1024 * 1024);
          const batch = batchOf({ id: `${i}`, vector: [i, i], document });
          await store.write({ collectionId: id, mode: 'add', batch });
          await new Promise((resolve) => setTimeout(resolve, 40));
        };
        return { data, write, end: () => store.close() };
      };
      const burst = await open();
      for (let i = 1; i < begins - 1; i++) await burst.write(i);
      expect(burst.data.manifest.size).toBe(0);
      for (let i = begins - 1; i <= begins; i++) await burst.write(i);
      await expect.poll(() => burst.data.manifest.size).toBeGreaterThan(0);
      await burst.end();

      const ended = await open();
      for (let i = 1; i <= 9; i++) await ended.write(i);
      mayLink = true;
      await expect.poll(() => manifestsOf(ended.data)[0]?.checkpointEntry ?? 0).toBeGreaterThan(9);
      await ended.end();
    },
  );

  test('S14 by itself after 2,000 entries', async () => {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await Promise.all(
      Array.from({ length: 2000 }, (_, i) =>
        store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: `${i}`, vector: [i] }) }),
      ),
    );
    await store.close();
    expect(manifestsOf(data)[0]!.checkpointEntry).toBe(2001);
  });

  test('S14 reads and writes go on while segments are being stored; what is written meanwhile stays in the log', async () => {
    const data = createMemoryData();
    const backend = createFaultyStorage(createMemoryStorage({ data }));
    const { store } = await openStore(data, { backend });
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 20)) });
    const { gate, open } = createGate();
    backend.gate = gate;
    const checkpoint = store.checkpoint();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const write = store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(20, 22)) });
    const remove = store.delete({ collectionId: id, ids: ['r0'] });
    expect(await contents(store, id)).toHaveLength(20);
    open();
    await Promise.all([checkpoint, write, remove]);
    expect(manifestsOf(data)[0]!.checkpointEntry).toBe(2);
    expect((await store.diagnostics()).logBytes).toBeGreaterThan(0);
    const told = await contents(store, id);
    expect(told.map((record) => record.id)).toEqual(records(1, 22).map((record) => record.id));
    expect(await contents((await openStore(copyData(data))).store, id)).toEqual(told);
    await store.checkpoint();
    expect(await contents((await openStore(copyData(data))).store, id)).toEqual(told);
  });

  test('S5 a former owner is fenced at its checkpoint and stores nothing', async () => {
    const data = createMemoryData();
    const { store: former } = await openStore(data);
    const { id } = await create(former);
    await openStore(data);
    const before = copyData(data);
    await expect(former.checkpoint()).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await expect(former.count({ collectionId: id })).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    expect(data).toEqual(before);
  });

  test('S16 a checkpoint that fails is told in diagnostics until one succeeds', async () => {
    const backend = createFaultyStorage(createMemoryStorage());
    const { store } = await openStore(undefined, { backend });
    await create(store);
    backend.fault = { at: backend.batches.length + 1, stored: false, code: 'STORAGE_QUOTA' };
    await expect(store.checkpoint()).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
    expect((await store.diagnostics()).warnings).toEqual([expect.stringContaining('STORAGE_QUOTA')]);
    await store.checkpoint();
    expect((await store.diagnostics()).warnings).toEqual([]);
  });
});

describe('damaged generations', () => {
  /** Two generations: ids, vectors and so on of rows 0…19 in both, of 20…21 and newer metadata in the second; a log after it. */
  async function filled(): Promise<{ data: MemoryData; id: string; told: Required<TestRecord>[] }> {
    const { store, data } = await openStore();
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 20)) });
    await store.checkpoint();
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(20, 22)) });
    await store.write({
      collectionId: id,
      mode: 'update',
      batch: batchOf({ id: 'r7', metadata: { n: -1 } }, { id: 'r9', metadata: { n: null } }),
    });
    await store.delete({ collectionId: id, ids: ['r3'] });
    await store.checkpoint();
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(22, 24)) });
    return { data, id, told: await contents(store, id) };
  }

  const slotOf = (data: MemoryData, at: 0 | 1): string => {
    const { gen } = manifestsOf(data)[at]!;
    return String([...data.manifest].find(([, bytes]) => decodeManifest(bytes, checksum).gen === gen)![0]);
  };

  const sharedBy = (data: MemoryData): Set<string> => {
    const [newest, former] = manifestsOf(data);
    const inFormer = new Set(segmentKeysOf(former!));
    return new Set(segmentKeysOf(newest!).filter((key) => inFormer.has(key)));
  };

  async function opens(data: MemoryData, id: string): Promise<{ told: unknown; warnings: string[] }> {
    const { store } = await openStore(data);
    return { told: await contents(store, id), warnings: (await store.diagnostics()).warnings };
  }

  test('S16 whatever bit of the newest manifest is flipped, the one before it and the log give the same, and a warning', async () => {
    const { data, id, told } = await filled();
    const slot = slotOf(data, 0);
    const { length } = data.manifest.get(slot)!;
    for (let byte = 0; byte < length; byte++) {
      const damaged = copyData(data);
      damaged.manifest.get(slot)![byte]! ^= 1 << (byte & 7);
      const seen = await opens(damaged, id);
      expect(seen.told, `byte ${byte}`).toEqual(told);
      expect(seen.warnings, `byte ${byte}`).toEqual([expect.stringContaining('manifest')]);
    }
  });

  test('S16 the fallback is whole again after the next checkpoint', async () => {
    const { data, id, told } = await filled();
    data.manifest.get(slotOf(data, 0))![30]! ^= 4;
    const { store } = await openStore(data);
    await store.checkpoint();
    await store.close();
    data.log.clear();
    expect(await opens(data, id)).toEqual({ told, warnings: [] });
  });

  test('S16 a damaged older manifest is told, and nothing is missing', async () => {
    const { data, id, told } = await filled();
    data.manifest.get(slotOf(data, 1))![70]! ^= 1;
    const seen = await opens(data, id);
    expect(seen.told).toEqual(told);
    expect(seen.warnings).toHaveLength(1);
  });

  test('S16 with both manifests damaged, or both gone, a store is FORMAT_CORRUPT and stays as it is', async () => {
    const { data } = await filled();
    const cut = copyData(data);
    for (const value of cut.manifest.values()) value[3]! ^= 1;
    const gone = copyData(data);
    gone.manifest.clear();
    for (const damaged of [cut, gone]) {
      const before = copyData(damaged);
      await expect(openStore(damaged)).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
      expect(damaged).toEqual(before);
    }
  });

  test('S16 whatever bit of a segment is flipped that the newest generation alone needs, the one before it makes up for it', async () => {
    const { data, id, told } = await filled();
    const shared = sharedBy(data);
    const own = segmentKeysOf(manifestsOf(data)[0]!).filter((key) => !shared.has(key));
    expect(own.length).toBeGreaterThan(4);
    for (const key of own) {
      const { length } = data.seg.get(key)!;
      // Every byte of header, checksum and the first fields, and every seventh of the values.
      for (let byte = 0; byte < length; byte += byte < 80 || byte >= length - 8 ? 1 : 7) {
        const damaged = copyData(data);
        damaged.seg.get(key)![byte]! ^= 1 << (byte & 7);
        const seen = await opens(damaged, id);
        expect(seen.told, `${key} byte ${byte}`).toEqual(told);
        expect(seen.warnings).toEqual([expect.stringContaining(key)]);
      }
    }
  }, 60_000);

  test.each<[string, (seg: MemoryData['seg'], key: string) => void]>([
    ['damaged', (seg, key) => (seg.get(key)![40]! ^= 1)],
    ['missing', (seg, key) => seg.delete(key)],
  ])(
    'S16 a catalog of both generations that is %s is FORMAT_CORRUPT with its name, and nothing is touched',
    async (_, damage) => {
      const { data } = await filled();
      const [newest] = manifestsOf(data);
      const key = segmentKeysOf({ ...newest!, collections: [] })[0]!;
      expect(sharedBy(data).has(key)).toBe(true);
      damage(data.seg, key);
      const before = copyData(data);
      await expect(openStore(data)).rejects.toMatchObject({
        code: 'FORMAT_CORRUPT',
        details: { segment: key },
      });
      expect(sameData(data, before)).toBe(true);
    },
  );

  test('S16 a manifest of another store is refused', async () => {
    const { data } = await filled();
    const { data: stranger } = await filled();
    for (const [slot, bytes] of stranger.manifest) data.manifest.set(slot, bytes);
    await expect(openStore(data)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      details: { what: 'manifest' },
    });
  });

  test('S13 a store whose head is gone is not new while segments lie there', async () => {
    const { data } = await filled();
    data.meta.clear();
    data.log.clear();
    data.manifest.clear();
    await expect(openStore(data)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
      details: { what: 'head' },
    });
  });

  test('S14 a reset after a checkpoint leaves an empty store, and the next checkpoint frees the segments', async () => {
    const { data, id } = await filled();
    const { store } = await openStore(data);
    await store.reset();
    await store.close();
    const { store: again } = await openStore(data);
    expect(await again.countCollections(DATABASE)).toBe(0);
    await expect(again.count({ collectionId: id })).rejects.toMatchObject({ code: 'NOT_FOUND_COLLECTION' });
    for (let i = 0; i < 2; i++) {
      await again.createTenant({ name: `t${i}` });
      await again.checkpoint();
    }
    expect([...data.seg.keys()].length).toBe(2);
  });
});
