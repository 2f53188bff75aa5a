/**
 * Kernels over int8 codes: a stored vector is one byte per dimension, −63…63 in steps of the quantizer plus 64, the vector it is
 * compared with ("side") i16, or i8 where it fits. Products of the two and their sum stay under 2³¹ (src/core/quantizer.ts chooses
 * weights and ranges so), so every sum is exact, and the same in both builds and on every CPU: codes are unsigned and under 128, as
 * the relaxed instruction wants them, which multiplies sixteen of them at once.
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

/** Sixteen products of i8 and of codes, which are 1…127: by the specification the same on every CPU. */
@inline function relaxedAdd(narrow: v128, code: v128, sum: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(narrow, code, sum);
}

/** Σ sideᵢ·codeᵢ of what `makeSide` left at `side` and `bytes` codes, a multiple of 16. */
export function codeDot(side: usize, code: usize, bytes: usize, narrow: bool): i32 {
  let s0 = i32x4.splat(0), s1 = s0;
  let o: usize = 0;
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (narrow) {
      do {
        s0 = relaxedAdd(v128.load(side + o), v128.load(code + o), s0);
        o += 16;
      } while (o < bytes);
      return sumLanes(s0);
    }
    do {
      const c = v128.load(code + o);
      s0 = relaxedAdd(v128.load(side + (o << 1)), c, s0);
      s1 = relaxedAdd(v128.load(side + (o << 1), 16), c, s1);
      o += 16;
    } while (o < bytes);
    return sumLanes(i32x4.add(s0, i32x4.shl(s1, 8)));
  }
  do {
    s0 = productAdd(v128.load(side + (o << 1)), v128.load8x8_u(code + o), s0);
    s1 = productAdd(v128.load(side + (o << 1), 16), v128.load8x8_u(code + o, 8), s1);
    o += 16;
  } while (o < bytes);
  return sumLanes(i32x4.add(s0, s1));
}

/** `codeDot` with four scattered codes; i32x4. */
export function codeDotFour(side: usize, a: usize, b: usize, c: usize, d: usize, bytes: usize, narrow: bool): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (narrow) return narrowDotFour(side, a, b, c, d, bytes);
    return wideDotFour(side, a, b, c, d, bytes);
  }
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa;
  let o: usize = 0;
  do {
    const w0 = v128.load(side + (o << 1));
    sa = productAdd(w0, v128.load8x8_u(a + o), sa);
    sb = productAdd(w0, v128.load8x8_u(b + o), sb);
    sc = productAdd(w0, v128.load8x8_u(c + o), sc);
    sd = productAdd(w0, v128.load8x8_u(d + o), sd);
    const w1 = v128.load(side + (o << 1), 16);
    sa = productAdd(w1, v128.load8x8_u(a + o, 8), sa);
    sb = productAdd(w1, v128.load8x8_u(b + o, 8), sb);
    sc = productAdd(w1, v128.load8x8_u(c + o, 8), sc);
    sd = productAdd(w1, v128.load8x8_u(d + o, 8), sd);
    o += 16;
  } while (o < bytes);
  return sumLanesFour(sa, sb, sc, sd);
}

@inline function narrowDotFour(side: usize, a: usize, b: usize, c: usize, d: usize, bytes: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa;
  let o: usize = 0;
  do {
    const s = v128.load(side + o);
    sa = relaxedAdd(s, v128.load(a + o), sa);
    sb = relaxedAdd(s, v128.load(b + o), sb);
    sc = relaxedAdd(s, v128.load(c + o), sc);
    sd = relaxedAdd(s, v128.load(d + o), sd);
    o += 16;
  } while (o < bytes);
  return sumLanesFour(sa, sb, sc, sd);
}

@inline function wideDotFour(side: usize, a: usize, b: usize, c: usize, d: usize, bytes: usize): v128 {
  let sa = i32x4.splat(0), sb = sa, sc = sa, sd = sa, ta = sa, tb = sa, tc = sa, td = sa;
  let o: usize = 0;
  do {
    const low = v128.load(side + (o << 1)), high = v128.load(side + (o << 1), 16);
    let code = v128.load(a + o);
    sa = relaxedAdd(low, code, sa);
    ta = relaxedAdd(high, code, ta);
    code = v128.load(b + o);
    sb = relaxedAdd(low, code, sb);
    tb = relaxedAdd(high, code, tb);
    code = v128.load(c + o);
    sc = relaxedAdd(low, code, sc);
    tc = relaxedAdd(high, code, tc);
    code = v128.load(d + o);
    sd = relaxedAdd(low, code, sd);
    td = relaxedAdd(high, code, td);
    o += 16;
  } while (o < bytes);
  return i32x4.add(sumLanesFour(sa, sb, sc, sd), i32x4.shl(sumLanesFour(ta, tb, tc, td), 8));
}

/**
 * Brings `count` i16 at `wide`, a multiple of 16, in place into the form that `codeDot` takes, and returns 64 · Σ of them: what the
 * excess of the codes adds to every sum. `narrow`: they fit i8.
 */
export function makeSide(wide: usize, count: u32, narrow: bool): i32 {
  const ones = i16x8.splat(1);
  let sum = i32x4.splat(0);
  for (let o: usize = 0; o < <usize>count; o += 16) {
    const first = v128.load(wide + (o << 1)), second = v128.load(wide + (o << 1), 16);
    sum = i32x4.add(sum, i32x4.add(i32x4.dot_i16x8_s(first, ones), i32x4.dot_i16x8_s(second, ones)));
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (narrow) v128.store(wide + o, i8x16.narrow_i16x8_s(first, second));
      else {
        const lowFirst = i16x8.shr_s(i16x8.shl(first, 8), 8), lowSecond = i16x8.shr_s(i16x8.shl(second, 8), 8);
        v128.store(wide + (o << 1), i8x16.narrow_i16x8_s(lowFirst, lowSecond));
        v128.store(wide + (o << 1), i8x16.narrow_i16x8_s(
          i16x8.shr_s(i16x8.sub(first, lowFirst), 8), i16x8.shr_s(i16x8.sub(second, lowSecond), 8)), 16);
      }
    }
  }
  return sumLanes(sum) << 6;
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

/** Codes of `count` i16 of −63…63, a multiple of 16. */
export function toCodes(wide: usize, code: usize, count: u32): void {
  for (let o: usize = 0; o < <usize>count; o += 16) {
    const bytes = i8x16.narrow_i16x8_s(v128.load(wide + (o << 1)), v128.load(wide + (o << 1), 16));
    v128.store(code + o, i8x16.add(bytes, i8x16.splat(64)));
  }
}

/** i16 of (codeᵢ − 64) · weightᵢ: a stored code as the side that is compared. `count` is a multiple of 8. */
export function widen(code: usize, weights: usize, wide: usize, count: u32): void {
  for (let o: usize = 0; o < <usize>count; o += 8) {
    v128.store(wide + (o << 1), i16x8.mul(i16x8.sub(v128.load8x8_u(code + o), i16x8.splat(64)), v128.load(weights + (o << 1))));
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
