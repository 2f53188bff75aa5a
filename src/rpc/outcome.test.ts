/** What may be moved across a hop, and what must stay. */
import { expect, test } from 'vitest';
import { transferablesOf } from './outcome.js';

test('buffers are found in objects and in lists of objects, each once', () => {
  const data = new Float32Array(4);
  const ends = new Uint32Array(2);
  const found = transferablesOf({ a: { data }, list: [{ ends }, { ends, again: data }], n: 1, none: null });
  expect(new Set(found)).toEqual(new Set([data.buffer, ends.buffer]));
  expect(found).toHaveLength(2);
});

test('lists of texts and numbers are not walked', () => {
  const ids = new Proxy(['a', 'b', 'c'], {
    get(target, key) {
      if (key === '1') throw new Error('walked');
      return Reflect.get(target, key) as unknown;
    },
  });
  expect(transferablesOf({ ids })).toEqual([]);
});
