/** Stored indexes: kept over checkpoints, taken up at opening, and no harm to anything when they are damaged. */
import { describe, expect, test } from 'vitest';
import { graphBytes } from '../core/fixtures/graph-bytes.js';
import { createScalarCore } from '../core/scalar.js';
import { isDerived, segmentKey } from '../format/segment.js';
import type { SegmentReference } from '../format/segment.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { defaultEngine } from '../vector-index/engine.js';
import { kindexError } from '../base/errors.js';
import { createFaultyStorage, createGate } from './fixtures/faulty-storage.js';
import { settled, smallGraphEngine } from './fixtures/graph-engine.js';
import { copyData } from './fixtures/copy-data.js';
import { newestManifest } from './fixtures/manifests.js';
import { nearestInSpiral, spiral, walkedInSpiral } from './fixtures/spiral.js';
import { batchOf, configuration, contents, create, DATABASE, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import type { Store } from './store.js';

const core = createScalarCore();
const GROWS = { engine: smallGraphEngine(core) };
const STILL = { engine: smallGraphEngine(core, { still: true }) };

/** Codes are derived too, and have tests of their own. */
function derivedOf(data: MemoryData): SegmentReference[] {
  const isIndex = ({ kind }: SegmentReference): boolean =>
    isDerived(kind) && kind !== 'codes' && kind !== 'vectorRows';
  return newestManifest(data).collections.flatMap(({ segments }) => segments.filter(isIndex));
}

/** 100 records with their graph in a checkpoint. */
async function filled(): Promise<{ store: Store; data: MemoryData; id: string }> {
  const { store, data } = await openStore(undefined, GROWS);
  const { id } = await create(store);
  await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(0, 100)) });
  await settled(store);
  await store.checkpoint();
  return { store, data, id };
}

async function indexed(store: Store, id: string): Promise<number> {
  return (await store.indexingStatus({ collectionId: id })).indexed;
}

describe('a graph in a checkpoint', () => {
  test('S40 is taken up at opening: nothing is linked anew, and answers are the same', async () => {
    const { store, data, id } = await filled();
    expect(derivedOf(data).map(({ kind, rows, lastRow }) => [kind, rows, lastRow])).toEqual([
      ['graph', 100, 99],
    ]);
    const told = await walkedInSpiral(GROWS.engine, store, id);
    const links = graphBytes(GROWS.engine.indexes.at(-1)!);
    const { store: again } = await openStore(data, STILL);
    expect(await indexed(again, id)).toBe(100);
    expect(await walkedInSpiral(STILL.engine, again, id)).toEqual(told);
    expect(graphBytes(STILL.engine.indexes.at(-1)!)).toEqual(links);
    expect((await again.diagnostics()).warnings).toEqual([]);
  });

  test('S40 is written behind the calls when it has become complete, although nothing waits in the log', async () => {
    const { store, data } = await openStore(undefined, GROWS);
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(0, 100)) });
    await expect.poll(() => data.manifest.size).toBe(1);
    await store.checkpoint();
    expect(derivedOf(data).map(({ kind, rows }) => [kind, rows])).toEqual([['graph', 100]]);
  });

  test('S40 a few new, changed and deleted rows leave it where it is, and are told apart at opening', async () => {
    const { store, data, id } = await filled();
    const [graph] = derivedOf(data);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(100, 102)) });
    await store.write({
      collectionId: id,
      mode: 'update',
      batch: batchOf({ id: 'r7', vector: [50, 50] }, { id: 'r90', vector: [-50, 50] }),
    });
    await store.delete({ collectionId: id, ids: ['r3', 'r90'] });
    await settled(store);
    await store.checkpoint();
    expect(derivedOf(data).map(({ kind, rows, gen }) => [kind, rows, gen === graph!.gen])).toEqual([
      ['graph', 100, true],
      ['graphChanges', 2, false],
    ]);
    // What only the log knows.
    await store.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r8', vector: [60, -60] }) });
    await settled(store);
    const told = await contents(store, id);
    const { store: again } = await openStore(copyData(data), STILL);
    expect(await contents(again, id)).toEqual(told);
    // Of 100 live: all but r7, r8, r100 and r101.
    expect(await again.indexingStatus({ collectionId: id })).toEqual({ indexed: 96, total: 100 });
    expect(await walkedInSpiral(STILL.engine, again, id)).toEqual(
      await walkedInSpiral(GROWS.engine, store, id),
    );
    for (const [at, expected] of [
      [[50, 50], 'r7'],
      [[60, -60], 'r8'],
    ] as const) {
      const vectors = { data: Float32Array.from(at), rows: 1, dimensions: 2 };
      const { results } = await again.query({ collectionId: id, vectors, nResults: 1, include: [] });
      expect(results[0]!.ids).toEqual([expected]);
    }
  });

  test('S40 is written anew when more than a sixteenth of it is not as stored', async () => {
    const { store, data, id } = await filled();
    const first = derivedOf(data)[0]!.gen;
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(100, 106)) });
    await settled(store);
    await store.checkpoint();
    expect(derivedOf(data)[0]!.gen).toBe(first);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(106, 108)) });
    await settled(store);
    await store.checkpoint();
    expect(derivedOf(data).map(({ kind, rows, gen }) => [kind, rows, gen > first])).toEqual([
      ['graph', 108, true],
    ]);
  });

  test('S40 does not begin a checkpoint for few rows, and goes along with the next one', async () => {
    const { store, data, id } = await filled();
    const { gen } = newestManifest(data);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(100, 140)) });
    await settled(store);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(newestManifest(data).gen).toBe(gen);
    await store.checkpoint();
    expect(derivedOf(data).map(({ kind, rows }) => [kind, rows])).toEqual([['graph', 140]]);
  });

  test('S40 S14 a collection that is deleted while its graph is being stored leaves nothing behind', async () => {
    const data = createMemoryData();
    const backend = createFaultyStorage(createMemoryStorage({ data }));
    const { store } = await openStore(data, { ...GROWS, backend, segmentBytes: 2000 });
    const { id } = await create(store);
    await create(store, 'other');
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(0, 100)) });
    const { gate, open } = createGate();
    backend.gate = gate;
    await settled(store);
    const checkpoint = store.checkpoint();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const deleted = store.deleteCollection({ ...DATABASE, name: 'notes' });
    open();
    await Promise.all([checkpoint, deleted]);
    await store.checkpoint();
    expect(newestManifest(data).collections).toHaveLength(1);
    await store.checkpoint();
    await store.close();
    const { store: again } = await openStore(data, GROWS);
    await again.createCollection({
      ...DATABASE,
      name: 'new',
      metadata: null,
      configuration: configuration(),
      getOrCreate: false,
    });
    await again.checkpoint();
    expect([...data.seg.keys()].filter((key) => !String(key).includes('.001.'))).toEqual([]);
    expect((await again.diagnostics()).warnings).toEqual([]);
  });

  test('S40 is no longer kept when half of its rows are gone, or all', async () => {
    const { store, data, id } = await filled();
    const remove = (from: number, to: number): Promise<unknown> =>
      store.delete({ collectionId: id, ids: spiral(from, to).map((record) => record.id) });
    await remove(0, 60);
    await settled(store);
    await store.checkpoint();
    expect(derivedOf(data).map(({ kind, rows }) => [kind, rows])).toEqual([['graph', 40]]);
    await remove(60, 100);
    await store.checkpoint();
    expect(derivedOf(data)).toEqual([]);
    const { store: again } = await openStore(data, GROWS);
    expect(await contents(again, id)).toEqual([]);
  });

  test('S40 is kept by an engine without a graph, which notes what changes', async () => {
    const { store, data, id } = await filled();
    await store.close();
    const { store: flat } = await openStore(data, { engine: defaultEngine(core) });
    await flat.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r7', vector: [50, 50] }) });
    await flat.checkpoint();
    await flat.close();
    const { store: again } = await openStore(data, STILL);
    expect(await indexed(again, id)).toBe(99);
  });

  test('S40 more neighbors per row leave what is stored of use; for fewer it is built anew at the next opening', async () => {
    const { store, data, id } = await filled();
    await store.modifyCollection({ id, configuration: { maxNeighbors: 32 } });
    await store.checkpoint();
    await store.close();
    const { store: wider } = await openStore(data, STILL);
    expect(await indexed(wider, id)).toBe(100);
    await wider.modifyCollection({ id, configuration: { maxNeighbors: 4 } });
    await wider.checkpoint();
    await wider.close();
    const { store: narrower } = await openStore(data, STILL);
    expect(await indexed(narrower, id)).toBe(0);
    expect((await narrower.diagnostics()).warnings).toEqual([
      expect.stringContaining('it was built with other parameters'),
    ]);
  });
});

describe('what a checkpoint writes', () => {
  test('S15 a small change of a large collection is a small checkpoint', async () => {
    const data = createMemoryData();
    const inner = createMemoryStorage({ data });
    let written = 0;
    const backend: StorageBackend = {
      ...inner,
      name: inner.name,
      commit: async (batch, options) => {
        await inner.commit(batch, options);
        written += batch.puts.reduce((sum, { value }) => sum + value.length, 0);
      },
    };
    const { store } = await openStore(data, {
      backend,
      segmentBytes: 64 * 1024,
      engine: smallGraphEngine(core),
    });
    const { id } = await create(store);
    const large = (from: number, to: number): TestRecord[] =>
      spiral(from, to).map(({ id: name, vector }) => ({
        id: name,
        vector: Array.from({ length: 64 }, (_, i) => vector![i % 2]! + i),
        document: `document of ${name} `.repeat(20),
        metadata: { name },
      }));
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...large(0, 1500)) });
    await settled(store);
    written = 0;
    await store.checkpoint();
    await store.checkpoint();
    const whole = [...data.seg.values()].reduce((sum, { length }) => sum + length, 0);
    expect(whole).toBeGreaterThan(900_000);

    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...large(1500, 1503)) });
    await store.write({ collectionId: id, mode: 'update', batch: batchOf(...large(4, 6)) });
    await store.delete({ collectionId: id, ids: ['r900'] });
    await settled(store);
    written = 0;
    await store.checkpoint();
    expect(written).toBeGreaterThan(5 * 64 * 4);
    expect(written).toBeLessThan(whole * 0.02);
    const told = await contents(store, id);
    expect(await contents((await openStore(copyData(data), STILL)).store, id)).toEqual(told);
  });
});

/** 1.1 MB of documents, so that they are indexed; every seventh holds "needle". */
function texts(from: number, to: number): TestRecord[] {
  return spiral(from, to).map((record, i) => ({
    ...record,
    document: `${(from + i) % 7 === 0 ? 'a needle' : 'hay'} in document ${from + i} ${'of many words '.repeat(1300)}`,
  }));
}

async function found(store: Store, id: string, text = 'needle'): Promise<string[]> {
  const { ids } = await store.get({
    collectionId: id,
    whereDocument: { $contains: text },
    include: [],
  });
  return ids;
}

/** 60 long documents whose trigrams lie in a checkpoint. */
async function indexedTexts(): Promise<{ store: Store; data: MemoryData; id: string; told: string[] }> {
  const { store, data } = await openStore(undefined, { ...GROWS, segmentBytes: 30_000 });
  const { id } = await create(store);
  await store.write({ collectionId: id, mode: 'add', batch: batchOf(...texts(0, 60)) });
  const told = await found(store, id);
  await expect
    .poll(async () => {
      await found(store, id);
      await store.checkpoint();
      return derivedOf(data).some(({ kind }) => kind === 'trigrams');
    })
    .toBe(true);
  return { store, data, id, told };
}

describe('trigrams in a checkpoint', () => {
  test('S40 are read when documents are first asked for, once, and not before', async () => {
    const { data, id, told } = await indexedTexts();
    expect(told).toHaveLength(9);
    const read: string[] = [];
    const inner = createMemoryStorage({ data });
    const backend: StorageBackend = {
      ...inner,
      name: inner.name,
      read: async (store, key) => {
        if (store === 'seg') read.push(String(key).slice(17, 20));
        return inner.read(store, key);
      },
    };
    const { store } = await openStore(data, { ...GROWS, backend });
    expect(read).not.toContain('130');
    expect(await Promise.all([found(store, id), found(store, id)])).toEqual([told, told]);
    const parts = derivedOf(data).filter(({ kind }) => kind === 'trigrams').length;
    expect(parts).toBeGreaterThan(2);
    expect(read.filter((kind) => kind === '130')).toHaveLength(parts);
    expect(await found(store, id, 'hay in')).toHaveLength(51);
    expect(read.filter((kind) => kind === '130')).toHaveLength(parts);
  });

  test('S40 changed, new and deleted documents are found as they are, before and after the trigrams are read', async () => {
    const { store, data, id } = await indexedTexts();
    await store.write({
      collectionId: id,
      mode: 'update',
      batch: batchOf({ id: 'r0', document: 'changed' }, { id: 'r1', document: 'another needle' }),
    });
    await store.checkpoint();
    expect(derivedOf(data).some(({ kind, rows }) => kind === 'trigramChanges' && rows === 2)).toBe(true);
    await store.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r2', document: 'needle' }) });
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...texts(60, 64)) });
    await store.delete({ collectionId: id, ids: ['r7'] });
    const expected = ['r1', 'r2', 'r14', 'r21', 'r28', 'r35', 'r42', 'r49', 'r56', 'r63'];
    expect(await found(store, id)).toEqual(expected);
    const { store: again } = await openStore(copyData(data), GROWS);
    await again.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r3', document: 'needle' }) });
    expect(await found(again, id)).toEqual(['r1', 'r2', 'r3', ...expected.slice(2)]);
    expect(await found(again, id, 'changed')).toEqual(['r0']);
    expect((await again.diagnostics()).warnings).toEqual([]);
  });

  test('S40 deleting by documents finds the same whether they are read or not', async () => {
    const { data, id, told } = await indexedTexts();
    for (const read of [false, true]) {
      const { store } = await openStore(copyData(data), GROWS);
      if (read) await found(store, id);
      const whereDocument = { $contains: 'needle' };
      expect(await store.delete({ collectionId: id, whereDocument })).toEqual({ deleted: told.length });
      expect(await found(store, id)).toEqual([]);
      expect(await store.count({ collectionId: id })).toBe(60 - told.length);
    }
  });

  test('S40 that are not read are kept from checkpoint to checkpoint, with what has changed', async () => {
    const { store, data, id, told } = await indexedTexts();
    await store.close();
    const { store: second } = await openStore(data, { ...GROWS, segmentBytes: 30_000 });
    await second.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r0', document: 'no' }) });
    await second.checkpoint();
    await second.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r14', document: 'no' }) });
    await second.checkpoint();
    await second.close();
    const { store: third } = await openStore(data, GROWS);
    expect(await found(third, id)).toEqual(told.filter((name) => name !== 'r0' && name !== 'r14'));
  });

  test('S40 damage that shows when they are read is told, and they are made again', async () => {
    const { data, id, told } = await indexedTexts();
    const part = derivedOf(data).find(({ kind }) => kind === 'trigrams')!;
    data.seg.get(segmentKey(part))![5000]! ^= 1;
    const { store } = await openStore(data, { ...GROWS, segmentBytes: 30_000 });
    expect((await store.diagnostics()).warnings).toEqual([]);
    expect(await found(store, id)).toEqual(told);
    expect((await store.diagnostics()).warnings).toEqual([
      expect.stringMatching(/index of documents .* "notes" .* checksum/),
    ]);
    await expect
      .poll(async () => {
        await found(store, id);
        await store.checkpoint();
        return derivedOf(data).filter(({ kind, gen }) => kind === 'trigrams' && gen > part.gen).length;
      })
      .toBeGreaterThan(2);
    expect(await found((await openStore(data, GROWS)).store, id)).toEqual(told);
  });
});

describe('neighbors that are configured and not in use yet', () => {
  test('S40 a graph is stored with those it was built with: it is taken up wherever these fit', async () => {
    const { store, data, id } = await filled();
    // In memory it stays one of 16 neighbors until the next opening.
    await store.modifyCollection({ id, configuration: { maxNeighbors: 64 } });
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(100, 150)) });
    await settled(store);
    await store.checkpoint();
    await store.modifyCollection({ id, configuration: { maxNeighbors: 32 } });
    const { store: again } = await openStore(data, STILL);
    expect((await again.diagnostics()).warnings).toEqual([]);
    expect(await indexed(again, id)).toBe(150);
  });

  test('S40 where they do not fit, that is told, and not as damage of the bytes in it', async () => {
    const { store, data, id } = await filled();
    await store.modifyCollection({ id, configuration: { maxNeighbors: 4 } });
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(100, 150)) });
    await settled(store);
    await store.checkpoint();
    const { store: again } = await openStore(data, STILL);
    expect((await again.diagnostics()).warnings).toEqual([
      expect.stringContaining('built with other parameters'),
    ]);
    expect(await indexed(again, id)).toBe(0);
  });
});

describe('damaged indexes', () => {
  test('S40 whatever byte of them is damaged, the newest generation opens with everything, a warning, and a graph built anew', async () => {
    const { store, data, id } = await filled();
    await store.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r7', vector: [50, 50] }) });
    await store.checkpoint();
    // Only the newest generation has it all: an older one would need the log.
    data.log.clear();
    const derived = derivedOf(data);
    expect(derived.map(({ kind }) => kind)).toEqual(['graph', 'graphChanges']);
    const told = await contents(store, id);
    for (const reference of derived) {
      const step = Math.ceil(reference.bytes / 60);
      for (let byte = 0; byte < reference.bytes; byte += step) {
        const damaged = copyData(data);
        damaged.seg.get(segmentKey(reference))![byte]! ^= 1 << (byte & 7);
        const { store: again } = await openStore(damaged, STILL);
        expect(await contents(again, id)).toEqual(told);
        expect((await again.diagnostics()).warnings, `${reference.kind}, byte ${byte}`).toEqual([
          expect.stringContaining('stored graph of collection "notes"'),
        ]);
        expect(await indexed(again, id)).toBe(0);
        // By the scan, and by the graph of the store that has one.
        expect(await nearestInSpiral(again, id)).toEqual(await walkedInSpiral(GROWS.engine, store, id));
      }
    }
  });

  test.each<[string, (data: MemoryData, key: string) => void]>([
    ['missing', (data, key) => data.seg.delete(key)],
    ['cut short', (data, key) => data.seg.set(key, data.seg.get(key)!.slice(0, -8))],
    ['empty', (data, key) => data.seg.set(key, new Uint8Array(0))],
    ['another one', (data, key) => data.seg.set(key, [...data.seg].find(([other]) => other !== key)![1])],
  ])('S40 a part that is %s is made up for, and replaced by the next checkpoint', async (_, damage) => {
    const { data, id } = await filled();
    damage(data, segmentKey(derivedOf(data)[0]!));
    const { store } = await openStore(data, GROWS);
    expect((await store.diagnostics()).warnings).toHaveLength(1);
    await settled(store);
    await store.checkpoint();
    await store.close();
    const { store: again } = await openStore(data, STILL);
    expect((await again.diagnostics()).warnings).toEqual([]);
    expect(await indexed(again, id)).toBe(100);
  });

  test('S40 a part that the storage cannot read is made up for; storage that is gone is not', async () => {
    const { data, id } = await filled();
    const inner = createMemoryStorage({ data });
    const failing = (code: 'STORAGE_FAILED' | 'STORAGE_LOST'): StorageBackend => ({
      ...inner,
      name: inner.name,
      read: async (store, key) => {
        if (store === 'seg' && String(key).includes('.128.')) throw kindexError(code, 'Failed to read.');
        return inner.read(store, key);
      },
    });
    const { store } = await openStore(data, { ...STILL, backend: failing('STORAGE_FAILED') });
    expect(await contents(store, id)).toHaveLength(100);
    expect((await store.diagnostics()).warnings).toEqual([expect.stringContaining('Failed to read')]);
    await expect(openStore(data, { ...STILL, backend: failing('STORAGE_LOST') })).rejects.toMatchObject({
      code: 'STORAGE_LOST',
    });
  });
});
