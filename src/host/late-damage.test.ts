/** Vectors that an opening has not read turn out to be damaged: the store is opened again under the call, and tells what is lost. */
import { expect, test } from 'vitest';
import type { RequestId } from '../base/types.js';
import { createScalarCore } from '../core/scalar.js';
import type { GetReply, StoreDiagnostics } from '../rpc/service.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import { settled, smallGraphEngine } from '../store/fixtures/graph-engine.js';
import { batchOf, create } from '../store/fixtures/records.js';
import { Store } from '../store/store.js';
import { reopening } from './reopening.js';

test('S56 S51 a call that meets damaged vectors is answered by the store opened anew, with what misses them set aside', async () => {
  const core = createScalarCore();
  const options = { core, segmentBytes: 300, engine: smallGraphEngine(core) };
  const data = createMemoryData();
  const first = await Store.open({ backend: createMemoryStorage({ data }), ...options });
  const { id: collectionId } = await create(first);
  const records = Array.from({ length: 60 }, (_, i) => ({ id: `r${i}`, vector: [i, 60 - i] }));
  await first.write({ collectionId, mode: 'add', batch: batchOf(...records) });
  await settled(first);
  await first.checkpoint();
  await first.close();
  const key = [...data.seg.keys()].filter((each) => String(each).slice(17, 20) === '002')[1]!;
  data.seg.set(key, data.seg.get(key)!.slice(0, -1));

  let openings = 0;
  let verify = false;
  const store = await reopening(async () => {
    openings += 1;
    const opened = await Store.open({
      backend: createMemoryStorage({ data }),
      ...options,
      verify,
      onDamage: () => (verify = true),
    });
    type Call = (argument: unknown, request?: RequestId) => Promise<unknown>;
    const methods = opened as unknown as Record<string, Call>;
    return {
      call: async (method, argument, request) => methods[method]!.call(opened, argument, request),
      get ended() {
        return opened.ended;
      },
      close: () => opened.close(),
    };
  });
  expect(await store.call('count', { collectionId })).toBe(60);
  const got = (await store.call('get', { collectionId, include: ['embeddings'] })) as GetReply;
  const { setAside, damage } = (await store.call('diagnostics', {})) as StoreDiagnostics;
  expect(openings).toBe(2);
  expect(setAside).toBeGreaterThan(0);
  expect(damage).toContainEqual(expect.objectContaining({ effect: 'set-aside' }));
  expect(got.ids).toHaveLength(60 - setAside);
  got.ids.forEach((id, i) => {
    const n = Number(id.slice(1));
    expect([...got.embeddings!.data.subarray(i * 2, i * 2 + 2)]).toEqual([n, 60 - n]);
  });
  await store.close();
});
