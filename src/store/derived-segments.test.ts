/** What is known of a stored index through checkpoints that succeed, fail, or are cut short. */
import { expect, test } from 'vitest';
import type { SegmentReference } from '../format/segment.js';
import { DerivedSegments } from './derived-segments.js';

const rows = (...list: number[]): Uint32Array => Uint32Array.from(list);

function reference(n: number, kind: SegmentReference['kind'] = 'graph'): SegmentReference {
  return { gen: 1, kind, n, bytes: 100, crc: 0, rows: 10, firstRow: 0, lastRow: 9 };
}

function stored(): DerivedSegments {
  const segments = new DerivedSegments();
  segments.begin(10);
  segments.finish([reference(1)], 10);
  segments.publish();
  return segments;
}

/** The changed rows that are written, if any are. */
function written(segments: DerivedSegments, n: number): number[] | null {
  let put: number[] | null = null;
  segments.captureChanges((changed) => {
    put = [...changed];
    return reference(n, 'graphChanges');
  });
  return put;
}

test('S40 changes are written when there are more, all of them, ascending', () => {
  const segments = stored();
  expect(written(segments, 2)).toBe(null);
  segments.noteChanged(rows(7, 3, 10, 11, 3));
  expect(written(segments, 2)).toEqual([3, 7]);
  expect(segments.references.map(({ n }) => n)).toEqual([1, 2]);
  segments.publish();
  segments.noteChanged(rows(7));
  expect(written(segments, 3)).toBe(null);
  segments.noteChanged(rows(0));
  expect(written(segments, 3)).toEqual([0, 3, 7]);
  expect(segments.references.map(({ n }) => n)).toEqual([1, 3]);
});

test('S40 a checkpoint that fails takes back what it wrote, and writes it again next time', () => {
  const segments = stored();
  segments.noteChanged(rows(7));
  expect(written(segments, 2)).toEqual([7]);
  segments.rollback();
  expect(segments.references.map(({ n }) => n)).toEqual([1]);
  expect(written(segments, 3)).toEqual([7]);
  segments.publish();

  segments.begin(20);
  segments.noteChanged(rows(8, 15));
  segments.finish([reference(4)], 20);
  expect(segments.references.map(({ n }) => n)).toEqual([4]);
  expect(written(segments, 5)).toEqual([8, 15]);
  segments.rollback();
  expect([segments.end, segments.kept]).toEqual([10, 8]);
  expect(written(segments, 6)).toEqual([7, 8]);
});

test('S40 what changes while a new one is written counts against it; what came to nothing leaves the old one', () => {
  const segments = stored();
  segments.noteChanged(rows(1, 2));
  segments.begin(20, [4]);
  segments.noteChanged(rows(5));
  segments.noteGone(rows(6, 5));
  segments.abandon();
  expect([segments.kept, segments.lost, segments.end]).toEqual([6, 4, 10]);
  segments.begin(20, [4]);
  segments.noteChanged(rows(12));
  segments.noteGone(rows(13, 12, 25));
  segments.finish([reference(2)], 20);
  segments.publish();
  expect([segments.kept, segments.lost, segments.end]).toEqual([17, 3, 20]);
  segments.drop();
  expect([segments.kept, segments.lost, segments.end, segments.references]).toEqual([0, 0, 0, []]);
});
