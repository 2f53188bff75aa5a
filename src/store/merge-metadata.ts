/** Metadata of a write becomes what will be kept: merged key by key into what is there, null deleting its key (SPEC.md S9). */
import { kindexError } from '../base/errors.js';
import type { MetadataValue, PackedTexts } from '../base/types.js';
import { TEXT_CLEAR, TEXT_KEEP, TEXT_SET } from '../format/write-entry.js';
import type { TextPatch } from '../format/write-entry.js';

/**
 * `current(i)`: the JSON text stored for record i, null for a new record or one without metadata.
 * Texts that replace nothing and delete nothing pass as they came: neither parsed nor copied.
 * @throws VALUE_METADATA for a text that has to be parsed and is not a JSON object
 */
export function mergeMetadatas(given: PackedTexts, current: (index: number) => string | null): TextPatch {
  const { bytes, ends, present } = given;
  /** Position → final text, null for none. */
  const changed = new Map<number, string | null>();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let start = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i]!;
    if (present?.[i] !== 0) {
      const stored = current(i);
      if (stored !== null) {
        changed.set(i, mergedText(parse(stored, i), parse(decoder.decode(bytes.subarray(start, end)), i)));
      } else if (isEmptyOrHoldsNull(bytes, start, end)) {
        changed.set(i, mergedText({}, parse(decoder.decode(bytes.subarray(start, end)), i)));
      }
    }
    start = end;
  }
  return changed.size === 0 ? { bytes, ends, states: present } : rebuilt(given, changed, current);
}

function parse(text: string, index: number): Record<string, MetadataValue> {
  try {
    return JSON.parse(text) as Record<string, MetadataValue>;
  } catch (error) {
    throw kindexError('VALUE_METADATA', `The metadata at index ${index} is not a JSON object.`, {
      details: { index },
      cause: error,
    });
  }
}

/** Null when no key is left. Keys keep their place; new ones follow. A Map, so that `__proto__` is a key like any other. */
function mergedText(
  stored: Record<string, MetadataValue>,
  given: Record<string, MetadataValue>,
): string | null {
  const merged = new Map(Object.entries(stored));
  for (const [key, value] of Object.entries(given)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return merged.size === 0 ? null : JSON.stringify(Object.fromEntries(merged));
}

const NULL = [0x6e, 0x75, 0x6c, 0x6c] as const;

/** False only when no value of the object can be null: a `null` inside a string is a false alarm that costs a parse. */
function isEmptyOrHoldsNull(bytes: Uint8Array, start: number, end: number): boolean {
  const [n, u, l] = NULL;
  for (let i = start + 1; i < end - NULL.length; i++) {
    if (bytes[i] === n && bytes[i + 1] === u && bytes[i + 2] === l && bytes[i + 3] === l) return true;
  }
  for (let i = start + 1; i < end - 1; i++) if (bytes[i]! > 0x20) return false;
  return true;
}

function rebuilt(
  given: PackedTexts,
  changed: Map<number, string | null>,
  current: (index: number) => string | null,
): TextPatch {
  const encoder = new TextEncoder();
  const count = given.ends.length;
  const states = new Uint8Array(count);
  const ends = new Uint32Array(count);
  const texts: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < count; i++) {
    const text = changed.get(i);
    let bytes: Uint8Array | null = null;
    if (typeof text === 'string') bytes = encoder.encode(text);
    else if (text === undefined && given.present?.[i] !== 0) {
      bytes = given.bytes.subarray(i === 0 ? 0 : given.ends[i - 1], given.ends[i]);
    }
    if (bytes !== null) {
      states[i] = TEXT_SET;
      texts.push(bytes);
      length += bytes.length;
    } else {
      states[i] = text === null && current(i) !== null ? TEXT_CLEAR : TEXT_KEEP;
    }
    ends[i] = length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const text of texts) {
    bytes.set(text, at);
    at += text.length;
  }
  return { bytes, ends, states };
}
