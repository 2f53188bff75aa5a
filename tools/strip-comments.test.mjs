/** What is published without comments is the same program. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import { ROOT } from './run.mjs';
import { stripComments, stripFolder } from './strip-comments.mjs';
import { treeOf } from './tree-of.mjs';

test('a comment alone on its lines goes with them, one behind code leaves the line', () => {
  expect(
    stripComments(
      '/**\n * About.\n */\nexport const a = 1; // one\n\n    // alone\nconst b = 2; /* two */\n',
    ),
  ).toBe('export const a = 1;\n\nconst b = 2;\n');
  expect(stripComments('a(); // last')).toBe('a();');
  expect(stripComments('// only')).toBe('');
});

test('what only looks like a comment stays', () => {
  const code =
    "const url = 'https://example.org/*';\nconst text = `é😀 // ${/* gone */ a} /* here */`;\nconst r = /[/*]\\/\\//u;\n";
  expect(stripComments(code)).toBe(code.replace('/* gone */', ' '));
});

test('what tools read stays', () => {
  const code = [
    '/*! A licence. */',
    '/// <reference lib="esnext.disposable" preserve="true" />',
    'export const a = /* @__PURE__ */ make();',
    'const b = /* #__PURE__ */ make();',
    "import(/* @vite-ignore */ name, /* webpackIgnore: true */ '');",
    '/** @license MIT */',
    '',
  ].join('\n');
  expect(stripComments(code)).toBe(code);
});

test('words stay apart, and a line break inside a comment goes on ending a statement', () => {
  expect(stripComments('const/**/a = 1')).toBe('const a = 1');
  const code = 'function f() {\n  return /*\n*/ 1\n}\nlet x = 1 /* a */ /* b */\nx /* c\n */ ++x\n';
  expect(treeOf(stripComments(code))).toBe(treeOf(code));
  expect(stripComments(code)).not.toMatch(/\/\*/);
});

test('whole files are the same programs, without a comment', () => {
  const folder = join(ROOT, 'tools');
  const names = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  for (const name of names) {
    const code = readFileSync(join(folder, name), 'utf8');
    const stripped = stripComments(code, name);
    expect(treeOf(stripped), name).toBe(treeOf(code));
    expect(parseSync('module.js', stripped).comments, name).toEqual([]);
  }
  expect(names.length).toBeGreaterThan(20);
});

test('a folder is stripped in place, declarations are left alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kindex-strip-'));
  try {
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'inner', 'a.js'), '// gone\na();\n');
    writeFileSync(join(folder, 'a.d.ts'), '/** Stays. */\n');
    stripFolder(folder);
    expect(readFileSync(join(folder, 'inner', 'a.js'), 'utf8')).toBe('a();\n');
    expect(readFileSync(join(folder, 'a.d.ts'), 'utf8')).toBe('/** Stays. */\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what is no module is told with its name', () => {
  expect(() => stripComments('const = 1', 'broken.js')).toThrow(/^broken\.js: /);
});
