/** The client suite in a real browser: real workers, real IndexedDB. */
import { ChromaClient } from '../index.js';
import { ChromaClient as InlineClient } from '../inline.js';
import { describeClient } from './client.contract.js';

describeClient('a worker', { open: (storage) => new ChromaClient({ storage }), persistent: 'indexeddb:' });
describeClient('the page itself', {
  open: (storage) => new InlineClient({ storage }),
  persistent: 'indexeddb:',
});
