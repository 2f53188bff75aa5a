/** Whether a text is in a script the built-in model was not made for. A guess from its beginning, for a warning only. */

const SAMPLE = 200;

/** True when most letters of the first 200 characters are not Latin; false without letters. */
export function isForeignScript(text: string): boolean {
  const start = text.slice(0, SAMPLE);
  const letters = start.match(/\p{L}/gu)?.length ?? 0;
  const latin = start.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return latin * 2 < letters;
}
