/** Marks in the browser's own places, read while they are written. */
import { expect, test } from 'vitest';
import { createBrowserMarker } from './marker-places.js';
import type { Mark } from './marker.js';

const MARK: Mark = {
  uuid: 'd955378a-4861-4a38-9a6e-aed61b15c661',
  epoch: 5,
  lastSeq: 0,
  generation: 0,
  records: 11,
};
const READINGS = 300;

test('S50 a mark that another page writes at this moment is found all the same', async () => {
  const name = `indexeddb:marks-${Math.random().toString(36).slice(2)}`;
  const owner = createBrowserMarker(name);
  await owner.write(MARK);
  const state = { done: false, written: 0 };
  const writing = (async () => {
    for (; !state.done; state.written++) await owner.write({ ...MARK, lastSeq: state.written });
  })();
  try {
    for (let reading = 0; reading < READINGS; reading++) {
      // A page of its own: it remembers nothing.
      const other = createBrowserMarker(name);
      expect(await other.read()).not.toBeNull();
      expect(other.place).toBe('opfs');
    }
  } finally {
    state.done = true;
    await writing;
  }
  expect(state.written).toBeGreaterThan(10);
  await owner.remove();
  expect(await createBrowserMarker(name).read()).toBeNull();
});
