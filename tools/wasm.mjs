/**
 * Builds wasm/ into wasm/build/core.wasm and core-relaxed.wasm, each with a .json which says what it was built from:
 * `node tools/wasm.mjs`. Does nothing when sources, compiler and options are those of the last build. Fails over the size budget.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as asc from 'assemblyscript/asc';
import { ROOT } from './run.mjs';
import { abiOf } from './wasm-abi.mjs';

const SOURCES = join(ROOT, 'wasm');
const BUILD = join(SOURCES, 'build');

/** Engines refuse a whole module for one instruction they do not know, so what is new in relaxed SIMD needs a binary of its own. */
const BUILDS = { core: [], 'core-relaxed': ['--enable', 'relaxed-simd'] };

const BUDGET_GZIP_BYTES = 10_000;

/** `abort=` drops the only import the compiler would add; the runtime is the smallest, as nothing is allocated by it. */
const OPTIONS = [
  '-O3',
  '--converge',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  '--use',
  'abort=',
];

/** @typedef {{ source: string, binary: string, bytes: number, gzipBytes: number }} BuildRecord hashes are SHA-256, hex */

/** @param {Uint8Array | string} data */
function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

/** Hash of everything the binary follows from, whatever the line endings of the checkout. */
function sourceHash(/** @type {string[]} */ options) {
  const files = readdirSync(SOURCES).filter((name) => name.endsWith('.ts'));
  const texts = files
    .toSorted()
    .map((name) => [name, readFileSync(join(SOURCES, name), 'utf8').replaceAll('\r\n', '\n')]);
  return sha256(JSON.stringify([asc.version, options, texts]));
}

/** @param {string} name @returns {BuildRecord | null} what lies in wasm/build, if it is whole */
function lastBuild(name) {
  const [binary, record] = [join(BUILD, `${name}.wasm`), join(BUILD, `${name}.json`)];
  if (!existsSync(binary) || !existsSync(record)) return null;
  const written = JSON.parse(readFileSync(record, 'utf8'));
  return written.binary === sha256(readFileSync(binary)) ? written : null;
}

/** In one step: whoever reads meanwhile gets the old file or the new one. @param {string} path @param {Uint8Array | string} data */
function replaceFile(path, data) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, data);
  renameSync(temporary, path);
}

/** @param {string} name @param {string[]} options @param {string} source hash of the sources @returns {Promise<BuildRecord>} */
async function build(name, options, source) {
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error, stderr } = await asc.main(
    ['index.ts', '--baseDir', SOURCES, '--outFile', `${name}.wasm`, ...options],
    {
      writeFile(_name, contents) {
        if (typeof contents !== 'string') binary = contents;
      },
    },
  );
  const messages = stderr.toString();
  if (error || !binary) throw new Error(`The AssemblyScript compiler failed.\n${messages}`, { cause: error });
  if (messages.includes('WARNING')) process.stderr.write(messages);

  const gzipBytes = gzipSync(binary, { level: 9 }).length;
  const record = { source, binary: sha256(binary), bytes: binary.length, gzipBytes };
  mkdirSync(BUILD, { recursive: true });
  replaceFile(join(BUILD, `${name}.wasm`), binary);
  replaceFile(join(BUILD, `${name}.json`), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

for (const [name, extra] of Object.entries(BUILDS)) {
  const options = [...OPTIONS, ...extra];
  const source = sourceHash(options);
  const last = lastBuild(name);
  const fresh = last?.source === source;
  const record = fresh ? last : await build(name, options, source);
  // Whoever compares times sees that the binary is up to date.
  if (fresh) utimesSync(join(BUILD, `${name}.wasm`), new Date(), new Date());

  const { said, wanted } = abiOf(readFileSync(join(BUILD, `${name}.wasm`)));
  if (said !== wanted) {
    process.stderr.write(
      `The exports have changed: ABI_HASH is ${said} and has to be ${wanted}, in wasm/index.ts and src/core/wasm-exports.ts.\n`,
    );
    process.exitCode = 1;
  }
  const sizes = `${record.bytes} bytes, ${record.gzipBytes} gzip`;
  process.stdout.write(`wasm/build/${name}.wasm ${fresh ? 'is up to date' : 'built'}: ${sizes}.\n`);
  if (record.gzipBytes > BUDGET_GZIP_BYTES) {
    process.stderr.write(`That is over the budget of ${BUDGET_GZIP_BYTES} bytes gzip.\n`);
    process.exitCode = 1;
  }
}
