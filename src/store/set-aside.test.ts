/** Damaged segments of records: what misses them is set aside, the rest is whole, and no checkpoint makes anything of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentKeysOf } from '../format/manifest.js';
import type { Manifest } from '../format/manifest.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';
import { createMemoryData } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { copyData } from './fixtures/copy-data.js';
import { newestManifest } from './fixtures/manifests.js';
import { batchOf, contents, create, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import type { Store } from './store.js';

const ALL = { limit: 1_000, offset: 0 };

function record(i: number): Required<TestRecord> {
  return { id: `r${i}`, vector: [i, 1], document: `document ${i}`, metadata: { n: i }, uri: `u${i}` };
}

function records(from: number, to: number): Required<TestRecord>[] {
  return Array.from({ length: to - from }, (_, i) => record(from + i));
}

function keyOf(manifest: Manifest, reference: SegmentReference): string {
  return segmentKeysOf({
    ...manifest,
    catalog: [],
    collections: [{ ...manifest.collections[0]!, segments: [reference] }],
  })[0]!;
}

/** Segments of one kind, in the order in which they apply. */
function keysOf(data: MemoryData, kind: SegmentKind): string[] {
  const manifest = newestManifest(data);
  return manifest.collections[0]!.segments.filter((each) => each.kind === kind).map((each) =>
    keyOf(manifest, each),
  );
}

async function write(store: Store, id: string, ...some: TestRecord[]): Promise<void> {
  await store.write({ collectionId: id, mode: 'upsert', batch: batchOf(...some) });
}

/** Rows 0…19 in both generations, 20 and 21 in the newer one, r3 deleted, newer metadata of r7 and r9; r22 in the log. */
async function filled(): Promise<{ data: MemoryData; id: string; told: Required<TestRecord>[] }> {
  const { store, data } = await openStore();
  const { id } = await create(store);
  await write(store, id, ...records(0, 20));
  await store.checkpoint();
  await write(store, id, ...records(20, 22));
  await store.write({
    collectionId: id,
    mode: 'update',
    batch: batchOf({ id: 'r7', metadata: { n: -1 } }, { id: 'r9', metadata: { n: -1 } }),
  });
  await store.delete({ collectionId: id, ids: ['r3'] });
  await store.checkpoint();
  await write(store, id, record(22));
  const told = await contents(store, id);
  await store.close();
  return { data, id, told };
}

const PART = {
  ids: 'id',
  vectors: 'embedding',
  documents: 'document',
  metadatas: 'metadata',
  uris: 'uri',
} as const;
type Kind = keyof typeof PART;
const KINDS = Object.keys(PART) as Kind[];

/** Ids of rows 0…19 that miss a part when the oldest segment of this kind is damaged. */
function missing(kind: Kind): string[] {
  return records(0, 20)
    .map(({ id }) => id)
    .filter((id) => id !== 'r3' && !(kind === 'metadatas' && (id === 'r7' || id === 'r9')));
}

describe('a damaged segment of both generations', () => {
  test.each(KINDS)(
    'S51 of %s: whatever bit is flipped, the records that miss it are set aside with what is left of them, the others are whole',
    async (kind) => {
      const { data, id, told } = await filled();
      const key = keysOf(data, kind)[0]!;
      const { length } = data.seg.get(key)!;
      const gone = new Set(missing(kind));
      for (let byte = 0; byte < length; byte += 13) {
        const damaged = copyData(data);
        damaged.seg.get(key)![byte]! ^= 1 << (byte & 7);
        const { store } = await openStore(damaged);
        expect(await contents(store, id), `byte ${byte}`).toEqual(told.filter((each) => !gone.has(each.id)));
        const { state, setAside, damage, warnings } = await store.diagnostics();
        expect({ state, setAside }).toEqual({ state: 'ok', setAside: gone.size });
        expect(damage).toMatchObject([
          { effect: 'set-aside', details: { segment: key, kind, firstRow: 0, lastRow: 19 } },
        ]);
        expect(warnings).toEqual([expect.stringContaining(key)]);
        const left = told.filter((each) => gone.has(each.id));
        expect(await store.listSetAside(ALL)).toEqual(
          left.map((each) => ({
            collectionId: id,
            id: kind === 'ids' ? null : each.id,
            lost: [PART[kind]],
            document: kind === 'documents' ? null : each.document,
            metadata: kind === 'metadatas' ? null : JSON.stringify(each.metadata),
            uri: kind === 'uris' ? null : each.uri,
          })),
        );
        // A search finds none of them.
        const { results } = await store.query({
          collectionId: id,
          vectors: { data: new Float32Array([5, 1]), rows: 1, dimensions: 2 },
          nResults: 100,
          include: [],
        });
        expect(new Set(results[0]!.ids)).toEqual(
          new Set(told.map((each) => each.id).filter((each) => !gone.has(each))),
        );
      }
    },
    60_000,
  );

  test.each<[string, (seg: MemoryData['seg'], key: string, other: string) => void]>([
    ['missing', (seg, key) => seg.delete(key)],
    ['cut short', (seg, key) => seg.set(key, seg.get(key)!.slice(0, -4))],
    ['empty', (seg, key) => seg.set(key, new Uint8Array(0))],
    ['another one', (seg, key, other) => seg.set(key, seg.get(other)!.slice())],
    ['longer', (seg, key) => seg.set(key, new Uint8Array([...seg.get(key)!, 0, 0, 0, 0]))],
  ])('S51 that is %s: the same', async (_, damage) => {
    for (const [i, kind] of KINDS.entries()) {
      const { data, id, told } = await filled();
      damage(data.seg, keysOf(data, kind)[0]!, keysOf(data, KINDS[(i + 1) % KINDS.length]!)[0]!);
      const { store } = await openStore(data);
      const gone = new Set(missing(kind));
      expect(await contents(store, id)).toEqual(told.filter((each) => !gone.has(each.id)));
    }
  });

  test.each(KINDS)(
    'S51 of %s: no checkpoint takes the records set aside for whole, or for gone',
    async (kind) => {
      const { data, id, told } = await filled();
      const key = keysOf(data, kind)[0]!;
      data.seg.get(key)![50]! ^= 1;
      const rest = new Map(
        told.filter((each) => !missing(kind).includes(each.id)).map((each) => [each.id, each]),
      );
      let listed: unknown = null;
      for (let round = 0; round < 5; round++) {
        const { store } = await openStore(data, { segmentBytes: 600 });
        listed ??= await store.listSetAside(ALL);
        const fresh = record(100 + round);
        await write(store, id, fresh);
        rest.set(fresh.id, fresh);
        await store.delete({ collectionId: id, ids: [`r${20 + round}`] });
        rest.delete(`r${20 + round}`);
        await store.checkpoint();
        expect(await store.listSetAside(ALL)).toEqual(listed);
        await store.close();
        expect(segmentKeysOf(newestManifest(data))).toContain(key);
        const { store: again } = await openStore(data);
        expect(await again.listSetAside(ALL)).toEqual(listed);
        expect(await contents(again, id)).toEqual([...rest.values()]);
        await again.close();
      }
    },
  );

  test.each(KINDS.filter((kind) => kind !== 'ids'))(
    'S51 of %s: a record that is written again is whole, one that is deleted is gone, and the last one takes the damage with it',
    async (kind) => {
      const { data, id, told } = await filled();
      const key = keysOf(data, kind)[0]!;
      data.seg.get(key)![50]! ^= 1;
      const gone = missing(kind);
      const { store } = await openStore(data);
      await expect(store.forkCollection({ id, name: 'copy' })).rejects.toMatchObject({
        code: 'FORMAT_CORRUPT',
        details: { setAside: gone.length },
      });
      const again = { ...record(0), document: 'again' };
      await store.write({ collectionId: id, mode: 'add', batch: batchOf(again) });
      expect(await store.delete({ collectionId: id, ids: [gone[1]!, 'unknown'] })).toEqual({ deleted: 2 });
      // Not there, as far as an update can see.
      await store.write({
        collectionId: id,
        mode: 'update',
        batch: batchOf({ id: gone[2]!, document: 'x' }),
      });
      const expected = [...told.filter((each) => !gone.includes(each.id)), again];
      const check = async (each: Store): Promise<void> => {
        expect(await contents(each, id)).toEqual(expected);
        expect((await each.listSetAside(ALL)).map((aside) => aside.id)).toEqual(gone.slice(2));
      };
      await check(store);
      await store.close();
      const { store: second } = await openStore(data);
      await check(second);
      await second.checkpoint();
      await second.close();
      const { store: third } = await openStore(data);
      await check(third);
      expect(await third.dropDamaged({ what: 'records' })).toEqual({ dropped: gone.length - 2 });
      expect((await third.diagnostics()).setAside).toBe(0);
      await third.checkpoint();
      await third.checkpoint();
      await third.close();
      expect(segmentKeysOf(newestManifest(data))).not.toContain(key);
      const { store: last } = await openStore(data);
      expect(await contents(last, id)).toEqual(expected);
      expect((await last.diagnostics()).damage).toEqual([]);
    },
  );

  test('S51 ids that are lost are given up with the rest, and a fork is possible again', async () => {
    const { data, id, told } = await filled();
    data.seg.delete(keysOf(data, 'ids')[0]!);
    const { store } = await openStore(data);
    expect(await store.dropDamaged({ what: 'records' })).toEqual({ dropped: 19 });
    await store.forkCollection({ id, name: 'copy' });
    const rest = told.filter((each) => !missing('ids').includes(each.id));
    await store.close();
    const { store: again } = await openStore(data);
    expect(await contents(again, id)).toEqual(rest);
    expect((await again.listSetAside(ALL)).length).toBe(0);
  });

  test('S51 what the log says after the checkpoint makes a record whole again, part by part', async () => {
    const { data, id, told } = await filled();
    const { store } = await openStore(data);
    // Written while all was well; found damaged at the next opening.
    await store.write({
      collectionId: id,
      mode: 'update',
      batch: batchOf({ id: 'r1', vector: [50, 50] }, { id: 'r2', vector: [60, 60] }),
    });
    await store.write({ collectionId: id, mode: 'update', batch: batchOf({ id: 'r2', document: 'new' }) });
    await store.delete({ collectionId: id, ids: ['r5'] });
    await store.close();
    const [vectors, documents] = [keysOf(data, 'vectors')[0]!, keysOf(data, 'documents')[0]!];
    for (const lost of [[vectors], [documents], [vectors, documents]]) {
      const damaged = copyData(data);
      for (const key of lost) damaged.seg.delete(key);
      const healed = [
        ...(lost.includes(documents) ? [] : [{ ...record(1), vector: [50, 50] }]),
        { ...record(2), vector: [60, 60], document: 'new' },
      ];
      const rest = told.filter((each) => Number(each.id.slice(1)) >= 20);
      for (let opening = 0; opening < 2; opening++) {
        const { store: opened } = await openStore(damaged);
        expect(await contents(opened, id)).toEqual([...healed, ...rest]);
        const aside = (await opened.listSetAside(ALL)).map((each) => each.id);
        expect(aside).not.toContain('r5');
        expect(aside).toHaveLength(18 - healed.length);
        await opened.checkpoint();
        await opened.close();
      }
    }
  });
});

type Step =
  | { do: 'write'; ids: number[]; columns: number }
  | { do: 'delete'; ids: number[] }
  | { do: 'checkpoint' }
  | { do: 'damage'; pick: number };

const ids = fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), ids, columns: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), ids }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('checkpoint' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('damage' as const), pick: fc.nat() }) },
);

test('S51 whatever is written and whichever segments are damaged: a record is answered as it was last written, or it is set aside', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
      const data = createMemoryData();
      const open = async (): Promise<Store> => (await openStore(data, { segmentBytes: 300 })).store;
      let store = await open();
      const { id } = await create(store);
      const model = new Map<string, Required<TestRecord>>();
      let version = 0;
      const check = async (): Promise<void> => {
        const live = await contents(store, id);
        const aside = await store.listSetAside(ALL);
        for (const each of live) expect(each).toEqual(model.get(each.id));
        const seen = new Set([...live, ...aside].flatMap((each) => each.id ?? []));
        const unnamed = aside.filter((each) => each.id === null).length;
        for (const known of seen) expect(model.has(known)).toBe(true);
        expect(model.size - seen.size).toBeLessThanOrEqual(unnamed);
        for (const each of aside) {
          const was = each.id === null ? undefined : model.get(each.id);
          if (was && !each.lost.includes('document')) expect(each.document).toEqual(was.document);
          if (was && !each.lost.includes('uri')) expect(each.uri).toEqual(was.uri);
        }
      };
      for (const each of steps) {
        version += 1;
        if (each.do === 'checkpoint') await store.checkpoint();
        if (each.do === 'delete') {
          const names = each.ids.map((i) => `r${i}`);
          await store.delete({ collectionId: id, ids: names });
          for (const name of names) model.delete(name);
        }
        if (each.do === 'write') {
          const given = each.ids.map((i): Required<TestRecord> => {
            const former = model.get(`r${i}`) ?? { ...record(i), document: null, metadata: null, uri: null };
            const some = { ...former, vector: [i, version] };
            if (each.columns & 1) some.document = `d${version}`;
            if (each.columns & 2) some.uri = `u${version}`;
            return some;
          });
          // Of a record set aside nothing is left that a part could be added to.
          const known = new Set((await contents(store, id)).map((live) => live.id));
          for (const some of given) {
            if (!known.has(some.id) && model.has(some.id)) {
              if (!(each.columns & 1)) some.document = null;
              if (!(each.columns & 2)) some.uri = null;
            }
            some.metadata = null;
          }
          await write(
            store,
            id,
            ...given.map((some) => ({
              id: some.id,
              vector: some.vector,
              ...(each.columns & 1 ? { document: some.document } : {}),
              ...(each.columns & 2 ? { uri: some.uri } : {}),
            })),
          );
          for (const some of given) model.set(some.id, some);
        }
        if (each.do === 'damage' && data.manifest.size > 0) {
          await store.close();
          const manifest = newestManifest(data);
          const segments = manifest.collections.flatMap(({ segments: all }) =>
            all.filter(({ kind }) => kind in PART),
          );
          const picked = segments[each.pick % Math.max(1, segments.length)];
          const bytes = picked && data.seg.get(keyOf(manifest, picked));
          if (bytes) data.seg.set(keyOf(manifest, picked), bytes.slice(0, -1));
          store = await open();
        }
        await check();
      }
      await store.close();
      store = await open();
      await check();
      await store.close();
    }),
    { numRuns: 60 },
  );
}, 120_000);
