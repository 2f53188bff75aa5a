/** Numbers count up, and what is said to be answered is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RequestId } from '../base/types.js';
import { RequestNumbers } from './request-numbers.js';

test('S30 each call has a number of its own, and below `answered` none is open', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 30 }), async (choices) => {
      const numbers = new RequestNumbers();
      const open = new Map<number, () => void>();
      const seen: number[] = [];
      for (const choice of choices) {
        const oldest = [...open.keys()][choice];
        if (oldest !== undefined) {
          open.get(oldest)?.();
          open.delete(oldest);
          await Promise.resolve();
          await Promise.resolve();
          continue;
        }
        const asked = await new Promise<RequestId>((told) => {
          void numbers.once(async (request) => {
            told(request);
            await new Promise<void>((resolve) => open.set(request.n, resolve));
          });
        });
        seen.push(asked.n);
        expect(asked.answered).toBeLessThanOrEqual(Math.min(...open.keys()));
        expect(asked.client).toMatch(/^[\d.]{7,43}$/);
      }
      expect(seen).toEqual(seen.map((_, i) => i + 1));
    }),
  );
});

test('S30 pages have names of their own', async () => {
  const names = await Promise.all(
    Array.from({ length: 50 }, () => new RequestNumbers().once(async ({ client }) => client)),
  );
  expect(new Set(names).size).toBe(50);
});
