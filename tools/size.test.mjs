/** What the size check counts, and what it leaves out. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ROOT } from './run.mjs';
import { bundle, COMPRESSED_SIZE, packageBytes } from './size.mjs';

test('an entry is counted with what it imports, minified, without what it loads later', async () => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache', 'size-test-'));
  try {
    writeFileSync(
      join(folder, 'entry.js'),
      "import { part } from './part.js';\nexport const whole = () => part;\nexport const later = () => import('./later.js');\n",
    );
    writeFileSync(join(folder, 'part.js'), "// a comment\nexport const part = 'counted';\n");
    writeFileSync(join(folder, 'later.js'), "export const text = 'left out';\n");
    const code = (await bundle(join(relative(ROOT, folder), 'entry.js'))).toString();
    expect(code).toContain('counted');
    expect(code).not.toContain('a comment');
    expect(code).not.toContain('left out');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('sizes are those of the compressed bytes', () => {
  const text = Buffer.from('kindex '.repeat(1000));
  expect(COMPRESSED_SIZE.gzip(text)).toBe(gzipSync(text, { level: 9 }).length);
  expect(COMPRESSED_SIZE.brotli(text)).toBeLessThan(COMPRESSED_SIZE.gzip(text));
});

test('the package is counted without its models, wherever they lie', () => {
  expect(
    packageBytes([
      { path: 'package.json', size: 1 },
      { path: 'dist/src/index.js', size: 10 },
      { path: 'dist/models/kindex-static-en/README.md', size: 100 },
      { path: 'dist/cdn/assets/kindex-static-en.int4-aBc_12.bin', size: 1000 },
      { path: 'dist/cdn/assets/tokenizer-aBc_12.json', size: 10_000 },
      { path: 'dist/cdn/assets/store.worker-aBc_12.js', size: 100_000 },
    ]),
  ).toBe(100_011);
});
