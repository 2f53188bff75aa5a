/** Opens the store a client names: chooses the backend, takes ownership, loads the core; then hands every call to `Store`. */
import { kindexError } from '../base/errors.js';
import { withFix } from '../base/worker-fixes.js';
import { loadCore } from '../core/load.js';
import type { RequestId } from '../base/types.js';
import { claim } from '../rpc/claim.js';
import { Leadership, type Led } from '../rpc/leader.js';
import { patientStorage } from './patient-storage.js';
import { reopening } from './reopening.js';
import { STORE_METHODS, type StoreDiagnostics, type StoreService } from '../rpc/service.js';
import { openIndexedDbStorage } from '../storage/indexeddb.js';
import { createMemoryStorage } from '../storage/memory.js';
import type { StorageBackend } from '../storage/storage.js';
import { Store } from '../store/store.js';
import { startChangeFeed, type ChangeFeed } from './change-feed.js';
import { runningImports } from './running-imports.js';
import { defaultEngine, type EngineLoader } from '../vector-index/engine.js';

export interface StoreServiceOptions {
  /** Default: the platform's; null where there is none. */
  locks?: LockManager | null;
  /** Gives what finds the nearest vectors. Default: the graph of the core. */
  engine?: EngineLoader;
}

type Method = (argument: unknown, request?: RequestId) => Promise<unknown>;

/** A store that opens on `open` and serves until `close`; where another tab owns it, its calls go there. */
export function createStoreService(options: StoreServiceOptions = {}): StoreService {
  const locks = options.locks === undefined ? (globalThis.navigator?.locks ?? null) : options.locks;
  let joined: Promise<Joined> | undefined;

  const call = async (method: string, argument: unknown, request?: RequestId): Promise<unknown> => {
    if (!joined) throw kindexError('CLOSED', 'The store is not open.', { fix: 'Call open() first.' });
    try {
      return await (await joined).led.call(method, argument, request);
    } catch (error) {
      throw withFix(error);
    }
  };
  const diagnostics = async (): Promise<StoreDiagnostics> => {
    const found = (await call('diagnostics', {})) as StoreDiagnostics;
    return { ...found, role: (await joined)?.role() ?? 'alone' };
  };
  const service: Partial<Record<keyof StoreService, Method>> = {};
  for (const method of STORE_METHODS) {
    service[method] = (argument, request) => call(method, argument, request);
  }

  return {
    ...(service as unknown as StoreService),
    diagnostics,
    async open({ storage }) {
      const joining = (joined ??= join(storage, locks, options.engine ?? defaultEngine));
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

async function join(storage: string, locks: LockManager | null, engine: EngineLoader): Promise<Joined> {
  if (!storage.startsWith('indexeddb:'))
    return { led: await openStore(storage, [], engine), role: () => 'alone' };
  if (!locks || typeof BroadcastChannel === 'undefined') {
    return { led: await openAlone(storage, engine), role: () => 'alone' };
  }
  const leadership = new Leadership({
    name: `kindex:store:${storage}`,
    locks,
    lead: () => openStore(storage, [], engine),
  });
  try {
    await leadership.join();
  } catch (error) {
    await leadership.close();
    throw error;
  }
  return { led: leadership, role: () => leadership.role };
}

/** Without Web Locks a second tab is kept out by asking the first; without a channel between them by the epoch alone. */
async function openAlone(storage: string, engine: EngineLoader): Promise<Led> {
  const asked = typeof BroadcastChannel !== 'undefined';
  const warning = asked
    ? 'No Web Locks here: one tab can use this store, a second one is refused.'
    : 'No Web Locks here: a second tab would take this store over.';
  const letGo = asked ? await claim(`kindex:store:${storage}`) : (): void => {};
  try {
    const led = await reopening(() => openStore(storage, [warning], engine));
    return {
      call: (method, argument, request) => led.call(method, argument, request),
      close: () => led.close().finally(letGo),
    };
  } catch (error) {
    letGo();
    throw error;
  }
}

async function openStore(storage: string, warnings: string[], loadEngine: EngineLoader): Promise<Led> {
  const { core, degraded } = await loadCore();
  if (degraded !== null) warnings.push(degraded);
  const engine = await loadEngine(core);
  const backend: StorageBackend = storage.startsWith('indexeddb:')
    ? patientStorage(await openIndexedDbStorage(storage.slice('indexeddb:'.length)))
    : createMemoryStorage({ name: storage });
  try {
    let feed: ChangeFeed | null = null;
    const store = await Store.open({
      backend,
      core,
      engine,
      warnings,
      onCommit: (commit, changes) => feed?.post(commit, changes),
    });
    feed = startChangeFeed(storage);
    const { close } = feed;
    if (storage.startsWith('indexeddb:')) void sweepImports(store);
    const methods = store as unknown as Record<string, Method>;
    return {
      async call(method, argument, request) {
        // Other tabs' messages arrive here too: only names of the service's own list are run.
        if (method === 'open' || !(STORE_METHODS as readonly string[]).includes(method)) {
          throw kindexError('RUNTIME_INTERNAL', `The store has no method "${method}".`);
        }
        return methods[method]?.call(store, argument, request);
      },
      close: () => store.close().finally(close),
    };
  } catch (error) {
    await backend.close().catch(() => {
      // The opening error is the one to tell.
    });
    throw error;
  }
}

/** What unfinished imports have left is deleted behind the calls; where that fails, the next opening tries again. */
async function sweepImports(store: Store): Promise<void> {
  try {
    await store.sweepStaged(await runningImports(globalThis.navigator?.locks ?? null));
  } catch {
    // Nobody sees them, and every call tells the error itself.
  }
}
