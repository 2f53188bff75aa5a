/** A fork whose source loses segments: each collection misses what is its own, and the store goes on. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import { segmentKeysOf } from '../format/manifest.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { COLUMN_KINDS } from './column-segments.js';
import type { ColumnKind } from './column-segments.js';
import { newestManifest } from './fixtures/manifests.js';
import { batchOf, contents, create, openStore } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import type { Store } from './store.js';

const ALL = { limit: 1_000, offset: 0 };

/** Some have no texts, so that a range of rows says less than a list of them. */
function record(i: number): Required<TestRecord> {
  return {
    id: `r${i}`,
    vector: [i, 1],
    document: i % 3 === 0 ? null : `document ${i}`,
    metadata: { n: i },
    uri: i % 2 === 0 ? null : `u${i}`,
  };
}

function records(from: number, to: number): Required<TestRecord>[] {
  return Array.from({ length: to - from }, (_, i) => record(from + i));
}

async function write(store: Store, id: string, ...some: TestRecord[]): Promise<void> {
  await store.write({ collectionId: id, mode: 'upsert', batch: batchOf(...some) });
}

/** Segments of one column of a collection. */
function keysOf(data: MemoryData, collectionId: string, kind: ColumnKind): string[] {
  const manifest = newestManifest(data);
  const collection = manifest.collections.find(({ id }) => id === collectionId)!;
  const segments = collection.segments.filter((each) => each.kind === kind);
  return segmentKeysOf({ ...manifest, catalog: [], collections: [{ ...collection, segments }] });
}

/** A storage with room for log rows only: no checkpoint succeeds. */
function withoutRoom(data: MemoryData): StorageBackend {
  const inner = createMemoryStorage({ data });
  return {
    ...inner,
    commit: (batch, options) =>
      batch.puts.some(({ store }) => store === 'seg')
        ? Promise.reject(kindexError('STORAGE_QUOTA', 'No room for segments.'))
        : inner.commit(batch, options),
  };
}

interface Scene {
  data: MemoryData;
  source: string;
  copy: string;
  other: string;
  told: Record<'source' | 'copy' | 'other', Required<TestRecord>[]>;
}

/**
 * `source`: rows 0…19 in both generations, r3 deleted before the fork and r5 after it. `copy`: a fork that only the log tells of,
 * r7 of which is gone and r8 changed, with a record more. `other` has nothing to do with them. All is written after the fork again.
 */
async function scene(): Promise<Scene> {
  const data = createMemoryData();
  const { store: first } = await openStore(data);
  const { id: source } = await create(first, 'source');
  const { id: other } = await create(first, 'other');
  await write(first, source, ...records(0, 20));
  await write(first, other, ...records(0, 5));
  await first.checkpoint();
  await first.delete({ collectionId: source, ids: ['r3'] });
  await first.checkpoint();
  await first.close();
  const { store } = await openStore(data, { backend: withoutRoom(data) });
  const { id: copy } = await store.forkCollection({ id: source, name: 'copy' });
  await store.delete({ collectionId: source, ids: ['r5'] });
  await store.delete({ collectionId: copy, ids: ['r7'] });
  await write(store, copy, { ...record(8), document: 'changed' }, record(30));
  await write(store, source, record(31));
  await write(store, other, record(32));
  const told = {
    source: await contents(store, source),
    copy: await contents(store, copy),
    other: await contents(store, other),
  };
  await store.close();
  return { data, source, copy, other, told };
}

/**
 * Whether a damaged segment of this column takes the record with it. Which rows it held is not known: all between its first and
 * its last one count that were not written since. An upsert without a uri leaves the one that is lost.
 */
function isLost(kind: ColumnKind, { id, document }: Required<TestRecord>): boolean {
  const n = Number(id.slice(1));
  const first = kind === 'documents' || kind === 'uris' ? 1 : 0;
  return n >= first && n < 20 && (document !== 'changed' || kind === 'uris');
}

describe('S51 a fork that only the log tells of, whose source lost a segment', () => {
  test.each(COLUMN_KINDS)(
    'of %s: both miss those records, nothing else does, and everything can be written',
    async (kind) => {
      const { data, source, copy, other, told } = await scene();
      for (const key of keysOf(data, source, kind)) data.seg.get(key)![50]! ^= 1;
      const expected = {
        source: told.source.filter((each) => !isLost(kind, each)),
        copy: told.copy.filter((each) => !isLost(kind, each)),
        other: told.other,
      };
      let listed: unknown = null;
      for (let round = 0; round < 4; round++) {
        const { store } = await openStore(data, { segmentBytes: 400 });
        const { state, damage } = await store.diagnostics();
        expect(state).toBe('ok');
        expect(new Set(damage.map(({ effect }) => effect))).toEqual(new Set(['set-aside']));
        const found = {
          source: await contents(store, source),
          copy: await contents(store, copy),
          other: await contents(store, other),
        };
        expect(found, `round ${round}`).toEqual(expected);
        const aside = await store.listSetAside(ALL);
        listed ??= aside;
        expect(aside).toEqual(listed);
        const lostHere = aside.filter(({ collectionId }) => collectionId === copy);
        const lost = told.copy.filter((each) => isLost(kind, each)).map(({ id }) => id);
        expect(lostHere.map(({ id }) => id)).toEqual(kind === 'ids' ? lost.map(() => null) : lost);
        for (const [name, id] of [
          ['source', source],
          ['copy', copy],
          ['other', other],
        ] as const) {
          const fresh = record(100 + round);
          await write(store, id, fresh);
          expected[name].push(fresh);
        }
        await store.checkpoint();
        await store.close();
      }
      // The copy stands by itself now: it does not name what the source lost.
      expect(keysOf(data, source, kind).filter((key) => keysOf(data, copy, kind).includes(key))).toEqual([]);
    },
  );
});

test('S51 S14 a fork is stored by itself as soon as it can be: then only the source misses what the source loses', async () => {
  const { store, data } = await openStore();
  const { id: source } = await create(store, 'source');
  await write(store, source, ...records(0, 20));
  await store.checkpoint();
  const { id: copy } = await store.forkCollection({ id: source, name: 'copy' });
  await expect.poll(() => newestManifest(data).collections).toHaveLength(2);
  await store.close();
  for (const kind of COLUMN_KINDS) for (const key of keysOf(data, source, kind)) data.seg.delete(key);
  const { store: again } = await openStore(data);
  expect(await contents(again, source)).toEqual([]);
  expect(await contents(again, copy)).toEqual(records(0, 20));
  expect((await again.listSetAside(ALL)).every(({ collectionId }) => collectionId === source)).toBe(true);
  await again.close();
});

test('S51 S14 a fork that was not stored by itself before the end is so after the next opening', async () => {
  const { data, copy } = await scene();
  expect(newestManifest(data).collections.map(({ id }) => id)).not.toContain(copy);
  const { store } = await openStore(data);
  await expect.poll(() => newestManifest(data).collections.map(({ id }) => id)).toContain(copy);
  expect((await store.diagnostics()).logBytes).toBe(0);
  await store.close();
});

test('S51 forks of forks, writes and deletes between them: whatever the source loses, what is there is as it was, and nothing comes or goes at checkpoints', async () => {
  const step = fc.record({
    op: fc.constantFrom('fork' as const, 'write' as const, 'delete' as const),
    at: fc.nat(3),
    n: fc.nat(14),
  });
  let lostInCopies = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 14 }),
      fc.constantFrom(...COLUMN_KINDS),
      fc.nat(3),
      async (steps, kind, which) => {
        const data = createMemoryData();
        const { store: first } = await openStore(data, { segmentBytes: 300 });
        const { id: source } = await create(first, 'source');
        await write(first, source, ...records(0, 12));
        await first.checkpoint();
        await first.delete({ collectionId: source, ids: ['r4'] });
        await first.checkpoint();
        await first.close();
        const { store } = await openStore(data, { backend: withoutRoom(data) });
        const ids = [source];
        for (const [i, { op, at, n }] of steps.entries()) {
          const collectionId = ids[at % ids.length]!;
          if (op === 'fork')
            ids.push((await store.forkCollection({ id: collectionId, name: `copy${i}` })).id);
          else if (op === 'write') await write(store, collectionId, { ...record(n), metadata: { step: i } });
          else await store.delete({ collectionId, ids: [`r${n}`] });
        }
        const told = new Map<string, Required<TestRecord>[]>();
        for (const id of ids) told.set(id, await contents(store, id));
        await store.close();
        const keys = keysOf(data, source, kind);
        data.seg.delete(keys[which % keys.length]!);

        const seen: unknown[] = [];
        for (let round = 0; round < 3; round++) {
          const { store: next } = await openStore(data, { segmentBytes: 300 });
          const { state, setAside } = await next.diagnostics();
          expect(state).toBe('ok');
          const found = new Map<string, Required<TestRecord>[]>();
          for (const id of ids) found.set(id, await contents(next, id));
          const aside = await next.listSetAside({ limit: 1_000, offset: 0 });
          expect(aside).toHaveLength(setAside);
          for (const id of ids) {
            const whole = told.get(id)!;
            const missing = aside.filter(({ collectionId }) => collectionId === id);
            expect(found.get(id)!.length + missing.length).toBe(whole.length);
            const rest = new Map(found.get(id)!.map((each) => [each.id, each]));
            expect(found.get(id)).toEqual(whole.filter((each) => rest.has(each.id)));
            if (id !== source) lostInCopies += missing.length;
          }
          seen.push({ found, aside });
          expect(seen[round]).toEqual(seen[0]);
          await next.checkpoint();
          await next.close();
        }
      },
    ),
    { numRuns: 60 },
  );
  expect(lostInCopies).toBeGreaterThan(30);
});
