/**
 * Comments out of the JavaScript that is published: the declarations beside it carry the documentation, and comments are a third
 * of its bytes. What tools read stays: annotations of purity, hints to bundlers, references, licences.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';

const KEPT =
  /^!|^\/\s*<|^\s*[@#]__|@(?:license|preserve|cc_on|vite-ignore)\b|^\s*webpack[A-Z]|^[#@]\s*source/;

/**
 * @param {string} code a module
 * @param {string} [name] what errors call it
 * @returns {string} the same program: a comment alone on its lines goes with them, one behind code leaves the line break
 */
export function stripComments(code, name = 'module.js') {
  const { comments, errors } = parseSync(name, code);
  if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`);
  let stripped = '';
  let at = 0;
  for (const { value, start, end } of comments) {
    if (KEPT.test(value)) continue;
    const lineStart = code.lastIndexOf('\n', start - 1) + 1;
    const lineEnd = code.indexOf('\n', end) === -1 ? code.length : code.indexOf('\n', end);
    const startsLine = code.slice(lineStart, start).trim() === '' && lineStart >= at;
    const endsLine = code.slice(end, lineEnd).trim() === '';
    if (startsLine && endsLine) {
      stripped += code.slice(at, lineStart);
      at = Math.min(lineEnd + 1, code.length);
    } else {
      const before = code.slice(at, start);
      // What was apart stays apart, and a line break in a comment ends a statement as any other does.
      stripped += endsLine ? before.trimEnd() : before + (value.includes('\n') ? '\n' : ' ');
      at = endsLine ? lineEnd : end;
    }
  }
  return stripped + code.slice(at);
}

/** Every `.js` under `folder`, in place. @param {string} folder */
export function stripFolder(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    const file = join(folder, name);
    writeFileSync(file, stripComments(readFileSync(file, 'utf8'), name));
  }
}
