/** Scratch. */
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { kindexError } from '../base/errors.js';
import { createMemoryData, createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { STORE_NAMES, type StorageBackend } from '../storage/storage.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, configuration, contents, DATABASE, openStore } from './fixtures/records.js';
import { smallGraphEngine } from './fixtures/graph-engine.js';
import type { Store } from './store.js';

const core = createScalarCore();
function rng(seed: number) {
  let s = seed * 2654435761 >>> 0 || 1;
  return (n: number): number => { s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s % n; };
}
const used = (d: MemoryData) => STORE_NAMES.reduce((sum, n) => [...d[n].values()].reduce((a, { length }) => a + length, sum), 0);

async function dump(store: Store) {
  const list = await store.listCollections({ ...DATABASE, limit: 999, offset: 0 });
  const out: any[] = [];
  for (const c of list) {
    const ids = (await store.get({ collectionId: c.id, where: { k: { $lt: 5 } } as any, include: [] })).ids;
    out.push([c.name, c.id, c.dimensions, c.metadata, c.configuration, await contents(store, c.id), ids]);
  }
  return JSON.stringify(out);
}

for (let seed = 1; seed <= Number(process.env.SEEDS ?? 40); seed++) {
  test(`seed ${seed}`, async () => {
    const r = rng(seed + 1000);
    const data = createMemoryData();
    const limit = { bytes: 1e9 };
    let durable = copyData(data);
    let faults = true;
    const crash: MemoryData[] = [];
    const backendOf = (d: MemoryData): StorageBackend => {
      const inner = createMemoryStorage({ data: d });
      return {
        ...inner,
        async commit(batch, options) {
          for (let i = r(4); i > 0; i--) await new Promise((z) => setTimeout(z, 0));
          if (faults && r(25) === 0) throw kindexError('STORAGE_FAILED', 'x');
          await createMemoryStorage({ data: d, quotaBytes: limit.bytes }).commit(batch, options);
          if (options.durability === 'strict') durable = copyData(d);
          if (r(40) === 0) crash.push(copyData(r(2) ? d : durable));
        },
      };
    };
    const opts = { segmentBytes: [300, 2000][r(2)]!, engine: smallGraphEngine(core), reserveBytes: 4096 };
    faults = false; let { store } = await openStore(data, { ...opts, backend: backendOf(data) }); faults = true;
    const names = ['aa1', 'bb2', 'cc3'];
    const idsOf = new Map<string, string>();
    const pending: Promise<unknown>[] = [];
    let n = 0;
    const client = 'c1';
    const sent = new Map<number, string>();
    const track = (p: Promise<unknown>) => pending.push(p.catch((e) => { if (!['STORAGE_FAILED', 'STORAGE_QUOTA', 'NOT_FOUND_COLLECTION', 'EXISTS_COLLECTION', 'NOT_FOUND_DATABASE'].includes(e.code)) throw e; }));
    for (let i = 0; i < 150; i++) {
      const name = names[r(3)]!;
      const rid = { client, n: ++n, answered: Math.max(1, n - 20) };
      const cid = idsOf.get(name);
      const w = r(30);
      if (cid === undefined || w === 0) {
        track(store.createCollection({ ...DATABASE, name, metadata: null, configuration: configuration(), getOrCreate: true }, rid).then((c) => idsOf.set(name, c.id)));
        await new Promise((z) => setTimeout(z, 1));
      } else if (w < 14) {
        const ids = [...new Set(Array.from({ length: 1 + r(5) }, () => `r${r(60)}`))];
        const recs = ids.map((id) => ({ id, vector: [r(99), r(99)], document: 'd'.repeat(r(300)), metadata: { k: r(10) } }));
        track(store.write({ collectionId: cid, mode: (['add', 'upsert', 'update'] as const)[r(3)]!, batch: batchOf(...recs), ...(r(3) ? {} : { durability: 'relaxed' as const }) }, rid));
      } else if (w < 18) track(store.delete({ collectionId: cid, ids: [`r${r(60)}`, `r${r(60)}x`] }, rid));
      else if (w < 19) track(store.delete({ collectionId: cid, where: { k: r(10) } as any }, rid));
      else if (w < 20) track(store.modifyCollection({ id: cid, configuration: { maxNeighbors: 2 + r(20) }, metadata: { a: r(9) } as any }, rid));
      else if (w < 21) track(store.forkCollection({ id: cid, name: `fork${r(4)}` }, rid));
      else if (w < 22) { track(store.deleteCollection({ ...DATABASE, name: r(2) ? name : `fork${r(4)}` }, rid)); }
      else if (w < 25) track(store.checkpoint());
      else if (w < 26) track(store.flush());
      else if (w < 27 && r(6) === 0) track(store.reset({}, rid));
      else if (w < 28) { limit.bytes = r(2) ? 1e9 : used(data) + r(3000); }
      else await Promise.allSettled(pending);
      if (r(4) === 0) await new Promise((z) => setTimeout(z, 0));
      if (r(60) === 0) {
        await Promise.all(pending);
        await store.flush().catch(() => {});
        const told = await dump(store);
        const copy = copyData(data);
        const { store: again } = await openStore(copy, { engine: smallGraphEngine(core) });
        const d = await again.diagnostics();
        expect(d.damage).toEqual([]);
        expect(d.warnings.filter((x) => !x.includes('other parameters'))).toEqual([]);
        expect(await dump(again)).toEqual(told);
        await again.close();
        if (r(2)) {
          limit.bytes = 1e9; faults = false;
          await store.close();
          ({ store } = await openStore(data, { ...opts, backend: backendOf(data) }));
          faults = true;
          expect(await dump(store)).toEqual(told);
        }
      }
    }
    limit.bytes = 1e9; faults = false;
    await Promise.all(pending);
    const told = await dump(store);
    await store.checkpoint();
    expect(await dump(store)).toEqual(told);
    const { store: again } = await openStore(copyData(data), { engine: smallGraphEngine(core) });
    expect((await again.diagnostics()).damage).toEqual([]);
    expect(await dump(again)).toEqual(told);
    for (const c of crash) {
      const { store: s } = await openStore(c, { engine: smallGraphEngine(core) });
      expect((await s.diagnostics()).damage).toEqual([]);
      expect((await s.diagnostics()).warnings.filter((x) => !x.includes('other parameters'))).toEqual([]);
      await dump(s);
      await s.close();
    }
    // nothing orphaned
    await store.close();
    const { store: third, data: d3 } = await openStore(copyData(data), { engine: smallGraphEngine(core) });
    await third.close();
    void d3;
  }, 30_000);
}
