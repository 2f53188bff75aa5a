/**
 * Checks the package as others will install it: every door of package.json leads somewhere, has types, can be imported
 * without side effects, and both halves of a door offer the same names; then publint and attw look at the packed tarball.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { assetProblems } from './assets.mjs';
import { binary, captureNpm, isMain, ROOT } from './run.mjs';

/**
 * The doors of a package: subpath → condition → target. A plain string target is the condition `default`.
 * @param {Record<string, string | Record<string, string>>} exports
 * @returns {Map<string, Record<string, string>>}
 */
export function doorsOf(exports) {
  return new Map(
    Object.entries(exports).map(([door, target]) => [
      door,
      typeof target === 'string' ? { default: target } : target,
    ]),
  );
}

/**
 * @param {Map<string, Record<string, string>>} doors
 * @param {(file: string) => boolean} exists asked with paths as they stand in package.json
 * @returns {string[]} one line per door that leads nowhere or has no types
 */
export function doorProblems(doors, exists) {
  const problems = [];
  for (const [door, targets] of doors) {
    for (const [condition, target] of Object.entries(targets)) {
      if (!exists(target)) problems.push(`"${door}" (${condition}) leads to ${target}, which does not exist`);
    }
    if (Object.values(targets).some((target) => target.endsWith('.js'))) {
      if (targets['types'] === undefined) problems.push(`"${door}" has no types`);
      else if (Object.keys(targets)[0] !== 'types') problems.push(`"${door}": "types" must come first`);
      if (targets['default'] === undefined) problems.push(`"${door}" has no default`);
    }
  }
  return problems;
}

/**
 * @param {Map<string, Record<string, string>>} doors
 * @returns {Promise<string[]>} one line per module that cannot be imported here, or whose halves differ
 */
async function nameProblems(doors) {
  const problems = [];
  for (const [door, targets] of doors) {
    /** @type {{ condition: string, names: string }[]} */
    const offers = [];
    for (const [condition, target] of Object.entries(targets)) {
      if (!target.endsWith('.js')) continue;
      try {
        // Node has neither `self` nor `indexedDB`: that this works shows that importing touches neither.
        const module = await import(pathToFileURL(join(ROOT, target)).href);
        offers.push({ condition, names: Object.keys(module).sort().join(', ') });
      } catch (error) {
        problems.push(`"${door}" (${condition}) cannot be imported in Node: ${error}`);
      }
    }
    for (const offer of offers) {
      if (offer.names === '') problems.push(`"${door}" (${offer.condition}) exports nothing`);
      if (offer.names !== offers[0]?.names) {
        problems.push(
          `"${door}" offers other names under "${offer.condition}" than under "${offers[0]?.condition}":\n` +
            `    ${offer.names}\n    ${offers[0]?.names}`,
        );
      }
    }
  }
  return problems;
}

/** @param {Record<string, any>} manifest @param {string} tarball @returns {Promise<string[]>} */
async function publintProblems(manifest, tarball) {
  const { messages } = await publint({
    strict: true,
    pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer },
  });
  // Suggestions are about what a package could also have; warnings and errors are about what breaks for somebody.
  return messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`);
}

/** @param {string} tarball @returns {string[]} */
function attwProblems(tarball) {
  const done = spawnSync(
    process.execPath,
    [
      binary('@arethetypeswrong/cli', 'attw'),
      tarball,
      ...'--profile esm-only --format ascii --no-color --no-emoji'.split(' '),
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return done.status === 0 ? [] : [`attw:\n${done.stdout}${done.stderr}`];
}

async function checkPackage() {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const doors = doorsOf(manifest.exports);
  const extra = ['unpkg', 'jsdelivr'].map(
    (field) => /** @type {const} */ ([field, { default: manifest[field] }]),
  );
  const problems = [
    ...doorProblems(doors, (file) => existsSync(join(ROOT, file))),
    ...extra.flatMap(([field, { default: file }]) =>
      existsSync(join(ROOT, file)) ? [] : [`"${field}" leads to ${file}, which does not exist`],
    ),
    ...assetProblems(join(ROOT, 'dist')),
  ];
  // The rest would only repeat, in other words, that files are missing.
  if (problems.length > 0) return problems;

  const folder = mkdtempSync(join(tmpdir(), 'kindex-pack-'));
  try {
    const [packed] = JSON.parse(
      captureNpm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
    );
    const tarball = join(folder, packed.filename);
    return [
      ...(await nameProblems(doors)),
      ...(await publintProblems(manifest, tarball)),
      ...attwProblems(tarball),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) {
  const problems = await checkPackage();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(
    problems.length === 0 ? 'The package is in order.\n' : `${problems.length} problems.\n`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
