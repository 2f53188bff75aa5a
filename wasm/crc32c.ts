/** CRC-32C (Castagnoli), sixteen bytes a step by table lookup: wasm has no carry-less multiply to do it faster. */

/** 0x1EDC6F41 with its bits reversed. */
const POLYNOMIAL: u32 = 0x82f63b78;

/** 16 tables × 256 × u32. Table t gives what a byte contributes when t more bytes of the step follow it. */
const TABLES: usize = memory.data(16 * 256 * 4);

@inline function entry(table: usize, byte: u32): u32 {
  return load<u32>(TABLES + (table << 10) + (byte << 2));
}

function buildTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (POLYNOMIAL & (0 - (crc & 1)));
    store<u32>(TABLES + (byte << 2), crc);
  }
  for (let table: usize = 1; table < 16; table++) {
    for (let byte: u32 = 0; byte < 256; byte++) {
      const shorter = entry(table - 1, byte);
      store<u32>(TABLES + (table << 10) + (byte << 2), (shorter >> 8) ^ entry(0, shorter & 255));
    }
  }
}

/** What four bytes contribute when `after` more bytes of the step follow them. */
@inline function word(bytes: u32, after: usize): u32 {
  return entry(after + 3, bytes & 255)
    ^ entry(after + 2, (bytes >> 8) & 255)
    ^ entry(after + 1, (bytes >> 16) & 255)
    ^ entry(after, bytes >> 24);
}

/** CRC of `length` bytes at `at`, continuing from `seed`, a former result (0 = none). */
export function crc32c(at: usize, length: u32, seed: u32): u32 {
  // Entry 1 of table 0 is never 0 once built.
  if (entry(0, 1) == 0) buildTables();
  let crc = ~seed;
  let left = length;
  for (; left >= 16; left -= 16, at += 16) {
    crc = word(load<u32>(at) ^ crc, 12)
      ^ word(load<u32>(at, 4), 8)
      ^ word(load<u32>(at, 8), 4)
      ^ word(load<u32>(at, 12), 0);
  }
  for (; left > 0; left--, at++) crc = (crc >> 8) ^ entry(0, (crc ^ load<u8>(at)) & 255);
  return ~crc;
}
