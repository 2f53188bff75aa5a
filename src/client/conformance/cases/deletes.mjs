/** delete: what is counted, what goes, what stays. */

const topic = 'deletes';

const deleting = (name, calls) => ({
  name,
  topic,
  script: async ({ note, collection }) => {
    const records = await collection();
    await records.add({
      ids: ['a', 'b', 'c', 'd', 'e'],
      embeddings: [
        [1, 0],
        [2, 0],
        [3, 0],
        [4, 0],
        [5, 0],
      ],
      documents: ['one', 'two', 'three', 'four', 'five'],
      metadatas: [{ n: 1 }, { n: 2 }, { n: 3, odd: true }, { n: 4 }, null],
    });
    for (const call of calls) await note(() => records.delete(call));
    await note(() => records.count());
    await note(async () => (await records.get({ include: [] })).ids);
  },
});

export const cases = [
  deleting('delete by ids counts the ids asked for', [{ ids: ['a', 'c'] }]),
  deleting('delete counts unknown ids too', [{ ids: ['a', 'nobody'] }, { ids: ['nobody'] }]),
  deleting('delete by where counts what matched', [{ where: { n: { $gte: 3 } } }]),
  deleting('delete by whereDocument counts what matched', [{ whereDocument: { $contains: 'o' } }]),
  deleting('delete by ids and where takes what fits both', [
    { ids: ['a', 'b', 'nobody'], where: { n: { $gt: 1 } } },
  ]),
  deleting('delete by where and whereDocument takes what fits both', [
    { where: { n: { $lt: 4 } }, whereDocument: { $contains: 'o' } },
  ]),
  deleting('delete with a limit takes the first in insertion order', [
    { where: { n: { $gt: 0 } }, limit: 2 },
  ]),
  deleting('delete with a limit of zero takes nothing', [{ where: { n: { $gt: 0 } }, limit: 0 }]),
  deleting('delete with ids, where and a limit', [
    { ids: ['d', 'c', 'b'], where: { n: { $gt: 0 } }, limit: 1 },
  ]),
  deleting('delete by a filter that matches nothing', [
    { where: { n: 99 } },
    { whereDocument: { $contains: 'zzz' } },
  ]),
  deleting('delete of nothing deletes nothing', [{}]),
  deleting('delete of a negation takes records without the key', [{ where: { odd: { $ne: true } } }]),
  deleting('delete twice', [{ ids: ['a'] }, { ids: ['a'] }]),
  {
    name: 'delete everything, then add again',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['a', 'b'], embeddings: [[1], [2]] });
      await note(() => records.delete({ ids: ['a', 'b'] }));
      await note(() => records.get());
      await note(() => records.add({ ids: ['b'], embeddings: [[3]] }));
      await note(() => records.query({ queryEmbeddings: [[3]] }));
    },
  },
];
