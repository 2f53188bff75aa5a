/** What is known of the stored generations, and which segments none of them names any more. */
import { segmentKeysOf } from '../format/manifest.js';
import type { Manifest, ManifestSlot } from '../format/manifest.js';
import { generationOfKey } from '../format/segment.js';
import type { CatalogText } from './catalog.js';
import type { CollectionState } from './collection-state.js';
import type { ColumnKind, ColumnSegment } from './column-segments.js';
import type { SegmentReader } from './segment-reader.js';
import type { WriteLog } from './write-log.js';

/** The generation a store was opened from. */
export interface Opened {
  /** Null: from the log alone. */
  manifest: Manifest | null;
  /** Where it lies; null with the manifest. */
  slot: ManifestSlot | null;
  /** The one in the other slot, when it is sound. */
  other: Manifest | null;
  /** Keys of all stored segments. */
  segmentKeys: string[];
  /** The last entry of the log that copies a collection; 0: none. */
  forkedAt: number;
  /** False: something of another generation is damaged, and what only it names must stay until the next checkpoint. */
  sound: boolean;
}

export interface Generations {
  /** The one that counts; null: none yet. */
  current: Manifest | null;
  previous: Manifest | null;
  /** Handed over to be published; which of them was, if any, is not known until it is said of one. */
  doubtful: Manifest[];
  slot: ManifestSlot | null;
  /** The highest that was ever begun: a key is never written twice. */
  gen: number;
  /** Keys of segments that may be stored. */
  readonly stored: Set<string>;
  /** As in `Opened`, until a generation is published. */
  sound: boolean;
  /** The catalog of `current`; null: not known. */
  catalogTexts: CatalogText[] | null;
  /** What a checkpoint may take when there is hardly any room; null: as much as it needs. */
  roomBytes: number | null;
  /** Damaged, while its rows are in memory: written anew by the next checkpoint. */
  mend?: { collection: CollectionState; kind: ColumnKind | 'codes'; segments: ColumnSegment[] } | null;
}

export function generationsOf({ manifest, other, slot, segmentKeys, sound }: Opened): Generations {
  const begun = [manifest?.gen ?? 0, other?.gen ?? 0, ...segmentKeys.map(generationOfKey)];
  return {
    current: manifest,
    previous: other,
    doubtful: [],
    slot,
    gen: begun.reduce((max, gen) => Math.max(max, gen), 0),
    stored: new Set(segmentKeys),
    sound,
    catalogTexts: null,
    roomBytes: null,
  };
}

/** Those no manifest names. Never rejects: they cost room and nothing else. */
export async function deleteUnnamed(
  at: Generations,
  { log, reader }: { log: WriteLog; reader: SegmentReader },
): Promise<void> {
  // Before it has been taken over somebody else may be writing what no manifest names yet.
  if (!log.isOwner) return;
  const manifests = [at.current, at.previous, ...at.doubtful];
  const named = new Set(manifests.flatMap((each) => (each === null ? [] : segmentKeysOf(each))));
  const unnamed = [...at.stored].filter((key) => !named.has(key) && !reader.isHeld(key));
  if (unnamed.length === 0) return;
  try {
    await log.store({ puts: [], deletes: unnamed.map((key) => ({ store: 'seg', from: key, to: key })) });
  } catch {
    // Whatever is wrong with the storage shows at the next write.
    return;
  }
  for (const key of unnamed) at.stored.delete(key);
}
