/** What the set-up decides: whether this Node will do, and whether packages must be installed. */
import { describe, expect, test } from 'vitest';
import { installComplaint, nodeComplaint } from './setup.mjs';

describe('Node version', () => {
  test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.3'])('%s will do', (version) => {
    expect(nodeComplaint(version, '>=20.19')).toBeNull();
  });

  test.each(['20.18.9', '18.20.0', '16.0.0'])('%s is refused with both versions named', (version) => {
    expect(nodeComplaint(version, '>=20.19')).toMatch(new RegExp(`>=20\\.19; this is Node ${version}`));
  });
});

describe('installed packages', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'node_modules/b-win32': { version: '1.0.0', integrity: 'y', optional: true },
    },
  };

  test('nothing is said when everything is there, other platforms aside', () => {
    const installed = { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'x' } } };
    expect(installComplaint(lock, installed)).toBeNull();
  });

  test('a missing package and another version are named', () => {
    expect(installComplaint(lock, { packages: {} })).toBe('node_modules/a is missing');
    const older = { packages: { 'node_modules/a': { version: '0.9.0', integrity: 'z' } } };
    expect(installComplaint(lock, older)).toBe('node_modules/a is 0.9.0, the lock file says 1.0.0');
  });
});
