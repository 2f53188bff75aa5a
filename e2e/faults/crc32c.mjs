/** CRC-32C (Castagnoli), bit by bit: the runner's own, so that damage can be made that a checksum does not find. */

/** @param {Uint8Array} bytes @returns {number} */
export function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
