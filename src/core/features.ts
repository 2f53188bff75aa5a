/** What the WebAssembly engine here can do, asked with modules as small as they get; null where it can, else one sentence. */

/** `(func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0))))` */
const SIMD_PROBE: Uint8Array<ArrayBuffer> = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
]);

/** The same with `i32x4.relaxed_dot_i8x16_i7x16_add_s` of three zeros. */
const RELAXED_PROBE: Uint8Array<ArrayBuffer> = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0,
  253, 15, 65, 0, 253, 15, 253, 147, 2, 11,
]);

/** Why the engine cannot run wasm/build/core.wasm; null where it can. */
export function simdMissing(): string | null {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here.';
  return WebAssembly.validate(SIMD_PROBE) ? null : 'the WebAssembly here has no SIMD instructions.';
}

/** Does the engine know the instructions of wasm/build/core-relaxed.wasm? Some that do compute them wrong: see wasm/self-check.ts. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}
