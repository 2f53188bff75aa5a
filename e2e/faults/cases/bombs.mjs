/**
 * F33: small snapshots that claim to be, or unpack to, a gigabyte and more. The compressed ones must be stopped at the cap that
 * SNAPSHOT.md gives; the others take room for what has come, never for what is claimed. A model file that unpacks without an end is
 * in F37.
 */
import { constants, createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { within } from '../hub.mjs';
import { cleanVerdict } from '../judge.mjs';
import { forgetPeaks, peaks } from '../peaks.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';
import { inline, makeSnapshot, seal, take } from './snapshots.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {{ name: string, bytes: Uint8Array, stops: 'cap' | 'claim' }} Bomb `cap`: refused for what it unpacks to; `claim`: for what it is
 */

const GIGABYTE = 1024 ** 3;
const FREE_BYTES = 16 * 1024 ** 2;
const MAX_RATIO = 256;
/** Compressed bytes are unpacked 16 KiB at a time, to 1,032 times as many at most; pieces of the source may be larger. */
const STEP_BYTES = 96 * 1024 ** 2;
const DEADLINE_MS = 20_000;
/** Far below what each would take if it were believed. */
const BUDGET_BYTES = 160 * 1024 ** 2;

/** `start`, then zeros up to a gigabyte, compressed. @param {Uint8Array} start @returns {Promise<Uint8Array>} */
async function packedZeros(start) {
  const gzip = createGzip({ level: constants.Z_BEST_COMPRESSION });
  const zeros = Buffer.alloc(1024 ** 2);
  /** @type {Buffer[]} */
  const pieces = [];
  const ended = new Promise((resolve, reject) => gzip.on('end', resolve).on('error', reject));
  gzip.on('data', (piece) => pieces.push(piece));
  gzip.write(start);
  for (let size = 0; size < GIGABYTE; size += zeros.length) {
    if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  await ended;
  return new Uint8Array(Buffer.concat(pieces));
}

/** @param {...number} values */
function u32(...values) {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true);
  return bytes;
}

/** @param {Uint8Array} bytes @param {number} at @param {...number} values */
function patched(bytes, at, ...values) {
  const copy = Uint8Array.from(bytes);
  copy.set(u32(...values), at);
  return copy;
}

/** @param {Uint8Array} original @returns {Promise<Bomb[]>} */
async function makeBombs(original) {
  const { header, frames } = take(original);
  const [collection, records] = frames;
  if (!collection || !records) throw new Error('the snapshot has no records');
  const json = collection.payload;
  const beginning = seal({ header, frames: [collection] }).slice(0, -48);
  /** @param {(parts: { collection: Uint8Array, records: Uint8Array }) => Uint8Array[]} change */
  const forged = (change) => {
    const [first = json, ...others] = change({ collection: json, records: records.payload });
    return seal({
      header,
      frames: [{ kind: 1, payload: first }, ...others.map((payload) => ({ kind: 2, payload }))],
    });
  };
  // A frame of the largest length allowed, all zeros, and more after it.
  const frame = new Uint8Array([...beginning, ...u32(2, 2 ** 28, 1)]);
  const zeros = await packedZeros(new Uint8Array(0));
  const inside = await packedZeros(frame);
  const deep = `{"a":${'['.repeat(200_000)}`;
  const text = Buffer.from(deep.padEnd(Math.ceil(deep.length / 4) * 4));
  /** @type {Bomb[]} */
  const bombs = [
    { name: 'zeros, 1 GB packed', bytes: zeros, stops: 'claim' },
    { name: 'a frame and zeros, 1 GB packed', bytes: inside, stops: 'cap' },
    { name: 'the same, packed twice', bytes: gzipSync(inside), stops: 'claim' },
    { name: 'collections without end', bytes: patched(original, 12, 0xffffffff), stops: 'claim' },
    { name: 'a frame of 256 MiB that is not there', bytes: frame, stops: 'claim' },
    {
      name: 'a frame of 4 GiB',
      bytes: patched(frame, frame.length - 12, 2, 0xfffffffc, 1),
      stops: 'claim',
    },
    {
      name: '4 billion records of 65,536 dimensions',
      bytes: forged((parts) => [patched(parts.collection, 0, 0xffffffff, 65_536), parts.records]),
      stops: 'claim',
    },
    {
      name: 'a frame of 100,000 records of 65,536 dimensions',
      bytes: forged((parts) => [
        patched(parts.collection, 0, 100_000, 65_536),
        patched(parts.records, 0, 100_000, 65_536),
      ]),
      stops: 'claim',
    },
    {
      name: 'ids of 4 GB',
      bytes: forged((parts) => [parts.collection, patched(parts.records, 12, 0xffffffff)]),
      stops: 'claim',
    },
    {
      name: 'a description of 4 GB',
      bytes: forged((parts) => [patched(parts.collection, 8, 0xffffffff)]),
      stops: 'claim',
    },
    {
      name: 'a description of 200,000 brackets',
      bytes: forged((parts) => [
        new Uint8Array([...parts.collection.subarray(0, 8), ...u32(text.length), ...text]),
      ]),
      stops: 'claim',
    },
  ];
  // Each must be a bomb: small, and large inside.
  const [, packed] = bombs;
  if (packed && packed.bytes.length > GIGABYTE / 900) throw new Error('the bomb is no bomb');
  const twice = bombs[2];
  if (!twice || twice.bytes.length > 64 * 1024 || gunzipSync(twice.bytes).length !== inside.length)
    throw new Error('the bomb inside a bomb is none');
  return bombs;
}

/**
 * @param {Bomb} bomb
 * @param {{ code: string, size: number, ms: number, taken: number }} told
 * @returns {string[]}
 */
function judgeBomb({ name, bytes, stops }, { code, size, ms, taken }) {
  const problems = [];
  if (code !== 'FORMAT_SNAPSHOT') problems.push(`${name}: it ended with ${code}`);
  if (ms > DEADLINE_MS) problems.push(`${name}: it took ${ms.toFixed(0)} ms`);
  if (taken > BUDGET_BYTES) problems.push(`${name}: it took ${(taken / 1e6).toFixed(0)} MB`);
  const cap = FREE_BYTES + MAX_RATIO * bytes.length;
  if (stops === 'cap' && !(size > FREE_BYTES && size <= Math.min(cap, GIGABYTE / 2) + STEP_BYTES))
    problems.push(`${name}: it was not stopped at the cap, but after ${size} bytes`);
  return problems;
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* inNode(context) {
  const { ChromaClient } = await inline();
  const original = await makeSnapshot();
  const bombs = await makeBombs(original);
  for (const run of context.runs) {
    /** @type {RunResult} */
    const result = { run, seed: 0, acknowledged: 0, ...cleanVerdict(), problems: [] };
    let most = 0;
    for (const [i, bomb] of bombs.entries()) {
      const client = new ChromaClient({ storage: `memory:bomb${run}-${i}` });
      const room = () => process.memoryUsage().arrayBuffers;
      const before = room();
      let peak = before;
      const watch = setInterval(() => (peak = Math.max(peak, room())), 2);
      const start = performance.now();
      let told = { code: 'ok', size: 0 };
      try {
        await within(DEADLINE_MS * 3, client.import(new Blob([/** @type {BlobPart} */ (bomb.bytes)])), () => {
          throw new Error('no answer');
        });
      } catch (error) {
        const { code, details } = Object(error);
        told = { code: String(code ?? messageOf(error)), size: details?.size ?? 0 };
      }
      clearInterval(watch);
      peak = Math.max(peak, room());
      const taken = peak - before;
      most = Math.max(most, taken);
      result.problems.push(...judgeBomb(bomb, { ...told, ms: performance.now() - start, taken }));
      const left = await client.listCollections();
      if (left.length > 0) result.problems.push(`${bomb.name}: ${left.length} collections are left`);
      // It works as before.
      await client.import(new Blob([/** @type {BlobPart} */ (original)]));
      await client.close();
    }
    result.measures = { bombs: bombs.length, takenMB: most / 1e6 };
    yield result;
  }
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* inPage(context) {
  const original = await makeSnapshot();
  const bombs = await makeBombs(original);
  const files = new Map(bombs.map((bomb, i) => [`/kindex/bomb${i}.bin`, bomb.bytes]));
  files.set('/kindex/sound.bin', original);
  context.hub.network.onFile = async (path, response) => {
    const bytes = files.get(path);
    if (bytes) response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(bytes);
    return Boolean(bytes);
  };
  for (const run of context.runs) {
    /** @type {RunResult} */
    const result = { run, seed: 0, acknowledged: 0, ...cleanVerdict(), problems: [] };
    const profile = newProfile(context);
    const { browser, tab } = await startSession(context, { profile });
    let most = 0;
    try {
      await tab.call('open', { storage: 'indexeddb:bombs' });
      const [address] = tab.url.split('/faults');
      for (const [i, bomb] of bombs.entries()) {
        const before = new Map(peaks(profile).map(({ pid, bytes }) => [pid, bytes]));
        if (before.size === 0) throw new Error('no process of the page is known');
        forgetPeaks([...before.keys()].map((pid) => ({ pid })));
        const start = new Map(peaks(profile).map(({ pid, bytes }) => [pid, bytes]));
        const url = `${address}/kindex/bomb${i}.bin`;
        const told = await tab.call('importFrom', { url, streamed: (run + i) % 2 === 0 }, DEADLINE_MS * 3);
        const taken = peaks(profile).reduce(
          (max, { pid, bytes }) => Math.max(max, bytes - (start.get(pid) ?? bytes)),
          0,
        );
        most = Math.max(most, taken);
        result.problems.push(...judgeBomb(bomb, { ...told, taken }));
        const left = await tab.call('client', { method: 'listCollections', argument: {} });
        if (left.length > 0) result.problems.push(`${bomb.name}: ${left.length} collections are left`);
      }
      const sound = await tab.call('importFrom', { url: `${address}/kindex/sound.bin`, streamed: true });
      if (sound.code !== 'ok') result.problems.push(`a sound one afterwards: ${sound.code}`);
      result.problems.push(...(await tab.call('faults')));
    } catch (error) {
      result.problems.push(messageOf(error));
    }
    result.measures = { bombs: bombs.length, takenMB: most / 1e6 };
    await browser.kill();
    await dropProfile(profile);
    yield result;
  }
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
const unpacked = (context) =>
  context.engine === /** @type {string} */ ('node') ? inNode(context) : inPage(context);

export const bombs = { F33: unpacked };
