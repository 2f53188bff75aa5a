/** Every code of the catalogue is thrown somewhere and asserted somewhere, and the search for gaps finds them. */
import { expect, test } from 'vitest';
import { codesOf, findUncovered, readSources } from './error-coverage.mjs';

/** @param {Record<string, string>} files */
const gaps = (files) => findUncovered(['VALUE_X'], new Map(Object.entries(files)));

const THROWN = { 'src/store/x.ts': "throw kindexError('VALUE_X', 'bad');\n" };
const ASSERTED = { 'src/store/x.test.ts': "expect(error).toMatchObject({ code: 'VALUE_X' });\n" };

test('every code of the catalogue is thrown somewhere and asserted somewhere', () => {
  const files = readSources();
  const codes = codesOf(files.get('src/base/errors.ts') ?? '');
  expect(codes.length).toBeGreaterThan(40);
  expect(findUncovered(codes, files)).toEqual([]);
});

test('a code that is thrown and asserted is in order', () => {
  expect(gaps({ ...THROWN, ...ASSERTED })).toEqual([]);
  expect(gaps({ ...THROWN, 'src/store/fixtures/bad-cases.ts': "['x', 'VALUE_X']\n" })).toEqual([]);
});

/** @type {[string, Record<string, string>, RegExp][]} */
const PLANTED = [
  [
    'that only the catalogue holds',
    { 'src/base/errors.ts': "VALUE_X: {},\n'VALUE_X';\n", ...ASSERTED },
    /never thrown/,
  ],
  [
    'that is only compared',
    { 'src/store/x.ts': "if (e.code === 'VALUE_X') retry();\n", ...ASSERTED },
    /never thrown/,
  ],
  [
    'that only a comment names',
    { 'src/store/x.ts': '/** @throws VALUE_X */\n', ...ASSERTED },
    /never thrown/,
  ],
  ['that only a tool names', { 'tools/x.mjs': "'VALUE_X';\n", ...ASSERTED }, /never thrown/],
  ['that no test names', THROWN, /asserted by no test/],
  [
    'that a test only makes',
    { ...THROWN, 'src/store/x.test.ts': "reject(kindexError('VALUE_X', 'made'));\n" },
    /asserted by no test/,
  ],
  [
    'that a fixture only makes',
    { ...THROWN, 'src/store/fixtures/faulty.ts': "reject(kindexError('VALUE_X', 'made'));\n" },
    /asserted by no test/,
  ],
];
test.each(PLANTED)('a code %s is found', (_, files, complaint) => {
  expect(gaps(files)).toEqual([expect.stringMatching(complaint)]);
});

test('the codes are the keys of the catalogue, in order', () => {
  expect(
    codesOf(
      "const CLASSES = {\n  X: {\n};\nexport const ERRORS = {\n  A_B: {\n    class: 'x',\n  },\n  CLOSED: {\n",
    ),
  ).toEqual(['A_B', 'CLOSED']);
});
