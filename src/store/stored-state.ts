/** Head and manifests as they are stored: what an opening begins with, and what tells it that a former owner wrote meanwhile (SPEC.md S5). */
import { HEAD_KEY } from '../format/head.js';
import { MANIFEST_SLOTS } from '../format/manifest.js';
import type { ManifestSlot } from '../format/manifest.js';
import { sameBytes } from '../storage/same-bytes.js';
import type { StorageBackend } from '../storage/storage.js';
import { isDamage } from './is-damage.js';

/** Null: not there. Empty: there, and cannot be read. */
type StoredBytes = Uint8Array<ArrayBuffer> | null;

export type StoredManifests = Record<ManifestSlot, StoredBytes>;

export interface StoredState {
  head: StoredBytes;
  manifests: StoredManifests;
}

/** Cost: two transactions at the same time. @throws STORAGE_FAILED · STORAGE_LOST */
export async function readState(backend: StorageBackend): Promise<StoredState> {
  const [head, manifests] = await Promise.all([readHeadBytes(backend), readManifestBytes(backend)]);
  return { head, manifests };
}

/**
 * True when something of it is no longer as it was. `head`: false where this owner has written that itself; then one transaction.
 * @throws as `readState`
 */
export async function hasChanged(
  backend: StorageBackend,
  before: StoredState,
  { head }: { head: boolean },
): Promise<boolean> {
  const [now, manifests] = await Promise.all([
    head ? readHeadBytes(backend) : before.head,
    readManifestBytes(backend),
  ]);
  return (
    !sameBytes(now, before.head) ||
    MANIFEST_SLOTS.some((slot) => !sameBytes(manifests[slot], before.manifests[slot]))
  );
}

async function readHeadBytes(backend: StorageBackend): Promise<StoredBytes> {
  return backend.read('meta', HEAD_KEY).catch((error: unknown) => {
    if (isDamage(error)) return new Uint8Array(0);
    throw error;
  });
}

/** Both slots in one transaction; a list gives what cannot be read as no bytes. */
async function readManifestBytes(backend: StorageBackend): Promise<StoredManifests> {
  const manifests: StoredManifests = { a: null, b: null };
  for await (const batch of backend.list('manifest')) {
    for (const { key, value } of batch)
      for (const slot of MANIFEST_SLOTS) if (key === slot) manifests[slot] = value;
  }
  return manifests;
}
