/** The naming rules of collections, databases and tenants: Chroma's. */
import { kindexError } from '../base/errors.js';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

/**
 * One `+` may join two valid names. `what` begins the message ("Collection name").
 * @throws VALUE_NAME
 */
export function checkName(name: unknown, what: string): asserts name is string {
  if (typeof name !== 'string') {
    throw kindexError('VALUE_NAME', `${what} must be a string, got ${name === null ? 'null' : typeof name}`);
  }
  const parts = name.split('+');
  if (parts.length > 2 || !parts.every((part) => NAME.test(part))) {
    throw refusal(
      what,
      'Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]',
      name,
    );
  }
  if (name.includes('..')) {
    throw refusal(what, 'Expected a name that does not contain two consecutive periods (..)', name);
  }
  if (IPV4.test(name)) throw refusal(what, 'Expected a name that is not a valid ip address', name);
}

function refusal(what: string, rule: string, name: string): Error {
  const shown = name.length > 80 ? `${name.slice(0, 80)}… (${name.length} characters)` : name;
  return kindexError('VALUE_NAME', `Validation error: ${what}: ${rule}. Got: ${shown}`, {
    details: { name: shown },
  });
}
