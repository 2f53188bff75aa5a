/** The core says what it exports; a changed export is another ABI. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ABI_HASH } from '../src/core/wasm-exports.js';
import { ROOT } from './run.mjs';
import { abiOf, exportsOf } from './wasm-abi.mjs';

const builds = ['core', 'core-relaxed'].map((name) =>
  readFileSync(join(ROOT, 'wasm', 'build', `${name}.wasm`)),
);

test('both builds have the hash of their exports, and it is the one that is asked for at loading', () => {
  for (const bytes of builds) expect(abiOf(bytes)).toEqual({ said: ABI_HASH, wanted: ABI_HASH });
});

test('all exports are read, as the engine sees them', async () => {
  const [bytes] = builds;
  if (!bytes) throw new Error('no build');
  const seen = WebAssembly.Module.exports(await WebAssembly.compile(new Uint8Array(bytes)));
  const { lines } = exportsOf(bytes);
  const names = lines.map((line) => line.replace(/[(:].*/, ''));
  expect(names).toEqual(seen.map(({ name }) => name).toSorted());
  expect(lines).toContain('crc32c(7f,7f,7f)→(7f)');
  expect(lines).toContain('memory: memory');
});

test('an export of another name, or of another type, is another ABI', () => {
  const [bytes] = builds;
  if (!bytes) throw new Error('no build');
  const renamed = Buffer.from(bytes);
  renamed.write('crc32d', renamed.indexOf('crc32c'));
  expect(abiOf(renamed).wanted).not.toBe(ABI_HASH);
  // The first type section entry that gives an i32 gives an i64 instead.
  const retyped = Buffer.from(bytes);
  const at = retyped.indexOf(Buffer.from([0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f]));
  expect(at).toBeGreaterThan(0);
  retyped[at + 6] = 0x7e;
  expect(abiOf(retyped).wanted).not.toBe(ABI_HASH);
});
