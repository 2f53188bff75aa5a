/**
 * Connections to a store: one per storage name, shared and counted. The map below is the page's only module-level state:
 * two clients of one page must see one store, because a store has a single owner.
 */
import { kindexError } from '../base/errors.js';
import { RequestNumbers } from './request-numbers.js';
import {
  STORE_METHODS,
  STORE_WRITES,
  type EmbedReply,
  type EmbedService,
  type OpenRequest,
  type StoreService,
} from './service.js';
import { spawnEmbedWorker, spawnStoreWorker } from './spawn.js';
import { WorkerLink } from './worker-link.js';

export interface Connection {
  readonly store: StoreService;
  readonly embed: EmbedService;
  /** Ends workers and storage. Called once, by `release`. */
  close(): Promise<void>;
}

/** How a client reaches its store: a worker in pages, the same thread inline. */
export interface Connector {
  readonly defaultStorage: string;
  /** True: the built-in model may be loaded before it is asked for, since that holds up nobody. */
  readonly warmsUp?: boolean;
  connect(storage: string, ifLost?: OpenRequest['ifLost']): Connection;
}

interface Shared {
  connection: Connection;
  users: number;
}

const shared: Map<string, Shared> = new Map();

/** The connection of this storage name, made on first use. Give it back with `release`. */
export function acquire(connector: Connector, storage: string, ifLost?: OpenRequest['ifLost']): Connection {
  let entry = shared.get(storage);
  if (!entry) {
    entry = { connection: connector.connect(storage, ifLost), users: 0 };
    shared.set(storage, entry);
  }
  entry.users++;
  return entry.connection;
}

/** The last user closes the store. */
export async function release(storage: string): Promise<void> {
  const entry = shared.get(storage);
  if (!entry || --entry.users > 0) return;
  shared.delete(storage);
  await entry.connection.close();
}

function remoteStore(link: WorkerLink): StoreService {
  const service: Partial<Record<keyof StoreService, (argument: unknown) => Promise<unknown>>> = {};
  const numbers = new RequestNumbers();
  for (const method of STORE_METHODS) {
    service[method] = (argument = {}) =>
      STORE_WRITES.has(method)
        ? numbers.once((request) => link.call(method, argument, request))
        : link.call(method, argument);
  }
  return service as unknown as StoreService;
}

/**
 * How the two workers are started, each called with a name for the developer tools. The store's must run `serveStore`, the
 * other `serveEmbed`, both of `kindex/worker`. Default of each: the package's own worker.
 */
export interface OwnWorkers {
  store?: (name: string) => Worker;
  embed?: (name: string) => Worker;
}

/** Workers for store and embedding; both start on their first call. @throws VALUE_ARGUMENT */
export function workersConnector({
  store = spawnStoreWorker,
  embed = spawnEmbedWorker,
}: OwnWorkers = {}): Connector {
  if (typeof store !== 'function' || typeof embed !== 'function') {
    throw kindexError(
      'VALUE_ARGUMENT',
      'workers.store and workers.embed must be functions that start a Worker',
    );
  }
  return {
    defaultStorage: 'indexeddb:kindex',
    warmsUp: true,
    connect: (storage, ifLost) => connectWorkers({ storage, ifLost }, { store, embed }),
  };
}

/** The package's own workers. */
export const workerConnector: Connector = workersConnector();

function connectWorkers(argument: OpenRequest, spawn: Required<OwnWorkers>): Connection {
  const storeLink = new WorkerLink({
    name: 'kindex store worker',
    spawn: spawn.store,
    first: { method: 'open', argument },
    mortal: !argument.storage.startsWith('indexeddb:'),
  });
  const embedLink = new WorkerLink({ name: 'kindex embedding worker', spawn: spawn.embed });
  const store = remoteStore(storeLink);
  // A tab that is about to stand still lets another one lead.
  globalThis.document?.addEventListener('freeze', () => {
    if (storeLink.running) store.resign().catch(() => {});
  });
  return {
    store,
    embed: {
      embed: (request) => embedLink.call('embed', request) as Promise<EmbedReply>,
      prepare: (request) =>
        embedLink.call('prepare', request) as Promise<{ dimensions: number; loadMs: number }>,
    },
    async close() {
      try {
        if (storeLink.running) await store.close();
      } finally {
        storeLink.close();
        embedLink.close();
      }
    },
  };
}
