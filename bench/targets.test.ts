/** What counts as met. */
import { describe, expect, test } from 'vitest';
import { judge, TARGETS, type Target } from './targets.mjs';

const least: Target = { key: 'speed', at: 'least', bar: 10, what: 'times as fast' };
const most: Target = { key: 'ms', at: 'most', bar: 16, what: 'milliseconds' };

function verdict(
  target: Target,
  median: number,
  rounds: number[] | null,
  more: object = {},
): string | undefined {
  const result = {
    rounds: 5,
    ratios: {},
    values: { [target.key]: median },
    ...(rounds === null ? {} : { byRound: { [target.key]: rounds } }),
    ...more,
  };
  return judge(result, [target])[0]?.verdict;
}

describe('a target', () => {
  test('is met when the median reaches the bar and no round is more than 10 % on the wrong side', () => {
    expect(verdict(least, 10, [9, 10, 10, 11, 12])).toBe('met');
    expect(verdict(most, 16, [15, 15, 16, 17, 17.6])).toBe('met');
  });

  test('is missed by a median beyond the bar, and by one round more than 10 % beyond it', () => {
    expect(verdict(least, 9.99, [9.9, 9.9, 9.99, 11, 12])).toBe('missed');
    expect(verdict(least, 11, [8.99, 10, 11, 11, 12])).toBe('missed');
    expect(verdict(most, 16.1, [16, 16, 16.1, 17, 17])).toBe('missed');
    expect(verdict(most, 15, [15, 15, 15, 15, 17.7])).toBe('missed');
  });

  test('below zero has its slack on the same side', () => {
    const target: Target = { key: 'change', at: 'least', bar: -0.01, what: 'recall' };
    expect(verdict(target, -0.01, [-0.0109, -0.01, -0.01, 0, 0])).toBe('met');
    expect(verdict(target, -0.01, [-0.012, -0.01, 0])).toBe('missed');
  });

  test('is missed by a figure that is no number', () => {
    expect(verdict(least, Number.NaN, [Number.NaN])).toBe('missed');
    expect(verdict(most, 1, [1, Number.NaN])).toBe('missed');
  });

  test('is not met by fewer than 5 rounds, by rounds that nobody kept, or by a void run', () => {
    expect(verdict(least, 11, [11], { rounds: 1 })).toBe('too few rounds');
    expect(verdict(least, 11, [11, 11])).toBe('too few rounds');
    expect(verdict(least, 11, null)).toBe('rounds not stored');
    expect(verdict(least, 9, null)).toBe('missed');
    expect(verdict(least, 11, [11], { void: ['the machine was busy'] })).toBe('void');
  });

  test('takes a figure that is not by round as its own worst', () => {
    const result = { rounds: 5, ratios: { speed: 11 }, values: {}, byRound: {} };
    expect(judge({ ...result, overAll: ['speed'] }, [least])).toMatchObject([
      { median: 11, worst: 11, verdict: 'met' },
    ]);
    expect(judge(result, [least])).toMatchObject([{ rounds: 1, verdict: 'too few rounds' }]);
    expect(judge({ ...result, ratios: { speed: 9 } }, [least])).toMatchObject([{ verdict: 'missed' }]);
  });

  test('that a result has no figure of says nothing of it', () => {
    expect(judge({ rounds: 5, ratios: {}, values: { other: 1 }, byRound: {} }, [least, most])).toEqual([]);
  });
});

test('each key has one target', () => {
  const keys = TARGETS.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});
