/** For tests: pages with the built library in them, and what may not go wrong there. Needs `npm run build:cdn`. */
import {
  expect,
  test as base,
  type Page,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
} from '@playwright/test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Kindex from 'kindex';
import { serve } from '../tools/serve.mjs';
import { watchPage, type Faults } from './quiet-page.js';

declare global {
  var kindex: typeof Kindex;
  var startedWorkers: Worker[];
}

interface Fixtures {
  /** Loads the library into `page` as `globalThis.kindex`; the workers it starts are in `startedWorkers`. */
  openIn: (page: Page) => Promise<Page>;
  /** The same in a new page of the test's own context. */
  open: () => Promise<Page>;
  /** Of all pages; the test fails on any. */
  faults: Faults[];
}

type Test = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & Fixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & { url: string }
>;

export const test: Test = base.extend<Fixtures, { url: string }>({
  url: [
    async ({}, use) => {
      const root = await mkdtemp(join(tmpdir(), 'kindex-e2e-'));
      await cp('e2e/fixtures/blank', root, { recursive: true });
      await cp('dist/cdn', join(root, 'kindex'), { recursive: true });
      const server = await serve({ root });
      await use(server.url);
      await server.close();
      await rm(root, { recursive: true });
    },
    { scope: 'worker' },
  ],
  faults: async ({}, use) => {
    const faults: Faults[] = [];
    await use(faults);
    expect(faults.flatMap((page) => page.list)).toEqual([]);
  },
  openIn: async ({ url, faults }, use) => {
    await use(async (page) => {
      faults.push(watchPage(page, new URL(url).origin));
      await page.addInitScript(() => {
        globalThis.startedWorkers = [];
        globalThis.Worker = class extends Worker {
          constructor(address: string | URL, options?: WorkerOptions) {
            super(address, options);
            globalThis.startedWorkers.push(this);
          }
        };
      });
      await page.goto(url);
      await page.evaluate(async () => {
        const library = './kindex/index.js';
        globalThis.kindex = (await import(new URL(library, location.href).href)) as typeof Kindex;
      });
      return page;
    });
  },
  open: async ({ context, openIn }, use) => {
    await use(async () => openIn(await context.newPage()));
  },
});

export { expect };
