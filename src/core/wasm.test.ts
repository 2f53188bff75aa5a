import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describeAgreement, describeCore } from './core.contract.js';
import type { Core } from './core.js';
import { createScalarCore } from './scalar.js';
import { loadWasmCore } from './wasm.js';

const load = (): Promise<Core> => loadWasmCore({ relaxed: false });

describeCore('wasm', load);
describeAgreement(load, async () => createScalarCore());

/** What every module begins with; alone it is an empty module. */
const HEADER = [0, 97, 115, 109, 1, 0, 0, 0];

const binary = (): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(new URL('../../wasm/build/core.wasm', import.meta.url)).then((bytes) => new Uint8Array(bytes));

describe('loading the wasm core', () => {
  test('takes bytes or a compiled module instead of fetching', async () => {
    const bytes = await binary();
    for (const given of [bytes, bytes.buffer, await WebAssembly.compile(bytes)]) {
      expect((await loadWasmCore({ bytes: given })).kind).toBe('wasm-simd');
    }
  });

  test('refuses bytes that are not WebAssembly', async () => {
    const loading = loadWasmCore({ bytes: new TextEncoder().encode('<!doctype html>') });
    await expect(loading).rejects.toMatchObject({
      code: 'RUNTIME_NO_WASM',
      cause: expect.any(WebAssembly.CompileError),
    });
  });

  test('refuses a module that is not the core', async () => {
    const empty = new Uint8Array(HEADER);
    await expect(loadWasmCore({ bytes: empty })).rejects.toMatchObject({
      code: 'RUNTIME_NO_WASM',
      details: { got: 'undefined', wanted: 8 },
    });
  });

  test('refuses a core of another ABI version', async () => {
    await expect(loadWasmCore({ bytes: withAbiVersion(await binary(), 1) })).rejects.toMatchObject({
      code: 'RUNTIME_NO_WASM',
      message: expect.stringContaining('ABI 1 instead of 8'),
    });
  });

  test('refuses a module that wants imports', async () => {
    // (import "a" "b" (func)), of type () → ()
    const module = [...HEADER, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 97, 1, 98, 0, 0];
    await expect(loadWasmCore({ bytes: new Uint8Array(module) })).rejects.toMatchObject({
      code: 'RUNTIME_NO_WASM',
    });
  });
});

describe('the small instance of the wasm core', () => {
  test('keeps giving the same results after many calls of both kinds', async () => {
    const core = await load();
    const bytes = new TextEncoder().encode('123456789');
    for (let i = 0; i < 100; i++) {
      expect(core.crc32c(bytes)).toBe(0xe3069283);
      const data = new Float32Array(70_000).fill(2);
      expect(core.squaredNorms({ data, rows: 2, dimensions: 35_000 })).toEqual(
        Float32Array.of(140_000, 140_000),
      );
    }
  });

  test('is replaced by a new one after a trap, which is reported with its cause', async () => {
    const core = await loadWasmCore({ bytes: trappingCore() });
    const bytes = Uint8Array.of(1);
    expect([core.crc32c(bytes), core.crc32c(bytes)]).toEqual([1, 2]);
    expect(() => core.crc32c(bytes, 7)).toThrow(
      expect.objectContaining({ code: 'RUNTIME_INTERNAL', cause: expect.any(WebAssembly.RuntimeError) }),
    );
    expect(core.crc32c(bytes)).toBe(1);
  });
});

/**
 * A module with the core's ABI whose crc32c counts its calls: 1, 2, 3 …, and traps for the seed 7.
 * Sections: types () → i32 and (i32, i32, i32) → i32 · functions · one page · ABI_VERSION = 8, the count, RELAXED_SIMD = 0 · exports · code.
 */
function trappingCore(): Uint8Array<ArrayBuffer> {
  const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  const heapAt = [0, 0x41, 0, 0x0b];
  const trapForSeven = [0x20, 2, 0x41, 7, 0x46, 0x04, 0x40, 0x00, 0x0b];
  const countUp = [0x23, 1, 0x41, 1, 0x6a, 0x24, 1, 0x23, 1];
  const crc32c = [0, ...trapForSeven, ...countUp, 0x0b];
  const exports = [
    ...name('memory'),
    2,
    0,
    ...name('ABI_VERSION'),
    3,
    0,
    ...name('RELAXED_SIMD'),
    3,
    2,
    ...name('heapAt'),
    0,
    0,
    ...name('crc32c'),
    0,
    1,
  ];
  return Uint8Array.from([
    ...HEADER,
    ...section(1, 2, 0x60, 0, 1, 0x7f, 0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f),
    ...section(3, 2, 0, 1),
    ...section(5, 1, 0, 1),
    ...section(6, 3, 0x7f, 0, 0x41, 8, 0x0b, 0x7f, 1, 0x41, 0, 0x0b, 0x7f, 0, 0x41, 0, 0x0b),
    ...section(7, 5, ...exports),
    ...section(10, 2, heapAt.length, ...heapAt, crc32c.length, ...crc32c),
  ]);
}

/** The binary with the initial value of its exported global `ABI_VERSION`, an i32 constant 8, set to `version` (0…63). */
function withAbiVersion(bytes: Uint8Array<ArrayBuffer>, version: number): Uint8Array<ArrayBuffer> {
  // A global of type i32, not mutable: 7f 00, then i32.const 7, end: 41 08 0b.
  const pattern = [0x7f, 0x00, 0x41, 0x08, 0x0b];
  const at = bytes.findIndex((_, i) => pattern.every((byte, j) => bytes[i + j] === byte));
  expect(at).toBeGreaterThan(0);
  return bytes.with(at + 3, version);
}
