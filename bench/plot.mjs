/** Line and bar charts as SVG text: no library, the same input gives the same bytes, legible on light and dark pages. */

/** @typedef {{ name: string, color?: number, points: [x: number, y: number][] }} Series `color`: 0…7, default its place */
/**
 * `from`, `to`: default where the data ends, or 0 on a linear axis. `nines`: of shares, what is missing to 1 on a logarithmic scale, from
 * `from` to 0.9995; what is nearer to 1 stands there.
 * @typedef {{ label: string, log?: boolean, nines?: boolean, from?: number, to?: number }} Axis
 */

const FONT = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif"';
const WIDTH = 760;
/** One pair per colour, for light and for dark pages: each at least 4.5 : 1 against its background. */
const COLORS = [
  ['#0969da', '#4493f8'],
  ['#bc4c00', '#f0883e'],
  ['#1a7f37', '#3fb950'],
  ['#8250df', '#a371f7'],
  ['#cf222e', '#f85149'],
  ['#0f766e', '#2dd4bf'],
  ['#8a6500', '#d29922'],
  ['#59636e', '#9198a1'],
];

/** The page's own ground is drawn too, so that text and ground always match. */
function style() {
  const rules = (/** @type {0 | 1} */ mode) =>
    [
      `.ground{fill:${['#ffffff', '#0d1117'][mode]}}`,
      `.ink{fill:${['#1f2328', '#f0f6fc'][mode]}}`,
      `.soft{fill:${['#59636e', '#9198a1'][mode]}}`,
      `.grid{stroke:${['#d1d9e0', '#3d444d'][mode]}}`,
      ...COLORS.map((pair, i) => `.f${i}{fill:${pair[mode]}}.s${i}{stroke:${pair[mode]};fill:none}`),
    ].join('');
  return `<style>${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}</style>`;
}

/** @param {string} text */
export function escapeText(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** @param {number} value */
const at = (value) => String(Math.round(value * 10) / 10);

/**
 * @param {string} words
 * @param {{ x: number, y: number, anchor?: 'start' | 'middle' | 'end', size?: number, of?: 'ink' | 'soft', turn?: boolean }} place
 */
function text(words, { x, y, anchor = 'start', size = 12, of = 'ink', turn = false }) {
  const rotate = turn ? ` transform="rotate(-90 ${at(x)} ${at(y)})"` : '';
  return `<text class="${of}" x="${at(x)}" y="${at(y)}" font-size="${size}" text-anchor="${anchor}"${rotate}>${escapeText(words)}</text>`;
}

/** @param {string} title @param {number} height @param {string[]} parts */
function picture(title, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(title)}" ${FONT}>
${style()}
<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>
${text(title, { x: 16, y: 26, size: 15 })}
${parts.join('\n')}
</svg>
`;
}

/** Short: 0.95, 12.5, 4,200, 1.5 M. @param {number} value */
export function shortNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${String(Number((value / 1e6).toPrecision(3)))} M`;
  if (size >= 1000)
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ',');
  return String(
    Number(value.toPrecision(size >= 100 ? 3 : 2)) === value ? value : Number(value.toPrecision(3)),
  );
}

/**
 * Round places on an axis: 1, 2 and 5 times powers of ten.
 * @param {number} from
 * @param {number} to above `from`
 * @param {{ log: boolean, about?: number }} options `about`: how many, at most, on a linear axis
 * @returns {number[]} ascending, in `from`…`to`
 */
export function ticks(from, to, { log, about = 6 }) {
  if (log) {
    const found = [];
    for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++)
      for (const step of [1, 2, 5]) found.push(Number(`${step}e${power}`));
    const inside = found.filter((value) => value >= from && value <= to);
    return inside.length > 8 ? inside.filter((value) => /^1(e|0*$)|^0\.0*1$/.test(String(value))) : inside;
  }
  const rough = (to - from) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? 10 * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** @param {number[]} values @param {Axis} axis @param {[from: number, to: number]} range @returns {{ place: (value: number) => number, marks: number[] }} */
function scale(values, { log = false, nines = false, from, to }, [start, end]) {
  if (nines) return ninesScale(from ?? Math.min(...values), [start, end]);
  let low = from ?? (log ? Math.min(...values) : Math.min(0, ...values));
  let high = to ?? Math.max(...values);
  if (log) [low, high] = [low / 1.15, high * 1.15];
  if (low === high) high = low + 1;
  const measure = log ? Math.log : (/** @type {number} */ value) => value;
  const share = (/** @type {number} */ value) =>
    (measure(value) - measure(low)) / (measure(high) - measure(low));
  return { place: (value) => start + share(value) * (end - start), marks: ticks(low, high, { log }) };
}

const MOST = 0.9995;
const NINES = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

/** @param {number} from @param {[from: number, to: number]} range @returns {ReturnType<typeof scale>} */
function ninesScale(from, [start, end]) {
  const measure = (/** @type {number} */ value) => -Math.log(1 - Math.min(value, MOST));
  const share = (/** @type {number} */ value) =>
    (measure(value) - measure(from)) / (measure(MOST) - measure(from));
  return {
    place: (value) => start + share(value) * (end - start),
    marks: NINES.filter((mark) => mark >= from),
  };
}

/** @param {number} x @param {number} y @param {number} shape @param {number} color */
function marker(x, y, shape, color) {
  const r = 4;
  const path = [
    `M${at(x - r)} ${at(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
    `M${at(x - r)} ${at(y - r)}h${2 * r}v${2 * r}h${-2 * r}z`,
    `M${at(x)} ${at(y - r - 1)}l${r + 1} ${2 * r}h${-2 * r - 2}z`,
    `M${at(x)} ${at(y - r - 1)}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`,
  ][shape % 4];
  return `<path class="f${color}" d="${path}"/>`;
}

/**
 * Lines with a mark at each point; series differ in colour and in the shape of their marks.
 * @param {{ title: string, x: Axis, y: Axis, series: Series[] }} chart points without a finite place are left out
 * @returns {string} SVG
 */
export function lineChart({ title, x, y, series }) {
  const box = { left: 76, right: WIDTH - 180, top: 44, bottom: 344 };
  const drawn = series.map((each) => ({
    ...each,
    points: each.points.filter(
      ([a, b]) => Number.isFinite(a) && Number.isFinite(b) && (!x.log || a > 0) && (!y.log || b > 0),
    ),
  }));
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) throw new Error(`The chart "${title}" has no points.`);
  const across = scale(
    all.map(([a]) => a),
    x,
    [box.left, box.right],
  );
  const up = scale(
    all.map(([, b]) => b),
    y,
    [box.bottom, box.top],
  );
  return picture(title, 400, [
    ...across.marks.map((mark) => {
      const place = at(across.place(mark));
      return `<path class="grid" d="M${place} ${box.top}V${box.bottom}"/>${text(shortNumber(mark), { x: across.place(mark), y: box.bottom + 18, anchor: 'middle', of: 'soft' })}`;
    }),
    ...up.marks.map((mark) => {
      const place = at(up.place(mark));
      return `<path class="grid" d="M${box.left} ${place}H${box.right}"/>${text(shortNumber(mark), { x: box.left - 8, y: up.place(mark) + 4, anchor: 'end', of: 'soft' })}`;
    }),
    text(x.label, { x: (box.left + box.right) / 2, y: 388, anchor: 'middle' }),
    text(y.label, { x: 18, y: (box.top + box.bottom) / 2, anchor: 'middle', turn: true }),
    ...drawn.flatMap(({ name, color = 0, points }, i) => {
      const places = points.map(([a, b]) => /** @type {const} */ ([across.place(a), up.place(b)]));
      const line = places.map(([a, b], p) => `${p === 0 ? 'M' : 'L'}${at(a)} ${at(b)}`).join('');
      const legend = box.top + 12 + i * 22;
      return [
        `<path class="s${color}" stroke-width="2" stroke-linejoin="round" d="${line}"/>`,
        ...places.map(([a, b]) => marker(a, b, i, color)),
        marker(box.right + 20, legend - 4, i, color),
        text(name, { x: box.right + 32, y: legend }),
      ];
    }),
  ]);
}

/**
 * Horizontal bars from 0, each in one part or several, with its sum behind it.
 * @param {{ title: string, x: Axis, bars: { label: string, parts: { name: string, color: number, value: number }[] }[] }} chart
 * @returns {string} SVG
 */
export function barChart({ title, x, bars }) {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  if (bars.length === 0 || !sums.every((sum) => Number.isFinite(sum) && sum >= 0))
    throw new Error(`The chart "${title}" needs bars of 0 or more.`);
  const step = 30;
  const names = [...new Map(bars.flatMap(({ parts }) => parts).map(({ name, color }) => [name, color]))];
  const legendHeight = names.length > 1 ? 26 : 0;
  const box = { left: 220, right: WIDTH - 90, top: 44 + legendHeight };
  const bottom = box.top + bars.length * step;
  const across = scale(sums, { ...x, from: 0 }, [box.left, box.right]);
  let legendAt = box.left;
  return picture(title, bottom + 56, [
    ...(legendHeight > 0
      ? names.map(([name, color]) => {
          const place = legendAt;
          legendAt += 30 + name.length * 7;
          return `<rect class="f${color}" x="${at(place)}" y="44" width="12" height="12" rx="2"/>${text(name, { x: place + 18, y: 54 })}`;
        })
      : []),
    ...across.marks.map(
      (mark) =>
        `<path class="grid" d="M${at(across.place(mark))} ${box.top}V${bottom}"/>${text(shortNumber(mark), { x: across.place(mark), y: bottom + 18, anchor: 'middle', of: 'soft' })}`,
    ),
    text(x.label, { x: (box.left + box.right) / 2, y: bottom + 42, anchor: 'middle' }),
    ...bars.flatMap(({ label, parts }, i) => {
      const y = box.top + i * step + 5;
      let done = 0;
      const drawn = parts.map(({ color, value }) => {
        const start = across.place(done);
        done += value;
        return `<rect class="f${color}" x="${at(start)}" y="${y}" width="${at(across.place(done) - start)}" height="${step - 10}"/>`;
      });
      return [
        text(label, { x: box.left - 10, y: y + 15, anchor: 'end' }),
        ...drawn,
        text(shortNumber(sums[i] ?? 0), { x: across.place(done) + 6, y: y + 15, of: 'soft' }),
      ];
    }),
  ]);
}
