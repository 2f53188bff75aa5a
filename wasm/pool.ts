/**
 * The nearest slots of a traversal in ascending order, at most `limit`. A key is u64: ordered bits of the distance, then the slot,
 * then whether it was expanded; marking an entry keeps the order.
 */
import { orderedBits, fromOrderedBits } from './top-k';

let at: usize = 0;
let limit: u32 = 0;
export let poolSize: u32 = 0;
/** Keys from this on do not get in. */
export let poolBound: u64 = 0;

const NOWHERE: u32 = u32.MAX_VALUE;

@inline export function keyOf(distance: f32, slot: u32): u64 {
  return (u64(orderedBits(distance)) << 32) | (u64(slot) << 1);
}

@inline export function slotOf(key: u64): u32 {
  return u32(key) >> 1;
}

@inline export function distanceOf(key: u64): f32 {
  return reinterpret<f32>(fromOrderedBits(u32(key >> 32)));
}

/** Empties the pool: `limit_` (at least 1) keys of 8 bytes, and two more of room, at `address`. */
export function poolBegin(address: usize, limit_: u32): void {
  at = address;
  limit = limit_;
  poolSize = 0;
  poolBound = u64.MAX_VALUE;
}

@inline export function poolKey(i: u32): u64 {
  return load<u64>(at + (i << 3));
}

@inline export function isExpanded(key: u64): bool {
  return (key & 1) != 0;
}

@inline export function markExpanded(i: u32): void {
  store<u64>(at + (i << 3), poolKey(i) | 1);
}

/** Where `key` now stands; NOWHERE, the largest u32, when it is not among the nearest. */
@inline export function poolOffer(key: u64): u32 {
  return key < poolBound ? insert(key) : NOWHERE;
}

function insert(key: u64): u32 {
  const end = poolSize == limit ? poolSize - 1 : poolSize++;
  let low: u32 = 0, high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (poolKey(middle) < key) low = middle + 1;
    else high = middle;
  }
  let p = at + (end << 3);
  const to = at + (low << 3);
  for (; p >= to + 16; p -= 16) v128.store(p - 16, v128.load(p - 16), 8);
  if (p > to) store<u64>(p, load<u64>(p - 8));
  store<u64>(to, key);
  if (poolSize == limit) poolBound = poolKey(limit - 1);
  return low;
}
