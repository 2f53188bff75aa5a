/** "Did you mean": near names are found, far ones are not offered. */
import { describe, expect, test } from 'vitest';
import { closestName } from './closest-name.js';

const NAMES = ['notes', 'recipes', 'customer-support', 'Articles', 'ab'];

describe('closest name', () => {
  test.each<[string, string | null]>([
    ['note', 'notes'],
    ['ntoes', 'notes'],
    ['recpies', 'recipes'],
    ['recipe', 'recipes'],
    ['NOTES', 'notes'],
    ['articles', 'Articles'],
    ['customer_suport', 'customer-support'],
    ['abc', 'ab'],
    ['movies', null],
    ['xyz', null],
    ['', null],
    ['n'.repeat(1000), null],
  ])('%j → %j', (wanted, expected) => {
    expect(closestName(wanted, NAMES)).toBe(expected);
  });

  test('the first of equally near names is offered, and none of none', () => {
    expect(closestName('cat', ['bat', 'rat'])).toBe('bat');
    expect(closestName('cat', [])).toBeNull();
  });
});
