/** What a query may see of a collection: rows, never ids. Valid until the collection changes; reading never changes it. */
import type { Row, Metadata } from '../base/types.js';
import type { VectorIndex } from '../vector-index/vector-index.js';
import type { FilterIndex } from './filter-index.js';

export interface ReadView {
  /** Live records. */
  readonly size: number;
  /** Every row is below it. */
  readonly rowEnd: Row;
  /** Null until the first vector is written. */
  readonly index: VectorIndex | null;
  /** Answers filters faster than looking at each record; without it, or before it is prepared, each is looked at. */
  readonly filterIndex?: FilterIndex;
  /** Ascending, which is insertion order. */
  liveRows(): Iterable<Row>;
  /** The id is for filters alone; results are rows. */
  idOf(row: Row): string | undefined;
  metadataOf(row: Row): Metadata | null;
  documentOf(row: Row): string | null;
}
