/** The index is built in bounded slices, between which other work goes on. */
import { expect, test, vi } from 'vitest';
import { kindexError } from '../base/errors.js';
import { IndexBuilder } from './index-build.js';

function work(slices: number): { budgets: number[]; buildIndex: (distances: number) => boolean } {
  const budgets: number[] = [];
  return {
    budgets,
    buildIndex(distances) {
      if (budgets.length >= slices) return true;
      budgets.push(distances);
      return budgets.length >= slices;
    },
  };
}

test('works through all collections in slices of the given count of distances, pausing before each', async () => {
  const [a, b] = [work(3), work(2)];
  let pauses = 0;
  const builder = new IndexBuilder({
    indexed: () => [a, b],
    sliceDistances: 500,
    pause: async () => {
      pauses += 1;
    },
  });
  builder.wake();
  builder.wake();
  expect(a.budgets).toEqual([]);
  await builder.idle();
  expect(a.budgets).toEqual([500, 500, 500]);
  expect(b.budgets).toEqual([500, 500]);
  expect(pauses).toBeGreaterThanOrEqual(4);
});

test('a builder that is stopped begins no further slice', async () => {
  const endless = work(Infinity);
  const builder = new IndexBuilder({ indexed: () => [endless] });
  builder.wake();
  await expect.poll(() => endless.budgets.length).toBeGreaterThan(2);
  await builder.stop();
  const after = endless.budgets.length;
  builder.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(endless.budgets.length).toBe(after);
});

/** Fails with `code` the first `times` times, and is done then. */
function failing(
  code: 'RUNTIME_OUT_OF_MEMORY' | 'RUNTIME_INTERNAL',
  times: number,
): { name: string; tries: number; buildIndex: () => boolean } {
  return {
    name: 'poor',
    tries: 0,
    buildIndex() {
      this.tries += 1;
      if (this.tries <= times) throw kindexError(code, 'no room for the graph');
      return true;
    },
  };
}

test('S58 a collection that fails is told and left out, and the others are built to the end', async () => {
  const poor = failing('RUNTIME_INTERNAL', 1);
  const rich = work(3);
  let done = 0;
  const builder = new IndexBuilder({ indexed: () => [poor, rich], onDone: () => (done += 1) });
  builder.wake();
  await builder.idle();
  expect(rich.budgets).toHaveLength(3);
  expect(done).toBe(1);
  expect(builder.failures).toMatchObject([{ name: 'poor', error: { code: 'RUNTIME_INTERNAL' } }]);
  // Nothing that is freed mends it.
  builder.wake(true);
  await builder.idle();
  expect(poor.tries).toBe(1);
});

test('S58 want of memory is tried again when memory came back, or by the first write after a while', async () => {
  const poor = failing('RUNTIME_OUT_OF_MEMORY', 2);
  const builder = new IndexBuilder({ indexed: () => [poor], pause: async () => {} });
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    builder.wake();
    await builder.idle();
    builder.wake();
    await builder.idle();
    expect(poor.tries).toBe(1);
    builder.wake(true);
    await builder.idle();
    expect(poor.tries).toBe(2);
    expect(builder.failures).toMatchObject([{ error: { code: 'RUNTIME_OUT_OF_MEMORY' } }]);
    vi.advanceTimersByTime(10_000);
    builder.wake();
    await builder.idle();
    expect(poor.tries).toBe(3);
    expect(builder.failures).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test('calls that come in between are answered before the building is done', async () => {
  const order: string[] = [];
  let left = 5;
  const builder = new IndexBuilder({
    indexed: () => [
      {
        buildIndex() {
          order.push('slice');
          return --left === 0;
        },
      },
    ],
  });
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => order.push('call');
  builder.wake();
  port1.postMessage(null);
  await builder.idle();
  port1.close();
  expect(order.indexOf('call')).toBeGreaterThanOrEqual(0);
  expect(order.indexOf('call')).toBeLessThan(order.lastIndexOf('slice'));
});

test('building ends although calls never cease', async () => {
  const slow = work(3);
  const builder = new IndexBuilder({ indexed: () => [slow] });
  builder.noteCall();
  builder.wake();
  const busy = setInterval(() => builder.noteCall(), 1);
  await builder.idle();
  clearInterval(busy);
  expect(slow.budgets).toHaveLength(3);
});

test('no slice runs while somebody holds the builder, and it tells when nothing is left', async () => {
  const slow = work(2);
  let done = 0;
  const builder = new IndexBuilder({ indexed: () => [slow], onDone: () => (done += 1) });
  const [first, second] = [builder.hold(), builder.hold()];
  builder.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));
  first();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([slow.budgets.length, done]).toEqual([0, 0]);
  second();
  await builder.idle();
  expect([slow.budgets.length, done]).toEqual([2, 1]);
});

test('a builder that is held can be stopped', async () => {
  const slow = work(2);
  let done = 0;
  const builder = new IndexBuilder({ indexed: () => [slow], onDone: () => (done += 1) });
  builder.hold();
  builder.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await builder.stop();
  expect([slow.budgets.length, done]).toEqual([0, 0]);
});
