/** Opens the store a client names: chooses the backend, takes ownership, loads the core; then hands every call to `Store`. */
import { kindexError } from '../base/errors.js';
import { withFix } from '../base/worker-fixes.js';
import { loadCore } from '../core/load.js';
import { Leadership, type Led } from '../rpc/leader.js';
import { STORE_METHODS, STORE_WRITES, type StoreDiagnostics, type StoreService } from '../rpc/service.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { createMemoryStorage } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { Store } from '../store/store.js';

export interface StoreServiceOptions {
  /** Default: the platform's; null where there is none. */
  locks?: LockManager | null;
}

/** A store that opens on `open` and serves until `close`; where another tab owns it, its calls go there. */
export function createStoreService(options: StoreServiceOptions = {}): StoreService {
  const locks = options.locks === undefined ? (globalThis.navigator?.locks ?? null) : options.locks;
  let joined: Promise<Joined> | undefined;

  const call = async (method: string, argument: unknown): Promise<unknown> => {
    if (!joined) throw kindexError('CLOSED', 'The store is not open.', { fix: 'Call open() first.' });
    try {
      return await (await joined).led.call(method, argument);
    } catch (error) {
      throw withFix(error);
    }
  };
  const diagnostics = async (): Promise<StoreDiagnostics> => {
    const found = (await call('diagnostics', {})) as StoreDiagnostics;
    return { ...found, role: (await joined)?.role() ?? 'alone' };
  };
  const service: Partial<Record<keyof StoreService, (argument: unknown) => Promise<unknown>>> = {};
  for (const method of STORE_METHODS) {
    service[method] = (argument) => call(method, argument);
  }

  return {
    ...(service as unknown as StoreService),
    diagnostics,
    async open({ storage }) {
      const joining = (joined ??= join(storage, locks));
      try {
        await joining;
        return await diagnostics();
      } catch (error) {
        // A failed opening is not kept: the next call may succeed.
        if (joined === joining) joined = undefined;
        throw withFix(error);
      }
    },
    async close() {
      if (joined) await (await joined).led.close();
    },
  };
}

interface Joined {
  led: Led;
  role: () => StoreDiagnostics['role'];
}

async function join(storage: string, locks: LockManager | null): Promise<Joined> {
  if (!storage.startsWith('indexeddb:')) return { led: await openStore(storage, []), role: () => 'alone' };
  if (!locks || typeof BroadcastChannel === 'undefined') {
    const warning = 'No Web Locks here: a second tab would not be kept out of this store.';
    return { led: await openStore(storage, [warning]), role: () => 'alone' };
  }
  const leadership = new Leadership({
    name: `kindex:store:${storage}`,
    locks,
    lead: () => openStore(storage, []),
    writes: STORE_WRITES,
  });
  await leadership.join();
  return { led: leadership, role: () => leadership.role };
}

async function openStore(storage: string, warnings: string[]): Promise<Led> {
  const { core, degraded } = await loadCore();
  if (degraded !== null) warnings.push(degraded);
  const backend: StorageBackend = storage.startsWith('indexeddb:')
    ? await openIndexedDbStorage(storage.slice('indexeddb:'.length))
    : createMemoryStorage({ name: storage });
  try {
    const store = await Store.open({ backend, core, warnings });
    const methods = store as unknown as Record<string, (argument: unknown) => Promise<unknown>>;
    return {
      async call(method, argument) {
        // Other tabs' messages arrive here too: only names of the service's own list are run.
        if (method === 'open' || !(STORE_METHODS as readonly string[]).includes(method)) {
          throw kindexError('RUNTIME_INTERNAL', `The store has no method "${method}".`);
        }
        return methods[method]?.call(store, argument);
      },
      close: () => store.close(),
    };
  } catch (error) {
    await backend.close().catch(() => {
      // The opening error is the one to tell.
    });
    throw error;
  }
}
