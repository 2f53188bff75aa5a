/**
 * F32: snapshots that were changed by chance or forged, with checksums that fit, imported in Node and in a real page. Nothing but a
 * typed error may come of it, or a store that holds exactly what the bytes say to a reader of their own, in bounded time and room.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOT } from '../../../tools/run.mjs';
import { within } from '../hub.mjs';
import { crc32c } from '../crc32c.mjs';
import { cleanVerdict } from '../judge.mjs';
import { textOf, tryImport } from '../page/imports.mjs';
import { at, columnsOf, randomFrom } from '../page/workload.mjs';
import { readSnapshot } from '../read-snapshot.mjs';
import { forgetPeaks, peaks } from '../peaks.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '..', 'corpus', 'snapshots');
const HEADER = 16;
const FRAME_HEADER = 12;
const END = 3;
const DEADLINE_MS = 2_000;
/** Beyond what the snapshot itself takes, twice. */
const BUDGET_BYTES = 64 * 1024 * 1024;
/** Imported between two looks at the memory of the page's process. */
const BATCH = 25;
/** Of the process at its highest in a batch, with what it may leave to its garbage collector: a false claim is of gigabytes. */
const PAGE_BUDGET_BYTES = 128 * 1024 * 1024;

/** @typedef {{ kind: number, payload: Uint8Array }} Frame */

/** @param {Uint8Array} bytes @returns {{ header: Uint8Array, frames: Frame[] }} without the end */
export function take(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Frame[]} */
  const frames = [];
  for (let at = HEADER; at < bytes.length;) {
    const length = view.getUint32(at + 4, true);
    const kind = view.getUint32(at, true);
    if (kind !== END)
      frames.push({ kind, payload: bytes.slice(at + FRAME_HEADER, at + FRAME_HEADER + length) });
    at += FRAME_HEADER + length + 4;
  }
  return { header: bytes.slice(0, HEADER), frames };
}

/** @param {number} kind @param {number} number @param {Uint8Array} payload */
function frameOf(kind, number, payload) {
  const frame = Buffer.alloc(FRAME_HEADER + payload.length + 4);
  frame.writeUInt32LE(kind, 0);
  frame.writeUInt32LE(payload.length, 4);
  frame.writeUInt32LE(number, 8);
  frame.set(payload, FRAME_HEADER);
  frame.writeUInt32LE(crc32c(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

/** A snapshot of these parts whose numbers, checksums and digest are right. @param {{ header: Uint8Array, frames: Frame[] }} parts */
export function seal({ header, frames }) {
  const parts = [header, ...frames.map(({ kind, payload }, i) => frameOf(kind, i, payload))];
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return new Uint8Array(Buffer.concat([...parts, frameOf(END, frames.length, digest.digest())]));
}

/** Numbers that lengths and counts go wrong with. */
const ODD = [
  0, 1, 2, 3, 0x7f, 0xff, 0x7fff, 0xffff, 0x10000, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xfffffffe,
  0xffffffff,
];

/**
 * @param {Uint8Array} bytes
 * @param {() => number} random
 */
function scribble(bytes, random) {
  const at = Math.floor(random() * bytes.length);
  const roll = random();
  if (roll < 0.35) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  else if (roll < 0.8 && bytes.length >= 4) {
    const word = Math.min(at & ~3, bytes.length - 4);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(
      word,
      ODD[Math.floor(random() * ODD.length)] ?? 0,
      true,
    );
  } else for (let i = at; i < Math.min(bytes.length, at + 16); i++) bytes[i] = Math.floor(random() * 256);
}

/**
 * @param {Uint8Array} original
 * @param {() => number} random
 * @returns {{ what: 'chance' | 'forged', bytes: Uint8Array }}
 */
function mutate(original, random) {
  if (random() < 0.4) {
    let bytes = Uint8Array.from(original);
    const roll = random();
    if (roll < 0.6) for (let n = 1 + Math.floor(random() * 3); n > 0; n--) scribble(bytes, random);
    else if (roll < 0.8) bytes = bytes.slice(0, Math.floor(random() * bytes.length));
    else if (roll < 0.9)
      bytes = Uint8Array.from([...bytes, ...bytes.subarray(0, Math.floor(random() * bytes.length))]);
    else {
      const from = Math.floor(random() * bytes.length);
      bytes.copyWithin(from, Math.floor(random() * bytes.length), Math.floor(random() * bytes.length));
    }
    return { what: 'chance', bytes };
  }
  const parts = take(original);
  const { frames } = parts;
  const roll = random();
  const i = Math.floor(random() * frames.length);
  const frame = frames[i];
  if (frame && roll < 0.6)
    for (let n = 1 + Math.floor(random() * 2); n > 0; n--) scribble(frame.payload, random);
  else if (frame && roll < 0.7)
    frame.payload = frame.payload.slice(0, Math.floor((random() * frame.payload.length) / 4) * 4);
  else if (frame && roll < 0.78) frames.splice(Math.floor(random() * frames.length), 0, frame);
  else if (roll < 0.86) frames.splice(i, 1);
  else if (frame && roll < 0.93) frames.sort(() => random() - 0.5);
  else scribble(parts.header, random);
  return { what: 'forged', bytes: seal(parts) };
}

/** @returns {Promise<any>} */
export const inline = () =>
  import(
    pathToFileURL(join(process.env['KINDEX_FAULTS_NODE'] ?? join(ROOT, 'dist'), 'src', 'inline.js')).href
  );

/** @returns {Promise<Uint8Array>} two collections, one with long texts, one small */
export async function makeSnapshot() {
  const { ChromaClient } = await inline();
  const client = new ChromaClient({ storage: 'memory:snapshot-source' });
  for (const [name, count] of /** @type {[string, number][]} */ ([
    ['first', 30],
    ['second', 5],
  ])) {
    const collection = await client.createCollection({
      name,
      embeddingFunction: null,
      metadata: { about: 'ü' },
    });
    await collection.add(
      columnsOf({ kind: 'add', ids: Array.from({ length: count }, (_, i) => `s/${i}`), version: 1 }),
    );
  }
  const snapshot = await client.export();
  const bytes = new Uint8Array(await (await snapshot.blob()).arrayBuffer());
  await client.close();
  return bytes;
}

/**
 * What an import may come to: refused with a typed error and nothing left, or exactly what the bytes say.
 * @param {Uint8Array} bytes @param {import('../page/imports.mjs').Tried} tried
 * @returns {{ verdict: 'rejected' | 'accepted' | 'bad', note: string }}
 */
function judgeImport(bytes, { code, ms, left, said }) {
  if (ms > DEADLINE_MS) return { verdict: 'bad', note: `it took ${ms.toFixed(0)} ms` };
  if (code !== 'ok') {
    if (!/^(FORMAT|VALUE|EXISTS)_/.test(code)) return { verdict: 'bad', note: `it ended with ${code}` };
    if (left > 0) return { verdict: 'bad', note: `${left} collections are left of a refused one` };
    return { verdict: 'rejected', note: code };
  }
  let wanted;
  try {
    wanted = textOf(readSnapshot(bytes));
  } catch (error) {
    return { verdict: 'bad', note: `imported, and cannot be read by its description: ${messageOf(error)}` };
  }
  return said === wanted
    ? { verdict: 'accepted', note: '' }
    : { verdict: 'bad', note: 'what was imported is not what the bytes say' };
}

/** Imports many, one after the other, and says what they took. @typedef {(many: Uint8Array[]) => Promise<{ tried: import('../page/imports.mjs').Tried[], taken: number }>} Importer */

/** @returns {Promise<{ importAll: Importer, end: () => Promise<string[]> }>} */
async function nodeImporter() {
  const { ChromaClient } = await inline();
  const client = new ChromaClient({ storage: 'memory:snapshots' });
  return {
    async importAll(many) {
      const tried = [];
      let taken = 0;
      for (const bytes of many) {
        const room = process.memoryUsage().arrayBuffers;
        tried.push(
          await within(DEADLINE_MS * 5, tryImport(client, bytes), () => {
            throw new Error('no answer');
          }),
        );
        taken = Math.max(taken, process.memoryUsage().arrayBuffers - room);
      }
      return { tried, taken };
    },
    end: async () => {
      await client.close();
      return [];
    },
  };
}

/** @param {Context} context @returns {Promise<{ importAll: Importer, end: () => Promise<string[]> }>} */
async function pageImporter(context) {
  const profile = newProfile(context);
  const { browser, tab } = await startSession(context, { profile });
  await tab.call('open', { storage: 'memory' });
  return {
    async importAll(many) {
      forgetPeaks(peaks(profile));
      const before = new Map(peaks(profile).map(({ pid, bytes }) => [pid, bytes]));
      if (before.size === 0) throw new Error('no process of the page is known');
      const snapshots = many.map((bytes) => Buffer.from(bytes).toString('base64'));
      const tried = await tab.call('tryImports', { snapshots }, DEADLINE_MS * (5 + many.length));
      const grown = peaks(profile).map(({ pid, bytes }) => bytes - (before.get(pid) ?? bytes));
      return { tried, taken: Math.max(0, ...grown) };
    },
    async end() {
      const faults = await tab.call('faults');
      await browser.kill();
      await dropProfile(profile);
      return faults;
    },
  };
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* snapshotFuzz(context) {
  const original = await makeSnapshot();
  if (Buffer.compare(seal(take(original)), original) !== 0)
    throw new Error('the runner does not know the layout of snapshots any more');
  const kept = existsSync(CORPUS) ? readdirSync(CORPUS).filter((file) => file.endsWith('.bin')) : [];
  const inNode = context.engine === /** @type {string} */ ('node');
  const { importAll, end } = await (inNode ? nodeImporter() : pageImporter(context));
  const first = [original, ...kept.map((name) => new Uint8Array(readFileSync(join(CORPUS, name))))];
  for (const [i, one] of (await importAll(first)).tried.entries()) {
    const { verdict, note } = judgeImport(at(first, i), one);
    if (i === 0 && verdict !== 'accepted') throw new Error(`the unchanged snapshot: ${note || verdict}`);
    if (verdict === 'bad') throw new Error(`kept ${kept[i - 1]}: ${note}`);
  }
  const sound = textOf(readSnapshot(original));
  const budget = inNode ? BUDGET_BYTES : PAGE_BUDGET_BYTES;
  for (let from = 0; from < context.runs.length; from += BATCH) {
    const batch = context.runs.slice(from, from + BATCH).map((run) => {
      const seed = context.seedOf(run);
      return { run, seed, ...mutate(original, randomFrom(seed)) };
    });
    const { tried, taken } = await importAll(batch.map(({ bytes }) => bytes));
    const faults = from + BATCH >= context.runs.length ? await end() : [];
    for (const [i, { run, seed, what, bytes }] of batch.entries()) {
      let { verdict, note } = judgeImport(bytes, at(tried, i));
      const same = verdict === 'accepted' && at(tried, i).said === sound;
      // A chance change that is taken for something else has passed every checksum unseen.
      const undetected = verdict === 'accepted' && !same && what === 'chance';
      if (undetected) note = 'another content was imported';
      if (i === 0 && taken > budget)
        [verdict, note] = ['bad', `the batch took ${(taken / 1e6).toFixed(0)} MB`];
      const bad = undetected || verdict === 'bad';
      if (bad) {
        mkdirSync(CORPUS, { recursive: true });
        writeFileSync(join(CORPUS, `${seed}.bin`), bytes);
      }
      yield {
        run,
        seed,
        acknowledged: 0,
        ...cleanVerdict(),
        undetected: undetected ? 1 : 0,
        problems: [...(bad ? [`${what}: ${note}`] : []), ...(i === 0 ? faults : [])],
        measures: {
          verdict: `${what}: ${same ? 'same' : verdict}`,
          ms: at(tried, i).ms,
          ...(i === 0 && { takenMB: taken / 1e6 }),
        },
      };
    }
  }
}

export const snapshots = { F32: snapshotFuzz };
