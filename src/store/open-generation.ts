/** Which generation a store opens from: the newest that is whole, else the one before it, else the log alone (SPEC.md S16). */
import { ChromaError } from '../base/errors.js';
import type { Core } from '../core/core.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import type { Head } from '../format/head.js';
import { decodeManifest, MANIFEST_SLOTS } from '../format/manifest.js';
import type { Manifest, ManifestSlot } from '../format/manifest.js';
import type { StorageBackend } from '../storage/storage.js';
import type { Opened } from './checkpoint.js';
import { Collections } from './collections.js';
import { loadGeneration } from './load-generation.js';

interface OpenGenerationOptions {
  backend: StorageBackend;
  core: Core;
  checksum: Checksum;
  head: Head;
}

export interface OpenedGeneration {
  collections: Collections;
  opened: Opened;
  /** What is damaged of generations that were not used. */
  faults: ChromaError[];
}

interface Found {
  slot: ManifestSlot;
  manifest: Manifest;
}

/**
 * Falls back only where the log still holds what the older generation lacks, which whoever replays it then proves.
 * @throws FORMAT_CORRUPT when no generation is whole · FORMAT_TOO_NEW · RUNTIME_OUT_OF_MEMORY · STORAGE_FAILED
 */
export async function openGeneration(options: OpenGenerationOptions): Promise<OpenedGeneration> {
  const { backend } = options;
  const { found, faults } = await readManifests(options);
  const segmentKeys = (await backend.keys('seg')).map(String);
  for (const [i, { slot, manifest }] of found.entries()) {
    try {
      const collections = await loadGeneration(manifest, options);
      const other = found.find((each) => each.slot !== slot)?.manifest ?? null;
      const opened = { manifest, slot, other, segmentKeys, sound: faults.length === 0 };
      return { collections, opened, faults };
    } catch (error) {
      if (!isDamage(error)) throw error;
      faults.push(error);
      // Its loss is what there is to tell; the log before it is gone.
      if (i === found.length - 1) throw faults[0] ?? error;
    }
  }
  const opened = { manifest: null, slot: null, other: null, segmentKeys, sound: faults.length === 0 };
  return { collections: new Collections(), opened, faults };
}

/** Sound ones, the newest first. */
async function readManifests({
  backend,
  checksum,
  head,
}: OpenGenerationOptions): Promise<{ found: Found[]; faults: ChromaError[] }> {
  const found: Found[] = [];
  const faults: ChromaError[] = [];
  for (const slot of MANIFEST_SLOTS) {
    const bytes = await backend.read('manifest', slot);
    if (bytes === null) continue;
    try {
      const manifest = decodeManifest(bytes, checksum);
      if (
        manifest.uuid !== head.uuid ||
        manifest.checkpointSeq > head.lastSeq ||
        manifest.checkpointEntry > head.lastEntry
      ) {
        throw corrupt(`manifest ${slot} is not of this store, or of a later state of it`, {
          what: 'manifest',
          slot,
          checkpointSeq: manifest.checkpointSeq,
          lastSeq: head.lastSeq,
        });
      }
      found.push({ slot, manifest });
    } catch (error) {
      if (!isDamage(error)) throw error;
      faults.push(error);
    }
  }
  found.sort((a, b) => b.manifest.gen - a.manifest.gen);
  if (found.length === 2 && found[0]!.manifest.gen === found[1]!.manifest.gen)
    throw corrupt('two manifests are of one generation', { what: 'manifest' });
  return { found, faults };
}

function isDamage(error: unknown): error is ChromaError {
  return error instanceof ChromaError && error.code === 'FORMAT_CORRUPT';
}
