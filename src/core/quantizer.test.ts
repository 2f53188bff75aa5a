import { describe, expect, test } from 'vitest';
import { randomMatrix } from './fixtures/matrices.js';
import { fitQuantizer } from './quantizer.js';

describe('fitQuantizer', () => {
  test('gives one step to all dimensions of one extent', () => {
    const { weights, codeFactors, queryFactors } = fitQuantizer(randomMatrix(500, 32, 1).data, 32);
    expect([...weights]).toEqual(Array(32).fill(1));
    expect(new Set(codeFactors).size).toBe(1);
    expect(codeFactors[0]).toBeGreaterThan(50);
    expect(codeFactors[0]).toBeLessThanOrEqual(63);
    expect(queryFactors).toEqual(codeFactors);
  });

  test('leaves one step to all where some reach a little farther', () => {
    const { data } = randomMatrix(500, 32, 1);
    const { weights } = fitQuantizer(
      data.map((x, i) => (i % 32 === 5 ? 1.4 * x : x)),
      32,
    );
    expect([...weights]).toEqual(Array(32).fill(1));
  });

  test('gives wide dimensions a multiple of the step of the others, which stays as it is', () => {
    const { data } = randomMatrix(500, 32, 1);
    const plain = fitQuantizer(data, 32);
    const widened = fitQuantizer(
      data.map((x, i) => (i % 32 === 5 ? 20 * x : x)),
      32,
    );
    expect(widened.codeFactors[0]! / plain.codeFactors[0]!).toBeCloseTo(1, 2);
    const multiple = Math.sqrt(widened.weights[5]!);
    expect(multiple).toBeGreaterThan(17);
    expect(multiple).toBeLessThanOrEqual(22);
    expect(widened.queryFactors[5]! / widened.codeFactors[5]!).toBeCloseTo(multiple ** 2, 2);
  });

  test('is not led astray by one vector far off', () => {
    const { data } = randomMatrix(500, 8, 2);
    const plain = fitQuantizer(data, 8);
    const spoilt = fitQuantizer(
      data.map((x, i) => (i < 8 ? 1e6 * x : x)),
      8,
    );
    expect(spoilt.codeFactors[0]! / plain.codeFactors[0]!).toBeGreaterThan(0.45);
  });

  test.each([1, 3, 384, 4096, 65_536])('keeps sums of products of %i dimensions under 2³¹', (dimensions) => {
    const sample = randomMatrix(2, dimensions, 3).data.map((x, i) => (i % 3 === 0 ? 20 * x : x));
    const { weights } = fitQuantizer(sample, dimensions);
    expect(weights.reduce((sum, weight) => sum + weight * 63 * 63, 0)).toBeLessThan(2 ** 31);
    expect(weights.every((weight) => weight >= 1 && weight * 63 <= 32_767)).toBe(true);
  });

  test('takes vectors of zeros', () => {
    const { weights, codeFactors, queryFactors } = fitQuantizer(new Float32Array(30), 3);
    expect([...weights]).toEqual([1, 1, 1]);
    expect([...codeFactors, ...queryFactors].every(Number.isFinite)).toBe(true);
  });
});
