/** The mark: kept in the first place that works, whole or not at all. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStoreMarker, decodeMark, encodeMark, readAhead } from './marker.js';
import type { Mark, MarkPlace } from './marker.js';

const MARK: Mark = {
  uuid: '00000000-0000-4000-8000-000000000001',
  epoch: 3,
  lastSeq: 120,
  generation: 2,
  records: 40,
};

interface TestPlace extends MarkPlace {
  text: string | null;
  works: boolean;
}

function place(kind: string, works = true): TestPlace {
  const check = (): void => {
    if (!found.works) throw new Error(`${kind} does not work`);
  };
  const found: TestPlace = {
    kind,
    works,
    text: null,
    async read() {
      check();
      return found.text;
    },
    async write(text) {
      check();
      found.text = text;
    },
    async remove() {
      check();
      found.text = null;
    },
  };
  return found;
}

describe('a mark', () => {
  test('reads back as it was written, however it is padded', () => {
    fc.assert(
      fc.property(
        fc.record({
          uuid: fc.uuid(),
          epoch: fc.maxSafeNat(),
          lastSeq: fc.maxSafeNat(),
          generation: fc.maxSafeNat(),
          records: fc.maxSafeNat(),
        }),
        (mark) => {
          expect(decodeMark(encodeMark(mark).padEnd(512))).toEqual(mark);
        },
      ),
    );
  });

  test('that is torn, changed or something else is no mark', () => {
    const text = encodeMark(MARK);
    for (let end = 0; end < text.length; end++) expect(decodeMark(text.slice(0, end))).toBeNull();
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === '7' ? '8' : '7';
      expect(decodeMark(`${text.slice(0, at)}${other}${text.slice(at + 1)}`), `character ${at}`).toBeNull();
    }
  });
});

describe('S50 a marker', () => {
  test('uses the first place that works, and reads them all', async () => {
    const [first, second] = [place('first', false), place('second')];
    const marker = createStoreMarker([first, second]);
    expect(await marker.read()).toBeNull();
    expect(marker.place).toBe('second');
    await marker.write(MARK);
    expect([first.text, second.text]).toEqual([null, encodeMark(MARK)]);
    first.works = true;
    const again = createStoreMarker([first, second]);
    expect(await again.read()).toEqual({ mark: MARK });
    expect(again.place).toBe('first');
    await again.write({ ...MARK, epoch: 4 });
    expect(await createStoreMarker([first, second]).read()).toEqual({ mark: { ...MARK, epoch: 4 } });
  });

  test('that cannot be read proves all the same that there was a store', async () => {
    const torn = place('torn');
    torn.text = encodeMark(MARK).slice(0, 40);
    expect(await createStoreMarker([torn]).read()).toEqual({ mark: null });
  });

  test('removes the mark from every place', async () => {
    const places = [place('a'), place('b')];
    for (const each of places) await each.write(encodeMark(MARK));
    const marker = createStoreMarker(places);
    await marker.remove();
    expect(await marker.read()).toBeNull();
  });

  test('has no place where none works, says so, and does not wait for one that never answers', async () => {
    const silent: MarkPlace = {
      ...place('silent'),
      read: () => new Promise(() => {}),
      write: () => new Promise(() => {}),
    };
    const marker = createStoreMarker([silent, place('broken', false)], 5);
    expect(await marker.read()).toBeNull();
    expect(marker.place).toBeNull();
    await expect(marker.write(MARK)).rejects.toThrow('broken does not work');
    await marker.remove();
  });
});

test('S50 a mark that is read ahead is what it was then, once', async () => {
  let text = encodeMark({ uuid: 'u', epoch: 1, lastSeq: 1, generation: 0, records: 0 });
  const place: MarkPlace = {
    kind: 'test',
    read: async () => text,
    write: async (written) => void (text = written),
    remove: async () => void (text = ''),
  };
  const marker = readAhead(createStoreMarker([place]));
  await Promise.resolve();
  await marker.write({ uuid: 'u', epoch: 2, lastSeq: 5, generation: 1, records: 9 });
  expect(await marker.read()).toMatchObject({ mark: { epoch: 1 } });
  expect(await marker.read()).toMatchObject({ mark: { epoch: 2 } });
  expect(marker.place).toBe('test');
});
