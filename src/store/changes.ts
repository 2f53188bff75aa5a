/** What a commit has changed, for those who watch: one change per collection and kind. */
import type { LogEntry } from '../format/entry.js';
import type { StoreChange } from '../rpc/feed.js';

export function changesOf(entries: readonly LogEntry[]): StoreChange[] {
  const changes = new Map<string, StoreChange>();
  for (const entry of entries) {
    const change = changeOf(entry);
    if (change) changes.set(`${change.kind} ${change.collectionId}`, change);
  }
  return [...changes.values()];
}

function changeOf(entry: LogEntry): StoreChange | null {
  switch (entry.op) {
    case 'write':
      return { collectionId: entry.write.collectionId, kind: 'records' };
    case 'deleteRows':
      return { collectionId: entry.collectionId, kind: 'records' };
    case 'createCollection':
    case 'modifyCollection':
    case 'forkCollection':
      return { collectionId: entry.collection.id, kind: 'collection' };
    case 'deleteCollection':
      return { collectionId: entry.collectionId, kind: 'collection' };
    case 'createTenant':
    case 'createDatabase':
    case 'deleteDatabase':
    case 'reset':
      return { collectionId: null, kind: 'namespace' };
    default:
      return null;
  }
}
