import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadCore } from './load.js';

/** It is the longer one of the two. */
const isRelaxedProbe = (bytes: BufferSource): boolean => bytes.byteLength > 32;

describe('loadCore', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test('gives a wasm core, not degraded, where SIMD is there', async () => {
    const { core, degraded } = await loadCore();
    expect(['wasm-relaxed', 'wasm-simd']).toContain(core.kind);
    expect(degraded).toBeNull();
  });

  test('gives the build with plain SIMD where the engine knows no relaxed instructions', async () => {
    vi.spyOn(WebAssembly, 'validate').mockImplementation((bytes) => !isRelaxedProbe(bytes));
    const { core, degraded } = await loadCore();
    expect([core.kind, degraded]).toEqual(['wasm-simd', null]);
  });

  test('gives the build with plain SIMD where the relaxed one is refused', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(true);
    const { compile } = WebAssembly;
    const compiled = vi.spyOn(WebAssembly, 'compile');
    compiled.mockImplementationOnce(async () => {
      throw new WebAssembly.CompileError('invalid opcode');
    });
    compiled.mockImplementation(compile);
    const { core, degraded } = await loadCore();
    expect([core.kind, degraded, compiled.mock.calls.length]).toEqual(['wasm-simd', null, 2]);
  });

  test('gives the scalar core and says why where the engine has no SIMD', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    const { core, degraded } = await loadCore();
    expect([core.kind, degraded]).toEqual(['scalar', expect.stringContaining('no SIMD instructions')]);
  });

  test('gives the scalar core and says why where there is no WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const { core, degraded } = await loadCore();
    expect([core.kind, degraded]).toEqual(['scalar', expect.stringContaining('no WebAssembly')]);
  });

  test('gives the scalar core and says why where the binary is not the right one', async () => {
    const { core, degraded } = await loadCore({ bytes: new Uint8Array(8) });
    expect([core.kind, degraded]).toEqual(['scalar', expect.stringContaining('could not be loaded')]);
  });

  test('S58 gives the scalar core and says why where there is no memory for an instance', async () => {
    const spied = vi.spyOn(WebAssembly, 'Instance').mockImplementation(function () {
      throw new RangeError('Out of memory');
    });
    const { core, degraded } = await loadCore();
    expect(spied).toHaveBeenCalled();
    expect([core.kind, degraded]).toEqual(['scalar', expect.stringContaining('no memory for another index')]);
  });

  test('passes on every other failure', async () => {
    vi.spyOn(WebAssembly, 'validate').mockImplementation(() => {
      throw new TypeError('not today');
    });
    await expect(loadCore()).rejects.toThrow('not today');
  });
});
