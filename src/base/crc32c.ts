/** CRC-32C in plain TypeScript: for code that has no core at hand. */

/** Castagnoli's polynomial with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** A function of its own with its own table. `seed`: the result for the bytes before, so that a checksum can go on. */
export function createCrc32c(): (bytes: Uint8Array, seed?: number) => number {
  let table: Uint32Array | undefined;
  return (bytes, seed = 0) => {
    table ??= crcTable();
    let crc = ~seed;
    for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!;
    return ~crc >>> 0;
  };
}

/** Entry b: CRC of the single byte b, before the final inversion. */
function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc;
  });
}
