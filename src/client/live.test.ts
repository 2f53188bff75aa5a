/** Live queries in Node: inline, and through a message channel. */
import { expect, test } from 'vitest';
import { ChromaClient as InlineClient } from '../inline.js';
import { openFeed } from '../rpc/feed.js';
import { ChromaClient } from './chroma-client.js';
import { channelConnector } from './fixtures/channel-connector.js';
import { describeLive } from './live.contract.js';

describeLive('the same thread', { open: (storage) => new InlineClient({ storage }) });
describeLive('a message channel', { open: (storage) => new ChromaClient({ storage }, channelConnector) });

test('C61 a feed that is listened to keeps no process alive', () => {
  const holding = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
  const before = holding();
  const feed = openFeed('memory:quiet');
  const plain = new BroadcastChannel('loud');
  // What holds the process is counted: the plain channel does, the feed does not.
  expect(holding() - before).toBe(1);
  plain.close();
  feed?.close();
});
