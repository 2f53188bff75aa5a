/** A build whose worker or wasm literals were rewritten, or name nothing, does not pass. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assetProblems } from './assets.mjs';

const SPAWN =
  "new Worker(new URL('../../workers/store.worker.js', import.meta.url), { type: 'module', name });\n" +
  "new Worker(new URL('../../workers/embed.worker.js', import.meta.url), { type: 'module' });\n";

/** @type {Record<string, string>} */
const BUILD = {
  'src/rpc/spawn.js': SPAWN,
  'src/core/wasm.js':
    "new URL('../../wasm/build/core.wasm', import.meta.url);\n" +
    "new URL('../../wasm/build/core-relaxed.wasm', import.meta.url);\n",
  'src/embed/files.js':
    "new URL('../../models/kindex-static-en/kindex-static-en.int4.bin', import.meta.url);\n" +
    "new URL('../../models/kindex-static-en/tokenizer.json', import.meta.url);\n",
  'workers/store.worker.js': '',
  'workers/embed.worker.js': '',
  'wasm/build/core.wasm': '',
  'wasm/build/core-relaxed.wasm': '',
  'models/kindex-static-en/kindex-static-en.int4.bin': '',
  'models/kindex-static-en/tokenizer.json': '',
};

/** @type {string} */
let dist;
beforeEach(() => {
  dist = mkdtempSync(join(tmpdir(), 'kindex-assets-'));
});
afterEach(() => {
  rmSync(dist, { recursive: true, force: true });
});

/** @param {Record<string, string | undefined>} changes undefined removes a file */
function problemsWith(changes) {
  for (const [file, text] of Object.entries({ ...BUILD, ...changes })) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    writeFileSync(join(dist, file), text);
  }
  return assetProblems(dist);
}

test('a whole build has no problems', () => {
  expect(problemsWith({})).toEqual([]);
});

test('a literal whose file is missing is named', () => {
  expect(problemsWith({ 'wasm/build/core.wasm': undefined })).toEqual([
    `${join('src', 'core', 'wasm.js')}: '../../wasm/build/core.wasm' names no file`,
  ]);
});

test('a worker URL kept in a variable is a missing literal', () => {
  const rewritten = SPAWN.replace(
    "new Worker(new URL('../../workers/store.worker.js', import.meta.url)",
    'new Worker(url',
  );
  expect(problemsWith({ 'src/rpc/spawn.js': rewritten })).toEqual([
    expect.stringMatching(/^nowhere: new Worker\(new URL\('\.\.\/\.\.\/workers\/store\.worker\.js'/),
  ]);
});

test('a wasm inlined as text is a missing literal', () => {
  expect(problemsWith({ 'src/core/wasm.js': "fetch('data:application/wasm;base64,AA==');\n" })).toEqual([
    expect.stringMatching(/^nowhere: new URL\('\.\.\/\.\.\/wasm\/build\/core\.wasm'/),
    expect.stringMatching(/^nowhere: new URL\('\.\.\/\.\.\/wasm\/build\/core-relaxed\.wasm'/),
  ]);
});
