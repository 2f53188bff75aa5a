/**
 * Opening, and what it does about damage: step by step down, from the newest generation with its log to the part of it that is whole
 * (SPEC.md S16). Each step is told, none is silent, and nothing is written.
 */
import type { ChromaError } from '../base/errors.js';
import type { Head } from '../format/head.js';
import type { DamageNote } from '../rpc/service.js';
import { Collections } from './collections.js';
import {
  coveredNote,
  droppedNote,
  forkNote,
  LostSegments,
  readOnlyError,
  readOnlyNote,
  setAsideNote,
} from './damage.js';
import { copyDamaged } from './fork-damaged.js';
import { isDamage } from './is-damage.js';
import { loadGeneration } from './load-generation.js';
import { readManifests } from './manifests.js';
import type { FoundManifest } from './manifests.js';
import { readHead } from './recover-head.js';
import { LogReplay } from './replay.js';
import type { OpenedStore, OpenStoredOptions } from './open-stored.js';
import type { Walk } from './replay.js';
import { Requests } from './requests.js';

/** One way of opening. */
interface Attempt {
  found: FoundManifest | null;
  /** Records that miss a segment are set aside. */
  partly: boolean;
  /** The log has to be whole: another attempt may make more of it. */
  wholeLog: boolean;
}

interface Reached {
  attempt: Attempt;
  /** Of the attempts before it. */
  failures: ChromaError[];
  collections: Collections;
  requests: Requests;
  walk: Walk;
  lost: LostSegments;
}

/**
 * @throws FORMAT_CORRUPT with `seq` or `segment`, and `what`, when nothing of the store can be opened · FORMAT_TOO_NEW ·
 * RUNTIME_OUT_OF_MEMORY · STORAGE_FAILED · STORAGE_LOST. Cost: one pass over the segments and the log, another one for each step down.
 */
export async function openDamaged(options: OpenStoredOptions): Promise<OpenedStore> {
  const { backend } = options;
  const { head, headBytes, fault } = await readHead(options);
  const { found, faults } = await readManifests({ ...options, head });
  const segmentKeys = (await backend.keys('seg')).map(String);
  const reached = await descend(options, { head, found, faults });
  const { attempt, failures, collections, requests, walk, lost } = reached;

  const { stop } = walk;
  const damage: DamageNote[] = [];
  if (fault !== null) damage.push(coveredNote(fault));
  // A partial opening tells itself what it passed over.
  for (const error of attempt.partly ? faults : [...faults, ...failures]) damage.push(coveredNote(error));
  for (const error of lost.errors) damage.push(setAsideNote(error));
  let readOnly: ChromaError | null = null;
  if (stop !== null) {
    const note = stop.tail ? droppedNote(stop, head) : readOnlyNote(stop, head);
    if (!stop.tail) readOnly = readOnlyError(backend.name, note, stop.error);
    damage.push(note);
  }
  const manifest = attempt.found?.manifest ?? null;
  return {
    collections,
    requests,
    head,
    headBytes,
    isNew: headBytes === null && fault === null,
    pending: walk.extent,
    damage,
    guessed: [
      ...(fault === null ? [] : (['epoch'] as const)),
      ...(fault === null || found.length > 0 ? [] : (['uuid'] as const)),
      ...(faults.length === 0 ? [] : (['generation'] as const)),
    ],
    cut: stop?.at ?? null,
    readOnly,
    opened: {
      manifest,
      slot: attempt.found?.slot ?? null,
      other: found.find(({ slot }) => slot !== attempt.found?.slot)?.manifest ?? null,
      segmentKeys,
      forkedAt: walk.forkedAt,
      sound: faults.length === 0 && (manifest === null || attempt.found === found[0]),
    },
  };
}

interface Descent {
  head: Head;
  found: readonly FoundManifest[];
  /** Of manifests that are not among them. */
  faults: readonly ChromaError[];
}

async function descend(options: OpenStoredOptions, { head, found, faults }: Descent): Promise<Reached> {
  const attempts: Attempt[] =
    found.length === 0
      ? [{ found: null, partly: false, wholeLog: false }]
      : [
          ...found.map((each, i) => ({ found: each, partly: false, wholeLog: i > 0 })),
          ...found.map((each) => ({ found: each, partly: true, wholeLog: false })),
        ];
  const failures: ChromaError[] = [];
  for (const attempt of attempts) {
    const lost = new LostSegments();
    let collections: Collections | null = null;
    try {
      const { engine, checksum, backend, reader } = options;
      const load = { backend, engine, checksum, reader, verify: true };
      const manifest = attempt.found?.manifest;
      collections = manifest
        ? await loadGeneration(manifest, { ...load, ...(attempt.partly ? { lost } : {}) })
        : new Collections(reader);
      const requests = new Requests();
      requests.restore(manifest?.clients ?? []);
      const base = manifest ?? { checkpointSeq: 0, checkpointEntry: 0 };
      const copy: typeof copyDamaged = (source, stored, engineOf) => {
        if (source.setAside.size > 0) lost.segment(forkNote(source, stored.name));
        return copyDamaged(source, stored, engineOf);
      };
      const replay = new LogReplay({ collections, requests, engine, checksum, head, base, copy });
      const walk = await replay.run(backend.list('log', { after: base.checkpointSeq }));
      // Without a checkpoint, a log that is damaged at its beginning is all there is: nothing can be opened.
      const nothing = !manifest && walk.extent.entries === 0;
      if (walk.stop !== null && (attempt.wholeLog || nothing)) throw walk.stop.error;
      return { attempt, failures, collections, requests, walk, lost };
    } catch (error) {
      collections?.clear();
      if (!isDamage(error)) throw error;
      failures.push(error);
    }
  }
  // Its loss is what there is to tell: what the later attempts lacked follows from it.
  throw faults[0] ?? failures[0]!;
}
