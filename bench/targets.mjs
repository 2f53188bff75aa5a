/** The figures that kindex must reach, and what a measured result says of them. */

/**
 * `key`: in `ratios` or `values` of a result. `bar`: the median must reach it (`least`) or stay under it (`most`).
 * @typedef {{ key: string, at: 'least' | 'most', bar: number, what: string }} Target
 * @typedef {'met' | 'missed' | 'void' | 'too few rounds' | 'rounds not stored'} Verdict
 * @typedef {{ target: Target, median: number, worst: number | null, rounds: number, verdict: Verdict }} Judgement `worst`: null where the rounds were not stored, as in old results
 */

/** A median of fewer says little. */
const ROUNDS = 5;
/** No round may be farther from the bar, on its wrong side, than this share of it. */
const SLACK = 0.1;

/** @type {(key: string, bar: number, what: string) => Target} */
const least = (key, bar, what) => ({ key, at: 'least', bar, what });
/** @type {(key: string, bar: number, what: string) => Target} */
const most = (key, bar, what) => ({ key, at: 'most', bar, what });

/** @type {readonly Target[]} */
export const TARGETS = [
  least('qps95_20k_vs_hnswlib_wasm', 10, 'queries/s at recall 0.95, 20k × 384, Chromium, × hnswlib-wasm'),
  least('qps99_20k_vs_hnswlib_wasm', 9, 'queries/s at recall 0.99, 20k × 384, Chromium, × hnswlib-wasm'),
  least('qps95_100k_vs_hnswlib_wasm', 7, 'queries/s at recall 0.95, 100k × 384, Chromium, × hnswlib-wasm'),
  least('qps99_100k_vs_hnswlib_wasm', 6.5, 'queries/s at recall 0.99, 100k × 384, Chromium, × hnswlib-wasm'),
  least(
    'qps95_20k_vs_hnswlib_avx2',
    2.5,
    'queries/s at recall 0.95, 20k × 384, Node, × native hnswlib (AVX2)',
  ),
  least(
    'qps95_20k_vs_hnswlib_sse',
    3,
    'queries/s at recall 0.95, 20k × 384, Node, × native hnswlib (SSE, as npm builds it)',
  ),
  least(
    'f32_qps95_20k_vs_hnswlib_avx2',
    1,
    'queries/s at recall 0.95 with float32 distances, 20k × 384, Node, × native hnswlib (AVX2)',
  ),
  least('build_20k_vs_hnswlib_wasm', 9, 'vectors/s of the bulk build, 20k × 384, Chromium, × hnswlib-wasm'),
  least('build_100k_vs_hnswlib_wasm', 7, 'vectors/s of the bulk build, 100k × 384, Chromium, × hnswlib-wasm'),
  least(
    'build_20k_vs_hnswlib_avx2',
    2.5,
    'vectors/s of the bulk build, 20k × 384, Node, × native hnswlib (AVX2)',
  ),
  most('query_p99_ms_during_build', 16, 'ms, 99th percentile of queries while an index is built behind adds'),
  least('add_vs_chroma', 10, 'acknowledged adds/s through the API, × a Chroma server through its client'),
  least('query_vs_chroma', 10, 'queries/s through the API, × a Chroma server through its client'),
  most('open_ms_100k', 1000, 'ms from a closed collection of 100k × 384 to its first answer'),
  most('open_100k_bytes_per_int8_data', 1.2, 'bytes read by that, ÷ (int8 vectors + graph + maps)'),
  most('bytes_per_row_100k', 260, 'bytes of memory per row beside its vectors, 100k × 384'),
  most(
    'hand_over_p95_ms',
    500,
    'ms, 95th percentile of how long calls wait when the owning tab goes, 10,000 rows',
  ),
  most('commits_per_group', 1, 'durable transactions for a group of writes that wait together'),
  most('p50_ms_1m', 3, 'ms, median query of 1M × 384, int8 resident'),
  least('recall_1m', 0.93, 'recall@10 of that'),
  most('peak_mb_1m', 900, 'MB, peak of wasm memory and JavaScript heap of that'),
  least(
    'recall_after_churn_minus_fresh',
    -0.01,
    'recall after 30 % deletes and 30 % updates, minus that of a new index',
  ),
  least('filtered_worst_recall', 0.95, 'worst recall of a filtered search, 100 % … 0.01 % of 100k'),
  most('filtered_results_missing', 0, 'results missing from filtered searches where enough rows match'),
];

/**
 * @param {{ rounds: number, ratios: Record<string, number>, values: Record<string, number>, byRound?: Record<string, number[]>, overAll?: string[], void?: string | string[] }} result
 * @param {readonly Target[]} [targets]
 * @returns {Judgement[]} one per target that the result has a figure of
 */
export function judge(result, targets = TARGETS) {
  return targets.flatMap((target) => {
    const median = result.ratios[target.key] ?? result.values[target.key];
    if (median === undefined) return [];
    // A figure that is not taken by round is its own worst.
    const each = result.byRound && (result.byRound[target.key] ?? [median]);
    const worst = each ? (target.at === 'least' ? Math.min : Math.max)(...each) : null;
    // Fewer builds than rounds, say; and what was taken once says as little as one round.
    const rounds =
      result.byRound?.[target.key]?.length ?? (result.overAll?.includes(target.key) ? result.rounds : 1);
    const verdict = verdictOf(target, { median, worst, rounds, isVoid: Boolean(result.void?.length) });
    return [{ target, median, worst, rounds, verdict }];
  });
}

/** @param {Target} target @param {{ median: number, worst: number | null, rounds: number, isVoid: boolean }} figures @returns {Verdict} */
function verdictOf({ at, bar }, { median, worst, rounds, isVoid }) {
  if (isVoid) return 'void';
  const slack = SLACK * Math.abs(bar);
  const holds = (/** @type {number} */ figure, /** @type {number} */ off) =>
    at === 'least' ? figure >= bar - off : figure <= bar + off;
  if (!holds(median, 0) || (worst !== null && !holds(worst, slack))) return 'missed';
  if (worst === null) return 'rounds not stored';
  return rounds < ROUNDS ? 'too few rounds' : 'met';
}
