/** Gathering: the same as picking from plain lists. */
import { describe, expect, test } from 'vitest';
import { packTexts, unpackText } from '../base/packed-texts.js';
import { gatherMatrix, gatherTexts } from './gather.js';

describe('gather', () => {
  test('rows of a matrix in the order asked', () => {
    const matrix = { data: Float32Array.of(1, 2, 3, 4, 5, 6), rows: 3, dimensions: 2 };
    expect(gatherMatrix(matrix, Uint32Array.of(0, 2))).toEqual({
      data: Float32Array.of(1, 2, 5, 6),
      rows: 2,
      dimensions: 2,
    });
    expect(gatherMatrix(matrix, new Uint32Array(0))).toEqual({
      data: new Float32Array(0),
      rows: 0,
      dimensions: 2,
    });
  });

  test('texts with their absences', () => {
    const texts = packTexts(['one', null, 'drei', '', 'fünf']);
    const gathered = gatherTexts(texts, Uint32Array.of(1, 2, 3, 4));
    expect([0, 1, 2, 3].map((i) => unpackText(gathered, i))).toEqual([null, 'drei', '', 'fünf']);
    expect(gathered.bytes.length).toBe(9);
    expect(gatherTexts(packTexts(['a', 'b']), Uint32Array.of(1)).present).toBeNull();
  });
});
