import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { kindexError } from '../base/errors.js';
import { ChromaClient } from '../inline.js';
import type { StoreDiagnostics } from '../rpc/service.js';
import { watchStore, type StoreCondition } from './watch.js';

let client: ChromaClient;
let well: StoreDiagnostics;
beforeEach(async () => {
  client = new ChromaClient({ storage: `memory:${crypto.randomUUID()}` });
  well = { ...(await client.diagnostics()), warnings: [] };
});
afterEach(() => client.close());

/** What is told when one look after the other finds this; the last one closes the client. */
async function told(...looks: (Partial<StoreDiagnostics> | Error)[]): Promise<StoreCondition[]> {
  const conditions: StoreCondition[] = [];
  const look = vi.fn(async (): Promise<StoreDiagnostics> => {
    const next = looks.shift() ?? kindexError('CLOSED', 'closed');
    if (next instanceof Error) throw next;
    return { ...well, ...next };
  });
  await watchStore(look, (condition) => conditions.push(condition), { everyMs: 1 });
  return conditions;
}

describe('C68 watching a store', () => {
  test('tells nothing of one that is well', async () => {
    expect(await told({}, {}, {})).toEqual([]);
  });

  test('tells that it is full once, and that there is room again', async () => {
    const states = await told({}, { state: 'full' }, { state: 'full' }, {}, {});
    expect(states.map(({ state }) => state)).toEqual(['full', 'ok']);
  });

  test('tells that it is lost, why, and that it is back', async () => {
    const lost = kindexError('STORAGE_LOST', 'gone');
    const states = await told({}, lost, lost, {});
    expect(states.map(({ state, error }) => [state, error])).toEqual([
      ['lost', lost],
      ['ok', null],
    ]);
  });

  test('tells of damage and warnings that come', async () => {
    const damage = [{ effect: 'covered' as const, message: 'a manifest', details: {} }];
    const states = await told({ damage }, { damage }, { damage, warnings: ['slow'] });
    expect(states.map((each) => [each.damage.length, each.warnings])).toEqual([
      [1, []],
      [1, ['slow']],
    ]);
  });

  test('rejects with what the listener throws', async () => {
    const look = async (): Promise<StoreDiagnostics> => ({ ...well, state: 'full' });
    const failing = watchStore(look, () => {
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
  });

  test('ends with its signal, and with its client', async () => {
    const abort = new AbortController();
    const first = client.watch(() => {}, { signal: abort.signal });
    const second = client.watch(() => {}, { everyMs: 5 });
    abort.abort();
    await first;
    await client.close();
    await second;
  });
});
