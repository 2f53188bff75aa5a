/**
 * One tab for every four spaces that a line of published code begins with, and in modules one at most: an eighth of their bytes would be
 * indentation, and the package has a limit.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'vite';

/**
 * @param {string} code a module, or declarations of one
 * @param {string} [name] what errors call it
 * @param {number} [most] tabs in front of a line
 * @returns {string} the same program: lines that begin inside a text stay as they are
 */
export function tabIndent(code, name = 'module.js', most = Infinity) {
  const { program, errors } = parseSync(name, code);
  if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`);
  /** @type {{ start: number, end: number }[]} */
  const texts = [];
  new Visitor({
    TemplateElement: ({ start, end }) => void texts.push({ start, end }),
    Literal: ({ start, end }) => void texts.push({ start, end }),
  }).visit(program);
  return code.replace(/^(?: {4})+/gm, (spaces, /** @type {number} */ at) =>
    texts.some(({ start, end }) => at > start && at < end)
      ? spaces
      : '\t'.repeat(Math.min(most, spaces.length / 4)),
  );
}

/** Every `.js` and `.d.ts` under `folder`, in place. @param {string} folder */
export function tabIndentFolder(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js') && !name.endsWith('.d.ts')) continue;
    const file = join(folder, name);
    writeFileSync(file, tabIndent(readFileSync(file, 'utf8'), name, name.endsWith('.js') ? 1 : Infinity));
  }
}
