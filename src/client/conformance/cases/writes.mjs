/** add, update, upsert: what is stored, what is ignored, what keeps its place. */

const topic = 'writes';
const all = { include: ['documents', 'metadatas', 'embeddings', 'uris'] };

const filled = async (collection) => {
  const records = await collection();
  await records.add({
    ids: ['a', 'b', 'c'],
    embeddings: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    documents: ['first', 'second', 'third'],
    metadatas: [{ n: 1, tag: 'x' }, { n: 2 }, { n: 3 }],
    uris: ['u:a', 'u:b', 'u:c'],
  });
  return records;
};

/** One write after another on the three records, then everything there is. */
const sequence = (name, writes) => ({
  name,
  topic,
  script: async ({ note, collection }) => {
    const records = await filled(collection);
    for (const write of writes) await note(() => write(records));
    await note(() => records.count());
    await note(() => records.get(all));
  },
});

export const cases = [
  sequence('add returns nothing and keeps the order of insertion', [
    (r) =>
      r.add({
        ids: ['z', 'y'],
        embeddings: [
          [0, 1],
          [1, 0],
        ],
        metadatas: [{ k: 'z' }, { k: 'y' }],
      }),
  ]),
  sequence('add ignores an id that exists, whatever else it brings', [
    (r) =>
      r.add({
        ids: ['b', 'd'],
        embeddings: [
          [9, 9],
          [7, 8],
        ],
        documents: ['other', 'fourth'],
        metadatas: [{ n: 99, more: 1 }, { n: 4 }],
      }),
  ]),
  sequence('add of existing ids only changes nothing', [
    (r) =>
      r.add({
        ids: ['a', 'c'],
        embeddings: [
          [0, 0],
          [0, 1],
        ],
        documents: ['no', 'no'],
      }),
  ]),
  sequence('add stores embeddings without documents, metadatas or uris', [
    (r) => r.add({ ids: ['bare'], embeddings: [[0.5, -0.25]] }),
  ]),
  sequence('add stores empty documents and odd ids', [
    (r) =>
      r.add({
        ids: ['', ' '].slice(1).concat('日本語 🚲', 'x'.repeat(3000)),
        embeddings: [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        documents: ['', ' ', '\n'],
      }),
  ]),
  sequence('update changes the fields given and keeps the others and the place', [
    (r) => r.update({ ids: ['a'], documents: ['changed'], embeddings: [[7, 7]] }),
    (r) => r.update({ ids: ['b'], uris: ['u:new'] }),
  ]),
  sequence('update of unknown ids does nothing', [
    (r) =>
      r.update({
        ids: ['nobody', 'b'],
        embeddings: [
          [9, 9],
          [8, 8],
        ],
        metadatas: [{ n: 9 }, { n: 8 }],
      }),
  ]),
  sequence('update with ids alone has no effect', [(r) => r.update({ ids: ['a'] })]),
  sequence('update merges metadata key by key', [
    (r) => r.update({ ids: ['a'], metadatas: [{ n: 5, fresh: true }] }),
    (r) => r.update({ ids: ['c'], metadatas: [{ first: 1 }] }),
  ]),
  sequence('a null entry among the metadatas of an update leaves the record alone', [
    (r) => r.update({ ids: ['a', 'b'], metadatas: [null, { n: 20 }] }),
  ]),
  sequence('update may change the type of a key', [
    (r) => r.update({ ids: ['a'], metadatas: [{ n: 'one' }] }),
    (r) => r.update({ ids: ['b'], metadatas: [{ n: [1, 2] }] }),
    (r) => r.update({ ids: ['b'], metadatas: [{ n: false }] }),
  ]),
  sequence('update replaces arrays whole', [
    (r) => r.update({ ids: ['a'], metadatas: [{ tags: ['p', 'q', 'r'] }] }),
    (r) => r.update({ ids: ['a'], metadatas: [{ tags: ['s'] }] }),
  ]),
  sequence('update of embeddings keeps documents', [
    (r) =>
      r.update({
        ids: ['c', 'a'],
        embeddings: [
          [0, 0.5],
          [0.25, 0],
        ],
      }),
  ]),
  sequence('upsert updates what exists and adds the rest', [
    (r) =>
      r.upsert({
        ids: ['d', 'b'],
        embeddings: [
          [4, 4],
          [2, 2],
        ],
        documents: ['fourth', 'second again'],
      }),
  ]),
  sequence('upsert keeps documents and uris that are not given', [
    (r) => r.upsert({ ids: ['a'], embeddings: [[9, 0]] }),
  ]),
  sequence('upsert merges metadata key by key', [
    (r) =>
      r.upsert({
        ids: ['a', 'e'],
        embeddings: [
          [1, 1],
          [2, 2],
        ],
        metadatas: [{ m: 2 }, { m: 3 }],
      }),
  ]),
  sequence('a null value in an update', [(r) => r.update({ ids: ['a'], metadatas: [{ n: null }] })]),
  sequence('a null value in an upsert', [
    (r) => r.upsert({ ids: ['a'], embeddings: [[1, 2]], metadatas: [{ n: null, z: 1 }] }),
  ]),
  sequence('a null value in an add is dropped', [
    (r) =>
      r.add({
        ids: ['d', 'e'],
        embeddings: [
          [1, 1],
          [1, 2],
        ],
        metadatas: [{ k: null, l: 1 }, { k: null }],
      }),
  ]),
  sequence('deleted and added again, a record moves to the end', [
    (r) => r.delete({ ids: ['a'] }),
    (r) => r.add({ ids: ['a'], embeddings: [[1, 1]] }),
  ]),
  sequence('a deleted record takes its old fields with it', [
    (r) => r.delete({ ids: ['b'] }),
    (r) => r.upsert({ ids: ['b'], embeddings: [[0, 9]] }),
  ]),
  sequence('many writes in a row see each other', [
    (r) => r.upsert({ ids: ['n'], embeddings: [[1, 0]], metadatas: [{ v: 1 }] }),
    (r) => r.upsert({ ids: ['n'], embeddings: [[2, 0]], metadatas: [{ v: 2 }] }),
    (r) => r.update({ ids: ['n'], metadatas: [{ w: 'w' }] }),
    (r) => r.delete({ ids: ['c'] }),
  ]),
  {
    name: 'a record with a uri and no metadata',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['a'], embeddings: [[1]], uris: ['u:a'] });
      await note(() => records.get(all));
    },
  },
  {
    name: 'embeddings come back as 32-bit floats',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({
        ids: ['a', 'b'],
        embeddings: [
          [0.1, 1e-7, 123456.789],
          [-3.3, 16777217, 0],
        ],
      });
      await note(() => records.get({ include: ['embeddings'] }));
    },
  },
  {
    name: 'metadata keeps scalars and lists as they were given',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({
        ids: ['a', 'b'],
        embeddings: [[1], [2]],
        metadatas: [
          { int: -7, big: 9007199254740991, float: 0.1, text: '', yes: true, no: false },
          { ints: [3, 1, 3], floats: [1.5, 2.5], texts: ['b', 'a', 'b'], flags: [true, false, true] },
        ],
      });
      await note(() => records.get());
    },
  },
  {
    name: 'metadata keys may hold dots, spaces and other scripts',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({
        ids: ['a'],
        embeddings: [[1]],
        metadatas: [{ 'a.b': 1, 'two words': 2, größe: 3, '🚲': 4, _: 5 }],
      });
      await note(() => records.get());
      await note(() => records.get({ where: { 'a.b': 1 } }));
      await note(() => records.get({ where: { größe: { $gt: 2 } } }));
    },
  },
  {
    name: 'metadata keys that begin with chroma:',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await note(() =>
        records.add({
          ids: ['a'],
          embeddings: [[1]],
          documents: ['text'],
          metadatas: [{ 'chroma:document': 'other' }],
        }),
      );
      await note(() => records.get());
    },
  },
];
