/** Rows: given in order, never twice. */
import { describe, expect, test } from 'vitest';
import { RowMap } from './row-map.js';

describe('row map', () => {
  test('S6 rows count up from 0 and are never given again', () => {
    const map = new RowMap();
    expect(['a', 'b', 'c'].map((id) => map.append(id))).toEqual([0, 1, 2]);
    map.remove(1);
    map.remove(2);
    map.remove(2);
    expect(map.append('b')).toBe(3);
    expect(map.nextRow).toBe(4);
    expect(map.size).toBe(2);
    expect([...map.liveRows()]).toEqual([0, 3]);
  });

  test('id and row lead to each other while the record lives, and to nothing afterwards', () => {
    const map = new RowMap();
    map.append('__proto__');
    map.append('x');
    expect([map.rowOf('__proto__'), map.idOf(0)]).toEqual([0, '__proto__']);
    map.remove(0);
    expect([map.rowOf('__proto__'), map.idOf(0)]).toEqual([undefined, undefined]);
    expect([map.rowOf('x'), map.idOf(1), map.idOf(7)]).toEqual([1, 'x', undefined]);
  });
});
