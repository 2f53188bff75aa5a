/** Scratch. */
import { expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { decodeManifest } from '../format/manifest.js';
import { isDerived, segmentKey } from '../format/segment.js';
import type { MemoryData } from '../storage/memory.js';
import { batchOf, contents, create, openStore } from './fixtures/records.js';
import { smallGraphEngine } from './fixtures/graph-engine.js';
import type { Store } from './store.js';

const core = createScalarCore();
const checksum = (b: Uint8Array): number => core.crc32c(b);

function rng(seed: number) {
  let s = seed * 2654435761 >>> 0 || 1;
  return (n: number): number => {
    s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0;
    return s % n;
  };
}
type Rec = { id: string; vector: number[]; document: string | null; metadata: any; uri: string | null };

async function op(store: Store, id: string, model: Map<string, Rec>, aside: Set<string>, r: (n: number) => number, n: number) {
  const which = r(10);
  const pick = (k: number) => [...new Set(Array.from({ length: k }, () => `r${r(n)}`))];
  const ids = pick(1 + r(4));
  const vec = () => [r(100), r(100)];
  const doc = () => 'd' + r(1000) + 'x'.repeat(r(40));
  if (which < 5) {
    const recs = ids.map((i) => ({ id: i, vector: vec(), document: doc(), metadata: { k: r(50) }, uri: 'u' + r(100) }));
    await store.write({ collectionId: id, mode: 'upsert', batch: batchOf(...recs) });
    for (const x of recs) {
      const old = model.get(x.id);
      aside.delete(x.id);
      model.set(x.id, { ...x, metadata: { ...(old?.metadata ?? {}), ...x.metadata } });
    }
  } else if (which < 8) {
    const kind = r(4);
    const recs: any[] = ids.map((i) => kind === 0 ? { id: i, vector: vec() } : kind === 1 ? { id: i, document: r(4) === 0 ? 'new' : doc() } : kind === 2 ? { id: i, uri: 'u' + r(99) } : { id: i, metadata: { k: r(9) } });
    await store.write({ collectionId: id, mode: 'update', batch: batchOf(...recs) });
    for (const x of recs) { const old = model.get(x.id); if (old) model.set(x.id, { ...old, ...x, metadata: x.metadata ? { ...old.metadata, ...x.metadata } : old.metadata }); }
  } else {
    await store.delete({ collectionId: id, ids });
    for (const i of ids) { model.delete(i); aside.delete(i); }
  }
}
const norm = (x: Iterable<any>) => [...x].map((e) => JSON.stringify({ id: e.id, v: e.vector, d: e.document, m: e.metadata, u: e.uri })).sort();

for (let seed = Number(process.env.FROM ?? 1); seed <= Number(process.env.SEEDS ?? 60); seed++) {
  test(`seed ${seed}`, async () => {
    const r = rng(seed);
    const options = { segmentBytes: [200, 600, 3000][r(3)]!, engine: smallGraphEngine(core) };
    let { store, data } = await openStore(undefined, options);
    const { id } = await create(store);
    const model = new Map<string, Rec>();
    const none = new Set<string>();
    const N = 10 + r(40);
    for (let i = 0; i < 60; i++) { await op(store, id, model, none, r, N); if (r(8) === 0) await store.checkpoint(); }
    await store.checkpoint();
    for (let i = r(6); i > 0; i--) await op(store, id, model, none, r, N);
    if (r(2)) await store.checkpoint();
    for (let i = r(6); i > 0; i--) await op(store, id, model, none, r, N);
    // damage some segments
    const manifests = [...data.manifest.values()].map((b) => decodeManifest(b, checksum)).sort((a, b) => b.gen - a.gen);
    const refs = manifests[0]!.collections.flatMap(({ segments }) => segments).filter((s) => !isDerived(s.kind) && s.kind !== 'tombstones');
    const hit: string[] = [];
    for (let i = 1 + r(2); i > 0; i--) { const s = refs[r(refs.length)]!; hit.push(`${s.kind} ${s.firstRow}-${s.lastRow}`); data.seg.get(segmentKey(s))![30]! ^= 0x55; }
    if (r(2) && manifests[1]) {
      const olds = manifests[1].collections.flatMap(({ segments }) => segments).filter((s) => !isDerived(s.kind) && s.kind !== 'tombstones');
      const s = olds[r(olds.length)]!; data.seg.get(segmentKey(s))![30]! ^= 0x33;
    }
    const truth = new Map(model);
    ({ store } = await openStore(data, options));
    if ((await store.diagnostics()).state !== 'ok') return;
    const live = await contents(store, id);
    const truthTexts = new Set(norm(truth.values()));
    for (const t of norm(live)) expect(truthTexts.has(t), `seed ${seed} ${hit} ${t}`).toBe(true);
    let listed = await store.listSetAside({ limit: 9999, offset: 0 });
    expect(live.length + listed.length).toBe(truth.size);
    const aside = new Set(listed.flatMap((x) => (x.id === null ? [] : [x.id])));
    for (const a of aside) expect(truth.has(a)).toBe(true);
    let unnamed = listed.filter((x) => x.id === null).length;
    const now = new Map<string, Rec>(live.map((x) => [x.id, x as any]));
    const log: string[] = [];
    const say = async (what: string) => { if (process.env.LOG) log.push(what + ' ' + JSON.stringify({ m: [...data.manifest.values()].map((b) => decodeManifest(b, checksum)).map((m) => [m.gen, m.checkpointSeq]), logs: [...data.log.keys()].join(), d: (await store.diagnostics()).damage.map((x) => x.effect + x.message), aside: (await store.diagnostics()).setAside, live: (await store.diagnostics()).records })); };
    await say('opened');
    for (let round = 0; round < 6; round++) {
      try {
      for (let i = r(8); i > 0; i--) await op(store, id, now, aside, r, N);
      if (r(3)) await store.checkpoint();
      await say('cp');
      for (let i = r(4); i > 0; i--) await op(store, id, now, aside, r, N);
      if (round === 3 && r(2)) { await store.dropDamaged({ what: 'records' }); aside.clear(); unnamed = 0; }
      if (r(2)) await store.close();
      ({ store } = await openStore(data, options));
      const d = await store.diagnostics();
      expect(d.state, JSON.stringify(d.damage)).toBe('ok');
      expect(norm(await contents(store, id)), `seed ${seed} round ${round} ${hit}`).toEqual(norm(now.values()));
      listed = await store.listSetAside({ limit: 9999, offset: 0 });
      expect(listed.filter((x) => x.id === null).length, 'unnamed').toBe(unnamed);
      expect(new Set(listed.flatMap((x) => (x.id === null ? [] : [x.id]))), 'aside').toEqual(aside);
      await say('reopened');
      } catch (e) { await say('failed'); process.stderr.write(log.join('\n') + '\n'); throw e; }
    }
  });
}
