/** Whether an answer is the wanted one: floats within a tolerance, ties in any order, errors by class and by what they say. */
import type { Step } from './run-case.mjs';

/** Largest difference between two numbers that count as equal, relative to the larger where that exceeds 1. */
const TOLERANCE = 1e-5;

interface RecordedError {
  classes?: string[];
  message?: string;
  code?: string;
}

/**
 * Null where `got` is as `wanted`, else where they part. A wanted error is compared in what it names: `got` must be an
 * instance of its first class, say its message (more words around it are fine) and have its code.
 */
export function findDifference(wanted: Step, got: Step): string | null {
  if ('error' in wanted)
    return 'error' in got ? errorDifference(wanted.error, got.error) : 'an error was wanted';
  if ('error' in got) return 'no error was wanted';
  return valueDifference(inTieOrder(wanted.value), inTieOrder(got.value), '');
}

function errorDifference(wanted: RecordedError, got: RecordedError): string | null {
  const [name] = wanted.classes ?? [];
  if (name !== undefined && !got.classes?.includes(name)) return `class ${name} was wanted`;
  if (wanted.code !== undefined && wanted.code !== got.code) return `code ${wanted.code} was wanted`;
  if (wanted.message !== undefined && !says(got.message ?? '', wanted.message)) {
    return `message "${wanted.message}" was wanted`;
  }
  return null;
}

function says(message: string, wanted: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/\.$/, '');
  return bare(message).includes(bare(wanted));
}

function valueDifference(wanted: unknown, got: unknown, path: string): string | null {
  if (typeof wanted === 'number' && typeof got === 'number') {
    const scale = Math.max(1, Math.abs(wanted));
    return Math.abs(wanted - got) <= TOLERANCE * scale ? null : `${path || 'value'} is ${got}, not ${wanted}`;
  }
  if (typeof wanted !== 'object' || typeof got !== 'object' || wanted === null || got === null) {
    return Object.is(wanted, got)
      ? null
      : `${path || 'value'} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`;
  }
  if (Array.isArray(wanted) !== Array.isArray(got)) return `${path || 'value'} is of another kind`;
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(got)])];
  for (const key of keys) {
    const at = path === '' ? key : `${path}.${key}`;
    if (!(key in got)) return `${at} is missing`;
    if (!(key in wanted)) return `${at} was not wanted`;
    const found = valueDifference(
      (wanted as Record<string, unknown>)[key],
      (got as Record<string, unknown>)[key],
      at,
    );
    if (found !== null) return found;
  }
  return null;
}

interface PlainQueryResult {
  ids: string[][];
  distances: number[][];
}

function isQueryResult(value: unknown): value is PlainQueryResult & Record<string, unknown[][]> {
  const { ids, distances, include } = (value ?? {}) as Record<string, unknown>;
  return Array.isArray(ids) && Array.isArray(distances) && Array.isArray(include) && distances.length > 0;
}

/** Hits of equal distance come in any order: here by id, all columns alike. Other values stay as they are. */
function inTieOrder(value: unknown): unknown {
  if (!isQueryResult(value)) return value;
  const orders = value.ids.map((ids, q) => {
    const distances = value.distances[q] ?? [];
    const group: number[] = [];
    distances.forEach((distance, i) => {
      const before = distances[i - 1];
      const tied =
        before !== undefined && Math.abs(distance - before) <= TOLERANCE * Math.max(1, Math.abs(before));
      group.push(tied ? group[i - 1]! : i);
    });
    const byId = (a: number, b: number): number => (ids[a]! < ids[b]! ? -1 : 1);
    return ids.map((_, i) => i).sort((a, b) => group[a]! - group[b]! || byId(a, b));
  });
  const columns = ['ids', 'distances', 'documents', 'embeddings', 'metadatas', 'uris'];
  return Object.fromEntries(
    Object.entries(value).map(([key, column]) => [
      key,
      columns.includes(key) && column.length > 0
        ? column.map((list, q) => (orders[q] ?? []).map((i) => list[i]))
        : column,
    ]),
  );
}
