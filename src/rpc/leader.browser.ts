/** Leadership between tabs with the browser's own Web Locks and BroadcastChannel. */
import { afterEach, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import { Leadership, type Led } from './leader.js';

interface Recorded extends Led {
  calls: string[];
  closed: boolean;
  /** Calls named `wait` settle when this is called. */
  answer: (value: unknown) => void;
}

function recorded(): Recorded {
  const led: Recorded = {
    calls: [],
    closed: false,
    answer: () => {},
    call(method, argument) {
      led.calls.push(method);
      if (method === 'fail')
        return Promise.reject(kindexError('VALUE_DIMENSION', 'wrong', { details: { got: 2 } }));
      if (method.startsWith('wait')) return new Promise((resolve) => (led.answer = resolve));
      return Promise.resolve({ method, argument });
    },
    async close() {
      led.closed = true;
    },
  };
  return led;
}

const open: Leadership[] = [];
function member(name: string, led: Recorded): Leadership {
  const leadership = new Leadership({
    name,
    locks: navigator.locks,
    lead: async () => led,
    writes: new Set(['waitWrite']),
    patienceMs: 2_000,
  });
  open.push(leadership);
  return leadership;
}

afterEach(async () => {
  for (const leadership of open.splice(0)) await leadership.close();
});

test('the first leads, the second follows, and its calls and errors cross whole', async () => {
  const name = crypto.randomUUID();
  const [ledA, ledB] = [recorded(), recorded()];
  const [a, b] = [member(name, ledA), member(name, ledB)];
  await a.join();
  await b.join();
  expect([a.role, b.role]).toEqual(['leader', 'follower']);
  const vector = new Float32Array([1, 2]);
  expect(await b.call('query', { vector })).toEqual({ method: 'query', argument: { vector } });
  await expect(b.call('fail', {})).rejects.toMatchObject({ code: 'VALUE_DIMENSION', details: { got: 2 } });
  expect(ledA.calls).toEqual(['query', 'fail']);
  expect(ledB.calls).toEqual([]);
});

test('when the leader leaves, the follower leads; a waiting read is run again, a waiting write is said to be unknown', async () => {
  const name = crypto.randomUUID();
  const [ledA, ledB] = [recorded(), recorded()];
  const [a, b] = [member(name, ledA), member(name, ledB)];
  await a.join();
  await b.join();
  const read = b.call('waitRead', {});
  const write = b.call('waitWrite', {});
  write.catch(() => {});
  await expect.poll(() => ledA.calls).toEqual(['waitRead', 'waitWrite']);
  await a.close();
  await expect(write).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', details: { method: 'waitWrite' } });
  await expect.poll(() => ledB.calls).toEqual(['waitRead']);
  ledB.answer('read again');
  expect(await read).toBe('read again');
  expect(b.role).toBe('leader');
  expect(ledA.closed).toBe(true);
});

test('a third member follows whoever leads next', async () => {
  const name = crypto.randomUUID();
  const leds = [recorded(), recorded(), recorded()];
  const [a, b, c] = leds.map((led) => member(name, led)) as [Leadership, Leadership, Leadership];
  for (const leadership of [a, b, c]) await leadership.join();
  await a.close();
  await expect.poll(() => b.role).toBe('leader');
  expect(await c.call('count', {})).toEqual({ method: 'count', argument: {} });
  expect(leds[1]?.calls).toEqual(['count']);
});

test('a holder that never answers is reported instead of waited for', async () => {
  const name = crypto.randomUUID();
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  void navigator.locks.request(name, () => held);
  const led = recorded();
  await expect(member(name, led).join()).rejects.toMatchObject({ code: 'STORAGE_BLOCKED' });
  letGo();
});

test('an opening that fails is reported and hands the lock on', async () => {
  const name = crypto.randomUUID();
  const broken = new Leadership({
    name,
    locks: navigator.locks,
    lead: () => Promise.reject(kindexError('FORMAT_CORRUPT', 'damaged')),
    writes: new Set(),
  });
  await expect(broken.join()).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
  const next = member(name, recorded());
  await next.join();
  expect(next.role).toBe('leader');
  await expect(broken.call('count', {})).rejects.toMatchObject({ code: 'CLOSED' });
});
