/** Opening what is whole, which is nearly every store: the newest generation and the log after it. All else is the ladder's (SPEC.md S16). */
import type { ChromaError } from '../base/errors.js';
import type { Checksum } from '../format/bytes.js';
import { decodeHead, newHead } from '../format/head.js';
import type { Head } from '../format/head.js';
import type { DamageNote } from '../rpc/service.js';
import type { StorageBackend } from '../storage/storage.js';
import type { VectorEngine } from '../vector-index/engine.js';
import type { Opened } from './generations.js';
import { Collections } from './collections.js';
import { isDamage } from './is-damage.js';
import { readManifests } from './manifests.js';
import { LogReplay } from './replay.js';
import type { LogPoint } from './replay.js';
import { Requests } from './requests.js';
import type { StoredState } from './stored-state.js';
import type { SegmentReader } from './segment-reader.js';
import type { LogExtent } from './write-log.js';

export interface OpenStoredOptions {
  backend: StorageBackend;
  engine: VectorEngine;
  checksum: Checksum;
  reader: SegmentReader;
  /** True: damage was found in vectors that the last opening had not read. */
  verify: boolean;
  /** Identity of the store if it is new. */
  uuid: () => string;
  /** As it was read when the opening began. */
  state: StoredState;
}

export interface OpenedStore {
  collections: Collections;
  head: Head;
  /** As stored; null when there is none. */
  headBytes: Uint8Array<ArrayBuffer> | null;
  /** Neither head nor anything else was there. */
  isNew: boolean;
  /** Of the log that was replayed. */
  pending: LogExtent;
  opened: Opened;
  requests: Requests;
  damage: DamageNote[];
  /** What is made up for something damaged, and may be other or lower than it was. */
  guessed: readonly ('uuid' | 'epoch' | 'generation')[];
  /** Where the log stops being whole; null: at its end. */
  cut: LogPoint | null;
  /** What every write gets, when what follows `cut` may not be dropped unasked. */
  readOnly: ChromaError | null;
}

/** As `openDamaged`, which is loaded when something is damaged and begins anew. */
export async function openStored(options: OpenStoredOptions): Promise<OpenedStore> {
  const whole = await openWhole(options).catch((error: unknown) => {
    if (isDamage(error)) return null;
    throw error;
  });
  return whole ?? (await import('./ladder.js')).openDamaged(options);
}

/** Null, or FORMAT_CORRUPT, when anything at all is damaged. */
async function openWhole({
  backend,
  engine,
  checksum,
  reader,
  verify,
  uuid,
  state,
}: OpenStoredOptions): Promise<OpenedStore | null> {
  const headBytes = state.head;
  const head = headBytes === null ? newHead(uuid()) : decodeHead(headBytes, checksum);
  // Loaded while manifests are read; it fails when it is awaited, or for nobody.
  const loading = headBytes === null ? null : import('./load-generation.js');
  loading?.catch(() => {});
  const [{ found, faults }, keys] = await Promise.all([
    readManifests({ backend, checksum, head, stored: state.manifests }),
    backend.keys('seg'),
  ]);
  const segmentKeys = keys.map(String);
  if (faults.length > 0 || (headBytes === null && (await isAnythingStored(backend)))) return null;
  const [newest, other] = found;
  const manifest = newest?.manifest ?? null;
  const base = manifest ?? { checkpointSeq: 0, checkpointEntry: 0 };
  // Its first rows are read while the segments are taken up.
  const log = begun(backend.list('log', { after: base.checkpointSeq }));
  const collections = manifest
    ? await (await loading!).loadGeneration(manifest, { backend, engine, checksum, reader, verify })
    : new Collections(reader);
  try {
    const requests = new Requests();
    requests.restore(manifest?.clients ?? []);
    const replay = new LogReplay({ collections, requests, engine, checksum, head, base });
    const { extent, forkedAt, stop } = await replay.run(log);
    if (stop !== null) throw stop.error;
    return {
      collections,
      requests,
      head,
      headBytes,
      isNew: headBytes === null,
      pending: extent,
      damage: [],
      guessed: [],
      cut: null,
      readOnly: null,
      opened: {
        manifest,
        slot: newest?.slot ?? null,
        other: other?.manifest ?? null,
        segmentKeys,
        forkedAt,
        sound: true,
      },
    };
  } catch (error) {
    collections.clear();
    throw error;
  }
}

/** The first step is taken now; it fails when it is awaited, or for nobody. */
function begun<T>(steps: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = steps[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<T>> | null = iterator.next();
  first.catch(() => {});
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<T>> {
        const step = first ?? iterator.next();
        first = null;
        return step;
      },
    }),
  };
}

/** Where there is no head, there may be nothing else. */
export async function isAnythingStored(backend: StorageBackend): Promise<boolean> {
  const keys = await Promise.all((['log', 'manifest', 'seg'] as const).map((store) => backend.keys(store)));
  return keys.some(({ length }) => length > 0);
}
