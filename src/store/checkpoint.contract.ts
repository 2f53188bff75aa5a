/** Checkpoints under faults, for every backend: an owner that dies at any commit, a disk that is full at any commit. */
import { describe, expect, test } from 'vitest';
import type { VectorResidence } from '../base/types.js';
import { createScalarCore } from '../core/scalar.js';
import { decodeManifest, segmentKeysOf } from '../format/manifest.js';
import type { Manifest } from '../format/manifest.js';
import type { StorageBackend } from '../storage/storage.js';
import { createCrashingStorage } from './fixtures/crashing-storage.js';
import type { Crash } from './fixtures/crashing-storage.js';
import { settled, smallGraphEngine } from './fixtures/graph-engine.js';
import { createFaultyStorage } from './fixtures/faulty-storage.js';
import { batchOf, contents, countingUuid, create, DATABASE } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import { Store } from './store.js';
import type { StoreOptions } from './store.js';

const core = createScalarCore();
/** So that a few records are many segments, and have a graph. */
const SMALL = { core, segmentBytes: 600, engine: smallGraphEngine(core) };
/** Links nothing, so that no checkpoint follows the opening by itself. */
const STILL = { ...SMALL, engine: smallGraphEngine(core, { still: true }) };
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);

/** Everything a store tells: records by collection name. */
type Told = Record<string, Required<TestRecord>[]>;

async function tell(store: Store): Promise<Told> {
  const told: Told = {};
  for (const { id, name } of await store.listCollections({ ...DATABASE, limit: 99, offset: 0 }))
    told[name] = await contents(store, id);
  return told;
}

/** Faster than the assertion, whose message would not fit a screen anyway. */
function isDeepEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

type Step = (store: Store, backend: StorageBackend) => Promise<unknown>;

/**
 * Two collections, five checkpoints, segments of records of every kind, a graph that is written anew, texts of several segments,
 * two compactions, a deleted collection.
 */
function script(vectors?: VectorResidence): Step[] {
  const id = async (store: Store, name: string): Promise<string> =>
    (await store.getCollection({ ...DATABASE, name })).id;
  const write =
    (name: string, mode: 'add' | 'update' | 'upsert', ...records: TestRecord[]): Step =>
    async (store) =>
      store.write({ collectionId: await id(store, name), mode, batch: batchOf(...records) });
  const remove =
    (name: string, ...ids: string[]): Step =>
    async (store) =>
      store.delete({ collectionId: await id(store, name), ids });
  const checkpoint: Step = async (store) => {
    await settled(store);
    await store.checkpoint();
  };
  const small = (from: number, to: number): TestRecord[] =>
    Array.from({ length: to - from }, (_, i) => ({
      id: `r${from + i}`,
      vector: [from + i, 1],
      document: `document ${from + i}`,
      metadata: { n: from + i },
      uri: `u${from + i}`,
    }));
  return [
    (store) => create(store, 'notes', 'l2', vectors),
    write('notes', 'add', ...small(0, 8)),
    checkpoint,
    (store) => create(store, 'long'),
    write(
      'long',
      'add',
      ...['x', 'y', 'z'].map((letter, i) => ({ id: letter, vector: [i], document: letter.repeat(400) })),
    ),
    write('notes', 'add', ...small(8, 11)),
    write(
      'notes',
      'update',
      { id: 'r1', metadata: { n: null, changed: true } },
      { id: 'r2', metadata: { n: null } },
    ),
    checkpoint,
    remove('notes', 'r0', 'r3', 'r4', 'r5'),
    write('notes', 'upsert', { id: 'r0', vector: [9, 9], document: null, metadata: null, uri: null }),
    remove('long', 'x'),
    checkpoint,
    write('notes', 'update', { id: 'r1', vector: [4, 4] }, { id: 'r8', vector: [5, 5] }),
    async (store) => store.modifyCollection({ id: await id(store, 'notes'), name: 'renamed' }),
    checkpoint,
    (store) => store.deleteCollection({ ...DATABASE, name: 'long' }),
    checkpoint,
    write('renamed', 'add', ...small(20, 22)),
  ];
}

/** A graph, and documents whose trigrams are stored: carried over with changes, and stored anew. */
function indexScript(): Step[] {
  const id = async (store: Store): Promise<string> =>
    (await store.getCollection({ ...DATABASE, name: 'texts' })).id;
  const long = (from: number, to: number): TestRecord[] =>
    Array.from({ length: to - from }, (_, i) => ({
      id: `r${from + i}`,
      vector: [from + i, 1],
      document: `document ${from + i} ${'of many words '.repeat(30_000)}`,
    }));
  const short = (from: number, to: number): TestRecord[] =>
    Array.from({ length: to - from }, (_, i) => ({ id: `s${from + i}`, vector: [from + i, 2] }));
  const write =
    (mode: 'add' | 'update', ...records: TestRecord[]): Step =>
    async (store) =>
      store.write({ collectionId: await id(store), mode, batch: batchOf(...records) });
  /** Until the trigrams of so many records are stored. A checkpoint with nothing to do writes nothing. */
  const stored =
    (rows: number): Step =>
    async (store, backend) => {
      await settled(store);
      for (;;) {
        const whereDocument = { $contains: 'no such text' };
        await store.get({ collectionId: await id(store), whereDocument, include: [] });
        await store.checkpoint();
        const references = (await manifests(backend)).flatMap(({ collections }) =>
          collections.flatMap(({ segments }) => segments),
        );
        if (references.some(({ kind, lastRow }) => kind === 'trigrams' && lastRow === rows - 1)) return;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
  return [
    (store) => create(store, 'texts'),
    write('add', ...short(0, 36)),
    write('add', ...long(0, 4)),
    stored(40),
    write('update', { id: 's7', vector: [50, 50] }),
    write('update', { id: 'r1', document: 'changed' }),
    async (store) => {
      await settled(store);
      await store.checkpoint();
    },
    write('add', ...short(36, 60)),
    write('add', ...long(4, 5)),
    stored(65),
  ];
}

async function manifests(backend: StorageBackend): Promise<Manifest[]> {
  const slots = await Promise.all(['a', 'b'].map((slot) => backend.read('manifest', slot)));
  return slots.flatMap((bytes) => (bytes === null ? [] : [decodeManifest(bytes, checksum)]));
}

/** Segments that lie there and are named by no manifest. */
async function orphans(backend: StorageBackend): Promise<unknown[]> {
  const named = new Set((await manifests(backend)).flatMap(segmentKeysOf));
  return (await backend.keys('seg')).filter((key) => !named.has(String(key)));
}

/** How a store is opened that lives, and one that is only looked at. */
interface Cases {
  script: () => Step[];
  lives: Omit<StoreOptions, 'backend'>;
  still: Omit<StoreOptions, 'backend'>;
}

const RECORDS: Cases = { script: () => script(), lives: SMALL, still: STILL };
/** The same, with f32 vectors in segments alone. */
const ON_DISK: Cases = { script: () => script('disk'), lives: SMALL, still: STILL };
const INDEXES: Cases = {
  script: indexScript,
  lives: { ...SMALL, segmentBytes: 30_000 },
  still: { ...STILL, segmentBytes: 30_000 },
};

export interface CheckpointContract {
  /** A new database; each call of the result opens it once more. */
  createDatabase: () => () => Promise<StorageBackend>;
}

interface Whole {
  told: Told[];
  commits: number;
  first: number;
  generations: number;
  /** Of segments of collections. */
  kinds: string[];
}

export function checkpointContract(name: string, { createDatabase }: CheckpointContract): void {
  /** What a store tells after each number of steps. */
  const states = async ({ script: scriptOf, lives }: Cases): Promise<Whole> => {
    const backend = createCrashingStorage(await createDatabase()(), null);
    const store = await Store.open({ backend, ...lives, uuid: countingUuid() });
    const first = backend.commits + 1;
    const told = [await tell(store)];
    const kinds = new Set<string>();
    for (const step of scriptOf()) {
      await step(store, backend);
      told.push(await tell(store));
      for (const { collections } of await manifests(backend))
        for (const { segments } of collections) for (const { kind } of segments) kinds.add(kind);
    }
    const { commits } = backend;
    const generations = Math.max(...(await manifests(backend)).map(({ gen }) => gen));
    await store.close();
    return { told, commits, first, generations, kinds: [...kinds].sort() };
  };

  const crashEverywhere = async (cases: Cases, { told, commits, first }: Whole): Promise<void> => {
    for (let at = first; at <= commits; at++) {
      for (const stored of [false, true]) {
        const crash: Crash = { at, stored };
        const open = createDatabase();
        const dyingBackend = createCrashingStorage(await open(), crash);
        const dying = await Store.open({ backend: dyingBackend, ...cases.lives, uuid: countingUuid() });
        const steps = cases.script();
        let done = 0;
        while (done < steps.length) {
          const failed = await steps[done]!(dying, dyingBackend).then(
            () => false,
            () => true,
          );
          // A sweep that fails costs nothing, so that the checkpoint it belongs to has been acknowledged.
          if (failed) break;
          done += 1;
        }
        await dying.close();

        const backend = await open();
        const store = await Store.open({ backend, ...cases.still });
        const seen = await tell(store);
        // The last step may be stored without having been acknowledged; a checkpoint changes nothing that is told.
        const expected = stored && done < steps.length ? [told[done], told[done + 1]] : [told[done]];
        expect(
          expected.some((each) => isDeepEqual(each, seen)),
          `commit ${at}, ${stored ? 'stored' : 'not stored'}`,
        ).toBe(true);
        expect((await store.diagnostics()).warnings).toEqual([]);
        expect(await orphans(backend)).toEqual([]);
        await store.checkpoint();
        expect(isDeepEqual(await tell(store), seen)).toBe(true);
        await store.close();
      }
    }
  };

  describe(`checkpoints on ${name}`, () => {
    test('S14 S40 an owner that dies at any commit leaves exactly what was acknowledged, and no orphans after the next opening', async () => {
      const whole = await states(RECORDS);
      // Compactions are generations of their own, beside the five checkpoints.
      expect(whole.generations).toBeGreaterThan(6);
      expect(whole.commits).toBeGreaterThan(40);
      expect(whole.kinds).toEqual([
        'codes',
        'documents',
        'graph',
        'ids',
        'metadatas',
        'tombstones',
        'uris',
        'vectorRows',
        'vectors',
      ]);
      await crashEverywhere(RECORDS, whole);
    }, 240_000);

    test('S14 S56 so it does where vectors are in segments alone', async () => {
      const whole = await states(ON_DISK);
      expect(whole.kinds).toContain('codes');
      expect(whole.commits).toBeGreaterThan(40);
      await crashEverywhere(ON_DISK, whole);
    }, 240_000);

    test('S14 S40 so it does while indexes are stored, carried over with changes and stored anew', async () => {
      const whole = await states(INDEXES);
      expect(whole.kinds).toEqual([
        'codes',
        'documents',
        'graph',
        'graphChanges',
        'ids',
        'trigramChanges',
        'trigrams',
        'vectors',
      ]);
      expect(whole.commits - whole.first).toBeGreaterThan(12);
      await crashEverywhere(INDEXES, whole);
    }, 240_000);

    test('S16 a commit that finds no room fails its checkpoint alone: the store goes on, and a later checkpoint holds everything', async () => {
      const { commits, first } = await states(RECORDS);
      for (let at = first; at <= commits; at++) {
        const open = createDatabase();
        const backend = createFaultyStorage(await open());
        backend.fault = { at, stored: false, code: 'STORAGE_QUOTA' };
        const store = await Store.open({ backend, ...SMALL, uuid: countingUuid() });
        for (const step of script()) await step(store, backend).catch(() => step(store, backend));
        await settled(store);
        await store.checkpoint();
        const seen = await tell(store);
        expect(Object.keys(seen), `commit ${at}`).toEqual(['renamed']);
        expect((await store.diagnostics()).warnings).toEqual([]);
        expect(await orphans(backend)).toEqual([]);
        await store.close();
        const again = await Store.open({ backend: await open(), ...STILL });
        expect(await tell(again), `commit ${at}`).toEqual(seen);
        expect((await again.diagnostics()).logBytes).toBe(0);
        await again.close();
      }
    }, 120_000);
  });
}
