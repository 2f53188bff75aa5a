/** Linking slots into the graph (Malkov & Yashunin, algorithms 1 and 4), and taking dead ones out of it again. */
import { anyNearer, clearWork, encode, inverseLength, isCopy, measureBatch, measureCode, useNode, work } from './graph-distance';
import {
  addSlot, addWaiting, relevel, beginVisit, bit, chosenAt, clearBit, clearLinks, clearSlots, condemnedAt, dimensions, distancesAt, efConstruction, gather,
  graphLevel, idsAt, inverseAt, keeperOf, keysAt, levelOf, linkedAt, linksAt, liveAt, chosenLinks, NONE, rechosenAt, room, rowAt, setBit, setKeeper, slots, vectorAt,
  vectorBytes, visit,
} from './graph-memory';
import { allowAll, descend, entryLevel, entrySlot, reachedDistance, searchAll, searchPassing, setEntry } from './graph-search';
import { findKeeper, unlinkUnreached } from './graph-reach';
import { distanceOf, keyOf, poolBegin, poolKey, poolOffer, poolSize, slotOf } from './pool';

/** Linked slots that are dead. */
let deadSlots: u32 = 0;
/** Live slots that are linked. */
let linkedRows: u32 = 0;
/** No slot before this one waits for being linked. */
let nextPending: u32 = 0;
/** The sweep goes on here; NONE while there is none. */
let nextSwept: u32 = NONE;

/** Live rows that are linked. */
export function graphLinked(): u32 {
  return linkedRows;
}

/** Dead slots that are linked. */
export function graphDead(): u32 {
  return deadSlots;
}

/** Completes `slot` after its floats were written: the next new one, a free one, or one that is not linked. Live from now on. */
export function graphStore(slot: u32, row: u32, squaredLength: f32): void {
  if (slot == slots) addSlot(graphLevel(slot));
  const vector = vectorAt(slot);
  memory.fill(vector + (dimensions << 2), 0, vectorBytes - (dimensions << 2));
  store<f32>(inverseAt(slot), inverseLength(squaredLength));
  encode(slot);
  join(slot, row);
}

/** `graphStore` after code and inverse length were written, of a new or a free slot; its floats are not looked at. */
export function graphStoreCode(slot: u32, row: u32): void {
  measureCode(slot);
  join(slot, row);
}

/** Room for the code of `slot`: the next new one gets its level. */
export function graphBeginSlot(slot: u32): void {
  if (slot == slots) addSlot(graphLevel(slot));
}

function join(slot: u32, row: u32): void {
  store<u32>(rowAt(slot), row);
  if (bit(liveAt, slot) == 0) addWaiting(1);
  setBit(liveAt, slot);
  nextPending = min<u32>(nextPending, slot);
}

/** The row of a live slot is gone. Returns 1 when the slot is free now, 0 when it stays as a waypoint. */
export function graphRemove(slot: u32): u32 {
  clearBit(liveAt, slot);
  if (bit(linkedAt, slot) == 0) {
    addWaiting(-1);
    return 1;
  }
  deadSlots++;
  linkedRows--;
  return 0;
}

/** Is the slot part of the graph? */
export function graphIsLinked(slot: u32): u32 {
  return bit(linkedAt, slot);
}

/** Forgets links and slots; memory stays. */
export function graphClear(): void {
  clearSlots();
  deadSlots = 0;
  linkedRows = 0;
  nextPending = 0;
  nextSwept = NONE;
  setEntry(NONE, 0);
}

/**
 * To the `size` slots at `chosen` come, up to `limit`, the first of `count` keys at `keys`, ascending, that are alive and each nearer
 * to the origin than to all chosen before; of copies of one another only the first. Returns how many there are then.
 */
function choose(keys: usize, count: u32, limit: u32, chosen: usize, size: u32): u32 {
  let former = NONE;
  let formerDistance: f32 = 0;
  for (let i: u32 = 0; i < count && size < limit; i++) {
    const key = load<u64>(keys + (i << 3));
    const slot = slotOf(key);
    const distance = distanceOf(key);
    if (bit(liveAt, slot) == 0) continue;
    // Copies lie equally far away, so one comes after the other.
    if (former != NONE && distance == formerDistance && isCopy(former, slot)) continue;
    former = slot;
    formerDistance = distance;
    if (size > 0) {
      useNode(slot);
      if (anyNearer(chosen, size, distance)) continue;
    }
    store<u32>(chosen + (size++ << 2), slot);
  }
  return size;
}

/** Writes a list of neighbors. */
function setLinks(links: usize, limit: u32, chosen: usize, count: u32): void {
  memory.copy(links, chosen, count << 2);
  if (count < limit) memory.fill(links + (count << 2), 0xff, (limit - count) << 2);
}

/** `to` becomes a neighbor of `slot`, if need be instead of a worse one. */
function addLink(slot: u32, to: u32, level: u32): void {
  const links = linksAt(slot, level);
  const limit = room(level);
  let count: u32 = 0;
  for (; count < limit; count++) {
    const known = load<u32>(links + (count << 2));
    if (known == to) return;
    if (known == NONE) break;
  }
  if (count < limit) {
    store<u32>(links + (count << 2), to);
    return;
  }
  memory.copy(idsAt, links, limit << 2);
  store<u32>(idsAt + (limit << 2), to);
  useNode(slot);
  measureBatch(limit + 1);
  for (let i: u32 = 0; i <= limit; i++) {
    const key = keyOf(load<f32>(distancesAt + (i << 2)), load<u32>(idsAt + (i << 2)));
    let place = keysAt + (i << 3);
    for (; place > keysAt && load<u64>(place - 8) > key; place -= 8) store<u64>(place, load<u64>(place - 8));
    store<u64>(place, key);
  }
  let kept: u32 = 0;
  let others = limit + 1;
  if (level == 0) {
    others = 0;
    for (let i: u32 = 0; i <= limit; i++) {
      const key = load<u64>(keysAt + (i << 3));
      const known = slotOf(key);
      if (kept < limit && (keeperOf(known) == slot || keeperOf(slot) == known)) store<u32>(rechosenAt + (kept++ << 2), known);
      else store<u64>(keysAt + (others++ << 3), key);
    }
  }
  setLinks(links, limit, rechosenAt, choose(keysAt, others, limit, rechosenAt, kept));
}

/** Finds a keeper for `slot`, which is added to the `count` chosen unless it is among them; returns how many these are then. */
function keep(slot: u32, count: u32): u32 {
  const keeper = findKeeper(slot, chosenAt, count);
  setKeeper(slot, keeper);
  if (keeper == NONE) return count;
  for (let i: u32 = 0; i < count; i++) if (load<u32>(chosenAt + (i << 2)) == keeper) return count;
  store<u32>(chosenAt + (count << 2), keeper);
  return count + 1;
}

function link(slot: u32, scratch: usize): void {
  const level = levelOf(slot);
  clearLinks(slot);
  // It may be linked already: it must not choose itself.
  clearBit(liveAt, slot);
  setKeeper(slot, NONE);
  if (linkedRows == 0) setEntry(slot, level);
  else {
    useNode(slot);
    let from = descend(level);
    let distance = reachedDistance;
    for (let at: i32 = min<u32>(level, entryLevel); at >= 0; at--) {
      useNode(slot);
      if (deadSlots > 0) searchPassing(from, distance, efConstruction, at, scratch);
      else searchAll(from, distance, efConstruction, at, scratch);
      let count = choose(scratch, poolSize, chosenLinks, chosenAt, 0);
      if (count == 0 && at == 0 && bit(condemnedAt, from) == 0) {
        // Nothing alive can be reached: hold on to a waypoint.
        store<u32>(chosenAt, from);
        count = 1;
      }
      if (at == 0) count = keep(slot, count);
      setLinks(linksAt(slot, at), room(at), chosenAt, count);
      setBit(liveAt, slot);
      for (let i: u32 = 0; i < count; i++) addLink(load<u32>(chosenAt + (i << 2)), slot, at);
      clearBit(liveAt, slot);
      if (poolSize > 0) {
        from = slotOf(poolKey(0));
        distance = distanceOf(poolKey(0));
      }
    }
    if (level > entryLevel) setEntry(slot, level);
  }
  setBit(liveAt, slot);
  if (bit(linkedAt, slot) == 0) addWaiting(-1);
  setBit(linkedAt, slot);
  linkedRows++;
}

/**
 * Links waiting slots, lowest first, until `budget` distances were computed or none waits; returns how many were computed. What one
 * slot needs is not cut in two. Scratch: 8 · (efConstruction + 2 + slots) bytes.
 */
export function graphLink(budget: u32, scratch: usize): u32 {
  clearWork();
  allowAll();
  for (; nextPending < slots && work < budget; nextPending++) {
    if (bit(liveAt, nextPending) != 0 && bit(linkedAt, nextPending) == 0) link(nextPending, scratch);
  }
  return work;
}

/** From now on `graphSweep` takes all that is dead now out of the graph. */
export function graphBeginSweep(): void {
  for (let at: u32 = 0; at < slots; at += 32) {
    const byte = at >> 3;
    store<u32>(condemnedAt + byte, load<u32>(linkedAt + byte) & ~load<u32>(liveAt + byte));
  }
  nextSwept = 0;
}

/**
 * Goes on until `budget` distances were computed or the sweep is over, and returns how many. A list that names dead slots keeps
 * its others and gets neighbors of the dead ones instead (Singh et al., FreshDiskANN, arXiv 2105.09613, algorithm 4).
 */
export function graphSweep(budget: u32, scratch: usize): u32 {
  clearWork();
  while (nextSwept != NONE && work < budget) {
    if (nextSwept >= slots) endSweep(scratch);
    else sweepSlot(nextSwept++, scratch);
  }
  return work;
}

/** 1 while a sweep goes on. */
export function graphIsSweeping(): u32 {
  return u32(nextSwept != NONE);
}

function sweepSlot(slot: u32, scratch: usize): void {
  if (bit(linkedAt, slot) == 0 || bit(condemnedAt, slot) != 0) return;
  let isolated = false;
  for (let level: u32 = 0; level <= levelOf(slot); level++) {
    const links = linksAt(slot, level);
    const limit = room(level);
    let kept: u32 = 0;
    let count: u32 = 0;
    for (; count < limit; count++) {
      const known = load<u32>(links + (count << 2));
      if (known == NONE) break;
      if (bit(liveAt, known) != 0) store<u32>(chosenAt + (kept++ << 2), known);
    }
    if (kept == count) continue;
    useNode(slot);
    poolBegin(scratch, max<u32>(efConstruction, limit));
    beginVisit();
    visit(slot);
    for (let i: u32 = 0; i < kept; i++) visit(load<u32>(chosenAt + (i << 2)));
    for (let i: u32 = 0; i < count; i++) {
      const known = load<u32>(links + (i << 2));
      if (bit(liveAt, known) == 0) offerLinks(linksAt(known, level), limit);
    }
    const chosen = choose(scratch, poolSize, limit, chosenAt, kept);
    setLinks(links, limit, chosenAt, chosen);
    for (let i = kept; i < chosen; i++) addLink(load<u32>(chosenAt + (i << 2)), slot, level);
    if (level == 0 && load<u32>(links) == NONE && bit(liveAt, slot) != 0) isolated = true;
  }
  if (isolated) {
    linkedRows--;
    link(slot, scratch);
  }
}

function offerLinks(links: usize, limit: u32): void {
  const count = gather(links, limit);
  measureBatch(count);
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(idsAt + (i << 2));
    if (bit(liveAt, slot) != 0) poolOffer(keyOf(load<f32>(distancesAt + (i << 2)), slot));
  }
}

function endSweep(scratch: usize): void {
  nextSwept = NONE;
  for (let slot: u32 = 0; slot < slots; slot++) {
    if (bit(condemnedAt, slot) == 0) continue;
    clearBit(condemnedAt, slot);
    clearBit(linkedAt, slot);
    clearLinks(slot);
    deadSlots--;
  }
  if (entrySlot != NONE && bit(linkedAt, entrySlot) == 0) findEntry();
  graphEndRestore(scratch);
}

function findEntry(): void {
  setEntry(NONE, 0);
  for (let slot: u32 = 0; slot < slots; slot++) {
    if ((bit(linkedAt, slot) & bit(liveAt, slot)) != 0 && (entrySlot == NONE || levelOf(slot) > entryLevel)) setEntry(slot, levelOf(slot));
  }
}

/** After the slots have changed places. */
export function findPending(): void {
  nextPending = 0;
}

/** Before `graphRestore`: slots get their levels anew, in order from slot 0, all of them; nothing is linked. */
export function graphRelevel(slot: u32, level: u32): void {
  relevel(slot, level);
  clearLinks(slot);
}

/** A slot whose links the caller has written is linked again. */
export function graphRestore(slot: u32): void {
  addWaiting(-1);
  setBit(linkedAt, slot);
  linkedRows++;
  if (entrySlot == NONE || levelOf(slot) > entryLevel) setEntry(slot, levelOf(slot));
}

/** After the last `graphRestore`: what no search comes to waits for being linked again. Returns how many. Scratch: 4 · slots bytes. */
export function graphEndRestore(scratch: usize): u32 {
  const lost = unlinkUnreached(scratch);
  linkedRows -= lost;
  if (lost > 0) nextPending = 0;
  return lost;
}
