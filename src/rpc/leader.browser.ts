/** Leadership between tabs with the browser's own Web Locks and BroadcastChannel. */
import { afterEach, expect, test } from 'vitest';
import { kindexError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import { Leadership, type Led, type LeadershipOptions } from './leader.js';

interface Recorded extends Led {
  calls: string[];
  closed: boolean;
  requests: (RequestId | undefined)[];
  /** Calls named `wait…` settle when theirs is called. */
  answers: ((value: unknown) => void)[];
  /** Rejects the last of them. */
  refuse: (error: unknown) => void;
}

function recorded(): Recorded {
  const led: Recorded = {
    calls: [],
    closed: false,
    requests: [],
    answers: [],
    refuse: () => {},
    call(method, argument, request) {
      led.calls.push(method);
      led.requests.push(request);
      if (method === 'fail')
        return Promise.reject(kindexError('VALUE_DIMENSION', 'wrong', { details: { got: 2 } }));
      if (method.startsWith('wait'))
        return new Promise((resolve, reject) => {
          led.answers.push(resolve);
          led.refuse = reject;
        });
      return Promise.resolve({ method, argument });
    },
    async close() {
      led.closed = true;
    },
  };
  return led;
}

const open: Leadership[] = [];
function member(name: string, led: Led, options: Partial<LeadershipOptions> = {}): Leadership {
  const leadership = new Leadership({
    name,
    locks: navigator.locks,
    lead: async () => led,
    ...options,
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

test('S31 when the leader leaves, the follower leads, and does what was not answered', async () => {
  const name = crypto.randomUUID();
  const [ledA, ledB] = [recorded(), recorded()];
  const [a, b] = [member(name, ledA), member(name, ledB)];
  await a.join();
  await b.join();
  const request: RequestId = { client: 'page', n: 1, answered: 1 };
  const read = b.call('waitRead', {});
  const write = b.call('waitWrite', { x: 1 }, request);
  await expect.poll(() => ledA.calls).toEqual(['waitRead', 'waitWrite']);
  await a.close();
  await expect.poll(() => ledB.calls).toEqual(['waitRead', 'waitWrite']);
  ledB.answers.forEach((answer, i) => answer(`again ${i}`));
  expect(await Promise.all([read, write])).toEqual(['again 0', 'again 1']);
  expect(ledB.requests).toEqual([undefined, request]);
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

test('S31 a holder that gives no sign of life loses the lock, and one that opens for long does not', async () => {
  const name = crypto.randomUUID();
  const lost = new Promise<unknown>((resolve) => {
    navigator.locks.request(name, () => new Promise<never>(() => {})).catch(resolve);
  });
  const slow = recorded();
  let opened: () => void = () => {};
  const opening = new Promise<void>((resolve) => (opened = resolve));
  const stealer = member(name, slow, { pingMs: 30, lead: () => opening.then(() => slow) });
  const joined = stealer.join();
  expect(await lost).toMatchObject({ name: 'AbortError' });

  const second = member(name, recorded(), { pingMs: 30 });
  const followed = second.join();
  const waited = await Promise.race([followed, new Promise((resolve) => setTimeout(resolve, 500, 'waits'))]);
  expect(waited).toBe('waits');
  opened();
  await Promise.all([joined, followed]);
  expect([stealer.role, second.role]).toEqual(['leader', 'follower']);
});

test('S31 a leader that loses its lock gives its calls to the thief, and follows', async () => {
  const name = crypto.randomUUID();
  const [ledA, ledB] = [recorded(), recorded()];
  const [a, b] = [member(name, ledA), member(name, ledB, { pingMs: 30 })];
  await a.join();
  await b.join();
  const request: RequestId = { client: 'page', n: 1, answered: 1 };
  const write = a.call('waitFenced', {}, request);
  await expect.poll(() => ledA.calls).toEqual(['waitFenced']);
  // As a follower does whose leader is silent.
  await new Promise<void>((resolve) => {
    void navigator.locks.request(name, { steal: true }, () => resolve());
  });
  ledA.refuse(kindexError('STORAGE_FENCED', 'another owner'));
  await expect.poll(() => [...ledA.calls, ...ledB.calls]).toEqual(['waitFenced', 'waitFenced']);
  ledA.answers.at(-1)?.('done');
  ledB.answers.at(-1)?.('done');
  expect(await write).toBe('done');
  expect(ledA.closed).toBe(true);
});

test('S31 nobody is replaced while a debugger halts the leader, and somebody is when it lets go', async () => {
  const name = crypto.randomUUID();
  let stolen = false;
  navigator.locks
    .request(name, () => new Promise<never>(() => {}))
    .catch(() => {
      stolen = true;
    });
  const debugging = new BroadcastChannel(name);
  const waiting = member(name, recorded(), { pingMs: 30 });
  debugging.postMessage({ kind: 'pause', paused: true });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const joined = waiting.join();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(stolen).toBe(false);
  debugging.postMessage({ kind: 'pause', paused: false });
  await joined;
  expect(stolen).toBe(true);
  debugging.close();
});

test('S31 a call whose message or answer was lost is sent again', async () => {
  const name = crypto.randomUUID();
  const deaf = new BroadcastChannel(name);
  const calls: { number: number; from: string }[] = [];
  // A leader that loses the first call it gets.
  let letGo: () => void = () => {};
  void navigator.locks.request(name, () => new Promise<void>((resolve) => (letGo = resolve)));
  deaf.onmessage = ({ data }) => {
    if (data.kind === 'who') deaf.postMessage({ kind: 'leader', id: 'deaf', ready: true });
    if (data.kind === 'ping')
      deaf.postMessage({ kind: 'pong', to: data.from, from: 'deaf', unknown: data.numbers });
    if (data.kind !== 'call') return;
    calls.push({ number: data.number, from: data.from });
    if (calls.length > 1)
      deaf.postMessage({
        kind: 'reply',
        to: data.from,
        from: 'deaf',
        number: data.number,
        outcome: { ok: true, value: 'heard' },
      });
  };
  const follower = member(name, recorded(), { pingMs: 30 });
  await follower.join();
  expect(await follower.call('count', {})).toBe('heard');
  expect(new Set(calls.map(({ number }) => number)).size).toBe(1);
  letGo();
  deaf.close();
});

test('S31 answers of a former leader that wakes up do not count', async () => {
  const name = crypto.randomUUID();
  const ghost = new BroadcastChannel(name);
  const led = recorded();
  const [leader, follower] = [member(name, led), member(name, recorded())];
  await leader.join();
  await follower.join();
  ghost.onmessage = ({ data }) => {
    if (data.kind === 'call')
      ghost.postMessage({
        kind: 'reply',
        to: data.from,
        from: 'ghost',
        number: data.number,
        outcome: { ok: true, value: 'of the past' },
      });
  };
  expect(await follower.call('count', {})).toEqual({ method: 'count', argument: {} });
  ghost.close();
});

test('S33 a store whose storage goes away tells those who wait, and is opened anew by the next call', async () => {
  const name = crypto.randomUUID();
  const opened: Recorded[] = [];
  const a = member(name, recorded(), {
    lead: async () => {
      opened.push(recorded());
      return opened.at(-1)!;
    },
  });
  await a.join();
  const waiting = a.call('wait', {});
  await expect.poll(() => opened[0]?.calls).toEqual(['wait']);
  opened[0]?.refuse(kindexError('STORAGE_LOST', 'gone'));
  await expect(waiting).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  expect(await a.call('count', {})).toEqual({ method: 'count', argument: {} });
  expect(opened).toHaveLength(2);
  expect(opened[0]?.closed).toBe(true);
});

test('S32 a store whose memory is broken is opened anew, and the call is tried once more', async () => {
  const name = crypto.randomUUID();
  let openings = 0;
  const a = member(name, recorded(), {
    lead: async () => {
      openings += 1;
      const led = recorded();
      const { call } = led;
      let ended = false;
      return {
        close: () => led.close(),
        get ended() {
          return ended;
        },
        async call(method, argument, request) {
          if (method === 'always' || (method === 'once' && openings === 1)) {
            ended = true;
            throw kindexError('RUNTIME_INTERNAL', 'a trap');
          }
          return call(method, argument, request);
        },
      };
    },
  });
  await a.join();
  expect(await a.call('once', {})).toEqual({ method: 'once', argument: {} });
  expect(openings).toBe(2);
  await expect(a.call('always', {})).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
  expect(await a.call('count', {})).toEqual({ method: 'count', argument: {} });
  expect(openings).toBe(4);
});

test('S31 a successor that cannot open rejects what waits for it, and the next call tries again', async () => {
  const name = crypto.randomUUID();
  let broken = true;
  const led = recorded();
  const [a, b] = [
    member(name, recorded()),
    member(name, led, {
      lead: async () => {
        if (broken) throw kindexError('FORMAT_CORRUPT', 'damaged');
        return led;
      },
    }),
  ];
  await a.join();
  await b.join();
  const waiting = b.call('wait', {});
  waiting.catch(() => {});
  await a.close();
  await expect(waiting).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
  await expect(b.call('count', {})).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
  broken = false;
  expect(await b.call('count', {})).toEqual({ method: 'count', argument: {} });
});

test('S31 an owner that keeps being fenced gives up with that error', async () => {
  const name = crypto.randomUUID();
  let openings = 0;
  const a = member(name, recorded(), {
    lead: async () => {
      openings += 1;
      const led = recorded();
      led.call = () => Promise.reject(kindexError('STORAGE_FENCED', 'another owner'));
      return led;
    },
  });
  await a.join();
  await expect(a.call('write', {})).rejects.toMatchObject({ code: 'STORAGE_FENCED' });
  expect(openings).toBe(5);
});

test('S31 an idle leader that resigns hands over, and leads again when there is nobody else', async () => {
  const name = crypto.randomUUID();
  const [ledA, ledB] = [recorded(), recorded()];
  const [a, b] = [member(name, ledA), member(name, ledB)];
  await a.join();
  await b.join();
  const busy = a.call('wait', {});
  await a.resign();
  expect(a.role).toBe('leader');
  ledA.answers.at(-1)?.('done');
  await busy;
  await a.resign();
  await expect.poll(() => b.role).toBe('leader');
  expect(ledA.closed).toBe(true);
  await b.resign();
  await expect.poll(() => b.role).toBe('follower');
  expect(await b.call('count', {})).toEqual({ method: 'count', argument: {} });
});

test('an opening that fails is reported and hands the lock on, and whoever failed can follow', async () => {
  const name = crypto.randomUUID();
  const broken = new Leadership({
    name,
    locks: navigator.locks,
    lead: () => Promise.reject(kindexError('FORMAT_CORRUPT', 'damaged')),
  });
  await expect(broken.join()).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
  const next = member(name, recorded());
  await next.join();
  expect(next.role).toBe('leader');
  expect(await broken.call('count', {})).toEqual({ method: 'count', argument: {} });
  await broken.close();
  await expect(broken.call('count', {})).rejects.toMatchObject({ code: 'CLOSED' });
});
