import { expect, test, vi } from 'vitest';
import { RowSet } from './row-set.js';
import { ValueColumn } from './value-column.js';
import { ValueDictionary } from './value-dictionary.js';

test('a value has one code, counted, and the code is given anew once nobody holds the value', () => {
  const dictionary = new ValueDictionary();
  const a = dictionary.take('a');
  expect(dictionary.take('a')).toBe(a);
  expect(dictionary.countOf(a)).toBe(2);
  const list = dictionary.take(['a', 'b']);
  expect(new Set([0, a, list, dictionary.take(true)]).size).toBe(4);
  dictionary.release(a);
  expect(dictionary.codeOf('a')).toBe(a);
  dictionary.release(a);
  expect(dictionary.codeOf('a')).toBe(0);
  expect(dictionary.take('c')).toBe(a);
  expect(dictionary.codeEnd).toBe(4);
});

test('lists are found by their elements, as long as somebody holds them', () => {
  const dictionary = new ValueDictionary();
  const [ab, b, twice] = [dictionary.take(['a', 'b']), dictionary.take(['b']), dictionary.take([1, 1, -0])];
  expect([...dictionary.codesOfListsWith('b')]).toEqual([ab, b]);
  expect([...dictionary.codesOfListsWith(1)]).toEqual([twice]);
  expect([...dictionary.codesOfListsWith(0)]).toEqual([twice]);
  expect([...dictionary.codesOfListsWith('1')]).toEqual([]);
  for (const code of [ab, twice]) dictionary.release(code);
  expect([...dictionary.codesOfListsWith('b')]).toEqual([b]);
  expect([...dictionary.codesOfListsWith(1)]).toEqual([]);
});

test('a column holds on to no value that its rows have given up', () => {
  const release = vi.spyOn(ValueDictionary.prototype, 'release');
  const column = new ValueColumn();
  for (let i = 0; i < 10; i++) column.set(0, `version ${i}`);
  expect(release).toHaveBeenCalledTimes(9);
  column.clear(0);
  expect(release).toHaveBeenCalledTimes(10);
  expect(column.size).toBe(0);
  const found = new RowSet(1);
  column.selectEqual(['version 9'], found);
  expect(found.size).toBe(0);
  release.mockRestore();
});
