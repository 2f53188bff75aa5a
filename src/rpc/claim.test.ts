/** Without Web Locks: the first that asks has the store, everybody else is told. */
import { expect, test } from 'vitest';
import { claim } from './claim.js';

test('S31 one has the claim, a second one is refused, and can have it afterwards', async () => {
  const name = crypto.randomUUID();
  const letGo = await claim(name, 50);
  await expect(claim(name, 50)).rejects.toMatchObject({ code: 'STORAGE_BLOCKED', details: { name } });
  await expect(claim(name, 50)).rejects.toMatchObject({ code: 'STORAGE_BLOCKED' });
  letGo();
  (await claim(name, 50))();
});

test('S31 of those who ask at the same time exactly one has it', async () => {
  const name = crypto.randomUUID();
  const asked = await Promise.allSettled([claim(name, 100), claim(name, 100), claim(name, 100)]);
  const held = asked.filter((each) => each.status === 'fulfilled');
  expect(held).toHaveLength(1);
  held[0]?.value();
  (await claim(name, 50))();
});
