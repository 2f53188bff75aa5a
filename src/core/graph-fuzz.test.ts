/** Stored graphs as an attacker, or a broken disk, would hand them over: many thousands of mutations on the wasm core. */
import { setFlagsFromString } from 'node:v8';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Core, GraphOptions, GraphVectors } from './core.js';
import { graphBytes } from './fixtures/graph-bytes.js';
import { clusteredMatrix, rowsUpTo, vectorOf } from './fixtures/matrices.js';
import { loadWasmCore } from './wasm.js';

const ROWS = 48;
const MUTATIONS = 8_000;
const OPTIONS = {
  space: 'cosine',
  dimensions: 8,
  maxNeighbors: 4,
  efConstruction: 24,
  seed: 3,
  quantized: true,
} as const;

const matrix = clusteredMatrix(ROWS, OPTIONS.dimensions, 5);
/** Written over a random word: ends of ranges, and numbers that overflow when they are multiplied. */
const WORDS = [0, 1, 15, 16, ROWS - 1, ROWS, 0x7fff_ffff, 0x8000_0000, 0x4000_0001, 0xffff_fffe, 0xffff_ffff];

type Random = (below: number) => number;

function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function mutate(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let mutant = bytes.slice();
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(Math.max(1, mutant.length));
    const word = Math.min(at & ~3, mutant.length - 4);
    const view = new DataView(mutant.buffer);
    switch (random(7)) {
      case 0:
        mutant[at]! ^= 1 << random(8);
        break;
      case 1:
        mutant[at] = random(256);
        break;
      case 2:
        if (word >= 0) view.setUint32(word, WORDS[random(WORDS.length)]!, true);
        break;
      case 3:
        // Another node, which more often than not keeps all sums right.
        if (word >= 0) view.setUint32(word, random(ROWS + 2), true);
        break;
      case 4:
        mutant.copyWithin(at, random(mutant.length), random(mutant.length));
        break;
      case 5:
        mutant = mutant.slice(0, mutant.length - random(20));
        break;
      default: {
        // One byte goes, another comes elsewhere: the length stays, what lies between moves.
        const to = random(mutant.length);
        mutant.copyWithin(Math.min(at, to), Math.min(at, to) + 1, Math.max(at, to));
        break;
      }
    }
    if (mutant.length < 4) return mutant;
  }
  return mutant;
}

// Before anything is compiled; see wasm-relaxed.test.ts.
setFlagsFromString('--experimental-wasm-relaxed-simd');
setFlagsFromString('--no-liftoff');

/** Searches, goes on linking, removes, links again: everything that walks over the links. */
function exercise(vectors: GraphVectors, what: string): void {
  const check = (from: number): void => {
    const { rows, distances } = vectors.searchGraph(vectorOf(matrix, 7), ROWS, { ef: ROWS });
    expect(
      rows.every((row) => row >= from && row < ROWS),
      what,
    ).toBe(true);
    expect(new Set(rows).size, what).toBe(rows.length);
    expect(
      distances.every(
        (distance, i) => Number.isFinite(distance) && (i === 0 || distance >= distances[i - 1]!),
      ),
      what,
    ).toBe(true);
  };
  check(0);
  while (!vectors.link(100_000).done);
  vectors.remove(rowsUpTo(ROWS / 2));
  check(ROWS / 2);
  while (!vectors.link(100_000).done);
  check(ROWS / 2);
  expect(graphBytes(vectors).length, what).toBeGreaterThan(0);
}

describe.each<{ seed: number; relaxed: boolean; own: Partial<GraphOptions> }>([
  { seed: 1, relaxed: false, own: {} },
  { seed: 2, relaxed: true, own: {} },
  { seed: 3, relaxed: true, own: { codesFrom: matrix } },
  { seed: 4, relaxed: false, own: { space: 'l2', codesFrom: matrix } },
  { seed: 5, relaxed: true, own: { space: 'l2' } },
  { seed: 6, relaxed: false, own: { space: 'l2', quantized: false } },
])('mutations of seed $seed, relaxed: $relaxed, $own.space', ({ seed, relaxed, own }) => {
  let core: Core;
  let stored: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    core = await loadWasmCore({ relaxed });
    const vectors = core.createGraphVectors({ ...OPTIONS, ...own });
    vectors.set(rowsUpTo(ROWS), matrix);
    while (!vectors.link(100_000).done);
    stored = graphBytes(vectors);
    vectors.dispose();
  });

  test(`${MUTATIONS} mutated graphs never trap, and never return a row that is not there`, () => {
    const random = randomOf(seed);
    // One instance for all: it must stay whole through every refusal.
    const vectors = core.createGraphVectors({ ...OPTIONS, ...own });
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const what = `seed ${seed}, mutation ${i}`;
      vectors.remove(rowsUpTo(ROWS));
      vectors.set(rowsUpTo(ROWS), matrix);
      try {
        vectors.restore(mutate(stored, random));
      } catch (error) {
        expect(error, what).toMatchObject({ code: 'FORMAT_CORRUPT' });
        expect(vectors.linked, what).toBe(0);
        refused += 1;
        // It links from nothing as if nothing had been.
        if (refused % 50 !== 0) continue;
      }
      exercise(vectors, what);
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 10);
    expect(refused).toBeLessThan(MUTATIONS * 0.95);
    vectors.remove(rowsUpTo(ROWS));
    vectors.set(rowsUpTo(ROWS), matrix);
    vectors.restore(stored);
    expect(vectors.linked).toBe(ROWS);
    vectors.dispose();
  }, 120_000);
});
