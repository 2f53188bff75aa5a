/** Compares what a page found with what was acknowledged, record by record. */
import { Writer } from './page/workload.mjs';

/**
 * `lost`: records of acknowledged operations that are missing, older than acknowledged, or deleted without having been asked.
 * `duplicated`: records that are back after an acknowledged deletion, or there twice: an operation that happened again.
 * `torn`: operations of which a part is there. `undetected`: records whose bytes are wrong and that were given out anyway.
 * `extra`: operations that are there without an acknowledgement, which is allowed.
 * @typedef {{ lost: number, duplicated: number, torn: number, undetected: number, extra: number }} Verdict
 * @typedef {{ rows: [id: string, version: number, right: boolean][], count: number }} Dump
 */

/** @returns {Verdict} */
export function cleanVerdict() {
  return { lost: 0, duplicated: 0, torn: 0, undetected: 0, extra: 0 };
}

/**
 * What is found to have happened counts as acknowledged from then on: `writers` is brought up to date.
 * @param {{ name: string, acknowledged: number, inFlight: number }[]} writers operations are sequential per writer, so at most
 *   `inFlight` more than the acknowledged ones may have happened
 * @param {Dump} dump
 * @returns {Verdict}
 */
export function judge(writers, dump) {
  const verdict = cleanVerdict();
  /** @type {Map<string, Map<string, number>>} */
  const found = new Map(writers.map(({ name }) => [name, new Map()]));
  for (const [id, version, right] of dump.rows) {
    const own = found.get(id.slice(0, id.indexOf('/')));
    if (!right || !own) verdict.undetected++;
    if (own?.has(id)) verdict.duplicated++;
    own?.set(id, version);
  }
  if (dump.count !== dump.rows.length) verdict.duplicated += Math.abs(dump.count - dump.rows.length);

  for (const known of writers) {
    const { name, acknowledged, inFlight } = known;
    const there = found.get(name) ?? new Map();
    const writer = Writer.after(name, acknowledged);
    known.inFlight = 0;
    if (same(there, writer.state)) continue;
    const before = new Map(writer.state);
    /** @type {Set<string>} */
    const touched = new Set();
    let matched = false;
    for (let more = 1; more <= inFlight && !matched; more++) {
      for (const id of writer.next().ids) touched.add(id);
      if (same(there, writer.state)) {
        verdict.extra += more;
        known.acknowledged += more;
        matched = true;
      }
    }
    if (matched) continue;
    const after = writer.state;
    let torn = false;
    for (const id of new Set([...before.keys(), ...after.keys(), ...there.keys()])) {
      const now = there.get(id);
      if (now === before.get(id)) continue;
      if (touched.has(id) && now === after.get(id)) torn = true;
      else if (before.has(id) && (now === undefined || now < (before.get(id) ?? 0))) verdict.lost++;
      else if (!before.has(id) && now !== undefined) verdict.duplicated++;
      else torn = true;
    }
    if (torn) verdict.torn++;
  }
  return verdict;
}

/** @param {Map<string, number>} a @param {Map<string, number>} b */
function same(a, b) {
  return a.size === b.size && [...a].every(([id, version]) => b.get(id) === version);
}
