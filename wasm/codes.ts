/**
 * Kernels over int8 codes: a stored vector is one byte of −63…63 per dimension, the vector it is compared with i16. Products of the
 * two and their sum stay under 2³¹ (src/core/quantizer.ts chooses weights and ranges so), so every sum is exact on every CPU.
 */

@inline function sumLanes(v: v128): i32 {
  const pairs = i32x4.add(v, v128.shuffle<u32>(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

@inline function sumLanesFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<u32>(c, d, 0, 4, 1, 5), v128.shuffle<u32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<u32>(ab, cd, 0, 1, 4, 5), v128.shuffle<u32>(ab, cd, 2, 3, 6, 7));
}

@inline function productAdd(wide: v128, code: v128, sum: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(wide, code));
}

/** Σ wideᵢ·codeᵢ of i16 at `wide` and `bytes` codes, a multiple of 16. */
export function codeDot(wide: usize, code: usize, bytes: usize): i32 {
  let s0 = i32x4.splat(0), s1 = s0;
  let o: usize = 0;
  do {
    s0 = productAdd(v128.load(wide + (o << 1)), v128.load8x8_s(code + o), s0);
    s1 = productAdd(v128.load(wide + (o << 1), 16), v128.load8x8_s(code + o, 8), s1);
    o += 16;
  } while (o < bytes);
  return sumLanes(i32x4.add(s0, s1));
}

/** `codeDot` with four scattered codes; i32x4. */
export function codeDotFour(wide: usize, a: usize, b: usize, c: usize, d: usize, bytes: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa;
  let o: usize = 0;
  do {
    const w0 = v128.load(wide + (o << 1));
    sa = productAdd(w0, v128.load8x8_s(a + o), sa);
    sb = productAdd(w0, v128.load8x8_s(b + o), sb);
    sc = productAdd(w0, v128.load8x8_s(c + o), sc);
    sd = productAdd(w0, v128.load8x8_s(d + o), sd);
    const w1 = v128.load(wide + (o << 1), 16);
    sa = productAdd(w1, v128.load8x8_s(a + o, 8), sa);
    sb = productAdd(w1, v128.load8x8_s(b + o, 8), sb);
    sc = productAdd(w1, v128.load8x8_s(c + o, 8), sc);
    sd = productAdd(w1, v128.load8x8_s(d + o, 8), sd);
    o += 16;
  } while (o < bytes);
  return sumLanesFour(sa, sb, sc, sd);
}

/** Four floats times four factors as whole numbers of −`limit`…`limit`. NaN (0 · ∞) becomes 0. */
@inline function rounded(vector: usize, factors: usize, scale: v128, limit: v128): v128 {
  const value = f32x4.mul(f32x4.mul(v128.load(vector), v128.load(factors)), scale);
  const clipped = f32x4.min(f32x4.max(value, f32x4.neg(limit)), limit);
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(clipped));
}

/** i16 of vectorᵢ · factorᵢ · scale, clipped to ±`limit`, for `count` dimensions, a multiple of 8. */
export function toWide(vector: usize, factors: usize, scale: f32, limit: f32, wide: usize, count: u32): void {
  const s = f32x4.splat(scale), l = f32x4.splat(limit);
  for (let o: usize = 0; o < <usize>(count << 2); o += 32) {
    const low = rounded(vector + o, factors + o, s, l);
    const high = rounded(vector + o + 16, factors + o + 16, s, l);
    v128.store(wide + (o >> 1), i16x8.narrow_i32x4_s(low, high));
  }
}

/** Narrows `count` i16 that fit one byte, a multiple of 16. */
export function narrow(wide: usize, code: usize, count: u32): void {
  for (let o: usize = 0; o < <usize>count; o += 16) {
    v128.store(code + o, i8x16.narrow_i16x8_s(v128.load(wide + (o << 1)), v128.load(wide + (o << 1), 16)));
  }
}

/** i16 of codeᵢ · weightᵢ: a stored code as the side that is compared. `count` is a multiple of 8. */
export function widen(code: usize, weights: usize, wide: usize, count: u32): void {
  for (let o: usize = 0; o < <usize>count; o += 8) {
    v128.store(wide + (o << 1), i16x8.mul(v128.load8x8_s(code + o), v128.load(weights + (o << 1))));
  }
}

/** Largest |vectorᵢ · factorᵢ| of `count` dimensions, a multiple of 4. */
export function largestProduct(vector: usize, factors: usize, count: u32): f32 {
  let m = f32x4.splat(0);
  for (let o: usize = 0; o < <usize>(count << 2); o += 16) {
    m = f32x4.max(m, f32x4.abs(f32x4.mul(v128.load(vector + o), v128.load(factors + o))));
  }
  m = f32x4.max(m, v128.shuffle<u32>(m, m, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1));
}
