/** Every numbered rule is named by a test and every name is a rule, and the search for gaps finds them. */
import { expect, test } from 'vitest';
import { citationsOf, findGaps, readRules, rulesOf } from './rules.mjs';

const HOUSE = {
  'src/store/SPEC.md': '# Rules\n\n## S1 Durability\n\nText about S9.\n\n## S2 Order\n',
  'src/client/SPEC.md': '# Rules\n\n- **C1** A sentence\n  over two lines.\n- **C2** Another.\n',
  'src/store/a.test.ts': "test('S1 holds', () => {});\n  test.each([1])('S2 C1 %s holds', () => {});\n",
  'src/client/b.contract.ts': 'describe(`C2 over ${name}`, () => {});\n',
};

/** @param {Record<string, string>} changes */
const gaps = (changes) => findGaps(new Map(Object.entries({ ...HOUSE, ...changes })));

test('every rule of the repository is named by a test, and every name is a rule', () => {
  const files = readRules();
  expect(rulesOf(files.get('src/store/SPEC.md') ?? '').length).toBeGreaterThan(10);
  expect(rulesOf(files.get('src/client/SPEC.md') ?? '').length).toBeGreaterThan(20);
  expect(findGaps(files)).toEqual([]);
});

test('a house in order has no gaps', () => {
  expect(gaps({})).toEqual([]);
});

/** @type {[string, Record<string, string>, string][]} */
const PLANTED = [
  ['a rule without a test', { 'src/client/b.contract.ts': '' }, 'src/client/SPEC.md: no test names C2'],
  [
    'a rule that only text names',
    { 'src/client/b.contract.ts': "test('holds C2 in the end', () => {}); // C2\n" },
    'src/client/SPEC.md: no test names C2',
  ],
  [
    'a rule that only product code names',
    { 'src/client/b.contract.ts': '', 'src/client/b.ts': "test('C2 holds');\n" },
    'src/client/SPEC.md: no test names C2',
  ],
  [
    'a name without a rule',
    { 'src/client/c.test-d.ts': "test('C3 holds', () => {});\n" },
    'src/client/c.test-d.ts: there is no rule C3',
  ],
  [
    'a number given twice',
    { 'src/client/SPEC.md': '- **C1** A.\n- **C2** B.\n- **C1** C.\n' },
    'src/client/SPEC.md: C1 is there twice',
  ],
  [
    'a rule of another file',
    {
      'src/client/SPEC.md': '- **C1** A.\n- **C2** B.\n- **S3** C.\n',
      'src/store/c.test.ts': "test('S3 x');\n",
    },
    'src/client/SPEC.md: S3 does not begin with C',
  ],
];
test.each(PLANTED)('%s is found', (_, changes, problem) => {
  expect(gaps(changes)).toEqual([problem]);
});

test('a file without rules is a gap, not a file in order', () => {
  expect(gaps({ 'src/client/SPEC.md': '# Rules\n' })).toContain('src/client/SPEC.md has no rules');
});

test('names are found where tests stand, on one line or wrapped', () => {
  expect(
    citationsOf(
      [
        "test('S1 a', () => {});",
        "  test.each([['C9 x', 1]])(",
        "    'S3, not a citation',",
        '    `S4 S5 b`,',
        "  )('S6 c', f);",
        'describe.each(CASES)("S7 %s", f);',
        "expect(text).toBe('x S8 y');",
      ].join('\n'),
    ),
  ).toEqual(['S1', 'S4', 'S5', 'S6', 'S7']);
});
