/**
 * One bit a dimension of each vector, and a scan that estimates distances from them (Gao & Long, RaBitQ, arXiv 2405.12497): what is
 * left of a vector without the mean is rotated, so that no dimension weighs more than another, and of each component its sign is
 * kept, with two numbers that make the estimate true in the middle. The query has four bits a component: a sum of four Hamming
 * distances, weighted 1, 2, 4 and 8. One index per instance.
 *
 *   heapAt() → vector │ means │ planes │ records │ scratch of the running call
 *   record   =  bits [codeBytes] │ bias f32 │ gain f32 │ row u32 │ 4 bytes      384 dimensions: one cache line
 *
 * Sums over components are f64, one after the other, and the rotation adds and subtracts f32 in a fixed order: records and estimates
 * are the same bits in both builds and in src/core/scalar-binary.ts.
 */
import { alignUp, heapAt } from './memory';
import { topKBegin, topKFinish, topKOffer } from './top-k';

const SPACE_L2: u32 = 0;
const SPACE_COSINE: u32 = 2;

/** Each flips signs and transforms the first or the last 2ᵏ components, in turns: two of each mix all of them. */
const ROUNDS: u32 = 4;
/** Bits of a component of the query, and the largest number of so many. */
const PLANES: u32 = 4;
const LEVELS: f64 = 15;
/** Numbers of a record are finite, whatever was stored: then no estimate is NaN, which the heap could not order. */
const LARGEST: f64 = 3e38;

let space: u32 = SPACE_L2;
let dimensions: u32 = 0;
/** Components that one round transforms, a power of two, and what brings their lengths back. */
let span: u32 = 1;
let spanScale: f32 = 1;
/** Bytes of the bits, zero-padded to 16. */
let codeBytes: u32 = 0;
let recordBytes: u32 = 0;
let vectorAt: usize = 0;
let meansAt: usize = 0;
/** Sixteen bytes of each plane, then the next sixteen. */
let planesAt: usize = 0;
let recordsAt: usize = 0;
/** Of the query: what one step of a component is, and what is added to every estimate. */
let queryStep: f64 = 0;
let queryBias: f32 = 0;

/** Signs, in the highest bits, of components from number `first` on: a well mixed u32 of each. */
@inline function signsFrom(first: u32): v128 {
  let z = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  z = i32x4.mul(v128.xor(z, i32x4.shr_u(z, 16)), i32x4.splat(0x7feb352d));
  z = i32x4.mul(v128.xor(z, i32x4.shr_u(z, 15)), i32x4.splat(0x846ca68b));
  return v128.and(v128.xor(z, i32x4.shr_u(z, 16)), i32x4.splat(0x80000000));
}

/** Empty index. `dimensions_` 1…65,536; `space_` 0 = l2, 1 = ip, 2 = cosine. Once per instance, before anything else. */
export function binaryInit(dimensions_: u32, space_: u32): void {
  dimensions = dimensions_;
  space = space_;
  span = 1 << (31 - clz<u32>(dimensions));
  spanScale = f32(1 / sqrt<f64>(f64(span)));
  const vectorBytes = ((dimensions + 3) & ~3) << 2;
  codeBytes = ((dimensions + 127) & ~127) >> 3;
  recordBytes = codeBytes + 16;
  vectorAt = heapAt();
  meansAt = vectorAt + vectorBytes;
  planesAt = meansAt + vectorBytes;
  recordsAt = alignUp(planesAt + PLANES * codeBytes);
}

/** Memory pages of 64 KiB that `slots` vectors and `scratchBytes` after them need. */
export function binaryPages(slots: u32, scratchBytes: u32): u32 {
  return u32((u64(recordsAt) + u64(slots) * recordBytes + scratchBytes + 0xffff) >> 16);
}

/** Where a vector or a query goes: f32 [dimensions]. */
export function binaryVectorAt(): usize {
  return vectorAt;
}

/** Where the mean of what will be stored goes, of unit vectors in cosine: f32 [dimensions], 0 at first. */
export function binaryMeansAt(): usize {
  return meansAt;
}

@inline function recordAt(slot: u32): usize {
  return recordsAt + slot * recordBytes;
}

/** First byte after `slots` records, a multiple of 16; free until the next call. */
export function binaryScratchAt(slots: u32): usize {
  return recordAt(slots);
}

/** The row in `slot`. */
export function binaryRow(slot: u32): u32 {
  return load<u32>(recordAt(slot) + codeBytes, 8);
}

/** Copies slot `from` over slot `to`. */
export function binaryMove(from: u32, to: u32): void {
  memory.copy(recordAt(to), recordAt(from), recordBytes);
}

/** Of the vector without the mean, before the rotation: Σx², and its product with the mean. */
let squared: f64 = 0;
let alongMean: f64 = 0;

/** Leaves at `vectorAt` what is left without the mean, rotated; of unit length before that in cosine. */
function center(): void {
  let scale: f64 = 1;
  if (space == SPACE_COSINE) {
    let sum: f64 = 0;
    for (let i: u32 = 0; i < dimensions; i++) {
      const x = f64(load<f32>(vectorAt + (i << 2)));
      sum += x * x;
    }
    scale = sum > 0 ? 1 / sqrt<f64>(sum) : 0;
  }
  squared = 0;
  alongMean = 0;
  for (let i: u32 = 0; i < dimensions; i++) {
    const at = vectorAt + (i << 2);
    const mean = f64(load<f32>(meansAt + (i << 2)));
    const rest = f64(load<f32>(at)) * scale - mean;
    squared += rest * rest;
    alongMean += rest * mean;
    store<f32>(at, f32(rest));
  }
  for (let round: u32 = 0; round < ROUNDS; round++) {
    // What lies behind the last component is there for this alone.
    for (let i: u32 = 0; i < dimensions; i += 4) {
      const at = vectorAt + (i << 2);
      v128.store(at, v128.xor(v128.load(at), signsFrom(round * dimensions + i + 1)));
    }
    const skipped = (round & 1) != 0 ? dimensions - span : 0;
    transform(vectorAt + (skipped << 2));
  }
}

/** Walsh–Hadamard transform of `span` floats in place, of the same length afterwards. */
function transform(at: usize): void {
  const end = at + (span << 2);
  if (span < 4) {
    const a = load<f32>(at), b = load<f32>(at, 4);
    if (span == 2) {
      store<f32>(at, (a + b) * spanScale);
      store<f32>(at, (a - b) * spanScale, 4);
    }
    return;
  }
  const odd = i32x4(0, 0x80000000, 0, 0x80000000), upper = i32x4(0, 0, 0x80000000, 0x80000000);
  for (let p = at; p < end; p += 16) {
    let v = v128.load(p);
    v = f32x4.add(v128.shuffle<u32>(v, v, 0, 0, 2, 2), v128.xor(v128.shuffle<u32>(v, v, 1, 1, 3, 3), odd));
    v = f32x4.add(v128.shuffle<u32>(v, v, 0, 1, 0, 1), v128.xor(v128.shuffle<u32>(v, v, 2, 3, 2, 3), upper));
    v128.store(p, v);
  }
  for (let half: usize = 16; half < <usize>(span << 2); half <<= 1) {
    for (let first = at; first < end; first += half << 1) {
      for (let p = first; p < first + half; p += 16) {
        const a = v128.load(p), b = v128.load(p + half);
        v128.store(p, f32x4.add(a, b));
        v128.store(p + half, f32x4.sub(a, b));
      }
    }
  }
  for (let p = at; p < end; p += 16) v128.store(p, f32x4.mul(v128.load(p), f32x4.splat(spanScale)));
}

/** Encodes the vector written at `binaryVectorAt()`, finite, into `slot`. */
export function binaryStore(slot: u32, row: u32): void {
  center();
  const record = recordAt(slot);
  memory.fill(record, 0, codeBytes);
  let absolute: f64 = 0;
  let bits: u32 = 0;
  for (let i: u32 = 0; i < dimensions; i++) {
    const x = load<f32>(vectorAt + (i << 2));
    absolute += f64(abs<f32>(x));
    if ((i & 7) == 0) bits = 0;
    bits |= u32(x > 0) << (i & 7);
    store<u8>(record + (i >> 3), u8(bits));
  }
  const gain = absolute > 0 ? squared / absolute : 0;
  const isL2 = space == SPACE_L2;
  const terms = record + codeBytes;
  store<f32>(terms, f32(min<f64>(LARGEST, max<f64>(-LARGEST, isL2 ? squared : -alongMean))));
  store<f32>(terms, f32(min<f64>(LARGEST, isL2 ? 2 * gain : gain)), 4);
  store<u32>(terms, row, 8);
  store<u32>(terms, 0, 12);
}

/** Prepares the query written at `binaryVectorAt()`, finite, and not all too long: see src/core/check.ts. */
export function binaryPrepareQuery(): void {
  center();
  let meanSquared: f64 = 0, largest: f64 = 0;
  for (let i: u32 = 0; i < dimensions; i++) {
    const mean = f64(load<f32>(meansAt + (i << 2)));
    meanSquared += mean * mean;
    largest = max<f64>(largest, f64(abs<f32>(load<f32>(vectorAt + (i << 2)))));
  }
  queryBias = f32(min<f64>(LARGEST, max<f64>(-LARGEST, space == SPACE_L2 ? squared : 1 - alongMean - meanSquared)));
  // Components become odd numbers of steps, −15…15.
  queryStep = largest / LEVELS;
  const inverse = largest > 0 ? LEVELS / largest : 0;
  memory.fill(planesAt, 0, PLANES * codeBytes);
  for (let i: u32 = 0; i < dimensions; i++) {
    const level = u32(floor<f64>((f64(load<f32>(vectorAt + (i << 2))) * inverse + LEVELS) * 0.5 + 0.5));
    for (let plane: u32 = 0; plane < PLANES; plane++) {
      const at = planesAt + ((i >> 7) << 6) + (plane << 4) + ((i & 127) >> 3);
      store<u8>(at, load<u8>(at) | u8(((level >> plane) & 1) << (i & 7)));
    }
  }
}

@inline function plane(sum: v128, code: v128, at: usize, o: usize): v128 {
  return i8x16.add(i8x16.add(sum, sum), i8x16.popcnt(v128.xor(code, v128.load(at + o))));
}

/** Σ 2ᵖ · Hamming distance of the bits at `code` to plane p. A byte holds at most 8 · 15. */
@inline function weightedHamming(code: usize): i32 {
  let sums = i32x4.splat(0);
  let at = planesAt;
  for (const end = code + codeBytes; code < end; code += 16, at += 64) {
    const bits = v128.load(code);
    const bytes = plane(plane(plane(i8x16.popcnt(v128.xor(bits, v128.load(at, 48))), bits, at, 32), bits, at, 16), bits, at, 0);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
  }
  const pairs = i32x4.add(sums, v128.shuffle<u32>(sums, sums, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

@inline function estimate(record: usize): f32 {
  const along = f32(queryStep * f64(15 * i32(dimensions) - 2 * weightedHamming(record)));
  return load<f32>(record + codeBytes) - load<f32>(record + codeBytes, 4) * along + queryBias;
}

/**
 * The `k` (1…slots) of the first `slots` slots that seem nearest to the prepared query. `allow` 0, or the address of `words` u32: bit
 * `r & 31` of word `r >> 5` allows row r. Results at `out` as of `flatSearch`, their distances estimated.
 */
export function binarySearch(slots: u32, k: u32, out: usize, allow: usize, words: u32): void {
  topKBegin(out + 8, k);
  let visited: u32 = 0;
  for (let record = recordsAt, end = recordAt(slots); record < end; record += recordBytes) {
    const row = load<u32>(record + codeBytes, 8);
    if (allow != 0) {
      const word = row >> 5;
      if (word >= words || ((load<u32>(allow + (word << 2)) >> (row & 31)) & 1) == 0) continue;
    }
    visited++;
    topKOffer(estimate(record), row);
  }
  store<u32>(out, topKFinish());
  store<u32>(out, visited, 4);
}
