/** Which engine this is, by the name it gives itself: for faults of one that no call shows. An engine that hides its name is any other. */

const OWN_NAME = (): string => globalThis.navigator?.userAgent ?? '';

/** @param userAgent default: the platform's */
export function isChromium(userAgent: string = OWN_NAME()): boolean {
  return /Chrom(?:e|ium)\//.test(userAgent);
}

/** @param userAgent default: the platform's */
export function isWebKit(userAgent: string = OWN_NAME()): boolean {
  // Chromium calls itself by WebKit's name too; on iOS it is WebKit, and calls itself CriOS.
  return /AppleWebKit\//.test(userAgent) && !isChromium(userAgent);
}
