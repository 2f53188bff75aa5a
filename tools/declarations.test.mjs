/** Published declarations are whole: whatever a door's types name is there, and nothing else. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dropDeclarations, reachableDeclarations } from './declarations.mjs';

/** @type {string} */
let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindex-declarations-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** @param {Record<string, string>} files */
function write(files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

test('what a door leads to stays, by whatever words; the rest goes, and code is not touched', () => {
  const kept = {
    'index.d.ts': 'export * from \'./a/a.js\';\nimport type { B } from "./b.js";\nexport type X = B;\n',
    'a/a.d.ts':
      "export type C = import('../c.js').C;\nimport '../d.js';\nimport type { E } from 'elsewhere';\n",
    'b.d.ts': "export type { A } from './a/a.js';\n",
    'c.d.ts': 'export interface C {}\n',
    'd.d.ts': 'export {};\n',
    'lonely.js': 'export const a = 1;\n',
  };
  const gone = {
    'lonely.d.ts': 'export declare const a = 1;\n',
    'inner/far.d.ts': "export * from '../c.js';\n",
  };
  write({ ...kept, ...gone });
  dropDeclarations(folder, [join(folder, 'index.d.ts')]);
  for (const name of Object.keys(kept)) expect(existsSync(join(folder, name)), name).toBe(true);
  for (const name of Object.keys(gone)) expect(existsSync(join(folder, name)), name).toBe(false);
});

test('a declaration that is named and missing is an error', () => {
  write({ 'index.d.ts': "export * from './gone.js';\n" });
  expect(() => reachableDeclarations([join(folder, 'index.d.ts')])).toThrow(/gone\.d\.ts/);
});
