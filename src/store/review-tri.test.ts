/** Scratch. */
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { createMemoryStorage } from '../storage/memory.js';
import type { MemoryData } from '../storage/memory.js';
import { kindexError } from '../base/errors.js';
import { copyData } from './fixtures/copy-data.js';
import { batchOf, create, openStore } from './fixtures/records.js';
import { smallGraphEngine } from './fixtures/graph-engine.js';
import type { Store } from './store.js';

const core = createScalarCore();
function rng(seed: number) {
  let s = seed * 2654435761 >>> 0 || 1;
  return (n: number): number => { s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s % n; };
}
const words = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf', 'hotel', 'india', 'juliet', 'kilo', 'lima', 'mike'];
for (let seed = 1; seed <= Number(process.env.SEEDS ?? 6); seed++) {
  test(`seed ${seed}`, async () => {
    const r = rng(seed + 77);
    const docs = new Map<string, string>();
    let fails = false;
    const backend = (data: MemoryData) => { const inner = createMemoryStorage({ data }); return { ...inner, async commit(b: any, o: any) { for (let i = r(3); i > 0; i--) await new Promise((z) => setTimeout(z, 0)); if (fails && b.puts.some((p: any) => p.store === 'seg') && r(4) === 0) throw kindexError('STORAGE_FAILED', 'x'); return inner.commit(b, o); } }; };
    const base = { segmentBytes: 20_000, engine: smallGraphEngine(core) };
    let { store, data } = await openStore(undefined, base);
    await store.close();
    ({ store } = await openStore(data, { ...base, backend: backend(data) }));
    const { id } = await create(store);
    const doc = () => Array.from({ length: 70 }, () => words[r(words.length)]! + r(40)).join(' ');
    let next = 0;
    const add = async (s: Store, k: number) => { const recs = Array.from({ length: k }, () => ({ id: `r${next++}`, vector: [r(999), r(999)], document: doc() })); await s.write({ collectionId: id, mode: 'add', batch: batchOf(...recs) }); for (const x of recs) docs.set(x.id, x.document); };
    const check = async (s: Store, what: string) => {
      const w = words[r(words.length)]! + r(40) + ' ' + words[r(words.length)]!;
      const { ids } = await s.get({ collectionId: id, whereDocument: { $contains: w } as any, include: [] });
      expect(ids.sort(), what).toEqual([...docs].filter(([, d]) => d.includes(w)).map(([i]) => i).sort());
    };
    await add(store, 2500);
    let cp: Promise<unknown>[] = [];
    for (let i = 0; i < 120; i++) {
      const w = r(12);
      fails = r(3) === 0;
      if (w < 2) await add(store, 1 + r(60));
      else if (w < 4) { const some = [...docs.keys()].filter(() => r(60) === 0); if (some.length) { await store.delete({ collectionId: id, ids: some }); for (const x of some) docs.delete(x); } }
      else if (w < 7) { const some = [...docs.keys()].filter(() => r(80) === 0).map((x) => ({ id: x, document: doc() })); if (some.length) { await store.write({ collectionId: id, mode: 'update', batch: batchOf(...some) }); for (const x of some) docs.set(x.id, x.document); } }
      else if (w < 9) cp.push(store.checkpoint().catch(() => {}));
      else await check(store, `live ${i}`);
      if (r(3) === 0) await new Promise((z) => setTimeout(z, r(5)));
      if (r(25) === 0) {
        fails = false;
        const { store: again } = await openStore(copyData(data), base);
        for (let k = 0; k < 6; k++) await check(again, `copy ${i}`);
        expect((await again.diagnostics()).damage).toEqual([]);
        const warn = (await again.diagnostics()).warnings;
        expect(warn).toEqual([]);
        await again.close();
        if (r(2)) { await Promise.all(cp); cp = []; await store.close(); ({ store } = await openStore(data, { ...base, backend: backend(data) })); await check(store, 're'); }
      }
    }
    await Promise.all(cp);
  }, 120_000);
}
