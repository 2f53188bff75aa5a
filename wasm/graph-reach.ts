/**
 * Every linked slot can be come to. Lists are pruned by what is near, and where many rows are copies of each other, or lie together and
 * far from all others, nothing would name a new one for long. So each slot has a keeper: a slot that was linked before it, whose list
 * on level 0 names it whatever is pruned, and which its own list names. Keepers make a tree, so ways lead from each slot to each.
 */
import {
  addWaiting, beginVisit, bit, clearBit, clearLinks, isVisited, keeperOf, levelOf, linkedAt, linksAt, liveAt, maxLinks, NONE, room, setKeeper, slots, visit,
} from './graph-memory';
import { firstUnvisited } from './graph-order';
import { entrySlot } from './graph-search';
import { poolKey, poolSize, slotOf } from './pool';

/** How far down the tree a place is looked for. */
const MAX_DEPTH: u32 = 64;

/** How many the slot last asked about keeps. */
let keptCount: u32 = 0;

/** Number `n` of those that `slot` keeps, NONE where it has fewer. */
function keptBy(slot: u32, n: u32): u32 {
  let found = NONE;
  keptCount = 0;
  let links = linksAt(slot, 0);
  for (const end = links + (room(0) << 2); links < end; links += 4) {
    const to = load<u32>(links);
    if (to == NONE) break;
    if (keeperOf(to) == slot && keptCount++ == n) found = to;
  }
  return found;
}

/** A slot keeps half of what a list of upper levels holds, but two: with one there would be chains. The rest of its list goes by distance. */
function mayKeep(slot: u32): bool {
  keptBy(slot, 0);
  return keptCount < max<u32>(2, maxLinks >> 1);
}

/** Who is to keep `slot`: the first of `count` at `chosen` who may, else of the pool, else below the first of these; NONE where there are none. */
export function findKeeper(slot: u32, chosen: usize, count: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const at = load<u32>(chosen + (i << 2));
    if (mayKeep(at)) return at;
  }
  for (let i: u32 = 0; i < poolSize; i++) {
    const at = slotOf(poolKey(i));
    if (mayKeep(at)) return at;
  }
  if (count == 0) return NONE;
  let at = load<u32>(chosen);
  let turn = slot * 0x9e3779b1;
  for (let depth: u32 = 0; depth < MAX_DEPTH && !mayKeep(at); depth++) {
    at = keptBy(at, (turn >> 8) % keptCount);
    turn = turn * 0x915f77f5 + 1;
  }
  return at;
}

/**
 * Linked slots that no way on level 0 leads to from the entry are not linked any more: they wait, are scanned meanwhile, and no list
 * names them; the dead among them stay as they are, alone. Returns how many wait. The others get keepers anew. Scratch: 4 · slots bytes.
 */
export function unlinkUnreached(stack: usize): u32 {
  if (entrySlot == NONE) return 0;
  walkAll(stack);
  let lost: u32 = 0;
  let left = false;
  for (let slot: u32 = 0; slot < slots; slot++) {
    if (bit(linkedAt, slot) == 0 || isVisited(slot)) continue;
    left = true;
    clearLinks(slot);
    if (bit(liveAt, slot) == 0) continue;
    clearBit(linkedAt, slot);
    addWaiting(1);
    lost++;
  }
  if (!left) return 0;
  // On level 0 no slot that was met names one that was not.
  for (let slot: u32 = 0; slot < slots; slot++) {
    for (let level: u32 = 1; level <= levelOf(slot); level++) keepVisited(linksAt(slot, level), room(level));
  }
  return lost;
}

/** Visits all that can be come to from the entry. Where two name each other already nothing is changed. */
function walkAll(stack: usize): void {
  beginVisit();
  setKeeper(entrySlot, NONE);
  walkFrom(entrySlot, stack);
  for (let again = true; again;) {
    again = false;
    for (let slot: u32 = 0; slot < slots; slot++) {
      if (!isVisited(slot)) continue;
      for (let found = firstUnvisited(slot); found != NONE; found = firstUnvisited(slot)) {
        setKeeper(found, slot);
        nameLast(found, slot);
        walkFrom(found, stack);
        again = true;
      }
    }
  }
}

/** Into the depth, so that few keep many, along links that lead both ways. */
function walkFrom(first: u32, stack: usize): void {
  visit(first);
  let top = stack;
  store<u32>(top, first);
  while (top >= stack) {
    const slot = load<u32>(top);
    const found = firstMutual(slot);
    if (found == NONE) {
      top -= 4;
      continue;
    }
    visit(found);
    setKeeper(found, slot);
    top += 4;
    store<u32>(top, found);
  }
}

function firstMutual(slot: u32): u32 {
  let links = linksAt(slot, 0);
  for (const end = links + (room(0) << 2); links < end; links += 4) {
    const to = load<u32>(links);
    if (to == NONE) break;
    if (!isVisited(to) && load<u32>(placeOf(to, slot)) == slot) return to;
  }
  return NONE;
}

/** Where the list of `slot` names `to`; else where it ends, or its last place. */
function placeOf(slot: u32, to: u32): usize {
  let links = linksAt(slot, 0);
  for (const last = links + (room(0) << 2) - 4; links < last; links += 4) {
    const known = load<u32>(links);
    if (known == to || known == NONE) break;
  }
  return links;
}

/** The list of `slot` names `to`, if need be instead of its last. */
function nameLast(slot: u32, to: u32): void {
  store<u32>(placeOf(slot, to), to);
}

function keepVisited(links: usize, limit: u32): void {
  let kept = links;
  const end = links + (limit << 2);
  for (let at = links; at < end; at += 4) {
    const to = load<u32>(at);
    if (to == NONE) break;
    if (!isVisited(to)) continue;
    store<u32>(kept, to);
    kept += 4;
  }
  if (kept < end) memory.fill(kept, 0xff, end - kept);
}
