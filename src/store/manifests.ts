/** The manifests of a store: which of its two generations can be opened, the newest first (SPEC.md S16). */
import type { ChromaError } from '../base/errors.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import type { Head } from '../format/head.js';
import { decodeManifest, MANIFEST_SLOTS } from '../format/manifest.js';
import type { Manifest, ManifestSlot } from '../format/manifest.js';
import type { StorageBackend } from '../storage/storage.js';
import { isDamage } from './is-damage.js';
import type { StoredManifests } from './stored-state.js';

interface ReadManifestsOptions {
  backend: StorageBackend;
  checksum: Checksum;
  head: Head;
  /** As they are stored. Default: they are read, one by one, so that what cannot be read says why. */
  stored?: StoredManifests;
}

export interface FoundManifest {
  slot: ManifestSlot;
  manifest: Manifest;
}

/** Sound ones, the newest first. @throws FORMAT_CORRUPT for two of one generation · FORMAT_TOO_NEW · STORAGE_FAILED */
export async function readManifests({
  backend,
  checksum,
  head,
  stored,
}: ReadManifestsOptions): Promise<{ found: FoundManifest[]; faults: ChromaError[] }> {
  const found: FoundManifest[] = [];
  const faults: ChromaError[] = [];
  // Both at once; one that fails does so when it is awaited.
  const reading = MANIFEST_SLOTS.map(async (slot) =>
    stored ? stored[slot] : backend.read('manifest', slot),
  );
  for (const read of reading) read.catch(() => {});
  for (const [i, slot] of MANIFEST_SLOTS.entries()) {
    try {
      const bytes = await reading[i]!;
      if (bytes === null) continue;
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
