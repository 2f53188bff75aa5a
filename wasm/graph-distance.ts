/**
 * Distances of a traversal: from the query, or from a node as query, to nodes. Only their order counts, as results are measured
 * anew: over codes they are in units of the square of one code step, `ip` and `cosine` without the 1.
 */
import { codeDot, codeDotFour, largestProduct, makeSide, toCodes, toWide, widen } from './codes';
import { dot, dotFour, squaredL2, squaredL2Four, squaredNorm } from './kernels';
import {
  bit, codeAt, codeFactorsAt, dimensions, distancesAt, idsAt, inverseAt, keepsVectors, linkedAt, liveAt, normAt, padded, quantized, queryAt,
  queryFactorsAt, slots, space, SPACE_COSINE, SPACE_L2, vectorAt, vectorBytes, weightsAt, wideQueryAt,
} from './graph-memory';

/** Codes are −63…63: products of two fit 12 bits, whatever the CPU multiplies them with. */
const CODE_LIMIT: f32 = 63;

/** What is compared: f32, and over codes the side at `wideQueryAt`. */
let fromAt: usize = 0;
/** Inverse length of it (cosine over f32). */
let fromInverse: f32 = 0;
/** Over codes: distance = norm (l2) + bias − scale · dot. */
let bias: f32 = 0;
let scale: f32 = 0;
/** What the excess of the codes adds to every sum. */
let excess: i32 = 0;
/** All weights are 1: what is compared fits i8. */
let narrow: bool = false;
let queryInverse: f32 = 0;
let querySquared: f32 = 0;
/** Square of one code step: what distances between codes are in units of. */
let squaredStep: f32 = 0;
/** Searches measure by codes what they would measure over vectors. */
export let byCodes: bool = false;
/** Distances computed since the caller set it to 0. */
export let work: u32 = 0;
let touched: u32 = 0;

export function clearWork(): void {
  work = 0;
}

export function addWork(count: u32): void {
  work += count;
}

@inline export function inverseLength(squaredLength: f32): f32 {
  return squaredLength > 0 ? 1 / sqrt<f32>(squaredLength) : 0;
}

/** Σx² of the query after its floats were written; not finite when a component is not. */
export function graphPrepareQuery(): f32 {
  const squaredLength = squaredNorm(queryAt, dimensions);
  queryInverse = inverseLength(squaredLength);
  querySquared = squaredLength;
  return squaredLength;
}

/** Compare with the prepared query. Its range is as wide as the sum of products allows, and as `makeSide` takes it. */
export function useQuery(): void {
  fromAt = queryAt;
  fromInverse = queryInverse;
  if (!quantized) return;
  const limit: f32 = narrow ? 127 : min<f32>(32639, f32(floor(2147483647.0 / (63.0 * f64(padded)))));
  const largest = largestProduct(queryAt, queryFactorsAt, padded);
  const unit: f32 = largest > 0 ? largest / limit : 1;
  toWide(queryAt, queryFactorsAt, 1 / unit, limit, wideQueryAt, padded);
  excess = makeSide(wideQueryAt, padded, narrow);
  // A factor that overflowed must not make 0 · ∞, which no order holds.
  scale = min<f32>(unit, 1e25);
  if (space == SPACE_L2) scale *= 2;
  bias = 0;
}

/** Compare with a node. */
export function useNode(slot: u32): void {
  fromAt = vectorAt(slot);
  fromInverse = load<f32>(inverseAt(slot));
  if (!quantized) return;
  widen(codeAt(slot), weightsAt, wideQueryAt, padded);
  excess = makeSide(wideQueryAt, padded, narrow);
  scale = space == SPACE_L2 ? 2 : 1;
  bias = space == SPACE_L2 ? load<f32>(normAt(slot)) : 0;
}

export function distanceTo(slot: u32): f32 {
  if (quantized) {
    const product = f32(codeDot(wideQueryAt, codeAt(slot), padded, narrow) - excess) * scale;
    return space == SPACE_L2 ? load<f32>(normAt(slot)) + bias - product : -product;
  }
  if (space == SPACE_L2) return squaredL2(vectorAt(slot), fromAt, vectorBytes);
  const product = dot(vectorAt(slot), fromAt, vectorBytes);
  return space == SPACE_COSINE ? -(product * load<f32>(inverseAt(slot)) * fromInverse) : -product;
}

@inline function four(a: usize, b: usize, c: usize, d: usize): v128 {
  return f32x4.replace_lane(
    f32x4.replace_lane(f32x4.replace_lane(v128.load32_zero(a), 1, load<f32>(b)), 2, load<f32>(c)), 3, load<f32>(d));
}

export function distanceToFour(a: u32, b: u32, c: u32, d: u32): v128 {
  if (quantized) {
    const sums = codeDotFour(wideQueryAt, codeAt(a), codeAt(b), codeAt(c), codeAt(d), padded, narrow);
    const products = f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(sums, i32x4.splat(excess))), f32x4.splat(scale));
    if (space != SPACE_L2) return f32x4.neg(products);
    return f32x4.sub(f32x4.add(four(normAt(a), normAt(b), normAt(c), normAt(d)), f32x4.splat(bias)), products);
  }
  if (space == SPACE_L2) return squaredL2Four(fromAt, vectorAt(a), vectorAt(b), vectorAt(c), vectorAt(d), vectorBytes);
  const products = dotFour(fromAt, vectorAt(a), vectorAt(b), vectorAt(c), vectorAt(d), vectorBytes);
  if (space != SPACE_COSINE) return f32x4.neg(products);
  const inverses = four(inverseAt(a), inverseAt(b), inverseAt(c), inverseAt(d));
  return f32x4.neg(f32x4.mul(f32x4.mul(products, inverses), f32x4.splat(fromInverse)));
}

/** One load of every cache line of up to eight rows, so that their misses overlap: int8 +11…20 %, f32 −15 % (its rows are too long). */
@inline function touchCodes(ids: usize, count: u32): void {
  let seen: u32 = 0;
  for (const end = ids + (count << 2); ids < end; ids += 4) {
    let at = codeAt(load<u32>(ids));
    for (const last = at + padded; at < last; at += 64) seen |= load<u32>(at);
  }
  touched ^= seen;
}

/** Distances of the first `count` ids of the batch, beside them. */
export function measureBatch(count: u32): void {
  work += count;
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    const ids = idsAt + (i << 2);
    if (quantized && (i & 7) == 0) touchCodes(ids, min<u32>(8, count - i));
    v128.store(distancesAt + (i << 2), distanceToFour(load<u32>(ids), load<u32>(ids, 4), load<u32>(ids, 8), load<u32>(ids, 12)));
  }
  const rest = count - i;
  if (rest == 0) return;
  const ids = idsAt + (i << 2);
  const first = load<u32>(ids);
  if (rest == 1) store<f32>(distancesAt + (i << 2), distanceTo(first));
  else v128.store(distancesAt + (i << 2), distanceToFour(first, load<u32>(ids, 4), rest == 3 ? load<u32>(ids, 8) : first, first));
}

/** Is one of the `count` slots at `ids` nearer to what is compared than `distance`? */
export function anyNearer(ids: usize, count: u32, distance: f32): bool {
  const limit = f32x4.splat(distance);
  work += count;
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4, ids += 16) {
    const found = distanceToFour(load<u32>(ids), load<u32>(ids, 4), load<u32>(ids, 8), load<u32>(ids, 12));
    if (v128.any_true(f32x4.lt(found, limit))) return true;
  }
  const rest = count - i;
  if (rest == 0) return false;
  const first = load<u32>(ids);
  if (rest == 1) return distanceTo(first) < distance;
  return v128.any_true(f32x4.lt(distanceToFour(first, load<u32>(ids, 4), rest == 3 ? load<u32>(ids, 8) : first, first), limit));
}

/** Is what is compared of two slots the same, byte by byte? */
export function isCopy(a: u32, b: u32): bool {
  let p = quantized ? codeAt(a) : vectorAt(a), q = quantized ? codeAt(b) : vectorAt(b);
  for (const end = p + (quantized ? padded : vectorBytes); p < end; p += 16, q += 16) {
    if (v128.any_true(v128.xor(v128.load(p), v128.load(q)))) return false;
  }
  return true;
}

/** The distance that results carry, from the prepared query: the sum of the flat scan, bit for bit, where vectors are kept. */
export function exactDistance(slot: u32): f32 {
  work++;
  if (byCodes) return codeDistance(slot);
  if (space == SPACE_L2) return squaredL2(vectorAt(slot), queryAt, vectorBytes);
  const product = dot(vectorAt(slot), queryAt, vectorBytes);
  if (space != SPACE_COSINE) return 1 - product;
  return 1 - product * load<f32>(inverseAt(slot)) * queryInverse;
}

/** The same by codes alone; `useQuery` was the last to choose what is compared. */
function codeDistance(slot: u32): f32 {
  const distance = distanceTo(slot) * squaredStep;
  if (space == SPACE_L2) return max<f32>(0, distance + querySquared);
  return 1 + (space == SPACE_COSINE ? distance * queryInverse : distance);
}

/** From here on searches measure by codes, as they always do where vectors are not kept, and pass over rows that wait; or not any more. */
export function graphUseCodes(on: bool): void {
  byCodes = on || !keepsVectors;
}

/** Loads the two cache lines of a list. */
@inline export function expect(links: usize): void {
  touched ^= load<u32>(links) ^ load<u32>(links, 64);
}

/** Loads every cache line of the vectors of four slots. */
export function touchVectors(a: u32, b: u32, c: u32, d: u32): void {
  if (byCodes) return;
  const p = vectorAt(a), q = vectorAt(b), r = vectorAt(c), s = vectorAt(d);
  let seen: u32 = 0;
  for (let o: usize = 0; o < vectorBytes; o += 64) seen |= load<u32>(p + o) | load<u32>(q + o) | load<u32>(r + o) | load<u32>(s + o);
  touched ^= seen;
}

/** Code and norm of the vector in `slot`, by the factors now in the tables. */
export function encode(slot: u32): void {
  if (!quantized) return;
  const factor: f32 = space == SPACE_COSINE ? load<f32>(inverseAt(slot)) : 1;
  toWide(vectorAt(slot), codeFactorsAt, factor, CODE_LIMIT, wideQueryAt, padded);
  toCodes(wideQueryAt, codeAt(slot), padded);
  measureCode(slot);
}

/** What is kept beside the code of `slot`. */
export function measureCode(slot: u32): void {
  if (space != SPACE_L2) return;
  widen(codeAt(slot), weightsAt, wideQueryAt, padded);
  const own = makeSide(wideQueryAt, padded, narrow);
  store<f32>(normAt(slot), f32(codeDot(wideQueryAt, codeAt(slot), padded, narrow) - own));
}

/** Writes to `vectorAt(slot)` what the code of a slot stands for. */
export function graphDecode(slot: u32): void {
  const inverse = load<f32>(inverseAt(slot));
  const length: f32 = space == SPACE_COSINE && inverse > 0 ? 1 / inverse : 1;
  for (let d: u32 = 0; d < dimensions; d++) {
    const value = f32(i32(load<u8>(codeAt(slot) + d)) - 64) / load<f32>(codeFactorsAt + (d << 2));
    store<f32>(vectorAt(slot) + (d << 2), value * length);
  }
}

/** All codes anew, after the tables were written. */
export function graphEncode(): void {
  squaredStep = 1 / (load<f32>(codeFactorsAt) * load<f32>(queryFactorsAt));
  narrow = true;
  for (let d: u32 = 0; d < dimensions; d++) narrow = narrow && load<i16>(weightsAt + (d << 1)) == 1;
  for (let slot: u32 = 0; slot < slots; slot++) {
    if ((bit(liveAt, slot) | bit(linkedAt, slot)) != 0) encode(slot);
  }
}
