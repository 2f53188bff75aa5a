/** A store whose storage goes away is opened again, and never silently in the middle of a call. */
import { expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import type { Led } from '../rpc/leader.js';
import { reopening } from './reopening.js';

function opener(): {
  open: () => Promise<Led>;
  opened: { closed: boolean }[];
  fails: { with: Error | null };
} {
  const opened: { closed: boolean }[] = [];
  const fails: { with: Error | null } = { with: null };
  return {
    opened,
    fails,
    async open() {
      if (fails.with) throw fails.with;
      const state = { closed: false };
      opened.push(state);
      return {
        async call(method, argument) {
          if (method === 'lose') throw kindexError('STORAGE_LOST', 'gone');
          return { method, argument, of: opened.length };
        },
        async close() {
          state.closed = true;
        },
      };
    },
  };
}

test('S33 the calls that find the storage gone are told so, the next one opens it again', async () => {
  const { open, opened } = opener();
  const store = await reopening(open);
  expect(await store.call('count', 1)).toEqual({ method: 'count', argument: 1, of: 1 });
  const both = await Promise.allSettled([store.call('lose', {}), store.call('lose', {})]);
  expect(both.map((each) => each.status === 'rejected' && each.reason.code)).toEqual([
    'STORAGE_LOST',
    'STORAGE_LOST',
  ]);
  expect(await store.call('count', 1)).toEqual({ method: 'count', argument: 1, of: 2 });
  expect(opened).toEqual([{ closed: true }, { closed: false }]);
  await store.close();
  expect(opened).toEqual([{ closed: true }, { closed: true }]);
});

test('S33 an opening that fails is told to its call, and tried again by the next', async () => {
  const { open, fails } = opener();
  const store = await reopening(open);
  await expect(store.call('lose', {})).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  fails.with = kindexError('STORAGE_FAILED', 'not now');
  await expect(store.call('count', {})).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  fails.with = null;
  expect(await store.call('count', {})).toMatchObject({ of: 2 });
});

test('S64 an owner that may not open for want of room stays the owner; any other failure is for the next one to try', async () => {
  const { open, fails } = opener();
  const store = await reopening(open);
  await expect(store.call('lose', {})).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  fails.with = kindexError('STORAGE_QUOTA', 'no room');
  await expect(store.call('count', {})).rejects.toMatchObject({ code: 'STORAGE_QUOTA' });
  expect(store.ended).toBe(false);
  fails.with = kindexError('STORAGE_FAILED', 'not now');
  await expect(store.call('count', {})).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(store.ended).toBe(true);
  fails.with = null;
  expect(await store.call('count', {})).toMatchObject({ of: 2 });
});

test('a first opening that fails is the caller’s to hear', async () => {
  const { open, fails } = opener();
  fails.with = kindexError('FORMAT_CORRUPT', 'damaged');
  await expect(reopening(open)).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
});

test('S32 a store whose memory is broken is opened again and the call tried once more, not a third time', async () => {
  let openings = 0;
  const store = await reopening(async () => {
    openings += 1;
    let ended = false;
    return {
      get ended() {
        return ended;
      },
      async call(method) {
        ended = method === 'always' || (method === 'once' && openings === 1);
        if (ended) throw kindexError('RUNTIME_INTERNAL', 'a trap');
        return openings;
      },
      async close() {},
    };
  });
  expect(await store.call('once', {})).toBe(2);
  await expect(store.call('always', {})).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
  expect(openings).toBe(3);
  expect(store.ended).toBe(false);
  expect(await store.call('count', {})).toBe(4);
});

test('S31 a store that is fenced is somebody else’s: it is not opened again', async () => {
  const { open, opened } = opener();
  const store = await reopening(async () => ({
    ...(await open()),
    ended: true,
    call: () => Promise.reject(kindexError('STORAGE_FENCED', 'another owner')),
  }));
  await expect(store.call('count', {})).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
  expect(opened).toEqual([{ closed: false }]);
});
