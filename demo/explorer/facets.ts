/** Sums metadata up by key: the commonest values, stretches of numbers, elements of lists, each with its count. Pure. */
import type { Metadata, MetadataScalar, MetadataValue } from 'kindex';
import { createBuckets, type Bucket } from './buckets.js';

export type FacetKind = 'text' | 'number' | 'boolean' | 'list' | 'sparse';

export interface FacetValue {
  value: MetadataScalar;
  /** Records that have it; a list that holds it twice counts once. */
  count: number;
}

/** One key in one kind: a key that holds texts here and numbers there has two facets. */
export interface Facet {
  key: string;
  kind: FacetKind;
  /** Records that have the key in this kind. */
  records: number;
  /** Different values, or elements for lists; 0 for sparse vectors. */
  distinct: number;
  /** The commonest first, at most `top` of them; empty where `buckets` says more. */
  values: FacetValue[];
  /** Numbers with too many values to list, ascending. */
  buckets: Bucket[];
}

export interface FacetOptions {
  /** Values kept per facet. Default 50. */
  top?: number;
}

/** Numbers with more different values than this are shown as stretches. */
const LISTED_NUMBERS = 8;

interface Tally {
  key: string;
  kind: FacetKind;
  records: number;
  counts: Map<MetadataScalar, number>;
}

/** Facets in order of how many records have the key, then by key. Cost: one pass over all values. */
export function computeFacets(
  metadatas: Iterable<Metadata | null>,
  { top = 50 }: FacetOptions = {},
): Facet[] {
  const tallies = new Map<string, Tally>();
  for (const metadata of metadatas) {
    for (const [key, value] of Object.entries(metadata ?? {})) {
      if (value !== null) count(tallies, key, value);
    }
  }
  return [...tallies.values()]
    .map((tally) => toFacet(tally, top))
    .sort((a, b) => b.records - a.records || compareTexts(a.key, b.key) || compareTexts(a.kind, b.kind));
}

function kindOf(value: NonNullable<MetadataValue>): FacetKind {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'sparse';
}

function count(tallies: Map<string, Tally>, key: string, value: NonNullable<MetadataValue>): void {
  const kind = kindOf(value);
  const name = `${kind} ${key}`;
  let tally = tallies.get(name);
  if (!tally) tallies.set(name, (tally = { key, kind, records: 0, counts: new Map() }));
  tally.records++;
  const elements: Iterable<MetadataScalar> = Array.isArray(value)
    ? new Set<MetadataScalar>(value)
    : typeof value === 'object'
      ? []
      : [value];
  for (const element of elements) tally.counts.set(element, (tally.counts.get(element) ?? 0) + 1);
}

function toFacet({ key, kind, records, counts }: Tally, top: number): Facet {
  const distinct = counts.size;
  const asStretches = kind === 'number' && distinct > LISTED_NUMBERS;
  return {
    key,
    kind,
    records,
    distinct,
    values: asStretches ? [] : commonest(counts, kind, top),
    buckets: asStretches ? createBuckets(counts as Map<number, number>) : [],
  };
}

function commonest(counts: Map<MetadataScalar, number>, kind: FacetKind, top: number): FacetValue[] {
  const values = [...counts].map(([value, n]): FacetValue => ({ value, count: n }));
  // Few numbers read best in their own order.
  values.sort((a, b) => (kind === 'number' ? 0 : b.count - a.count) || compareScalars(a.value, b.value));
  return values.slice(0, top);
}

function compareScalars(a: MetadataScalar, b: MetadataScalar): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareTexts(String(a), String(b));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
