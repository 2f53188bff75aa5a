/** Exponents of power laws. */
import { expect, test } from 'vitest';
import { fittedExponent } from './fit.mjs';

test('points on a power law give its exponent', () => {
  for (const exponent of [0, 0.3, 1, 1.7]) {
    const points = [1000, 30_000, 100_000].map((size): [number, number] => [size, 0.02 * size ** exponent]);
    expect(fittedExponent(points)).toBeCloseTo(exponent, 9);
  }
});

test('what scatters around a line is balanced', () => {
  expect(
    fittedExponent([
      [1, 1],
      [10, 20],
      [10, 5],
      [100, 100],
    ]),
  ).toBeCloseTo(1, 9);
});
