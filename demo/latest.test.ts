import { expect, test } from 'vitest';
import { latestOnly } from './latest.js';

/** A task whose end the test decides. */
function gate(): { passed: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test('requests that wait are replaced by newer ones, and one task runs at a time', async () => {
  const first = gate();
  const ran: string[] = [];
  const latest = latestOnly<string>(async (argument) => {
    ran.push(argument);
    if (argument === 'a') await first.passed;
  }, String);
  for (const argument of ['a', 'b', 'c', 'd']) latest.request(argument);
  await settled();
  expect(ran).toEqual(['a']);
  first.open();
  await settled();
  expect(ran).toEqual(['a', 'd']);
});

test('a task learns that it is no longer current, and its failure is then kept quiet', async () => {
  const first = gate();
  const current: boolean[] = [];
  const errors: unknown[] = [];
  const latest = latestOnly<string>(
    async (argument, isCurrent) => {
      if (argument === 'a') await first.passed;
      current.push(isCurrent());
      throw new Error(argument);
    },
    (error) => errors.push(error),
  );
  latest.request('a');
  latest.request('b');
  first.open();
  await settled();
  expect(current).toEqual([false, true]);
  expect(errors).toEqual([new Error('b')]);
});
