/** The errors guide says what the catalogue says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as catalogue from '../src/base/errors.js';
import { ERROR_GUIDE } from '../src/base/error-guide.js';
import { WORKER_FIXES } from '../src/base/worker-fixes.js';
import { errorsPage, ERRORS_PAGE, listErrors } from './errors-guide.mjs';

test('docs/guide/errors.md is what the catalogue gives', () => {
  const errors = listErrors(catalogue, ERROR_GUIDE, WORKER_FIXES);
  expect(errors.length).toBeGreaterThan(40);
  expect(readFileSync(ERRORS_PAGE, 'utf8'), 'run npm run docs:errors').toBe(errorsPage(errors));
});

test('every code appears once, under its family', () => {
  const page = errorsPage(listErrors(catalogue, ERROR_GUIDE, WORKER_FIXES));
  for (const code of Object.keys(catalogue.ERRORS)) expect(page.split(`\`${code}\``)).toHaveLength(2);
  expect(page.indexOf('`STORAGE_QUOTA`')).toBeGreaterThan(page.indexOf('## Storage'));
});
