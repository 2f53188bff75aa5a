/** Equality of stored values, as every backend's fence needs it. */

/** True when both hold the same bytes, or both are null. */
export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
