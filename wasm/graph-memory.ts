/**
 * Where the parts of a graph lie in the memory of its instance, and how they move when it grows.
 *
 *   heapAt() → tables and buffers │ arena 0 │ arena 1 │ … │ scratch of the running call
 *
 * Every arena is one array over the slots (`upper`: over blocks), so an address is one multiplication. Growing moves all but the first
 * of them up; the first are the f32 vectors, four fifths of the bytes. A slot is a place: live (holds a row), linked (is part of
 * the graph), or both; linked and not live is dead: a waypoint whose row was removed.
 */
import { alignUp, heapAt } from './memory';

export const NONE: u32 = u32.MAX_VALUE;
export const SPACE_L2: u32 = 0;
export const SPACE_COSINE: u32 = 2;

const MAX_LEVEL: u32 = 15;
const ARENAS: u32 = 14;
/** Starts of the arenas, u32 [ARENAS], as they are and as they will be. */
const STARTS: usize = memory.data(14 * 4, 4);
const NEXT_STARTS: usize = memory.data(14 * 4, 4);

export let dimensions: u32 = 0;
export let space: u32 = SPACE_L2;
/** Traversal over int8 codes; else over the f32 vectors. */
export let quantized: bool = false;
/** The f32 vectors stay in memory. Else there is one place for the vector that comes or goes, and codes are all there is. */
export let keepsVectors: bool = true;
/** Dimensions padded to 16, as are bytes of a code. */
export let padded: u32 = 0;
export let vectorBytes: u32 = 0;
/** `vectorBytes`, or 0 where all slots share one place. */
let vectorStride: u32 = 0;
/** Neighbors of a node on levels above 0, and on level 0. */
export let maxLinks: u32 = 0;
export let maxLinks0: u32 = 0;
/** What lists had room for when they were laid out; another number than `maxLinks` until the next `graphGrow`. */
let heldLinks: u32 = 0;
/** Neighbors that a new node chooses on each level, `maxLinks` at most. */
export let chosenLinks: u32 = 0;
/** The most that there can be. */
const LINKS_LIMIT: u32 = 256;
export let efConstruction: u32 = 0;
let seed: u32 = 0;

/** Tables and buffers of fixed size. */
export let queryAt: usize = 0;
export let wideQueryAt: usize = 0;
export let weightsAt: usize = 0;
export let codeFactorsAt: usize = 0;
export let queryFactorsAt: usize = 0;
export let idsAt: usize = 0;
export let distancesAt: usize = 0;
export let chosenAt: usize = 0;
export let rechosenAt: usize = 0;
export let keysAt: usize = 0;
let arenasAt: usize = 0;

let capacity: u32 = 0;
let blockCapacity: u32 = 0;
let vectorsAt: usize = 0;
let codesAt: usize = 0;
let linksAt0: usize = 0;
let blocksAt: usize = 0;
let normsAt: usize = 0;
let inversesAt: usize = 0;
let rowsAt: usize = 0;
export let blockOfAt: usize = 0;
export let keepersAt: usize = 0;
let stampsAt: usize = 0;
export let levelsAt: usize = 0;
export let liveAt: usize = 0;
export let linkedAt: usize = 0;
export let condemnedAt: usize = 0;
let scratchAt: usize = 0;

/** Slots in use or free again: 0…slots−1. */
export let slots: u32 = 0;
/** Live slots that are not linked. */
export let waiting: u32 = 0;
let blocks: u32 = 0;
let epoch: u32 = 0;

/** Once per instance, before anything else of the graph. Ranges: src/core/wasm-graph.ts. */
export function graphInit(dimensions_: u32, space_: u32, quantized_: u32, maxNeighbors: u32, efConstruction_: u32, seed_: u32): void {
  dimensions = dimensions_;
  space = space_;
  quantized = quantized_ != 0;
  keepsVectors = quantized_ != 2;
  padded = (dimensions + 15) & ~15;
  vectorBytes = padded << 2;
  vectorStride = keepsVectors ? vectorBytes : 0;
  heldLinks = maxNeighbors;
  graphTune(maxNeighbors, maxNeighbors, efConstruction_);
  seed = seed_;
  const batch: usize = (2 * LINKS_LIMIT + 8) << 2;
  queryAt = heapAt();
  wideQueryAt = queryAt + vectorBytes;
  weightsAt = wideQueryAt + (padded << 1);
  codeFactorsAt = weightsAt + (padded << 1);
  queryFactorsAt = codeFactorsAt + vectorBytes;
  idsAt = queryFactorsAt + vectorBytes;
  distancesAt = alignUp(idsAt + batch);
  chosenAt = alignUp(distancesAt + batch);
  rechosenAt = alignUp(chosenAt + batch);
  keysAt = alignUp(rechosenAt + batch);
  arenasAt = alignUp(keysAt + (batch << 1));
}

/**
 * From now on lists have room for `room_` neighbors, no fewer than before, and what is linked chooses `maxNeighbors` of so many candidates.
 * With another room `graphGrow` comes before anything else.
 */
export function graphTune(room_: u32, maxNeighbors: u32, efConstruction_: u32): void {
  maxLinks = room_;
  maxLinks0 = room_ << 1;
  chosenLinks = maxNeighbors;
  efConstruction = efConstruction_;
}

/** Moves `count` lists of `from` bytes, which lie one after the other at `at`, apart to `to` bytes each. */
function widen(at: usize, count: u32, from: u32, to: u32): void {
  for (let i = count; i > 0; i--) {
    const list = at + (i - 1) * to;
    memory.copy(list, at + (i - 1) * from, from);
    memory.fill(list + from, 0xff, to - from);
  }
}

/** Bytes of arena `i` for so many slots and blocks. */
function arenaBytes(i: u32, slotCount: u32, blockCount: u32): u64 {
  const n = u64(slotCount);
  switch (i) {
    case 0: return (keepsVectors ? n : u64(n > 0)) * vectorBytes;
    case 1: return quantized ? n * padded : 0;
    case 2: return n * (maxLinks0 << 2);
    case 3: return u64(blockCount) * (maxLinks << 2);
    case 4: case 5: case 6: case 7: case 8: return n << 2;
    case 9: return n << 1;
    case 10: return n;
    default: return n >> 3;
  }
}

/** Address behind the arenas when they hold so much. */
function place(slotCount: u32, blockCount: u32): u64 {
  let at = u64(arenasAt);
  for (let i: u32 = 0; i < ARENAS; i++) {
    store<u32>(NEXT_STARTS + (i << 2), u32(at));
    at = (at + arenaBytes(i, slotCount, blockCount) + 63) & ~63;
  }
  return at;
}

/** Pages of 64 KiB for `slotCount` slots (a multiple of 64), their blocks, and scratch behind them. */
export function graphPages(slotCount: u32, blockCount: u32, scratchBytes: u32): u32 {
  return u32((place(slotCount, blockCount) + scratchBytes + 0xffff) >> 16);
}

/** Makes room in memory that has been grown to `graphPages`. Never less than before. */
export function graphGrow(slotCount: u32, blockCount: u32): void {
  const end = place(slotCount, blockCount);
  for (let i = ARENAS; i > 0; i--) {
    const from = load<u32>(STARTS + ((i - 1) << 2));
    const to = load<u32>(NEXT_STARTS + ((i - 1) << 2));
    let held = u32(arenaBytes(i - 1, capacity, blockCapacity));
    if (i == 3) held = capacity * (heldLinks << 3);
    if (i == 4) held = blockCapacity * (heldLinks << 2);
    if (held > 0) memory.copy(to, from, held);
    if (heldLinks != maxLinks) {
      if (i == 3) widen(to, capacity, heldLinks << 3, maxLinks << 3);
      if (i == 4) widen(to, blockCapacity, heldLinks << 2, maxLinks << 2);
    }
    // Stamps and bits of new slots must read 0.
    if (i - 1 >= 9) memory.fill(to + held, 0, u32(arenaBytes(i - 1, slotCount, blockCount)) - held);
  }
  memory.copy(STARTS, NEXT_STARTS, ARENAS << 2);
  vectorsAt = load<u32>(STARTS);
  codesAt = load<u32>(STARTS, 4);
  linksAt0 = load<u32>(STARTS, 8);
  blocksAt = load<u32>(STARTS, 12);
  normsAt = load<u32>(STARTS, 16);
  inversesAt = load<u32>(STARTS, 20);
  rowsAt = load<u32>(STARTS, 24);
  blockOfAt = load<u32>(STARTS, 28);
  keepersAt = load<u32>(STARTS, 32);
  stampsAt = load<u32>(STARTS, 36);
  levelsAt = load<u32>(STARTS, 40);
  liveAt = load<u32>(STARTS, 44);
  linkedAt = load<u32>(STARTS, 48);
  condemnedAt = load<u32>(STARTS, 52);
  scratchAt = usize(end);
  capacity = slotCount;
  blockCapacity = blockCount;
  heldLinks = maxLinks;
}

/** Free from here on until the next call that grows. */
export function graphScratchAt(): usize {
  return scratchAt;
}

@inline export function vectorAt(slot: u32): usize {
  return vectorsAt + slot * vectorStride;
}

@inline export function codeAt(slot: u32): usize {
  return codesAt + slot * padded;
}

@inline export function normAt(slot: u32): usize {
  return normsAt + (slot << 2);
}

@inline export function inverseAt(slot: u32): usize {
  return inversesAt + (slot << 2);
}

@inline export function rowAt(slot: u32): usize {
  return rowsAt + (slot << 2);
}

/** The node whose list on level 0 names this one for as long as both are linked; NONE for the first. */
@inline export function keeperOf(slot: u32): u32 {
  return load<u32>(keepersAt + (slot << 2));
}

export function setKeeper(slot: u32, keeper: u32): void {
  store<u32>(keepersAt + (slot << 2), keeper);
}

/** The neighbors of a node on one of its levels, ended by NONE where fewer than `room(level)`. */
@inline export function linksAt(slot: u32, level: u32): usize {
  if (level == 0) return linksAt0 + slot * (maxLinks0 << 2);
  return blocksAt + (load<u32>(blockOfAt + (slot << 2)) + level - 1) * (maxLinks << 2);
}

@inline export function room(level: u32): u32 {
  return level == 0 ? maxLinks0 : maxLinks;
}

@inline export function levelOf(slot: u32): u32 {
  return load<u8>(levelsAt + slot);
}

export function setLevel(slot: u32, level: u32): void {
  store<u8>(levelsAt + slot, u8(level));
}

@inline export function bit(bits: usize, slot: u32): u32 {
  return (load<u32>(bits + ((slot >> 5) << 2)) >> (slot & 31)) & 1;
}

export function setBit(bits: usize, slot: u32): void {
  const at = bits + ((slot >> 5) << 2);
  store<u32>(at, load<u32>(at) | (1 << (slot & 31)));
}

export function clearBit(bits: usize, slot: u32): void {
  const at = bits + ((slot >> 5) << 2);
  store<u32>(at, load<u32>(at) & ~(1 << (slot & 31)));
}

/** Sets both bits of a slot. */
export function setFlags(slot: u32, live: bool, linked: bool): void {
  if (live) setBit(liveAt, slot);
  else clearBit(liveAt, slot);
  if (linked) setBit(linkedAt, slot);
  else clearBit(linkedAt, slot);
}

export function addWaiting(count: i32): void {
  waiting += count;
}

@inline function mix(value: u32): u32 {
  let z = value;
  z = (z ^ (z >> 16)) * 0x7feb352d;
  z = (z ^ (z >> 15)) * 0x846ca68b;
  return z ^ (z >> 16);
}

/** Highest level of a slot: at least l with probability maxNeighbors⁻ˡ, the same for the same seed. */
export function graphLevel(slot: u32): u32 {
  let state = mix(mix(slot + 1) ^ seed);
  const bound = u32.MAX_VALUE / maxLinks;
  let level: u32 = 0;
  while (level < MAX_LEVEL && state < bound) {
    level++;
    state = mix(state + 0x9e3779b9);
  }
  return level;
}

/** Blocks in use once there are `slotCount` slots, of levels as they are drawn. */
export function graphBlocks(slotCount: u32): u32 {
  let count = blocks;
  for (let slot = slots; slot < slotCount; slot++) count += graphLevel(slot);
  return count;
}

/** The next slot gets `level`; room for it and its blocks has been made. */
export function addSlot(level: u32): u32 {
  // What lies behind would be overwritten, without a sign.
  if (slots >= capacity || blocks + level > blockCapacity) unreachable();
  const slot = slots++;
  store<u8>(levelsAt + slot, u8(level));
  store<u32>(blockOfAt + (slot << 2), blocks);
  blocks += level;
  setKeeper(slot, NONE);
  clearLinks(slot);
  return slot;
}

/** Levels of slots that exist, from slot 0 on. */
export function relevel(slot: u32, level: u32): void {
  if (slot == 0) blocks = 0;
  if (blocks + level > blockCapacity) unreachable();
  store<u8>(levelsAt + slot, u8(level));
  store<u32>(blockOfAt + (slot << 2), blocks);
  blocks += level;
}

export function clearLinks(slot: u32): void {
  for (let level: u32 = 0; level <= levelOf(slot); level++) memory.fill(linksAt(slot, level), 0xff, room(level) << 2);
}

/** Forgets all slots; memory stays. */
export function clearSlots(): void {
  slots = 0;
  waiting = 0;
  blocks = 0;
  memory.fill(liveAt, 0, capacity >> 3);
  memory.fill(linkedAt, 0, capacity >> 3);
  memory.fill(condemnedAt, 0, capacity >> 3);
}

/** From here on no slot has been visited. */
export function beginVisit(): void {
  if (++epoch <= 0xffff) return;
  memory.fill(stampsAt, 0, capacity << 1);
  epoch = 1;
}

@inline export function isVisited(slot: u32): bool {
  return load<u16>(stampsAt + (slot << 1)) == u16(epoch);
}

/** True the first time in this visit. */
@inline export function visit(slot: u32): bool {
  const at = stampsAt + (slot << 1);
  if (load<u16>(at) == u16(epoch)) return false;
  store<u16>(at, u16(epoch));
  return true;
}

/** Puts the unvisited ones of up to `limit` links into the batch; returns how many. Without a branch to predict: +5…7 %. */
export function gather(links: usize, limit: u32): u32 {
  const stamps = stampsAt, ids = idsAt;
  const now = u16(epoch);
  let count: u32 = 0;
  for (const end = links + (limit << 2); links < end; links += 4) {
    const slot = load<u32>(links);
    if (slot == NONE) break;
    const stamp = stamps + (slot << 1);
    const fresh = u32(load<u16>(stamp) != now);
    store<u16>(stamp, now);
    store<u32>(ids + (count << 2), slot);
    count += fresh;
  }
  return count;
}

export function graphQueryAt(): usize {
  return queryAt;
}

export function graphVectorAt(slot: u32): usize {
  return vectorAt(slot);
}

export function graphCodeAt(slot: u32): usize {
  return codeAt(slot);
}

export function graphInverseAt(slot: u32): usize {
  return inverseAt(slot);
}

export function graphRow(slot: u32): u32 {
  return load<u32>(rowAt(slot));
}

export function graphLevelOf(slot: u32): u32 {
  return levelOf(slot);
}

export function graphLinksAt(slot: u32, level: u32): usize {
  return linksAt(slot, level);
}

export function graphWeightsAt(): usize {
  return weightsAt;
}

export function graphCodeFactorsAt(): usize {
  return codeFactorsAt;
}

export function graphQueryFactorsAt(): usize {
  return queryFactorsAt;
}
