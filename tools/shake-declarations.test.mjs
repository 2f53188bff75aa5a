/** What nobody can name goes from published declarations; what somebody can stays, with its comment. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shakeDeclarations } from './shake-declarations.mjs';

/** @param {Record<string, string>} files @returns {Record<string, string>} the same files afterwards; `index.d.ts` is the door */
function shake(files) {
  const folder = mkdtempSync(join(tmpdir(), 'kindex-shake-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    shakeDeclarations([join(folder, 'index.d.ts')]);
    return Object.fromEntries(
      Object.keys(files).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('functions that no door leads to go, with their comments and with what only they import, from file to file', () => {
  const shaken = shake({
    'index.d.ts': "export { type A } from './a.js';\nexport declare const kept: 1;\n",
    'a.d.ts':
      "import type { B, C } from './b.js';\n/** The A. */\nexport interface A {\n\tb: B;\n}\n/** Inner. */\nexport declare function f(c: C): void;\nexport declare const g: 1;\n",
    'b.d.ts':
      "import { D } from './d.js';\n/** A B. */\nexport type B = 1;\n/** A C. */\nexport type C = D;\n",
    'd.d.ts': 'export declare class D {\n}\n',
  });
  expect(shaken['a.d.ts']).toBe(
    "import type { B } from './b.js';\n/** The A. */\nexport interface A {\n\tb: B;\n}\n",
  );
  expect(shaken['b.d.ts']).toBe('/** A B. */\nexport type B = 1;\n');
  expect(shaken['index.d.ts']).toContain('kept');
});

test('what is named by another declaration, by a door with a star, by import() or for everyone stays', () => {
  const files = {
    'index.d.ts':
      "export * from './a.js';\nexport type X = import('./b.js').B;\nexport { type C } from './c.js';\n",
    'a.d.ts': 'export declare const a: 1;\n',
    'b.d.ts': 'export declare function b(): B;\nexport type B = 1;\n',
    'c.d.ts':
      'declare class Base {\n}\ninterface Inner {\n}\nexport declare class C extends Base {\n\tinner: Inner;\n}\ndeclare global {\n\tinterface Z {\n\t}\n}\nexport {};\n',
  };
  expect(shake(files)).toEqual(files);
});
