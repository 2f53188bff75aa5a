/**
 * F26: the browser is closed and bytes of its IndexedDB files change. Several origins of one profile each hold a store; a round
 * damages each of them once, so that one start of the browser answers for all.
 */
import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../browsers.mjs';
import { crc32c } from '../crc32c.mjs';
import { cleanVerdict } from '../judge.mjs';
import { at as elementAt, randomFrom } from '../page/workload.mjs';
import { dropProfile, messageOf, newProfile, startSession } from '../session.mjs';
import { filesBelow, spansInLevelDb, spansInSqlite } from '../stored-files.mjs';
import { built } from './rows.mjs';

/** @typedef {import('../session.mjs').Context} Context @typedef {import('../session.mjs').RunResult} RunResult @typedef {import('../hub.mjs').Tab} Tab */

const STORAGE = 'indexeddb:faults';
const COLLECTION = 'files';
const ORIGINS = 5;
/** Writes, each one a record. A checkpoint comes after 4,000; after two of them an older generation, a newer one and a log are there. */
const BURSTS = [4_100, 4_100, 120];
/** Enough that segments get files of their own. */
const RECORDS = 1_500;

/** @typedef {import('../stored-files.mjs').Span} Span @typedef {[store: string, key: string | number, value: Buffer]} Row */

/**
 * The rows that an opening reads: the head, both manifests, the segments that the newer one names and the log after it. Not what
 * is kept for the case that those are damaged, and not the reserve, which has no content.
 * @param {Row[]} rows
 * @returns {Promise<Set<string>>} their bytes as latin1
 */
async function rowsRead(rows) {
  const { decodeManifest, segmentKeysOf } = await built('format/manifest.js');
  const [manifest] = rows
    .filter(([store]) => store === 'manifest')
    .map(([, , value]) => decodeManifest(new Uint8Array(value), crc32c))
    .sort((a, b) => b.gen - a.gen);
  if (!manifest) throw new Error('the store has no checkpoint');
  const named = new Set(segmentKeysOf(manifest));
  const isRead = (/** @type {Row} */ [store, key]) =>
    store === 'manifest' ||
    (store === 'meta' && key === 'head') ||
    (store === 'log' && Number(key) > manifest.checkpointSeq) ||
    (store === 'seg' && named.has(String(key)));
  return new Set(rows.filter(isRead).map(([, , value]) => value.toString('latin1')));
}

/** @param {string} profile @param {string} host @returns {string[]} the IndexedDB files of an origin */
function filesOf(profile, host) {
  // LevelDB: Default/IndexedDB/http_HOST_PORT.indexeddb.*; SQLite and later layouts keep the host's name in the folder too.
  const all = filesBelow(join(profile, 'Default')).filter((path) => /indexeddb/i.test(path));
  return all.filter((path) => path.includes(`${host}.localhost`) && !/\/LOG(\.old)?$/.test(path));
}

/** What kind of file it is. @param {string} file */
function kindOf(file) {
  if (/\.blob\/|\/[0-9a-f]+\/[0-9a-f]{2}\/[0-9a-f]+$/.test(file)) return 'value file';
  if (file.endsWith('.log')) return 'log';
  if (file.endsWith('.ldb')) return 'table';
  if (/MANIFEST/.test(file)) return 'manifest';
  if (file.endsWith('CURRENT')) return 'current';
  if (file.endsWith('-wal')) return 'sqlite log';
  if (/-(shm|journal)$/.test(file)) return 'sqlite side file';
  return 'database';
}

/**
 * @param {{ files: string[], spans: Span[] }} map paths of the template
 * @param {(path: string) => string} here path of the template → path in this profile
 * @param {() => number} random
 * @returns {{ region: string, what: string }}
 */
function damage({ files, spans }, here, random) {
  const roll = random();
  const values = spans.filter(({ file }) => kindOf(file) === 'value file');
  const inRows = spans.filter(({ file }) => kindOf(file) !== 'value file');
  if (roll < 0.7 && spans.length > 0) {
    const chosen = values.length > 0 && (inRows.length === 0 || random() < 0.4) ? values : inRows;
    let at = random() * chosen.reduce((sum, { from, to }) => sum + to - from, 0);
    for (const { file, from, to } of chosen) {
      at -= to - from;
      if (at > 0) continue;
      const offset = from + Math.floor(random() * (to - from));
      flip(here(file), offset, 1 << Math.floor(random() * 8));
      return { region: `live, ${kindOf(file)}`, what: `bit in ${here(file)} at ${offset}` };
    }
  }
  const file = elementAt(files, Math.floor(random() * files.length));
  const size = statSync(here(file)).size;
  const offset = Math.floor(random() * size);
  if (roll < 0.88 && size > 0) {
    flip(here(file), offset, 1 << Math.floor(random() * 8));
    return { region: `any, ${kindOf(file)}`, what: `bit in ${here(file)} at ${offset}` };
  }
  if (roll < 0.94) {
    truncateSync(here(file), offset);
    return { region: `cut, ${kindOf(file)}`, what: `${here(file)} cut to ${offset} of ${size}` };
  }
  if (roll < 0.975) {
    rmSync(here(file));
    return { region: `removed, ${kindOf(file)}`, what: `${here(file)} removed` };
  }
  truncateSync(here(file), 0);
  return { region: `emptied, ${kindOf(file)}`, what: `${here(file)} emptied` };
}

/** @param {string} file @param {number} offset @param {number} mask */
function flip(file, offset, mask) {
  const bytes = readFileSync(file);
  bytes[offset] = (bytes[offset] ?? 0) ^ mask;
  writeFileSync(file, bytes);
}

/** @param {Context} context @param {Tab} control @param {string} host @returns {Promise<Tab>} */
async function tabAt(context, control, host) {
  for (let attempt = 1; ; attempt++) {
    const tab = context.hub.tab({}, host);
    await control.call('openTab', { url: tab.url });
    if (await tab.comesWithin(45_000)) return tab;
    if (attempt === 3) throw new Error(`no tab at ${host}`);
  }
}

/**
 * One profile with a store in every origin: half of each written before a restart, half after.
 * @param {Context} context
 * @param {string[]} hosts
 */
async function makeTemplate(context, hosts) {
  const profile = newProfile(context);
  let from = 0;
  /** @type {Map<string, { files: string[], spans: Span[], warnings: string[] }>} */
  const maps = new Map();
  for (const [stage, count] of BURSTS.entries()) {
    const { browser, tab: control } = await startSession(context, { profile });
    for (const host of hosts) {
      const tab = await tabAt(context, control, host);
      await tab.call('open', { storage: STORAGE });
      await tab.call('burst', { collection: COLLECTION, from, count, prefix: 'b', records: RECORDS });
      for (let tries = 0, most = stage < 2 ? 100 : 0; tries < most; tries++) {
        const { logBytes } = await tab.call('diagnostics');
        if (logBytes < 400_000) break;
        await pause(100);
      }
      await pause(200);
      tab.call('closeTab').catch(() => {});
      await tab.gone;
    }
    await pause(1500);
    await browser.kill();
    from += count;
  }
  // What lies where is asked in a copy: looking changes files.
  const copy = `${profile}-look`;
  cpSync(profile, copy, { recursive: true });
  const { browser, tab: control } = await startSession(context, { profile: copy });
  for (const host of hosts) {
    const tab = await tabAt(context, control, host);
    /** @type {Row[]} */
    const rows = [];
    for (const store of ['meta', 'log', 'manifest', 'seg']) {
      for (const [key, value] of await tab.call('rawDump', { database: 'faults', store }))
        rows.push([store, key, Buffer.from(value, 'base64')]);
    }
    const { warnings } = await tab.call('open', { storage: STORAGE });
    const files = filesOf(profile, host);
    const read = await rowsRead(rows);
    const isValue = (/** @type {string} */ file) => kindOf(file) === 'value file';
    const spans =
      context.backend === 'sqlite' ? spansInSqlite(files, read) : spansInLevelDb(files, read, isValue);
    maps.set(host, { files, spans, warnings });
    if (host === hosts[0]) {
      const live = spans.reduce((sum, { from: a, to: b }) => sum + b - a, 0);
      const all = [...read].reduce((sum, { length }) => sum + length, 0);
      context.log(
        `per store: an opening reads ${read.size} of ${rows.length} rows, ${Math.round(all / 1000)} kB; ${Math.round(live / 1000)} kB in ${files.length} files hold them, as stored`,
      );
    }
    if (spans.length === 0)
      throw new Error(`nothing of what ${host} holds was found in its files: ${files.join(', ')}`);
    tab.call('closeTab').catch(() => {});
  }
  await browser.kill();
  await dropProfile(copy);
  return { profile, maps };
}

/**
 * @param {Tab} tab
 * @param {string[]} usual warnings of the undamaged store
 * @returns {Promise<{ verdict: 'detected' | 'recovered' | 'harmless' | 'silent', note: string }>}
 *   `recovered`: everything is there, and the damage was told
 */
async function look(tab, usual) {
  try {
    const { warnings } = await tab.call('open', { storage: STORAGE }, 60_000);
    const { rows, count } = await tab.call('dump', { collection: COLLECTION, existing: true }, 60_000);
    const { dead } = await tab.call('probe', { collection: COLLECTION, limit: 5, existing: true }, 60_000);
    const later = await tab.call('diagnostics', null, 30_000);
    const told = [...warnings, ...later.warnings].filter((warning) => !usual.includes(warning));
    const wrong = rows.filter(
      (/** @type {[string, number, boolean]} */ [id, version, right]) =>
        !right || version !== 1 || !/^b\/\d+$/.test(id),
    );
    if (wrong.length > 0 || dead > 0)
      return { verdict: 'silent', note: `${wrong.length} records with wrong bytes, ${dead} dead ids` };
    const distinct = new Set(rows.map((/** @type {[string]} */ [id]) => id)).size;
    const whole = distinct === RECORDS && count === RECORDS && rows.length === RECORDS;
    if (whole)
      return told.length > 0 ? { verdict: 'recovered', note: told[0] } : { verdict: 'harmless', note: '' };
    if (told.length > 0)
      return { verdict: 'detected', note: `${distinct} of ${RECORDS} records; ${told[0]}` };
    return { verdict: 'silent', note: `${distinct} of ${RECORDS} records and not a word` };
  } catch (error) {
    const { code } = /** @type {{ code?: string }} */ (Object(error));
    if (code === 'NOT_FOUND_COLLECTION') {
      const { warnings } = await tab.call('diagnostics', null, 30_000);
      const told = warnings.filter((/** @type {string} */ warning) => !usual.includes(warning));
      return told.length > 0
        ? { verdict: 'detected', note: `the collection is gone; ${told[0]}` }
        : { verdict: 'silent', note: 'the collection is gone and not a word' };
    }
    if (code && /^(STORAGE|FORMAT)_/.test(code)) return { verdict: 'detected', note: code };
    return { verdict: 'silent', note: `not a typed error: ${messageOf(error)}` };
  }
}

/** @param {Context} context @returns {AsyncGenerator<RunResult>} */
async function* fileDamage(context) {
  const hosts = Array.from({ length: Math.min(ORIGINS, context.runs.length) }, (_, i) => `f${i}`);
  const template = await makeTemplate(context, hosts);
  for (let from = 0; from < context.runs.length; from += hosts.length) {
    const profile = `${template.profile}-round`;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    cpSync(template.profile, profile, { recursive: true });
    const runs = context.runs.slice(from, from + hosts.length);
    const done = runs.map((run, i) => {
      const host = elementAt(hosts, i);
      const seed = context.seedOf(run);
      const map = template.maps.get(host);
      if (!map) throw new Error(`nothing is known of ${host}`);
      const here = (/** @type {string} */ path) => path.replace(template.profile, profile);
      return { run, seed, host, warnings: map.warnings, ...damage(map, here, randomFrom(seed)) };
    });
    const { browser, tab: control } = await startSession(context, { profile });
    for (const { run, seed, host, warnings, region, what } of done) {
      const tab = await tabAt(context, control, host);
      const { verdict, note } = await look(tab, warnings);
      const silent = verdict === 'silent';
      tab.call('closeTab').catch(() => {});
      if (silent)
        context.keep(`${context.backend}-${seed}`, { region, what: what.replace(profile, ''), note });
      yield {
        run,
        seed,
        acknowledged: RECORDS,
        ...cleanVerdict(),
        undetected: silent ? 1 : 0,
        problems: silent ? [`${region}: ${note} (${what.replace(profile, '')})`] : [],
        measures: {
          region,
          verdict,
          'by region': `${region}: ${verdict}`,
          inLive: region.startsWith('live') ? 1 : 0,
          ...(region.startsWith('live') && { liveHarmless: verdict === 'harmless' ? 1 : 0 }),
        },
      };
    }
    await browser.kill();
    await dropProfile(profile);
  }
  await dropProfile(template.profile);
}

export const files = { F26: fileDamage };
