/** The tables of case `peers`. */
import { expect, test } from 'vitest';
import { type Peer, peerTables } from './report-peers.mjs';

const peer: Peer = {
  name: 'mememo',
  place: 'chromium',
  package: 'mememo',
  version: '0.1.0',
  parameter: { name: 'ef' },
  settings: 'in memory',
  rows: 20_000,
  buildVectorsPerS: [150],
  megabytes: 90,
  points: [
    { at: 'qps95', width: 22, recall: 0.951, queriesPerS: [900, 1_100, 1_000] },
    { at: 'qps99', width: 57, recall: 0.99, queriesPerS: [500, 500, 500] },
  ],
  probes: { 'asked when empty': 'error: a | b' },
  trouble: null,
};

test('every speed stands beside its recall, the median of the rounds', () => {
  const text = peerTables({ peers: [peer] });
  expect(text).toContain('| mememo 0.1.0, Chromium | 20000 | 150 | 90 | ef 22 | 0.951 | 1,000 |');
  expect(text).toContain('|  |  |  |  | ef 57 | 0.990 | 500 |');
  expect(text).toContain('- mememo 0.1.0, Chromium: in memory.');
});

test('a peer that was not measured says why instead of a figure', () => {
  const text = peerTables({
    peers: [
      { ...peer, rows: 0, points: [], buildVectorsPerS: [], megabytes: null, trouble: 'not installed' },
    ],
  });
  expect(text).toContain('| mememo 0.1.0, Chromium | 0 |  |  |  |  |  |');
  expect(text).toContain('in memory. not installed.');
});

test('what becomes of bad input is a table of its own, safe for Markdown', () => {
  expect(peerTables({ peers: [peer] })).toContain('| mememo 0.1.0, Chromium | error: a \\| b |');
  expect(peerTables({ peers: [{ ...peer, probes: {} }] })).not.toContain('bad input');
});

test('results of other cases get no table', () => {
  expect(peerTables({})).toBe('');
});
