/** Opens the store a client names: chooses the backend, takes ownership, loads the core; then hands every call to `Store`. */
import { asKindexError, ChromaError, kindexError } from '../base/errors.js';
import { withFix } from '../base/worker-fixes.js';
import { loadCore, type LoadedCore } from '../core/load.js';
import type { RequestId } from '../base/types.js';
import { Leadership, type Led } from '../rpc/leader.js';
import { patientStorage } from './patient-storage.js';
import type { ImportSweeper } from './import-sweeper.js';
import type { OpenSalvage } from './salvage.js';
import { reopening } from './reopening.js';
import {
  STORE_METHODS,
  type SalvageReplies,
  type SalvageRequest,
  type StoreDiagnostics,
  type StoreService,
} from '../rpc/service.js';
import { LAYOUT_VERSION, openIndexedDbStorage } from '../storage/indexeddb.js';
import type { DiskRoom } from '../storage/disk-room.js';
import { createBrowserMarker } from '../storage/marker-places.js';
import { readAhead, type StoreMarker } from '../storage/marker.js';
import type { StorageBackend } from '../storage/storage.js';
import { Store } from '../store/store.js';
import { startChangeFeed, type ChangeFeed } from './change-feed.js';
import { defaultEngine, type EngineLoader } from '../vector-index/engine.js';

/** Kept back for deletes in a full storage: a few thousand of them, and the checkpoint that frees what they deleted. */
const RESERVE_BYTES = 256 * 1024;

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
  let opening: Opening | undefined;
  let joined: Promise<Joined> | undefined;
  const salvages = new Map<string, OpenSalvage>();

  /** A failed joining is not kept: the next call may succeed. */
  const joinNow = async (asked: Opening): Promise<Joined> => {
    const joining = (joined ??= join(asked, locks));
    try {
      return await joining;
    } catch (error) {
      if (joined === joining) joined = undefined;
      throw error;
    }
  };
  /** The way out of a store that does not open, and the only one that deletes it. */
  const recreate = async (asked: Opening): Promise<void> => {
    asked.recreate = true;
    try {
      const { led, role } = await joinNow(asked);
      // Another tab was faster; what it has opened is emptied as any store is.
      if (role() === 'follower') await led.call('reset', {});
    } finally {
      asked.recreate = false;
    }
  };
  const call = async (method: string, argument: unknown, request?: RequestId): Promise<unknown> => {
    if (!opening) throw kindexError('CLOSED', 'The store is not open.', { fix: 'Call open() first.' });
    try {
      const { led } = await joinNow(opening);
      return await led.call(method, argument, request);
    } catch (error) {
      if (method !== 'reset' || !isRefusal(error)) throw withFix(error);
      const there = await joined;
      if (there?.serves()) throw withFix(error);
      // Opened once, and gone since.
      joined = undefined;
      await there?.led.close();
    }
    return recreate(opening);
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
    async open({ storage, ifLost = 'throw' }) {
      opening ??= {
        storage,
        ifLost,
        engine: options.engine ?? defaultEngine,
        marker: storage.startsWith('indexeddb:') ? createBrowserMarker(storage) : undefined,
        core: undefined,
        newLog: undefined,
        room: storage.startsWith('indexeddb:') ? loadRoom(storage) : undefined,
        verify: false,
        recreate: false,
      };
      try {
        return await diagnostics();
      } catch (error) {
        // Every call will tell it, but `reset`, which must get through.
        if (isRefusal(error)) return null;
        throw error;
      }
    },
    /** Beside the store, since that does not open. */
    async salvage<R extends SalvageRequest>(request: R) {
      await (await opening?.room)?.check();
      const { runSalvage } = await import('./salvage.js');
      return runSalvage(salvages, opening?.storage, request) as Promise<SalvageReplies[R['step']]>;
    },
    async resign() {
      await (await joined)?.resign();
    },
    async close() {
      opening = undefined;
      if (joined) await (await joined).led.close();
    },
  };
}

/** What opening has to know; kept as long as the service, since a store may be opened again. */
interface Opening {
  storage: string;
  ifLost: 'throw' | 'recreate';
  engine: EngineLoader;
  marker: StoreMarker | undefined;
  /** Loaded ahead, for the next opening. */
  core: Promise<LoadedCore> | undefined;
  /** As `core`: resolves to a warning, or null. */
  newLog: Promise<string | null> | undefined;
  /** Null where its code did not come; undefined for a storage without a disk. */
  room: Promise<DiskRoom | null> | undefined;
  /** True: damage was found in what the last opening had not read. */
  verify: boolean;
  /** True: what lies there is deleted first. */
  recreate: boolean;
}

/** The store is lost or damaged: trying again helps no more than reading an error twice. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ChromaError)) return false;
  // A write whose store did not open again.
  if (error.code === 'OUTCOME_UNKNOWN') return isRefusal(error.cause);
  return ['STORAGE_LOST', 'STORAGE_FAILED', 'FORMAT_CORRUPT'].includes(error.code);
}

interface Joined {
  led: Led;
  /** False: what was open is gone, and the next call opens it. */
  serves: () => boolean;
  /** Lets another tab have it when nothing is being done. */
  resign: () => Promise<void>;
  role: () => StoreDiagnostics['role'];
}

const nothing = async (): Promise<void> => {};

async function join(opening: Opening, locks: LockManager | null): Promise<Joined> {
  const { storage } = opening;
  if (!storage.startsWith('indexeddb:'))
    return { led: await openStore(opening, []), serves: () => true, resign: nothing, role: () => 'alone' };
  if (!locks || typeof BroadcastChannel === 'undefined') {
    const { openAlone } = await import('./open-alone.js');
    const led = await openAlone(storage, (warning) => reopening(() => openStore(opening, [warning])));
    return { led, serves: () => !led.ended, resign: nothing, role: () => 'alone' };
  }
  // Needed as soon as this worker leads, which in a second tab is when nobody should wait.
  opening.core = loadCore();
  opening.core.catch(() => {});
  const leadership = new Leadership({
    // Of its layout alone: a later version follows no older owner, but opens the database, and the owner lets go.
    name: `kindex:store:${LAYOUT_VERSION}:${storage}`,
    locks,
    lead: () => reopening(() => openStore(opening, [])),
  });
  try {
    await leadership.join();
  } catch (error) {
    await leadership.close();
    throw error;
  }
  if (leadership.role === 'follower') {
    // As long as this tab lives no browser is killed: what it begins now is new when it leads, and nobody waits for it then.
    opening.newLog = newLog(opening.room);
    // Opening loads it where there are indexes; over a network, while calls wait.
    import('../store/load-derived.js').catch(() => {});
  }
  return {
    led: leadership,
    serves: () => leadership.serves,
    resign: () => leadership.resign(),
    role: () => leadership.role,
  };
}

async function loadRoom(storage: string): Promise<DiskRoom | null> {
  const code = await import('../storage/disk-room.js').catch(() => null);
  return code && new code.DiskRoom(storage);
}

/** What a killed browser has left torn is written to no longer (SPEC.md S55): a warning, or null. Never rejects. */
function newLog(room?: Promise<DiskRoom | null>): Promise<string | null> {
  return import('../storage/new-log.js').then((code) => code.tryNewLog(room), String);
}

/**
 * What the core's memory holds after a trap is anybody's guess, and an index that a foreign error ended has none any more. Want of
 * memory, which may have a RangeError as its cause, changes nothing.
 */
function isTrap(error: unknown): boolean {
  if (error instanceof WebAssembly.RuntimeError) return true;
  if (!(error instanceof ChromaError) || error.code === 'RUNTIME_OUT_OF_MEMORY') return false;
  const { code, cause } = error;
  return (code === 'RUNTIME_INTERNAL' && cause instanceof RangeError) || isTrap(cause);
}

async function openStore(opening: Opening, warnings: string[]): Promise<Led> {
  const { storage } = opening;
  const isStored = storage.startsWith('indexeddb:');
  // A core serves one store: after that it is given up with it.
  const loading = (opening.core ??= loadCore());
  loading.catch(() => {});
  const room = await opening.room;
  // What lies there and is not wanted may be deleted at any time.
  if (!opening.recreate) await room?.check();
  // Before anything is written, and nobody waits for it.
  if (isStored)
    void (opening.newLog ?? newLog()).then((warning) => warning !== null && warnings.push(warning));
  opening.core = undefined;
  opening.newLog = undefined;
  if (opening.recreate && isStored) {
    const { deleteIndexedDbStorage } = await import('../storage/indexeddb-delete.js');
    await deleteIndexedDbStorage(storage.slice('indexeddb:'.length));
    await opening.marker?.remove();
    opening.recreate = false;
  }
  // While the database opens; before anything of it is read, so that it never tells of what came later.
  const marker = opening.marker && readAhead(opening.marker);
  const suspecting = (error: unknown): never => {
    // Any failure may do: it is asked at the next opening, and there is one only when this one is over.
    room?.suspect();
    throw error;
  };
  const backend: StorageBackend = isStored
    ? patientStorage(await openIndexedDbStorage(storage.slice('indexeddb:'.length)).catch(suspecting))
    : (await import('../storage/memory.js')).createMemoryStorage({ name: storage });
  try {
    const { core, degraded } = await loading;
    if (degraded !== null) warnings.push(degraded);
    const engine = await opening.engine(core);
    let feed: ChangeFeed | null = null;
    const store = await Store.open({
      backend,
      core,
      engine,
      warnings,
      ifLost: opening.ifLost,
      ...(marker ? { marker } : {}),
      reserveBytes: isStored ? RESERVE_BYTES : 0,
      ...(isStored && { scrub: {} }),
      verify: opening.verify,
      onDamage: () => (opening.verify = true),
      onCommit: (commit, changes) => feed?.post(commit, changes),
    });
    feed = startChangeFeed(storage);
    const { close } = feed;
    const sweeping = import('./import-sweeper.js').then(
      (code) => new code.ImportSweeper(store, { locks: globalThis.navigator?.locks ?? null }),
    );
    // Where its code does not come, the next opening sweeps.
    const toSweeper = (tell: (sweeper: ImportSweeper) => void): void => void sweeping.then(tell, () => {});
    toSweeper((sweeper) => isStored && void sweeper.sweep());
    const methods = store as unknown as Record<string, Method>;
    return {
      async call(method, argument, request) {
        // Other tabs' messages arrive here too: only names of the service's own list are run.
        if (method === 'open' || !(STORE_METHODS as readonly string[]).includes(method)) {
          throw kindexError('RUNTIME_INTERNAL', `The store has no method "${method}".`);
        }
        if (method === 'createCollection') {
          const { name } = argument as { name?: unknown };
          toSweeper((sweeper) => sweeper.note(name));
        }
        try {
          return await methods[method]?.call(store, argument, request);
        } catch (error) {
          if (isTrap(error)) store.abandon(asKindexError(error, method));
          return suspecting(error);
        }
      },
      get ended() {
        return store.ended;
      },
      close() {
        toSweeper((sweeper) => sweeper.close());
        return store.close().finally(close);
      },
    };
  } catch (error) {
    await backend.close().catch(() => {
      // The opening error is the one to tell.
    });
    return suspecting(error);
  }
}
