/** Names of collections: what a server takes and what it refuses. */

const GOOD = {
  'three characters': 'abc',
  'digits only': '123',
  'upper case': 'ABC-Def',
  'dots, dashes and underscores': 'a.b-c_d',
  'an underscore before the last letter': 'ab_9',
  '512 characters': 'x'.repeat(512),
  'something like an IP address that is none': '999.999.999.999',
  'one plus between two names': 'left+right',
};

const BAD = {
  'two characters': 'ab',
  nothing: '',
  '513 characters': 'x'.repeat(513),
  'a space inside': 'two words',
  'a leading dash': '-abc',
  'a trailing dot': 'abc.',
  'a leading underscore': '_abc',
  'two periods in a row': 'a..b',
  'an IP address': '192.168.1.1',
  'a slash': 'a/b/c',
  'a letter with an umlaut': 'bücher',
  'two pluses': 'abc+def+ghi',
  'a plus with a short name beside it': 'ab+cdef',
};

export const cases = [
  ...Object.entries(GOOD).map(([what, name]) => ({
    name: `a collection may be named with ${what}`,
    topic: 'names',
    script: async ({ client, note, collection }) => {
      await note(() => collection({ name }));
      await note(async () => (await client.getCollection({ name })).name === name);
    },
  })),
  ...Object.entries(BAD).map(([what, name]) => ({
    name: `a collection may not be named with ${what}`,
    topic: 'names',
    script: async ({ client, note, collection }) => {
      await note(() => collection({ name }));
      await note(() => client.countCollections());
    },
  })),
  {
    name: 'names differ by case',
    topic: 'names',
    script: async ({ client, note, collection }) => {
      await collection({ name: 'notes' });
      await note(() => collection({ name: 'Notes' }));
      await note(() => client.countCollections());
    },
  },
  {
    name: 'modify holds a new name to the same rules',
    topic: 'names',
    script: async ({ client, note, collection }) => {
      const records = await collection();
      await note(() => records.modify({ name: 'x' }));
      await note(() => records.modify({ name: 'a..b' }));
      await note(async () => (await client.getCollection({ name: 'records' })).name);
    },
  },
];
