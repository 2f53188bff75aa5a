/** Numbers as people read them: counts with thousands separators, bytes in binary-free units, plural nouns. */

const COUNT = new Intl.NumberFormat('en');

/** `1,024`. */
export function formatCount(value: number): string {
  return COUNT.format(value);
}

/** `1 passage`, `2 passages`. `plural` only where an s is not enough. */
export function countOf(value: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(value)} ${value === 1 ? noun : plural}`;
}

/** `812 B`, `4.1 MB`: powers of 1000, one decimal below 10. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`;
}
