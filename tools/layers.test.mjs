/** The layer check catches what it says it catches, and the repository passes it. */
import { describe, expect, test } from 'vitest';
import { findViolations, readHouse, readModule } from './layers.mjs';

/** @param {Record<string, string>} files */
const violations = (files) => findViolations(new Map(Object.entries(files)));

/** Enough of a house to be in order. */
const HOUSE = {
  'src/base/types.ts': 'export type Row = number;\nexport const zero = 0;\n',
  'src/core/core.ts': "import { zero } from '../base/types.js';\nexport const core = zero;\n",
  'src/store/store.ts':
    "import { core } from '../core/core.js';\nexport const store = core;\nexport type S = 1;\n",
  'src/client/client.ts': "import type { Row } from '../base/types.js';\nexport const client: Row = 1;\n",
};

/** @type {[string, Record<string, string>, RegExp][]} */
const PLANTED = [
  [
    'code imported upwards',
    { 'src/core/bad.ts': "import { store } from '../store/store.js';\nstore;\n" },
    /^src\/core\/bad\.ts:1: core may not import code from store/,
  ],
  [
    'a type imported upwards',
    { 'src/core/bad.ts': "\nimport type { S } from '../store/store.js';\nexport type T = S;\n" },
    /^src\/core\/bad\.ts:2: core may not import types from store/,
  ],
  [
    'a type imported from a room that is forbidden even for types',
    { 'src/client/bad.ts': "export type T = import('../store/store.js').S;\n" },
    /^src\/client\/bad\.ts:1: client may not import types from store/,
  ],
  [
    'code imported downwards past the table',
    { 'src/client/bad.ts': "import { core } from '../core/core.js';\ncore;\n" },
    /client may not import code from core/,
  ],
  [
    'an inline type import, which still loads the module',
    { 'src/client/bad.ts': "import { type S } from '../store/store.js';\nexport type T = S;\n" },
    /client may not import code from store/,
  ],
  [
    'a re-export across the table',
    { 'src/client/bad.ts': "export * from '../store/store.js';\n" },
    /client may not import code from store/,
  ],
  [
    'a lazy import across the table',
    { 'src/client/bad.ts': "export const later = () => import('../store/store.js');\n" },
    /client may not import code from store/,
  ],
  [
    'an engine of embed in the page bundle',
    {
      'src/embed/static.ts': 'export const engine = 1;\n',
      'src/client/bad.ts': "import { engine } from '../embed/static.js';\nengine;\n",
    },
    /client may not import code from embed/,
  ],
  ['an unknown room', { 'src/helpers/x.ts': 'export const x = 1;\n' }, /src\/helpers is not a room/],
  ['a file beside the doors', { 'src/stray.ts': 'export const x = 1;\n' }, /src\/stray\.ts is not a room/],
  ['a file called utils', { 'src/core/utils.ts': 'export const x = 1;\n' }, /there is no "utils"/],
  [
    'an import that names no file',
    { 'src/core/bad.ts': "import './gone.js';\n" },
    /"\.\/gone\.js" names no file/,
  ],
  [
    'a test imported by product code',
    {
      'src/core/core.contract.ts': 'export const cases = 1;\n',
      'src/core/bad.ts': "import { cases } from './core.contract.js';\ncases;\n",
    },
    /"\.\/core\.contract\.js" is for tests/,
  ],
  [
    'a worker that imports more than its host',
    { 'workers/bad.worker.ts': "import { core } from '../src/core/core.js';\ncore;\n" },
    /workers may not import code from core/,
  ],
  [
    'a demo that reaches into src',
    { 'demo/main.ts': "import { client } from '../src/client/client.js';\nclient;\n" },
    /demo uses the package by name/,
  ],
  [
    'a package in the wrong room',
    { 'src/client/bad.ts': "import { openDB } from 'idb';\nopenDB;\n" },
    /package idb does not belong into client/,
  ],
  [
    'an optional package loaded at once',
    { 'src/embed/bad.ts': "import { pipeline } from '@huggingface/transformers';\npipeline;\n" },
    /@huggingface\/transformers must be loaded by import\(\)/,
  ],
  [
    'a Node module, even loaded late',
    { 'src/client/bad.ts': "export const fs = () => import('node:fs');\n" },
    /client may not load Node modules/,
  ],
  ['console', { 'src/core/bad.ts': "console.warn('x');\n" }, /console belongs to the application/],
  [
    'a worker started elsewhere',
    { 'src/client/bad.ts': "export const w = () => new Worker(new URL('./x.js', import.meta.url));\n" },
    /workers are started in src\/rpc\/spawn\.ts only/,
  ],
  [
    'a cycle',
    {
      'src/core/a.ts': "import { b } from './b.js';\nexport const a = () => b;\n",
      'src/core/b.ts': "import { c } from './c.js';\nexport const b = () => c;\n",
      'src/core/c.ts': "import { a } from './a.js';\nexport const c = () => a;\n",
    },
    /^import cycle: src\/core\/a\.ts → src\/core\/b\.ts → src\/core\/c\.ts → src\/core\/a\.ts$/,
  ],
  ['a file that does not parse', { 'src/core/bad.ts': 'export const = ;\n' }, /cannot be parsed/],
];

/** @type {[string, Record<string, string>][]} */
const ALLOWED = [
  [
    'types downwards past the table',
    { 'src/host/x.ts': "import type { Row } from '../base/types.js';\nexport type T = Row;\n" },
  ],
  [
    'the light half of embed in the client',
    {
      'src/embed/registry.ts': 'export const registry = 1;\n',
      'src/client/x.ts': "import { registry } from '../embed/registry.js';\nregistry;\n",
    },
  ],
  [
    'tests that reach anywhere',
    { 'src/core/x.test.ts': "import { store } from '../store/store.js';\nstore;\n" },
  ],
  [
    'two files whose types know each other',
    {
      'src/core/a.ts': "import type { B } from './b.js';\nexport type A = B | 1;\n",
      'src/core/b.ts': "import type { A } from './a.js';\nexport type B = A | 2;\n",
    },
  ],
  [
    'forbidden words in comments and strings',
    { 'src/core/x.ts': "// console.log, new Worker('x')\nexport const s = 'console.log';\n" },
  ],
  ['workers started in spawn.ts', { 'src/rpc/spawn.ts': "export const w = () => new Worker('x');\n" }],
  ['the package by name', { 'demo/main.ts': "import { ChromaClient } from 'kindex';\nChromaClient;\n" }],
];

describe('layers', () => {
  test('a house in order has no violations', () => {
    expect(violations(HOUSE)).toEqual([]);
  });

  test.each(PLANTED)('%s is one violation', (_, files, message) => {
    const found = violations({ ...HOUSE, ...files });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  test.each(ALLOWED)('%s: allowed', (_, files) => {
    expect(violations({ ...HOUSE, ...files })).toEqual([]);
  });

  test('imports are told apart by what they load', () => {
    const { imports } = readModule(
      'x.ts',
      "import type { A } from './a.js';\nimport { type B } from './b.js';\nexport type { C } from './c.js';\n" +
        "export type D = import('./d.js').D;\nexport const e = () => import('./e.js');\n",
    );
    expect(imports).toEqual([
      { specifier: './a.js', line: 1, kind: 'type' },
      { specifier: './b.js', line: 2, kind: 'value' },
      { specifier: './c.js', line: 3, kind: 'type' },
      { specifier: './d.js', line: 4, kind: 'type' },
      { specifier: './e.js', line: 5, kind: 'lazy' },
    ]);
  });

  test('the repository has no violations', () => {
    const files = readHouse();
    expect(files.size).toBeGreaterThan(0);
    expect(findViolations(files)).toEqual([]);
  });
});
