/** The owner's end of the change feed: every commit goes to all clients of the storage, in all tabs. */
import { createUuid } from '../store/uuid.js';
import { openFeed, type FeedMessage, type StoreChange } from '../rpc/feed.js';

export interface ChangeFeed {
  post(commit: number, changes: StoreChange[]): void;
  close(): void;
}

/** Says at once that there is an owner: whoever has missed messages of the one before reads again. */
export function startChangeFeed(storage: string): ChangeFeed {
  const channel = openFeed(storage);
  const owner = createUuid();
  let open = channel !== null;
  const feed: ChangeFeed = {
    post(commit, changes) {
      if (open) channel?.postMessage({ owner, commit, changes } satisfies FeedMessage);
    },
    close() {
      open = false;
      channel?.close();
    },
  };
  feed.post(0, []);
  return feed;
}
