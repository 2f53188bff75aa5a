/** Graphs in memory that are arranged or tuned while a store is open: what is answered and what is stored. */
import { describe, expect, test } from 'vitest';
import { loadCore } from '../core/load.js';
import { decodeIndexPart } from '../format/index-part.js';
import { decodeSegment, segmentKey } from '../format/segment.js';
import type { SegmentReference } from '../format/segment.js';
import type { MemoryData } from '../storage/memory.js';
import type { VectorEngine } from '../vector-index/engine.js';
import { settled, smallGraphEngine } from './fixtures/graph-engine.js';
import { copyData } from './fixtures/copy-data.js';
import { newestManifest } from './fixtures/manifests.js';
import { spiral, walkedInSpiral } from './fixtures/spiral.js';
import { batchOf, create, openStore } from './fixtures/records.js';

const { core } = await loadCore();
const GROWS = { engine: smallGraphEngine(core), core };

/** The segments of graphs that the newest manifest names. */
function graphsOf(data: MemoryData): SegmentReference[] {
  return newestManifest(data).collections.flatMap(({ segments }) =>
    segments.filter(({ kind }) => kind === 'graph'),
  );
}

describe('neighbors brought together in memory', () => {
  test('S40 once it is quiet: the same answers, nothing is written for it, and every opening finds what was stored', async () => {
    let pays = false;
    let times = 0;
    const graphs = smallGraphEngine(core);
    const engine: VectorEngine = {
      kind: 'hnsw',
      create(options) {
        graphs.create(options);
        const index = graphs.indexes.at(-1)!;
        const renumber = index.renumber.bind(index);
        return Object.defineProperties(index, {
          renumberPays: { get: () => pays && times === 0 },
          renumber: { value: () => (renumber(), (times += 1)) },
        });
      },
    };
    const { store, data } = await openStore(undefined, { engine, core });
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(0, 400)) });
    await settled(store);
    await store.checkpoint();
    const segments = graphsOf(data).map(segmentKey);
    expect(segments.length).toBeGreaterThan(0);
    const told = await walkedInSpiral(graphs, store, id);
    pays = true;
    // A call that links something is what makes it look.
    await store.write({ collectionId: id, mode: 'add', batch: batchOf({ id: 'far', vector: [900, 900] }) });
    await settled(store);
    await expect.poll(() => times, { timeout: 20_000 }).toBe(1);
    expect(await walkedInSpiral(graphs, store, id)).toEqual(told);

    // What a crash leaves now is what was there before, and the next checkpoint leaves the graph where it is.
    const { store: crashed } = await openStore(copyData(data), GROWS);
    expect(await walkedInSpiral(GROWS.engine, crashed, id)).toEqual(told);
    await store.checkpoint();
    expect(graphsOf(data).map(segmentKey)).toEqual(segments);
    await store.delete({ collectionId: id, ids: spiral(0, 200).map((record) => record.id) });
    const left = await walkedInSpiral(graphs, store, id);
    await settled(store);
    await store.checkpoint();
    await store.close();
    const { store: again } = await openStore(data, GROWS);
    expect(await walkedInSpiral(GROWS.engine, again, id)).toEqual(left);
    expect((await again.diagnostics()).warnings).toEqual([]);
  }, 30_000);
});

describe('neighbors and candidates changed by modify', () => {
  test('S40 more neighbors per row count at once, for rows linked from then on', async () => {
    const { store, data } = await openStore(undefined, GROWS);
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(0, 100)) });
    await settled(store);
    await store.modifyCollection({ id, configuration: { maxNeighbors: 32, efConstruction: 60 } });
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(100, 300)) });
    await settled(store);
    await store.checkpoint();
    const [part] = graphsOf(data);
    const payload = decodeSegment(data.seg.get(segmentKey(part!))!.slice(), part!, (each) =>
      core.crc32c(each),
    );
    // Dimensions, space, and the room of its lists.
    expect(decodeIndexPart(payload).parameters).toEqual([2, 0, 32]);
    const told = await walkedInSpiral(GROWS.engine, store, id);
    await store.close();
    const still = smallGraphEngine(core, { still: true });
    const { store: again } = await openStore(data, { engine: still, core });
    expect(await again.indexingStatus({ collectionId: id })).toEqual({ indexed: 300, total: 300 });
    expect(await walkedInSpiral(still, again, id)).toEqual(told);
    await again.close();
  });

  test('S40 a new ef_search widens or narrows every search from then on', async () => {
    const engine = smallGraphEngine(core, { efSearch: 'configured' });
    const { store } = await openStore(undefined, { engine, core });
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(0, 400)) });
    await settled(store);
    const visited: number[] = [];
    for (const efSearch of [4, 40, 150]) {
      await store.modifyCollection({ id, configuration: { efSearch } });
      await walkedInSpiral(engine, store, id);
      visited.push(engine.indexes[0]!.search(Float32Array.of(3, 4), 3).visited);
    }
    expect(visited[1]).toBeGreaterThan(1.2 * visited[0]!);
    expect(visited[2]).toBeGreaterThan(1.2 * visited[1]!);
    expect(visited[2]).toBeLessThan(400);
    await store.close();
  });

  test('more than a graph can have count as the most it can', async () => {
    const { store } = await openStore(undefined, GROWS);
    const { id } = await create(store);
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(0, 50)) });
    await store.modifyCollection({ id, configuration: { maxNeighbors: 512, efConstruction: 10_000 } });
    await store.write({ collectionId: id, mode: 'add', batch: batchOf(...spiral(50, 100)) });
    await settled(store);
    expect((await walkedInSpiral(GROWS.engine, store, id)).every((ids) => ids.length === 3)).toBe(true);
    await store.close();
  });
});
