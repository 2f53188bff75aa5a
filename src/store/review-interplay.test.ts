/** Scratch. */
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { createStoreMarker } from '../storage/marker.js';
import type { MarkPlace } from '../storage/marker.js';
import { createMemoryData } from '../storage/memory.js';
import { settled, smallGraphEngine } from './fixtures/graph-engine.js';
import { batchOf, create, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';

const core = createScalarCore();

function place(): MarkPlace & { text: string | null } {
  const found = {
    kind: 'test',
    text: null as string | null,
    read: async () => found.text,
    write: async (text: string) => void (found.text = text),
    remove: async () => void (found.text = null),
  };
  return found;
}

function records(from: number, to: number): TestRecord[] {
  return Array.from({ length: to - from }, (_, i) => {
    const angle = (from + i) * 2.4;
    const radius = Math.sqrt(from + i + 1);
    return { id: `r${from + i}`, vector: [radius * Math.cos(angle), radius * Math.sin(angle)] };
  });
}

describe('T1', () => {
  test('lower maxNeighbors then checkpoint', async () => {
    const { store, data } = await openStore(undefined, { engine: smallGraphEngine(core) });
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...records(0, 300)) });
    await settled(store);
    await store.modifyCollection({ id, configuration: { maxNeighbors: 4 } });
    await store.checkpoint();
    await store.close();
    const { store: again } = await openStore(data, { engine: smallGraphEngine(core) });
    expect((await again.diagnostics()).warnings).toEqual([]);
  });
});

async function marked() {
  const data = createMemoryData();
  const where = place();
  const open = async () => (await openStore(data, { marker: createStoreMarker([where]) })).store;
  const store = await open();
  const { id } = await create(store);
  const add = async (s: typeof store, name: string) =>
    s.write({ collectionId: id, mode: 'add', batch: batchOf({ id: name, vector: [1, 2] }) });
  return { data, where, open, store, id, add };
}

describe('T2', () => {
  test('a damaged manifest is not an older state', async () => {
    const { data, open, store, add } = await marked();
    await add(store, 'a');
    await store.checkpoint();
    await add(store, 'b');
    await store.checkpoint();
    await store.close();
    data.manifest.get('b')![20]! ^= 1;
    const { damage } = await (await open()).diagnostics();
    expect(damage.map(({ effect }) => effect)).toEqual(['covered']);
  });
  test('a damaged head is not another store', async () => {
    const { data, open, store, add } = await marked();
    await add(store, 'a');
    await store.close();
    data.meta.get('head')![20]! ^= 1;
    const { damage } = await (await open()).diagnostics();
    expect(damage.map(({ effect }) => effect)).toEqual(['covered']);
  });
  test('a damaged head after checkpoint is not an older state', async () => {
    const { data, open, store, add } = await marked();
    await add(store, 'a');
    await store.checkpoint();
    await store.close();
    await (await open()).close();
    data.meta.get('head')![20]! ^= 1;
    const { damage } = await (await open()).diagnostics();
    expect(damage.map(({ effect }) => effect)).toEqual(['covered']);
  });
});

describe('T4', () => {
  test('flush of a fenced store ends it', async () => {
    const { data, store, id } = await marked();
    await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: 'a', vector: [1, 2] }), durability: 'relaxed' });
    await openStore(data);
    await expect(store.flush()).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await expect(store.count({ collectionId: id })).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
  });
});

describe('T5', () => {
  test('a fenced owner leaves the mark of its successor', async () => {
    const { where, open, store, add } = await marked();
    await add(store, 'a');
    await expect.poll(() => where.text).toContain('"lastSeq":2');
    const second = await open();
    await add(second, 'b');
    await second.close();
    const after = where.text;
    await expect(add(store, 'c')).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
    await store.close();
    expect(where.text).toBe(after);
  });
});
