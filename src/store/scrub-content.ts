/** Whether a stored segment is what its manifest says: length, checksum, and what it decodes to. */
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { decodeChangedRows } from '../format/changed-rows.js';
import { decodeCodes, decodeRowLists } from '../format/codes.js';
import { decodeIndexPart } from '../format/index-part.js';
import { decodeCatalog, decodeTexts, decodeTombstones, decodeVectors } from '../format/segment-content.js';
import { decodeSegment } from '../format/segment.js';
import type { SegmentKind, SegmentReference } from '../format/segment.js';

interface Content {
  collectionId?: string;
  rows?: Uint32Array;
}

type Decode = (payload: Uint8Array<ArrayBuffer>, count: number) => Content;

const catalog: Decode = (payload, count) => {
  decodeCatalog(payload, count);
  return {};
};
const tombstones: Decode = (payload, count) => ({
  collectionId: decodeTombstones(payload, count).collectionId,
});
const rowLists: Decode = (payload, count) => ({ collectionId: decodeRowLists(payload, count).collectionId });
const part: Decode = (payload) => ({ collectionId: decodeIndexPart(payload).collectionId });

const DECODERS: Record<SegmentKind, Decode> = {
  catalog,
  tombstones,
  vectors: decodeVectors,
  ids: decodeTexts,
  documents: decodeTexts,
  metadatas: decodeTexts,
  uris: decodeTexts,
  codes: decodeCodes,
  vectorRows: rowLists,
  graph: part,
  trigrams: part,
  graphChanges: decodeChangedRows,
  trigramChanges: decodeChangedRows,
};

/** `value`: null where it is missing. @throws FORMAT_CORRUPT · FORMAT_TOO_NEW. Cost: one checksum and one pass. */
export function checkContent(
  value: Uint8Array<ArrayBuffer> | null,
  reference: SegmentReference,
  { collectionId, checksum }: { collectionId: string | null; checksum: Checksum },
): void {
  if (value === null) throw corrupt('a segment is missing', { what: 'segment' });
  const payload = decodeSegment(value, reference, checksum);
  const content = DECODERS[reference.kind](payload, reference.rows);
  const { rows } = content;
  if (
    (content.collectionId ?? null) !== collectionId ||
    (rows && (rows[0] !== reference.firstRow || rows.at(-1) !== reference.lastRow))
  )
    throw corrupt('a segment holds other records than the manifest says', {
      what: 'segment rows',
      collectionId,
    });
}
