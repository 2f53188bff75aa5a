/** The client suite in a real browser: real workers, real IndexedDB. */
import { AdminClient, ChromaClient } from '../index.js';
import { AdminClient as InlineAdmin, ChromaClient as InlineClient } from '../inline.js';
import { describeApi } from './api.contract.js';
import { describeClient } from './client.contract.js';

describeClient('a worker', { open: (storage) => new ChromaClient({ storage }), persistent: 'indexeddb:' });
describeClient('the page itself', {
  open: (storage) => new InlineClient({ storage }),
  persistent: 'indexeddb:',
});
describeApi('a worker', {
  open: (args) => new ChromaClient(args),
  openAdmin: (storage) => new AdminClient({ storage }),
  persistent: 'indexeddb:',
});
describeApi('the page itself', {
  open: (args) => new InlineClient(args),
  openAdmin: (storage) => new InlineAdmin({ storage }),
  persistent: 'indexeddb:',
});
