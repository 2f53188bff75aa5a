/** Neighbors are brought together when it is quiet, and nothing that can be seen changes by it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { kindexError } from '../base/errors.js';
import { Renumberer } from './renumber.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Pays `times` times. */
function payable(times: number): { renumberIfItPays: () => boolean; readonly left: number } {
  let left = times;
  return {
    renumberIfItPays: () => left > 0 && left-- > 0,
    get left() {
      return left;
    },
  };
}

test('waits until nobody has used the store for two seconds, however long that takes', async () => {
  const collection = payable(1);
  let lastCall = 0;
  const renumberer = new Renumberer({
    collections: () => [collection],
    quietFor: () => performance.now() - lastCall,
  });
  renumberer.wake();
  for (let call = 0; call < 20; call++) {
    lastCall = performance.now();
    await vi.advanceTimersByTimeAsync(1_500);
  }
  expect(collection.left).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(collection.left).toBe(0);
  expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(vi.getTimerCount()).toBe(0);
});

test('moves one collection at a time, so that calls go in between', async () => {
  const [a, b] = [payable(1), payable(1)];
  const renumberer = new Renumberer({ collections: () => [a, b], quietFor: () => Infinity });
  renumberer.wake();
  renumberer.wake();
  await vi.advanceTimersByTimeAsync(2_000);
  expect([a.left, b.left]).toEqual([0, 1]);
  await vi.advanceTimersByTimeAsync(500);
  expect([a.left, b.left]).toEqual([0, 0]);
});

test('moves nothing while links are made or read, and nothing once it is stopped', async () => {
  const collection = payable(1);
  let quiet = 0;
  const renumberer = new Renumberer({ collections: () => [collection], quietFor: () => quiet });
  renumberer.wake();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(collection.left).toBe(1);
  renumberer.stop();
  renumberer.wake();
  quiet = Infinity;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([collection.left, vi.getTimerCount()]).toEqual([1, 0]);
});

test('goes on to the next where there is no memory to move the first', async () => {
  const full = {
    renumberIfItPays: () => {
      throw kindexError('RUNTIME_OUT_OF_MEMORY', 'no room');
    },
  };
  const collection = payable(1);
  const renumberer = new Renumberer({ collections: () => [full, collection], quietFor: () => Infinity });
  renumberer.wake();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(collection.left).toBe(0);
});
