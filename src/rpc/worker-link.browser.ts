/** A worker that dies, in a real browser: its calls go to the next one, writes take effect once, and every call ends. */
import { afterEach, describe, expect, test } from 'vitest';
import { ChromaClient } from '../client/chroma-client.js';
import { exposeService } from '../host/expose.js';
import { workersConnector } from './connect.js';
import { spawnEmbedWorker, spawnStoreWorker } from './spawn.js';
import { WorkerLink } from './worker-link.js';

/** What happens to a message: it passes, is lost (its buffers with it or not), or ends the worker. */
type Fate = 'passes' | 'is lost' | 'kills' | 'kills with its buffers';

interface Watched {
  workers: Worker[];
  /** Decides on a call to the worker, by its method. */
  onCall: (method: string) => Fate;
  /** Decides on an answer of the worker to the last call of that method. */
  onAnswer: (method: string) => Fate;
  client: (storage?: 'memory') => ChromaClient;
}

const clients: ChromaClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

/** Clients whose store workers are watched. */
function watched(): Watched {
  const watch: Watched = {
    workers: [],
    onCall: () => 'passes',
    onAnswer: () => 'passes',
    client(storage) {
      const name = storage ?? (`indexeddb:${crypto.randomUUID()}` as const);
      const client = new ChromaClient({ storage: name }, workersConnector({ store: spawn }));
      clients.push(client);
      return client;
    },
  };
  const spawn = (name: string): Worker => {
    const worker = spawnStoreWorker(name);
    watch.workers.push(worker);
    const methods = new Map<unknown, string>();
    const post = worker.postMessage.bind(worker) as (message: unknown, move?: Transferable[]) => void;
    worker.postMessage = (message: { id?: unknown; argumentList?: { value: unknown }[] }, move?: unknown) => {
      const method = String(message.argumentList?.[0]?.value ?? 'hello');
      methods.set(message.id, method);
      const fate = watch.onCall(method);
      if (fate === 'kills with its buffers') structuredClone(0, { transfer: move as Transferable[] });
      if (fate.startsWith('kills')) worker.terminate();
      else if (fate === 'passes') post(message, move as Transferable[]);
    };
    // Before Comlink's own listener, which is added with each call.
    worker.addEventListener('message', (event) => {
      const fate = watch.onAnswer(methods.get(event.data.id) ?? '');
      if (fate !== 'passes') event.stopImmediatePropagation();
      if (fate === 'kills') worker.terminate();
    });
    return worker;
  };
  return watch;
}

/** `fate` for the first `times` times that `method` comes. */
function once(method: string, fate: Fate, times = 1): (each: string) => Fate {
  let left = times;
  return (each) => (each === method && left-- > 0 ? fate : 'passes');
}

describe('S32 a worker that ends', () => {
  test('in the middle of many calls: each is answered by the next one, and no write is lost or done twice', async () => {
    const watch = watched();
    const client = watch.client();
    const collection = await client.createCollection({ name: 'kept', embeddingFunction: null });
    await collection.add({ ids: ['acknowledged'], embeddings: [[1, 2]] });
    const rows = 20_000;
    const pending = [
      collection.add({
        ids: Array.from({ length: rows }, (_, i) => `p${i}`),
        embeddings: { data: new Float32Array(rows * 2).fill(1), rows, dimensions: 2 },
      }),
      ...Array.from({ length: 20 }, (_, i) => collection.add({ ids: [`a${i}`], embeddings: [[i, 1]] })),
    ];
    const reads = Array.from({ length: 20 }, () => collection.query({ queryEmbeddings: [[1, 2]] }));
    // The add packs its columns before it sends: terminate once it must have been sent.
    await collection.count();
    watch.workers[0]?.terminate();
    await Promise.all([...pending, ...reads]);
    expect(await collection.count()).toBe(rows + 21);
    expect((await collection.get({ ids: ['acknowledged'], include: ['embeddings'] })).embeddings).toEqual([
      [1, 2],
    ]);
    expect(watch.workers).toHaveLength(2);
  });

  test('after it stored a write and before it said so: the write is answered, not done again', async () => {
    const watch = watched();
    const client = watch.client();
    await client.createCollection({ name: 'gone', embeddingFunction: null });
    watch.onAnswer = once('deleteCollection', 'kills');
    // Done twice, it would not find the collection.
    await client.deleteCollection({ name: 'gone' });
    watch.onAnswer = once('createCollection', 'kills');
    const created = await client.createCollection({ name: 'new', embeddingFunction: null });
    expect(await client.countCollections()).toBe(1);
    expect((await client.getCollection({ name: 'new' })).id).toBe(created.id);
    expect(watch.workers).toHaveLength(3);
  });

  test('every time it gets a call: the third time the call is told, and the others go on', async () => {
    const watch = watched();
    const client = watch.client();
    const collection = await client.createCollection({ name: 'notes', embeddingFunction: null });
    watch.onCall = once('count', 'kills', 3);
    const killer = collection.count();
    killer.catch(() => {});
    const others = [
      collection.get({ include: [] }),
      collection.getIndexingStatus(),
      client.countCollections(),
    ];
    await expect(killer).rejects.toMatchObject({
      code: 'WORKER_DIED',
      details: { method: 'count', workers: 3 },
    });
    expect((await Promise.all(others)).length).toBe(3);
    watch.onCall = once('write', 'kills', 3);
    await expect(collection.add({ ids: ['a'], embeddings: [[1]] })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      details: { method: 'write', workers: 3 },
    });
    expect(await collection.count()).toBe(0);
    expect(watch.workers).toHaveLength(7);
  });

  test('with a request too large to keep: what is known of it is told', async () => {
    const watch = watched();
    const client = watch.client();
    const collection = await client.createCollection({ name: 'large', embeddingFunction: null });
    const rows = 600;
    const large = (): Promise<void> =>
      collection.add({
        ids: Array.from({ length: rows }, (_, i) => `r${i}`),
        embeddings: { data: new Float32Array(rows * 4_096).fill(1), rows, dimensions: 4_096 },
      });
    watch.onCall = once('write', 'kills with its buffers');
    await expect(large()).rejects.toMatchObject({ code: 'WORKER_DIED' });
    expect(await collection.count()).toBe(0);
    watch.onCall = () => 'passes';
    watch.onAnswer = once('write', 'kills');
    await large();
    expect(await collection.count()).toBe(rows);
  });

  test('with all that was in memory: the calls that wait are told, or else the next one', async () => {
    const watch = watched();
    const client = watch.client('memory');
    const collection = await client.createCollection({ name: 'notes', embeddingFunction: null });
    watch.onCall = once('count', 'kills');
    await expect(collection.count()).rejects.toMatchObject({
      code: 'WORKER_DIED',
      details: { method: 'count' },
    });
    await expect(collection.count()).rejects.toMatchObject({ code: 'NOT_FOUND_COLLECTION' });
    watch.workers.at(-1)?.terminate();
    const noticed = (): Promise<string> =>
      client.countCollections().then(
        () => 'answered',
        (error: { code: string }) => error.code,
      );
    // Its lock tells of the end within milliseconds.
    await expect.poll(noticed).toBe('WORKER_DIED');
    expect(await client.countCollections()).toBe(0);
  });
});

describe('S32 a message that is lost between a page and its worker', () => {
  const lose = async (storage?: 'memory'): Promise<void> => {
    const watch = watched();
    const client = watch.client(storage);
    const kept = await client.createCollection({ name: 'kept', embeddingFunction: null });
    await kept.add({ ids: ['0'], embeddings: [[0, 1]] });
    watch.onCall = once('add', 'is lost');
    watch.onAnswer = once('deleteCollection', 'is lost');
    await client.createCollection({ name: 'gone', embeddingFunction: null });
    await Promise.all([
      kept.add({ ids: ['1'], embeddings: [[1, 1]] }),
      // Done twice, it would not find the collection.
      client.deleteCollection({ name: 'gone' }),
    ]);
    expect(await kept.count()).toBe(2);
    expect(await client.countCollections()).toBe(1);
    expect(watch.workers).toHaveLength(1);
  };

  test('is sent again, be it a call or its answer, and a write takes effect once', async () => {
    await Promise.all([lose(), lose('memory')]);
  }, 30_000);

  test('every time: the caller is told after the third time, and the worker goes on', async () => {
    let calls = 0;
    const link = new WorkerLink({
      name: 'deaf worker',
      silenceMs: 600,
      spawn(name) {
        const worker = spawnEmbedWorker(name);
        const post = worker.postMessage.bind(worker) as (message: unknown) => void;
        worker.postMessage = (message: { argumentList?: { value: unknown }[] }) => {
          if (message.argumentList?.[0]?.value === 'lost') calls += 1;
          else post(message);
        };
        return worker;
      },
    });
    await expect(link.call('lost', {})).rejects.toMatchObject({ code: 'WORKER_DIED' });
    expect(calls).toBe(3);
    await expect(link.call('nothing', {})).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
    link.close();
  });
});

describe('S32 a worker that is silent', () => {
  const start = (onCall: (method: string) => Fate): { link: WorkerLink; workers: Worker[] } => {
    const workers: Worker[] = [];
    const link = new WorkerLink({
      name: 'silent worker',
      silenceMs: 2_000,
      spawn(name) {
        const worker = spawnEmbedWorker(name);
        workers.push(worker);
        const post = worker.postMessage.bind(worker) as (message: unknown) => void;
        worker.postMessage = (message: { argumentList?: { value: unknown }[] }) => {
          if (onCall(String(message.argumentList?.[0]?.value ?? 'hello')) === 'passes') post(message);
        };
        return worker;
      },
    });
    return { link, workers };
  };

  test('is ended, its calls reject with TIMEOUT, and the next call gets a new one', async () => {
    let silent = false;
    const { link, workers } = start(() => (silent ? 'is lost' : 'passes'));
    await expect(link.call('nothing', {})).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
    silent = true;
    const both = [link.call('first', {}), link.call('second', {})];
    for (const call of both) {
      await expect(call).rejects.toMatchObject({
        code: 'TIMEOUT',
        fix: expect.stringMatching(/upsert\.$/) as string,
        details: { silenceMs: 2_000, methods: ['first', 'second'] },
      });
    }
    silent = false;
    await expect(link.call('nothing', {})).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
    expect(workers).toHaveLength(2);
    link.close();
  });

  test('about one call but answers questions is at work, and is waited for', async () => {
    const workers: Worker[] = [];
    const link = new WorkerLink({
      name: 'working worker',
      silenceMs: 2_000,
      spawn() {
        const { port1, port2 } = new MessageChannel();
        exposeService(
          { long: () => new Promise(() => {}) },
          { methods: ['long'], endpoint: port1, locks: null },
        );
        workers.push(Object.assign(port2, { terminate: () => port2.close() }) as unknown as Worker);
        return workers[0]!;
      },
    });
    const long = link.call('long', {});
    const first = await Promise.race([
      long.catch((error: unknown) => error),
      new Promise((resolve) => setTimeout(resolve, 6_000, 'waits')),
    ]);
    expect(first).toBe('waits');
    expect(workers).toHaveLength(1);
    link.close();
    await expect(long).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

test('a worker file that is missing rejects the call instead of leaving it hanging', async () => {
  const link = new WorkerLink({
    name: 'missing worker',
    spawn: () => new Worker('/does-not-exist.js', { type: 'module' }),
  });
  await expect(link.call('anything', {})).rejects.toMatchObject({ code: 'WORKER_DIED' });
  link.close();
  await expect(link.call('anything', {})).rejects.toMatchObject({ code: 'CLOSED' });
});

test('an argument that cannot be cloned is refused, and the worker goes on', async () => {
  const link = new WorkerLink({ name: 'worker', spawn: spawnEmbedWorker });
  await expect(link.call('embed', { texts: () => {} })).rejects.toMatchObject({
    code: 'VALUE_ARGUMENT',
    cause: { name: 'DataCloneError' },
  });
  await expect(link.call('nothing', {})).rejects.toMatchObject({ code: 'RUNTIME_INTERNAL' });
  link.close();
});
