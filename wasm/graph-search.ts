/** Traversal of a graph (Malkov & Yashunin, arXiv 1603.09320, algorithms 2 and 5), and exact scans of the vectors it holds. */
import { byCodes, clearWork, distanceTo, exactDistance, measureBatch, expect, touchVectors, useQuery, work } from './graph-distance';
import {
  beginVisit, bit, distancesAt, gather, idsAt, keepsVectors, linkedAt, linksAt, liveAt, NONE, room, rowAt, slots, visit, waiting,
} from './graph-memory';
import { isExpanded, keyOf, markExpanded, poolBegin, poolBound, poolKey, poolOffer, poolSize, slotOf } from './pool';
import { topKBegin, topKFinish, topKOffer } from './top-k';

/** Where a search begins: a linked slot of the highest level; NONE while nothing is linked. */
export let entrySlot: u32 = NONE;
export let entryLevel: u32 = 0;

/** Rows that may come back: bits and how many words; 0 = all. */
let allowAt: usize = 0;
let allowWords: u32 = 0;

/** Distance of what `descend` returned. */
export let reachedDistance: f32 = 0;

/** Candidates to expand, nearest at the root: keys as in the pool. */
let heap: usize = 0;
let heapSize: u32 = 0;

export function setEntry(slot: u32, level: u32): void {
  entrySlot = slot;
  entryLevel = level;
}

/** For links: whatever is live passes. */
export function allowAll(): void {
  allowAt = 0;
}

/** Nearest slot found greedily from the entry down to above level `to`. What was measured once is not nearer the second time. */
export function descend(to: u32): u32 {
  let nearest = entrySlot;
  let distance = distanceTo(nearest);
  beginVisit();
  visit(nearest);
  for (let level = entryLevel; level > to; level--) {
    for (let moved = true; moved;) {
      moved = false;
      const count = gather(linksAt(nearest, level), room(level));
      measureBatch(count);
      for (let i: u32 = 0; i < count; i++) {
        const found = load<f32>(distancesAt + (i << 2));
        if (found >= distance) continue;
        distance = found;
        nearest = load<u32>(idsAt + (i << 2));
        moved = true;
      }
    }
  }
  reachedDistance = distance;
  return nearest;
}

/** Leaves in the pool at `pool` the `ef` nearest of all linked slots, dead ones among them. */
export function searchAll(from: u32, distance: f32, ef: u32, level: u32, pool: usize): void {
  const limit = room(level);
  poolBegin(pool, ef);
  beginVisit();
  visit(from);
  poolOffer(keyOf(distance, from));
  let next: u32 = 0;
  while (next < poolSize) {
    const key = poolKey(next);
    if (isExpanded(key)) {
      next++;
      continue;
    }
    markExpanded(next);
    // The next one, unless a nearer is found: its list is on the way meanwhile.
    if (next + 1 < poolSize) expect(linksAt(slotOf(poolKey(next + 1)), level));
    const count = gather(linksAt(slotOf(key), level), limit);
    measureBatch(count);
    let lowest = next + 1;
    for (let i: u32 = 0; i < count; i++) {
      lowest = min<u32>(lowest, poolOffer(keyOf(load<f32>(distancesAt + (i << 2)), load<u32>(idsAt + (i << 2)))));
    }
    next = lowest;
  }
}

@inline function rowAllowed(slot: u32): bool {
  if (allowAt == 0) return true;
  const row = load<u32>(rowAt(slot));
  const word = row >> 5;
  return word < allowWords && ((load<u32>(allowAt + (word << 2)) >> (row & 31)) & 1) != 0;
}

@inline function passes(slot: u32): bool {
  return bit(liveAt, slot) != 0 && rowAllowed(slot);
}

/**
 * `searchAll` that keeps only live, allowed slots, and passes through the others until `ef` of those are found: it ends where no
 * candidate is nearer than the last of them. Room behind the pool, at `pool` + 8 · (ef + 2): 8 bytes per slot.
 */
export function searchPassing(from: u32, distance: f32, ef: u32, level: u32, pool: usize): void {
  const limit = room(level);
  poolBegin(pool, ef);
  heap = pool + ((ef + 2) << 3);
  heapSize = 0;
  beginVisit();
  visit(from);
  const first = keyOf(distance, from);
  heapPush(first);
  if (passes(from)) poolOffer(first);
  while (heapSize > 0) {
    const key = load<u64>(heap);
    if (key > poolBound) break;
    heapPop();
    const count = gather(linksAt(slotOf(key), level), limit);
    measureBatch(count);
    for (let i: u32 = 0; i < count; i++) {
      const slot = load<u32>(idsAt + (i << 2));
      const candidate = keyOf(load<f32>(distancesAt + (i << 2)), slot);
      if (candidate >= poolBound) continue;
      heapPush(candidate);
      if (passes(slot)) poolOffer(candidate);
    }
  }
}

function heapPush(key: u64): void {
  let i = heapSize++;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const above = load<u64>(heap + (parent << 3));
    if (above <= key) break;
    store<u64>(heap + (i << 3), above);
    i = parent;
  }
  store<u64>(heap + (i << 3), key);
}

function heapPop(): void {
  const last = load<u64>(heap + (--heapSize << 3));
  let i: u32 = 0;
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= heapSize) break;
    let below = load<u64>(heap + (child << 3));
    if (child + 1 < heapSize) {
      const right = load<u64>(heap + ((child + 1) << 3));
      if (right < below) {
        below = right;
        child++;
      }
    }
    if (below >= last) break;
    store<u64>(heap + (i << 3), below);
    i = child;
  }
  store<u64>(heap + (i << 3), last);
}

function begin(k: u32, out: usize, allow: usize, words: u32): void {
  topKBegin(out + 8, k);
  allowAt = allow;
  allowWords = words;
  clearWork();
  if (byCodes) useQuery();
}

function finish(out: usize): void {
  store<u32>(out, topKFinish());
  store<u32>(out, work, 4);
}

function offerExact(slot: u32): void {
  topKOffer(exactDistance(slot), load<u32>(rowAt(slot)));
}

/** Measures the live, allowed slots: all, or those that are not linked. */
function scan(all: bool): void {
  for (let first: u32 = 0; first < slots; first += 32) {
    let word = load<u32>(liveAt + (first >> 3));
    if (!all) word &= ~load<u32>(linkedAt + (first >> 3));
    for (; word != 0; word &= word - 1) {
      const slot = first + ctz<u32>(word);
      if (rowAllowed(slot)) offerExact(slot);
    }
  }
}

/**
 * The `k` nearest live rows to the prepared query: `ef` candidates of the graph, of which the nearest `remeasured` are measured
 * exactly, and every row that is not linked (unless codes stand in for vectors that are kept). Results at `out` as of `flatSearch`; `allow` 0 or an address, as of
 * `flatSearchAllowed`; `dead` tells that removed slots are linked. At `pool`: room for ef + 2 keys, and a key per slot where
 * `allow` or `dead` is given.
 */
export function graphSearch(k: u32, ef: u32, remeasured: u32, out: usize, allow: usize, words: u32, dead: u32, pool: usize): void {
  begin(k, out, allow, words);
  if (entrySlot != NONE) {
    useQuery();
    const from = descend(0);
    if (allow != 0 || dead != 0) searchPassing(from, reachedDistance, ef, 0, pool);
    else searchAll(from, reachedDistance, ef, 0, pool);
    const count = min<u32>(poolSize, remeasured);
    for (let i: u32 = 0; i < count; i++) {
      if ((i & 3) == 0 && i + 4 <= count) {
        touchVectors(slotOf(poolKey(i)), slotOf(poolKey(i + 1)), slotOf(poolKey(i + 2)), slotOf(poolKey(i + 3)));
      }
      offerExact(slotOf(poolKey(i)));
    }
  }
  if (waiting != 0 && !(byCodes && keepsVectors)) scan(false);
  finish(out);
}

/** `graphSearch` without the graph: every live, allowed row is measured. */
export function graphScan(k: u32, out: usize, allow: usize, words: u32): void {
  begin(k, out, allow, words);
  scan(true);
  finish(out);
}

/** The `k` nearest of `count` slots, u32 at `list`, all live. */
export function graphScanSlots(k: u32, out: usize, list: usize, count: u32): void {
  begin(k, out, 0, 0);
  let i: u32 = 0;
  for (; i < count; i++, list += 4) {
    if ((i & 3) == 0 && i + 4 <= count) touchVectors(load<u32>(list), load<u32>(list, 4), load<u32>(list, 8), load<u32>(list, 12));
    offerExact(load<u32>(list));
  }
  finish(out);
}
