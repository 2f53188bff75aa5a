/** Passages found become one hit per document: best passage first, the others behind it. */
import type { PassageMetadata } from './documents.js';

/** One passage as the store found it; lower distance is nearer. */
export interface FoundPassage {
  id: string;
  text: string;
  distance: number;
  metadata: PassageMetadata;
}

export interface Hit {
  path: string;
  best: FoundPassage;
  /** Further passages of the same document, nearest first. */
  others: FoundPassage[];
}

/** `found` is ordered nearest first; hits are in the order of their best passages. */
export function groupByDocument(found: Iterable<FoundPassage>): Hit[] {
  const hits = new Map<string, Hit>();
  for (const passage of found) {
    const hit = hits.get(passage.metadata.path);
    if (hit) hit.others.push(passage);
    else hits.set(passage.metadata.path, { path: passage.metadata.path, best: passage, others: [] });
  }
  return [...hits.values()];
}
