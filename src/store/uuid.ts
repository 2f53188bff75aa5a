/** New UUIDs. `crypto.randomUUID` would do, but is missing on pages without TLS; `getRandomValues` is everywhere. */
import { uuidFromBytes } from '../format/uuid.js';

/** A random UUID of version 4 (RFC 9562 §5.4). */
export function createUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidFromBytes(bytes);
}
