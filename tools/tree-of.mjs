/** For tests: what a module says, whatever it looks like. */
import { parseSync } from 'vite';
import { expect } from 'vitest';

/** The program without places. @param {string} code */
export function treeOf(code) {
  const { program, errors } = parseSync('module.js', code);
  expect(errors).toEqual([]);
  return JSON.stringify(program, (key, value) => {
    if (key === 'start' || key === 'end') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
