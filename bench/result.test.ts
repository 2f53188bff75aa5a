/** What is stored of a run. */
import { expect, test } from 'vitest';
import { commandOf, resultOf, resultsText } from './result.mjs';

const run = {
  case: 'flat',
  when: '2026-01-02T03:04:05.000Z',
  commit: 'abc',
  command: 'npm run bench -- flat --rounds 3',
  rounds: 3,
  environment: { cores: 2 },
};

test('a list of rounds is stored beside its median, a single figure as it is', () => {
  const result = resultOf(
    {
      dataset: 'd',
      rows: 10,
      seed: 1,
      file: 'flat-10',
      ratios: { faster: [3, 1, 2] },
      values: { recall: 0.9 },
    },
    run,
  );
  expect(result).toEqual({
    ...run,
    dataset: 'd',
    rows: 10,
    seed: 1,
    ratios: { faster: 2 },
    values: { recall: 0.9 },
    byRound: { faster: [3, 1, 2] },
  });
});

test('what a case says of its environment is added to the machine, and its own count of rounds wins', () => {
  const measured = {
    dataset: 'd',
    rows: 1,
    seed: [1, 2],
    rounds: 2,
    environment: { core: 'wasm' },
    ratios: {},
    values: {},
  };
  expect(resultOf(measured, run)).toMatchObject({
    rounds: 2,
    environment: { cores: 2, core: 'wasm' },
    seed: [1, 2],
  });
});

test('stored text holds the same result, with lists of numbers in one line', () => {
  const result = resultOf(
    { dataset: 'in [1, 2]', rows: 1, seed: 1, ratios: { a: [1.5, 2e-7, -3] }, values: {} },
    run,
  );
  const text = resultsText([result]);
  expect(JSON.parse(text)).toEqual([result]);
  expect(text).toContain('"a": [1.5, 2e-7, -3]');
});

test('the command repeats the options, and tells of folders only their name', () => {
  const options = {
    rounds: '5',
    rows: undefined,
    data: '/home/me/vectors/text-50k',
    chroma: 'http://localhost:8000',
  };
  expect(commandOf('api', options)).toBe(
    'npm run bench -- api --rounds 5 --data …/text-50k --chroma http://localhost:8000',
  );
});
