/** Segments as they are read at an opening: in order, the next few while the caller works on one. */
import { corrupt } from '../format/bytes.js';
import type { Checksum } from '../format/bytes.js';
import { decodeSegment, segmentKey } from '../format/segment.js';
import type { SegmentReference } from '../format/segment.js';
import type { StorageBackend } from '../storage/storage.js';

/** Segments that are being read at once: two or three in flight are 10–20 % faster than one. */
const READ_AHEAD = 3;

export interface SegmentSource {
  backend: StorageBackend;
  checksum: Checksum;
}

/** The payload, proven. @throws FORMAT_CORRUPT · what the backend throws */
export async function readSegment(
  reference: SegmentReference,
  { backend, checksum }: SegmentSource,
): Promise<Uint8Array<ArrayBuffer>> {
  const value = await backend.read('seg', segmentKey(reference));
  if (value === null) throw corrupt('a segment of it is missing', { what: 'segment' });
  return decodeSegment(value, reference, checksum);
}

/** `read` of each, begun before it is asked for. */
export function* readAhead<T>(
  references: readonly SegmentReference[],
  read: (reference: SegmentReference) => Promise<T>,
): Generator<{ reference: SegmentReference; reading: Promise<T> }> {
  const begun: Promise<T>[] = [];
  let next = 0;
  for (const reference of references) {
    for (; begun.length < READ_AHEAD && next < references.length; next++) {
      const reading = read(references[next]!);
      // It fails when it is awaited, or for nobody.
      reading.catch(() => {});
      begun.push(reading);
    }
    yield { reference, reading: begun.shift()! };
  }
}
