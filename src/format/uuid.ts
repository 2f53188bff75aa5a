/** UUIDs as 16 bytes in stored rows and as lower-case text everywhere else. */
import { kindexError } from '../base/errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for the lower-case text form of a UUID of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** @throws VALUE_ARGUMENT when `text` is not a lower-case UUID */
export function uuidToBytes(text: string): Uint8Array<ArrayBuffer> {
  if (!isUuid(text))
    throw kindexError('VALUE_ARGUMENT', `Expected a UUID, got "${text}".`, { details: { text } });
  const hex = text.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** Of each byte; a log is read with one UUID per entry. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `bytes`: 16 of them. */
export function uuidFromBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX[byte];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
