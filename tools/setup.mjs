/**
 * The set-up shared by `npm start`, `npm test` and CI: right Node, installed packages, built wasm.
 * Must run before anything is installed, so it uses Node built-ins only. Browsers are browser.mjs's business.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isMain, ROOT, runNpm } from './run.mjs';

/**
 * Compares a Node version with the `engines.node` of package.json, which is always `>=major.minor` here.
 * @param {string} version as in `process.versions.node`
 * @param {string} range
 * @returns {string | null} what to tell the user, null when the version will do
 */
export function nodeComplaint(version, range) {
  const wanted = /^>=(\d+)\.(\d+)/.exec(range);
  const found = /^(\d+)\.(\d+)/.exec(version);
  if (!wanted || !found) return `The Node range "${range}" or version "${version}" cannot be read.`;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const [minMajor, minMinor] = [Number(wanted[1]), Number(wanted[2])];
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return null;
  return `kindex needs Node ${range}; this is Node ${version}. Install a newer one from https://nodejs.org.`;
}

/**
 * @typedef {{ packages?: Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }> }} Lock
 */

/**
 * Whether what npm says it installed (`node_modules/.package-lock.json`) is what the lock file asks for.
 * Optional packages (other platforms' binaries) may be missing.
 * @param {Lock} lock
 * @param {Lock} installed
 * @returns {string | null} the first difference, null when there is none
 */
export function installComplaint(lock, installed) {
  const have = installed.packages ?? {};
  for (const [path, wanted] of Object.entries(lock.packages ?? {})) {
    if (path === '') continue;
    const found = have[path];
    if (!found) {
      if (wanted.optional || wanted.devOptional || wanted.peer) continue;
      return `${path} is missing`;
    }
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return `${path} is ${found.version}, the lock file says ${wanted.version}`;
    }
  }
  return null;
}

/** @param {string} file @returns {Lock} */
const readLock = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Installs the locked packages when something is missing or differs. @returns {boolean} success */
function installPackages() {
  const receipt = join(ROOT, 'node_modules', '.package-lock.json');
  const why = existsSync(receipt)
    ? installComplaint(readLock(join(ROOT, 'package-lock.json')), readLock(receipt))
    : 'nothing is installed yet';
  if (why === null) return true;
  process.stdout.write(`Installing packages (${why}).\n`);
  if (runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error']) === 0) return true;
  process.stderr.write('npm ci failed; its message stands above. Is the package registry within reach?\n');
  return false;
}

/** @param {string} folder @returns {number} time of the latest change of any file in it, 0 when there is none */
function latestChange(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || path.startsWith(join(folder, 'build'))) continue;
    latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

/** Builds both binaries in wasm/build when one is missing or older than its sources. @returns {boolean} success */
function buildWasm() {
  const targets = ['core', 'core-relaxed'].map((name) => join(ROOT, 'wasm', 'build', `${name}.wasm`));
  const sourceTime = Math.max(
    latestChange(join(ROOT, 'wasm')),
    statSync(join(ROOT, 'tools', 'wasm.mjs')).mtimeMs,
  );
  if (targets.every((target) => existsSync(target) && statSync(target).mtimeMs >= sourceTime)) return true;
  process.stdout.write('Building the WebAssembly core.\n');
  return (
    spawnSync(process.execPath, [join(ROOT, 'tools', 'wasm.mjs')], { cwd: ROOT, stdio: 'inherit' }).status ===
    0
  );
}

/** Everything a build or a Node test needs. Says what it does; does nothing when all is there. @returns {boolean} success */
export function setUp() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const complaint = nodeComplaint(process.versions.node, engines.node);
  if (complaint) {
    process.stderr.write(`${complaint}\n`);
    return false;
  }
  return installPackages() && buildWasm();
}

if (isMain(import.meta.url)) {
  process.exitCode = setUp() ? 0 : 1;
}
