/** Snapshots in Node: inline, and through a message channel. */
import { ChromaClient as InlineClient } from '../inline.js';
import { ChromaClient } from './chroma-client.js';
import { channelConnector } from './fixtures/channel-connector.js';
import { describeSnapshots } from './snapshot.contract.js';

describeSnapshots('the same thread', { open: (storage) => new InlineClient({ storage }), damaged: 1_000 });
describeSnapshots('a message channel', {
  open: (storage) => new ChromaClient({ storage }, channelConnector),
  damaged: 200,
});
