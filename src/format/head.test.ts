/** The head: exact round trips, and every damaged byte found. */
import { describe, expect, test } from 'vitest';
import { createScalarCore } from '../core/scalar.js';
import { decodeHead, encodeHead, FORMAT_VERSION } from './head.js';
import type { Head } from './head.js';

const core = createScalarCore();
const checksum = (bytes: Uint8Array): number => core.crc32c(bytes);

const HEAD: Head = {
  format: 1,
  minReader: 1,
  uuid: '01234567-89ab-4cde-8f01-23456789abcd',
  epoch: 7,
  lastSeq: 2 ** 40 + 3,
  lastEntry: Number.MAX_SAFE_INTEGER,
  extra: new Uint8Array(0),
};

describe('head', () => {
  test('every field comes back, beyond 32 bits too', () => {
    expect(decodeHead(encodeHead(HEAD, checksum), checksum)).toEqual(HEAD);
  });

  test('fields of a newer format that old code may ignore are kept', () => {
    const newer = { ...HEAD, format: 9, extra: new Uint8Array([1, 2, 3]) };
    expect(decodeHead(encodeHead(newer, checksum), checksum)).toEqual(newer);
  });

  test('a newer minReader is FORMAT_TOO_NEW', () => {
    const newer = encodeHead({ ...HEAD, format: 9, minReader: FORMAT_VERSION + 1 }, checksum);
    expect(() => decodeHead(newer, checksum)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_TOO_NEW',
        details: { format: 9, minReader: FORMAT_VERSION + 1, reads: FORMAT_VERSION },
      }),
    );
  });

  test('any flipped bit is FORMAT_CORRUPT', () => {
    const bytes = encodeHead(HEAD, checksum);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeHead(damaged, checksum), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    }
  });

  test('any other length is FORMAT_CORRUPT', () => {
    const bytes = encodeHead(HEAD, checksum);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeHead(bytes.slice(0, length), checksum)).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
    }
    expect(() => decodeHead(new Uint8Array([...bytes, 0]), checksum)).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });
});
