/**
 * `npm run mutants`: are the tests of filters, of validation and of the format tests? Plants one small fault at a time,
 * chosen by seed, and counts how many of them some test of the same folder notices; below 90 % it fails.
 * Works in a temporary copy of the sources, never in the tree itself. Not part of `npm test`: a run takes minutes.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSync } from 'vite';
import { binary, isMain, ROOT } from './run.mjs';

/** Least share of mutants that must be killed. */
const FLOOR = 0.9;

/**
 * What is mutated, and the tests that must notice.
 * @type {{ sources: RegExp, tests: string[] }[]}
 */
const GROUPS = [
  { sources: /^src\/filter\/(match|parse|regex-run)\.ts$/, tests: ['src/filter/*.test.ts'] },
  {
    sources: /^src\/client\/(check-records|check-metadata|configuration|names|pack-records)\.ts$/,
    tests: ['src/client/*.test.ts'],
  },
  {
    sources: /^src\/format\/(log-row|head|entry|write-entry|requests)\.ts$/,
    tests: ['src/format/*.test.ts'],
  },
];

/**
 * Mutants that change nothing anybody can observe, by file and the line they stand on, each with its reason.
 * @type {{ file: RegExp, line: RegExp, operator: RegExp, reason: string }[]}
 */
export const EQUIVALENT = [
  {
    file: /regex-run/,
    line: /\?\? (0|OTHER|UNKNOWN|unit|null)\b/,
    operator: /^\?\?|^0 →/,
    reason: 'an index that the compiler takes for doubtful; an unknown class or state is found anew',
  },
  {
    file: /regex-run/,
    line: /this\.#mark > |this\.#mark = 0|marks\.fill\(0\)/,
    operator: /./,
    reason: 'reached after 2^31 slow steps',
  },
  {
    file: /regex-run/,
    line: /new Int32Array\(|new Uint16Array\(|new Uint32Array\(|MAX_(TABLE|KERNEL_UNITS)|#kernelUnits|count <= 64|this\.#stride \*= 2|#stride = 16/,
    operator: /./,
    reason: 'room and the time it takes, not answers; the bound on states stands for all bounds',
  },
  {
    file: /regex-run/,
    line: /#generation\+\+/,
    operator: /^\+\+/,
    reason: 'counts down as well as up: it is only compared with what it was',
  },
  {
    file: /regex-run/,
    line: /const OTHER = 3/,
    operator: /\+1$/,
    reason: 'a name: any number that no other kind has will do',
  },
  {
    file: /regex-run/,
    line: /codePoint < 128\)/,
    operator: /^128|^< → <=/,
    reason: 'asked only where the table for ASCII did not know, so a class is found anew at most',
  },
  {
    file: /regex-run/,
    line: /#matchesAtEnd\.push\(null\)/,
    operator: /^call removed/,
    reason: 'an entry that is not there is found out like one that is null',
  },
  {
    file: /regex-run/,
    line: /#members: Uint8Array\[\]/,
    operator: /^0 →/,
    reason: 'class 0 is none: nobody looks at its members',
  },
  {
    file: /check-metadata/,
    line: /indices\[i - 1\] \?\? 0/,
    operator: /^\?\?|^0 →/,
    reason: 'an index that the compiler takes for doubtful: the first one is answered before',
  },
  {
    file: /pack-records/,
    line: /guessBytes|length \* 64|let total = 0|total \+=/,
    operator: /./,
    reason: 'a guess at how much room a packer will need',
  },
];

/** @type {Record<string, string[]>} */
const OPERATORS = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['+'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>>'],
  '>>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
};

/**
 * `from`–`to` of the text is replaced by `text`.
 * @typedef {{ file: string, from: number, to: number, text: string, operator: string, line: number }} Mutant
 * @typedef {{ type: string, start: number, end: number, [key: string]: unknown }} Node
 */

/**
 * Every mutant of one file, in order of place. Types are left alone, and so are the words of messages.
 * @param {string} file
 * @param {string} code TypeScript
 * @returns {Mutant[]}
 */
export function mutantsOf(file, code) {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message ?? ''}`);
  /** @type {Mutant[]} */
  const found = [];
  const text = (/** @type {Node} */ node) => code.slice(node.start, node.end);
  const add = (
    /** @type {string} */ operator,
    /** @type {number} */ from,
    /** @type {number} */ to,
    /** @type {string} */ by,
  ) => found.push({ file, from, to, text: by, operator, line: code.slice(0, from).split('\n').length });

  const visit = (/** @type {Node} */ node) => {
    if (node.type.startsWith('TS') && !/^TS(As|NonNull|Satisfies)/.test(node.type)) return;
    const { start, end } = node;
    const child = (/** @type {string} */ name) => /** @type {Node} */ (node[name]);
    switch (node.type) {
      case 'ImportDeclaration':
      case 'TemplateLiteral':
        return;
      case 'BinaryExpression':
      case 'LogicalExpression':
      case 'AssignmentExpression': {
        const operator = String(node.operator);
        const between = [child('left').end, child('right').start];
        const at = code.indexOf(operator, between[0]);
        if (at >= 0 && at < (between[1] ?? 0)) {
          for (const other of OPERATORS[operator] ?? []) {
            add(`${operator} → ${other}`, at, at + operator.length, other);
          }
        }
        break;
      }
      case 'UnaryExpression':
        if (node.operator === '!') add('negation removed', start, child('argument').start, '');
        break;
      case 'UpdateExpression':
        if (node.operator === '++' && node.prefix === false) add('++ → --', end - 2, end, '--');
        break;
      case 'IfStatement':
        add('condition negated', child('test').start, child('test').end, `!(${text(child('test'))})`);
        break;
      case 'ConditionalExpression': {
        const { consequent, alternate } = { consequent: child('consequent'), alternate: child('alternate') };
        add('branches swapped', consequent.start, end, `${text(alternate)} : ${text(consequent)}`);
        break;
      }
      case 'Literal':
        if (typeof node.value === 'number') {
          add(`${node.value} → +1`, start, end, String(node.value + 1));
          if (node.value > 0) add(`${node.value} → −1`, start, end, String(node.value - 1));
        } else if (typeof node.value === 'boolean') {
          add(`${node.value} → ${!node.value}`, start, end, String(!node.value));
        }
        break;
      case 'ThrowStatement':
        add('throw removed', start, end, ';');
        return;
      case 'ExpressionStatement':
        if (child('expression').type === 'CallExpression') add('call removed', start, end, ';');
        break;
      case 'ContinueStatement':
      case 'BreakStatement':
        break;
      case 'CallExpression':
        // What an error says is the business of its own tests; that it is thrown is `throw removed`.
        if (text(child('callee')) === 'kindexError') return;
        break;
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === 'typeAnnotation' || key === 'returnType') continue;
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item && typeof item === 'object' && typeof item.type === 'string') visit(item);
      }
    }
  };
  visit(/** @type {Node} */ (/** @type {unknown} */ (program)));
  const lines = code.split('\n');
  return found
    .filter(
      (mutant) =>
        !EQUIVALENT.some(
          (known) =>
            known.file.test(file) &&
            known.line.test(lines[mutant.line - 1] ?? '') &&
            known.operator.test(mutant.operator),
        ),
    )
    .sort((a, b) => a.from - b.from);
}

/**
 * A permutation of `items` that depends on `seed` alone (mulberry32, Fisher–Yates).
 * @template T
 * @param {T[]} items
 * @param {number} seed
 */
export function shuffled(items, seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = result.splice(i, 1, ...result.slice(j, j + 1));
    result.splice(j, 1, ...held);
  }
  return result;
}

/**
 * `count` mutants, the groups in turn, so that a small file is not drowned by a large one.
 * @param {Mutant[][]} groups
 * @param {{ count: number, seed: number }} options
 */
export function draw(groups, { count, seed }) {
  const queues = groups.map((group, i) => shuffled(group, seed + i));
  /** @type {{ mutant: Mutant, group: number }[]} */
  const drawn = [];
  while (drawn.length < count && queues.some((queue) => queue.length > 0)) {
    queues.forEach((queue, group) => {
      const mutant = drawn.length < count ? queue.shift() : undefined;
      if (mutant) drawn.push({ mutant, group });
    });
  }
  return drawn;
}

/** @param {string} code @param {Mutant} mutant */
export const mutate = (code, { from, to, text }) => code.slice(0, from) + text + code.slice(to);

/**
 * The lines a mutant changes, as a diff without context.
 * @param {string} code
 * @param {Mutant} mutant
 */
export function diff(code, mutant) {
  const before = code.slice(0, mutant.from).lastIndexOf('\n') + 1;
  const newline = code.indexOf('\n', mutant.to);
  const after = newline < 0 ? code.length : newline;
  const mark = (/** @type {string} */ sign, /** @type {string} */ lines) =>
    lines
      .split('\n')
      .map((line) => `    ${sign} ${line.trimEnd()}\n`)
      .join('');
  const changed = code.slice(before, mutant.from) + mutant.text + code.slice(mutant.to, after);
  return mark('-', code.slice(before, after)) + mark('+', changed);
}

/**
 * Runs the tests of one group in the copy.
 * @param {string} copy
 * @param {string[]} tests patterns
 * @param {number} timeoutMs
 * @returns {Promise<{ outcome: 'passed' | 'failed' | 'hanging', output: string, ms: number }>}
 */
function runTests(copy, tests, timeoutMs) {
  const started = Date.now();
  const child = spawn(process.execPath, [binary('vitest', 'vitest'), 'run', '--bail=1', '--reporter=dot'], {
    cwd: copy,
    env: { ...process.env, MUTANT_TESTS: JSON.stringify(tests), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  let output = '';
  let hanging = false;
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((settle) => {
    const timer = setTimeout(() => {
      hanging = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    }, timeoutMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      const outcome = hanging ? 'hanging' : code === 0 ? 'passed' : 'failed';
      settle({ outcome, output, ms: Date.now() - started });
    });
  });
}

/** A copy of what the tests read, with a configuration of its own. @returns its folder */
function makeCopy() {
  const copy = mkdtempSync(join(tmpdir(), 'kindex-mutants-'));
  for (const name of ['src', 'workers', 'dist/wasm', 'wasm', 'models', 'package.json', 'tsconfig.json']) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'dir');
  writeFileSync(
    join(copy, 'vitest.config.mjs'),
    `export default {
  resolve: { alias: [{ find: /^kindex$/, replacement: ${JSON.stringify(join(copy, 'src/index.ts'))} }] },
  test: { environment: 'node', testTimeout: 20000, include: JSON.parse(process.env.MUTANT_TESTS) },
};
`,
  );
  return copy;
}

/** @param {{ count: number, seed: number, only: RegExp }} options */
async function main({ count, seed, only }) {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .sort();
  const copy = makeCopy();
  const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
  let killed = 0;
  /** @type {string[]} */
  const survivors = [];
  try {
    const code = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
    // The copy is the truth from here on: the tree may change while this runs.
    const original = new Map(
      files
        .filter((file) => GROUPS.some(({ sources }) => sources.test(file)))
        .map((file) => [file, code(file)]),
    );
    for (const [file, text] of original) writeFileSync(join(copy, file), text);
    const groups = GROUPS.map(({ sources }) =>
      [...original]
        .filter(([file]) => sources.test(file) && only.test(file))
        .flatMap(([file, text]) => mutantsOf(file, text)),
    );
    const drawn = draw(groups, { count, seed });
    if (drawn.length === 0) throw new Error('There is nothing to mutate.');
    say(`${drawn.length} of ${groups.flat().length} mutants, seed ${seed}`);
    /** @type {number[]} */
    const limits = [];
    for (const group of new Set(drawn.map((one) => one.group))) {
      const { tests } = GROUPS[group] ?? { tests: [] };
      const { outcome, output, ms } = await runTests(copy, tests, 300_000);
      if (outcome !== 'passed') throw new Error(`Without a mutant ${tests.join(' ')} fails:\n${output}`);
      limits[group] = Math.min(Math.max(20_000, 4 * ms), 120_000);
      say(`${tests.join(' ')}: passes in ${(ms / 1000).toFixed(1)} s`);
    }
    for (const { mutant, group } of drawn) {
      const text = original.get(mutant.file) ?? '';
      writeFileSync(join(copy, mutant.file), mutate(text, mutant));
      const { outcome } = await runTests(copy, GROUPS[group]?.tests ?? [], limits[group] ?? 60_000);
      writeFileSync(join(copy, mutant.file), text);
      const title = `${mutant.file}:${mutant.line} ${mutant.operator}`;
      if (outcome === 'passed') survivors.push(title);
      else killed++;
      say(
        `${outcome === 'passed' ? 'SURVIVED' : outcome === 'hanging' ? 'killed (hanging)' : 'killed'}  ${title}`,
      );
      if (outcome === 'passed') process.stdout.write(diff(text, mutant));
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  const total = killed + survivors.length;
  const share = killed / total;
  say(`\n${killed} of ${total} mutants killed (${(100 * share).toFixed(1)} %)`);
  for (const survivor of survivors) say(`  survived: ${survivor}`);
  if (share < FLOOR) {
    say(`At least ${100 * FLOOR} % must be killed: add tests for the survivors that matter.`);
    process.exitCode = 1;
  }
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '.' },
    },
  });
  await main({ count: Number(values.count), seed: Number(values.seed), only: new RegExp(values.only) });
}
