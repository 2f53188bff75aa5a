/** The recorded conformance cases in Node, with the store in the same thread. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inlineConnector } from '../../host/inline-connector.js';
import * as api from '../../inline.js';
import { AdminClient } from '../admin-client.js';
import { describeConformance } from './conformance.contract.js';
import { GUIDE_ROWS } from './deviations.contract.js';

describeConformance('the same thread', {
  api,
  open: (storage) => ({
    client: new api.ChromaClient({ storage }),
    admin: new AdminClient({ storage }, inlineConnector),
  }),
});

test('every row that a deviation names stands in "Moving from chromadb"', () => {
  const page = readFileSync(new URL('../../../docs/guide/moving-from-chromadb.md', import.meta.url), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|')[1]?.trim());
  expect(GUIDE_ROWS.filter((row) => !rows.includes(row))).toEqual([]);
});
