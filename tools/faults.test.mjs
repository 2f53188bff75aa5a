/** What the campaign of faults counts, and what its record may say. */
import { expect, test } from 'vitest';
import { shortcomings } from '../e2e/faults/gates.mjs';
import { MATRIX } from '../e2e/faults/matrix.mjs';
import { merged, notRecorded } from '../e2e/faults/record.mjs';
import { Watch } from '../e2e/faults/hub.mjs';
import { namedSegments } from '../e2e/faults/stored.mjs';
import { PassThrough } from 'node:stream';

/** @param {number[]} inTransaction */
const tallyOf = (inTransaction) => ({ runs: inTransaction.length, measures: { inTransaction } });

test('kills of a store that was not writing do not count', () => {
  const kills = (/** @type {number} */ hits, /** @type {number} */ misses) =>
    shortcomings(tallyOf([...Array(hits).fill(1), ...Array(misses).fill(0)]), hits + misses);
  expect(kills(40, 10)).toEqual([]);
  expect(kills(39, 11)).toEqual(['a transaction was open in only 78 % of the kills']);
  // Of few, chance is allowed for.
  expect(kills(3, 1)).toEqual([]);
  expect(kills(1, 3)).toEqual(['a transaction was open in only 25 % of the kills']);
  expect(kills(12, 8)).toEqual([]);
  expect(kills(11, 9)).toEqual(['a transaction was open in only 55 % of the kills']);
  expect(shortcomings(tallyOf([0, 0]), 2)).toEqual(['a transaction was open in only 0 % of the kills']);
  expect(shortcomings(tallyOf([1]), 2)).toEqual(['1 of 2 runs']);
});

/** A frame as a browser sends it, masked with zeros. @param {string} text */
const frame = (text) =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

test('a watch knows what is open now, and what was open when a worker ended', async () => {
  const watch = new Watch();
  expect([watch.open, watch.everOpen]).toEqual([0, 0]);
  const socket = /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (new PassThrough()));
  watch.attach(socket);
  const say = (/** @type {string} */ word) => new Promise((resolve) => socket.write(frame(word), resolve));
  await say('begin');
  await say('begin');
  await say('end');
  expect([watch.begun, watch.open, watch.everOpen]).toEqual([2, 1, 1]);
  socket.destroy();
  await watch.allHeard();
  expect([watch.open, watch.everOpen]).toEqual([0, 1]);
  watch.reset();
  expect(watch.everOpen).toBe(0);
});

const whole = MATRIX.flatMap(({ id, on }) =>
  Object.entries(on).map(([where, { release = 0 }]) => ({
    id,
    where,
    runs: release,
    passed: true,
    build: 'b1',
  })),
).filter(({ runs }) => runs > 0);

test('a record lacks what never ran, failed, had too few runs, or was of another build', () => {
  expect(notRecorded(whole, 'b1')).toEqual([]);
  expect(notRecorded(whole, 'b2')).toHaveLength(whole.length);
  const [first, second, third, ...rest] = whole;
  if (!first || !second || !third) throw new Error('the matrix is empty');
  const record = [{ ...second, passed: false }, { ...third, runs: third.runs - 1 }, ...rest];
  expect(notRecorded(record, 'b1')).toEqual([
    { id: first.id, where: first.where, why: 'never' },
    { id: second.id, where: second.where, why: 'failed' },
    { id: third.id, where: third.where, why: `${third.runs - 1} of ${third.runs} runs` },
  ]);
});

test('a short campaign does not take the place of a long one, unless it failed', () => {
  const before = [{ id: 'F01', where: 'chromium', runs: 300, passed: true }];
  const short = { id: 'F01', where: 'chromium', runs: 3, passed: true };
  expect(merged(before, [short])).toEqual({ cases: before, refused: ['F01 chromium: 3 of 300 runs'] });
  expect(merged([], [short]).cases).toEqual([]);
  const failed = { ...short, passed: false };
  expect(merged(before, [failed])).toEqual({ cases: [failed], refused: [] });
  const longer = { ...short, runs: 301 };
  expect(merged(before, [longer])).toEqual({ cases: [longer], refused: [] });
});

test('segments are named as they are stored', () => {
  const manifest = Buffer.alloc(64 + 36 + 28 + 36 + 4);
  manifest.write('KXMF', 0, 'latin1');
  manifest.writeUInt32LE(1, 56);
  manifest.writeUInt32LE(1, 60);
  manifest.writeBigUInt64LE(3n, 64);
  manifest.writeUInt32LE(7, 72);
  manifest.writeUInt32LE(1, 64 + 36 + 24);
  manifest.writeBigUInt64LE(4n, 128);
  manifest.writeUInt32LE(128, 136);
  manifest.writeUInt32LE(2, 140);
  expect([...namedSegments([['a', manifest.toString('base64')]])]).toEqual([
    '0000000000000003.007.00000000',
    '0000000000000004.128.00000002',
  ]);
});
