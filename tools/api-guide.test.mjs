/** docs/guide/api.md has an example of every public method: each is called or read in one of its blocks, which all run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as kindex from '../src/inline.js';
import { ChromaClient as AnyClient } from '../src/client/chroma-client.js';
import { AdminClient as AnyAdmin } from '../src/client/admin-client.js';
import { CollectionImpl } from '../src/client/collection.js';
import { markdownBlocks, treatment } from './docs.mjs';
import { ROOT } from './run.mjs';

const code = markdownBlocks('api.md', readFileSync(join(ROOT, 'docs/guide/api.md'), 'utf8'))
  .filter((block) => treatment(block) === 'run')
  .map((block) => block.code)
  .join('\n');

/** @param {{ prototype: object }} type */
const members = (type) =>
  Object.getOwnPropertyNames(type.prototype).filter(
    (name) => name !== 'constructor' && !name.startsWith('_'),
  );

test.each([
  ['ChromaClient', AnyClient, 15],
  ['AdminClient', AnyAdmin, 6],
  ['Collection', CollectionImpl, 15],
])('every member of %s is used in an example', (_, type, least) => {
  const names = members(type);
  expect(names.length).toBeGreaterThanOrEqual(least);
  expect(names.filter((name) => !new RegExp(`\\.${name}\\b`).test(code))).toEqual([]);
});

test('every name that can be imported is used in an example', () => {
  const names = Object.keys(kindex);
  expect(names.length).toBeGreaterThan(80);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
});
