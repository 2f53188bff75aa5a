/**
 * Starts real browsers with real profiles, without a driver in between, and ends them as a crash would: SIGKILL to every
 * process of theirs. An engine that is not there is an error, never a skip.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser } from '../../tools/browser.mjs';

/**
 * @typedef {'chromium' | 'firefox' | 'webkit'} Engine
 * @typedef {'leveldb' | 'sqlite' | 'own'} Backend what keeps IndexedDB: Chromium has two, the others one of their own
 * @typedef {object} Browser
 * @property {number} pid
 * @property {(when?: () => Promise<unknown>) => Promise<void>} kill SIGKILL to all its processes, at once when `when` resolves;
 *   resolves when none is left
 * @property {string} profile
 * @property {(() => Promise<import('@playwright/test').Browser>) | null} devtools Chromium's, if asked for
 */

const FIREFOX = ['firefox-esr', 'firefox'];
const MINIBROWSERS = ['4.1', '4.0', '6.0'].flatMap((api) =>
  ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/libexec', '/usr/lib'].map(
    (folder) => `${folder}/webkit2gtk-${api}/MiniBrowser`,
  ),
);

const INSTALL = {
  chromium: 'Install Chromium or set KINDEX_CHROMIUM.',
  firefox: 'Install Firefox (Debian: apt-get install firefox-esr).',
  webkit: 'Install WebKitGTK and Xvfb (Debian: apt-get install webkit2gtk-driver xvfb).',
};

/** @param {string} name @returns {string | null} */
function inPath(name) {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

/** @param {Engine} engine @returns {string} @throws Error saying what to install */
function executableOf(engine) {
  const found =
    engine === 'chromium'
      ? findBrowser()
      : engine === 'firefox'
        ? (FIREFOX.map(inPath).find((path) => path !== null) ?? null)
        : inPath('Xvfb') === null
          ? null
          : (MINIBROWSERS.find((path) => existsSync(path)) ?? null);
  if (found === null) throw new Error(`${engine} was asked for and is not here. ${INSTALL[engine]}`);
  return found;
}

/** @param {Engine} engine @returns {string} e.g. `Chromium 156.0…` */
export function versionOf(engine) {
  const env = engine === 'webkit' ? { ...environment(), DISPLAY: screenOf() } : environment();
  const executable = executableOf(engine);
  // Xvfb may need a moment before it serves.
  for (let tries = 0; ; tries++) {
    const done = spawnSync(executable, ['--version'], { encoding: 'utf8', timeout: 60_000, env });
    const told = done.stdout.trim().split('\n').at(-1) ?? '';
    if (done.status === 0 && told !== '') return told;
    if (tries === 20) throw new Error(`${executable} --version: ${done.stderr}`);
    spawnSync('sleep', ['0.2']);
  }
}

/** Kills of a browser must not look to Firefox like a reason for its safe mode, and nothing may talk to anybody. */
const FIREFOX_PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.sessionstore.resume_from_crash': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.allow_scripts_to_close_windows': true,
  'dom.disable_open_during_load': false,
  'dom.ipc.processPrelaunch.enabled': false,
  // KiB. Else it is a part of the disk, of which the simulated ones have little.
  'dom.quotaManager.temporaryStorage.fixedLimit': 10 * 1024 * 1024,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.startup.max_resumed_crashes': -1,
  'toolkit.telemetry.enabled': false,
};

/** @type {{ pid: number, display: string } | null} */
let screen = null;

/** WebKitGTK wants a screen: one Xvfb for all its runs. */
function screenOf() {
  if (screen) return screen.display;
  for (let number = 90; ; number++) {
    if (existsSync(`/tmp/.X${number}-lock`)) continue;
    const child = spawn('Xvfb', [`:${number}`, '-screen', '0', '800x600x24', '-nolisten', 'tcp'], {
      stdio: 'ignore',
      detached: true,
    });
    screen = { pid: child.pid ?? 0, display: `:${number}` };
    return screen.display;
  }
}

/** Roots of browsers that run. @type {Set<number>} */
const running = new Set();

/** Ends everything that was started here. */
export async function endAll() {
  for (const pid of running) await killAll(pid);
  if (screen) await killAll(screen.pid);
  screen = null;
}

function environment() {
  return {
    ...process.env,
    NO_AT_BRIDGE: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    MOZ_CRASHREPORTER_DISABLE: '1',
  };
}

/**
 * @param {{ engine: Engine, backend?: Backend, profile: string, url: string, devtools?: boolean, flags?: string[], throttled?: boolean, preferences?: Record<string, unknown>, persistent?: string }} options
 *   `profile` is made when it is missing; `throttled`: timers of hidden tabs are slowed down, as for users; `preferences`: Firefox's;
 *   `persistent`: an origin whose storage the user of a new profile of Chromium has allowed to stay (devtools can grant that only to what the page is told)
 * @returns {Promise<Browser>} as soon as the process runs; whether the page comes is for the caller to see
 */
export async function startBrowser({
  engine,
  backend,
  profile,
  url,
  devtools = false,
  flags = [],
  throttled = false,
  preferences = {},
  persistent = '',
}) {
  mkdirSync(profile, { recursive: true });
  const executable = executableOf(engine);
  /** @type {string[]} */
  let args;
  /** @type {NodeJS.ProcessEnv} */
  let env = environment();
  if (engine === 'chromium') {
    // Left by a killed one; its process number may be somebody else's by now.
    for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket', 'DevToolsActivePort'])
      rmSync(join(profile, name), { force: true });
    if (persistent !== '') allowToStay(profile, persistent);
    args = [
      '--headless=new',
      `--user-data-dir=${profile}`,
      '--no-first-run',
      '--no-default-browser-check',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      ...(flags.some((flag) => flag.startsWith('--load-extension')) ? [] : ['--disable-extensions']),
      '--disable-popup-blocking',
      ...(throttled ? [] : ['--disable-background-timer-throttling']),
      '--disable-breakpad',
      '--password-store=basic',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...(backend === 'sqlite' ? ['--enable-features=IdbSqliteBackingStore'] : []),
      ...(devtools ? ['--remote-debugging-port=0'] : []),
      ...flags,
      url,
    ];
  } else if (engine === 'firefox') {
    writeFileSync(
      join(profile, 'user.js'),
      Object.entries({ ...FIREFOX_PREFERENCES, ...preferences })
        .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
        .join(''),
    );
    args = ['--headless', '--no-remote', '--profile', profile, ...flags, url];
  } else {
    // The storage folders follow the home directory.
    env = {
      ...env,
      DISPLAY: screenOf(),
      HOME: profile,
      XDG_DATA_HOME: join(profile, 'data'),
      XDG_CACHE_HOME: join(profile, 'cache'),
      XDG_CONFIG_HOME: join(profile, 'config'),
      GDK_BACKEND: 'x11',
    };
    args = [...flags, url];
  }
  const child = spawn(executable, args, { stdio: 'ignore', detached: true, env });
  child.on('error', () => {});
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${executable} could not be started.`);
  running.add(pid);
  return {
    pid,
    profile,
    kill: (when) => killAll(pid, when),
    devtools: devtools ? () => connect(profile) : null,
  };
}

/** @param {string} profile @param {string} origin */
function allowToStay(profile, origin) {
  const file = join(profile, 'Default', 'Preferences');
  if (existsSync(file)) return;
  mkdirSync(join(profile, 'Default'), { recursive: true });
  const durable_storage = { [`${origin},*`]: { last_modified: '13300000000000000', setting: 1 } };
  writeFileSync(file, JSON.stringify({ profile: { content_settings: { exceptions: { durable_storage } } } }));
}

/** @param {string} profile of a Chromium with devtools */
async function connect(profile) {
  const { chromium } = await import('@playwright/test');
  const file = join(profile, 'DevToolsActivePort');
  for (let tries = 0; ; tries++) {
    const port = existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0] : '';
    try {
      // Chromium writes the file before it answers there.
      if (port) return await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    } catch (error) {
      if (tries >= 600) throw error;
    }
    if (tries >= 600) throw new Error(`Chromium wrote no ${file}`);
    await pause(50);
  }
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Every living process: its parent, group and session. */
function processes() {
  const list = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z')
        list.push({
          pid: Number(name),
          parent: Number(parent),
          group: Number(group),
          session: Number(session),
        });
    } catch {
      // It has ended meanwhile.
    }
  }
  return list;
}

/** @param {number} root @returns {number[]} `root`, what descends from it, and what shares its group or session */
function familyOf(root) {
  const all = processes();
  const family = new Set(
    all
      .filter(({ pid, group, session }) => pid === root || group === root || session === root)
      .map(({ pid }) => pid),
  );
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of all) {
      if (!family.has(parent) || family.has(pid)) continue;
      family.add(pid);
      grown = true;
    }
  }
  return [...family];
}

/** @param {number} root @param {() => Promise<unknown>} [when] */
async function killAll(root, when) {
  for (let tries = 0; tries < 400; tries++) {
    const family = familyOf(root);
    // Looking for processes takes milliseconds, in which the moment would pass.
    if (tries === 0) await when?.();
    if (family.length === 0) {
      running.delete(root);
      return;
    }
    try {
      process.kill(-root, 'SIGKILL');
    } catch {
      // The group is gone; what left it is killed one by one.
    }
    for (const pid of family) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone.
      }
    }
    await pause(25);
  }
  throw new Error(`Processes of ${root} cannot be killed: ${familyOf(root).join(', ')}`);
}
