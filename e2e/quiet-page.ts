/** A page that must stay quiet: console errors, uncaught errors, policy violations and requests elsewhere are collected as faults. */
import type { Page } from '@playwright/test';

export interface Faults {
  /** Everything that went wrong so far, in words; empty is good. */
  list: string[];
}

/** Watches `page` from now on. `origin`: the only origin it may talk to. */
export function watchPage(page: Page, origin: string): Faults {
  const faults: Faults = { list: [] };
  page.on('console', (message) => {
    if (message.type() === 'error') faults.list.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.list.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:|^wss?:/.test(url.protocol) && url.origin !== origin)
      faults.list.push(`request to ${url.href}`);
  });
  return faults;
}
