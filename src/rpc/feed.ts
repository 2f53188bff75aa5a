/** The change feed: what the owner of a store tells after each commit, to every client of that storage in every tab. */

/** `collectionId` is null where the change concerns more than one: a namespace, or everything. */
export interface StoreChange {
  collectionId: string | null;
  /** `records`: written or deleted. `collection`: created, changed or gone. `namespace`: a database or everything is gone. */
  kind: 'records' | 'collection' | 'namespace';
}

/** One commit of one owner; commits of an owner count up by 1, and its first message, without changes, has 0. */
export interface FeedMessage {
  /** Another one means that the store has changed hands, and that messages may be missing. */
  owner: string;
  commit: number;
  changes: StoreChange[];
}

/** The BroadcastChannel of a storage. */
function feedName(storage: string): string {
  return `kindex:feed:${storage}`;
}

/** A channel that keeps no process alive; null where there are no BroadcastChannels. */
export function openFeed(storage: string): BroadcastChannel | null {
  return openChannel(feedName(storage));
}

function openChannel(name: string): BroadcastChannel | null {
  if (typeof BroadcastChannel === 'undefined') return null;
  const channel = new BroadcastChannel(name);
  (channel as { unref?: () => void }).unref?.();
  return channel;
}

/** The Web Lock a running import holds; what it has staged is left alone meanwhile. */
export const IMPORT_LOCK = 'kindex:import:';

/** Where there are no Web Locks: an owner asks, every page answers with each import that goes on in it. */
export type ImportMessage = { kind: 'who' } | { kind: 'running'; id: string };

/** As `openFeed`, for all storages of an origin. */
export function openImports(): BroadcastChannel | null {
  return openChannel('kindex:imports');
}
