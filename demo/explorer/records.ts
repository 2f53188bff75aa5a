/** What the explorer reads of the store: collections with their figures, one page of records, facets under a filter. Draws nothing. */
import type { ChromaClient, Collection, GetResultRow, Where, WhereDocument } from 'kindex';
import { computeFacets, type Facet } from './facets.js';
import { isEmptyFilter, toWhere, toWhereDocument, withoutKey, type Filter } from './filter.js';

/** Records per page of the table. */
export const PAGE_SIZE = 25;

/** Records whose metadata is summed up at most: some megabytes over the worker and tens of milliseconds. */
export const FACET_CAP = 5_000;

/** Collections asked for per call. */
const LIST_PAGE = 100;

export interface CollectionSummary {
  collection: Collection;
  records: number;
  /** Null until the first record. */
  dimensions: number | null;
}

export interface RecordPage {
  rows: GetResultRow[];
  /** Position of the first row among all that match, from 0. */
  offset: number;
  hasNext: boolean;
}

export interface FacetSummary {
  facets: Facet[];
  /** Matching records; `atLeast` where there are more than the facets look at. */
  total: number;
  atLeast: boolean;
  /** Matching records whose metadata was summed up. */
  sampled: number;
}

/** All collections in order of creation. Cost: two small calls per collection. */
export async function listCollections(client: ChromaClient): Promise<CollectionSummary[]> {
  const found: Collection[] = [];
  for (;;) {
    const page = await client.listCollections({ limit: LIST_PAGE, offset: found.length });
    found.push(...page);
    if (page.length < LIST_PAGE) break;
  }
  return Promise.all(found.map(summarize));
}

export async function summarize(collection: Collection): Promise<CollectionSummary> {
  const [records, first] = await Promise.all([
    collection.count(),
    collection.get({ limit: 1, include: ['embeddings'] }),
  ]);
  return { collection, records, dimensions: first.embeddings[0]?.length ?? null };
}

/** The page at `offset`, or the last one before it that has records. */
export async function readPage(collection: Collection, filter: Filter, offset: number): Promise<RecordPage> {
  const found = await collection.get({
    ...argumentsOf(filter),
    // One more tells whether there is a next page.
    limit: PAGE_SIZE + 1,
    offset,
    include: ['documents', 'metadatas', 'uris'],
  });
  if (found.ids.length === 0 && offset > 0) {
    return readPage(collection, filter, Math.max(0, offset - PAGE_SIZE));
  }
  const rows = found.rows();
  return { rows: rows.slice(0, PAGE_SIZE), offset, hasNext: rows.length > PAGE_SIZE };
}

/**
 * Facets of the records that match. A key with conditions is counted without its own: values of one key add up, so its
 * counts tell what each would bring. Cost: one read, and one more per such key.
 */
export async function readFacets(collection: Collection, filter: Filter): Promise<FacetSummary> {
  const read = async (under: Filter): Promise<{ facets: Facet[]; found: number }> => {
    const { metadatas } = await collection.get({
      ...argumentsOf(under),
      limit: FACET_CAP + 1,
      include: ['metadatas'],
    });
    return { facets: computeFacets(metadatas.slice(0, FACET_CAP)), found: metadatas.length };
  };
  const [main, count, ...own] = await Promise.all([
    read(filter),
    isEmptyFilter(filter) ? collection.count() : null,
    ...filter.keys.map(({ key }) => read(withoutKey(filter, key))),
  ]);
  const conditioned = new Map(filter.keys.map(({ key }, i) => [key, own[i]?.facets ?? []]));
  const facets = [
    // First what is chosen, so that it stays in place however few records are left.
    ...[...conditioned].flatMap(([key, all]) => all.filter((facet) => facet.key === key)),
    ...main.facets.filter(({ key }) => !conditioned.has(key)),
  ];
  const sampled = Math.min(main.found, FACET_CAP);
  return { facets, sampled, total: count ?? sampled, atLeast: count === null && main.found > FACET_CAP };
}

function argumentsOf(filter: Filter): { where?: Where; whereDocument?: WhereDocument } {
  const where = toWhere(filter);
  const whereDocument = toWhereDocument(filter);
  return { ...(where ? { where } : {}), ...(whereDocument ? { whereDocument } : {}) };
}
