/**
 * Builds what is published and shown: `node tools/build.mjs [npm] [cdn] [demo]`, all three when none is named.
 * npm = `tsc`, one module per file, same tree as the repository; cdn and demo = Vite (see vite.config.ts).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assetProblems } from './assets.mjs';
import { dropDeclarations } from './declarations.mjs';
import { doorsOf } from './exports.mjs';
import { binary, ROOT } from './run.mjs';
import { setUp } from './setup.mjs';
import { shakeDeclarations } from './shake-declarations.mjs';
import { stripFolder } from './strip-comments.mjs';
import { tabIndentFolder } from './tab-indent.mjs';

/** Beside code, what the modules load by URL, under the same relative paths as in the repository. */
const ASSETS = ['wasm/build/core.wasm', 'wasm/build/core-relaxed.wasm', 'models/kindex-static-en'];

/** @param {string} script @param {string[]} args */
function runNode(script, args) {
  const done = spawnSync(process.execPath, [script, ...args], { cwd: ROOT, stdio: 'inherit' });
  if (done.status !== 0) throw new Error(`${[script, ...args].join(' ')} failed.`);
}

function buildNpm() {
  const dist = join(ROOT, 'dist');
  for (const part of ['src', 'workers', 'wasm', 'models']) {
    rmSync(join(dist, part), { recursive: true, force: true });
  }
  runNode(binary('typescript', 'tsc'), ['-p', 'tsconfig.build.json']);
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const doors = [...doorsOf(exports).values()]
    .flatMap(({ types }) => types ?? [])
    .map((door) => join(ROOT, door));
  for (const part of ['src', 'workers']) {
    stripFolder(join(dist, part));
    tabIndentFolder(join(dist, part));
  }
  shakeDeclarations(doors);
  for (const part of ['src', 'workers']) dropDeclarations(join(dist, part), doors);
  for (const asset of ASSETS) {
    const source = join(ROOT, asset);
    if (!existsSync(source)) throw new Error(`${asset} is missing; it belongs into the package.`);
    mkdirSync(dirname(join(dist, asset)), { recursive: true });
    cpSync(source, join(dist, asset), { recursive: true });
  }
  const problems = assetProblems(dist);
  if (problems.length > 0) throw new Error(`dist/ lost what bundlers look for:\n${problems.join('\n')}`);
}

/** @param {string} mode */
function buildWithVite(mode) {
  runNode(binary('vite', 'vite'), ['build', '--mode', mode, '--logLevel', 'warn']);
}

const BUILDS = {
  npm: buildNpm,
  cdn: () => buildWithVite('cdn'),
  demo: () => buildWithVite('demo'),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(BUILDS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown build: ${unknown.join(', ')}. There are ${Object.keys(BUILDS).join(', ')}.\n`,
  );
  process.exit(1);
}
if (!setUp()) process.exit(1);
try {
  for (const [name, build] of Object.entries(BUILDS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const start = Date.now();
    build();
    process.stdout.write(`Built ${name} in ${((Date.now() - start) / 1000).toFixed(1)} s.\n`);
  }
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
  process.exit(1);
}
