/** Imports answer for themselves where no Web Locks do: an owner that opens in the middle of one leaves it alone. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChromaClient } from '../inline.js';
import { batchOf, create, openStore } from '../store/fixtures/records.js';
import { ImportSweeper } from './import-sweeper.js';
import { askForImports } from './running-imports.js';

beforeEach(() => vi.stubGlobal('navigator', {}));
afterEach(() => vi.unstubAllGlobals());

async function asked(): Promise<string[]> {
  const ids: string[] = [];
  expect(await askForImports((id) => ids.push(id), new AbortController().signal, 100)).toBe(true);
  return [...new Set(ids)];
}

/** All but the last bytes at once, those when `pause` is over. */
function after(
  pause: Promise<void>,
  bytes: Uint8Array<ArrayBuffer>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const end = bytes.length - 20;
  return new ReadableStream({
    start: (out) => out.enqueue(bytes.slice(0, end)),
    async pull(out) {
      await pause;
      out.enqueue(bytes.slice(end));
      out.close();
    },
  });
}

async function snapshot(): Promise<Uint8Array<ArrayBuffer>> {
  const client = new ChromaClient({ storage: 'memory:running-from' });
  const collection = await client.createCollection({ name: 'notes', embeddingFunction: null });
  await collection.add({ ids: ['a'], embeddings: [[1, 2]] });
  const blob = await (await client.export()).blob();
  await client.close();
  return new Uint8Array(await blob.arrayBuffer());
}

test('S21 a running import tells who asks, from its beginning to its end', async () => {
  const bytes = await snapshot();
  const client = new ChromaClient({ storage: 'memory:running-to' });
  let go = (): void => {};
  const pause = new Promise<void>((resolve) => (go = resolve));
  expect(await asked()).toEqual([]);
  const importing = client.import(after(pause, bytes));
  await vi.waitFor(async () => expect(await asked()).toHaveLength(1));
  go();
  expect(await importing).toMatchObject({ collections: [{ name: 'notes', records: 1 }] });
  expect(await asked()).toEqual([]);
  await client.close();
});

test('S21 a store that opens in the middle of an import keeps what it has staged, and drops what an ended one has left', async () => {
  const bytes = await snapshot();
  const client = new ChromaClient({ storage: 'memory:running-on' });
  let go = (): void => {};
  const pause = new Promise<void>((resolve) => (go = resolve));
  const importing = client.import(after(pause, bytes));
  let running: string[] = [];
  await vi.waitFor(async () => expect((running = await asked())).toHaveLength(1));
  const { store, data } = await openStore();
  for (const name of [`$import:${running[0]}:0`, '$import:ended:0']) {
    const { id } = await create(store, name);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: 'a', vector: [1] }) });
  }
  await store.close();
  const { store: again } = await openStore(data);
  const ask = (heard: (id: string) => void): Promise<boolean> =>
    askForImports(heard, new AbortController().signal, 100);
  await new ImportSweeper(again, { locks: null, ask }).sweep();
  expect((await again.report()).collections.map(({ name }) => name)).toEqual([`$import:${running[0]}:0`]);
  go();
  await importing;
  await client.close();
});

test('S21 where there is no channel nobody can be asked', async () => {
  vi.stubGlobal('BroadcastChannel', undefined);
  expect(await askForImports(() => {}, new AbortController().signal, 10)).toBe(false);
});

test('S21 whoever stops asking gets no answer that counts', async () => {
  const stop = new AbortController();
  const asking = askForImports(() => {}, stop.signal, 60_000);
  stop.abort();
  expect(await asking).toBe(false);
});
