/** Cuts a set of numbers into a few stretches with round bounds. Pure. */

/** `from` ≤ x < `to`, or ≤ `to` where `closed`. */
export interface Bucket {
  from: number;
  to: number;
  closed: boolean;
  /** Numbers in it, each as often as it occurs. */
  count: number;
}

/** About this many stretches. */
const WANTED = 5;

/** Stretches without numbers are left out. `counts`: how often each number occurs, all finite. */
export function createBuckets(counts: ReadonlyMap<number, number>): Bucket[] {
  const numbers = [...counts.keys()].sort((a, b) => a - b);
  const [min] = numbers;
  const max = numbers.at(-1);
  if (min === undefined || max === undefined) return [];
  const buckets = cut(min, max);
  let at = 0;
  for (const number of numbers) {
    while (at < buckets.length - 1 && number >= (buckets[at]?.to ?? max)) at++;
    const bucket = buckets[at];
    if (bucket) bucket.count += counts.get(number) ?? 0;
  }
  return buckets.filter(({ count }) => count > 0);
}

function cut(min: number, max: number): Bucket[] {
  const step = roundStep((max - min) / WANTED);
  const first = Math.floor(min / step);
  const last = Math.floor(max / step);
  // Beyond what a double tells apart, or all numbers alike: one stretch from end to end.
  if (!Number.isFinite(step) || step <= 0 || !Number.isSafeInteger(first) || !Number.isSafeInteger(last)) {
    return [{ from: min, to: max, closed: true, count: 0 }];
  }
  const bound = (i: number): number => Number((i * step).toPrecision(12));
  const buckets = Array.from({ length: last - first + 1 }, (_, i) => ({
    from: bound(first + i),
    to: bound(first + i + 1),
    closed: false,
    count: 0,
  }));
  // Rounding may put the outer bounds a hair inside.
  const [head] = buckets;
  const tail = buckets.at(-1);
  if (head && head.from > min) head.from = min;
  if (tail && tail.to <= max) Object.assign(tail, { to: max, closed: true });
  return buckets;
}

/** 1, 2 or 5 times a power of ten, at least `size`. */
function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5].find((one) => one * power >= size * (1 - 1e-9)) ?? 10;
  return factor * power;
}
