/** The catalogue: every code makes an error of its class, and survives serialisation. */
import { describe, expect, test } from 'vitest';
import { ERROR_GUIDE } from './error-guide.js';
import {
  asKindexError,
  ChromaClientError,
  ChromaError,
  ChromaTypeError,
  ChromaValueError,
  ERRORS,
  kindexError,
  reviveError,
  serializeError,
  type ErrorCode,
} from './errors.js';
import { WORKER_FIXES, withFix } from './worker-fixes.js';

test('an error of the store gets its fix where the store answers, unless it has its own', () => {
  expect(withFix(kindexError('STORAGE_QUOTA', 'full'))).toMatchObject({
    fix: WORKER_FIXES.STORAGE_QUOTA,
  });
  const own = kindexError('STORAGE_QUOTA', 'full', { fix: 'Delete drafts.' });
  expect(withFix(own)).toMatchObject({ fix: 'Delete drafts.' });
  const foreign = new Error('x');
  expect(withFix(foreign)).toBe(foreign);
});

describe.each(Object.keys(ERRORS) as ErrorCode[])('%s', (code) => {
  test('has a family, a meaning and a remedy in words', () => {
    expect(code).toMatch(
      /^(?:(?:VALUE|NOT_FOUND|EXISTS|EMBED|STORAGE|FORMAT|RUNTIME)_[A-Z_]+|WORKER_DIED|CLOSED|ABORTED|TIMEOUT|OUTCOME_UNKNOWN)$/,
    );
    expect(ERROR_GUIDE[code]).toMatch(/\.$/);
    const entry = ERRORS[code];
    const own = 'fix' in entry ? entry.fix : undefined;
    expect(own ?? WORKER_FIXES[code]).toMatch(/\.$/);
    expect([own, WORKER_FIXES[code]]).toContain(undefined);
  });

  test('keeps class, code, message, fix, details and cause across a hop', () => {
    const error = kindexError(code, 'what happened', { details: { at: 3 }, cause: new RangeError('why') });
    const revived = reviveError(structuredClone(serializeError(error)));
    expect(revived).toBeInstanceOf(ChromaError);
    expect(revived.constructor).toBe(error.constructor);
    expect(revived).toMatchObject({
      name: error.name,
      code,
      message: 'what happened',
      fix: error.fix,
      details: { at: 3 },
    });
    expect(revived.cause).toMatchObject({ name: 'RangeError', message: 'why' });
    expect(revived.stack).toBe(error.stack);
  });
});

test('a foreign error becomes RUNTIME_INTERNAL with its cause, ours stays itself', () => {
  const ours = kindexError('CLOSED', 'closed');
  expect(asKindexError(ours, 'query')).toBe(ours);
  const foreign = new TypeError('x is not a function');
  expect(asKindexError(foreign, 'query')).toMatchObject({ code: 'RUNTIME_INTERNAL', cause: foreign });
});

describe('an error that chromadb throws as a TypeError', () => {
  const error = kindexError('VALUE_SEARCH_TYPE', 'wrong kind', { details: { got: '5' } });

  test('is a TypeError and a ChromaError, and none of the other classes', () => {
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toBeInstanceOf(ChromaError);
    expect(error).toBeInstanceOf(ChromaTypeError);
    expect(error).not.toBeInstanceOf(ChromaValueError);
    expect(error).not.toBeInstanceOf(ChromaClientError);
  });

  test('is both on the other side of a hop too', () => {
    const revived = reviveError(structuredClone(serializeError(error)));
    expect(revived).toBeInstanceOf(TypeError);
    expect(revived).toBeInstanceOf(ChromaError);
  });

  test('makes no foreign error one of ours', () => {
    for (const foreign of [new TypeError('x'), new Error('x'), { code: 'CLOSED' }, null, 'x']) {
      expect(foreign instanceof ChromaError).toBe(false);
    }
    expect(kindexError('VALUE_IDS', 'x')).not.toBeInstanceOf(TypeError);
    expect(kindexError('CLOSED', 'x')).not.toBeInstanceOf(ChromaValueError);
  });
});
