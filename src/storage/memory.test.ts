/** The storage contract over memory, and the limit tests put on it. */
import { describe, expect, test } from 'vitest';
import { createMemoryData, createMemoryStorage } from './memory.js';
import { storageContract } from './storage.contract.js';

storageContract('memory', async () => {
  const data = createMemoryData();
  return { open: async () => createMemoryStorage({ data }), remove: async () => {} };
});

describe('memory storage', () => {
  test('a commit beyond quotaBytes fails whole; one that frees bytes passes even then', async () => {
    const data = createMemoryData();
    const unlimited = createMemoryStorage({ data });
    const expectation = { store: 'meta', key: 'head', value: null } as const;
    const write = { durability: 'strict' } as const;
    await unlimited.commit(
      {
        expect: expectation,
        puts: [1, 2].map((key) => ({ store: 'log' as const, key, value: new Uint8Array(100) })),
        deletes: [],
      },
      write,
    );
    const limited = createMemoryStorage({ data, quotaBytes: 150 });
    await expect(
      limited.commit(
        { expect: expectation, puts: [{ store: 'log', key: 3, value: new Uint8Array(1) }], deletes: [] },
        write,
      ),
    ).rejects.toMatchObject({ code: 'STORAGE_QUOTA', details: { quotaBytes: 150, neededBytes: 201 } });
    await limited.commit(
      {
        expect: expectation,
        puts: [{ store: 'log', key: 3, value: new Uint8Array(10) }],
        deletes: [{ store: 'log', from: 1, to: 1 }],
      },
      write,
    );
    expect(new Set(data.log.keys())).toEqual(new Set([2, 3]));
    expect(await limited.estimate()).toEqual({ usageBytes: 110, quotaBytes: 150 });
  });
});
