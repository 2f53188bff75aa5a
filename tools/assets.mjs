/**
 * Checks the one contract between this package and bundlers: workers, wasm and model are named by
 * `new URL('<relative path>', import.meta.url)` literals, and the files they name are there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** What must be found somewhere, in the form that bundlers recognise. */
const REQUIRED = [
  {
    what: "new Worker(new URL('../../workers/store.worker.js', import.meta.url), { type: 'module' … })",
    form: /new Worker\(\s*new URL\((['"])\.\.\/\.\.\/workers\/store\.worker\.js\1, import\.meta\.url\),\s*\{\s*type: (['"])module\2/,
  },
  {
    what: "new Worker(new URL('../../workers/embed.worker.js', import.meta.url), { type: 'module' … })",
    form: /new Worker\(\s*new URL\((['"])\.\.\/\.\.\/workers\/embed\.worker\.js\1, import\.meta\.url\),\s*\{\s*type: (['"])module\2/,
  },
  {
    what: "new URL('../../wasm/build/core.wasm', import.meta.url)",
    form: /new URL\((['"])\.\.\/\.\.\/wasm\/build\/core\.wasm\1, import\.meta\.url\)/,
  },
  {
    what: "new URL('../../wasm/build/core-relaxed.wasm', import.meta.url)",
    form: /new URL\((['"])\.\.\/\.\.\/wasm\/build\/core-relaxed\.wasm\1, import\.meta\.url\)/,
  },
  {
    what: "new URL('../../models/kindex-static-en/kindex-static-en.int4.bin', import.meta.url)",
    form: /new URL\((['"])\.\.\/\.\.\/models\/kindex-static-en\/[\w.-]+\.bin\1,\s*import\.meta\.url\)/,
  },
  {
    what: "new URL('../../models/kindex-static-en/tokenizer.json', import.meta.url)",
    form: /new URL\((['"])\.\.\/\.\.\/models\/kindex-static-en\/tokenizer\.json\1,\s*import\.meta\.url\)/,
  },
];

const ANY_URL = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1,\s*import\.meta\.url\s*\)/g;

/**
 * @param {string} dist folder of the npm build
 * @returns {string[]} one line per missing literal and per literal that names no file; empty when all is well
 */
export function assetProblems(dist) {
  const found = new Set();
  const problems = [];
  for (const folder of ['src', 'workers']) {
    for (const name of readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.js')) continue;
      const file = join(dist, folder, name);
      const text = readFileSync(file, 'utf8');
      for (const { what, form } of REQUIRED) if (form.test(text)) found.add(what);
      for (const [, , path] of text.matchAll(ANY_URL)) {
        if (path && !existsSync(resolve(dirname(file), path))) {
          problems.push(`${relative(dist, file)}: '${path}' names no file`);
        }
      }
    }
  }
  for (const { what } of REQUIRED) if (!found.has(what)) problems.push(`nowhere: ${what}`);
  return problems;
}
