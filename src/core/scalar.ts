/**
 * The core in plain TypeScript: the definition wasm/ is tested against, and the fallback where WebAssembly SIMD is missing.
 * Sums are formed in double precision and rounded to f32 once. wasm/ sums in f32, so its dot product of n dimensions may differ by
 * (n / 16 + 12) · 2⁻²⁴ · Σ|aᵢ·bᵢ|, its squared lengths and l2 by that share of themselves.
 */
import { createCrc32c } from '../base/crc32c.js';
import { checkDimensions, checkGraphOptions } from './check.js';
import type { Core } from './core.js';
import { ScalarFlatVectors, squaredNorms } from './scalar-flat.js';
import { ScalarGraphVectors } from './scalar-graph.js';

export function createScalarCore(): Core {
  return {
    kind: 'scalar',
    crc32c: createCrc32c(),
    squaredNorms,
    createFlatVectors({ space, dimensions }) {
      checkDimensions(dimensions);
      return new ScalarFlatVectors(space, dimensions);
    },
    createGraphVectors(options) {
      checkGraphOptions(options);
      return new ScalarGraphVectors(options);
    },
    async loadBinary() {
      const [{ meansOf }, { ScalarBinaryVectors }] = await Promise.all([
        import('./binary.js'),
        import('./scalar-binary.js'),
      ]);
      return (options) => new ScalarBinaryVectors({ ...options, means: meansOf(options) });
    },
  };
}
