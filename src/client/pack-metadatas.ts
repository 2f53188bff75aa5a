/** Checked metadata as it crosses to the store: one JSON text per record. Loaded when metadata is written. */
import { TextPacker } from '../base/packed-texts.js';
import { forEachSliced } from '../base/slices.js';
import type { Metadata, PackedTexts } from '../base/types.js';
import { checkMetadata } from './check-metadata.js';
import { placeOf } from './check-records.js';

/**
 * One JSON text per record. `keepNulls`: null values stay (they delete keys on update and upsert); without it they are
 * left out, and metadata of which nothing remains is absent.
 * @throws VALUE_METADATA · VALUE_METADATA_KEY · VALUE_METADATA_NUMBER
 */
export async function packMetadatas(
  metadatas: (Metadata | null | undefined)[],
  options: { keepNulls: boolean },
): Promise<PackedTexts> {
  const packer = new TextPacker(metadatas.length, metadatas.length * 64);
  await forEachSliced(metadatas.length, (i) => {
    const metadata: unknown = metadatas[i];
    if (metadata === null || metadata === undefined) {
      packer.push(null);
      return;
    }
    checkMetadata(metadata, placeOf('metadatas', i));
    packer.push(metadataText(metadata, options.keepNulls));
  });
  return packer.finish();
}

function metadataText(metadata: Metadata, keepNulls: boolean): string | null {
  const entries = Object.entries(metadata).filter(
    ([, value]) => value !== undefined && (keepNulls || value !== null),
  );
  // fromEntries defines own properties, so a key named __proto__ stays a plain key.
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}
