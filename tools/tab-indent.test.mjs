/** What is published with tabs is the same program. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './run.mjs';
import { tabIndent } from './tab-indent.mjs';
import { treeOf } from './tree-of.mjs';

test('four spaces at the beginning of a line are a tab, what is left of them stays', () => {
  expect(tabIndent('if (a) {\n    b();\n        c();\n      d();\n}\n')).toBe(
    'if (a) {\n\tb();\n\t\tc();\n\t  d();\n}\n',
  );
});

test('lines of a text stay as they are, code between its parts does not', () => {
  expect(tabIndent('const t = `one\n    two ${\n    a\n    } three\n    four`;\n')).toBe(
    'const t = `one\n    two ${\n\ta\n\t} three\n    four`;\n',
  );
  expect(tabIndent("const s = 'a\\\n    b';\n")).toBe("const s = 'a\\\n    b';\n");
});

test('there are as many tabs as are asked for, at most', () => {
  expect(tabIndent('if (a) {\n    b();\n        c();\n      d();\n}\n', 'a.js', 1)).toBe(
    'if (a) {\n\tb();\n\tc();\n\t  d();\n}\n',
  );
});

test('declarations and their comments are indented so too', () => {
  expect(
    tabIndent('export interface A {\n    /**\n     * b\n     */\n    b?: string[];\n}\n', 'a.d.ts'),
  ).toBe('export interface A {\n\t/**\n\t * b\n\t */\n\tb?: string[];\n}\n');
});

test('whole files are the same programs', () => {
  const folder = join(ROOT, 'tools');
  const names = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const code = readFileSync(join(folder, name), 'utf8').replaceAll(/^( {2})+/gm, (spaces) =>
      '  '.repeat(spaces.length),
    );
    expect(treeOf(tabIndent(code)), name).toBe(treeOf(code));
  }
});
