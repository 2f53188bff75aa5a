/** Charts as SVG. */
import { describe, expect, test } from 'vitest';
import { barChart, escapeText, lineChart, shortNumber, ticks } from './plot.mjs';

describe('ticks', () => {
  test('of a linear axis are round and inside', () => {
    expect(ticks(0, 100, { log: false })).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(0.8, 1, { log: false })).toEqual([0.8, 0.85, 0.9, 0.95, 1]);
  });

  test('of a logarithmic axis are 1, 2 and 5 times powers of ten, of a long one the powers alone', () => {
    expect(ticks(900, 6000, { log: true })).toEqual([1000, 2000, 5000]);
    expect(ticks(0.01, 100, { log: true })).toEqual([0.01, 0.1, 1, 10, 100]);
  });
});

test('numbers are short', () => {
  expect([0.95, 12.5, 4200, 1_500_000, 0, 0.123456].map(shortNumber)).toEqual([
    '0.95',
    '12.5',
    '4,200',
    '1.5 M',
    '0',
    '0.123',
  ]);
});

test('names cannot break out of the text they stand in', () => {
  expect(escapeText('a < b & "c">')).toBe('a &lt; b &amp; &quot;c&quot;&gt;');
  const svg = lineChart({
    title: '<script>',
    x: { label: '&' },
    y: { label: '"' },
    series: [{ name: '</svg>', points: [[1, 2]] }],
  });
  expect(svg).not.toMatch(/<script>|<\/svg>./);
});

/** Where the marks of a line chart's points are: of circles, the left end. */
function circles(svg: string): [number, number][] {
  return [...svg.matchAll(/d="M([\d.]+) ([\d.]+)a4 4/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

function steps(places: [number, number][]): { across: number[]; up: number[] } {
  const apart = (at: 0 | 1): number[] =>
    places.slice(1).map((place, i) => place[at] - (places[i]?.[at] ?? Number.NaN));
  return { across: apart(0), up: apart(1) };
}

describe('a line chart', () => {
  const chart = (log: boolean): string =>
    lineChart({
      title: 'Speed',
      x: { label: 'recall', from: 0, to: 1 },
      y: { label: 'queries/s', log },
      series: [
        {
          name: 'one',
          points: [
            [0, 1],
            [0.5, 10],
            [1, 100],
            [Number.NaN, 5],
          ],
        },
      ],
    });

  test('places equal steps equally far apart, on a logarithmic axis equal factors', () => {
    const plain = steps(circles(chart(false)).slice(0, 3));
    const log = steps(circles(chart(true)).slice(0, 3));
    for (const { across } of [plain, log]) expect(across[0]).toBeCloseTo(across[1] ?? 0, 0);
    // Up is less: 9 and 90 queries/s farther, or twice ten times as many.
    expect(plain.up[0]).toBeLessThan(0);
    expect((plain.up[1] ?? 0) / (plain.up[0] ?? 0)).toBeCloseTo(10, 0);
    expect(log.up[0]).toBeLessThan(0);
    expect(log.up[1]).toBeCloseTo(log.up[0] ?? 0, 0);
  });

  test('of shares gives each nine as much room, and draws what is all but 1 at the end', () => {
    const series = [
      { name: 'one', points: [0.9, 0.99, 0.999, 0.9995, 1].map((share): [number, number] => [share, 1]) },
    ];
    const svg = lineChart({
      title: 'Recall',
      x: { label: 'recall', nines: true, from: 0.8 },
      y: { label: 'speed' },
      series,
    });
    const { across } = steps(circles(svg).slice(0, 5));
    expect(across[0]).toBeCloseTo(across[1] ?? 0, 0);
    expect(across[2]).toBeGreaterThan(0);
    expect(across[3]).toBe(0);
  });

  test('names its axes, its title and its lines, leaves out what is no number, and is the same each time', () => {
    const svg = chart(true);
    for (const words of ['>recall<', '>queries/s<', '>Speed<', '>one<', 'aria-label="Speed"'])
      expect(svg).toContain(words);
    // Three points and the legend.
    expect(circles(svg)).toHaveLength(4);
    expect(svg).not.toContain('NaN');
    expect(chart(true)).toBe(svg);
  });

  test('has a ground, and colours for light and for dark pages', () => {
    const svg = chart(true);
    expect(svg).toContain('class="ground"');
    expect(svg).toMatch(/\.ground\{fill:#ffffff\}.*prefers-color-scheme:dark.*\.ground\{fill:#0d1117\}/);
  });

  test('without a point is an error', () => {
    expect(() => lineChart({ title: 'Empty', x: { label: '' }, y: { label: '' }, series: [] })).toThrow(
      'no points',
    );
  });
});

describe('a bar chart', () => {
  const bars = [
    {
      label: 'a',
      parts: [
        { name: 'vectors', color: 0, value: 30 },
        { name: 'links', color: 1, value: 10 },
      ],
    },
    {
      label: 'b',
      parts: [
        { name: 'vectors', color: 0, value: 20 },
        { name: 'links', color: 1, value: 0 },
      ],
    },
  ];

  test('draws parts one after the other, as long as their share, and tells the sum', () => {
    const svg = barChart({ title: 'Memory', x: { label: 'bytes' }, bars });
    const drawn = [
      ...svg.matchAll(/<rect class="f(\d)" x="([\d.]+)" y="\d+" width="([\d.]+)" height="20"/g),
    ].map(([, color, x, width]) => ({ color, x: Number(x), width: Number(width) }));
    expect(drawn).toHaveLength(4);
    const [left = 0, next = 0] = drawn.map(({ x }) => x);
    const [long = 0, rest = 0, shorter = 0] = drawn.map(({ width }) => width);
    expect(next).toBeCloseTo(left + long, 0);
    expect(long / shorter).toBeCloseTo(1.5, 1);
    expect(long / rest).toBeCloseTo(3, 1);
    expect(svg).toContain('>40<');
    expect(svg).toContain('>links<');
  });

  test('of no length, or of less than nothing, is an error', () => {
    expect(() => barChart({ title: 'None', x: { label: '' }, bars: [] })).toThrow('None');
    const below = [{ label: 'a', parts: [{ name: '', color: 0, value: -1 }] }];
    expect(() => barChart({ title: 'Below', x: { label: '' }, bars: below })).toThrow('Below');
  });
});
