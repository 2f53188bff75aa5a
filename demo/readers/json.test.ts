import { describe, expect, test } from 'vitest';
import { readJson } from './json.js';
import { UnreadableFile } from './unreadable.js';

describe('JSON', () => {
  test('lists give one passage per element, named by its title, name or id', () => {
    expect([
      ...readJson('[{"title":"Tea","steep":{"minutes":3}},{"id":7,"tags":["a","b"]},"alone"]'),
    ]).toEqual([
      { heading: 'Tea', text: 'title: Tea\nsteep.minutes: 3' },
      { heading: '7', text: 'id: 7\ntags: a, b' },
      { heading: 'Entry 3', text: 'alone' },
    ]);
  });

  test('a list wrapped in an object is read as the list', () => {
    expect([...readJson('{"items":[{"name":"x"},{"name":"y"}]}')].map(({ heading }) => heading)).toEqual([
      'x',
      'y',
    ]);
  });

  test('null, empty texts and empty lists say nothing and are left out', () => {
    expect([...readJson('{"a":null,"b":"","c":[],"d":false,"e":0}')]).toEqual([
      { heading: 'Entry 1', text: 'd: false\ne: 0' },
    ]);
  });

  test('half a character from an escape becomes a replacement character', () => {
    expect([...readJson('["a\\ud800b"]')]).toEqual([{ heading: 'Entry 1', text: 'a\u{fffd}b' }]);
  });
});

describe('JSON lines', () => {
  test('give one passage per line', () => {
    expect([...readJson('{"name":"a"}\n\n{"name":"b"}\n')].map(({ heading }) => heading)).toEqual(['a', 'b']);
  });

  test('stop at a line that is not JSON and name it, after the passages before it', () => {
    const passages = readJson('{"name":"a"}\n{"name":\n');
    expect(passages.next().value).toEqual({ heading: 'a', text: 'name: a' });
    expect(() => passages.next()).toThrow(/^Not valid JSON in line 2: /);
  });
});

test('a text that is no JSON at all is unreadable, with the parser’s reason', () => {
  expect(() => [...readJson('{ not json }')]).toThrow(UnreadableFile);
  expect(() => [...readJson('{ not json }')]).toThrow(/^Not valid JSON: /);
});
