/** One metadata value as one line of text. */
import type { MetadataScalar, MetadataValue } from 'kindex';
import { countOf } from '../format.js';

/** Lists in one line, sparse vectors by their number of weights; nothing is cut. */
export function formatValue(value: MetadataValue): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(formatScalar).join(', ');
  if (typeof value === 'object') return countOf(value.indices.length, 'weight');
  return formatScalar(value);
}

/** An empty text is shown as such: a blank would look like nothing. */
export function formatScalar(value: MetadataScalar): string {
  return value === '' ? '(empty text)' : String(value);
}
