/** Salvages of a stored database: a connection of its own each, which only reads. Loaded when one is asked for. */
import { createCrc32c } from '../base/crc32c.js';
import { kindexError } from '../base/errors.js';
import { withFix } from '../base/worker-fixes.js';
import type { ExportReadReply, SalvageOpenReply, SalvageRequest } from '../rpc/service.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import type { StorageBackend } from '../storage/storage.js';
import { Salvage } from '../store/salvage.js';
import { patientStorage } from './patient-storage.js';

/** One that is under way. */
export interface OpenSalvage {
  backend: StorageBackend;
  salvage: Salvage;
}

/**
 * Carries out one step. `open`: those under way, by id.
 * @throws VALUE_STORAGE where nothing is stored · WORKER_DIED for a step of one that is not open (any more) · FORMAT_TOO_NEW ·
 * FORMAT_CORRUPT · STORAGE_LOST · STORAGE_FAILED
 */
export async function runSalvage(
  open: Map<string, OpenSalvage>,
  storage: string | undefined,
  request: SalvageRequest,
): Promise<SalvageOpenReply | ExportReadReply | null> {
  try {
    return await run(open, storage, request);
  } catch (error) {
    throw withFix(error);
  }
}

async function run(
  open: Map<string, OpenSalvage>,
  storage: string | undefined,
  request: SalvageRequest,
): Promise<SalvageOpenReply | ExportReadReply | null> {
  const { step, id } = request;
  if (step === 'open') return (await begin(open, storage, id)).collections(request);
  const under = open.get(id);
  if (step === 'close') {
    open.delete(id);
    await under?.backend.close();
    return null;
  }
  if (under) return under.salvage.read(request.collectionId, request.row);
  throw kindexError('WORKER_DIED', 'The salvage has ended before all of it was read.', {
    fix: 'Start the export again.',
  });
}

async function begin(
  open: Map<string, OpenSalvage>,
  storage: string | undefined,
  id: string,
): Promise<Salvage> {
  if (!storage?.startsWith('indexeddb:')) {
    throw kindexError(
      'VALUE_STORAGE',
      `There is nothing to salvage in '${storage ?? ''}': it is not stored.`,
    );
  }
  const backend = patientStorage(await openIndexedDbStorage(storage.slice('indexeddb:'.length)));
  try {
    const salvage = await Salvage.open({ backend, checksum: createCrc32c() });
    open.set(id, { backend, salvage });
    return salvage;
  } catch (error) {
    await backend.close().catch(() => {
      // What it could not read is the error to tell.
    });
    throw error;
  }
}
