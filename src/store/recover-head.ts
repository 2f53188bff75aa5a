/** The head of a store: read, begun for a new store, or made again from the manifests and the log when it is damaged (SPEC.md S16). */
import type { ChromaError } from '../base/errors.js';
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { decodeHead, HEAD_KEY, newHead } from '../format/head.js';
import type { Head } from '../format/head.js';
import { decodeRow } from '../format/log-row.js';
import type { LogRow } from '../format/log-row.js';
import { decodeManifest, MANIFEST_SLOTS } from '../format/manifest.js';
import type { Manifest } from '../format/manifest.js';
import type { StorageBackend } from '../storage/storage.js';
import { isDamage } from './is-damage.js';
import { isAnythingStored } from './open-stored.js';

interface ReadHeadOptions {
  backend: StorageBackend;
  checksum: Checksum;
  /** Identity of the store if it is new. */
  uuid: () => string;
}

export interface ReadHead {
  head: Head;
  /** As they are stored, damaged or not: what the first commit of an owner has to expect. Null: there is none. */
  headBytes: Uint8Array<ArrayBuffer> | null;
  /** Why it was made again; null: it was whole, or the store is new. */
  fault: ChromaError | null;
}

/** @throws FORMAT_CORRUPT when nothing is left to make it from · FORMAT_TOO_NEW · STORAGE_FAILED · STORAGE_LOST */
export async function readHead(options: ReadHeadOptions): Promise<ReadHead> {
  const { backend, checksum, uuid } = options;
  let headBytes: Uint8Array<ArrayBuffer> | null = null;
  let fault: ChromaError;
  try {
    headBytes = await backend.read('meta', HEAD_KEY);
    if (headBytes !== null) return { head: decodeHead(headBytes, checksum), headBytes, fault: null };
    if (!(await isAnythingStored(backend))) return { head: newHead(uuid()), headBytes, fault: null };
    throw corrupt('the head is missing', { what: 'head' });
  } catch (error) {
    if (!isDamage(error)) throw error;
    fault = error;
  }
  return { head: await rebuild(options, fault), headBytes, fault };
}

async function rebuild({ backend, checksum, uuid }: ReadHeadOptions, fault: ChromaError): Promise<Head> {
  const manifests: Manifest[] = [];
  for (const slot of MANIFEST_SLOTS) {
    const bytes = await sound(async () => backend.read('manifest', slot));
    const manifest = bytes && (await sound(async () => decodeManifest(bytes, checksum)));
    if (manifest) manifests.push(manifest);
  }
  let epoch = 0;
  let last: LogRow | null = null;
  for await (const batch of backend.list('log')) {
    for (const { key, value } of batch) {
      const row = await sound(async () => decodeRow(value, checksum));
      // A row at another key is one that was copied there.
      if (!row || row.seq !== key) continue;
      last = row;
      epoch = Math.max(epoch, row.epoch);
    }
  }
  const newest = manifests.sort((a, b) => b.gen - a.gen)[0];
  if (!newest && !last) throw fault;
  return {
    ...newHead(newest?.uuid ?? uuid()),
    epoch,
    lastSeq: Math.max(newest?.checkpointSeq ?? 0, last?.seq ?? 0),
    lastEntry: Math.max(newest?.checkpointEntry ?? 0, last?.entry ?? 0),
  };
}

/** Null for what is damaged. */
async function sound<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}
