/**
 * docs/guide/errors.md from the error catalogue: `npm run docs:errors` writes it, a test keeps it current.
 * Reads the built package, so that no TypeScript has to be run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, ROOT } from './run.mjs';

export const ERRORS_PAGE = join(ROOT, 'docs', 'guide', 'errors.md');

const FAMILIES = {
  VALUE: 'Arguments',
  NOT_FOUND: 'Things that are not there',
  EXISTS: 'Things that are there already',
  EMBED: 'Embedding',
  STORAGE: 'Storage',
  FORMAT: 'Stored bytes',
  RUNTIME: 'Runtime',
  '': 'Life of a call',
};

/**
 * The whole page.
 * @param {{ code: string, className: string, when: string, fix: string }[]} errors in catalogue order
 */
export function errorsPage(errors) {
  const familyOf = (/** @type {string} */ code) =>
    Object.keys(FAMILIES).find((family) => family !== '' && code.startsWith(`${family}_`)) ?? '';
  const sections = Object.entries(FAMILIES).flatMap(([family, title]) => {
    const members = errors.filter(({ code }) => familyOf(code) === family);
    if (members.length === 0) return [];
    const rows = members.map(
      ({ code, className, when, fix }) => `| \`${code}\` | \`${className}\` | ${when} | ${fix} |`,
    );
    return [
      `## ${title}\n\n| code | class | when | what to do |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`,
    ];
  });
  return `# Errors

Everything kindex throws is a \`ChromaError\` with four things to work with: \`code\` (stable, for programs), \`message\` (what
happened, with the values), \`fix\` (what to do) and \`details\` (the values as JSON). The class is the one chromadb throws in
the same situation, so \`instanceof\` checks keep working: the one below, or \`ChromaClientError\` where chromadb leaves a fault of
that kind to its server. \`details.path\` names the place in the arguments: \`metadatas[2].year\`. All of it survives the way from
the worker to the page.

This page is generated from the catalogue in \`src/base/errors.ts\` and \`src/base/error-guide.ts\`.

${sections.join('\n')}`;
}

/**
 * @param {{ ERRORS: Record<string, { class: string, fix?: string }>, kindexError: (code: any, message: string) => Error }} catalogue
 * @param {Record<string, string>} guide when each is thrown
 * @param {Record<string, string>} workerFixes fixes of the codes whose entry has none
 */
export function listErrors({ ERRORS, kindexError }, guide, workerFixes) {
  return Object.entries(ERRORS).map(([code, { fix }]) => ({
    code,
    className: kindexError(code, '').name,
    when: guide[code] ?? '',
    fix: fix ?? workerFixes[code] ?? '',
  }));
}

/** A module of the built package; by URL, because types are checked before anything is built. @param {string} file */
const built = (file) => import(new URL(`../dist/src/base/${file}`, import.meta.url).href);

if (isMain(import.meta.url)) {
  const catalogue = await built('errors.js');
  const { ERROR_GUIDE } = await built('error-guide.js');
  const { WORKER_FIXES } = await built('worker-fixes.js');
  const page = errorsPage(listErrors(catalogue, ERROR_GUIDE, WORKER_FIXES));
  const before = readFileSync(ERRORS_PAGE, { encoding: 'utf8', flag: 'a+' });
  if (page !== before) writeFileSync(ERRORS_PAGE, page);
  process.stdout.write(page === before ? 'Errors guide is current.\n' : 'Errors guide written.\n');
}
