/** A build of the package as a later version would be: the same tree with higher numbers of version, layout and format. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/run.mjs';

/** What the sources say and what a later version says instead; `layout` is the version of the IndexedDB database. */
const LATER = [
  { file: 'src/base/version.ts', from: /VERSION = '[^']+'/, to: "VERSION = '99.0.0'" },
  { file: 'src/storage/indexeddb.ts', from: /LAYOUT_VERSION = \d+/, to: 'LAYOUT_VERSION = 99' },
  { file: 'src/format/head.ts', from: /FORMAT_VERSION = \d+/, to: 'FORMAT_VERSION = 99' },
];

export const LATER_LAYOUT = 99;

/**
 * @param {string} folder where it goes
 * @throws Error when a number is not where it was
 */
export async function buildLater(folder) {
  const { build } = await import('vite');
  /** @type {Set<string>} */
  const changed = new Set();
  const raise = () => ({
    name: 'later-version',
    // Before the types are taken off.
    enforce: /** @type {const} */ ('pre'),
    /** @param {string} code @param {string} id */
    transform(code, id) {
      const one = LATER.find(({ file }) => id.split('?')[0] === join(ROOT, file));
      if (!one) return null;
      if (!one.from.test(code)) throw new Error(`${one.file} has no ${one.from.source}`);
      changed.add(one.file);
      return code.replace(one.from, one.to);
    },
  });
  await build({
    root: ROOT,
    configFile: join(ROOT, 'vite.config.ts'),
    mode: 'cdn',
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
    plugins: [raise()],
    worker: { plugins: () => [raise()] },
  });
  const missed = LATER.filter(({ file }) => !changed.has(file));
  if (missed.length > 0 || !existsSync(join(folder, 'index.js')))
    throw new Error(`the later build lacks ${missed.map(({ file }) => file).join(', ') || 'its index.js'}`);
}
