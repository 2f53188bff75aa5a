/** The package check names doors that lead nowhere. */
import { expect, test } from 'vitest';
import { doorProblems, doorsOf } from './exports.mjs';

const everything = () => true;

test('complete doors and plain files are in order', () => {
  const doors = doorsOf({
    '.': { types: './a.d.ts', node: './b.js', default: './a.js' },
    './package.json': './package.json',
  });
  expect(doorProblems(doors, everything)).toEqual([]);
});

test('a target that does not exist is named with its door and condition', () => {
  const doors = doorsOf({ './x': { types: './x.d.ts', default: './x.js' } });
  expect(doorProblems(doors, (file) => file !== './x.js')).toEqual([
    '"./x" (default) leads to ./x.js, which does not exist',
  ]);
});

test('a door without types, with types in the wrong place or without default is named', () => {
  const doors = doorsOf({
    './a': './a.js',
    './b': { default: './b.js', types: './b.d.ts' },
    './c': { types: './c.d.ts', node: './c.js' },
  });
  expect(doorProblems(doors, everything)).toEqual([
    '"./a" has no types',
    '"./b": "types" must come first',
    '"./c" has no default',
  ]);
});
