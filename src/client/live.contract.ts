/** Live queries and the change feed, over every connector. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openFeed, type FeedMessage } from '../rpc/feed.js';
import type { ChromaClient } from './chroma-client.js';
import type { Collection } from './collection.js';
import type { GetResult, QueryResult } from './results.js';
import type { StorageOption } from './storage-option.js';

export interface LiveContractOptions {
  open: (storage: StorageOption) => ChromaClient;
}

/**
 * What the feed tells from now on. A message may come later than the answer of the call that it is about: one more
 * record is written, and everything up to its message was told before.
 */
export async function heard(feed: BroadcastChannel | null, collection: Collection): Promise<FeedMessage[]> {
  const messages: FeedMessage[] = [];
  feed?.addEventListener('message', (event: MessageEvent<FeedMessage>) => void messages.push(event.data));
  await collection.add({ ids: ['heard'], embeddings: [[0]] });
  await expect
    .poll(() => messages.some(({ changes }) => changes.some(({ kind }) => kind === 'records')))
    .toBe(true);
  messages.length = 0;
  return messages;
}

export function describeLive(name: string, { open }: LiveContractOptions): void {
  describe(`live queries over ${name}`, () => {
    let storage: StorageOption;
    let client: ChromaClient;
    let notes: Collection;
    const stops: (() => void)[] = [];

    beforeEach(async () => {
      storage = `memory:${crypto.randomUUID()}`;
      client = open(storage);
      notes = await client.createCollection({ name: 'notes', embeddingFunction: null });
    });
    afterEach(async () => {
      for (const stop of stops.splice(0)) stop();
      await client.close();
    });

    /** Results as they come, each as its ids. */
    function watching(args: Parameters<Collection['get']>[0] = {}): { ids: string[][]; errors: unknown[] } {
      const seen = { ids: [] as string[][], errors: [] as unknown[] };
      const stop = notes.live(
        { ...args },
        (result: GetResult) => {
          seen.ids.push(result.ids);
        },
        {
          onError: (error) => {
            seen.errors.push(error);
          },
        },
      );
      stops.push(stop);
      return seen;
    }

    test('C60 a reading comes at once, and again after each change of its result by another client', async () => {
      const seen = watching();
      await expect.poll(() => seen.ids).toEqual([[]]);
      const other = open(storage);
      const same = await other.getCollection({ name: 'notes' });
      await same.add({ ids: ['a'], embeddings: [[1, 0]] });
      await expect.poll(() => seen.ids.at(-1)).toEqual(['a']);
      await same.upsert({ ids: ['b'], embeddings: [[0, 1]] });
      await same.delete({ ids: ['a'] });
      await expect.poll(() => seen.ids.at(-1)).toEqual(['b']);
      await other.close();
      expect(seen.errors).toEqual([]);
    });

    test('C60 a query by embeddings follows what is nearest', async () => {
      await notes.add({ ids: ['far'], embeddings: [[9, 9]] });
      const hits: QueryResult[] = [];
      const stop = notes.live({ queryEmbeddings: [[0, 0]], nResults: 1 }, (result: QueryResult) => {
        hits.push(result);
      });
      stops.push(stop);
      await expect.poll(() => hits.at(-1)?.ids).toEqual([['far']]);
      await notes.add({ ids: ['near'], embeddings: [[1, 0]] });
      await expect.poll(() => hits.at(-1)?.ids).toEqual([['near']]);
      expect(hits.at(-1)?.distances).toEqual([[1]]);
    });

    test('C60 texts are embedded once, however often the query is asked', async () => {
      const generate = vi.fn(async (texts: string[]) => texts.map((text) => [text.length]));
      const embedded = await client.createCollection({
        name: 'texts',
        embeddingFunction: { generate },
      });
      await embedded.add({ ids: ['a'], embeddings: [[1]] });
      const ids: string[][][] = [];
      const stop = embedded.live({ queryTexts: ['four'], nResults: 9 }, (result: QueryResult) => {
        ids.push(result.ids);
      });
      stops.push(stop);
      await expect.poll(() => ids.length).toBe(1);
      await embedded.add({ ids: ['b'], embeddings: [[4]] });
      await expect.poll(() => ids.at(-1)).toEqual([['b', 'a']]);
      expect(generate).toHaveBeenCalledTimes(1);
    });

    test('C60 what leaves the result as it is calls nobody, and neither does another collection', async () => {
      await notes.add({
        ids: ['a', 'b'],
        embeddings: [[1], [2]],
        metadatas: [{ shown: true }, { shown: false }],
      });
      const seen = watching({ where: { shown: true } });
      await expect.poll(() => seen.ids).toEqual([['a']]);
      const other = await client.createCollection({ name: 'other', embeddingFunction: null });
      await other.add({ ids: ['x'], embeddings: [[1]] });
      await notes.update({ ids: ['b'], metadatas: [{ n: 1 }] });
      await notes.update({ ids: ['b'], metadatas: [{ shown: true }] });
      await expect.poll(() => seen.ids).toEqual([['a'], ['a', 'b']]);
    });

    test('C60 many changes at once are few questions, and the last result is the last state', async () => {
      const seen = watching();
      await expect.poll(() => seen.ids.length).toBe(1);
      await Promise.all(
        Array.from({ length: 200 }, (_, i) => notes.add({ ids: [`${i}`], embeddings: [[i]] })),
      );
      await expect.poll(() => seen.ids.at(-1)?.length).toBe(200);
      expect(seen.ids.length).toBeLessThan(60);
    });

    test('C61 deleting the collection ends it with the error, once', async () => {
      const seen = watching();
      await expect.poll(() => seen.ids.length).toBe(1);
      await client.deleteCollection({ name: 'notes' });
      await expect.poll(() => seen.errors).toMatchObject([{ code: 'NOT_FOUND_COLLECTION' }]);
      await client.createCollection({ name: 'more', embeddingFunction: null });
      expect(seen.errors).toHaveLength(1);
    });

    test('C61 a query that cannot be asked ends it, and so does a callback that throws', async () => {
      const faulty = watching({ where: { $nonsense: 1 } as never });
      await expect.poll(() => faulty.errors).toMatchObject([{ code: 'VALUE_WHERE' }]);
      expect(faulty.ids).toEqual([]);
      const errors: unknown[] = [];
      const own = new Error('mine');
      notes.live(
        {},
        () => {
          throw own;
        },
        { onError: (error) => void errors.push(error) },
      );
      await expect.poll(() => errors).toEqual([own]);
      expect(errors[0]).toBe(own);
    });

    test('C61 after it was stopped, by its function or its signal, nothing is called', async () => {
      const abort = new AbortController();
      const counts = { stopped: 0, aborted: 0, never: 0, kept: 0 };
      const stop = notes.live({}, () => void (counts.stopped += 1));
      notes.live({}, () => void (counts.aborted += 1), { signal: abort.signal });
      notes.live({}, () => void (counts.never += 1), { signal: AbortSignal.abort() });
      stops.push(notes.live({}, () => void (counts.kept += 1)));
      await expect.poll(() => counts).toEqual({ stopped: 1, aborted: 1, never: 0, kept: 1 });
      stop();
      abort.abort();
      await notes.add({ ids: ['a'], embeddings: [[1]] });
      await expect.poll(() => counts.kept).toBe(2);
      expect(counts).toEqual({ stopped: 1, aborted: 1, never: 0, kept: 2 });
    });

    test('S22 each commit is told once, with what it changed and a number that counts up', async () => {
      const feed = openFeed(storage);
      const messages = await heard(feed, notes);
      await notes.add({ ids: ['a'], embeddings: [[1]] });
      await notes.get();
      await client.createCollection({ name: 'more', embeddingFunction: null });
      await client.deleteCollection({ name: 'notes' });
      await client.reset();
      await client.createCollection({ name: 'last', embeddingFunction: null });
      await expect.poll(() => messages.length).toBeGreaterThanOrEqual(5);
      feed?.close();
      const [first] = messages;
      expect(messages.map(({ commit }) => commit - first!.commit)).toEqual([0, 1, 2, 3, 4]);
      expect(new Set(messages.map(({ owner }) => owner)).size).toBe(1);
      expect(messages.map(({ changes }) => changes.map(({ kind }) => kind))).toEqual([
        ['records'],
        ['collection'],
        ['collection'],
        ['namespace'],
        ['collection'],
      ]);
      expect(first?.changes).toEqual([{ collectionId: notes.id, kind: 'records' }]);
    });

    test('C62 another owner, or a gap, is reason enough to ask again', async () => {
      const feed = openFeed(storage);
      await heard(feed, notes);
      const get = vi.spyOn(notes, 'get');
      const seen = watching();
      await expect.poll(() => seen.ids.length).toBe(1);
      const say = async (message: FeedMessage, questions: number): Promise<void> => {
        feed?.postMessage(message);
        await expect.poll(() => get.mock.calls.length).toBe(questions);
      };
      await say({ owner: 'x', commit: 0, changes: [] }, 2);
      await say({ owner: 'x', commit: 2, changes: [] }, 3);
      await say({ owner: 'y', commit: 3, changes: [] }, 4);
      // In order, and about something else: no reason.
      feed?.postMessage({ owner: 'y', commit: 4, changes: [{ collectionId: 'other', kind: 'records' }] });
      await say({ owner: 'y', commit: 5, changes: [{ collectionId: notes.id, kind: 'records' }] }, 5);
      feed?.close();
      expect(seen.ids).toHaveLength(1);
    });
  });
}
