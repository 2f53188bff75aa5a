/**
 * Documentation that cannot rot: every `ts` block of README.md and docs/, and every one under an `@example` in src/, is
 * type-checked against the built package and run in Node. `ts no-run` marks what needs a browser: checked, not run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { binary, isMain, ROOT } from './run.mjs';

const RUN_TIMEOUT_MS = 60_000;

/**
 * `line` is where the code starts, 1-based. `info` is what stands behind the fence.
 * @typedef {{ source: string, line: number, info: string, code: string }} Block
 */

/**
 * @param {string} source name for messages
 * @param {string[]} lines markdown
 * @param {number} offset lines of the file before these
 * @returns {Block[]} every fenced block, whatever its language
 */
function fencedBlocks(source, lines, offset) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {{ fence: string, indent: string, info: string, start: number } | null} */
  let open = null;
  lines.forEach((line, i) => {
    const fence = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(line);
    if (open === null) {
      if (fence) open = { fence: fence[2] ?? '', indent: fence[1] ?? '', info: fence[3] ?? '', start: i + 1 };
    } else if (fence && fence[3] === '' && (fence[2] ?? '').startsWith(open.fence)) {
      const { indent, info, start } = open;
      const code = lines
        .slice(start, i)
        .map((text) => (text.startsWith(indent) ? text.slice(indent.length) : text.trimStart()))
        .join('\n');
      blocks.push({ source, line: offset + start + 1, info, code });
      open = null;
    }
  });
  return blocks;
}

/**
 * @param {string} source
 * @param {string} text of a markdown file
 */
export const markdownBlocks = (source, text) => fencedBlocks(source, text.split('\n'), 0);

/**
 * @param {string} source
 * @param {string} text of a TypeScript file
 * @returns {Block[]} the fenced blocks under `@example` in its doc comments
 */
export function exampleBlocks(source, text) {
  const blocks = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const before = text.slice(0, comment.index).split('\n').length - 1;
    const lines = comment[0].split('\n').map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*) ?/, ''));
    const example = lines.findIndex((line) => /^\s*@example\b/.test(line));
    if (example >= 0) blocks.push(...fencedBlocks(source, lines.slice(example), before + example));
  }
  return blocks;
}

/**
 * @param {Block} block
 * @returns {string} `run`, `check` or `other` (not ours); anything else is a complaint
 */
export function treatment({ source, line, info }) {
  const [language = '', ...words] = info.split(/\s+/);
  if (/^(js|javascript|mjs|tsx|jsx|typescript|mts)$/.test(language)) {
    return `${source}:${line}: write "ts" instead of "${language}", so that the block is checked`;
  }
  if (language !== 'ts') return 'other';
  if (words.length === 0) return 'run';
  if (words.length === 1 && words[0] === 'no-run') return 'check';
  return `${source}:${line}: "${info}" is neither "ts" nor "ts no-run"`;
}

/** @returns {Block[]} of the repository */
function readBlocks() {
  const list = (/** @type {string} */ folder, /** @type {RegExp} */ pattern) =>
    existsSync(join(ROOT, folder))
      ? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
          .map((name) => `${folder}/${name.split(sep).join('/')}`)
          .filter((name) => pattern.test(name))
          .sort()
      : [];
  const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
  const pages = ['README.md', ...list('docs', /^docs\/(?!api\/).*\.md$/)].filter((file) =>
    existsSync(join(ROOT, file)),
  );
  const modules = list('src', /^(?!.*\.(test|test-d|contract|browser)\.ts$).*\.ts$/);
  return [
    ...pages.flatMap((file) => markdownBlocks(file, read(file))),
    ...modules.flatMap((file) => exampleBlocks(file, read(file))),
  ];
}

/**
 * Checks and runs blocks in a folder inside the repository, where `kindex` is this package, as built.
 * @param {Block[]} blocks
 * @param {{ folder: string }} options a folder to be emptied and used
 * @returns {{ problems: string[], checked: number, ran: number }}
 */
export function checkBlocks(blocks, { folder }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<string, { block: Block, run: boolean }>} */
  const files = new Map();
  for (const block of blocks) {
    const how = treatment(block);
    if (how === 'other') continue;
    if (how !== 'run' && how !== 'check') {
      problems.push(how);
      continue;
    }
    const name = `${block.source.replace(/[^\w]+/g, '-')}-${block.line}`;
    files.set(name, { block, run: how === 'run' });
    writeFileSync(join(folder, `${name}.ts`), `${block.code}\n`);
  }
  if (files.size === 0) return { problems, checked: 0, ran: 0 };

  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        noEmitOnError: false,
        outDir: './out',
        rootDir: '.',
        declaration: false,
        isolatedDeclarations: false,
        moduleDetection: 'force',
        // Without the paths to src/, `kindex` is what package.json's exports say.
        paths: {},
      },
      include: ['*.ts'],
      exclude: [],
    }),
  );
  const compiled = spawnSync(
    process.execPath,
    [binary('typescript', 'tsc'), '-p', folder, '--pretty', 'false'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  const broken = new Set();
  for (const line of `${compiled.stdout}${compiled.stderr}`.split('\n').filter(Boolean)) {
    const place = /^([\w-]+)\.ts\((\d+),(\d+)\): (.*)$/.exec(line);
    const file = place && files.get(place[1] ?? '');
    if (place && file) {
      broken.add(place[1]);
      problems.push(`${file.block.source}:${file.block.line + Number(place[2]) - 1}: ${place[4]}`);
    } else problems.push(line);
  }
  if (compiled.status !== 0 && problems.length === 0)
    problems.push(`tsc failed with exit code ${compiled.status}`);

  let ran = 0;
  for (const [name, { block, run }] of files) {
    if (!run || broken.has(name)) continue;
    ran++;
    const done = spawnSync(process.execPath, [join(folder, 'out', `${name}.js`)], {
      cwd: folder,
      encoding: 'utf8',
      timeout: RUN_TIMEOUT_MS,
    });
    if (done.error || done.status !== 0) {
      const how =
        done.status === null ? `did not end within ${RUN_TIMEOUT_MS / 1000} s` : `exit code ${done.status}`;
      problems.push(`${block.source}:${block.line}: ${how}\n${done.stdout}${done.stderr}`.trimEnd());
    }
  }
  return { problems, checked: files.size, ran };
}

if (isMain(import.meta.url)) {
  const { problems, checked, ran } = checkBlocks(readBlocks(), { folder: join(ROOT, '.cache', 'docs') });
  if (ran === 0) problems.push('No block was run: a README without a running example is not documentation.');
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(`${checked} blocks checked, ${ran} run, ${problems.length} problems.\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
