/** How cost grows with size: the exponent of a power law through measured points. */

/**
 * The slope of the least-squares line through log(size), log(cost): 1 is proportional, 0 does not grow.
 * @param {[size: number, cost: number][]} points at least two of different size, all above 0
 */
export function fittedExponent(points) {
  const logs = points.map(([size, cost]) => /** @type {const} */ ([Math.log(size), Math.log(cost)]));
  const mean = (/** @type {0 | 1} */ at) => logs.reduce((sum, point) => sum + point[at], 0) / logs.length;
  const [middle, level] = [mean(0), mean(1)];
  const spread = logs.reduce((sum, [x]) => sum + (x - middle) ** 2, 0);
  return logs.reduce((sum, [x, y]) => sum + (x - middle) * (y - level), 0) / spread;
}
