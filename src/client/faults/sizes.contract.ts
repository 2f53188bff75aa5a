/** F41, F42: documents of a megabyte and of a hundred, and a hundred thousand ids in one call. */
import { describe, expect, test } from 'vitest';
import { expectRefused, useStore, type FaultTarget } from './harness.contract.js';

const MEGABYTE = 2 ** 20;

export function describeSizeFaults(target: FaultTarget): void {
  describe(`F41 F42 sizes over ${target.name}`, () => {
    const store = useStore(target);

    test('F41 a document of 1 MB is stored, found and given back as it was', async () => {
      const collection = await store.filled();
      const text = `${'Ünïcode 🚲 and some more. '.repeat(MEGABYTE / 24)}needle`;
      await collection.upsert({
        ids: ['a', 'large'],
        embeddings: [
          [1, 1, 1],
          [2, 2, 2],
        ],
        documents: ['x', text],
      });
      const found = await collection.get({ whereDocument: { $contains: 'needle' } });
      expect(found.ids).toEqual(['large']);
      expect(found.documents[0] === text).toBe(true);
      await collection.update({ ids: ['large'], documents: ['small'], embeddings: [[2, 2, 2]] });
      expect((await collection.get({ whereDocument: { $contains: 'needle' } })).ids).toEqual([]);
    });

    test(
      'F41 a document of 100 MB is stored whole, and the store goes on',
      { timeout: 120_000 },
      async () => {
        const collection = await store.filled();
        const text = `${'abcdefghij'.repeat(10 * MEGABYTE)}needle`;
        await collection.add({ ids: ['huge'], embeddings: [[9, 9, 9]], documents: [text] });
        expect(await collection.count()).toBe(4);
        const [back] = (await collection.get({ ids: ['huge'] })).documents;
        expect(back?.length).toBe(text.length);
        expect(back === text).toBe(true);
        expect(
          (await collection.query({ queryEmbeddings: [[9, 9, 9]], nResults: 1, include: [] })).ids,
        ).toEqual([['huge']]);
        expect(await collection.delete({ ids: ['huge'] })).toEqual({ deleted: 1 });
        expect((await collection.get()).ids).toEqual(['a', 'b', 'c']);
      },
    );

    test(
      'F42 100,000 ids are added, read, changed and deleted in one call each',
      { timeout: 120_000 },
      async () => {
        const collection = await store.client.createCollection({ name: 'many', embeddingFunction: null });
        const rows = await store.client.getMaxBatchSize();
        expect(rows).toBe(100_000);
        const ids = Array.from({ length: rows }, (_, i) => `record ${i}`);
        const data = Float32Array.from({ length: rows * 2 }, (_, i) => i % 1009);
        await collection.add({ ids, embeddings: { data, rows, dimensions: 2 } });
        expect(await collection.count()).toBe(rows);
        const got = await collection.get({ ids, include: ['embeddings'] });
        expect(got.ids).toEqual(ids);
        expect(got.embeddings.at(-1)).toEqual([...data.subarray(-2)]);
        const near = await collection.query({ queryEmbeddings: [[0, 1]], ids, nResults: 3, include: [] });
        expect(near.ids[0]).toHaveLength(3);
        await collection.update({ ids, metadatas: ids.map((_, n) => ({ n })) });
        expect((await collection.get({ where: { n: rows - 1 } })).ids).toEqual([ids.at(-1)]);
        expect(await collection.get({ where: { n: { $in: [5, 50_000] } } })).toMatchObject({
          ids: [ids[5], ids[50_000]],
        });
        expect(await collection.delete({ ids })).toEqual({ deleted: rows });
        expect(await collection.count()).toBe(0);
      },
    );

    test('F42 C19 one record more is refused whole, and so is one duplicate among 100,000', async () => {
      const collection = await store.filled();
      const rows = 100_001;
      const ids = Array.from({ length: rows }, (_, i) => `${i}`);
      const records = { ids, embeddings: { data: new Float32Array(rows * 3).fill(1), rows, dimensions: 3 } };
      await expectRefused(collection, () => collection.add(records), {
        code: 'VALUE_BATCH_SIZE',
        name: 'ChromaValueError',
      });
      ids[rows - 1] = '0';
      await expectRefused(collection, () => collection.get({ ids }), {
        code: 'VALUE_DUPLICATE_IDS',
        name: 'ChromaValueError',
        path: `ids[${rows - 1}]`,
      });
    });

    test('F42 C4 100,000 faults in one call are one error of readable length', async () => {
      const collection = await store.filled();
      const numbers = Array.from({ length: 100_000 }, (_, i) => i) as unknown as string[];
      await expectRefused(collection, () => collection.get({ ids: numbers }), {
        code: 'VALUE_IDS',
        path: 'ids[0]',
      });
      const twice = Array.from({ length: 10 }, () => 'x'.repeat(MEGABYTE));
      await expectRefused(collection, () => collection.delete({ ids: twice }), {
        code: 'VALUE_DUPLICATE_IDS',
        path: 'ids[1]',
      });
    });
  });
}
