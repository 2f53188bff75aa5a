/** F36, F37: an import is given up while texts are embedded; the model does not come, is cut off, stands still, or is another file. */
import { gzipSync } from 'node:zlib';
import { pause } from '../browsers.mjs';
import { cleanVerdict } from '../judge.mjs';
import { at, randomFrom } from '../page/workload.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';

/**
 * @typedef {import('../session.mjs').Context} Context
 * @typedef {import('../session.mjs').RunResult} RunResult
 * @typedef {import('../hub.mjs').Tab} Tab
 */

/** Runs in one browser. */
const CHAIN = 25;
/** Records of an import. */
const COUNT = 240;
/** Imports of a run, until one was given up in the middle of embedding. */
const ATTEMPTS = 8;
/** An import that is given up does not wait for the model. */
const PROMPT_MS = 20_000;

/**
 * @param {(tools: { context: Context, tab: Tab, random: () => number, result: RunResult }) => Promise<void>} check
 * @returns {(context: Context) => AsyncGenerator<RunResult>}
 */
function inOneBrowser(check) {
  return async function* (context) {
    for (let from = 0; from < context.runs.length; from += CHAIN) {
      const profile = newProfile(context);
      const { browser, tab } = await startSession(context, { profile });
      try {
        for (const run of context.runs.slice(from, from + CHAIN)) {
          const seed = context.seedOf(run);
          /** @type {RunResult} */
          const result = { run, seed, acknowledged: 0, ...cleanVerdict(), problems: [] };
          try {
            await check({ context, tab, random: randomFrom(seed), result });
            result.problems.push(...(await tab.call('faults')));
          } catch (error) {
            result.problems.push(/** @type {Error} */ (error).stack ?? messageOf(error));
          }
          context.hub.network.onFile = async () => false;
          await tab.call('close').catch(() => {});
          yield result;
        }
      } finally {
        await browser.kill();
        await dropProfile(profile);
      }
    }
  };
}

const aborted = inOneBrowser(async ({ tab, random, result }) => {
  await tab.call('open', { storage: `indexeddb:aborted${result.run}` });
  // How long a chunk takes; the model is there then.
  const { ms } = await tab.call('importRest', { collection: 'warm', count: 60, batchSize: 60 });
  let inTime = false;
  for (let attempt = 0; attempt < ATTEMPTS && !inTime; attempt++) {
    const batchSize = random() < 0.25 ? COUNT : 20 + Math.floor(random() * 100);
    const chunks = Math.ceil(COUNT / batchSize);
    const collection = `aborted${attempt}`;
    const chunk = Math.floor(random() * chunks);
    const afterMs = random() * random() * (ms / 60) * batchSize;
    const told = await tab.call('importAborted', {
      collection,
      count: COUNT,
      batchSize,
      at: chunk,
      afterMs,
    });
    inTime = told.during !== null;
    if (told.code !== 'ABORTED' && inTime) result.problems.push(`it ended with ${told.code}`);
    if (told.code === 'ABORTED' && !told.reason) result.problems.push('the reason of the signal is not told');
    if (told.ms > PROMPT_MS) result.problems.push(`it took ${told.ms.toFixed(0)} ms`);
    const found = await tab.call('imported', { collection });
    const written = told.written;
    result.acknowledged += Math.max(0, written);
    result.undetected += found.wrong;
    const whole = new Set(Array.from({ length: Math.max(0, written) }, (_, i) => `e/${i}`));
    result.lost += [...whole].filter((id) => !found.ids.includes(id)).length;
    const more = found.ids.filter((/** @type {string} */ id) => !whole.has(id)).length;
    // What was being embedded is not stored, so all that is there is told.
    if (more > 0) result.torn++;
    if (found.count !== found.ids.length) result.duplicated++;
    // Chunks are whole.
    if (inTime && written !== told.during * batchSize)
      result.problems.push(
        `${written} records are stored, ${told.during} chunks of ${batchSize} came before`,
      );
    // The worker goes on: the rest, and a question.
    const rest = await tab.call('importRest', { collection, count: COUNT, batchSize });
    if (rest.written !== COUNT - written || rest.skipped !== written)
      result.problems.push(`the rest: ${rest.written} written, ${rest.skipped} skipped`);
    const after = await tab.call('imported', { collection });
    result.lost += Math.max(0, COUNT - after.count);
    result.duplicated += Math.max(0, after.count - COUNT);
    result.undetected += after.wrong;
    const [document] = (
      await tab.call('on', {
        collection,
        method: 'get',
        argument: { ids: ['e/7'], include: ['documents'] },
      })
    ).documents;
    if (typeof document !== 'string') result.problems.push('a record cannot be read afterwards');
    result.measures = { afterMs, chunks };
  }
  if (!inTime) result.problems.push(`no signal came while texts were embedded, in ${ATTEMPTS} imports`);
});

/** @typedef {import('node:http').ServerResponse} Response */

/**
 * What becomes of a model file on its way. `code`: how the call ends. `silent`: the server says no more, and the time for
 * which the worker listens is cut to `SILENCE_MS`.
 * @type {Record<string, { code: RegExp, silent?: true, send: (response: Response, file: Buffer) => void }>}
 */
const WAYS = {
  'no network': { code: /^EMBED_LOAD$/, send: (response) => void response.destroy() },
  'cut off': {
    code: /^EMBED_LOAD$/,
    send(response, file) {
      response.writeHead(200, { 'Content-Length': file.length });
      response.write(file.subarray(0, file.length >> 1), () => response.destroy());
    },
  },
  'cut off, of unknown length': {
    code: /^EMBED_LOAD$/,
    send(response, file) {
      response.writeHead(200);
      response.write(file.subarray(0, file.length >> 1), () => response.destroy());
    },
  },
  'too short': {
    code: /^EMBED_INTEGRITY$/,
    send: (response, file) => void response.writeHead(200).end(file.subarray(0, file.length - 7)),
  },
  'one bit': {
    code: /^EMBED_INTEGRITY$/,
    send(response, file) {
      const other = Buffer.from(file);
      other[other.length >> 1] = (other[other.length >> 1] ?? 0) ^ 4;
      response.writeHead(200, { 'Cache-Control': 'max-age=3600' }).end(other);
    },
  },
  'another file': {
    code: /^EMBED_INTEGRITY$/,
    send: (response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Log in</p>'),
  },
  'without an end': {
    code: /^EMBED_INTEGRITY$/,
    send(response) {
      response.writeHead(200, { 'Content-Encoding': 'gzip' });
      response.end(endless());
    },
  },
  'not found': { code: /^EMBED_LOAD$/, send: (response) => void response.writeHead(404).end() },
  stalled: { code: /^EMBED_LOAD$/, silent: true, send: () => {} },
  'stalled in its middle': {
    code: /^EMBED_LOAD$/,
    silent: true,
    send(response, file) {
      response.writeHead(200, { 'Content-Length': file.length });
      response.write(file.subarray(0, file.length >> 1));
    },
  },
  'out of order': { code: /^EMBED_LOAD$/, send: (response) => void response.writeHead(503).end('later') },
};

/** 100 KB that unpack to 100 MB. */
const endless = () => gzipSync(Buffer.alloc(100_000_000));

const SILENCE_MS = 1_500;

/** In front of the embedding worker: it waits as it always does, in a faster time. */
const FAST_TIME = `const later = globalThis.setTimeout;
globalThis.setTimeout = (run, ms, ...rest) => later(run, Math.min(ms ?? 0, ${SILENCE_MS}), ...rest);`;

const MODEL = /kindex-static-en\.int4|tokenizer/;

const modelMissing = inOneBrowser(async ({ context, tab, random, result }) => {
  const text = `swifts are back ${result.run}`;
  const storage = `indexeddb:model${result.run}`;
  /** @param {string} id */
  const embed = (id) => tab.call('embed', { collection: 'model', id, text });
  await tab.call('open', { storage });
  // As it must be: the vector, and two files that are kept.
  const sound = await embed('sound');
  if (sound.code !== 'ok')
    throw new Error(`with the network the model ended with ${sound.code}: ${sound.message}`);
  let stored = 1;
  const names = Object.keys(WAYS);
  // Every way in its turn, then by chance; with nothing kept, or with something damaged.
  const name = at(names, result.run % names.length);
  const way = WAYS[name];
  if (!way) throw new Error(`no way ${name}`);
  const how = random() < 0.5 ? 'drop' : 'damage';
  const which = at([/int4/, /tokenizer/, MODEL], Math.floor(random() * 3));
  await tab.call('close');
  await tab.call('changeModels', { how });
  let asked = 0;
  context.hub.network.onFile = async (path, response, file) => {
    if (way.silent && /embed\.worker[^/]*\.js$/.test(path)) {
      response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-cache' });
      response.end(`${FAST_TIME}\n${(await file()).toString()}`);
      return true;
    }
    if (!which.test(path)) return false;
    asked++;
    way.send(response, await file());
    return true;
  };
  await tab.call('open', { storage });
  for (const id of ['bad0', 'bad1']) {
    const bad = await embed(id);
    if (!way.code.test(bad.code))
      result.problems.push(`${name}: it ended with ${bad.code} ${bad.message ?? ''}`);
    if (bad.code === 'ok') stored++;
    else if (bad.count !== stored) result.torn++;
  }
  // What was kept and damaged is gone or fetched anew, the other file's too, which was not waited for.
  let left = 1;
  for (let tries = 0; tries < 40 && left > 0; tries++) {
    if (tries > 0) await pause(50);
    left = (await tab.call('keptModels')).bad;
  }
  result.undetected += left;
  if (asked === 0) result.problems.push('no model file was asked for');
  context.hub.network.onFile = async () => false;
  // In the same worker, and in a new one.
  for (const id of ['well', 'anew']) {
    const well = await embed(id);
    if (well.code !== 'ok')
      result.problems.push(`${name}, with the network again: ${well.code} ${well.message}`);
    else {
      stored++;
      result.acknowledged++;
      if (String(well.vector) !== String(sound.vector)) result.undetected++;
    }
    if (id === 'anew') break;
    await tab.call('close');
    await tab.call('open', { storage });
  }
  const { kept, bad } = await tab.call('keptModels');
  if (kept !== 2 || bad !== 0) result.problems.push(`${kept} files are kept at the end, ${bad} of them bad`);
  const count = await tab.call('on', { collection: 'model', method: 'count', argument: null });
  if (count < stored) result.lost += stored - count;
  if (count > stored) result.duplicated += count - stored;
  result.measures = { way: `${name}, ${how === 'drop' ? 'nothing kept' : 'a damaged one kept'}` };
});

export const embedding = { F36: aborted, F37: modelMissing };
