/** End-to-end tests: real pages from real builds in a real Chromium. Each spec starts the servers it needs. */
import { defineConfig } from '@playwright/test';
import { launchOptions } from './tools/browser.mjs';

export default defineConfig({
  testDir: './e2e',
  testMatch: '**/*.spec.ts',
  outputDir: './test-results',
  // One at a time: tests measure main-thread stalls and kill workers, and CI has two slow cores.
  workers: 1,
  fullyParallel: false,
  // A test that passes at the second attempt has failed.
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    headless: true,
    launchOptions: launchOptions(),
    trace: 'off',
  },
});
