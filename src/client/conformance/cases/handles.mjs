/** Handles got by id alone, without a request: what they can do, and what needs the whole collection. */

const topic = 'handles';

const handled = (name, calls) => ({
  name,
  topic,
  script: async ({ client, note, collection }) => {
    const records = await collection({ metadata: { a: 1 } });
    await records.add({ ids: ['a'], embeddings: [[1, 2]], documents: ['text'], metadatas: [{ n: 1 }] });
    const handle = client.collection(records.id);
    for (const call of calls) await note(() => call(handle, records));
  },
});

export const cases = [
  handled('a handle by id reads and writes records', [
    (h) => h.add({ ids: ['b'], embeddings: [[3, 4]] }),
    (h) => h.upsert({ ids: ['a'], embeddings: [[5, 6]] }),
    (h) => h.update({ ids: ['a'], metadatas: [{ n: 2 }] }),
    (h) => h.count(),
    (h) => h.get({ include: ['documents', 'metadatas', 'embeddings'] }),
    (h) => h.query({ queryEmbeddings: [[3, 4]], nResults: 1 }),
    (h) => h.peek({ limit: 1 }),
    (h) => h.delete({ ids: ['b'] }),
  ]),
  handled('a handle by id knows its id only', [
    (h, records) => h.id === records.id,
    (h) => ({ name: h.name, metadata: h.metadata, configuration: h.configuration }),
  ]),
  handled('a handle by id embeds nothing', [
    (h) => h.add({ ids: ['b'], documents: ['x'] }),
    (h) => h.upsert({ ids: ['b'], documents: ['x'] }),
    (h) => h.update({ ids: ['a'], documents: ['x'] }),
    (h) => h.query({ queryTexts: ['x'] }),
  ]),
  handled('a handle by id modifies nothing', [(h) => h.modify({ name: 'other' })]),
  {
    name: 'a handle of an unknown id is not found at its first use',
    topic,
    script: async ({ client, note }) => {
      const handle = client.collection('5d8e1a2c-0c5c-4f1e-9b60-2f6f3d1f0a77');
      await note(() => handle.count());
    },
  },
];
