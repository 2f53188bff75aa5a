import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RECORD, recordText } from './conformance.mjs';

test('the record in the repository is as the recorder writes it', () => {
  const text = readFileSync(RECORD, 'utf8');
  expect(recordText(JSON.parse(text))).toBe(text);
});
