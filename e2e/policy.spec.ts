/** The built package under the strictest policy a page can set: nothing by default, no inline script, no eval, Trusted Types. Needs `npm run build`. */
import { expect, test } from '@playwright/test';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../tools/run.mjs';
import { serve } from '../tools/serve.mjs';

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "require-trusted-types-for 'script'",
];

let site: string;
test.beforeAll(async () => {
  site = await mkdtemp(join(tmpdir(), 'kindex-policy-'));
  await cp(join(ROOT, 'e2e', 'fixtures', 'policy-page'), site, { recursive: true });
  await cp(join(ROOT, 'dist', 'cdn'), join(site, 'vendor', 'kindex'), { recursive: true });
  const files = await readdir(join(site, 'vendor', 'kindex', 'assets'));
  const named = (start: string): string | undefined =>
    files.find((file) => file.startsWith(start) && file.endsWith('.js'));
  await writeFile(
    join(site, 'workers.json'),
    JSON.stringify({ store: named('store.worker'), embed: named('embed.worker') }),
  );
});
test.afterAll(async () => {
  await rm(site, { recursive: true, force: true });
});

for (const [way, policyName] of [
  ['default', 'default'],
  ['own', 'kindex'],
]) {
  test(`F48: all works with a policy named "${policyName}", and nothing violates it`, async ({ page }) => {
    const server = await serve({ root: site, csp: [...POLICY, `trusted-types ${policyName}`].join('; ') });
    const messages: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') messages.push(message.text());
    });
    page.on('pageerror', (error) => messages.push(`uncaught: ${error.message}`));
    try {
      await page.goto(`${server.url}?way=${way}`);
      await expect(page.locator('#answer'), messages.join('\n')).not.toBeEmpty();
      const answer = JSON.parse((await page.locator('#answer').textContent()) ?? '') as Record<
        string,
        unknown
      >;
      expect(answer).toMatchObject({
        ids: [['dentist']],
        filtered: ['chain'],
        exported: true,
        violations: [],
        inForce: [true, true, true],
      });
      expect(answer['core']).toMatch(/^wasm/);
    } finally {
      await server.close();
    }
  });
}
