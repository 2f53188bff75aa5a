/** Runs other programs for the tools: one place that knows how npm and node are started. Uses Node built-ins only. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder; every tool works in it, wherever it was called from. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * True in the file that Node was asked to run, false where it is imported.
 * @param {string} url the asking file's `import.meta.url`
 */
export function isMain(url) {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === realpathSync(fileURLToPath(url));
}

/**
 * The script behind a command of an installed package, to be run with this Node: no shell, no `.cmd` files.
 * @param {string} name npm package
 * @param {string} command
 * @returns {string} absolute path
 */
export function binary(name, command) {
  const folder = join(ROOT, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

/**
 * How to start npm: the running npm's own script where there is one, the `npm` of the path otherwise.
 * @param {string[]} args
 * @returns {{ command: string, args: string[], shell: boolean }}
 */
function npmCommand(args) {
  const script = process.env['npm_execpath'];
  if (script && /npm-cli\.[cm]?js$/.test(script)) {
    return { command: process.execPath, args: [script, ...args], shell: false };
  }
  return { command: 'npm', args, shell: process.platform === 'win32' };
}

/**
 * Runs npm in the repository (or `cwd`) and waits; its output is this process's output.
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {number} exit code; 1 when npm could not be started or was ended by a signal
 */
export function runNpm(args, { cwd = ROOT } = {}) {
  const npm = npmCommand(args);
  const done = spawnSync(npm.command, npm.args, {
    cwd,
    shell: npm.shell,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (done.error) process.stderr.write(`npm could not be started: ${done.error.message}\n`);
  return done.status ?? 1;
}

/**
 * Runs npm and gives back what it printed.
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {string} standard output
 * @throws Error with npm's own words when it fails
 */
export function captureNpm(args, { cwd = ROOT } = {}) {
  const npm = npmCommand(args);
  const done = spawnSync(npm.command, npm.args, {
    cwd,
    shell: npm.shell,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

/**
 * Runs an npm script of this repository.
 * @param {string} script
 * @param {string[]} extra arguments after `--`
 * @param {{ timeoutMs: number, stream: boolean, env?: Record<string, string> }} options
 *   `stream` shows the output while it comes, and it is kept in both cases
 * @returns {Promise<{ code: number, output: string, timedOut: boolean }>}
 */
export function runScript(script, extra, { timeoutMs, stream, env = {} }) {
  const npm = npmCommand(['run', '--silent', script, ...(extra.length > 0 ? ['--', ...extra] : [])]);
  return new Promise((settle) => {
    const child = spawn(npm.command, npm.args, {
      cwd: ROOT,
      shell: npm.shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      // An own process group, so that a step which hangs ends together with the browsers it started.
      detached: process.platform !== 'win32',
    });
    let output = '';
    let timedOut = false;
    const take = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      if (stream) process.stdout.write(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);

    const endGroup = (/** @type {NodeJS.Signals} */ signal) => {
      if (child.pid === undefined) return;
      try {
        if (process.platform === 'win32') child.kill(signal);
        else process.kill(-child.pid, signal);
      } catch {
        // The group has ended by itself.
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup('SIGTERM');
      setTimeout(endGroup, 5_000, 'SIGKILL').unref();
    }, timeoutMs);
    const interrupted = () => {
      endGroup('SIGTERM');
      process.exit(130);
    };
    process.once('SIGINT', interrupted);
    process.once('SIGTERM', interrupted);

    const finish = (/** @type {number} */ code) => {
      clearTimeout(timer);
      process.removeListener('SIGINT', interrupted);
      process.removeListener('SIGTERM', interrupted);
      settle({ code, output, timedOut });
    };
    child.on('error', (error) => {
      output += error.message;
      finish(1);
    });
    child.on('close', (code) => finish(code ?? 1));
  });
}
