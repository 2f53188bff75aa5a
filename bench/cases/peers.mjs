/**
 * Case `peers`: vector search of other libraries beside ours: in a worker of Chromium hnswlib-wasm, edgevec, mememo, PGlite + pgvector,
 * Orama and voy, in Node native hnswlib and usearch. Build, queries at their recall, memory, and what becomes of bad input. Needs
 * `dist/` and `npm ci --prefix bench/peers`; native hnswlib for AVX2 is made by `node bench/peers/avx2.mjs`.
 *
 * `--rows N`: 20,000 unless said otherwise. `--peers a,b`: only these of peer-list.mjs, and ours. `--builds N`: builds of each, one
 * unless said otherwise.
 */
import { readFile } from 'node:fs/promises';
import { DIMENSIONS, loadDataSet, resultFile, sizeName } from '../data-sets.mjs';
import { measurePeers } from '../measure-peers.mjs';
import { PEERS } from '../peer-list.mjs';
import { nodePeer } from '../peer-node.mjs';
import { openPeerBrowser } from '../peer-pages.mjs';
import { createSeat } from '../page/peer-seat.mjs';

/** @typedef {import('../measure-peers.mjs').PeerRow} PeerRow */
/** @typedef {import('../peer-list.mjs').PeerEntry} PeerEntry */

const K = 10;
const BUILD_LIMIT_MS = 420_000;
const PARAMETERS = { maxNeighbors: 16, efConstruction: 200 };

/** @param {{ rounds: number, builds: number | null, rows: number | null, data: string | null, peers: string | null, log: (line: string) => void }} options */
export async function run({ rounds, builds, rows, data: name, peers, log }) {
  const wanted = peers?.split(',') ?? null;
  const unknown = wanted?.filter((each) => !PEERS.some((entry) => entry.name === each)) ?? [];
  if (unknown.length > 0) {
    throw new Error(
      `There is no peer ${unknown.join(', ')}: ${PEERS.map((entry) => entry.name).join(', ')}.`,
    );
  }
  const entries = PEERS.filter((entry) => entry.package === null || (wanted?.includes(entry.name) ?? true));
  const data = await loadDataSet(name ?? 'clustered', { rows });
  const { base, queries } = data;
  const task = {
    base,
    queries,
    dimensions: DIMENSIONS,
    k: K,
    rounds,
    builds: builds ?? 1,
    limitMs: BUILD_LIMIT_MS,
  };

  const versions = await versionsOf(entries);
  const installed = (/** @type {PeerEntry} */ entry) => {
    if (entry.package !== null && !versions[entry.package]) {
      throw new Error(`${entry.package} is not installed: npm ci --prefix bench/peers`);
    }
    return entry.name;
  };
  const browser = await openPeerBrowser({ base, queries });
  /** @type {PeerRow[]} */
  const measured = [];
  try {
    measured.push(
      ...(await measurePeers(
        entries.filter(({ place }) => place === 'chromium'),
        {
          ...task,
          open: async (entry, count) => browser.open({ peer: installed(entry), shape: shapeOf(count), k: K }),
          log: (line) => log(`chromium ${line}`),
        },
      )),
    );
  } finally {
    await browser.close();
  }
  measured.push(
    ...(await measurePeers(
      entries.filter(({ place }) => place === 'node'),
      {
        ...task,
        open: async (entry, count) => seatHere(installed(entry), count, data),
        log: (line) => log(`node ${line}`),
      },
    )),
  );

  return {
    file: resultFile('peers', data),
    dataset: `${data.about}, ${DIMENSIONS} dimensions, ${queries.length / DIMENSIONS} held-out queries, k ${K}, M 16, efConstruction 200; builds one after another, queries in turns`,
    data: data.name,
    rows: base.length / DIMENSIONS,
    seed: data.seed,
    environment: { chromium: browser.version },
    ratios: ratios(measured, sizeName(data)),
    values: values(measured),
    curves: curves(measured),
    peers: measured.map((row) => storedRow(row, versions)),
  };
}

/** @param {number} rows */
function shapeOf(rows) {
  return { dimensions: DIMENSIONS, rows, ...PARAMETERS };
}

/** @param {string} name @param {number} rows @param {{ base: Float32Array, queries: Float32Array }} data @returns {import('../peer-pages.mjs').RemoteSeat} */
function seatHere(name, rows, { base, queries }) {
  const seat = createSeat(nodePeer(name), {
    shape: shapeOf(rows),
    queries,
    k: K,
    base: async () => base,
  });
  return {
    call: (method, options) => /** @type {any} */ (seat)[method](options),
    memory: async () => null,
    close: () => seat.close(),
  };
}

/** npm's versions of the packages that are installed, by name. @param {PeerEntry[]} entries @returns {Promise<Record<string, string>>} */
async function versionsOf(entries) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const entry of entries) {
    if (entry.package === null) continue;
    const folder = entry.package === 'hnswlib-wasm' ? 'node_modules' : 'bench/peers/node_modules';
    try {
      const { version } = JSON.parse(await readFile(`${folder}/${entry.package}/package.json`, 'utf8'));
      found[entry.package] = version;
    } catch {
      // Not there: its row says so.
    }
  }
  return found;
}

/** @param {PeerRow} row @param {Record<string, string>} versions */
function storedRow({ entry, rows, buildMs, megabytes, points, probes, trouble }, versions) {
  return {
    ...entry,
    version: entry.package === null ? null : (versions[entry.package] ?? null),
    rows,
    buildVectorsPerS: buildMs.map((ms) => Math.round((rows * 1000) / ms)),
    megabytes: megabytes === null ? null : Math.round(megabytes),
    points: points.map((point) => ({ ...point, queriesPerS: point.queriesPerS.map(Math.round) })),
    probes,
    trouble,
  };
}

/**
 * Of ours over int8 to the other in the same place, round by round, at the recall that the key names. A peer without a parameter meets
 * ours at the first of the two recalls that is not below its own, or else at the higher one. hnswlib is in case `vector-search`.
 * @param {PeerRow[]} measured
 * @param {string} size
 */
function ratios(measured, size) {
  /** @type {Record<string, number[]>} */
  const found = {};
  for (const { entry, rows, points, buildMs } of measured) {
    const ours = measured.find((row) => row.entry.place === entry.place && row.entry.name.endsWith('int8'));
    if (!ours || entry.package === null || entry.package.startsWith('hnswlib') || rows !== ours.rows)
      continue;
    for (const point of points) {
      const equal = ours.points.find(({ at }) => at === point.at);
      const against = equal ?? ours.points.find(({ recall }) => recall >= point.recall) ?? ours.points.at(-1);
      if (!against) continue;
      found[`${against.at}_${size}_vs_${entry.name}`] = against.queriesPerS.map(
        (speed, round) => speed / (point.queriesPerS[round] ?? Number.NaN),
      );
    }
    found[`build_${size}_vs_${entry.name}`] = buildMs.map((ms, i) => ms / (ours.buildMs[i] ?? Number.NaN));
  }
  return found;
}

/** @param {PeerRow[]} measured */
function values(measured) {
  /** @type {Record<string, number | number[]>} */
  const found = {};
  for (const { entry, rows, buildMs, megabytes, points } of measured) {
    if (rows === 0) continue;
    const key = `${entry.place}_${entry.name}`;
    found[`${key}_rows`] = rows;
    found[`${key}_build_vectors_per_s`] = buildMs.map((ms) => Math.round((rows * 1000) / ms));
    if (megabytes !== null) found[`${key}_megabytes`] = Math.round(megabytes);
    for (const { at, width, recall, queriesPerS } of points) {
      found[`${key}_${at}`] = queriesPerS.map(Math.round);
      found[`${key}_recall_at_${at}`] = recall;
      if (width !== null) found[`${key}_width_at_${at}`] = width;
    }
  }
  return found;
}

/** Place → engine → points. @param {PeerRow[]} measured */
function curves(measured) {
  /** @type {Record<string, Record<string, PeerRow['curve']>>} */
  const found = {};
  for (const { entry, curve, points } of measured) {
    const only = points.map(({ width, recall, queriesPerS }) => ({
      ef: width ?? 0,
      recall,
      queriesPerS: Math.round(queriesPerS[0] ?? 0),
    }));
    if (points.length > 0) (found[entry.place] ??= {})[entry.name] = curve.length > 0 ? curve : only;
  }
  return found;
}
