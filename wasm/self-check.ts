/**
 * Whether the engine computes sums of codes as the specification says. V8 11.3 has relaxed instructions behind a flag, and its
 * baseline compiler adds up wrong registers: found by running the kernels, once per load.
 */
import { codeDot, codeDotFour, makeSide } from './codes';

const LENGTH: u32 = 48;
/** i16 [LENGTH], u8 [4 × LENGTH], i32 [4]. */
const SIDE: usize = memory.data(96, 16);
const CODES: usize = memory.data(192, 16);
const SUMS: usize = memory.data(16, 16);

/** 1 when they are right. */
export function codesAreExact(): u32 {
  return ASC_FEATURE_RELAXED_SIMD ? u32(areRight(127, true) && areRight(32639, false)) : 1;
}

/** Sides of −`limit`…`limit`, both ends among them, against codes of 1…127. */
function areRight(limit: i32, narrow: bool): bool {
  memory.fill(SUMS, 0, 16);
  let total: i32 = 0;
  for (let i: u32 = 0; i < LENGTH; i++) {
    const side = i32(i % 7) * 2 * limit / 6 - limit;
    store<i16>(SIDE + (i << 1), i16(side));
    total += side;
    for (let r: u32 = 0; r < 4; r++) {
      const code = (i * (41 + 2 * r)) % 127 + 1;
      store<u8>(CODES + r * LENGTH + i, u8(code));
      store<i32>(SUMS + (r << 2), load<i32>(SUMS + (r << 2)) + side * i32(code));
    }
  }
  if (makeSide(SIDE, LENGTH, narrow) != total << 6 || codeDot(SIDE, CODES, LENGTH, narrow) != load<i32>(SUMS)) return false;
  const sums = codeDotFour(SIDE, CODES, CODES + LENGTH, CODES + 2 * LENGTH, CODES + 3 * LENGTH, LENGTH, narrow);
  return i32x4.all_true(i32x4.eq(sums, v128.load(SUMS)));
}
