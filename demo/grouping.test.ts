import { expect, test } from 'vitest';
import { groupByDocument, type FoundPassage } from './grouping.js';

function found(path: string, part: number, distance: number): FoundPassage {
  return {
    id: `${path}#${part}`,
    text: `${path} ${part}`,
    distance,
    metadata: { path, title: path, kind: 'text', origin: 'file', part },
  };
}

test('passages of one document become one hit, its nearest passage first, hits in the order of those', () => {
  const hits = groupByDocument([
    found('a', 3, 0.1),
    found('b', 0, 0.2),
    found('a', 0, 0.3),
    found('c', 1, 0.4),
    found('a', 1, 0.5),
  ]);
  expect(
    hits.map(({ path, best, others }) => [
      path,
      best.metadata.part,
      others.map(({ metadata }) => metadata.part),
    ]),
  ).toEqual([
    ['a', 3, [0, 1]],
    ['b', 0, []],
    ['c', 1, []],
  ]);
});

test('nothing found gives no hits', () => {
  expect(groupByDocument([])).toEqual([]);
});
