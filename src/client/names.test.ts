/** Chroma's naming rules at their edges. */
import { expect, test } from 'vitest';
import { checkName } from './names.js';

test.each([
  'abc',
  'A-b_c.9',
  '0.0',
  'x'.repeat(512),
  'abc+def',
  `${'x'.repeat(512)}+${'y'.repeat(512)}`,
  '999.999.999.999',
  '256.1.1.1',
  '1.2.3',
  '1.2.3.4.5',
  '192.168.1.1a',
])('C20 %s is a name', (name) => {
  expect(() => checkName(name, 'name')).not.toThrow();
});

test.each([
  ['', /3-512 characters/],
  ['ab', /3-512 characters/],
  ['x'.repeat(513), /Got: x{80}… \(513 characters\)$/],
  ['-abc', /starting and ending/],
  ['abc_', /starting and ending/],
  ['a b', /3-512 characters/],
  ['naïve', /3-512 characters/],
  ['abc\n', /3-512 characters/],
  ['abc+', /3-512 characters/],
  ['+abc', /3-512 characters/],
  ['abc+de', /3-512 characters/],
  ['abc+def+ghi', /3-512 characters/],
  ['a..b', /two consecutive periods/],
  ['192.168.1.1', /ip address/],
  ['0.0.0.0', /ip address/],
  ['255.255.255.255', /ip address/],
])('C20 %j is refused with the rule it breaks', (name, message) => {
  expect(() => checkName(name, 'Database name')).toThrow(
    expect.objectContaining({ code: 'VALUE_NAME', message: expect.stringMatching(message) as string }),
  );
  expect(() => checkName(name, 'Database name')).toThrow(/^Validation error: Database name: /);
});

test('C20 a name is shown whole up to 80 characters', () => {
  expect(() => checkName(`-${'x'.repeat(79)}`, 'name')).toThrow(new RegExp(`Got: -x{79}$`));
  expect(() => checkName(`-${'x'.repeat(80)}`, 'name')).toThrow(/… \(81 characters\)$/);
});

test.each([
  [7, 'number'],
  [null, 'null'],
  [undefined, 'undefined'],
  [['abc'], 'object'],
])('C20 %j is no name', (name, kind) => {
  expect(() => checkName(name, 'name')).toThrow(
    expect.objectContaining({ code: 'VALUE_NAME', message: `name must be a string, got ${kind}` }),
  );
});
