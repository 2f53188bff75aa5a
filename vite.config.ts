/**
 * One configuration for everything Vite does here: the demo (`vite`, `--mode demo`), the build for pages without a bundler
 * (`--mode cdn`), and vitest's projects. The npm build is `tsc`'s: library mode would rewrite the worker and wasm URLs.
 */
import { playwright } from '@vitest/browser-playwright';
import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { demoPlugins } from './demo/vite.demo.js';
import { launchOptions } from './tools/browser.mjs';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The doors by name, from source: the demo imports the package as its users do, and needs no build to run. */
const doors = [
  { find: /^kindex$/, replacement: path('./src/index.ts') },
  { find: /^kindex\/(inline|worker)$/, replacement: path('./src/$1.ts') },
  { find: /^kindex\/(embed|text)$/, replacement: path('./src/$1/index.ts') },
];

/** What every build shares: module workers, and no asset hidden in a `data:` URL, which strict policies refuse to fetch. */
const shared: UserConfig = {
  base: './',
  worker: { format: 'es' },
  build: { target: 'es2022', assetsInlineLimit: 0, emptyOutDir: true },
};

const demo: UserConfig = {
  ...shared,
  root: path('./demo'),
  resolve: { alias: doors },
  server: { host: 'localhost' },
  build: { ...shared.build, outDir: path('./demo/dist') },
  plugins: demoPlugins(),
};

const cdn: UserConfig = {
  ...shared,
  publicDir: false,
  build: {
    ...shared.build,
    outDir: path('./dist/cdn'),
    rolldownOptions: {
      input: path('./src/index.ts'),
      preserveEntrySignatures: 'strict',
      output: { format: 'es', entryFileNames: 'index.js', assetFileNames: 'assets/[name]-[hash][extname]' },
    },
  },
};

/** How long `expect.poll` and `expect.element` wait: the default of 1 s says nothing on a busy machine. */
const patience = { poll: { timeout: 20_000 } };

/** Chromium is looked for only when a browser is needed: Node tests run without one. */
function browserProject(): NonNullable<ViteUserConfig['test']> {
  return {
    name: 'browser',
    include: ['src/**/*.browser.ts'],
    testTimeout: 60_000,
    expect: patience,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: launchOptions() }),
      instances: [{ browser: 'chromium' }],
    },
  };
}

const wanted = process.argv.flatMap((word, i, all) =>
  word === '--project' ? (all[i + 1] ?? []) : word.startsWith('--project=') ? word.slice(10) : [],
);

const tests: ViteUserConfig = {
  test: {
    // No test passes by not running: `.only` left behind, empty files and empty runs are failures.
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      {
        resolve: { alias: doors },
        test: {
          name: 'node',
          environment: 'node',
          // Some tests start compilers or run thousands of cases; on a busy machine the default of 5 s says nothing.
          testTimeout: 60_000,
          expect: patience,
          include: [
            'src/**/*.test.ts',
            'workers/**/*.test.ts',
            'demo/**/*.test.ts',
            'tools/**/*.test.mjs',
            'bench/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['src/**/*.test-d.ts'],
            tsconfig: path('./tsconfig.json'),
          },
        },
      },
      ...(wanted.length === 0 || wanted.includes('browser')
        ? [{ worker: shared.worker, test: browserProject() }]
        : []),
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.{test,test-d,contract,browser}.ts'],
    },
  },
};

export default defineConfig(({ mode }): ViteUserConfig => {
  if (process.env['VITEST']) return tests;
  return mode === 'cdn' ? cdn : demo;
});
