/** The planter of faults: each operator, what it leaves alone, and a choice that depends on the seed alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diff, draw, EQUIVALENT, mutantsOf, mutate, shuffled } from './mutants.mjs';
import { ROOT } from './run.mjs';

/** @param {string} code @returns {string[]} every mutated text */
const all = (code) => mutantsOf('x.ts', code).map((mutant) => mutate(code, mutant));

test('each operator changes one thing', () => {
  expect(all('const a = b < c;')).toEqual(['const a = b <= c;', 'const a = b >= c;']);
  expect(all('const a = b === c && d;')).toEqual(['const a = b !== c && d;', 'const a = b === c || d;']);
  expect(all('const a = !b;')).toEqual(['const a = b;']);
  expect(all('const a = b ? c : d;')).toEqual(['const a = b ? d : c;']);
  expect(all('if (a) b = c;')).toEqual(['if (!(a)) b = c;']);
  expect(all('const a = 5;')).toEqual(['const a = 6;', 'const a = 4;']);
  expect(all('const a = 0;')).toEqual(['const a = 1;']);
  expect(all('const a = true;')).toEqual(['const a = false;']);
  expect(all('f(a);')).toEqual([';']);
  expect(all("throw kindexError('X', `${a + 1}`);")).toEqual([';']);
});

test('types, imports and the words of messages are left alone', () => {
  expect(all("import { a } from 'b';\ntype A = 1 | 2;\ninterface B { c: 3 }\nconst d: 4 = e as 5;")).toEqual(
    [],
  );
  expect(all("const a = kindexError('X', b ? 'c' : 'd', { details: { e: 1 } });")).toEqual([]);
});

test('a mutant is shown with the lines it changes', () => {
  const code = 'const a = 1;\nconst b = c < d;\n';
  const mutant = mutantsOf('x.ts', code).find(({ operator }) => operator === '< → <=');
  expect(mutant?.line).toBe(2);
  expect(mutant && diff(code, mutant)).toBe('    - const b = c < d;\n    + const b = c <= d;\n');
});

test('the same seed draws the same mutants, another seed others, and groups take turns', () => {
  const groups = [
    mutantsOf('a.ts', 'const a = [1, 2, 3, 4, 5, 6, 7, 8];'),
    mutantsOf('b.ts', 'const b = [1, 2];'),
  ];
  const places = (/** @type {number} */ seed, count = 6) =>
    draw(groups, { count, seed }).map(({ mutant }) => `${mutant.file}${mutant.from}${mutant.operator}`);
  expect(places(1)).toEqual(places(1));
  expect(places(1)).not.toEqual(places(2));
  expect(places(1).filter((place) => place.startsWith('b'))).toHaveLength(3);
  expect(new Set(places(1, 99)).size).toBe(20);
  expect(new Set(shuffled([1, 2, 3, 4, 5], 7))).toEqual(new Set([1, 2, 3, 4, 5]));
});

test('every mutant called equivalent has a reason, and stands on a line that exists', () => {
  const sources = ['src/filter/regex-run.ts', 'src/client/pack-records.ts', 'src/client/check-metadata.ts'];
  for (const { file, line, reason } of EQUIVALENT) {
    expect(reason.length).toBeGreaterThan(20);
    const texts = sources
      .filter((source) => file.test(source))
      .map((source) => readFileSync(join(ROOT, source), 'utf8'));
    expect(
      texts
        .join('\n')
        .split('\n')
        .some((text) => line.test(text)),
      reason,
    ).toBe(true);
  }
});
