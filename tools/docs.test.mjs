/** The documentation check finds blocks where they are, and broken ones do not pass. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkBlocks, exampleBlocks, markdownBlocks, treatment } from './docs.mjs';
import { ROOT } from './run.mjs';

/** @param {string} info @param {string} code */
const block = (info, code) => ({ source: 'page.md', line: 10, info, code });

/** @param {ReturnType<typeof block>[]} blocks */
function check(blocks) {
  // Inside the repository, where packages and `kindex` itself are found.
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache', 'docs-test-'));
  try {
    return checkBlocks(blocks, { folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('finding blocks', () => {
  test('a fenced block is found with its info string, its first line and without its indentation', () => {
    const text =
      'Intro\n\n- item\n\n  ```ts no-run\n  const a = 1;\n    a;\n  ```\n\n````md\n```ts\ninner\n```\n````\n';
    expect(markdownBlocks('page.md', text)).toEqual([
      { source: 'page.md', line: 6, info: 'ts no-run', code: 'const a = 1;\n  a;' },
      { source: 'page.md', line: 11, info: 'md', code: '```ts\ninner\n```' },
    ]);
  });

  test('only blocks under @example are taken from a module, with the line they stand on', () => {
    const text =
      'export const x = 1;\n/**\n * Text.\n * ```ts\n * not an example\n * ```\n */\n' +
      '/**\n * Text.\n * @example\n * ```ts\n * x;\n *   y;\n * ```\n */\nexport const y = 2;\n';
    expect(exampleBlocks('x.ts', text)).toEqual([{ source: 'x.ts', line: 12, info: 'ts', code: 'x;\n  y;' }]);
  });

  test('a block runs unless it says no-run, and cannot hide behind another word', () => {
    expect(treatment(block('ts', ''))).toBe('run');
    expect(treatment(block('ts no-run', ''))).toBe('check');
    expect(treatment(block('sh', ''))).toBe('other');
    expect(treatment(block('ts ignore', ''))).toMatch(/page\.md:10: .*neither/);
    expect(treatment(block('js', ''))).toMatch(/page\.md:10: write "ts"/);
  });
});

describe('checking blocks', () => {
  test('good blocks are checked, those without no-run are run', () => {
    expect(
      check([
        block('ts', "import { equal } from 'node:assert';\nequal(await Promise.resolve(1), 1);"),
        { ...block('ts no-run', 'document.title satisfies string;'), line: 20 },
        { ...block('sh', 'npm test'), line: 30 },
      ]),
    ).toEqual({ problems: [], checked: 2, ran: 1 });
  });

  test('a type error, a thrown error and an unknown info string are each a problem with its place', () => {
    const { problems, ran } = check([
      block('ts', 'const ok = 1;\nconst text: string = ok;\ntext;'),
      { ...block('ts no-run', 'const text: string = 2;\ntext;'), line: 20 },
      { ...block('ts', "throw new Error('broken example');"), line: 30 },
      { ...block('ts maybe', ''), line: 40 },
    ]);
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(/^page\.md:11: error TS2322/m);
    expect(problems.join('\n')).toMatch(/^page\.md:20: error TS2322/m);
    expect(problems.join('\n')).toMatch(/^page\.md:30: exit code 1[\s\S]*broken example/m);
    expect(problems.join('\n')).toMatch(/^page\.md:40: "ts maybe"/m);
    expect(ran).toBe(1);
  });
});
