/**
 * The k smallest keys seen, in a binary heap whose root is the largest of them. One heap per instance, in memory the caller reserves.
 * A key is u64: order-preserving bits of the distance above, row below; so one comparison orders by distance, then by row.
 */

let at: usize = 0;
let limit: u32 = 0;
let size: u32 = 0;

/** Keys from this on do not get in. */
let bound: u64 = 0;

@inline function key(i: u32): u64 {
  return load<u64>(at + (i << 3));
}

@inline function setKey(i: u32, value: u64): void {
  store<u64>(at + (i << 3), value);
}

/** f32 bits that order as unsigned integers: flip all bits of negative numbers, the sign of the others. Not for NaN. */
@inline export function orderedBits(distance: f32): u32 {
  const bits = reinterpret<u32>(distance);
  return bits ^ (u32(i32(bits) >> 31) | 0x80000000);
}

@inline export function fromOrderedBits(ordered: u32): u32 {
  return ordered ^ (u32(i32(~ordered) >> 31) | 0x80000000);
}

/** Empties the heap: up to `k` (at least 1) keys of 8 bytes at `address`. */
export function topKBegin(address: usize, k: u32): void {
  at = address;
  limit = k;
  size = 0;
  bound = u64.MAX_VALUE;
}

@inline export function topKOffer(distance: f32, row: u32): void {
  const candidate = (u64(orderedBits(distance)) << 32) | u64(row);
  if (candidate < bound) topKInsert(candidate);
}

function topKInsert(candidate: u64): void {
  if (size < limit) {
    let i = size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = key(parent);
      if (above >= candidate) break;
      setKey(i, above);
      i = parent;
    }
    setKey(i, candidate);
  } else {
    sink(candidate);
  }
  if (size == limit) bound = key(0);
}

/** Puts `value` in the root's place and lets it sink. */
function sink(value: u64): void {
  let i: u32 = 0;
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && key(child + 1) > key(child)) child++;
    const below = key(child);
    if (below <= value) break;
    setKey(i, below);
    i = child;
  }
  setKey(i, value);
}

/** Leaves the results in place, nearest first, each as { row: u32, distance: f32 }; returns how many. */
export function topKFinish(): u32 {
  const found = size;
  while (size > 1) {
    const largest = key(0);
    const last = key(--size);
    sink(last);
    setKey(size, largest);
  }
  for (let i: u32 = 0; i < found; i++) {
    const entry = at + (i << 3);
    store<u32>(entry, fromOrderedBits(load<u32>(entry, 4)), 4);
  }
  return found;
}
