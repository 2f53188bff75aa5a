/**
 * Builds wasm/ into wasm/build/core.wasm, and wasm/build/core.json which says what it was built from: `node tools/wasm.mjs`.
 * Does nothing when sources, compiler and this file are those of the last build. Fails over the size budget.
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

const SOURCES = join(ROOT, 'wasm');
const BUILD = join(SOURCES, 'build');
const BINARY = join(BUILD, 'core.wasm');
const RECORD = join(BUILD, 'core.json');

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
function sourceHash() {
  const files = readdirSync(SOURCES).filter((name) => name.endsWith('.ts'));
  const texts = files
    .toSorted()
    .map((name) => [name, readFileSync(join(SOURCES, name), 'utf8').replaceAll('\r\n', '\n')]);
  return sha256(JSON.stringify([asc.version, OPTIONS, texts]));
}

/** @returns {BuildRecord | null} what lies in wasm/build, if it is whole */
function lastBuild() {
  if (!existsSync(BINARY) || !existsSync(RECORD)) return null;
  const record = JSON.parse(readFileSync(RECORD, 'utf8'));
  return record.binary === sha256(readFileSync(BINARY)) ? record : null;
}

/** In one step: whoever reads meanwhile gets the old file or the new one. @param {string} path @param {Uint8Array | string} data */
function replaceFile(path, data) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, data);
  renameSync(temporary, path);
}

/** @param {string} source hash of the sources @returns {Promise<BuildRecord>} */
async function build(source) {
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error, stderr } = await asc.main(
    ['index.ts', '--baseDir', SOURCES, '--outFile', 'core.wasm', ...OPTIONS],
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
  replaceFile(BINARY, binary);
  replaceFile(RECORD, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

const source = sourceHash();
const last = lastBuild();
const fresh = last?.source === source;
const record = fresh ? last : await build(source);
// Whoever compares times sees that the binary is up to date.
if (fresh) utimesSync(BINARY, new Date(), new Date());

const sizes = `${record.bytes} bytes, ${record.gzipBytes} gzip`;
process.stdout.write(`wasm/build/core.wasm ${fresh ? 'is up to date' : 'built'}: ${sizes}.\n`);
if (record.gzipBytes > BUDGET_GZIP_BYTES) {
  process.stderr.write(`That is over the budget of ${BUDGET_GZIP_BYTES} bytes gzip.\n`);
  process.exitCode = 1;
}
