/**
 * The Chromium that tests and benchmarks run in: found, or installed with `node tools/browser.mjs`.
 * Order: `KINDEX_CHROMIUM` → installed Chromium or Chrome → Playwright's cache → Playwright's download → Debian's package.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { isMain, ROOT } from './run.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const WINDOWS = ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'];

const HOW_TO_HELP =
  'Install Chromium or Google Chrome, or run "npx playwright install --with-deps chromium", ' +
  'or set KINDEX_CHROMIUM to the path of a Chromium executable.';

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether the program starts at all: distributions ship stubs that only tell where to find the real one, and a downloaded
 * browser may lack system libraries. Windows' chrome.exe opens a window instead of answering, so there a file must do.
 * @param {string} path
 */
function starts(path) {
  if (!isExecutable(path)) return false;
  if (process.platform === 'win32') return true;
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

/** @returns {string[]} */
function systemCandidates() {
  if (process.platform === 'darwin') return MAC;
  if (process.platform === 'win32') {
    return WINDOWS.flatMap((name) => process.env[name] ?? []).map((folder) =>
      join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
    );
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** Where Playwright keeps the Chromium that fits its version. @returns {string[]} none when Playwright is not installed */
function playwrightCandidates() {
  try {
    const { chromium } = createRequire(import.meta.url)('@playwright/test');
    return [chromium.executablePath()];
  } catch {
    return [];
  }
}

/**
 * Path of a Chromium that starts.
 * @returns {string | null} null when there is none
 * @throws Error when KINDEX_CHROMIUM is set and does not start: a wish is not silently replaced
 */
export function findBrowser() {
  const wish = process.env['KINDEX_CHROMIUM'];
  if (wish) {
    if (starts(wish)) return wish;
    throw new Error(`KINDEX_CHROMIUM is "${wish}", which does not start. Correct it or unset it.`);
  }
  return [...systemCandidates(), ...playwrightCandidates()].find(starts) ?? null;
}

/**
 * Playwright's launch options: the browser of `findBrowser`, without traffic of its own.
 * @returns {{ executablePath: string, args: string[] }}
 * @throws Error saying what to do when there is no browser
 */
export function launchOptions() {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error(`No Chromium found. ${HOW_TO_HELP}`);
  const args = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
  ];
  // Chromium's sandbox refuses to start for root, which is who runs tests in containers.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return { executablePath, args };
}

/** @param {string} command @param {string[]} args @param {number} timeoutMs */
function attempt(command, args, timeoutMs) {
  process.stdout.write(`> ${[command, ...args].join(' ')}\n`);
  const done = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: timeoutMs,
    env: {
      ...process.env,
      DEBIAN_FRONTEND: 'noninteractive',
      PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '20000',
    },
  });
  return done.status === 0;
}

/**
 * Finds a Chromium or installs one. Needs the packages of setup.mjs for Playwright's download.
 * @returns {string | null} its path; null, after saying what was tried, when all ways failed
 */
export function ensureBrowser() {
  const found = findBrowser();
  if (found !== null) return found;

  process.stdout.write('No Chromium found; installing one.\n');
  const cli = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
  if (existsSync(cli)) attempt(process.execPath, [cli, 'install', 'chromium'], 300_000);
  const downloaded = findBrowser();
  if (downloaded !== null) return downloaded;

  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    attempt('apt-get', ['update'], 300_000);
    attempt('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], 900_000);
    const installed = findBrowser();
    if (installed !== null) return installed;
  }
  process.stderr.write(`No Chromium could be installed. ${HOW_TO_HELP}\n`);
  return null;
}

if (isMain(import.meta.url)) {
  try {
    const path = ensureBrowser();
    if (path === null) process.exitCode = 1;
    else process.stdout.write(`Chromium: ${path}\n`);
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}
