/** Stores of older formats become new ones at the next checkpoint, and an owner that dies on the way loses nothing. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { decodeHead, encodeHead, FORMAT_VERSION } from '../format/head.js';
import { createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { copyData } from './fixtures/copy-data.js';
import { createCrashingStorage } from './fixtures/crashing-storage.js';
import { tell, thaw } from './fixtures/frozen-store.js';
import type { FrozenStore } from './fixtures/frozen-store.js';
import { openStore } from './fixtures/records.js';

const core = createScalarCore();
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);

function stored(name: string): MemoryData {
  const path = fileURLToPath(new URL(`../format/fixtures/${name}.json`, import.meta.url));
  return thaw(JSON.parse(readFileSync(path, 'utf8')) as FrozenStore);
}

async function told(data: MemoryData): Promise<unknown> {
  return tell((await openStore(copyData(data))).store);
}

/** Opens, checkpoints and closes, with an owner that dies at commit `at`; resolves to the number of commits. */
async function migrate(data: MemoryData, crash: { at: number; stored: boolean } | null): Promise<number> {
  const backend = createCrashingStorage(createMemoryStorage({ data }), crash);
  try {
    const { store } = await openStore(data, { backend, segmentBytes: 400 });
    await store.checkpoint();
    await store.checkpoint();
    await store.close();
  } catch {
    // The owner is dead; what it leaves is looked at.
  }
  return backend.commits;
}

test.each(['store-v1', 'store-v1-namespaces', 'store-v2'])(
  'S14 %s: an owner that dies at any commit of the migration leaves what was there, which the next one migrates',
  async (name) => {
    const before = stored(name);
    const expected = await told(before);
    const commits = await migrate(copyData(before), null);
    expect(commits).toBeGreaterThan(5);
    for (let at = 1; at <= commits; at++) {
      for (const isStored of [false, true]) {
        const data = copyData(before);
        await migrate(data, { at, stored: isStored });
        expect(await told(data), `commit ${at}, ${isStored ? 'stored' : 'not stored'}`).toEqual(expected);
        await migrate(data, null);
        expect(await told(data)).toEqual(expected);
        const { store } = await openStore(data);
        expect((await store.diagnostics()).damage).toEqual([]);
        const formats = [...data.manifest.values()].map((bytes) =>
          new DataView(bytes.buffer).getUint16(4, true),
        );
        expect(Math.max(...formats)).toBe(FORMAT_VERSION);
        expect(decodeHead(data.meta.get('head')!, checksum)).toMatchObject({
          format: FORMAT_VERSION,
          minReader: FORMAT_VERSION,
        });
      }
    }
  },
  60_000,
);

test('S14 until the checkpoint the generation and the log of before stay where they are', async () => {
  const data = stored('store-v2');
  const before = copyData(data);
  await openStore(data);
  for (const name of ['log', 'manifest', 'seg'] as const) expect(data[name]).toEqual(before[name]);
});

test.each(['store-v1', 'store-v1-namespaces', 'store-v2', 'store-v3'])(
  'S13 %s with a minReader of the future is FORMAT_TOO_NEW, and every byte stays',
  async (name) => {
    const data = stored(name);
    const head = decodeHead(data.meta.get('head')!, checksum);
    data.meta.set(
      'head',
      encodeHead({ ...head, format: FORMAT_VERSION + 1, minReader: FORMAT_VERSION + 1 }, checksum),
    );
    const before = copyData(data);
    await expect(openStore(data)).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
    expect(data).toEqual(before);
  },
);
