/**
 * Sizes as a test: what a page and its workers load, compressed, against the budgets in size.json. Needs `npm run build`.
 * Entries are bundled as an application would bundle them: minified, with dependencies, lazily loaded parts left out.
 */
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { captureNpm, isMain, ROOT } from './run.mjs';

const APPLICATION = 'virtual:application';
/** Vite's loader of lazy chunks: an application has it once, for its own chunks, whatever it imports. It is not counted. */
const PRELOAD_HELPER = '\0vite/preload-helper.js';

/**
 * @param {string} entry path from the repository's root
 * @param {string[]} [imports] the names an application takes from it; without them, the whole entry
 * @returns {Promise<Buffer>} the minified code of the entry and everything it imports statically
 */
export async function bundle(entry, imports) {
  const file = join(ROOT, entry);
  const input = imports ? APPLICATION : file;
  /** @type {import('vite').Plugin} */
  const application = {
    name: 'application',
    resolveId: (id) => (id === APPLICATION ? id : null),
    load: (id) => {
      if (id === PRELOAD_HELPER) return 'export const __vitePreload = (load) => load();';
      return id === APPLICATION ? `export { ${imports?.join(', ')} } from ${JSON.stringify(file)};` : null;
    },
    enforce: 'pre',
  };
  const built = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    plugins: [application],
    worker: { format: 'es' },
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: { input, preserveEntrySignatures: 'strict', output: { format: 'es' } },
    },
  });
  const { output } = /** @type {import('vite').Rolldown.RolldownOutput} */ (
    Array.isArray(built) ? built[0] : built
  );
  const chunks = new Map(output.flatMap((part) => (part.type === 'chunk' ? [[part.fileName, part]] : [])));
  const first = [...chunks.values()].find((chunk) => chunk.isEntry);
  if (!first) throw new Error(`${entry} gave no entry chunk.`);
  const needed = new Set([first.fileName]);
  for (const name of needed) for (const next of chunks.get(name)?.imports ?? []) needed.add(next);
  return Buffer.from([...needed].map((name) => chunks.get(name)?.code ?? '').join('\n'));
}

/** How servers compress ahead of time. @type {Record<'gzip' | 'brotli', (bytes: Buffer) => number>} */
export const COMPRESSED_SIZE = {
  gzip: (bytes) => gzipSync(bytes, { level: 9 }).length,
  brotli: (bytes) =>
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }).length,
};

/**
 * Models are what changes least and weighs most; they have their own budget, wherever in the package they lie.
 * @param {{ path: string, size: number }[]} files of the package
 * @returns {number} unpacked bytes without them
 */
export function packageBytes(files) {
  const isModel = (/** @type {string} */ path) =>
    path.startsWith('dist/models/') ||
    extname(path) === '.bin' ||
    /^dist\/cdn\/assets\/tokenizer-[\w-]+\.json$/.test(path);
  return files.reduce((sum, { path, size }) => sum + (isModel(path) ? 0 : size), 0);
}

/** @param {string} name @param {string} unit @param {number} bytes @param {number} limit */
function row(name, unit, bytes, limit) {
  const share = Math.round((bytes / limit) * 100);
  const line = `${bytes <= limit ? '  ok    ' : 'TOO BIG '}${name.padEnd(54)} ${unit.padEnd(7)}`;
  return `${line}${String(bytes).padStart(9)} of ${String(limit).padStart(9)} bytes (${share} %)`;
}

async function checkSizes() {
  const budgets = JSON.parse(readFileSync(join(ROOT, 'tools', 'size.json'), 'utf8'));
  let fits = true;
  const report = (
    /** @type {string} */ name,
    /** @type {string} */ unit,
    /** @type {number} */ bytes,
    /** @type {number} */ limit,
  ) => {
    if (!(bytes > 0 && bytes <= limit)) fits = false;
    process.stdout.write(`${row(name, unit, bytes, limit)}\n`);
  };
  for (const { name, entry, imports, file, ...limits } of [...budgets.bundles, ...budgets.files]) {
    const bytes = entry ? await bundle(entry, imports) : readFileSync(join(ROOT, file));
    report(name, 'gzip', COMPRESSED_SIZE.gzip(bytes), limits.gzip);
    // Not for the model: what gzip hardly shrinks is slow to brotli, and tells nothing new.
    if (limits.brotli) report(name, 'brotli', COMPRESSED_SIZE.brotli(bytes), limits.brotli);
  }
  const [packed] = JSON.parse(captureNpm(['pack', '--dry-run', '--json', '--ignore-scripts']));
  report(budgets.package.name, 'raw', packageBytes(packed.files), budgets.package.bytes);
  return fits;
}

if (isMain(import.meta.url)) process.exitCode = (await checkSizes()) ? 0 : 1;
