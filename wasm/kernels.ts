/**
 * f32 kernels, one pair of vectors a call or one vector against four. Four accumulators hide the latency of the additions (384 dimensions from the cache in V8 on
 * Zen 4: one 72 ns, four 30 ns, eight 42 ns), and one offset serves both operands (V8 does not merge two moving pointers).
 */

@inline function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<u32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** (Σa, Σb, Σc, Σd). */
@inline function sumLanesFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<u32>(c, d, 0, 4, 1, 5), v128.shuffle<u32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<u32>(ab, cd, 0, 1, 4, 5), v128.shuffle<u32>(ab, cd, 2, 3, 6, 7));
}

@inline function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), sum);
}

/** `multiplyAdd` with one rounding where the CPU can: for distances of which only the order counts. */
@inline function fusedAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return multiplyAdd(a, b, sum);
}

@inline function fusedSquareAdd(a: v128, b: v128, sum: v128): v128 {
  const difference = f32x4.sub(a, b);
  return fusedAdd(difference, difference, sum);
}

@inline function squareAdd(a: v128, b: v128, sum: v128): v128 {
  const difference = f32x4.sub(a, b);
  return f32x4.add(f32x4.mul(difference, difference), sum);
}

/** Σ aᵢ·bᵢ over `bytes`, a multiple of 16: vectors are zero-padded to four floats. */
export function dot(a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let o: usize = 0;
  for (const end = bytes & ~63; o < end; o += 64) {
    s0 = multiplyAdd(v128.load(a + o), v128.load(b + o), s0);
    s1 = multiplyAdd(v128.load(a + o, 16), v128.load(b + o, 16), s1);
    s2 = multiplyAdd(v128.load(a + o, 32), v128.load(b + o, 32), s2);
    s3 = multiplyAdd(v128.load(a + o, 48), v128.load(b + o, 48), s3);
  }
  for (; o < bytes; o += 16) s0 = multiplyAdd(v128.load(a + o), v128.load(b + o), s0);
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** Σ (aᵢ − bᵢ)² over `bytes`, a multiple of 16. */
export function squaredL2(a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let o: usize = 0;
  for (const end = bytes & ~63; o < end; o += 64) {
    s0 = squareAdd(v128.load(a + o), v128.load(b + o), s0);
    s1 = squareAdd(v128.load(a + o, 16), v128.load(b + o, 16), s1);
    s2 = squareAdd(v128.load(a + o, 32), v128.load(b + o, 32), s2);
    s3 = squareAdd(v128.load(a + o, 48), v128.load(b + o, 48), s3);
  }
  for (; o < bytes; o += 16) s0 = squareAdd(v128.load(a + o), v128.load(b + o), s0);
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** Σ xᵢ² of `count` floats, any number, unpadded. */
export function squaredNorm(at: usize, count: u32): f32 {
  const bytes: usize = count << 2;
  const padded = bytes & ~15;
  let sum = dot(at, at, padded);
  for (let o = padded; o < bytes; o += 4) {
    const x = load<f32>(at + o);
    sum += x * x;
  }
  return sum;
}

/**
 * Dot products of the vector at `q` with four scattered ones, `bytes` a multiple of 32. Their cache misses overlap, which is what
 * counts where rows come from memory in no order: 420–480 instead of 740–960 ns a row of 384 dimensions.
 */
export function dotFour(q: usize, a: usize, b: usize, c: usize, d: usize, bytes: usize): v128 {
  let sa = f32x4.splat(0), sb = sa, sc = sa, sd = sa;
  let o: usize = 0;
  do {
    const q0 = v128.load(q + o);
    sa = fusedAdd(v128.load(a + o), q0, sa);
    sb = fusedAdd(v128.load(b + o), q0, sb);
    sc = fusedAdd(v128.load(c + o), q0, sc);
    sd = fusedAdd(v128.load(d + o), q0, sd);
    const q1 = v128.load(q + o, 16);
    sa = fusedAdd(v128.load(a + o, 16), q1, sa);
    sb = fusedAdd(v128.load(b + o, 16), q1, sb);
    sc = fusedAdd(v128.load(c + o, 16), q1, sc);
    sd = fusedAdd(v128.load(d + o, 16), q1, sd);
    o += 32;
  } while (o < bytes);
  return sumLanesFour(sa, sb, sc, sd);
}

/** `dotFour` for squared L2. */
export function squaredL2Four(q: usize, a: usize, b: usize, c: usize, d: usize, bytes: usize): v128 {
  let sa = f32x4.splat(0), sb = sa, sc = sa, sd = sa;
  let o: usize = 0;
  do {
    const q0 = v128.load(q + o);
    sa = fusedSquareAdd(v128.load(a + o), q0, sa);
    sb = fusedSquareAdd(v128.load(b + o), q0, sb);
    sc = fusedSquareAdd(v128.load(c + o), q0, sc);
    sd = fusedSquareAdd(v128.load(d + o), q0, sd);
    const q1 = v128.load(q + o, 16);
    sa = fusedSquareAdd(v128.load(a + o, 16), q1, sa);
    sb = fusedSquareAdd(v128.load(b + o, 16), q1, sb);
    sc = fusedSquareAdd(v128.load(c + o, 16), q1, sc);
    sd = fusedSquareAdd(v128.load(d + o, 16), q1, sd);
    o += 32;
  } while (o < bytes);
  return sumLanesFour(sa, sb, sc, sd);
}
