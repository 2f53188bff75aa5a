/** The declarations that are published: those that the doors' types lead to. Nobody can import the rest. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** `from './x.js'`, `import './x.js'`, `import('./x.js')`. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\.js\1/g;

/**
 * @param {string[]} doors `.d.ts` files
 * @returns {Set<string>} these and all that they name, directly or not, as absolute paths
 */
export function reachableDeclarations(doors) {
  const found = new Set(doors.map((door) => resolve(door)));
  for (const file of found) {
    for (const [, , path] of readFileSync(file, 'utf8').matchAll(SPECIFIER)) {
      found.add(resolve(dirname(file), `${path}.d.ts`));
    }
  }
  return found;
}

/** Deletes the declarations under `folder` that no door leads to. @param {string} folder @param {string[]} doors */
export function dropDeclarations(folder, doors) {
  const reachable = reachableDeclarations(doors);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = resolve(join(folder, name));
    if (name.endsWith('.d.ts') && !reachable.has(file)) rmSync(file);
  }
}
