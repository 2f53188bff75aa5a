/** Checkpoints under faults, for every backend: an owner that dies at any commit, a disk that is full at any commit. */
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { decodeManifest, segmentKeysOf } from '../format/manifest.js';
import type { StorageBackend } from '../storage/storage.js';
import { createCrashingStorage } from './fixtures/crashing-storage.js';
import type { Crash } from './fixtures/crashing-storage.js';
import { createFaultyStorage } from './fixtures/faulty-storage.js';
import { batchOf, contents, countingUuid, create, DATABASE } from './fixtures/records.js';
import type { TestRecord } from './fixtures/records.js';
import { Store } from './store.js';

/** So that a few records are many segments. */
const SMALL = { core: createScalarCore(), segmentBytes: 600 };
const { core } = SMALL;
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);

/** Everything a store tells: records by collection name. */
type Told = Record<string, Required<TestRecord>[]>;

async function tell(store: Store): Promise<Told> {
  const told: Told = {};
  for (const { id, name } of await store.listCollections({ ...DATABASE, limit: 99, offset: 0 }))
    told[name] = await contents(store, id);
  return told;
}

type Step = (store: Store) => Promise<unknown>;

/** Two collections, five checkpoints, every kind of segment, texts of several segments, two compactions, a deleted collection. */
function script(): Step[] {
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
  const checkpoint: Step = (store) => store.checkpoint();
  const small = (from: number, to: number): TestRecord[] =>
    Array.from({ length: to - from }, (_, i) => ({
      id: `r${from + i}`,
      vector: [from + i, 1],
      document: `document ${from + i}`,
      metadata: { n: from + i },
      uri: `u${from + i}`,
    }));
  return [
    (store) => create(store, 'notes'),
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

/** Segments that lie there and are named by no manifest. */
async function orphans(backend: StorageBackend): Promise<unknown[]> {
  const named = new Set<string>();
  for (const slot of ['a', 'b']) {
    const bytes = await backend.read('manifest', slot);
    if (bytes !== null) for (const key of segmentKeysOf(decodeManifest(bytes, checksum))) named.add(key);
  }
  return (await backend.keys('seg')).filter((key) => !named.has(String(key)));
}

export interface CheckpointContract {
  /** A new database; each call of the result opens it once more. */
  createDatabase: () => () => Promise<StorageBackend>;
}

export function checkpointContract(name: string, { createDatabase }: CheckpointContract): void {
  /** What a store tells after each number of steps. */
  const states = async (): Promise<{
    told: Told[];
    commits: number;
    first: number;
    generations: number;
  }> => {
    const backend = createCrashingStorage(await createDatabase()(), null);
    const store = await Store.open({ backend, ...SMALL, uuid: countingUuid() });
    const first = backend.commits + 1;
    const told = [await tell(store)];
    for (const step of script()) {
      await step(store);
      told.push(await tell(store));
    }
    const { commits } = backend;
    const slots = await Promise.all(['a', 'b'].map((slot) => backend.read('manifest', slot)));
    const generations = Math.max(...slots.map((bytes) => decodeManifest(bytes!, checksum).gen));
    await store.close();
    return { told, commits, first, generations };
  };

  describe(`checkpoints on ${name}`, () => {
    test('S14 an owner that dies at any commit leaves exactly what was acknowledged, and no orphans after the next opening', async () => {
      const { told, commits, first, generations } = await states();
      // Compactions are generations of their own, beside the five checkpoints.
      expect(generations).toBeGreaterThan(6);
      expect(commits).toBeGreaterThan(40);
      for (let at = first; at <= commits; at++) {
        for (const stored of [false, true]) {
          const crash: Crash = { at, stored };
          const open = createDatabase();
          const dying = await Store.open({
            backend: createCrashingStorage(await open(), crash),
            ...SMALL,
            uuid: countingUuid(),
          });
          const steps = script();
          let done = 0;
          while (done < steps.length) {
            const failed = await steps[done]!(dying).then(
              () => false,
              () => true,
            );
            // A sweep that fails costs nothing, so that the checkpoint it belongs to has been acknowledged.
            if (failed) break;
            done += 1;
          }
          await dying.close();

          const backend = await open();
          const store = await Store.open({ backend, ...SMALL });
          const seen = await tell(store);
          // The last step may be stored without having been acknowledged; a checkpoint changes nothing that is told.
          const expected = stored && done < steps.length ? [told[done], told[done + 1]] : [told[done]];
          expect(expected, `commit ${at}, ${stored ? 'stored' : 'not stored'}`).toContainEqual(seen);
          expect((await store.diagnostics()).warnings).toEqual([]);
          expect(await orphans(backend)).toEqual([]);
          await store.checkpoint();
          expect(await tell(store)).toEqual(seen);
          await store.close();
        }
      }
    }, 120_000);

    test('S16 a commit that finds no room fails its checkpoint alone: the store goes on, and a later checkpoint holds everything', async () => {
      const { commits, first } = await states();
      for (let at = first; at <= commits; at++) {
        const open = createDatabase();
        const backend = createFaultyStorage(await open());
        backend.fault = { at, stored: false, code: 'STORAGE_QUOTA' };
        const store = await Store.open({ backend, ...SMALL, uuid: countingUuid() });
        for (const step of script()) await step(store).catch(() => step(store));
        await store.checkpoint();
        const seen = await tell(store);
        expect(Object.keys(seen), `commit ${at}`).toEqual(['renamed']);
        expect((await store.diagnostics()).warnings).toEqual([]);
        expect(await orphans(backend)).toEqual([]);
        await store.close();
        const again = await Store.open({ backend: await open(), ...SMALL });
        expect(await tell(again), `commit ${at}`).toEqual(seen);
        expect((await again.diagnostics()).logBytes).toBe(0);
        await again.close();
      }
    }, 120_000);
  });
}
