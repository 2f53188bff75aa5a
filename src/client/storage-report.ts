/** `ChromaClient.storageReport` and `persist`: what is kept, how much of it, and how safely. */
import type { StoreReport, StoreService } from '../rpc/service.js';

/** `collections` are those of every database of the store. */
export interface StorageReport extends StoreReport {
  /** True: the browser keeps the origin's data when space runs short. Null where it does not say. */
  persisted: boolean | null;
}

export async function storageReport(store: StoreService): Promise<StorageReport> {
  const report = await store.report();
  return { ...report, persisted: (await manager()?.persisted?.()) ?? null };
}

/** Whether it is so afterwards; false where nobody can be asked. */
export async function persist(): Promise<boolean> {
  // Missing on pages without TLS, in workers and outside of browsers.
  return (await manager()?.persist?.()) ?? false;
}

function manager(): StorageManager | undefined {
  return (globalThis.navigator as Navigator | undefined)?.storage;
}
