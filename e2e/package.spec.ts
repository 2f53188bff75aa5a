/**
 * The package as others get it: packed, installed, and served or built by an application's Vite without configuration; and as
 * plain files for a page without a bundler. What is built runs under a strict content security policy. Needs `npm run build`.
 */
import { expect, test, type Page } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';
import { binary, captureNpm, ROOT } from '../tools/run.mjs';
import { serve } from '../tools/serve.mjs';
import { watchPage } from './quiet-page.js';

const FIXTURES = join(ROOT, 'e2e', 'fixtures');

const ANSWER = {
  ids: [['dentist']],
  documents: [['See the dentist on Tuesday']],
  core: 'wasm-relaxed',
  storage: 'indexeddb:kindex',
};

let scratch: string;
let app: string;
test.beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kindex-package-'));
  app = await installApp('vite-app');
});
test.afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

function runNode(args: string[], cwd: string): void {
  const done = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  expect(done.status, `${args.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0);
}

/** Packs a folder as `npm publish` would. */
function pack(folder: string): string {
  const [packed] = JSON.parse(
    captureNpm(['pack', folder, '--json', '--ignore-scripts', '--pack-destination', scratch]),
  );
  return join(scratch, packed.filename);
}

/**
 * Outside the repository, so that nothing is found by accident in a folder above; by npm itself, so that `files`, `exports`
 * and `dependencies` count. The dependencies come packed too: a test has no registry to ask.
 */
async function installApp(fixture: string, peers: string[] = []): Promise<string> {
  const folder = join(scratch, fixture);
  await cp(join(FIXTURES, fixture), folder, { recursive: true });
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const tarballs = [
    pack(ROOT),
    ...[...Object.keys(dependencies), ...peers].map((name) => pack(join(ROOT, 'node_modules', name))),
  ];
  captureNpm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], {
    cwd: folder,
  });
  return folder;
}

/** Opens the page and gives back what it found; anything it complains about, or asks of others, is a failure. */
async function answerOf(page: Page, url: string): Promise<unknown> {
  const faults = watchPage(page, new URL(url).origin);
  await page.goto(url);
  await expect(page.locator('#answer'), faults.list.join('\n')).not.toBeEmpty();
  const text = await page.locator('#answer').textContent();
  expect(faults.list).toEqual([]);
  return JSON.parse(text ?? '');
}

test('the tarball installs with its dependencies, and its types compile in an application', async () => {
  const installed = (await readdir(join(app, 'node_modules'))).filter((name) => !name.startsWith('.'));
  expect(installed.sort()).toEqual(['comlink', 'idb', 'kindex']);
  // Declarations of the package included: the fixture does not skip library checks.
  runNode([binary('typescript', 'tsc'), '-p', app], app);
});

test("the application runs in Vite's development server", async ({ page }) => {
  const server = await createServer({
    root: app,
    configFile: false,
    cacheDir: join(scratch, 'vite-cache'),
    logLevel: 'warn',
    server: { port: 0 },
  });
  try {
    await server.listen();
    expect(await answerOf(page, server.resolvedUrls?.local[0] ?? '')).toEqual(ANSWER);
  } finally {
    await server.close();
  }
});

test("an application's own Vite build of the installed package finds worker, wasm and model", async ({
  page,
}) => {
  // No configuration: what Vite does by default must do.
  runNode([binary('vite', 'vite'), 'build', '--logLevel', 'warn'], app);

  const server = await serve({ root: join(app, 'dist') });
  try {
    expect(await answerOf(page, server.url)).toEqual(ANSWER);
    for (const asset of [
      /store\.worker-[\w-]+\.js$/,
      /embed\.worker-[\w-]+\.js$/,
      /int4-[\w-]+\.bin$/,
      /tokenizer-[\w-]+\.json$/,
    ]) {
      expect(server.requests).toContainEqual(expect.stringMatching(asset));
    }
    // Vite inlines files below 4 kB; the core must be found either way, and `wasm-relaxed` above says that it was.
    const wasm = server.requests.filter((path) => path.endsWith('.wasm'));
    const inlined = await readInlinedWasm(join(app, 'dist', 'assets'));
    expect(wasm.length > 0 || inlined).toBe(true);
  } finally {
    await server.close();
  }
});

test('an application brings a store worker of its own, with hnswlib-wasm as its engine', async ({ page }) => {
  const own = await installApp('vite-own-worker', ['hnswlib-wasm']);
  runNode([binary('typescript', 'tsc'), '-p', own], own);
  runNode([binary('vite', 'vite'), 'build', '--logLevel', 'warn'], own);

  // The library compiles its bindings from text, which the policy of the other tests forbids, and writes to the console.
  const server = await serve({ root: join(own, 'dist'), csp: null });
  try {
    await page.goto(server.url);
    await expect(page.locator('#answer')).not.toBeEmpty({ timeout: 60_000 });
    expect(JSON.parse((await page.locator('#answer').textContent()) ?? '')).toEqual({
      ids: [['4242']],
      engine: 'hnswlib',
      core: ANSWER.core,
      storage: ANSWER.storage,
    });
  } finally {
    await server.close();
  }
});

async function readInlinedWasm(assets: string): Promise<boolean> {
  const workers = (await readdir(assets)).filter((name) => name.startsWith('store.worker'));
  const texts = await Promise.all(workers.map((name) => readFile(join(assets, name), 'utf8')));
  return texts.some((text) => text.includes('data:application/wasm;base64,'));
}

test('dist/cdn works in a page without a bundler, from any path', async ({ page }) => {
  const site = join(scratch, 'site');
  await cp(join(FIXTURES, 'cdn-page'), site, { recursive: true });
  await cp(join(ROOT, 'dist', 'cdn'), join(site, 'vendor', 'kindex'), { recursive: true });

  const server = await serve({ root: site, base: '/some/where/' });
  try {
    expect(await answerOf(page, server.url)).toEqual(ANSWER);
    for (const asset of [
      /store\.worker-[\w-]+\.js$/,
      /embed\.worker-[\w-]+\.js$/,
      /core-[\w-]+\.wasm$/,
      /int4-[\w-]+\.bin$/,
      /tokenizer-[\w-]+\.json$/,
    ]) {
      expect(server.requests).toContainEqual(
        expect.stringMatching(new RegExp(`^/some/where/vendor/kindex/assets/.*${asset.source}`)),
      );
    }
  } finally {
    await server.close();
  }
});
