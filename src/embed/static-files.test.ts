import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STATIC_FILES } from './static-files.js';
import { STATIC_IDENTITY } from './static-identity.js';

const modelFolder = new URL('../../models/kindex-static-en/', import.meta.url);

test.each(Object.values(STATIC_FILES))(
  '$name is the file whose size and hash are compiled in',
  ({ name, bytes, sha256 }) => {
    const content = readFileSync(new URL(name, modelFolder));
    expect(content.length).toBe(bytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  },
);

test('SHA256SUMS lists every model file with its hash', () => {
  const lines = readFileSync(new URL('SHA256SUMS', modelFolder), 'utf8').trim().split('\n');
  const listed = lines.map((line) => line.split('  '));
  expect(listed.map(([, name]) => name)).toEqual([
    'canary.json',
    'config.json',
    'kindex-static-en.int4.bin',
    'tokenizer.json',
  ]);
  for (const [sha256, name = ''] of listed) {
    const content = readFileSync(new URL(name, modelFolder));
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  }
});

test('the revision is the beginning of the hash of the table', () => {
  expect(STATIC_IDENTITY.revision).toBe(STATIC_FILES.table.sha256.slice(0, 12));
});
