/** What the fault tables share: a client over a store of its own, a collection with three records, and how a refusal looks. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { ChromaError, type ErrorCode } from '../../base/errors.js';
import type { GetResult } from '../results.js';
import type { ChromaClient } from '../chroma-client.js';
import type { Collection } from '../collection.js';
import type { StorageOption } from '../storage-option.js';

/** Where the tables run. */
export interface FaultTarget {
  name: string;
  open: (storage: StorageOption) => ChromaClient;
}

export interface Fixture {
  readonly client: ChromaClient;
  /** Records a, b, c of three dimensions, with document, metadata and uri, in a new collection of the space (default l2). */
  filled(space?: 'l2' | 'ip' | 'cosine'): Promise<Collection>;
}

/** Call in a `describe`: its tests share a store, which is emptied between them; starting workers takes far longer. */
export function useStore(target: FaultTarget): Fixture {
  let client: ChromaClient;
  let number = 0;
  beforeAll(() => {
    client = target.open(`memory:${crypto.randomUUID()}`);
  });
  beforeEach(async () => {
    await client.reset();
  });
  afterAll(async () => {
    await client.close();
  });
  return {
    get client() {
      return client;
    },
    async filled(space = 'l2') {
      const collection = await client.createCollection({
        name: `filled-${number++}`,
        embeddingFunction: null,
        configuration: { hnsw: { space } },
      });
      await collection.add({
        ids: ['a', 'b', 'c'],
        embeddings: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        documents: ['first', 'second', 'third'],
        metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }],
        uris: ['u:a', 'u:b', 'u:c'],
      });
      return collection;
    },
  };
}

export function everything(collection: Collection): Promise<GetResult> {
  return collection.get({ include: ['documents', 'metadatas', 'embeddings', 'uris'] });
}

/** What the call was refused with. Fails where it was not, or not by one of ours. */
export async function refusalOf(call: Promise<unknown>): Promise<ChromaError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error, 'a refusal').toBeInstanceOf(ChromaError);
  return error as ChromaError;
}

export interface Refusal {
  code: ErrorCode;
  /** Name of the class: chromadb's for the same fault. */
  name?: string;
  /** `details.path`. */
  path?: string;
}

/** The call is refused as told, with a remedy, and the collection is what it was. */
export async function expectRefused(
  collection: Collection,
  act: () => Promise<unknown>,
  { code, name, path }: Refusal,
): Promise<void> {
  const before = await everything(collection);
  const error = await refusalOf(act());
  expect({
    code: error.code,
    ...(name && { name: error.name }),
    ...(path && { path: error.details['path'] }),
  }).toEqual({ code, ...(name && { name }), ...(path && { path }) });
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.message.length).toBeLessThan(2_000);
  expect(error.fix).not.toBe('');
  expect(await everything(collection)).toEqual(before);
}
