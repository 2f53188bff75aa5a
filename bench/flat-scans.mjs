/** Exact scans of all rows, each behind the same small face: in Node and in a worker of a browser, so it imports nothing of either. */

/**
 * `scan`: rows of the `k` nearest.
 * @typedef {{ name: string, scan: (query: Float32Array, k: number) => ArrayLike<number>, close: () => void }} Scan
 * @typedef {{
 *   core: import('../src/core/core.js').Core,
 *   scalar: import('../src/core/core.js').Core,
 *   rescore: typeof import('../src/core/rescore.js').rescore,
 * }} Modules
 */

/** So many vectors tell the range of the codes. */
const SAMPLE = 1_000;

/** So many times the wanted rows are measured anew after a scan of one bit a dimension. */
const BINARY_FACTOR = 10;

/**
 * Over unit vectors, by inner product: a plain loop, the scalar core, the core over floats, over int8 codes alone, and over int8 codes
 * and over one bit a dimension with the best measured anew over floats.
 * @param {Modules} modules
 * @param {{ base: Float32Array<ArrayBuffer>, dimensions: number }} data
 * @returns {Promise<Scan[]>}
 */
export async function createScans({ core, scalar, rescore }, { base, dimensions }) {
  const rows = base.length / dimensions;
  const numbers = Uint32Array.from({ length: rows }, (_, i) => i);
  const matrix = { data: base, rows, dimensions };
  const flat = (/** @type {typeof core} */ of) => {
    const vectors = of.createFlatVectors({ space: 'ip', dimensions });
    vectors.set(numbers, matrix);
    return vectors;
  };
  const [ours, plain] = [flat(core), flat(scalar)];
  const sample = {
    data: base.slice(0, SAMPLE * dimensions),
    rows: Math.min(SAMPLE, rows),
    dimensions,
  };
  const codes = core.createGraphVectors({
    space: 'ip',
    dimensions,
    maxNeighbors: 16,
    efConstruction: 100,
    seed: 1,
    quantized: true,
    codesFrom: sample,
  });
  codes.set(numbers, matrix);
  const createBinaryVectors = await core.loadBinary();
  const bits = createBinaryVectors({ space: 'ip', dimensions, sample });
  bits.set(numbers, matrix);
  const measureAnew = (
    /** @type {Float32Array} */ query,
    /** @type {number} */ k,
    /** @type {Uint32Array} */ near,
  ) => {
    const data = new Float32Array(near.length * dimensions);
    near.forEach((row, i) =>
      data.set(base.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions),
    );
    return rescore(query, k, { space: 'ip', rows: near, vectors: { data, rows: near.length, dimensions } })
      .rows;
  };
  const close = () => {};
  return [
    { name: 'loop', scan: (query, k) => scanLoop(base, query, k), close },
    {
      name: 'scalar',
      scan: (query, k) => plain.search(query, k).rows,
      close: () => plain.dispose(),
    },
    {
      name: 'f32',
      scan: (query, k) => ours.search(query, k).rows,
      close: () => ours.dispose(),
    },
    { name: 'int8_alone', scan: (query, k) => codes.search(query, k).rows, close },
    {
      name: 'int8',
      scan: (query, k) => measureAnew(query, k, codes.search(query, Math.ceil(1.5 * k) + 5).rows),
      close: () => codes.dispose(),
    },
    {
      name: 'binary',
      scan: (query, k) => measureAnew(query, k, bits.search(query, BINARY_FACTOR * k).rows),
      close: () => bits.dispose(),
    },
  ];
}

/** What an application without a library does: one loop over all numbers, and a short sorted list. @param {Float32Array} base @param {Float32Array} query @param {number} k */
function scanLoop(base, query, k) {
  const dimensions = query.length;
  /** @type {{ row: number, dot: number }[]} */
  const best = [];
  let worst = -Infinity;
  for (let row = 0, at = 0; at < base.length; row++) {
    let dot = 0;
    for (let d = 0; d < dimensions; d++, at++) dot += (base[at] ?? 0) * (query[d] ?? 0);
    if (best.length === k && dot <= worst) continue;
    let place = best.length;
    while (place > 0 && (best[place - 1]?.dot ?? Infinity) < dot) place--;
    best.splice(place, 0, { row, dot });
    if (best.length > k) best.pop();
    worst = best.at(-1)?.dot ?? -Infinity;
  }
  return best.map(({ row }) => row);
}

/**
 * A round asks all queries of one scan, then of the next; who begins changes.
 * @param {{ scans: Scan[], queries: Float32Array, dimensions: number, rows: number, k: number, rounds: number, recall: (found: number[][]) => number, log: (line: string) => void }} options
 * @returns {Record<string, { ms: number[], recall: number }>} milliseconds of all queries, one per round
 */
export function measureScans({ scans, queries, dimensions, rows, k, rounds, recall, log }) {
  const count = queries.length / dimensions;
  const ask = (/** @type {Scan} */ { scan }) =>
    Array.from({ length: count }, (_, q) =>
      Array.from(scan(queries.slice(q * dimensions, (q + 1) * dimensions), k)),
    );
  // Asked once for its answers, and so warmed.
  const results = Object.fromEntries(
    scans.map((scan) => [scan.name, { ms: /** @type {number[]} */ ([]), recall: recall(ask(scan)) }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < scans.length; i++) {
      const scan = scans[(i + round) % scans.length];
      if (!scan) continue;
      const from = performance.now();
      ask(scan);
      results[scan.name]?.ms.push(performance.now() - from);
    }
    const line = Object.entries(results).map(
      ([name, { ms }]) => `${name} ${((rows * count) / (ms.at(-1) ?? NaN) / 1000).toFixed(1)}`,
    );
    log(`round ${round + 1}/${rounds}, million rows/s: ${line.join(', ')}`);
  }
  for (const { close } of scans) close();
  return results;
}
