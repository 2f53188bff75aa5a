/** Of the declarations that are published, what nobody outside can name goes: internal functions beside public types, and what they import. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseSync, Visitor } from 'vite';
import { reachableDeclarations } from './declarations.mjs';

/** @typedef {{ text: string, names: string[], mentions: Set<string>, node: any }} Statement `text` with the comment before it; `mentions`: names in it, members' too */

/** @param {any} node an identifier, or a name as a text @returns {string} */
const nameOf = (node) => node.name ?? node.value;

/** @param {any} node @returns {string[]} what a statement declares */
function namesOf(node) {
  const declared = node.declaration ?? node;
  const ids = declared.declarations?.map((/** @type {any} */ { id }) => id) ?? [declared.id];
  return ids.filter(Boolean).map(nameOf);
}

/** @param {string} text @param {string} file @returns {Statement[]} */
function statementsOf(text, file) {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  let from = 0;
  return program.body.map((node) => {
    /** @type {Set<string>} */
    const mentions = new Set();
    new Visitor({ Identifier: ({ name }) => void mentions.add(name) }).visit({ ...program, body: [node] });
    const statement = { text: text.slice(from, node.end), names: namesOf(node), mentions, node };
    from = node.end;
    return statement;
  });
}

/** @param {Map<string, Statement[]>} files @returns {(file: string) => Set<string>} names of a file that others import; '*': any */
function importsOf(files) {
  /** @type {Map<string, Set<string>>} */
  const wanted = new Map();
  const want = (/** @type {string} */ file, /** @type {string} */ path, /** @type {string[]} */ names) => {
    const target = resolve(dirname(file), path.replace(/\.js$/, '.d.ts'));
    wanted.set(target, new Set([...(wanted.get(target) ?? []), ...names]));
  };
  for (const [file, statements] of files) {
    for (const { node, text } of statements) {
      for (const [, path = ''] of text.matchAll(/\bimport\(\s*['"](\.[^'"]+)/g)) want(file, path, ['*']);
      if (!node.source) continue;
      const specifiers = node.specifiers?.map((/** @type {any} */ { imported, local }) => imported ?? local);
      const all =
        !specifiers || node.specifiers.some((/** @type {any} */ { type }) => /Namespace/.test(type));
      want(file, node.source.value, all ? ['*'] : specifiers.map(nameOf));
    }
  }
  return (file) => wanted.get(file) ?? new Set();
}

/** @param {Statement} statement an import @param {Statement[]} others @returns {string} the same without the names that are mentioned nowhere */
function trimmed({ text, node }, others) {
  const used = node.specifiers.filter((/** @type {any} */ { local }) =>
    others.some(({ mentions }) => mentions.has(nameOf(local))),
  );
  if (used.length === 0) return '';
  const inBraces = node.specifiers.every((/** @type {any} */ { type }) => type === 'ImportSpecifier');
  if (used.length === node.specifiers.length || !inBraces) return text;
  const from = node.end - text.length;
  const names = used.map((/** @type {any} */ { start, end }) => text.slice(start - from, end - from));
  return text.replace(/\{[^}]*\}/, `{ ${names.join(', ')} }`);
}

/** @param {Statement[]} statements of a file @param {Set<string>} wanted of it @returns {string} */
function shaken(statements, wanted) {
  return statements
    .map((statement) => {
      const { node, names, text } = statement;
      const others = statements.filter((other) => other !== statement);
      if (node.type === 'ImportDeclaration' && node.specifiers.length > 0) return trimmed(statement, others);
      const named = names.some(
        (name) => wanted.has(name) || others.some(({ mentions }) => mentions.has(name)),
      );
      return names.length === 0 || named || node.type === 'TSModuleDeclaration' ? text : '';
    })
    .join('');
}

/** In place, again and again until nothing more goes. @param {string[]} doors `.d.ts` files: all that they declare stays */
export function shakeDeclarations(doors) {
  const open = new Set(doors.map((door) => resolve(door)));
  for (let changed = true; changed;) {
    changed = false;
    const files = new Map(
      [...reachableDeclarations(doors)].map((file) => [file, statementsOf(readFileSync(file, 'utf8'), file)]),
    );
    const wantedOf = importsOf(files);
    for (const [file, statements] of files) {
      const wanted = wantedOf(file);
      if (open.has(file) || wanted.has('*')) continue;
      const text = shaken(statements, wanted).trim();
      if (
        text ===
        statements
          .map((statement) => statement.text)
          .join('')
          .trim()
      )
        continue;
      writeFileSync(file, `${text === '' ? 'export {};' : text}\n`);
      changed = true;
    }
  }
}
