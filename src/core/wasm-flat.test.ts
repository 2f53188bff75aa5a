import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { firstDifference, rowsUpTo } from './fixtures/matrices.js';
import { createScalarCore } from './scalar.js';
import { instantiateWasm, type WasmExports } from './wasm-exports.js';
import { WasmFlatVectors } from './wasm-flat.js';

/** Vectors over a real instance, of which `override` replaces some exports. */
async function create(override: (real: WasmExports) => Partial<WasmExports>): Promise<WasmFlatVectors> {
  const bytes = await readFile(new URL('../../wasm/build/core.wasm', import.meta.url));
  const real = instantiateWasm(await WebAssembly.compile(new Uint8Array(bytes)));
  const scalar = createScalarCore();
  return new WasmFlatVectors({
    space: 'l2',
    dimensions: 256,
    exports: { ...real, ...override(real) },
    squaredNorms: (matrix) => scalar.squaredNorms(matrix),
  });
}

/** `memory`, which does not grow while `refuse` says so. */
function refusable(memory: WebAssembly.Memory, refuse: () => boolean): WebAssembly.Memory {
  return {
    get buffer() {
      return memory.buffer;
    },
    grow(pages: number) {
      if (refuse()) throw new RangeError('Maximum memory size exceeded');
      return memory.grow(pages);
    },
  } as WebAssembly.Memory;
}

const filled = (rows: number): { data: Float32Array<ArrayBuffer>; rows: number; dimensions: number } => ({
  data: new Float32Array(rows * 256).fill(1),
  rows,
  dimensions: 256,
});

describe('vectors in a wasm instance', () => {
  test('change nothing when the memory refuses to grow, and go on when it gives way', async () => {
    let refuse = false;
    const vectors = await create(({ memory }) => ({ memory: refusable(memory, () => refuse) }));
    vectors.set(rowsUpTo(10), filled(10));
    const before = vectors.bytes;

    refuse = true;
    const replacements = filled(5000);
    replacements.data.fill(2);
    const outOfMemory = expect.objectContaining({
      code: 'RUNTIME_OUT_OF_MEMORY',
      details: { heldBytes: before, neededBytes: expect.any(Number) },
    });
    expect(() => vectors.set(rowsUpTo(5000), replacements)).toThrow(outOfMemory);
    expect([vectors.size, vectors.bytes]).toEqual([10, before]);
    expect(vectors.read(rowsUpTo(10))).toEqual(filled(10));
    expect(vectors.search(new Float32Array(256), 1).distances).toEqual(Float32Array.of(256));

    refuse = false;
    vectors.set(rowsUpTo(5000), replacements);
    expect(vectors.size).toBe(5000);
    expect(firstDifference(vectors.read(rowsUpTo(5000)).data, replacements.data)).toBe(-1);
  });

  test('store what was reserved for without growing, also when room for results was needed in between', async () => {
    let refuse = false;
    const vectors = await create(({ memory }) => ({ memory: refusable(memory, () => refuse) }));
    vectors.set(rowsUpTo(10), filled(10));
    vectors.reserve(5000);
    const held = vectors.bytes;

    refuse = true;
    expect(vectors.search(new Float32Array(256), 10).rows).toHaveLength(10);
    const added = rowsUpTo(5000).map((row) => row + 10);
    vectors.set(added, filled(5000));
    expect([vectors.size, vectors.bytes]).toEqual([5010, held]);
    expect(() => vectors.reserve(5000)).toThrow(expect.objectContaining({ code: 'RUNTIME_OUT_OF_MEMORY' }));
    expect(() => vectors.reserve(2 ** 24)).toThrow(
      expect.objectContaining({ code: 'RUNTIME_OUT_OF_MEMORY' }),
    );
    expect([vectors.size, vectors.bytes]).toEqual([5010, held]);
  });

  test('refuse to grow beyond what 32-bit addresses reach', async () => {
    const vectors = await create((real) => ({
      flatPages: (slots, scratchBytes) => (slots === 0 ? real.flatPages(slots, scratchBytes) : 65_536),
    }));
    expect(() => vectors.set(rowsUpTo(1), filled(1))).toThrow(
      expect.objectContaining({
        code: 'RUNTIME_OUT_OF_MEMORY',
        details: expect.objectContaining({ neededBytes: 2 ** 32 }),
      }),
    );
  });

  test('give up their instance after a trap and say so from then on', async () => {
    const trap = new WebAssembly.RuntimeError('memory access out of bounds');
    const vectors = await create(() => ({
      flatSearch() {
        throw trap;
      },
    }));
    vectors.set(rowsUpTo(3), filled(3));
    expect(() => vectors.search(new Float32Array(256), 2)).toThrow(
      expect.objectContaining({ code: 'RUNTIME_INTERNAL', cause: trap }),
    );
    expect([vectors.size, vectors.bytes]).toEqual([0, 0]);
    for (const call of [() => vectors.set(rowsUpTo(1), filled(1)), () => vectors.read(rowsUpTo(1))]) {
      expect(call).toThrow(
        expect.objectContaining({
          code: 'RUNTIME_INTERNAL',
          message: expect.stringContaining('lost by an earlier failure'),
        }),
      );
    }
    vectors.dispose();
  });
});
