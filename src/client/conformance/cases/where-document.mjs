/** whereDocument: substrings, regular expressions, negations, documents that are not there. */

const topic = 'whereDocument';

const DOCUMENTS = {
  plain: 'The quick brown fox',
  upper: 'THE QUICK BROWN FOX',
  lines: 'first line\nsecond line',
  percent: '100% sure_thing',
  accents: 'Füße und Ärger',
  cjk: '東京は夜の七時',
  emoji: 'ride 🚲 home',
  digits: 'order 66, sector 7G',
  empty: '',
};

const filtered = (name, filters) => ({
  name,
  topic,
  script: async ({ note, collection }) => {
    const records = await collection();
    const ids = Object.keys(DOCUMENTS);
    await records.add({ ids, embeddings: ids.map((_, i) => [i, 1]), documents: Object.values(DOCUMENTS) });
    await records.add({ ids: ['undocumented'], embeddings: [[9, 9]] });
    for (const whereDocument of filters) {
      await note(async () => (await records.get({ whereDocument, include: [] })).ids);
    }
  },
});

export const cases = [
  filtered('$contains is a substring', [
    { $contains: 'quick' },
    { $contains: 'brown fox' },
    { $contains: 'absent' },
  ]),
  filtered('$contains is case-sensitive', [{ $contains: 'QUICK' }, { $contains: 'Quick' }]),
  filtered('$contains finds one and two characters', [
    { $contains: 'x' },
    { $contains: 'fi' },
    { $contains: 'F' },
  ]),
  filtered('$contains takes % and _ literally', [
    { $contains: '%' },
    { $contains: 'e_t' },
    { $contains: '1_0' },
  ]),
  filtered('$contains knows other scripts', [
    { $contains: 'üß' },
    { $contains: 'Ärger' },
    { $contains: '夜' },
    { $contains: '東京は夜' },
  ]),
  filtered('$contains knows emoji', [{ $contains: '🚲' }, { $contains: ' 🚲 h' }]),
  filtered('$contains crosses lines', [{ $contains: 'line\nsecond' }]),
  filtered('$contains of nothing matches every document', [{ $contains: '' }]),
  filtered('$not_contains matches records without a document', [
    { $not_contains: 'quick' },
    { $not_contains: 'absent' },
  ]),
  filtered('$regex with classes and repeats', [
    { $regex: '\\d+' },
    { $regex: 'o{1}x' },
    { $regex: '[A-Z]{3}' },
  ]),
  filtered('$regex with anchors', [{ $regex: '^The' }, { $regex: 'fox$' }, { $regex: '^$' }]),
  filtered('$regex with alternatives and groups', [
    { $regex: '(quick|sure)' },
    { $regex: '(?:first|ride) ' },
  ]),
  filtered('$regex ignores case when told to', [{ $regex: '(?i)quick' }, { $regex: '(?i)ÄRGER' }]),
  filtered('$regex knows Unicode letters and word boundaries', [
    { $regex: '^\\pL+ \\pL' },
    { $regex: '\\bsector\\b' },
    { $regex: '\\p{Han}' },
  ]),
  filtered('a dot of $regex stops at the end of a line', [
    { $regex: 'first.*second' },
    { $regex: '(?s)first.*second' },
  ]),
  filtered('$regex with multi-line anchors', [{ $regex: '^second' }, { $regex: '(?m)^second' }]),
  filtered('$regex of nothing matches every document', [{ $regex: '' }]),
  filtered('$regex with lazy repeats and named groups', [{ $regex: 'q.*?k' }, { $regex: '(?P<word>fox)' }]),
  filtered('$not_regex matches records without a document', [
    { $not_regex: '[a-z]' },
    { $not_regex: '^The' },
  ]),
  filtered('$and of documents', [
    { $and: [{ $contains: 'quick' }, { $contains: 'fox' }] },
    { $and: [{ $contains: 'line' }, { $not_contains: 'second' }] },
  ]),
  filtered('$or of documents', [{ $or: [{ $contains: 'quick' }, { $regex: '7G' }] }]),
  filtered('$and and $or of documents inside one another', [
    { $or: [{ $and: [{ $contains: 'quick' }, { $regex: 'fox$' }] }, { $contains: '夜' }] },
  ]),
  {
    name: 'document filters follow updates',
    topic,
    script: async ({ note, collection }) => {
      const records = await collection();
      await records.add({ ids: ['a', 'b'], embeddings: [[1], [2]], documents: ['old words', 'old words'] });
      await records.update({ ids: ['a'], embeddings: [[1]], documents: ['new words'] });
      await records.delete({ ids: ['b'] });
      await note(() => records.get({ whereDocument: { $contains: 'old' } }));
      await note(() => records.get({ whereDocument: { $contains: 'new' } }));
    },
  },
];
