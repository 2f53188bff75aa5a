/** where: every operator over every kind of value, missing keys and lists included. */

const topic = 'where';

const RECORDS = {
  int1: { v: 1 },
  int2: { v: 2 },
  int7: { v: 7 },
  negative: { v: -3 },
  half: { v: 0.5 },
  text: { v: 'red' },
  numeral: { v: '1' },
  blank: { v: '' },
  yes: { v: true },
  no: { v: false },
  ints: { v: [1, 2, 3] },
  floats: { v: [0.5, 1.5] },
  texts: { v: ['red', 'green'] },
  flags: { v: [true] },
  other: { w: 1 },
  nothing: null,
};

const filtered = (name, filters) => ({
  name,
  topic,
  script: async ({ note, collection }) => {
    const records = await collection();
    const ids = Object.keys(RECORDS);
    await records.add({ ids, embeddings: ids.map((_, i) => [i, 1]), metadatas: Object.values(RECORDS) });
    for (const where of filters) await note(async () => (await records.get({ where, include: [] })).ids);
  },
});

export const cases = [
  filtered('a plain value is equality', [
    { v: 1 },
    { v: 'red' },
    { v: true },
    { v: false },
    { v: '' },
    { v: 0.5 },
  ]),
  filtered('$eq with a number', [{ v: { $eq: 1 } }, { v: { $eq: -3 } }, { v: { $eq: 99 } }]),
  filtered('$eq with a fraction', [{ v: { $eq: 0.5 } }]),
  filtered('$eq with a string', [{ v: { $eq: 'red' } }, { v: { $eq: 'Red' } }, { v: { $eq: '1' } }]),
  filtered('$eq with a boolean', [{ v: { $eq: true } }, { v: { $eq: false } }]),
  filtered('$eq on a key nobody has', [{ missing: { $eq: 1 } }, { missing: 'x' }]),
  filtered('$ne with a number matches other types and missing keys', [{ v: { $ne: 1 } }]),
  filtered('$ne with a string', [{ v: { $ne: 'red' } }]),
  filtered('$ne with a boolean', [{ v: { $ne: true } }]),
  filtered('$ne on a key nobody has matches all', [{ missing: { $ne: 1 } }]),
  filtered('$gt', [{ v: { $gt: 1 } }, { v: { $gt: 7 } }, { v: { $gt: -10 } }]),
  filtered('$gte', [{ v: { $gte: 1 } }, { v: { $gte: 7 } }, { v: { $gte: 8 } }]),
  filtered('$lt', [{ v: { $lt: 2 } }, { v: { $lt: -3 } }]),
  filtered('$lte', [{ v: { $lte: 2 } }, { v: { $lte: -3 } }, { missing: { $lte: 100 } }]),
  filtered('$in with numbers', [{ v: { $in: [1, 7, 50] } }, { v: { $in: [2] } }]),
  filtered('$in with strings', [{ v: { $in: ['red', 'blue', ''] } }, { v: { $in: ['1'] } }]),
  filtered('$in with booleans', [{ v: { $in: [true] } }, { v: { $in: [true, false] } }]),
  filtered('$nin with numbers matches missing keys', [{ v: { $nin: [1, 2] } }]),
  filtered('$nin with strings', [{ v: { $nin: ['red', 'blue'] } }]),
  filtered('$contains on lists of integers', [{ v: { $contains: 2 } }, { v: { $contains: 9 } }]),
  filtered('$contains on lists of fractions', [{ v: { $contains: 1.5 } }]),
  filtered('$contains on lists of strings is equality of elements', [
    { v: { $contains: 'green' } },
    { v: { $contains: 'gree' } },
  ]),
  filtered('$contains on lists of booleans', [{ v: { $contains: true } }, { v: { $contains: false } }]),
  filtered('$not_contains matches everything else', [
    { v: { $not_contains: 'red' } },
    { v: { $not_contains: 2 } },
  ]),
  filtered('$and', [{ $and: [{ v: { $gt: 0 } }, { v: { $lt: 3 } }] }, { $and: [{ v: 1 }, { w: 1 }] }]),
  filtered('$or', [
    { $or: [{ v: 1 }, { w: 1 }] },
    { $or: [{ v: 'red' }, { v: true }, { v: { $contains: 3 } }] },
  ]),
  filtered('$and and $or inside one another', [
    { $or: [{ $and: [{ v: { $gte: 1 } }, { v: { $ne: 2 } }] }, { v: 'red' }] },
    { $and: [{ $or: [{ v: 1 }, { v: 2 }] }, { $or: [{ v: 2 }, { v: 7 }] }] },
  ]),
  filtered('three deep', [
    { $and: [{ v: { $ne: 1 } }, { $or: [{ v: 2 }, { $and: [{ v: { $gt: 5 } }, { v: { $lt: 9 } }] }] }] },
  ]),
  filtered('a fraction against integers', [
    { v: { $lt: 1.5 } },
    { v: { $gt: 1.5 } },
    { v: { $eq: 1.5 } },
    { v: { $ne: 1.5 } },
  ]),
  filtered('$in with integers and fractions', [{ v: { $in: [1, 0.5] } }]),
  {
    name: 'integers and fractions in one list',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['mixed'], embeddings: [[1]], metadatas: [{ v: [1, 2.5] }] });
      await note(() => records.get());
      await note(async () => (await records.get({ where: { v: { $contains: 2.5 } } })).ids);
      await note(async () => (await records.get({ where: { v: { $contains: 1 } } })).ids);
    },
  },
  {
    name: 'filters follow an update of metadata',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['a', 'b'], embeddings: [[1], [2]], metadatas: [{ v: 1 }, { v: 2 }] });
      await records.update({ ids: ['a', 'b'], metadatas: [{ v: 'one' }, { v: [2, 4] }] });
      const ids = async (where) => (await records.get({ where, include: [] })).ids;
      await note(() => ids({ v: 1 }));
      await note(() => ids({ v: 'one' }));
      await note(() => ids({ v: 2 }));
      await note(() => ids({ v: { $contains: 4 } }));
      await note(() => ids({ v: { $gt: 0 } }));
    },
  },
  {
    name: 'filters forget deleted records',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['a', 'b'], embeddings: [[1], [2]], metadatas: [{ v: 1 }, { v: 1 }] });
      await records.delete({ ids: ['a'] });
      await note(() => records.get({ where: { v: 1 } }));
      await note(() => records.get({ where: { v: { $ne: 5 } } }));
    },
  },
  {
    name: '#document inside where',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({
        ids: ['a', 'b'],
        embeddings: [[1], [2]],
        documents: ['red apple', 'green pear'],
        metadatas: [{ n: 1 }, { n: 2 }],
      });
      const ids = async (where) => (await records.get({ where, include: [] })).ids;
      await note(() => ids({ '#document': { $contains: 'apple' } }));
      await note(() => ids({ '#document': { $not_contains: 'apple' } }));
      await note(() => ids({ $or: [{ '#document': { $contains: 'pear' } }, { n: 1 }] }));
    },
  },
];
