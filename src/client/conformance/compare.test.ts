/** The comparison behind the conformance replay can fail where it should, and forgives only what it says. */
import { describe, expect, test } from 'vitest';
import { findDifference } from './compare.contract.js';
import type { Step } from './run-case.mjs';

const hits = (ids: string[], distances: number[], documents: (string | null)[]): Step => ({
  value: { ids: [ids], distances: [distances], documents: [documents], include: ['distances', 'documents'] },
});
const refusal = (name: string, message: string, code?: string): Step => ({
  error: { classes: [name, 'Error'], message, ...(code === undefined ? {} : { code }) },
});

describe('values', () => {
  test('numbers may differ by the tolerance, and no more', () => {
    expect(findDifference({ value: [0.5] }, { value: [0.500_004] })).toBeNull();
    expect(findDifference({ value: [0.5] }, { value: [0.500_02] })).toBe('0 is 0.50002, not 0.5');
    expect(findDifference({ value: [1000] }, { value: [1000.005] })).toBeNull();
  });

  test('keys, lengths, types and nulls must agree; the order of keys need not', () => {
    expect(findDifference({ value: { a: 1, b: 2 } }, { value: { b: 2, a: 1 } })).toBeNull();
    expect(findDifference({ value: { a: 1 } }, { value: {} })).toBe('a is missing');
    expect(findDifference({ value: [] }, { value: [1] })).toBe('0 was not wanted');
    expect(findDifference({ value: 1 }, { value: '1' })).not.toBeNull();
    expect(findDifference({ value: [] }, { value: {} })).not.toBeNull();
    expect(findDifference({ value: {} }, { value: null })).not.toBeNull();
  });

  test('hits of equal distance may change places with everything they bring, others may not', () => {
    const recorded = hits(['a', 'b', 'c'], [0, 1, 1], ['A', 'B', 'C']);
    expect(findDifference(recorded, hits(['a', 'c', 'b'], [0, 1, 1], ['A', 'C', 'B']))).toBeNull();
    expect(findDifference(recorded, hits(['a', 'c', 'b'], [0, 1, 1], ['A', 'B', 'C']))).not.toBeNull();
    expect(findDifference(recorded, hits(['b', 'a', 'c'], [0, 1, 1], ['B', 'A', 'C']))).not.toBeNull();
  });
});

describe('errors', () => {
  test('an error is of the wanted class and says the wanted words', () => {
    const wanted = refusal('ChromaValueError', 'Expected ids to be unique');
    expect(
      findDifference(wanted, refusal('ChromaValueError', 'Expected IDs to be unique, not a, a.')),
    ).toBeNull();
    expect(findDifference(wanted, refusal('ChromaClientError', 'Expected ids to be unique'))).not.toBeNull();
    expect(findDifference(wanted, refusal('ChromaValueError', 'Something else'))).not.toBeNull();
    expect(findDifference(wanted, { value: 1 })).not.toBeNull();
    expect(findDifference({ value: 1 }, wanted)).not.toBeNull();
  });

  test('a code that is wanted is demanded', () => {
    const wanted = refusal('ChromaValueError', 'x', 'VALUE_IDS');
    expect(findDifference(wanted, refusal('ChromaValueError', 'x', 'VALUE_IDS'))).toBeNull();
    expect(findDifference(wanted, refusal('ChromaValueError', 'x', 'VALUE_LIMIT'))).not.toBeNull();
    expect(findDifference(wanted, refusal('ChromaValueError', 'x'))).not.toBeNull();
  });
});
