/** A core that traps, or throws what is no error of ours, under a stored store: it is read again from the storage, and every call ends. */
import { afterEach, describe, expect, test } from 'vitest';
import type { RequestId } from '../base/types.js';
import { WasmInstance } from '../core/wasm-instance.js';
import type { WasmExports } from '../core/wasm-exports.js';
import type { QueryReply, StoreService } from '../rpc/service.js';
import { createFlatIndex } from '../vector-index/flat.js';
import type { EngineLoader } from '../vector-index/engine.js';
import { createStoreService } from './store-service.js';

/** `(module (func (export "trap") unreachable))` */
const TRAPPING = Uint8Array.from(
  '0061736d 01000000 01040160 00000302 01000708 01047472 61700000 0a050103 00000b'
    .replaceAll(' ', '')
    .match(/../g)!,
  (byte) => Number.parseInt(byte, 16),
);

const FAILURES: Record<string, () => void> = {
  traps: () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(TRAPPING));
    (exports['trap'] as () => void)();
  },
  'throws a RangeError': () => void new Uint8Array(-1),
};

const open: StoreService[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Broken {
  store: StoreService;
  collectionId: string;
  /** Searches that fail from now on. */
  fail: (times: number) => void;
  openings: () => number;
}

async function broken(failure: () => void): Promise<Broken> {
  let left = 0;
  let openings = 0;
  const engine: EngineLoader = (core) => {
    openings += 1;
    return {
      kind: 'flat',
      create(options) {
        const index = createFlatIndex(core, options);
        // As every index of the core does, whose memory is gone after it.
        const instance = new WasmInstance({} as WasmExports);
        const search = index.search.bind(index);
        index.search = (...asked) =>
          instance.run('Searching', () => {
            if (left-- > 0) failure();
            return search(...asked);
          });
        return index;
      },
    };
  };
  const store = createStoreService({ engine });
  await store.open({ storage: `indexeddb:${crypto.randomUUID()}` });
  open.push(store);
  const { id: collectionId } = await store.createCollection({
    tenant: 'default_tenant',
    database: 'default_database',
    name: 'notes',
    metadata: null,
    configuration: {
      index: {
        space: 'l2',
        efConstruction: 100,
        efSearch: 100,
        maxNeighbors: 16,
        resizeFactor: 1.2,
        syncThreshold: 1000,
      },
      embeddingFunction: null,
    },
    getOrCreate: true,
  });
  const batch = {
    ids: ['a', 'b'],
    vectors: { data: Float32Array.of(1, 2, 3, 4), rows: 2, dimensions: 2 },
    documents: null,
    metadatas: null,
    uris: null,
  };
  const write = store.write as (argument: unknown, request: RequestId) => Promise<unknown>;
  await write({ collectionId, mode: 'add', batch }, { client: 'page', n: 1, answered: 1 });
  return { store, collectionId, fail: (times) => (left = times), openings: () => openings };
}

function query({ store, collectionId }: Broken): Promise<QueryReply> {
  const vectors = { data: Float32Array.of(1, 2), rows: 1, dimensions: 2 };
  return store.query({ collectionId, vectors, nResults: 1, include: [] });
}

describe.each(Object.entries(FAILURES))('S32 a core that %s', (_, failure) => {
  test('once: the store is read again, and the call that met it is answered from the storage', async () => {
    const setup = await broken(failure);
    const before = await query(setup);
    setup.fail(1);
    expect(await query(setup)).toEqual(before);
    expect(setup.openings()).toBe(2);
  });

  test('again: calls that wait settle with a typed error, and the next one is answered from the storage', async () => {
    const setup = await broken(failure);
    const before = await query(setup);
    setup.fail(2);
    const pending = await Promise.allSettled([query(setup), setup.store.count(setup)]);
    expect(pending[0]).toMatchObject({ status: 'rejected', reason: { code: 'RUNTIME_INTERNAL' } });
    expect(pending[1]).toMatchObject({ status: 'fulfilled', value: 2 });
    expect(await query(setup)).toEqual(before);
    expect(setup.openings()).toBe(3);
  });
});
