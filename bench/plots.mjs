/** The plots of each case: what of a result is drawn, and how. */
import { barChart, lineChart } from './plot.mjs';

/** @typedef {import('./result.mjs').Result} Result */
/** @typedef {{ file: string, about: string, svg: string }} Plot `about`: what it shows, for those who cannot see it */

/** Of engines, the same in every plot. @type {Record<string, number>} */
const COLORS = {
  int8: 0,
  kindex_int8: 0,
  f32: 1,
  kindex_f32: 1,
  hnswlib_wasm: 2,
  hnswlib_sse: 3,
  hnswlib_avx2: 4,
  hnswlib: 4,
};
/** @type {Record<string, string>} */
const NAMES = {
  int8: 'kindex int8',
  kindex_int8: 'kindex int8',
  f32: 'kindex float32',
  kindex_f32: 'kindex float32',
  hnswlib_wasm: 'hnswlib-wasm',
  hnswlib_sse: 'hnswlib, SSE',
  hnswlib_avx2: 'hnswlib, AVX2',
};
/** Curves begin here: nobody would use less. */
const LEAST_RECALL = 0.8;
/** Of points at or above, only the fastest is drawn: there is nothing more to find. */
const ALL_FOUND = 0.9995;

/** @param {string} engine */
export const engineName = (engine) => NAMES[engine] ?? engine.replaceAll('_', ' ');
/** @param {string} engine @param {number} place in a plot */
const colorOf = (engine, place) => COLORS[engine] ?? (place + 3) % 8;
/** @param {string} place */
const placeName = (place) => (place === 'node' ? 'Node' : 'Chromium');
/** @param {Result} result */
export const dataName = ({ data = 'clustered', rows }) => `${data}, ${rows / 1000}k`;

/**
 * All that a result has figures for.
 * @param {Result} result
 * @param {{ million?: Result | undefined }} [others] `million`: the result of case `scale-1m`
 * @returns {Plot[]}
 */
export function plotsOf(result, others = {}) {
  return [
    ...curvePlots(result),
    ...buildPlots(result),
    ...latencyPlots(result),
    ...filteredPlots(result),
    ...flatPlots(result),
    ...memoryPlots(result),
    ...scalePlots(result, others.million),
  ];
}

/** @param {Result} result @returns {Plot[]} */
function curvePlots(result) {
  return Object.entries(result.curves ?? {}).flatMap(([place, engines]) => {
    const series = Object.entries(engines)
      .map(([engine, points], i) => ({
        name: engineName(engine),
        color: colorOf(engine, i),
        points: visiblePoints(points),
      }))
      .filter(({ points }) => points.length > 0);
    if (series.length === 0) return [];
    const about = `Queries per second against recall@10, ${dataName(result)} × 384, ${placeName(place)}`;
    return [
      {
        file: `${result.case}-${fileName(result)}-${place}.svg`,
        about,
        svg: lineChart({
          title: about,
          x: { label: 'recall@10 (right is better)', nines: true, from: LEAST_RECALL },
          y: { label: 'queries/s (up is better)', log: true },
          series,
        }),
      },
    ];
  });
}

/** @param {import('./result.mjs').CurvePoint[]} points @returns {[number, number][]} by ascending recall */
function visiblePoints(points) {
  const whole = Math.max(
    ...points.filter(({ recall }) => recall >= ALL_FOUND).map(({ queriesPerS }) => queriesPerS),
  );
  return points
    .filter(
      ({ recall, queriesPerS }) => recall >= LEAST_RECALL && (recall < ALL_FOUND || queriesPerS === whole),
    )
    .map(({ recall, queriesPerS }) => /** @type {[number, number]} */ ([recall, queriesPerS]))
    .toSorted(([a], [b]) => a - b);
}

/** @param {Result} result @returns {Plot[]} */
function buildPlots(result) {
  if (result.case !== 'build') return [];
  return ['chromium', 'node'].flatMap((place) => {
    const bars = figuresOf(result, new RegExp(`^${place}_(\\w+)_build_vectors_per_s$`)).map(
      ([engine, value], i) => ({
        label: engineName(engine),
        parts: [{ name: '', color: colorOf(engine, i), value }],
      }),
    );
    if (bars.length === 0) return [];
    const about = `Bulk build, ${dataName(result)} × 384, ${placeName(place)}`;
    return [
      {
        file: `build-${fileName(result)}-${place}.svg`,
        about,
        svg: barChart({ title: about, x: { label: 'vectors/s (longer is better)' }, bars }),
      },
    ];
  });
}

/** @param {Result} result @returns {Plot[]} */
function latencyPlots(result) {
  const bars = ['adds', 'build', 'checkpoint'].flatMap((phase) =>
    [50, 95, 99].flatMap((percent, i) => {
      const value = result.values[`query_p${percent}_ms_during_${phase}`];
      if (typeof value !== 'number') return [];
      const label = `${{ adds: 'during adds', build: 'while the index is built', checkpoint: 'during the checkpoint' }[phase]}, p${percent}`;
      return [{ label, parts: [{ name: '', color: i === 2 ? 4 : i, value }] }];
    }),
  );
  if (bars.length === 0) return [];
  const about = `Latency of queries behind adds, ${dataName(result)} × 384, Chromium`;
  return [
    {
      file: `build-${fileName(result)}-latency.svg`,
      about,
      svg: barChart({ title: about, x: { label: 'milliseconds (shorter is better)' }, bars }),
    },
  ];
}

/** @param {Result} result @returns {Plot[]} */
function filteredPlots(result) {
  if (result.case !== 'filtered') return [];
  const series = (/** @type {string} */ figure) =>
    ['spread', 'clusters'].map((kind, color) => ({
      name: kind === 'spread' ? 'spread rows' : 'whole clusters',
      color,
      points: figuresOf(result, new RegExp(`^filtered_${figure}_(?:${kind}|all)_([\\dp]+)pc$`))
        .map(([share, value]) => /** @type {[number, number]} */ ([Number(share.replace('p', '.')), value]))
        .toSorted(([a], [b]) => a - b),
    }));
  const x = { label: 'rows that match the filter, % of all', log: true };
  const recall = `Recall of filtered searches by selectivity, ${result.rows / 1000}k × 384, Node`;
  const speed = `Time of a filtered search by selectivity, ${result.rows / 1000}k × 384, Node`;
  return [
    {
      file: 'filtered-recall.svg',
      about: recall,
      svg: lineChart({
        title: recall,
        x,
        y: { label: 'recall@10', from: 0.9, to: 1 },
        series: series('recall'),
      }),
    },
    {
      file: 'filtered-time.svg',
      about: speed,
      svg: lineChart({ title: speed, x, y: { label: 'ms per query', log: true }, series: series('ms') }),
    },
  ];
}

/** @param {Result} result @returns {Plot[]} */
function flatPlots(result) {
  if (result.case !== 'flat') return [];
  /** @type {Record<string, string>} */
  const labels = {
    loop: 'plain loop',
    scalar: 'scalar core',
    f32: 'kindex float32',
    int8_alone: 'kindex int8, codes alone',
    int8: 'kindex int8, best rescored',
    binary: 'kindex binary, best rescored',
  };
  return ['chromium', 'node'].flatMap((place) => {
    const bars = figuresOf(result, new RegExp(`^${place}_flat_(\\w+)_rows_per_s$`)).map(
      ([scan, value], i) => {
        const recall = result.values[`${place}_flat_${scan}_recall`];
        return {
          label: `${labels[scan] ?? engineName(scan)}${recall === undefined ? '' : ` (${recall.toFixed(3)})`}`,
          parts: [{ name: '', color: scan === 'loop' || scan === 'scalar' ? 7 : colorOf(scan, i), value }],
        };
      },
    );
    if (bars.length === 0) return [];
    const about = `Exact scans, ${dataName(result)} × 384, ${placeName(place)}; in brackets recall@10`;
    return [
      {
        file: `flat-${fileName(result)}-${place}.svg`,
        about,
        svg: barChart({ title: about, x: { label: 'rows/s (longer is better)' }, bars }),
      },
    ];
  });
}

/** @param {Result} result @returns {Plot[]} */
function memoryPlots(result) {
  if (result.case !== 'memory') return [];
  const sizes = figuresOf(result, /^bytes_per_row_(\w+)$/).map(([size]) => size);
  const value = (/** @type {string} */ key) => Math.max(0, result.values[key] ?? 0);
  const bars = sizes.flatMap((size) => {
    const vectors = value(`vector_bytes_per_row_${size}`);
    const index = (/** @type {string} */ name, /** @type {number} */ own) => {
      const all = value(`index_${name}_bytes_per_row_${size}`);
      return [
        { name: 'vectors', color: 0, value: Math.min(own, all) },
        { name: 'links, tables, spare room', color: 1, value: Math.max(0, all - own) },
      ];
    };
    return [
      {
        label: `collection, ${size}`,
        parts: [
          { name: 'vectors', color: 0, value: vectors },
          {
            name: 'links, tables, spare room',
            color: 1,
            value: Math.max(0, value(`wasm_bytes_per_row_${size}`) - vectors),
          },
          {
            name: 'JavaScript',
            color: 2,
            value: value(`heap_bytes_per_row_${size}`) + value(`buffer_bytes_per_row_${size}`),
          },
        ],
      },
      { label: `index over floats, ${size}`, parts: index('f32', (vectors * 4) / 5) },
      { label: `index over codes, ${size}`, parts: index('codes', vectors / 5) },
      { label: `hnswlib-wasm, ${size}`, parts: index('hnswlib_wasm', (vectors * 4) / 5) },
    ];
  });
  if (bars.length === 0) return [];
  const about = 'Memory per row × 384';
  return [
    {
      file: `memory-${fileName(result)}.svg`,
      about,
      svg: barChart({ title: about, x: { label: 'bytes per row (shorter is better)' }, bars }),
    },
  ];
}

/** @param {Result} result @param {Result | undefined} million @returns {Plot[]} */
function scalePlots(result, million) {
  if (result.case !== 'scale') return [];
  const points = (/** @type {string} */ figure, /** @type {(value: number) => number} */ of) =>
    figuresOf(result, new RegExp(`^scale_${figure}_(\\d+)k$`)).map(
      ([size, value]) => /** @type {[number, number]} */ ([Number(size) * 1000, of(value)]),
    );
  const same = (/** @type {number} */ value) => value;
  const rest = million?.values;
  const last = (/** @type {string} */ key, /** @type {(value: number) => number} */ of = same) =>
    rest?.[key] === undefined
      ? []
      : [
          {
            name: '1M, int8 resident',
            color: 1,
            points: [/** @type {[number, number]} */ ([million?.rows ?? 1_000_000, of(rest[key])])],
          },
        ];
  return /** @type {const} */ ([
    ['query', 'ms per query at recall 0.95', points('qps95', (qps) => 1000 / qps), last('p50_ms_1m')],
    ['build', 'seconds of the build', points('build_s', same), last('linked_s_1m')],
    ['open', 'ms to the first answer', points('open_ms', same), last('open_ms_1m')],
    ['memory', 'MB of the index', points('mb', same), last('peak_mb_1m')],
  ]).flatMap(([name, label, own, more]) => {
    if (own.length < 2) return [];
    const exponent = result.values[`exponent_${name}`];
    const about = `Cost against number of rows: ${label}`;
    return [
      {
        file: `scale-${fileName(result)}-${name}.svg`,
        about,
        svg: lineChart({
          title: about,
          x: { label: 'rows × 384', log: true },
          y: { label, log: true },
          series: [
            {
              name: exponent === undefined ? 'kindex' : `kindex ∝ N^${exponent.toFixed(2)}`,
              color: 0,
              points: own,
            },
            ...more,
          ],
        }),
      },
    ];
  });
}

/** Values whose key fits, by the key's first group. @param {Result} result @param {RegExp} pattern @returns {[string, number][]} */
function figuresOf({ values }, pattern) {
  return Object.entries(values).flatMap(([key, value]) => {
    const found = pattern.exec(key);
    return found && Number.isFinite(value) ? [/** @type {[string, number]} */ ([found[1] ?? '', value])] : [];
  });
}

/** @param {Result} result */
const fileName = ({ data = 'clustered', rows }) => `${data}-${rows / 1000}k`;
