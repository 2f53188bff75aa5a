/**
 * F32: snapshots that were changed by chance or forged, with checksums that fit. Imported in Node, where ten thousand take
 * minutes. Nothing but a typed error or a sound import may come of it, in bounded time and room.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOT } from '../../../tools/run.mjs';
import { within } from '../hub.mjs';
import { crc32c } from '../crc32c.mjs';
import { cleanVerdict } from '../judge.mjs';
import { columnsOf, randomFrom } from '../page/workload.mjs';
import { messageOf } from '../session.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult */

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '..', 'corpus', 'snapshots');
const HEADER = 16;
const FRAME_HEADER = 12;
const END = 3;
const DEADLINE_MS = 2_000;
/** Beyond what the snapshot itself takes, twice. */
const BUDGET_BYTES = 64 * 1024 * 1024;

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

/** Everything in the client, as text. @param {any} client */
async function tellAll(client) {
  const told = [];
  for (const collection of await client.listCollections()) {
    const { ids, documents, metadatas, embeddings } = await collection.get({
      include: ['documents', 'metadatas', 'embeddings'],
    });
    const rows = embeddings?.map((/** @type {ArrayLike<number> | null} */ row) =>
      row ? Array.from(row) : null,
    );
    told.push([collection.name, collection.metadata, ids, documents, metadatas, rows]);
    const [first] = rows ?? [];
    if (first) await collection.query({ queryEmbeddings: [first], nResults: 3 });
  }
  return JSON.stringify(told);
}

/**
 * @param {Uint8Array} bytes
 * @param {string} name of the storage
 * @returns {Promise<{ verdict: 'rejected' | 'same' | 'other' | 'bad', note: string, told: string, ms: number }>}
 */
async function tryImport(bytes, name) {
  const { ChromaClient } = await inline();
  const client = new ChromaClient({ storage: `memory:${name}` });
  const start = performance.now();
  const room = process.memoryUsage().arrayBuffers;
  let verdict = /** @type {'rejected' | 'same' | 'other' | 'bad'} */ ('other');
  let note = '';
  let told = '';
  try {
    await within(DEADLINE_MS * 5, client.import(new Blob([/** @type {BlobPart} */ (bytes)])), () => {
      throw new Error('no answer');
    });
    told = await tellAll(client);
  } catch (error) {
    const { code } = /** @type {{ code?: string }} */ (Object(error));
    verdict = code && /^(FORMAT|VALUE|EXISTS)_/.test(code) ? 'rejected' : 'bad';
    note = verdict === 'bad' ? messageOf(error) : String(code);
    const left = await client.listCollections().then((/** @type {unknown[]} */ list) => list.length);
    if (left > 0) {
      verdict = 'bad';
      note += `; ${left} collections are left of a refused snapshot`;
    }
  }
  const ms = performance.now() - start;
  const taken = process.memoryUsage().arrayBuffers - room;
  if (ms > DEADLINE_MS) note = `took ${ms.toFixed(0)} ms`;
  if (taken > BUDGET_BYTES) note = `took ${(taken / 1e6).toFixed(0)} MB`;
  if (ms > DEADLINE_MS || taken > BUDGET_BYTES) verdict = 'bad';
  await client.close();
  return { verdict, note, told, ms };
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* snapshotFuzz(context) {
  const original = await makeSnapshot();
  if (Buffer.compare(seal(take(original)), original) !== 0)
    throw new Error('the runner does not know the layout of snapshots any more');
  const sound = await tryImport(original, 'snapshot-sound');
  if (sound.verdict !== 'other') throw new Error(`the unchanged snapshot: ${sound.note}`);
  for (const name of existsSync(CORPUS) ? readdirSync(CORPUS).filter((file) => file.endsWith('.bin')) : []) {
    const { verdict, note } = await tryImport(
      new Uint8Array(readFileSync(join(CORPUS, name))),
      `snapshot-${name}`,
    );
    if (verdict === 'bad') throw new Error(`kept ${name}: ${note}`);
  }
  for (const run of context.runs) {
    const seed = context.seedOf(run);
    const { what, bytes } = mutate(original, randomFrom(seed));
    const found = await tryImport(bytes, `snapshot-${run}`);
    let { verdict, note } = found;
    if (verdict === 'other' && found.told === sound.told) verdict = 'same';
    // A chance change that is taken for something else has passed every checksum unseen.
    const undetected = verdict === 'other' && what === 'chance';
    if (undetected) note = 'another content was imported';
    if (undetected || verdict === 'bad') {
      mkdirSync(CORPUS, { recursive: true });
      writeFileSync(join(CORPUS, `${seed}.bin`), bytes);
    }
    yield {
      run,
      seed,
      acknowledged: 0,
      ...cleanVerdict(),
      undetected: undetected ? 1 : 0,
      problems: undetected || verdict === 'bad' ? [`${what}: ${note}`] : [],
      measures: { verdict: `${what}: ${verdict}`, ms: found.ms },
    };
  }
}

export const snapshots = { F32: snapshotFuzz };
