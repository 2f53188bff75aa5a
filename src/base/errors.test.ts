/** The catalogue: every code makes an error of its class, and survives serialisation. */
import { describe, expect, test } from 'vitest';
import {
  asKindexError,
  ChromaError,
  ERRORS,
  kindexError,
  reviveError,
  serializeError,
  type ErrorCode,
} from './errors.js';

describe.each(Object.keys(ERRORS) as ErrorCode[])('%s', (code) => {
  test('has a family, a meaning and a remedy in words', () => {
    expect(code).toMatch(
      /^(?:(?:VALUE|NOT_FOUND|EXISTS|EMBED|STORAGE|FORMAT|RUNTIME)_[A-Z_]+|WORKER_DIED|CLOSED|ABORTED|TIMEOUT|OUTCOME_UNKNOWN)$/,
    );
    expect(ERRORS[code].when).toMatch(/\.$/);
    expect(ERRORS[code].fix).toMatch(/\.$/);
  });

  test('keeps class, code, message, fix, details and cause across a hop', () => {
    const error = kindexError(code, 'what happened', { details: { at: 3 }, cause: new RangeError('why') });
    const revived = reviveError(structuredClone(serializeError(error)));
    expect(revived).toBeInstanceOf(ChromaError);
    expect(revived.constructor).toBe(error.constructor);
    expect(revived).toMatchObject({ name: error.name, code, message: 'what happened', fix: error.fix, details: { at: 3 } });
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
