import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.js';
import { NO_FILTER, type Filter } from './filter.js';

test('collection and filter come back from the address as they went in', () => {
  const filter: Filter = {
    keys: [{ key: 'a&b', not: true, any: [{ is: 'x=y#' }] }],
    document: { mode: 'regex', text: '^\\d+ %' },
  };
  expect(parseAddress(formatAddress('my.notes', filter))).toEqual({ collection: 'my.notes', filter });
  expect(parseAddress(formatAddress(null, NO_FILTER))).toEqual({ collection: null, filter: NO_FILTER });
});

test('a filter that is none of ours is told apart from no filter', () => {
  expect(parseAddress('#view=collections&collection=a&filter=%7B')).toEqual({
    collection: 'a',
    filter: null,
  });
  expect(parseAddress('#view=collections&mode=like').filter).toBeNull();
});
