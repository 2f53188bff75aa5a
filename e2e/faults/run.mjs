/**
 * `npm run faults -- [F01 F13 …] [--count N] [--engine chromium|firefox|webkit] [--backend leveldb|sqlite] [--seed S]
 * [--push] [--release [--any-tree]] [--resume] [--check-record]`: makes faults happen to the built package and counts what they did.
 * `--resume` takes runs of the journal, and of a release what the record has for this build, as done.
 * `--check-record` lists what the record lacks for this build; `--any-tree` records from a tree with changes, too.
 * Needs `npm run build`. Fails on any lost, duplicated, torn or silently wrong record, and on everything that did not run.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ROOT } from '../../tools/run.mjs';
import { endAll, versionOf } from './browsers.mjs';
import { startHub } from './hub.mjs';
import { bombs } from './cases/bombs.mjs';
import { bounds } from './cases/bounds.mjs';
import { coreBuilds } from './cases/builds.mjs';
import { closed } from './cases/closed.mjs';
import { crashCases } from './cases/crashes.mjs';
import { extension } from './cases/extension.mjs';
import { embedding } from './cases/embedding.mjs';
import { frozen } from './cases/frozen.mjs';
import { exchange } from './cases/exchange.mjs';
import { clocks } from './cases/clocks.mjs';
import { soak } from './cases/soak.mjs';
import { kills } from './cases/kills.mjs';
import { lost } from './cases/lost.mjs';
import { memory } from './cases/memory.mjs';
import { migration } from './cases/migration.mjs';
import { points } from './cases/points.mjs';
import { power } from './cases/power.mjs';
import { quota } from './cases/quota.mjs';
import { rows } from './cases/rows.mjs';
import { disks } from './cases/disk.mjs';
import { scrubbed } from './cases/scrub.mjs';
import { snapshots } from './cases/snapshots.mjs';
import { tabs } from './cases/tabs.mjs';
import { files } from './cases/files.mjs';
import { tests, whereTested } from './cases/tests.mjs';
import { torn } from './cases/torn-log.mjs';
import { versions } from './cases/versions.mjs';
import { shortcomings } from './gates.mjs';
import { MATRIX } from './matrix.mjs';
import { hashOf } from './page/workload.mjs';
import { notRecorded, readRecord } from './record.mjs';
import { mayRecord, writeReport } from './report.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const CACHE = join(ROOT, '.cache', 'faults');

/** @typedef {import('./session.mjs').RunResult} RunResult */

/** @type {Record<string, (context: import('./session.mjs').Context) => AsyncGenerator<RunResult>>} */
const CASES = {
  ...kills,
  ...tabs,
  ...files,
  ...rows,
  ...scrubbed,
  ...disks,
  ...power,
  ...quota,
  ...versions,
  ...lost,
  ...points,
  ...migration,
  ...snapshots,
  ...torn,
  ...extension,
  ...coreBuilds,
  ...closed,
  ...crashCases,
  ...frozen,
  ...bombs,
  ...memory,
  ...embedding,
  ...exchange,
  ...clocks,
  ...soak,
  ...tests,
  ...bounds,
};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    engine: { type: 'string' },
    backend: { type: 'string' },
    seed: { type: 'string' },
    push: { type: 'boolean' },
    release: { type: 'boolean' },
    resume: { type: 'boolean' },
    list: { type: 'boolean' },
    'check-record': { type: 'boolean' },
    'any-tree': { type: 'boolean' },
  },
});

/**
 * @typedef {{ id: string, fault: string, expected: string, where: string, count: number }} Job
 */

/** @returns {Job[]} @throws Error for what is not there */
function jobs() {
  const wanted = positionals.length > 0 ? positionals : MATRIX.map(({ id }) => id);
  const level = options.release ? 'release' : options.push ? 'push' : null;
  /** @type {Job[]} */
  const list = [];
  for (const id of wanted) {
    const row = MATRIX.find((fault) => fault.id === id);
    if (!row)
      throw new Error(`There is no fault "${id}". Known: ${MATRIX.map((fault) => fault.id).join(', ')}.`);
    const before = list.length;
    for (const [where, counts] of Object.entries(row.on)) {
      if (!matches(where)) continue;
      const standard = level ? (counts[level] ?? 0) : (counts.push ?? Math.min(10, counts.release ?? 0));
      const count = options.count ? (level && standard === 0 ? 0 : Number(options.count)) : standard;
      if (count > 0) list.push({ id, fault: row.fault, expected: row.expected, where, count });
    }
    if (list.length === before && positionals.length > 0) {
      throw new Error(
        `${id} does not run ${options.engine ? `on ${options.engine}` : ''} like this: ${Object.keys(row.on).join(', ')}.`,
      );
    }
  }
  return list;
}

/** @param {string} where */
function matches(where) {
  const [engine, backend] = where.split('-');
  if (options.engine && engine !== options.engine) return false;
  if (options.backend) return engine === 'chromium' && (backend ?? 'leveldb') === options.backend;
  // Without a wish, a plain call stays with what every machine has; a release is everything.
  return Boolean(
    options.release || options.engine || where === 'chromium' || where === 'node' || positionals.length > 0,
  );
}

/** Browsers are being ended, and so are the runs in them. */
let interrupted = false;

/** What ended with its browser tells nothing, and is done again: the process ends before anything is made of it. */
const unlessInterrupted = () => (interrupted ? new Promise(() => {}) : Promise.resolve());

/** Folders to be removed at the end. @type {string[]} */
const made = [];

function removeMade() {
  for (const folder of made.splice(0)) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** @param {string} folder of a build @returns {string} names it */
function hashOfBuild(folder) {
  const hash = createHash('sha256');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/\.(js|wasm)$/.test(path)) hash.update(path).update(readFileSync(join(folder, path)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** @returns {string} where the built package is @throws Error without one */
function buildFolder() {
  const source = join(ROOT, 'dist', 'cdn');
  if (!existsSync(join(source, 'index.js'))) throw new Error('There is no build. Run "npm run build" first.');
  return source;
}

/** The built package, copied: a campaign tests one build from first to last. */
function takeBuild() {
  const source = buildFolder();
  const folder = mkdtempSync(join(tmpdir(), 'kindex-faults-'));
  cpSync(source, join(folder, 'build'), { recursive: true });
  // Node finds the dependencies of its copy in the folders above.
  const forNode = mkdtempSync(join(CACHE, 'node-'));
  for (const part of ['src', 'workers', 'wasm']) {
    const from = join(ROOT, 'dist', part);
    if (existsSync(from)) cpSync(from, join(forNode, part), { recursive: true });
  }
  process.env['KINDEX_FAULTS_NODE'] = forNode;
  made.push(folder, forNode);
  return { folder, build: join(folder, 'build'), hash: hashOfBuild(join(folder, 'build')) };
}

/** @typedef {{ runs: number, acknowledged: number, lost: number, duplicated: number, torn: number, undetected: number, extra: number, problems: string[], measures: Record<string, number[]>, counts: Record<string, Record<string, number>>, seeds: number[] }} Tally */

/** @param {RunResult[]} results @returns {Tally} */
function sum(results) {
  /** @type {Tally} */
  const tally = {
    runs: 0,
    acknowledged: 0,
    lost: 0,
    duplicated: 0,
    torn: 0,
    undetected: 0,
    extra: 0,
    problems: [],
    measures: {},
    counts: {},
    seeds: [],
  };
  for (const result of results) {
    tally.runs++;
    for (const key of /** @type {const} */ ([
      'acknowledged',
      'lost',
      'duplicated',
      'torn',
      'undetected',
      'extra',
    ])) {
      tally[key] += result[key];
    }
    tally.problems.push(
      ...result.problems.map((problem) => `run ${result.run}, seed ${result.seed}: ${problem}`),
    );
    for (const [name, value] of Object.entries(result.measures ?? {})) {
      if (typeof value === 'number') (tally.measures[name] ??= []).push(value);
      else {
        const counts = (tally.counts[name] ??= {});
        counts[value] = (counts[value] ?? 0) + 1;
      }
    }
    if (result.lost + result.duplicated + result.torn + result.undetected + result.problems.length > 0)
      tally.seeds.push(result.seed);
  }
  return tally;
}

/** @param {number[]} values @param {number} share */
const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** @param {Record<string, number[]>} measures */
function describe(measures) {
  return Object.entries(measures)
    .map(([name, values]) =>
      values.every((value) => [0, 1].includes(value))
        ? `${name} ${((100 * values.reduce((a, b) => a + b, 0)) / values.length).toFixed(0)} %`
        : `${name} p50 ${quantile(values, 0.5).toFixed(0)} p95 ${quantile(values, 0.95).toFixed(0)} max ${Math.max(...values).toFixed(0)}`,
    )
    .join(', ');
}

/** Lists what is promised to be in the record and is not; fails if there is any. */
function checkRecord() {
  const build = hashOfBuild(buildFolder());
  const missing = notRecorded(readRecord(), build);
  for (const { id, where, why } of missing)
    process.stdout.write(`not recorded  ${id} ${where.padEnd(15)} ${why}\n`);
  process.stdout.write(`build ${build}: ${missing.length} not recorded\n`);
  process.exitCode = missing.length === 0 ? 0 : 1;
}

async function main() {
  if (options['check-record']) return checkRecord();
  const list = jobs();
  if (options.list) {
    for (const { id, where, count, fault } of list)
      process.stdout.write(`${id} ${where.padEnd(15)} ×${count}  ${fault}\n`);
    return;
  }
  // A push tries other cases than the last one, and is repeated by the seed that it prints.
  const seed = options.seed ? Number(options.seed) : Math.floor(Math.random() * 2 ** 31);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed is a whole number, not "${options.seed}".`);
  const commit = options.release ? mayRecord({ anyTree: options['any-tree'] === true }) : '';
  mkdirSync(CACHE, { recursive: true });
  const { folder, build, hash } = takeBuild();
  const journal = join(CACHE, 'journal.jsonl');
  const earlier =
    options.resume && existsSync(journal)
      ? readFileSync(journal, 'utf8')
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];
  const missing = notRecorded(readRecord(), hash);
  const isRecorded = (/** @type {Job} */ { id, where }) =>
    options.release && options.resume && !missing.some((one) => one.id === id && one.where === where);
  process.stdout.write(
    `build ${hash}, seed ${seed}, ${list.length} cases${options.resume ? ', continuing' : ''}\n`,
  );

  const started = Date.now();
  /** @type {import('./report.mjs').CaseRecord[]} */
  const report = [];
  let failed = 0;
  let elsewhere = 0;
  for (const job of list) {
    const [engineName = 'chromium', backendName] = job.where.split('-');
    const engine = /** @type {import('./browsers.mjs').Engine} */ (engineName);
    /** @type {import('./browsers.mjs').Backend} */
    const backend = engineName === 'chromium' ? (backendName === 'sqlite' ? 'sqlite' : 'leveldb') : 'own';
    /** @type {import('./session.mjs').Context['level']} */
    const level = options.release ? 'release' : options.push ? 'push' : 'plain';
    const done = earlier.filter(
      (line) => line.id === job.id && line.where === job.where && line.build === hash && line.level === level,
    );
    /** @type {RunResult[]} */
    const results = done.map((line) => line.result);
    const finished = new Set(results.map(({ run }) => run));
    const runs = Array.from({ length: job.count }, (_, run) => run).filter((run) => !finished.has(run));
    const start = Date.now();
    if (options.push && whereTested(job.id)) {
      // Not run twice, and not counted as passed here.
      process.stdout.write(`  see  ${job.id}: ${whereTested(job.id)}\n`);
      elsewhere++;
      continue;
    }
    if (isRecorded(job)) {
      process.stdout.write(`  have ${job.id} ${job.where}: the record has it, of this build\n`);
      elsewhere++;
      continue;
    }
    process.stdout.write(`${job.id} ${job.where} ×${job.count}: ${job.fault}\n`);
    /** @type {string[]} */
    const broken = [];
    let hub;
    let version = '';
    try {
      const run = CASES[job.id];
      if (!run) throw new Error(`There is no code for ${job.id}.`);
      version = engineName === 'node' ? `Node ${process.version}` : versionOf(engine);
      hub = await startHub({
        build,
        pages: join(HERE, 'page'),
        hook: readFileSync(join(HERE, 'page', 'hook.js'), 'utf8'),
        watcher: readFileSync(join(HERE, 'page', 'watch.js'), 'utf8'),
      });
      const context = {
        engine,
        backend,
        runs,
        level,
        seedOf: (/** @type {number} */ number) => hashOf(`${seed}:${job.id}:${job.where}:${number}`),
        hub,
        scratch: folder,
        log: (/** @type {string} */ line) => process.stdout.write(`  ${line}\n`),
        keep(/** @type {string} */ name, /** @type {unknown} */ what) {
          const path = join(CACHE, 'found', `${job.id}-${name}`);
          mkdirSync(path, { recursive: true });
          writeFileSync(join(path, 'what.json'), `${JSON.stringify(what, null, 1)}\n`);
          const profile = /** @type {{ profile?: string }} */ (Object(what)).profile;
          if (profile && existsSync(profile)) cpSync(profile, join(path, 'profile'), { recursive: true });
          process.stdout.write(`  kept ${path}\n`);
          return path;
        },
      };
      if (runs.length > 0) {
        for await (const result of run(context)) {
          await unlessInterrupted();
          results.push(result);
          appendFileSync(
            journal,
            `${JSON.stringify({ id: job.id, where: job.where, level, build: hash, version, at: new Date().toISOString(), result })}\n`,
          );
        }
      }
    } catch (error) {
      broken.push(/** @type {Error} */ (error).stack ?? String(error));
    }
    await unlessInterrupted();
    await hub?.close();
    const tally = sum(results);
    const all = [...broken, ...shortcomings(tally, job.count), ...tally.problems];
    const bad = tally.lost + tally.duplicated + tally.torn + tally.undetected > 0 || all.length > 0;
    if (bad) failed++;
    const seconds = (Date.now() - start) / 1000;
    process.stdout.write(
      `${bad ? 'FAILED' : '  ok  '} ${job.id} ${job.where}: runs ${tally.runs}, acknowledged ${tally.acknowledged}, lost ${tally.lost}, duplicated ${tally.duplicated}, ` +
        `torn ${tally.torn}, undetected ${tally.undetected}, unacknowledged and there ${tally.extra}` +
        `${Object.keys(tally.measures).length > 0 ? `; ${describe(tally.measures)}` : ''}; ${seconds.toFixed(0)} s\n`,
    );
    for (const [name, counts] of Object.entries(tally.counts)) {
      const sorted = Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));
      process.stdout.write(
        `       ${name}: ${sorted.map(([value, count]) => `${value} ${count}`).join(', ')}\n`,
      );
    }
    for (const line of all.slice(0, 20)) process.stdout.write(`       ${line}\n`);
    const { measures, ...counted } = tally;
    report.push({
      id: job.id,
      where: job.where,
      version,
      fault: job.fault,
      expected: job.expected,
      ...counted,
      measures: Object.fromEntries(
        Object.entries(measures).map(([name, values]) => [
          name,
          {
            mean: values.reduce((a, b) => a + b, 0) / values.length,
            p50: quantile(values, 0.5),
            p95: quantile(values, 0.95),
            max: Math.max(...values),
          },
        ]),
      ),
      passed: !bad,
      seconds,
    });
    if (options.release) writeReport(report, { commit, build: hash, seed });
  }
  await endAll();
  removeMade();
  process.stdout.write(
    `${list.length - failed - elsewhere} passed, ${failed} failed, ${((Date.now() - started) / 60_000).toFixed(1)} min\n`,
  );
  process.exitCode = failed === 0 && list.length > 0 ? 0 : 1;
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    interrupted = true;
    void endAll().finally(() => {
      removeMade();
      process.exit(130);
    });
  });
}
await main();
