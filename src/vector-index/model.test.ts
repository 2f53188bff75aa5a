/** 100,000 random steps over graphs, 50,000 over the other engines, each compared with a Map and a scan of it: what is stored, and what is found. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Matrix, Row, Space } from '../base/types.js';
import { graphBytes } from '../core/fixtures/graph-bytes.js';
import { bitsOf, matrixOf } from '../core/fixtures/matrices.js';
import { loadWasmCore } from '../core/wasm.js';
import { createBinaryFlatIndex } from './binary-flat.js';
import { createFlatIndex } from './flat.js';
import { alwaysWalk, countingWalks } from './fixtures/always-walk.js';
import { createHnswIndex, type HnswIndex } from './hnsw.js';
import type { BuildableIndex, VectorIndex } from './vector-index.js';

const STEPS = 5_000;
const DIMENSIONS = 4;
/** Rows come from so many, of which two thirds live on average. */
const ROWS = 500;

const { core, tally: walked } = countingWalks(await loadWasmCore());
const createBits = await core.loadBinary();

interface Engine {
  create: (space: Space) => VectorIndex | BuildableIndex | HnswIndex;
  /** Each of `STEPS`. */
  runs: number;
  /** Share of the true nearest that is found, at least, over all searches. */
  floor: number;
  /** Vectors and distances are those of codes. */
  coded?: true;
}

/** A graph from few rows on, narrow enough that searches go through it. */
const graphOver = (precision: 'int8' | 'f32', codesFrom?: Matrix): Engine => ({
  create: (space) =>
    alwaysWalk(
      createHnswIndex(core, {
        space,
        dimensions: DIMENSIONS,
        precision,
        ...(codesFrom && { codesFrom }),
        graphFromRows: 50,
        efSearch: 24,
        maxNeighbors: 8,
      }),
    ),
  runs: 10,
  floor: 0.9,
});

/** What is written lies between these, directions too; codes of whole numbers up to 30 are off by a quarter at most. */
const BOUNDS = matrixOf(
  ...Array.from({ length: DIMENSIONS }, (_, axis) =>
    Array.from({ length: DIMENSIONS }, (__, d) => (d === axis ? 30 : 0)),
  ),
);

const ENGINES: Record<string, Engine> = {
  'hnsw over int8': graphOver('int8'),
  'hnsw over codes alone': { ...graphOver('int8', BOUNDS), floor: 0.85, coded: true },
  'hnsw over f32': graphOver('f32'),
  flat: { create: (space) => createFlatIndex(core, { space, dimensions: DIMENSIONS }), runs: 5, floor: 1 },
  'flat in two looks': {
    create: (space) => createBinaryFlatIndex(core, createBits, { space, dimensions: DIMENSIONS, rescore: 1 }),
    // Four bits tell little; what they pass on is measured exactly.
    runs: 5,
    floor: 0.5,
  },
};

/** Mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Whole numbers: distances are exact, but for lengths. */
const TOLERANCE: Record<Space, number> = { l2: 0, ip: 0, cosine: 2e-6 };
/** A quarter a dimension, of differences up to 60 and of products up to 30; of directions a hundredth. */
const CODED_TOLERANCE: Record<Space, number> = { l2: 125, ip: 31, cosine: 0.05 };

function distance(space: Space, a: number[], b: number[]): number {
  let sum = 0;
  if (space === 'cosine') {
    const lengths = Math.hypot(...a) * Math.hypot(...b);
    return lengths === 0 ? 1 : 1 - a.reduce((product, x, d) => product + x * b[d]!, 0) / lengths;
  }
  for (let d = 0; d < DIMENSIONS; d++) sum += space === 'l2' ? (a[d]! - b[d]!) ** 2 : a[d]! * b[d]!;
  return space === 'l2' ? sum : 1 - sum;
}

/** Results wanted and found; rows that were linked where an index was stored, and in the one restored. */
interface Tally {
  asked: number;
  found: number;
  stored: number;
  restored: number;
}

/** Fails at the first step at which the index is not what the Map is. */
function run(engine: Engine, space: Space, seed: number): Tally {
  const random = randomFrom(seed);
  let index = engine.create(space);
  const tolerance = (engine.coded ? CODED_TOLERANCE : TOLERANCE)[space];
  const model = new Map<Row, number[]>();
  const tally: Tally = { asked: 0, found: 0, stored: 0, restored: 0 };
  const vector = (): number[] => Array.from({ length: DIMENSIONS }, () => random(61) - 30);

  const write = (count: number): void => {
    const rows = Array.from({ length: count }, () => random(ROWS));
    const vectors = rows.map(vector);
    index.add(Uint32Array.from(rows), matrixOf(...vectors));
    rows.forEach((row, i) => model.set(row, vectors[i]!));
  };
  const remove = (count: number): void => {
    const rows = Array.from({ length: count }, () => random(ROWS));
    index.remove(Uint32Array.from(rows));
    for (const row of rows) model.delete(row);
  };
  const read = (): void => {
    const rows = [...model.keys()].filter(() => random(40) === 0);
    const data = [...index.read(Uint32Array.from(rows)).data];
    expect(engine.coded ? data.map((x) => Math.round(x) + 0) : data).toEqual(
      rows.flatMap((row) => model.get(row)!),
    );
  };
  const query = (): void => {
    const point = vector();
    const k = 1 + random(8);
    const allowed = random(3) === 0 ? new Set(Array.from({ length: random(300) }, () => random(ROWS))) : null;
    const truth: { row: Row; at: number }[] = [];
    for (const [row, stored] of model) {
      if (allowed === null || allowed.has(row)) truth.push({ row, at: distance(space, stored, point) });
    }
    truth.sort((a, b) => a.at - b.at || a.row - b.row);
    const { rows, distances } = index.search(
      Float32Array.from(point),
      k,
      allowed ? { allow: bitsOf(allowed) } : {},
    );
    const wanted = Math.min(k, truth.length);
    if (rows.length !== wanted) throw new Error(`${rows.length} found of ${wanted}`);
    const seen = new Set<Row>();
    rows.forEach((row, i) => {
      const stored = model.get(row);
      if (!stored || seen.has(row) || (allowed && !allowed.has(row))) throw new Error(`row ${row} is found`);
      if (!(Math.abs(distances[i]! - distance(space, stored, point)) <= tolerance))
        throw new Error(`row ${row} at ${distances[i]}`);
      if (engine.floor === 1 && space !== 'cosine' && row !== truth[i]!.row)
        throw new Error(`row ${row} before row ${truth[i]!.row}`);
      seen.add(row);
    });
    tally.asked += wanted;
    if (wanted > 0)
      tally.found += [...rows].filter((row) => {
        const at = distance(space, model.get(row)!, point);
        return at <= truth[wanted - 1]!.at + TOLERANCE[space];
      }).length;
  };

  /** Neighbors are brought together, limits change, or the index is made anew of its rows and its stored links. */
  const arrange = (): void => {
    if (!('renumber' in index)) return;
    const what = random(3);
    if (what === 0) index.renumber();
    else if (what === 1) index.tune({ maxNeighbors: 4 + random(9), efConstruction: 20 + random(80) });
    else if (index.linked > 0) {
      const bytes = graphBytes(index);
      const { linked, room } = index;
      index.dispose();
      const next = engine.create(space);
      if (!('renumber' in next)) throw new Error('Another engine.');
      next.tune({ maxNeighbors: room, efConstruction: 60 });
      const rows = Uint32Array.from(model.keys());
      next.add(rows, matrixOf(...model.values()));
      next.load(bytes);
      // The others were only named by rows that are gone.
      tally.stored += linked;
      tally.restored += next.linked;
      index = next;
    }
  };

  write(ROWS);
  for (let step = 0; step < STEPS; step++) {
    const kind = random(20);
    if (kind < 7) write(1 + random(6));
    else if (kind < 11) remove(1 + random(6));
    else if (kind < 13 && 'build' in index) index.build(1 + random(4_000));
    else if (kind === 13) (random(8) === 0 ? arrange : read)();
    else query();
    if (index.size !== model.size)
      throw new Error(`${index.size} rows instead of ${model.size} at step ${step}`);
  }
  index.dispose();
  return tally;
}

test.each(Object.entries(ENGINES))(
  '%s is a Map with a scan over it, through all steps of adding, updating, removing and searching',
  (name, engine) => {
    const { walks, scans } = walked;
    let asked = 0;
    let found = 0;
    let stored = 0;
    let restored = 0;
    fc.assert(
      fc.property(fc.constantFrom<Space>('l2', 'ip', 'cosine'), fc.integer(), (space, seed) => {
        const tally = run(engine, space, seed);
        asked += tally.asked;
        found += tally.found;
        stored += tally.stored;
        restored += tally.restored;
      }),
      { numRuns: engine.runs, endOnFailure: true },
    );
    expect(asked).toBeGreaterThan(10_000);
    expect(found / asked).toBeGreaterThanOrEqual(engine.floor);
    expect(restored).toBeGreaterThanOrEqual(stored * 0.9);
    // With filters too: nothing is listed.
    if (name.startsWith('hnsw')) {
      expect(walked.walks - walks).toBeGreaterThan(10_000);
      expect(walked.scans - scans).toBeLessThan((walked.walks - walks) / 2);
    }
  },
  60_000,
);
