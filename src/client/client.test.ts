/** The client suite in Node: inline, and through Comlink over a message channel. */
import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { exposeService } from '../host/expose.js';
import { createEmbedService } from '../host/embed-service.js';
import { createStoreService } from '../host/store-service.js';
import { AdminClient as InlineAdmin, ChromaClient as InlineClient } from '../inline.js';
import { workersConnector } from '../rpc/connect.js';
import { STORE_METHODS } from '../rpc/service.js';
import { VERSION } from '../base/version.js';
import packageJson from '../../package.json' with { type: 'json' };
import { AdminClient } from './admin-client.js';
import { describeApi } from './api.contract.js';
import { ChromaClient } from './chroma-client.js';
import { describeClient } from './client.contract.js';

/** A `Worker` that is the other end of a message channel: the same protocol, the same structured clone. */
function channelWorker(service: object, methods: readonly string[]): Worker {
  const { port1, port2 } = new MessageChannel();
  exposeService(service, { methods, endpoint: port1, locks: null });
  return Object.assign(port2, { terminate: () => port2.close() }) as unknown as Worker;
}

const channelConnector = workersConnector({
  spawnStore: () => channelWorker(createStoreService({ locks: null }), STORE_METHODS),
  spawnEmbed: () => channelWorker(createEmbedService(), ['embed', 'prepare']),
});

describeClient('the same thread', {
  open: (storage) => new InlineClient({ storage }),
  persistent: 'indexeddb:',
});
describeClient('a message channel', {
  open: (storage) => new ChromaClient({ storage }, channelConnector),
  persistent: 'indexeddb:',
});

describeApi('the same thread', {
  open: (args) => new InlineClient(args),
  openAdmin: (storage) => new InlineAdmin({ storage }),
  persistent: 'indexeddb:',
});
describeApi('a message channel', {
  open: (args) => new ChromaClient(args, channelConnector),
  openAdmin: (storage) => new AdminClient({ storage }, channelConnector),
  persistent: 'indexeddb:',
});

test('version is the one of the package', async () => {
  expect(VERSION).toBe(packageJson.version);
  expect(await new InlineClient().version()).toMatch(/^\d+\.\d+\.\d+$/);
});
