/** The check of `readLevel`. Loaded when one is given. */
import { kindexError } from '../base/errors.js';
import { ReadLevel } from './constants.js';

const LEVELS: readonly unknown[] = Object.values(ReadLevel);

/** Every read here sees everything, whatever level is asked for. @throws VALUE_READ_LEVEL */
export function checkReadLevel(level: unknown): void {
  if (LEVELS.includes(level)) return;
  throw kindexError('VALUE_READ_LEVEL', `Unknown read level '${String(level)}'`, {
    fix: `Use one of ${LEVELS.join(', ')}, or leave it out.`,
    details: { readLevel: String(level) },
  });
}
