/** The client suite in Node: inline, and through Comlink over a message channel. */
import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import { AdminClient as InlineAdmin, ChromaClient as InlineClient } from '../inline.js';
import { inlineConnector } from '../host/inline-connector.js';
import { workerConnector, type Connector } from '../rpc/connect.js';
import { VERSION } from '../base/version.js';
import packageJson from '../../package.json' with { type: 'json' };
import { AdminClient } from './admin-client.js';
import { describeApi } from './api.contract.js';
import { ChromaClient } from './chroma-client.js';
import { describeClient } from './client.contract.js';
import { channelConnector, channelWorkers } from './fixtures/channel-connector.js';

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

describe('C50 workers that the caller starts', () => {
  test('serve client and admin, and are named', async () => {
    const names: string[] = [];
    const workers = {
      store: (name: string): Worker => (names.push(name), channelWorkers.store()),
      embed: (name: string): Worker => (names.push(name), channelWorkers.embed()),
    };
    const admin = new AdminClient({ storage: 'memory:own-workers', workers });
    await admin.createDatabase({ name: 'mine', tenant: 'default_tenant' });
    const client = new ChromaClient({ storage: 'memory:own-workers', database: 'mine', workers });
    const notes = await client.createCollection({ name: 'notes' });
    await notes.add({ ids: ['1'], documents: ['a text'] });
    expect(await notes.count()).toBe(1);
    expect(names).toEqual(['kindex store worker', 'kindex embedding worker']);
    await Promise.all([client.close(), admin.close()]);
  });

  test('are refused when they are no functions', () => {
    const workers = { store: 'worker.js' as never };
    expect(() => new ChromaClient({ workers })).toThrow(expect.objectContaining({ code: 'VALUE_ARGUMENT' }));
  });
});

test('version is the one of the package', async () => {
  expect(VERSION).toBe(packageJson.version);
  expect(await new InlineClient().version()).toMatch(/^\d+\.\d+\.\d+$/);
});

describe('the built-in model', () => {
  /** Counts loads ahead of time, over a store in this thread. */
  function counting(warmsUp: boolean): { connector: Connector; prepared: () => number } {
    let prepared = 0;
    const connector: Connector = {
      ...inlineConnector,
      warmsUp,
      connect(storage) {
        const connection = inlineConnector.connect(storage);
        const prepare = (): Promise<never> => {
          prepared += 1;
          return Promise.reject(new Error('offline'));
        };
        return { ...connection, embed: { ...connection.embed, prepare } };
      },
    };
    return { connector, prepared: () => prepared };
  }

  test.each([
    [true, 3],
    [false, 0],
  ])(
    'is loaded ahead for the collections that use it, where that holds up nobody: %s',
    async (warmsUp, loads) => {
      const { connector, prepared } = counting(warmsUp);
      const client = new ChromaClient({ storage: `memory:${crypto.randomUUID()}` }, connector);
      await client.createCollection({ name: 'vectors', embeddingFunction: null });
      await client.getCollection({ name: 'vectors' });
      expect(prepared()).toBe(0);
      await client.createCollection({ name: 'notes' });
      await client.getOrCreateCollection({ name: 'notes' });
      await client.getCollection({ name: 'notes' });
      await client.listCollections();
      // A load that fails ahead of time is nobody's error.
      expect(prepared()).toBe(loads);
      await client.close();
    },
  );

  test('is loaded ahead in pages with workers only', () => {
    expect(workerConnector.warmsUp).toBe(true);
    expect(inlineConnector.warmsUp).toBeUndefined();
  });
});
