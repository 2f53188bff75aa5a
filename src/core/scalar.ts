/**
 * The core in plain TypeScript: the definition wasm/ is tested against, and the fallback where WebAssembly SIMD is missing.
 * Sums are formed in double precision and rounded to f32 once. wasm/ sums in f32, so its dot product of n dimensions may differ by
 * (n / 16 + 12) · 2⁻²⁴ · Σ|aᵢ·bᵢ|, its squared lengths and l2 by that share of themselves.
 */
import { checkDimensions, checkGraphOptions } from './check.js';
import type { Core } from './core.js';
import { ScalarFlatVectors, squaredNorms } from './scalar-flat.js';
import { ScalarGraphVectors } from './scalar-graph.js';

/** Castagnoli's polynomial with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

export function createScalarCore(): Core {
  let table: Uint32Array | undefined;
  return {
    kind: 'scalar',
    crc32c(bytes, seed = 0) {
      table ??= crcTable();
      let crc = ~seed;
      for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
      return ~crc >>> 0;
    },
    squaredNorms,
    createFlatVectors({ space, dimensions }) {
      checkDimensions(dimensions);
      return new ScalarFlatVectors(space, dimensions);
    },
    createGraphVectors(options) {
      checkGraphOptions(options);
      return new ScalarGraphVectors(options);
    },
  };
}

/** Entry b: CRC of the single byte b, before the final inversion. */
function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc;
  });
}
